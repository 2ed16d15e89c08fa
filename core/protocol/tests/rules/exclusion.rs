//! Suspension and removal: what ends at once, what needs a motion, and when the epoch's key is exposed.

use crate::committee::{Committee, after, certificate, id, refused, removal_of, share};
use vigil_protocol::{Chain, Hash, Lapse, LastBatch, LogBody, Motion, RecordId, Removal, Role, limits};

const RECORD: RecordId = RecordId([5; 16]);

#[test]
fn a_suspended_member_is_closed_out_at_once_by_one_word() {
    let mut committee = Committee::usual();
    let officers = vec![id(2), id(3)];
    committee.write(1, LogBody::Assign { record: RECORD, officers: officers.clone() }).unwrap();
    committee.write(1, LogBody::Intake { officers }).unwrap();
    let before = committee.view.length();
    committee.suspend(4, 3).unwrap();
    let view = &committee.view;
    assert!(view.active_member(&id(3)).is_none() && view.active_members().all(|member| member.device != id(3)));
    assert_eq!(view.intake(), [id(2)]);
    assert_eq!(view.assigned(&RECORD), Some([id(2)].as_slice()));
    assert!(!view.key_still_serves(&RECORD, before) && view.key_still_serves(&RECORD, before + 1));
    assert!(!view.key_still_serves(&RecordId([77; 16]), before), "keys of other records, too");
    assert!(refused(committee.write(3, LogBody::Intake { officers: vec![] })));
    assert!(refused(committee.write(1, LogBody::Assign { record: RECORD, officers: vec![id(3)] })));
}

#[test]
fn a_suspension_says_what_counts_and_is_for_an_active_other() {
    let mut committee = Committee::usual();
    assert!(refused(committee.suspend(3, 3)));
    assert!(refused(committee.suspend(3, 90)));
    let with =
        |counter, hash| LogBody::Suspend { device: id(5), last: Some(LastBatch { counter, hash }), rotation: None };
    assert!(refused(committee.write(1, with(0, Hash([1; 32])))));
    assert!(refused(committee.write(1, with(1, Hash::NONE))));
    committee.write(1, with(4, Hash([1; 32]))).unwrap();
    let lapse = committee.view.member(&id(5)).unwrap().lapse().unwrap();
    let last = LastBatch { counter: 4, hash: Hash([1; 32]) };
    assert_eq!((lapse.index, lapse.last), (committee.view.length() - 1, Some(last)));
    let sync = |counter| Chain::Sync { counter, previous: Hash::NONE };
    assert!(lapse.counts(&sync(4)) && !lapse.counts(&sync(5)) && !lapse.counts(&Chain::Copy { number: 1 }));
    let open = Lapse { last: None, ..lapse };
    assert!(open.counts(&sync(5)) && !open.counts(&Chain::Copy { number: 1 }));
    assert!(refused(committee.suspend(1, 5)), "once is enough");
}

#[test]
fn while_a_suspended_desk_holds_the_newest_epoch_it_is_exposed_until_a_desk_rotates() {
    let mut committee = Committee::usual();
    committee.suspend(1, 5).unwrap();
    assert!(!committee.view.epoch_is_exposed(), "a monitor never held it");
    committee.suspend(3, 2).unwrap();
    assert!(committee.view.epoch_is_exposed());
    let rotation = committee.rotation(None);
    assert!(refused(committee.write(3, LogBody::Rotate { removal: None, rotation: rotation.clone() })));
    let before = committee.view.length();
    committee.write(1, LogBody::Rotate { removal: None, rotation }).unwrap();
    assert!(!committee.view.epoch_is_exposed());
    assert_eq!((committee.view.epoch(), committee.view.epoch_at(before)), (1, 0));
    assert!(!committee.view.key_still_serves(&RECORD, before));
}

#[test]
fn a_new_epoch_has_a_new_key_and_goes_to_every_active_desk_and_to_nobody_else() {
    let mut committee = Committee::usual();
    let good = committee.rotation(None);
    for shares in [vec![share(1)], vec![share(1), share(2), share(3)], vec![share(1), share(1)], vec![]] {
        let rotation = vigil_protocol::Rotation { shares, ..good.clone() };
        assert!(refused(committee.write(1, LogBody::Rotate { removal: None, rotation })));
    }
    let old_key = committee.view.epoch_key(0).unwrap();
    let rotation = vigil_protocol::Rotation { epoch_key: old_key, ..good.clone() };
    assert!(refused(committee.write(1, LogBody::Rotate { removal: None, rotation })));
    let suspend = |rotation| LogBody::Suspend { device: id(2), last: Some(LastBatch::NONE), rotation: Some(rotation) };
    assert!(refused(committee.write(1, suspend(good))), "the suspended desk gets no share");
    let without = committee.rotation(Some(2));
    assert!(refused(committee.write(3, suspend(without.clone()))), "an officer holds no key to rotate");
    committee.write(1, suspend(without)).unwrap();
    assert!(!committee.view.epoch_is_exposed());
    assert_eq!(committee.view.epoch(), 1);
}

#[test]
fn a_removal_takes_a_carried_motion_for_this_device() {
    let mut committee = Committee::usual();
    assert!(refused(committee.remove(1, 5, Hash([1; 32]))));
    let motion = committee.moves(1, removal_of(5)).unwrap();
    assert!(refused(committee.remove(1, 5, motion)), "one person is not enough");
    committee.second(3, motion).unwrap();
    let other = committee.moves(1, Motion::Raise { device: id(5), role: Role::Officer }).unwrap();
    committee.second(3, other).unwrap();
    assert!(refused(committee.remove(1, 5, other)), "a motion for something else");
    assert!(refused(committee.remove(3, 5, motion)), "only a desk rotates");
    assert!(refused(committee.carry_out(1, motion)), "a removal comes with a new epoch");
    committee.remove(1, 5, motion).unwrap();
    assert!(committee.view.member(&id(5)).unwrap().removed.is_some());
    assert!(committee.view.active_member(&id(5)).is_none());
    assert!(refused(committee.remove(1, 5, motion)), "at most once");
    assert!(refused(committee.remove(2, 5, motion)), "also by another desk");
}

#[test]
fn a_device_does_not_remove_itself() {
    let mut committee = Committee::usual();
    let motion = committee.moves(3, removal_of(1)).unwrap();
    committee.second(4, motion).unwrap();
    assert!(refused(committee.remove(1, 1, motion)));
    committee.remove(2, 1, motion).unwrap();
}

#[test]
fn a_removal_counts_what_the_suspension_counted() {
    let mut committee = Committee::usual();
    let last = LastBatch { counter: 4, hash: Hash([4; 32]) };
    committee.write(1, LogBody::Suspend { device: id(5), last: Some(last), rotation: None }).unwrap();
    let motion = committee.moves(1, removal_of(5)).unwrap();
    committee.second(3, motion).unwrap();
    assert!(refused(committee.remove(1, 5, motion)), "it would count less");
    for (counter, hash) in [(5, Hash([5; 32])), (4, Hash([5; 32])), (5, Hash([4; 32])), (4, Hash::NONE)] {
        let removal = Some(Removal { motion, last: LastBatch { counter, hash } });
        let rotation = committee.rotation(Some(5));
        assert!(refused(committee.write(1, LogBody::Rotate { removal, rotation })));
    }
    let removal = Some(Removal { motion, last });
    let rotation = committee.rotation(Some(5));
    committee.write(1, LogBody::Rotate { removal, rotation }).unwrap();
    let lapse = committee.view.member(&id(5)).unwrap().lapse().unwrap();
    assert_eq!((lapse.index, lapse.last), (committee.view.length() - 1, Some(last)));
    // An officer does not know what counts; then the removal says it.
    let mut committee = Committee::usual();
    committee.write(3, LogBody::Suspend { device: id(5), last: None, rotation: None }).unwrap();
    let motion = committee.moves(3, removal_of(5)).unwrap();
    committee.second(4, motion).unwrap();
    let rotation = committee.rotation(Some(5));
    committee.write(1, LogBody::Rotate { removal: Some(Removal { motion, last }), rotation }).unwrap();
    assert_eq!(committee.view.member(&id(5)).unwrap().lapse().unwrap().last, Some(last));
}

#[test]
fn who_is_reinstated_is_back_and_the_keys_that_ended_stay_ended() {
    let mut committee = Committee::usual();
    committee.write(1, LogBody::Assign { record: RECORD, officers: vec![id(3)] }).unwrap();
    let before = committee.view.length();
    committee.suspend(1, 3).unwrap();
    let motion = committee.moves(1, Motion::Reinstate { device: id(3) }).unwrap();
    committee.second(4, motion).unwrap();
    committee.carry_out(4, motion).unwrap();
    assert!(committee.view.active_member(&id(3)).is_some());
    assert!(!committee.view.key_still_serves(&RECORD, before));
    assert_eq!(committee.view.assigned(&RECORD), Some([].as_slice()), "what it was named for it is named for anew");
    committee.write(3, LogBody::Intake { officers: vec![] }).unwrap();
}

#[test]
fn a_desk_that_comes_back_is_given_the_epoch_by_a_desk_only() {
    let mut committee = Committee::usual();
    let rotation = committee.rotation(Some(2));
    let body = LogBody::Suspend { device: id(2), last: Some(LastBatch::NONE), rotation: Some(rotation) };
    committee.write(1, body).unwrap();
    let motion = committee.moves(1, Motion::Reinstate { device: id(2) }).unwrap();
    committee.second(3, motion).unwrap();
    let with = |number| LogBody::CarryOut { motion, share: Some(share(number)) };
    assert!(refused(committee.write(3, with(2))));
    assert!(refused(committee.write(1, with(3))));
    committee.write(1, with(2)).unwrap();
    committee.suspend(1, 2).unwrap();
    assert!(committee.view.epoch_is_exposed(), "it held the newest epoch again");
    let mut committee = Committee::usual();
    committee.suspend(1, 3).unwrap();
    let motion = committee.moves(1, Motion::Reinstate { device: id(3) }).unwrap();
    committee.second(4, motion).unwrap();
    assert!(refused(committee.write(1, LogBody::CarryOut { motion, share: Some(share(3)) })), "it is no desk");
}

#[test]
fn the_last_desk_can_be_suspended_and_a_removed_one_leaves_another() {
    let mut committee = Committee::found(vigil_protocol::Policy::default());
    committee.admit(1, certificate(3, Role::Officer)).unwrap();
    committee.suspend(3, 1).unwrap();
    assert_eq!(committee.view.desks().count(), 0);
    assert!(committee.view.epoch_is_exposed());
    committee.now = after(limits::OBJECTION_MS);
    assert!(refused(committee.remove(3, 1, Hash([1; 32]))));
}
