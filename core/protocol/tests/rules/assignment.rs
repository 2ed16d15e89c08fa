//! Who may be named for records, and the hand-over of a caseload.

use crate::committee::{Committee, id, refused, too_large};
use vigil_protocol::{LogBody, RecordId, limits};

fn record(number: u8) -> RecordId {
    RecordId([number; 16])
}

fn hand_over(from: u8, to: u8, records: &[u8]) -> LogBody {
    LogBody::HandOverCases { from: id(from), to: id(to), records: records.iter().map(|n| record(*n)).collect() }
}

#[test]
fn volunteers_auditors_and_members_on_probation_are_named_for_nothing() {
    let mut committee = Committee::usual();
    for number in [6, 7, 8, 90] {
        let officers = vec![id(number)];
        assert!(refused(committee.write(1, LogBody::Assign { record: record(1), officers: officers.clone() })));
        assert!(refused(committee.write(1, LogBody::Intake { officers })));
        assert!(refused(committee.write(1, hand_over(3, number, &[1]))));
    }
    assert!(refused(committee.write(1, LogBody::Intake { officers: vec![id(5)] })), "a monitor is not on duty");
    committee.write(3, LogBody::Assign { record: record(1), officers: vec![id(1), id(3), id(5)] }).unwrap();
    committee.write(3, LogBody::Intake { officers: vec![id(1), id(3)] }).unwrap();
}

#[test]
fn a_caseload_goes_from_one_to_another_in_one_entry() {
    let mut committee = Committee::usual();
    for (number, officers) in [(1, vec![id(3)]), (2, vec![id(3), id(4)]), (3, vec![id(5)])] {
        committee.write(1, LogBody::Assign { record: record(number), officers }).unwrap();
    }
    assert_eq!(committee.view.caseload(&id(3)).count(), 2);
    let before = committee.view.length();
    committee.write(3, hand_over(3, 4, &[1, 2, 3, 9])).unwrap();
    let view = &committee.view;
    assert_eq!(view.assigned(&record(1)), Some([id(4)].as_slice()));
    assert_eq!(view.assigned(&record(2)), Some([id(4)].as_slice()));
    assert_eq!(view.assigned(&record(3)), Some([id(5), id(4)].as_slice()), "who was named besides stays named");
    assert_eq!(view.assigned(&record(9)), Some([id(4)].as_slice()));
    assert!(!view.key_still_serves(&record(1), before) && view.key_still_serves(&record(1), before + 1));
    assert!(view.key_still_serves(&record(3), before), "nobody lost this one");
    assert_eq!((view.caseload(&id(3)).count(), view.caseload(&id(4)).count()), (0, 4));
}

#[test]
fn a_hand_over_names_two_devices_and_each_record_once() {
    let mut committee = Committee::usual();
    for body in [
        hand_over(3, 3, &[1]),
        hand_over(3, 4, &[]),
        hand_over(3, 4, &[2, 1]),
        hand_over(3, 4, &[1, 1]),
        hand_over(90, 4, &[1]),
    ] {
        assert!(refused(committee.write(1, body)));
    }
    assert!(refused(committee.write(5, hand_over(5, 4, &[1]))), "monitors hand over nothing");
    let many = |count: usize| LogBody::HandOverCases {
        from: id(3),
        to: id(4),
        records: (0..count).map(|n| RecordId(u128::try_from(n).unwrap().to_be_bytes())).collect(),
    };
    assert!(too_large(committee.write(1, many(limits::MAX_HANDED_OVER + 1))));
    committee.write(1, many(limits::MAX_HANDED_OVER)).unwrap();
    committee.suspend(1, 4).unwrap();
    committee.write(1, hand_over(4, 3, &[1])).unwrap();
    assert!(refused(committee.write(1, hand_over(3, 4, &[1]))), "nobody hands over to a suspended device");
}

#[test]
fn a_hand_over_does_not_overfill_a_record() {
    let mut committee = Committee::usual();
    let devices: Vec<u8> = (30..30 + 16).collect();
    for number in &devices {
        committee.admit(1, crate::committee::certificate(*number, vigil_protocol::Role::Officer)).unwrap();
    }
    let officers: Vec<_> = devices.iter().map(|number| id(*number)).collect();
    assert_eq!(officers.len(), limits::MAX_ASSIGNED_OFFICERS);
    committee.write(1, LogBody::Assign { record: record(1), officers }).unwrap();
    assert!(too_large(committee.write(1, hand_over(3, 4, &[1]))));
    committee.write(1, hand_over(30, 31, &[1])).unwrap();
    committee.write(1, hand_over(3, 4, &[1])).unwrap();
    assert!(too_large(committee.write(1, hand_over(3, 5, &[1]))));
    committee.write(1, hand_over(31, 5, &[1])).unwrap();
}
