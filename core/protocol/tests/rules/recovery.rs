//! Shares of the recovery key, and the desk that is admitted to be given them.

use crate::committee::{Committee, after, certificate, id, refused, share, too_large};
use vigil_protocol::{Certificate, LogBody, Motion, PersonId, Policy, RecoveryShare, Role, SealingPublicKey, limits};

fn deal(threshold: u8, holders: &[u8]) -> LogBody {
    let share = |number: &u8| RecoveryShare {
        device: id(*number),
        encapsulated: SealingPublicKey([0; 32]),
        sealed: vec![*number; 64].into(),
    };
    LogBody::RecoveryShares { threshold, shares: holders.iter().map(share).collect() }
}

fn give(desk: u8, sealed: &[u8]) -> LogBody {
    LogBody::RecoveryShareFor {
        desk: id(desk),
        encapsulated: SealingPublicKey([0; 32]),
        sealed: sealed.to_vec().into(),
    }
}

fn recover(committee: &mut Committee) {
    let motion = committee.moves(3, Motion::Recover { certificate: certificate(20, Role::Desk) }).unwrap();
    committee.second(4, motion).unwrap();
    assert!(
        refused(committee.write(1, LogBody::CarryOut { motion, share: Some(share(20)) })),
        "no epoch comes with it"
    );
    committee.carry_out(3, motion).unwrap();
}

#[test]
fn a_desk_deals_the_key_to_leaders_each_person_one_share() {
    let mut committee = Committee::usual();
    committee.admit(1, Certificate { person: PersonId([3; 16]), ..certificate(21, Role::Officer) }).unwrap();
    assert!(refused(committee.write(3, deal(2, &[1, 3]))), "an officer does not deal");
    for holders in [&[1u8, 5][..], &[1, 6], &[1, 7], &[1, 8], &[1, 90], &[1, 1], &[3, 21]] {
        assert!(refused(committee.write(1, deal(2, holders))), "{holders:?}");
    }
    assert!(refused(committee.write(1, deal(1, &[1, 3]))), "fewer than the policy says");
    assert!(refused(committee.write(1, deal(3, &[1, 3]))), "more than there are");
    committee.write(1, deal(2, &[1, 3])).unwrap();
    committee.write(1, deal(3, &[1, 3, 4])).unwrap();
    let held = committee.view.recovery_deal().unwrap();
    assert_eq!((held.index, held.threshold, held.shares.len()), (committee.view.length() - 1, 3, 3));
    committee.suspend(1, 4).unwrap();
    assert!(refused(committee.write(1, deal(2, &[1, 4]))));
}

#[test]
fn shares_have_limits() {
    let mut committee = Committee::found(Policy::default());
    let numbers: Vec<u8> = (30..30 + 16).collect();
    for number in &numbers {
        committee.admit(1, certificate(*number, Role::Officer)).unwrap();
    }
    assert!(too_large(committee.write(1, deal(2, &numbers))));
    committee.write(1, deal(2, &numbers[1..])).unwrap();
    let sized = |length| {
        let sealed = vec![0u8; length];
        let share = |number| RecoveryShare {
            device: id(number),
            encapsulated: SealingPublicKey([0; 32]),
            sealed: sealed.clone().into(),
        };
        LogBody::RecoveryShares { threshold: 2, shares: vec![share(30), share(31)] }
    };
    assert!(too_large(committee.write(1, sized(limits::MAX_RECOVERY_SHARE_BYTES + 1))));
    committee.write(1, sized(limits::MAX_RECOVERY_SHARE_BYTES)).unwrap();
}

#[test]
fn a_desk_is_recovered_by_as_many_persons_as_the_policy_says() {
    let mut committee = Committee::found(Policy { recovery_persons: 3, ..Policy::default() });
    for number in [3, 4, 5] {
        committee.admit(1, certificate(number, Role::Officer)).unwrap();
    }
    let wanted = certificate(20, Role::Desk);
    assert!(refused(committee.moves(3, Motion::Recover { certificate: certificate(20, Role::Officer) })));
    assert!(refused(committee.moves(3, Motion::Recover { certificate: certificate(5, Role::Desk) })));
    let motion = committee.moves(3, Motion::Recover { certificate: wanted }).unwrap();
    committee.second(4, motion).unwrap();
    assert!(refused(committee.carry_out(3, motion)));
    committee.second(5, motion).unwrap();
    committee.carry_out(3, motion).unwrap();
    let desk = committee.view.active_member(&id(20)).unwrap();
    assert!(desk.for_recovery && desk.role == Role::Desk);
    assert!(!committee.view.epoch_is_exposed());
}

#[test]
fn a_share_is_given_on_by_its_holder_to_a_recovered_desk_only() {
    let mut committee = Committee::usual();
    recover(&mut committee);
    assert!(refused(committee.write(3, give(20, b"share"))), "nothing was dealt");
    committee.write(1, deal(2, &[3, 4])).unwrap();
    assert!(refused(committee.write(1, give(20, b"share"))), "desk 1 holds none");
    assert!(refused(committee.write(3, give(2, b"share"))), "desk 2 was not admitted for recovery");
    assert!(too_large(committee.write(3, give(20, &[0; limits::MAX_RECOVERY_SHARE_BYTES + 1]))));
    committee.write(3, give(20, b"first")).unwrap();
    committee.write(3, give(20, b"second")).unwrap();
    committee.write(4, give(20, &[0; limits::MAX_RECOVERY_SHARE_BYTES])).unwrap();
    let given = &committee.view.recovery_deal().unwrap().given;
    assert_eq!(given.len(), 2);
    assert_eq!(given[&(id(20), id(3))].1, b"second");
    committee.write(1, deal(2, &[3, 4])).unwrap();
    assert!(committee.view.recovery_deal().unwrap().given.is_empty(), "a new deal begins anew");
    committee.suspend(1, 20).unwrap();
    assert!(refused(committee.write(3, give(20, b"share"))));
}

#[test]
fn a_desk_whose_certificate_ended_while_people_decided_is_not_admitted_any_more() {
    let mut committee = Committee::usual();
    let short = Certificate { not_after: after(10), ..certificate(20, Role::Desk) };
    let motion = committee.moves(3, Motion::Recover { certificate: short }).unwrap();
    committee.second(4, motion).unwrap();
    committee.now = after(10);
    assert!(committee.view.is_carried(&motion, committee.now));
    assert!(refused(committee.carry_out(3, motion)));
    committee.now = after(9);
    committee.carry_out(3, motion).unwrap();
}
