//! Receipts: who may give one, who gets it, and that none ever holds anything up.

use crate::committee::{Committee, Device, Record, device, epoch, random};
use std::collections::BTreeMap;
use vigil_protocol::{
    BatchOutcome, Hash, Item, PulledItem, PushedBatch, PushedItem, Receipt, RecordId, Role, SequenceRanges, Timestamp,
};

fn receipt(of: &Device, counter: u64, items: u64) -> Receipt {
    let mut taken_in = SequenceRanges::new();
    taken_in.insert(1, items);
    Receipt::Batch {
        device: of.id,
        counter,
        hash: of.chain.1,
        items: taken_in,
        time: Timestamp(random::<4>()[0].into()),
    }
}

fn item(receipt: &Receipt) -> Item {
    Item::Receipt(receipt.clone())
}

#[test]
fn a_receipt_reaches_the_author_of_the_batch_and_nobody_else() {
    let (mut committee, mut desk) = Committee::found();
    let mut volunteer = committee.join(&mut desk, Role::Volunteer);
    let mut other = committee.join(&mut desk, Role::Volunteer);
    let mut officer = committee.join(&mut desk, Role::Officer);
    committee.write(&mut volunteer, vec![Record::new().create(&[epoch()], b"a screening")]);
    let given = receipt(&volunteer, 1, 1);
    committee.write(&mut desk, vec![item(&given)]);
    assert_eq!(committee.pull(&mut volunteer), BTreeMap::from([(2, item(&given))]));
    assert!(committee.pull(&mut other).is_empty() && committee.pull(&mut officer).is_empty());
    assert!(committee.pull(&mut volunteer).is_empty(), "once is enough");
}

#[test]
fn only_officers_and_desks_give_receipts_and_a_wrong_one_holds_no_batch_up() {
    let (mut committee, mut desk) = Committee::found();
    let mut volunteer = committee.join(&mut desk, Role::Volunteer);
    let mut monitor = committee.join(&mut desk, Role::Monitor);
    let mut officer = committee.join(&mut desk, Role::Officer);
    let sealed = Record::new().create(&[epoch()], b"a screening");
    committee.write(&mut volunteer, vec![sealed]);
    let beside = Record::new().create(&[epoch()], b"what came in the same batch");
    assert_eq!(committee.write(&mut monitor, vec![item(&receipt(&volunteer, 1, 1)), beside.clone()]), 2);
    let stranger = Device::new(desk.space, Role::Volunteer);
    assert_eq!(committee.write(&mut officer, vec![item(&receipt(&stranger, 1, 1))]), 4);
    assert!(committee.pull(&mut volunteer).is_empty());
    assert_eq!(committee.pull(&mut desk).get(&3), Some(&beside));
    // The positive control: the same words of an officer count.
    committee.write(&mut officer, vec![item(&receipt(&volunteer, 1, 1))]);
    assert_eq!(committee.pull(&mut volunteer).len(), 1);
}

#[test]
fn stating_it_again_is_stating_it_once_and_more_items_are_another_receipt() {
    let (mut committee, mut desk) = Committee::found();
    let mut volunteer = committee.join(&mut desk, Role::Volunteer);
    let items = vec![Record::new().create(&[epoch()], b"one"), Record::new().create(&[epoch()], b"two")];
    committee.write(&mut volunteer, items);
    for items in [1, 1, 1, 2, 2] {
        committee.write(&mut desk, vec![item(&receipt(&volunteer, 1, items))]);
    }
    assert_eq!(committee.pull(&mut volunteer).len(), 2);
}

#[test]
fn a_confirmed_erasure_reaches_desks_and_officers_and_stays_beside_the_tombstone() {
    let (mut committee, mut desk) = Committee::found();
    let mut volunteer = committee.join(&mut desk, Role::Volunteer);
    let mut monitor = committee.join(&mut desk, Role::Monitor);
    let mut officer = committee.join(&mut desk, Role::Officer);
    let (record, own) = (Record::new(), device(&monitor));
    committee.write(&mut monitor, vec![record.create(&[epoch(), own], b"content")]);
    let erased = Item::Receipt(Receipt::Erased { record: record.id });
    // In whatever order the word of it and the tombstone arrive.
    committee.write(&mut volunteer, vec![erased.clone()]);
    committee.write(&mut desk, vec![record.tombstone()]);
    committee.write(&mut monitor, vec![erased.clone()]);
    for reader in [&mut desk, &mut officer] {
        let told = committee.pull(reader).into_values().filter(|item| *item == erased).count();
        assert_eq!(told, 2);
    }
    assert!(!committee.pull(&mut volunteer).into_values().any(|item| item == erased));
}

#[test]
fn receipts_are_delivered_on_small_pages_and_survive_a_restart() {
    let (mut committee, mut desk) = Committee::found();
    let mut volunteer = committee.join(&mut desk, Role::Volunteer);
    let receipts: Vec<Item> = (1..=40).map(|counter| item(&receipt(&volunteer, counter, 1))).collect();
    committee.write(&mut desk, receipts.clone());
    let committee = committee.restart();
    let mut pages = 0;
    let mut found = BTreeMap::new();
    loop {
        let (page, more) = committee.pull_page(&mut volunteer, 2_000);
        found.extend(page);
        pages += 1;
        if !more {
            break;
        }
    }
    assert!(pages > 1);
    assert_eq!(found.into_values().collect::<Vec<_>>(), receipts);
}

#[test]
fn a_chain_whose_items_are_gone_is_completed_by_their_hashes() {
    let (mut committee, mut desk) = Committee::found();
    let mut volunteer = committee.join(&mut desk, Role::Volunteer);
    let first = volunteer.batch(&committee.view, vec![Record::new().create(&[epoch()], b"taken in long ago")]);
    let kept = Record::new().create(&[epoch()], b"nobody has it");
    let second = volunteer.batch(&committee.view, vec![kept.clone()]);
    // The server was put back from a backup: it knows neither.
    assert_eq!(committee.push(&mut volunteer, &second), BatchOutcome::Provisional);
    let push = |batch: &vigil_protocol::Batch, gone: bool| {
        let mut push = PushedBatch::from_batch(batch, None).unwrap();
        if gone {
            push.items = batch.items.iter().map(|item| PushedItem::Gone(item.hash())).collect();
        }
        push
    };
    let mut request = volunteer.request();
    request.batches = vec![push(&first, true), push(&second, false)];
    let outcomes = committee.sync(&request, &volunteer).unwrap().outcomes;
    assert_eq!(outcomes, [BatchOutcome::Stored(1), BatchOutcome::Stored(2)]);
    assert_eq!(committee.pull(&mut desk), BTreeMap::from([(2, kept)]));
    // A hash that was not signed is refused like any other forgery.
    let third = volunteer.batch(&committee.view, vec![Record::new().create(&[epoch()], b"third")]);
    let mut forged = volunteer.request();
    let mut bad = push(&third, true);
    bad.items = vec![PushedItem::Gone(Hash([7; 32]))];
    forged.batches = vec![bad];
    assert!(matches!(committee.sync(&forged, &volunteer).unwrap().outcomes[0], BatchOutcome::Refused(_)));
    let mut late = committee.join(&mut desk, Role::Desk);
    let mut request = late.request();
    request.page_bytes = 100_000;
    let response = committee.sync(&request, &late).unwrap();
    assert!(response.batches.iter().all(|batch| batch.items.iter().all(|item| matches!(item, PulledItem::Present(_)))));
}

#[test]
fn whoever_is_given_a_record_again_gets_her_own_part_of_it_too() {
    let (mut committee, mut desk) = Committee::found();
    let mut officer = committee.join(&mut desk, Role::Officer);
    let record = Record { id: RecordId(random()), ..Record::new() };
    let hers = device(&officer);
    let create = record.create(&[epoch(), hers], b"by the desk");
    let own = record.edit(b"by the officer");
    committee.write(&mut desk, vec![create.clone()]);
    committee.pull(&mut officer);
    committee.write(&mut officer, vec![own.clone()]);
    assert!(committee.pull(&mut officer).is_empty());
    let grant = record.grant(&[hers]);
    committee.write(&mut desk, vec![grant.clone()]);
    assert_eq!(committee.pull(&mut officer), BTreeMap::from([(1, create), (2, own), (3, grant)]));
}
