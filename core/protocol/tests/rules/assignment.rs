//! Who may be named for records, and the hand-over of a caseload.

use crate::committee::{Committee, certificate, id, refused, too_large};
use vigil_protocol::{LogBody, Motion, RecordId, Role, limits};

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

#[test]
fn a_first_assignment_ends_the_keys_that_those_on_duty_hold() {
    let mut committee = Committee::usual();
    let record = RecordId([1; 16]);
    committee.write(1, LogBody::Intake { officers: vec![id(3)] }).unwrap();
    let before = committee.view.length();
    committee.write(1, LogBody::Assign { record, officers: vec![id(3), id(4)] }).unwrap();
    assert!(committee.view.key_still_serves(&record, before), "whoever was on duty goes on reading");
    let other = RecordId([2; 16]);
    committee.write(1, LogBody::Assign { record: other, officers: vec![id(4)] }).unwrap();
    assert!(!committee.view.key_still_serves(&other, before + 1));
    assert!(committee.view.key_still_serves(&other, before + 2));
    let handed = RecordId([3; 16]);
    let body = LogBody::HandOverCases { from: id(3), to: id(4), records: vec![handed] };
    committee.write(1, body).unwrap();
    assert!(!committee.view.key_still_serves(&handed, before + 2));
}

#[test]
fn the_end_of_a_duty_ends_keys_and_its_beginning_does_not() {
    let mut committee = Committee::usual();
    let record = RecordId([1; 16]);
    committee.write(1, LogBody::Intake { officers: vec![id(3)] }).unwrap();
    let before = committee.view.length();
    committee.write(1, LogBody::Intake { officers: vec![id(3), id(4)] }).unwrap();
    assert!(committee.view.key_still_serves(&record, before));
    committee.write(1, LogBody::Intake { officers: vec![id(4)] }).unwrap();
    assert!(!committee.view.key_still_serves(&record, before + 1));
}

#[test]
fn a_higher_role_ends_keys_and_what_was_signed_before_is_judged_by_the_role_of_then() {
    let mut committee = Committee::usual();
    let record = RecordId([1; 16]);
    let motion = committee.moves(1, Motion::Raise { device: id(5), role: Role::Officer }).unwrap();
    committee.second(2, motion).unwrap();
    let before = committee.view.length();
    committee.carry_out(1, motion).unwrap();
    assert!(!committee.view.key_still_serves(&record, before));
    committee.renew(1, certificate(5, Role::Volunteer)).unwrap();
    let member = committee.view.member(&id(5)).unwrap();
    assert_eq!(member.role_at(before), Role::Monitor);
    assert_eq!(member.role_at(before + 1), Role::Officer);
    assert_eq!((member.role_at(before + 2), member.role), (Role::Volunteer, Role::Volunteer));
    assert_eq!(member.role_at(0), Role::Monitor, "before it was a member, what it was first");
}
