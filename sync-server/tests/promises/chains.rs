//! Authors' chains: sent again, forked, out of order, under an old epoch, completed by the server.

use crate::committee::{Committee, Device, Record, device, epoch};
use vigil_protocol::{
    Batch, BatchOutcome, Hash, Item, KeyCommitment, PushedBatch, RefusalCode, Role, Signature, SyncRequest,
};

fn new_item() -> Item {
    Record::new().create(&[epoch()], b"sealed content")
}

/// Pushes a batch without what the server should hold.
fn push_compact(committee: &Committee, author: &mut Device, batch: &Batch, known: Option<u64>) -> BatchOutcome {
    let mut request = author.request();
    request.batches = vec![PushedBatch::from_batch(batch, Some(&|_: &KeyCommitment| known)).unwrap()];
    committee.sync(&request, author).unwrap().outcomes[0]
}

#[test]
fn a_batch_that_is_sent_again_gets_the_same_numbers() {
    let (committee, mut desk) = Committee::found();
    let first = desk.batch(&committee.view, vec![new_item(), new_item()]);
    let second = desk.batch(&committee.view, vec![new_item()]);
    assert_eq!(committee.push_all(&mut desk, &[&first, &second]), [BatchOutcome::Stored(1), BatchOutcome::Stored(3)]);
    assert_eq!(committee.push_all(&mut desk, &[&first, &second]), [BatchOutcome::Stored(1), BatchOutcome::Stored(3)]);
    assert_eq!(push_compact(&committee, &mut desk, &second, None), BatchOutcome::Stored(3));
    assert_eq!(push_compact(&committee, &mut desk, &first, None), BatchOutcome::Stored(1));
    let committee = committee.restart();
    assert_eq!(committee.push(&mut desk, &first), BatchOutcome::Stored(1));
    let third = desk.batch(&committee.view, vec![new_item()]);
    assert_eq!(committee.push(&mut desk, &third), BatchOutcome::Stored(4));
}

#[test]
fn an_empty_batch_has_its_place_in_the_chain() {
    let (committee, mut desk) = Committee::found();
    let empty = desk.batch(&committee.view, vec![]);
    let next = desk.batch(&committee.view, vec![new_item()]);
    assert_eq!(committee.push_all(&mut desk, &[&empty, &next]), [BatchOutcome::Stored(1), BatchOutcome::Stored(1)]);
}

#[test]
fn the_server_completes_what_was_left_out_or_asks_for_all_of_it() {
    let (committee, mut desk) = Committee::found();
    let record = Record::new();
    committee.write(&mut desk, vec![record.create(&[epoch()], b"one")]);
    let second = desk.batch(&committee.view, vec![record.edit(b"two")]);
    assert_eq!(push_compact(&committee, &mut desk, &second, Some(99)), BatchOutcome::SendInFull, "no such item");
    assert_eq!(push_compact(&committee, &mut desk, &second, Some(1)), BatchOutcome::Stored(2));
    let third = desk.batch(&committee.view, vec![Record::new().create(&[epoch()], b"another"), record.edit(b"three")]);
    committee.push(&mut desk, &third);
    let fourth = desk.batch(&committee.view, vec![record.edit(b"four")]);
    assert_eq!(push_compact(&committee, &mut desk, &fourth, Some(3)), BatchOutcome::SendInFull, "another record's key");
    let skipped = desk.batch(&committee.view, vec![record.edit(b"five")]);
    assert_eq!(push_compact(&committee, &mut desk, &skipped, Some(1)), BatchOutcome::SendInFull, "no predecessor");
    assert_eq!(committee.push_all(&mut desk, &[&fourth, &skipped]), [BatchOutcome::Stored(5), BatchOutcome::Stored(6)]);
}

#[test]
fn a_batch_with_a_wrong_signature_is_refused_and_takes_no_place() {
    let (committee, mut desk) = Committee::found();
    let batch = desk.batch(&committee.view, vec![new_item()]);
    let forged = Batch { signature: Signature([9; 64]), ..batch.clone() };
    assert_eq!(committee.push(&mut desk, &forged), BatchOutcome::Refused(RefusalCode::BadSignature));
    assert_eq!(committee.push(&mut desk, &batch), BatchOutcome::Stored(1));
}

#[test]
fn two_batches_under_one_counter_are_both_kept_and_suspend_their_author() {
    let (mut committee, mut desk) = Committee::found();
    let mut monitor = committee.join(&mut desk, Role::Monitor);
    let (one, other) = (b"one side of the fork", b"the other side of it");
    let first = monitor.batch_at(&committee.view, (1, Hash::NONE), 2, vec![Record::new().create(&[epoch()], one)]);
    let forked = monitor.batch_at(&committee.view, (1, Hash::NONE), 2, vec![Record::new().create(&[epoch()], other)]);
    assert_eq!(committee.push(&mut monitor, &first), BatchOutcome::Stored(1));
    assert_eq!(committee.push(&mut monitor, &forked), BatchOutcome::Fork);
    assert_eq!(committee.push(&mut monitor, &forked), BatchOutcome::Fork);
    assert_eq!(committee.push(&mut monitor, &first), BatchOutcome::Stored(1));

    let committee = committee.restart();
    monitor.chain = (1, first.header.hash());
    let next = monitor.batch(&committee.view, vec![new_item()]);
    assert_eq!(committee.push(&mut monitor, &next), BatchOutcome::Refused(RefusalCode::Suspended));
    assert!(committee.folder.contains(one) && committee.folder.contains(other));
    assert_eq!(committee.pull(&mut desk).len(), 1, "what was stored is handed out all the same");
    let of_others = desk.batch(&committee.view, vec![new_item()]);
    assert_eq!(committee.push(&mut desk, &of_others), BatchOutcome::Stored(2));
}

#[test]
fn a_batch_waits_for_its_predecessor_and_is_handed_out_after_it() {
    let (mut committee, mut desk) = Committee::found();
    let mut monitor = committee.join(&mut desk, Role::Monitor);
    let batches: Vec<Batch> = (0..4).map(|_| monitor.batch(&committee.view, vec![new_item()])).collect();
    assert_eq!(committee.push(&mut monitor, &batches[2]), BatchOutcome::Provisional);
    assert_eq!(committee.push(&mut monitor, &batches[3]), BatchOutcome::Provisional);
    assert_eq!(committee.push(&mut monitor, &batches[3]), BatchOutcome::Provisional);
    assert!(committee.pull(&mut desk).is_empty());
    let committee = committee.restart();
    assert_eq!(committee.push(&mut monitor, &batches[0]), BatchOutcome::Stored(1));
    assert_eq!(committee.pull(&mut desk).len(), 1);
    assert_eq!(committee.push(&mut monitor, &batches[1]), BatchOutcome::Stored(2));
    assert_eq!(committee.pull(&mut desk).into_keys().collect::<Vec<_>>(), [2, 3, 4]);
    assert_eq!(committee.push(&mut monitor, &batches[3]), BatchOutcome::Stored(4));
}

#[test]
fn a_waiting_batch_that_does_not_follow_is_not_promoted() {
    let (mut committee, mut desk) = Committee::found();
    let mut monitor = committee.join(&mut desk, Role::Monitor);
    let first = monitor.batch(&committee.view, vec![new_item()]);
    let stray = monitor.batch_at(&committee.view, (2, Hash([3; 32])), 2, vec![new_item()]);
    assert_eq!(committee.push(&mut monitor, &stray), BatchOutcome::Provisional);
    assert_eq!(committee.push(&mut monitor, &first), BatchOutcome::Stored(1));
    assert_eq!(committee.push(&mut monitor, &stray), BatchOutcome::Refused(RefusalCode::NotAllowed));
    let second = monitor.batch(&committee.view, vec![new_item()]);
    assert_eq!(committee.push(&mut monitor, &second), BatchOutcome::Stored(2));
}

#[test]
fn waiting_batches_are_bounded() {
    let (mut committee, mut desk) = Committee::found();
    let mut monitor = committee.join(&mut desk, Role::Monitor);
    let most = vigil_sync_server::limits::MAX_PROVISIONAL_PER_DEVICE;
    for counter in 2..2 + most {
        let batch = monitor.batch_at(&committee.view, (counter, Hash([1; 32])), 2, vec![]);
        assert_eq!(committee.push(&mut monitor, &batch), BatchOutcome::Provisional);
    }
    let batch = monitor.batch_at(&committee.view, (most + 2, Hash([1; 32])), 2, vec![]);
    assert_eq!(committee.push(&mut monitor, &batch), BatchOutcome::Refused(RefusalCode::Busy));
}

#[test]
fn after_a_stale_epoch_the_batch_counts_and_its_items_do_not() {
    let (mut committee, mut desk) = Committee::found();
    let mut monitor = committee.join(&mut desk, Role::Monitor);
    let leaver = committee.join(&mut desk, Role::Volunteer);
    let record = Record::new();
    let stale = monitor.batch(&committee.view, vec![record.create(&[epoch()], b"under the old epoch")]);
    committee.remove(&mut desk, &leaver);
    assert_eq!(committee.push(&mut monitor, &stale), BatchOutcome::StaleEpoch);
    assert_eq!(committee.push(&mut monitor, &stale), BatchOutcome::StaleEpoch);
    assert!(committee.pull(&mut desk).is_empty());
    let again = monitor.batch(&committee.view, vec![record.create(&[epoch()], b"under the new epoch")]);
    assert_eq!(committee.push(&mut monitor, &again), BatchOutcome::Stored(1), "it chains over the stale one");
    assert_eq!(committee.pull(&mut desk).len(), 1);
    assert!(!committee.folder.contains(b"under the old epoch"));
}

#[test]
fn a_batch_that_was_stored_before_the_epoch_changed_stays_stored() {
    let (mut committee, mut desk) = Committee::found();
    let mut monitor = committee.join(&mut desk, Role::Monitor);
    let leaver = committee.join(&mut desk, Role::Volunteer);
    let batch = monitor.batch(&committee.view, vec![new_item()]);
    assert_eq!(committee.push(&mut monitor, &batch), BatchOutcome::Stored(1));
    committee.remove(&mut desk, &leaver);
    assert_eq!(committee.push(&mut monitor, &batch), BatchOutcome::Stored(1));
}

#[test]
fn a_batch_under_log_entries_that_have_not_arrived_is_told_to_come_later() {
    let (mut committee, mut desk) = Committee::found();
    let mut monitor = committee.join(&mut desk, Role::Monitor);
    let intake = vigil_protocol::LogBody::Intake { officers: vec![] };
    let entry = committee.entry(&desk, intake);
    let mut ahead = committee.view.clone();
    ahead.append(&entry).unwrap();
    let batch = monitor.batch(&ahead, vec![new_item()]);
    assert_eq!(committee.push(&mut monitor, &batch), BatchOutcome::Refused(RefusalCode::Busy));
    let mut request: SyncRequest = desk.request();
    request.log = vec![entry];
    committee.sync(&request, &desk).unwrap();
    assert_eq!(committee.push(&mut monitor, &batch), BatchOutcome::Stored(1));
}

#[test]
fn a_batch_with_an_item_that_is_not_allowed_never_breaks_the_chain() {
    let (mut committee, mut desk) = Committee::found();
    let mut monitor = committee.join(&mut desk, Role::Monitor);
    let mut thief = committee.join(&mut desk, Role::Volunteer);
    let record = Record::new();
    let own = device(&monitor);
    committee.write(&mut monitor, vec![record.create(&[epoch(), own], b"sealed")]);

    let other_key = Record { id: record.id, ..Record::new() };
    let other_record = Record { key: record.key, ..Record::new() };
    for item in [
        Record::new().edit(b"under a key that nobody has brought"),
        record.grant(&[device(&thief)]),
        other_key.create(&[device(&thief)], b"a new generation by a stranger"),
        other_record.create(&[device(&thief)], b"another record under the same key"),
        record.tombstone(),
    ] {
        let batch = thief.batch(&committee.view, vec![new_item(), item]);
        assert_eq!(committee.push(&mut thief, &batch), BatchOutcome::Refused(RefusalCode::NotAllowed));
        assert_eq!(committee.push(&mut thief, &batch), BatchOutcome::Refused(RefusalCode::NotAllowed));
    }
    assert_eq!(committee.pull(&mut desk).len(), 1, "nothing of a refused batch is handed out");
    assert!(committee.pull(&mut thief).is_empty());
    assert_eq!(committee.write(&mut thief, vec![new_item()]), 2, "the next batch follows, and no number was lost");
}
