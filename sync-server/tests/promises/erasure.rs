//! Erasure: what is left after a tombstone, in answers and in files.

use crate::committee::{Committee, Record, device, epoch, items_of, random};
use std::collections::BTreeMap;
use vigil_protocol::{BatchOutcome, Item, PulledItem, RefusalCode, Role, canonical};

#[test]
fn a_tombstone_leaves_hashes_and_no_byte_of_content_or_key() {
    let (mut committee, mut desk) = Committee::found();
    let mut monitor = committee.join(&mut desk, Role::Monitor);
    let (record, kept) = (Record::new(), Record::new());
    let sealed: [Vec<u8>; 3] = [random::<600>().into(), random::<30_000>().into(), random::<700>().into()];
    let capsule = record.capsule(&[epoch(), device(&monitor)]);
    let create = Item::Write(vigil_protocol::KeyReference::New(capsule.clone()), sealed[0].clone().into());
    let neighbour = kept.create(&[epoch()], b"a neighbour in the same batch");
    committee.write(&mut monitor, vec![create.clone(), neighbour.clone(), record.edit(&sealed[1])]);
    committee.write(&mut desk, vec![record.edit(&sealed[2])]);
    committee.engine.checkpoint().unwrap();
    let key = canonical::encode(&capsule.sealed[0].sealed);
    assert!(sealed.iter().all(|content| committee.folder.contains(&content[..64])), "the search finds what is there");
    assert!(committee.folder.contains(&key));

    committee.write(&mut desk, vec![record.tombstone()]);
    for content in &sealed {
        assert!(content.chunks(32).all(|piece| piece.len() < 32 || !committee.folder.contains(piece)));
    }
    assert!(!committee.folder.contains(&key));

    let mut late = committee.join(&mut desk, Role::Desk);
    let mut request = late.request();
    request.page_bytes = 100_000;
    let response = committee.sync(&request, &late).unwrap();
    assert_eq!(items_of(&response, &committee.view), BTreeMap::from([(2, neighbour), (5, record.tombstone())]));
    assert_eq!(response.batches[0].items[0], PulledItem::Stub(create.hash()));
}

#[test]
fn a_tombstone_reaches_those_who_could_read_the_record_and_nobody_else() {
    let (mut committee, mut desk) = Committee::found();
    let mut monitor = committee.join(&mut desk, Role::Monitor);
    let mut officer = committee.join(&mut desk, Role::Officer);
    let mut outsider = committee.join(&mut desk, Role::Officer);
    let record = Record::new();
    let own = device(&monitor);
    committee.write(&mut monitor, vec![record.create(&[own, device(&officer)], b"an identity")]);
    committee.pull(&mut officer);
    committee.write(&mut monitor, vec![record.tombstone()]);
    assert_eq!(committee.pull(&mut officer), BTreeMap::from([(2, record.tombstone())]));
    assert_eq!(committee.pull(&mut desk), BTreeMap::from([(2, record.tombstone())]));
    assert!(committee.pull(&mut outsider).is_empty());
}

#[test]
fn what_is_written_to_an_erased_record_is_let_go_and_holds_nothing_up() {
    let (mut committee, mut desk) = Committee::found();
    let mut monitor = committee.join(&mut desk, Role::Monitor);
    let record = Record::new();
    let own = device(&monitor);
    committee.write(&mut monitor, vec![record.create(&[epoch(), own], b"content")]);
    let late = random::<64>();
    let other = Record::new().create(&[epoch()], b"another record");
    let offline = monitor.batch(
        &committee.view,
        vec![
            record.edit(&late),
            other.clone(),
            record.grant(&[epoch()]),
            Record { id: record.id, ..Record::new() }.create(&[epoch()], &late),
        ],
    );
    committee.write(&mut desk, vec![record.tombstone()]);
    assert_eq!(committee.push(&mut monitor, &offline), BatchOutcome::Stored(3));
    assert_eq!(committee.pull(&mut desk), BTreeMap::from([(4, other)]));
    assert!(!committee.folder.contains(&late));
    assert_eq!(committee.push(&mut monitor, &offline), BatchOutcome::Stored(3));
}

#[test]
fn a_tombstone_also_reaches_batches_that_stand_aside() {
    let (mut committee, mut desk) = Committee::found();
    let mut monitor = committee.join(&mut desk, Role::Monitor);
    let (record, fresh) = (Record::new(), Record::new());
    let (waiting, forked) = (random::<64>(), random::<64>());
    let first = monitor.batch(&committee.view, vec![record.create(&[epoch(), device(&monitor)], b"content")]);
    committee.push(&mut monitor, &first);
    let second = monitor.batch(&committee.view, vec![Record::new().create(&[epoch()], b"second")]);
    let third = monitor.batch(&committee.view, vec![record.edit(&waiting), fresh.create(&[epoch()], b"fresh")]);
    let fork = monitor.batch_at(&committee.view, (3, second.header.hash()), 2, vec![record.edit(&forked)]);
    assert_eq!(committee.push(&mut monitor, &third), BatchOutcome::Provisional);
    assert_eq!(committee.push(&mut monitor, &fork), BatchOutcome::Fork);
    assert!(committee.folder.contains(&waiting) && committee.folder.contains(&forked));
    committee.write(&mut desk, vec![record.tombstone()]);
    assert!(!committee.folder.contains(&waiting) && !committee.folder.contains(&forked));
}

#[test]
fn a_tombstone_reaches_what_stands_aside_under_a_key_that_came_with_it_and_nothing_beside_it() {
    let (mut committee, mut desk) = Committee::found();
    let mut monitor = committee.join(&mut desk, Role::Monitor);
    let (record, beside) = (Record::new(), Record::new());
    let (gone, stays) = (random::<64>(), random::<64>());
    monitor.batch(&committee.view, vec![Record::new().create(&[epoch()], b"never arrives")]);
    let items = vec![
        record.create(&[epoch()], b"content"),
        record.edit(&gone),
        beside.create(&[epoch()], b"content"),
        beside.edit(&stays),
    ];
    let waiting = monitor.batch(&committee.view, items);
    assert_eq!(committee.push(&mut monitor, &waiting), BatchOutcome::Provisional);
    assert!(committee.folder.contains(&gone) && committee.folder.contains(&stays));
    committee.write(&mut desk, vec![record.tombstone()]);
    assert!(!committee.folder.contains(&gone) && committee.folder.contains(&stays));
}

#[test]
fn a_record_is_erased_by_its_creator_or_by_officers_and_desks() {
    let (mut committee, mut desk) = Committee::found();
    let mut reader = committee.join(&mut desk, Role::Monitor);
    let mut creator = committee.join(&mut desk, Role::Monitor);
    let mut officer = committee.join(&mut desk, Role::Officer);
    let (one, two) = (Record::new(), Record::new());
    for record in [one, two] {
        committee.write(&mut creator, vec![record.create(&[epoch(), device(&reader)], b"content")]);
    }
    let attempt = reader.batch(&committee.view, vec![one.tombstone()]);
    assert_eq!(committee.push(&mut reader, &attempt), BatchOutcome::Refused(RefusalCode::NotAllowed));
    assert_eq!(committee.pull(&mut desk).len(), 2);
    committee.write(&mut creator, vec![one.tombstone()]);
    committee.write(&mut officer, vec![two.tombstone()]);
    assert_eq!(committee.pull(&mut desk).len(), 2);
    assert_eq!(committee.write(&mut officer, vec![two.tombstone()]), 5, "erasing twice is erasing once");
    assert!(committee.pull(&mut desk).is_empty());
}

#[test]
fn a_record_erased_before_it_ever_came_stays_away_and_the_desks_hear_of_it() {
    let (mut committee, mut desk) = Committee::found();
    let mut creator = committee.join(&mut desk, Role::Monitor);
    let record = Record::new();
    committee.write(&mut creator, vec![record.tombstone()]);
    assert_eq!(committee.pull(&mut desk).len(), 1);
    committee.write(&mut creator, vec![record.create(&[epoch()], b"late")]);
    assert!(committee.pull(&mut desk).is_empty(), "what arrives later is let go");
}
