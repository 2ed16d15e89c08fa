//! Who gets what: roles, readers, grants, and pages that cover everything once.

use crate::committee::{Committee, Device, Record, device, epoch, items_of};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use vigil_protocol::{Item, PulledItem, Recipient, Role, SequenceRanges, limits};

#[test]
fn a_volunteer_pulls_nothing_of_others() {
    let (mut committee, mut desk) = Committee::found();
    let mut volunteer = committee.join(&mut desk, Role::Volunteer);
    let mut monitor = committee.join(&mut desk, Role::Monitor);
    committee.write(&mut desk, vec![Record::new().create(&[epoch()], b"the desk's")]);
    let own = device(&monitor);
    committee.write(&mut monitor, vec![Record::new().create(&[epoch(), own], b"the monitor's")]);
    committee.write(&mut volunteer, vec![Record::new().create(&[epoch()], b"its own")]);
    assert!(committee.pull(&mut volunteer).is_empty());
    assert_eq!(volunteer.have.ranges(), [(1, 3)], "and it need not ask again");
}

#[test]
fn a_desk_gets_what_is_sealed_to_the_epoch_and_no_identity() {
    let (mut committee, mut desk) = Committee::found();
    let mut volunteer = committee.join(&mut desk, Role::Volunteer);
    let officer = committee.join(&mut desk, Role::Officer);
    let screening = Record::new().create(&[epoch()], b"answers");
    let identity = Record::new().create(&[device(&officer), Recipient::Recovery], b"a name");
    committee.write(&mut volunteer, vec![screening.clone(), identity]);
    assert_eq!(committee.pull(&mut desk), BTreeMap::from([(1, screening)]));
    assert_eq!(desk.have.ranges(), [(1, 2)]);
    assert!(committee.pull(&mut desk).is_empty());
}

#[test]
fn what_a_device_may_not_see_reaches_it_as_a_hash() {
    let (mut committee, mut desk) = Committee::found();
    let mut volunteer = committee.join(&mut desk, Role::Volunteer);
    let officer = committee.join(&mut desk, Role::Officer);
    let identity = Record::new().create(&[device(&officer)], b"a name");
    committee.write(&mut volunteer, vec![Record::new().create(&[epoch()], b"answers"), identity.clone()]);
    let mut request = desk.request();
    request.page_bytes = 10_000;
    let response = committee.sync(&request, &desk).unwrap();
    assert_eq!(response.batches[0].items[1], PulledItem::Stub(identity.hash()));
    assert_eq!(items_of(&response, &committee.view).len(), 1);
}

#[test]
fn a_monitor_gets_exactly_the_records_that_it_may_read() {
    let (mut committee, mut desk) = Committee::found();
    let mut monitor = committee.join(&mut desk, Role::Monitor);
    let mut officer = committee.join(&mut desk, Role::Officer);
    let (own, given, hidden) = (Record::new(), Record::new(), Record::new());
    let itself = device(&monitor);
    committee.write(&mut monitor, vec![own.create(&[epoch(), itself], b"own")]);
    committee.write(&mut desk, vec![hidden.create(&[epoch()], b"hidden"), own.edit(b"the desk's edit")]);
    let shared = given.create(&[epoch(), device(&monitor), device(&officer)], b"given");
    committee.write(&mut officer, vec![shared.clone(), hidden.create(&[epoch()], b"again")]);
    let expected = BTreeMap::from([(3, own.edit(b"the desk's edit")), (4, shared)]);
    assert_eq!(committee.pull(&mut monitor), expected);
    assert!(committee.pull(&mut monitor).is_empty());
}

#[test]
fn a_grant_brings_the_whole_record() {
    let (mut committee, mut desk) = Committee::found();
    let mut monitor = committee.join(&mut desk, Role::Monitor);
    let mut volunteer = committee.join(&mut desk, Role::Volunteer);
    let record = Record::new();
    committee.write(&mut volunteer, vec![record.create(&[epoch()], b"one"), record.edit(b"two")]);
    committee.write(&mut volunteer, vec![Record::new().create(&[epoch()], b"another")]);
    assert!(committee.pull(&mut monitor).is_empty());
    assert_eq!(monitor.have.ranges(), [(1, 3)]);
    committee.write(&mut desk, vec![record.grant(&[device(&monitor)])]);
    assert_eq!(committee.pull(&mut monitor).into_keys().collect::<Vec<_>>(), [1, 2, 4]);
    assert!(committee.pull(&mut monitor).is_empty());
    committee.write(&mut desk, vec![record.edit(b"three")]);
    assert_eq!(committee.pull(&mut monitor).into_keys().collect::<Vec<_>>(), [5], "later, only what is new");
    assert!(committee.pull(&mut volunteer).len() == 2, "its creator sees what others wrote");
}

#[test]
fn a_grant_to_the_epoch_brings_the_whole_record_to_every_desk() {
    let (mut committee, mut desk) = Committee::found();
    let mut other_desk = committee.join(&mut desk, Role::Desk);
    let mut officer = committee.join(&mut desk, Role::Officer);
    let record = Record::new();
    let own = device(&officer);
    committee.write(&mut officer, vec![record.create(&[own], b"one"), record.edit(b"two")]);
    assert!(committee.pull(&mut desk).is_empty() && committee.pull(&mut other_desk).is_empty());
    committee.write(&mut officer, vec![record.grant(&[epoch()])]);
    for desk in [&mut desk, &mut other_desk] {
        assert_eq!(committee.pull(desk).into_keys().collect::<Vec<_>>(), [1, 2, 3]);
        assert!(committee.pull(desk).is_empty());
    }
}

#[test]
fn a_desk_that_joins_later_gets_everything_of_before() {
    let (mut committee, mut desk) = Committee::found();
    for _ in 0..5 {
        committee.write(&mut desk, vec![Record::new().create(&[epoch()], b"before")]);
    }
    let mut late = committee.join(&mut desk, Role::Desk);
    assert_eq!(committee.pull(&mut late).len(), 5);
}

#[test]
fn the_newest_record_comes_first_and_whole() {
    let (mut committee, mut desk) = Committee::found();
    let mut volunteer = committee.join(&mut desk, Role::Volunteer);
    let (old, touched, new) = (Record::new(), Record::new(), Record::new());
    for item in [
        touched.create(&[epoch()], &[1; 300]),
        old.create(&[epoch()], &[2; 300]),
        new.create(&[epoch()], &[3; 300]),
        touched.edit(&[4; 300]),
    ] {
        committee.write(&mut volunteer, vec![item]);
    }
    let mut pages = Vec::new();
    loop {
        let (page, more) = committee.pull_page(&mut desk, 1);
        pages.push(page.into_keys().collect::<Vec<_>>());
        if !more {
            break;
        }
    }
    assert_eq!(pages, [vec![1, 4], vec![3], vec![2]]);
}

#[test]
fn a_page_of_no_bytes_has_no_items_and_says_whether_there_are_any() {
    let (mut committee, mut desk) = Committee::found();
    let mut volunteer = committee.join(&mut desk, Role::Volunteer);
    assert_eq!(committee.pull_page(&mut desk, 0), (BTreeMap::new(), false));
    committee.write(&mut volunteer, vec![Record::new().create(&[epoch()], b"new")]);
    assert_eq!(committee.pull_page(&mut desk, 0), (BTreeMap::new(), true));
    assert_eq!(committee.pull(&mut desk).len(), 1);
    committee.write(&mut desk, vec![Record::new().create(&[epoch()], b"its own")]);
    assert_eq!(committee.pull_page(&mut desk, 0), (BTreeMap::new(), false), "its own items are not news");
}

#[test]
fn a_record_larger_than_any_page_comes_in_parts_and_completely() {
    let (mut committee, mut desk) = Committee::found();
    let mut monitor = committee.join(&mut desk, Role::Monitor);
    let mut volunteer = committee.join(&mut desk, Role::Volunteer);
    let record = Record::new();
    let large = vec![5; limits::MAX_SEALED_BYTES];
    let mut expected: BTreeSet<u64> =
        BTreeSet::from([committee.write(&mut volunteer, vec![record.create(&[epoch()], &large)])]);
    for _ in 0..40 {
        expected.insert(committee.write(&mut volunteer, vec![record.edit(&large)]));
    }
    assert_eq!(committee.pull(&mut desk).into_keys().collect::<BTreeSet<_>>(), expected);
    assert!(committee.pull(&mut monitor).is_empty());
    let grant = committee.write(&mut desk, vec![record.grant(&[device(&monitor)])]);
    expected.insert(grant);
    let (first, more) = committee.pull_page(&mut monitor, limits::DEFAULT_PAGE_BYTES);
    assert!(more && first.contains_key(&grant), "the key comes with the first part");
    let mut seen: Vec<u64> = first.into_keys().collect();
    seen.extend(committee.pull(&mut monitor).into_keys());
    assert_eq!(seen.len(), expected.len(), "nothing comes twice");
    assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), expected);
}

#[test]
fn an_idle_device_costs_no_items_and_one_range() {
    let (mut committee, mut desk) = Committee::found();
    let mut volunteer = committee.join(&mut desk, Role::Volunteer);
    for _ in 0..50 {
        committee.write(&mut volunteer, vec![Record::new().create(&[epoch()], b"x")]);
        committee.pull(&mut desk);
    }
    assert_eq!(desk.have.ranges(), [(1, 50)]);
    let mut request = desk.request();
    (request.page_bytes, request.hello) = (limits::DEFAULT_PAGE_BYTES, false);
    let body = committee.body(&request, &desk);
    let reply = committee.engine.handle(&body);
    assert!(body.len() <= 128 && reply.body.len() <= 96, "{} up, {} down", body.len(), reply.body.len());
}

#[derive(Clone, Debug)]
enum Step {
    Create(usize, usize),
    Edit(usize, usize),
    Grant(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (0usize..3, 0usize..400).prop_map(|(author, size)| Step::Create(author, size)),
        4 => (0usize..8, 0usize..2000).prop_map(|(record, size)| Step::Edit(record, size)),
        1 => (0usize..8).prop_map(Step::Grant),
    ];
    prop::collection::vec(step, 1..40)
}

/// What became of one record.
struct Told {
    record: Record,
    items: Vec<u64>,
    /// The capsule that last let the monitor read it.
    granted: Option<u64>,
}

/// Does the steps on the server.
fn play(committee: &Committee, writers: &mut [&mut Device; 3], monitor: &Device, steps: &[Step]) -> Vec<Told> {
    let mut history: Vec<Told> = Vec::new();
    for step in steps {
        match *step {
            Step::Create(author, size) => {
                let record = Record::new();
                let number = committee.write(writers[author], vec![record.create(&[epoch()], &vec![1; size])]);
                history.push(Told { record, items: vec![number], granted: None });
            }
            Step::Edit(which, size) => {
                let Some(index) = which.checked_rem(history.len()) else { continue };
                let told = &mut history[index];
                told.items.push(committee.write(writers[size % 3], vec![told.record.edit(&vec![2; size])]));
            }
            Step::Grant(which) => {
                let Some(index) = which.checked_rem(history.len()) else { continue };
                let told = &mut history[index];
                let number = committee.write(writers[0], vec![told.record.grant(&[device(monitor)])]);
                told.items.push(number);
                told.granted = Some(number);
            }
        }
    }
    history
}

/// Pulls to the end in pages; every number, as often as it came.
fn pull_in_pages(committee: &Committee, device: &mut Device, sizes: &[u32]) -> Vec<u64> {
    let mut seen = Vec::new();
    for size in sizes.iter().cycle().take(400) {
        let (page, more) = committee.pull_page(device, *size);
        seen.extend(page.into_keys());
        if !more {
            return seen;
        }
    }
    panic!("no end of pages");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn pages_of_any_size_cover_everything_exactly_once(
        steps in steps(),
        sizes in prop::collection::vec(1u32..6000, 1..4),
        held in prop::collection::vec((1u64..50, 0u64..8), 0..6),
    ) {
        let (mut committee, mut desk) = Committee::found();
        let mut volunteer = committee.join(&mut desk, Role::Volunteer);
        let mut officer = committee.join(&mut desk, Role::Officer);
        let mut monitor = committee.join(&mut desk, Role::Monitor);
        let mut reader = committee.join(&mut desk, Role::Desk);
        let mut writers = [&mut desk, &mut volunteer, &mut officer];
        let history = play(&committee, &mut writers, &monitor, &steps);

        // Whatever a device already holds, it gets the rest, once.
        let mut have = SequenceRanges::new();
        for (start, length) in held {
            have.insert(start, start + length);
        }
        reader.have = have.clone();
        monitor.have = have.clone();
        // A capsule that the device has not seen opens a record: all of it is needed, whatever was passed over before.
        let expected = |opened: &dyn Fn(&Told) -> Option<u64>| -> BTreeSet<u64> {
            let mut numbers = BTreeSet::new();
            for told in &history {
                let Some(opened) = opened(told) else { continue };
                numbers.extend(told.items.iter().filter(|n| !have.contains(**n) || !have.contains(opened)));
            }
            numbers
        };
        let desk_sees = pull_in_pages(&committee, &mut reader, &sizes);
        prop_assert_eq!(desk_sees.iter().copied().collect::<BTreeSet<_>>().len(), desk_sees.len());
        prop_assert_eq!(desk_sees.into_iter().collect::<BTreeSet<_>>(), expected(&|told| told.items.first().copied()));
        let monitor_sees = pull_in_pages(&committee, &mut monitor, &sizes);
        prop_assert_eq!(monitor_sees.iter().copied().collect::<BTreeSet<_>>().len(), monitor_sees.len());
        prop_assert_eq!(monitor_sees.into_iter().collect::<BTreeSet<_>>(), expected(&|told| told.granted));
        let top = history.iter().flat_map(|told| told.items.iter().copied()).max().unwrap_or(0);
        let whole: Vec<(u64, u64)> = if top == 0 { vec![] } else { vec![(1, top)] };
        prop_assert_eq!(reader.have.ranges(), whole.as_slice());
        prop_assert_eq!(monitor.have.ranges(), whole.as_slice());
        prop_assert!(pull_in_pages(&committee, &mut reader, &sizes).is_empty());
    }
}

#[test]
fn an_item_is_what_was_pushed() {
    let (mut committee, mut desk) = Committee::found();
    let mut officer = committee.join(&mut desk, Role::Officer);
    let (record, gone) = (Record::new(), Record::new());
    let items: Vec<Item> = vec![
        record.create(&[epoch(), Recipient::Recovery, device(&officer)], b"content"),
        record.edit(b""),
        record.grant(&[Recipient::Epoch(0)]),
        gone.tombstone(),
    ];
    committee.write(&mut officer, items.clone());
    assert_eq!(committee.pull(&mut desk).into_values().collect::<Vec<_>>(), items);
}
