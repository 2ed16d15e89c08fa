//! What a view says about its space, and that an entry fits one place of one log.

use crate::committee::{Committee, certificate, founding, id, key, removal_of, share};
use vigil_protocol::{
    Hash, LogBody, LogEntry, Membership, Motion, MotionState, NewMember, Policy, ProtocolError, Role, SealingPublicKey,
    SpaceId,
};

#[test]
fn an_entry_fits_one_place_of_one_log_even_if_its_author_signs_it_for_another() {
    let mut committee = Committee::usual();
    let (space, index, previous) = (committee.view.space(), committee.view.length(), committee.view.head());
    let intake = || LogBody::Intake { officers: vec![id(3)] };
    for (space, at) in [
        (SpaceId([8; 16]), (index, previous)),
        (space, (index + 1, previous)),
        (space, (index - 1, previous)),
        (space, (index, Hash([1; 32]))),
    ] {
        let entry = LogEntry::sign(space, at, committee.now, id(1), intake(), &key(1));
        assert!(matches!(committee.view.append(&entry), Err(ProtocolError::BrokenChain { .. })), "{at:?}");
    }
    committee.write(1, intake()).unwrap();
}

#[test]
fn a_first_entry_names_its_founder_and_no_other_entry_does() {
    let found = founding(Policy::default(), certificate(1, Role::Desk));
    let of_the_first_days = LogBody::Genesis {
        founder: NewMember {
            device: id(2),
            signing_key: key(2).public(),
            sealing_key: SealingPublicKey([2; 32]),
            role: Role::Desk,
            install_generation: 1,
            sealed_name: vec![].into(),
        },
        epoch_key: SealingPublicKey([200; 32]),
        recovery_key: SealingPublicKey([201; 32]),
        share: share(2),
    };
    assert_eq!(found.body.founder(), Some((id(1), key(1).public())));
    assert_eq!(of_the_first_days.founder(), Some((id(2), key(2).public())));
    assert_eq!(LogBody::Intake { officers: vec![id(1)] }.founder(), None);
}

#[test]
fn nothing_comes_before_a_first_entry() {
    let found = founding(Policy::default(), certificate(1, Role::Desk));
    let at = |index, previous| {
        LogEntry::sign(found.space, (index, previous), found.time, id(1), found.body.clone(), &key(1))
    };
    for entry in [at(1, Hash::NONE), at(0, Hash([1; 32]))] {
        assert!(matches!(Membership::from_genesis(&entry), Err(ProtocolError::BrokenChain { .. })));
    }
    assert!(Membership::from_genesis(&at(0, Hash::NONE)).is_ok());
}

#[test]
fn a_space_keeps_the_policy_that_it_was_founded_with() {
    let policy = Policy { admission_signatures: 2, lease_days: 3, ..Policy::default() };
    let committee = Committee::found(policy.clone());
    assert_eq!(committee.view.policy(), Some(&policy));
    assert_eq!(committee.view.policy_or_default(), policy);
}

#[test]
fn members_are_listed_in_the_order_in_which_they_came_whatever_became_of_them() {
    let mut committee = Committee::found(Policy::default());
    for number in [9, 4, 6] {
        committee.admit(1, certificate(number, Role::Officer)).unwrap();
    }
    committee.suspend(1, 9).unwrap();
    let motion = committee.moves(1, removal_of(4)).unwrap();
    committee.second(6, motion).unwrap();
    committee.remove(1, 4, motion).unwrap();
    let listed: Vec<_> = committee.view.members().iter().map(|member| member.device).collect();
    assert_eq!(listed, [id(1), id(9), id(4), id(6)]);
}

#[test]
fn each_motion_and_each_of_its_states_is_known_by_one_name() {
    let (device, record) = (id(5), vigil_protocol::RecordId([1; 16]));
    let motions = [
        (removal_of(5), "remove"),
        (Motion::Raise { device, role: Role::Officer }, "raise"),
        (Motion::EndProbation { device }, "end_probation"),
        (Motion::Reinstate { device }, "reinstate"),
        (Motion::EraseCase { record }, "erase_case"),
        (Motion::Export { to: vigil_protocol::SealingPublicKey([1; 32]) }, "export"),
        (Motion::Recover { certificate: certificate(5, Role::Desk) }, "recover"),
        (Motion::ChangePolicy { policy: Policy::default() }, "change_policy"),
    ];
    for (motion, name) in motions {
        assert_eq!(motion.name(), name);
    }
    let states = [MotionState::Open, MotionState::Carried, MotionState::CarriedOut, MotionState::Lapsed];
    assert_eq!(states.map(MotionState::name), ["open", "carried", "carried_out", "lapsed"]);
}
