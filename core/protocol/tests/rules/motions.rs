//! Motions: two persons, or one and 72 hours in which somebody could have objected; carried out at most once.

use crate::committee::{Committee, START, after, certificate, id, refused, removal_of, too_large};
use vigil_protocol::{
    Certificate, Hash, LastBatch, LogBody, Motion, MotionState, PersonId, Policy, RecordId, Role, SealingPublicKey,
    limits,
};

fn erase(number: u8) -> Motion {
    Motion::EraseCase { record: RecordId([number; 16]) }
}

fn state(committee: &Committee, motion: &Hash) -> MotionState {
    committee.view.motion_state(motion, committee.now).unwrap()
}

#[test]
fn two_persons_carry_a_motion_and_two_devices_of_one_person_do_not() {
    let mut committee = Committee::usual();
    committee.admit(1, Certificate { person: PersonId([3; 16]), ..certificate(21, Role::Officer) }).unwrap();
    let motion = committee.moves(3, erase(1)).unwrap();
    assert!(refused(committee.second(3, motion)), "the mover has spoken");
    assert!(refused(committee.second(21, motion)), "her other device is the same person");
    assert_eq!(state(&committee, &motion), MotionState::Open);
    assert!(refused(committee.carry_out(3, motion)));
    assert!(!committee.view.erasure_is_decided(&RecordId([1; 16])));
    committee.second(4, motion).unwrap();
    assert_eq!(state(&committee, &motion), MotionState::Carried);
    assert!(committee.view.is_carried(&motion, START));
    let record = committee.view.motion(&motion).unwrap();
    assert_eq!(committee.view.seats(record, START).len(), 2);
    committee.carry_out(21, motion).unwrap();
    assert!(committee.view.erasure_is_decided(&RecordId([1; 16])));
    assert_eq!(state(&committee, &motion), MotionState::CarriedOut);
    assert!(refused(committee.carry_out(3, motion)), "at most once");
    assert!(refused(committee.second(1, motion)) && refused(committee.object(1, motion)), "it is over");
}

#[test]
fn one_person_carries_a_motion_after_72_hours_and_not_a_millisecond_before() {
    let mut committee = Committee::usual();
    let motion = committee.moves(3, erase(1)).unwrap();
    let index = committee.view.length() - 1;
    committee.now = after(limits::OBJECTION_MS - 1);
    assert!(refused(committee.carry_out(3, motion)));
    committee.now = after(limits::OBJECTION_MS);
    let entry = committee.entry(3, LogBody::CarryOut { motion, share: None });
    assert_eq!(committee.view.rests_on_time(&entry), [(index, limits::OBJECTION_MS)]);
    committee.carry_out(3, motion).unwrap();
}

#[test]
fn two_persons_need_no_time() {
    let mut committee = Committee::usual();
    let motion = committee.moves(3, removal_of(5)).unwrap();
    committee.second(4, motion).unwrap();
    let rotation = committee.rotation(Some(5));
    let removal = Some(vigil_protocol::Removal { motion, last: LastBatch::NONE });
    let entry = committee.entry(1, LogBody::Rotate { removal, rotation });
    assert_eq!(committee.view.rests_on_time(&entry), []);
    let entry = committee.entry(1, LogBody::Intake { officers: vec![] });
    assert_eq!(committee.view.rests_on_time(&entry), []);
}

#[test]
fn an_objection_closes_the_way_of_one_person_and_two_still_can() {
    let mut committee = Committee::usual();
    let motion = committee.moves(3, erase(1)).unwrap();
    committee.object(4, motion).unwrap();
    assert!(refused(committee.object(4, motion)) && refused(committee.second(4, motion)), "each speaks once");
    assert!(refused(committee.object(3, motion)));
    // An objection stands, whatever becomes of who made it: otherwise suspending her would silence her.
    committee.suspend(3, 4).unwrap();
    committee.now = after(limits::OBJECTION_MS);
    assert_eq!(state(&committee, &motion), MotionState::Open);
    assert!(refused(committee.carry_out(3, motion)));
    committee.second(1, motion).unwrap();
    committee.carry_out(3, motion).unwrap();
}

#[test]
fn whoever_suspends_everybody_else_does_not_outlast_their_objection() {
    let mut committee = Committee::found(Policy::default());
    committee.admit(1, certificate(3, Role::Officer)).unwrap();
    committee.admit(1, certificate(5, Role::Monitor)).unwrap();
    committee.suspend(1, 3).unwrap();
    let motion = committee.moves(1, removal_of(3)).unwrap();
    let (suspension, moved) = (committee.view.length() - 2, committee.view.length() - 1);
    committee.now = after(limits::OBJECTION_MS);
    assert!(refused(committee.remove(1, 3, motion)), "nobody is left who could object");
    committee.now = after(limits::SUSPENSION_COUNTS_MS - 1);
    assert!(refused(committee.remove(1, 3, motion)));
    committee.now = after(limits::SUSPENSION_COUNTS_MS);
    let rotation = committee.rotation(Some(3));
    let removal = Some(vigil_protocol::Removal { motion, last: LastBatch::NONE });
    let entry = committee.entry(1, LogBody::Rotate { removal, rotation });
    let needs = [(moved, limits::OBJECTION_MS), (suspension, limits::SUSPENSION_COUNTS_MS)];
    assert_eq!(committee.view.rests_on_time(&entry), needs);
    committee.remove(1, 3, motion).unwrap();

    // With a third who could have objected, 72 hours are enough; and so they are for who is alone from the start.
    let mut three = Committee::found(Policy::default());
    for number in [3, 4] {
        three.admit(1, certificate(number, Role::Officer)).unwrap();
    }
    three.suspend(1, 3).unwrap();
    let motion = three.moves(1, removal_of(3)).unwrap();
    three.now = after(limits::OBJECTION_MS);
    three.remove(1, 3, motion).unwrap();
    let mut alone = Committee::found(Policy::default());
    alone.admit(1, certificate(5, Role::Monitor)).unwrap();
    let motion = alone.moves(1, removal_of(5)).unwrap();
    alone.now = after(limits::OBJECTION_MS);
    alone.remove(1, 5, motion).unwrap();
}

#[test]
fn the_person_who_gains_is_not_one_of_those_who_decide() {
    for motion in [Motion::Raise { device: id(3), role: Role::Desk }, Motion::Reinstate { device: id(3) }] {
        let mut committee = Committee::usual();
        committee.admit(1, Certificate { person: PersonId([3; 16]), ..certificate(21, Role::Officer) }).unwrap();
        if matches!(motion, Motion::Reinstate { .. }) {
            committee.suspend(1, 3).unwrap();
        }
        let moved = committee.moves(21, motion).unwrap();
        committee.second(4, moved).unwrap();
        assert_eq!(state(&committee, &moved), MotionState::Open);
        committee.now = after(limits::OBJECTION_MS);
        assert_eq!(state(&committee, &moved), MotionState::Carried, "the other one counts, and the time has passed");
        committee.now = START;
        committee.second(1, moved).unwrap();
        assert_eq!(state(&committee, &moved), MotionState::Carried);
    }
    let mut committee = Committee::usual();
    let moved = committee.moves(3, Motion::Raise { device: id(3), role: Role::Desk }).unwrap();
    committee.now = after(limits::OBJECTION_MS);
    assert_eq!(state(&committee, &moved), MotionState::Open, "nobody raises herself by waiting");
    committee.now = START;
    let own = committee.moves(3, removal_of(3)).unwrap();
    committee.second(4, own).unwrap();
    assert_eq!(state(&committee, &own), MotionState::Carried, "but one may ask to be removed");
}

#[test]
fn who_is_suspended_removed_lowered_or_out_of_date_does_not_count() {
    let carried = |committee: &Committee, motion: &Hash| committee.view.is_carried(motion, committee.now);
    let both = || {
        let mut committee = Committee::usual();
        let motion = committee.moves(3, erase(1)).unwrap();
        committee.second(4, motion).unwrap();
        assert!(carried(&committee, &motion));
        (committee, motion)
    };
    let (mut committee, motion) = both();
    committee.suspend(1, 4).unwrap();
    assert!(!carried(&committee, &motion));
    let (mut committee, motion) = both();
    let removal = committee.moves(1, removal_of(4)).unwrap();
    committee.second(2, removal).unwrap();
    committee.remove(1, 4, removal).unwrap();
    assert!(!carried(&committee, &motion));
    let (mut committee, motion) = both();
    committee.renew(1, certificate(4, Role::Monitor)).unwrap();
    assert!(!carried(&committee, &motion));
    let (mut committee, motion) = both();
    committee.renew(1, Certificate { not_after: after(10), ..certificate(4, Role::Officer) }).unwrap();
    committee.now = after(9);
    assert!(carried(&committee, &motion));
    committee.now = after(10);
    assert!(!carried(&committee, &motion));
}

#[test]
fn a_mover_who_is_suspended_does_not_carry_by_time() {
    let mut committee = Committee::usual();
    let motion = committee.moves(3, erase(1)).unwrap();
    committee.suspend(1, 3).unwrap();
    committee.now = after(limits::OBJECTION_MS);
    assert!(refused(committee.carry_out(1, motion)));
}

#[test]
fn a_removal_takes_as_many_persons_as_the_policy_says() {
    let mut committee = Committee::found(Policy { removal_persons: 3, ..Policy::default() });
    for number in [3, 4, 5] {
        committee.admit(1, certificate(number, Role::Officer)).unwrap();
    }
    let motion = committee.moves(1, removal_of(5)).unwrap();
    committee.second(3, motion).unwrap();
    assert!(refused(committee.remove(1, 5, motion)));
    let erasure = committee.moves(1, erase(1)).unwrap();
    committee.second(3, erasure).unwrap();
    assert_eq!(state(&committee, &erasure), MotionState::Carried, "everything else takes two");
    // Two persons cannot lower the number first.
    let policy = committee.moves(1, Motion::ChangePolicy { policy: Policy::default() }).unwrap();
    committee.second(3, policy).unwrap();
    assert!(refused(committee.carry_out(1, policy)));
    committee.second(4, motion).unwrap();
    committee.remove(1, 5, motion).unwrap();
    committee.second(4, policy).unwrap();
    committee.carry_out(4, policy).unwrap();
    assert_eq!(committee.view.policy(), Some(&Policy::default()));
}

#[test]
fn a_role_rises_and_a_probation_ends_by_motion_only() {
    let mut committee = Committee::usual();
    for (device, role) in [
        (5, Role::Monitor),
        (5, Role::Volunteer),
        (5, Role::Auditor),
        (7, Role::Officer),
        (8, Role::Desk),
        (90, Role::Desk),
    ] {
        assert!(refused(committee.moves(1, Motion::Raise { device: id(device), role })), "{device} {role:?}");
    }
    assert!(refused(committee.moves(1, Motion::EndProbation { device: id(3) })));
    assert!(refused(committee.moves(1, Motion::Reinstate { device: id(3) })));
    assert!(refused(committee.moves(1, Motion::ChangePolicy { policy: Policy::default() })), "it is so already");
    let bad = Policy { removal_persons: 1, ..Policy::default() };
    assert!(refused(committee.moves(1, Motion::ChangePolicy { policy: bad })));
    let raise = committee.moves(1, Motion::Raise { device: id(5), role: Role::Officer }).unwrap();
    let end = committee.moves(1, Motion::EndProbation { device: id(8) }).unwrap();
    for motion in [raise, end] {
        committee.second(3, motion).unwrap();
        committee.carry_out(3, motion).unwrap();
    }
    assert_eq!(committee.view.member(&id(5)).unwrap().role, Role::Officer);
    assert!(!committee.view.member(&id(8)).unwrap().probation);
    committee.write(5, LogBody::Intake { officers: vec![id(8)] }).unwrap();
}

#[test]
fn a_device_that_becomes_a_desk_is_given_the_epoch_by_a_desk() {
    let mut committee = Committee::usual();
    let motion = committee.moves(1, Motion::Raise { device: id(3), role: Role::Desk }).unwrap();
    committee.second(4, motion).unwrap();
    let with = |share| LogBody::CarryOut { motion, share };
    assert!(refused(committee.write(1, with(None))));
    assert!(refused(committee.write(1, with(Some(crate::committee::share(4))))));
    assert!(refused(committee.write(4, with(Some(crate::committee::share(3))))));
    committee.write(1, with(Some(crate::committee::share(3)))).unwrap();
    committee.suspend(1, 3).unwrap();
    assert!(committee.view.epoch_is_exposed());
}

#[test]
fn a_motion_lapses_when_its_target_is_gone_or_nobody_carried_it_out() {
    let mut committee = Committee::usual();
    let raise = committee.moves(1, Motion::Raise { device: id(5), role: Role::Officer }).unwrap();
    let removal = committee.moves(3, removal_of(5)).unwrap();
    for motion in [raise, removal] {
        committee.second(4, motion).unwrap();
    }
    committee.suspend(1, 5).unwrap();
    assert_eq!(state(&committee, &raise), MotionState::Lapsed);
    assert_eq!(state(&committee, &removal), MotionState::Carried, "a suspended device can be removed");
    committee.remove(1, 5, removal).unwrap();
    assert!(refused(committee.carry_out(1, raise)));
    assert!(refused(committee.moves(1, removal_of(5))));
    let old = committee.moves(3, erase(1)).unwrap();
    let at = |milliseconds| committee.view.motion_state(&old, after(milliseconds)).unwrap();
    assert_ne!(at(limits::MOTION_LIFE_MS - 1), MotionState::Lapsed);
    assert_eq!(at(limits::MOTION_LIFE_MS), MotionState::Lapsed);
}

#[test]
fn the_same_is_moved_once_and_nobody_floods_the_committee() {
    let mut committee = Committee::usual();
    let first = committee.moves(1, erase(0)).unwrap();
    assert!(refused(committee.moves(3, erase(0))));
    for number in 1..64 {
        committee.moves(1, erase(number)).unwrap();
    }
    assert_eq!(committee.view.motions().len(), limits::MAX_OPEN_MOTIONS);
    assert!(too_large(committee.moves(1, erase(64))));
    committee.moves(3, erase(64)).unwrap();
    committee.second(3, first).unwrap();
    committee.carry_out(3, first).unwrap();
    committee.moves(1, erase(65)).unwrap();
    assert!(refused(committee.moves(3, erase(0))), "it is decided already");
    let indices: Vec<u64> = committee.view.motions().iter().map(|record| record.index).collect();
    assert!(indices.is_sorted());
}

#[test]
fn an_export_is_to_one_key_and_an_unknown_motion_is_nothing() {
    let mut committee = Committee::usual();
    let to = SealingPublicKey([77; 32]);
    let motion = committee.moves(3, Motion::Export { to }).unwrap();
    committee.second(4, motion).unwrap();
    assert!(!committee.view.export_is_decided(&to));
    committee.carry_out(4, motion).unwrap();
    assert!(committee.view.export_is_decided(&to) && !committee.view.export_is_decided(&SealingPublicKey([78; 32])));
    assert!(refused(committee.moves(3, Motion::Export { to })));
    let unknown = Hash([9; 32]);
    assert!(refused(committee.second(3, unknown)) && refused(committee.object(3, unknown)));
    assert!(refused(committee.carry_out(3, unknown)));
    assert_eq!(committee.view.motion_state(&unknown, START), None);
}
