//! Certificates: who signs them, how long they last, and what a renewal may change.

use crate::committee::{Committee, START, after, certificate, founding, id, key, refused, share, too_large};
use vigil_protocol::{
    Certificate, Cosignature, LogBody, Membership, NewMember, PersonId, Policy, ProtocolError, Role, SealingPublicKey,
    SpaceId, Timestamp, limits,
};

fn two_signatures() -> Policy {
    Policy { admission_signatures: 2, ..Policy::default() }
}

#[test]
fn a_certificate_of_90_days_is_given_and_one_of_a_millisecond_more_is_not() {
    let mut committee = Committee::found(Policy::default());
    let longer = Certificate { not_after: after(limits::MAX_CERTIFICATE_MS + 1), ..certificate(5, Role::Monitor) };
    assert!(refused(committee.admit(1, longer.clone())));
    assert!(refused(Membership::from_genesis(&founding(
        Policy::default(),
        Certificate { not_after: longer.not_after, ..certificate(1, Role::Desk) }
    ))));
    committee.admit(1, certificate(5, Role::Monitor)).unwrap();
    for (not_before, not_after) in [(START, START), (after(1), START), (Timestamp(i64::MIN), Timestamp(i64::MAX))] {
        assert!(refused(committee.admit(1, Certificate { not_before, not_after, ..certificate(6, Role::Monitor) })));
    }
}

#[test]
fn a_certificate_is_given_on_one_of_its_days() {
    let mut committee = Committee::found(Policy::default());
    let days = |not_before, not_after| Certificate { not_before, not_after, ..certificate(5, Role::Monitor) };
    assert!(refused(committee.admit(1, days(after(1), after(100)))));
    assert!(refused(committee.admit(1, days(after(-100), START))));
    committee.admit(1, days(after(-100), after(1))).unwrap();
    assert_eq!(committee.view.member(&id(5)).unwrap().certified, Some((after(-100), after(1))));
}

#[test]
fn where_the_policy_asks_for_two_one_person_admits_nobody_once_there_are_two() {
    let mut committee = Committee::found(two_signatures());
    // The founder is alone: there is nobody else to sign.
    assert!(!committee.view.admission_takes_two(START));
    committee.admit(1, certificate(3, Role::Officer)).unwrap();
    let monitor = certificate(5, Role::Monitor);
    assert!(committee.view.admission_takes_two(START));
    assert!(refused(committee.admit(1, monitor.clone())));
    assert!(refused(committee.admit_with(1, monitor.clone(), &[1])));
    committee.admit_with(1, monitor, &[3]).unwrap();
    // Another device of the same person is not another person.
    let second_device = Certificate { person: PersonId([1; 16]), ..certificate(2, Role::Desk) };
    committee.admit_with(1, second_device, &[3]).unwrap();
    assert!(refused(committee.admit_with(1, certificate(6, Role::Monitor), &[2])));
}

#[test]
fn a_cosignature_comes_from_a_leader_over_this_very_certificate() {
    let mut committee = Committee::usual();
    let wanted = certificate(20, Role::Monitor);
    for signer in [5, 6, 7, 8, 90] {
        assert!(refused(committee.admit_with(1, wanted.clone(), &[signer])), "device {signer}");
    }
    committee.suspend(1, 4).unwrap();
    assert!(refused(committee.admit_with(1, wanted.clone(), &[4])));
    let for_another = Cosignature::sign(&certificate(21, Role::Monitor), &committee.view.space(), id(3), &key(3));
    let elsewhere = Cosignature::sign(&wanted, &SpaceId([8; 16]), id(3), &key(3));
    for cosignature in [for_another, elsewhere] {
        let cosignatures = vec![cosignature];
        let body = LogBody::Admit { certificate: wanted.clone(), share: None, cosignatures };
        assert!(matches!(committee.write(1, body), Err(ProtocolError::BadSignature { .. })));
    }
    assert!(too_large(committee.admit_with(1, wanted.clone(), &[3; limits::MAX_COSIGNATURES + 1])));
    committee.admit_with(1, wanted, &[3]).unwrap();
    // As many as are allowed at most.
    for number in 30..30 + u8::try_from(limits::MAX_COSIGNATURES).unwrap() {
        committee.admit(1, certificate(number, Role::Officer)).unwrap();
    }
    let signers: Vec<u8> = (30..).take(limits::MAX_COSIGNATURES).collect();
    committee.admit_with(1, certificate(21, Role::Monitor), &signers).unwrap();
}

#[test]
fn whoever_suspends_everybody_else_does_not_get_to_admit_alone_for_a_month() {
    let mut committee = Committee::found(two_signatures());
    committee.admit(1, certificate(3, Role::Officer)).unwrap();
    committee.suspend(1, 3).unwrap();
    let suspension = committee.view.length() - 1;
    committee.now = after(limits::SUSPENSION_COUNTS_MS - 1);
    let month = Certificate {
        not_before: after(1),
        not_after: after(limits::MAX_CERTIFICATE_MS),
        ..certificate(5, Role::Monitor)
    };
    assert!(refused(committee.admit(1, month.clone())));
    committee.now = after(limits::SUSPENSION_COUNTS_MS);
    // Whoever keeps a clock of its own is told what to check.
    let body = |certificate| LogBody::Admit { certificate, share: None, cosignatures: vec![] };
    let entry = committee.entry(1, body(month.clone()));
    assert_eq!(committee.view.rests_on_time(&entry), [(suspension, limits::SUSPENSION_COUNTS_MS)]);
    committee.admit(1, month).unwrap();
    let usual = Committee::usual();
    let entry = usual.entry(1, body(certificate(20, Role::Monitor)));
    assert_eq!(usual.view.rests_on_time(&entry), []);
}

#[test]
fn only_a_desk_admits_a_desk_and_only_a_desk_gets_the_epoch() {
    let mut committee = Committee::usual();
    assert!(refused(committee.admit(3, certificate(20, Role::Desk))));
    let mut with = |role, share, author| {
        let body = LogBody::Admit { certificate: certificate(20, role), share, cosignatures: vec![] };
        committee.write(author, body)
    };
    assert!(refused(with(Role::Monitor, Some(share(20)), 1)));
    assert!(refused(with(Role::Monitor, Some(share(21)), 1)));
    assert!(refused(with(Role::Desk, Some(share(21)), 1)));
    assert!(refused(with(Role::Desk, None, 1)));
    with(Role::Desk, Some(share(20)), 1).unwrap();
}

#[test]
fn a_desk_is_not_on_probation_and_details_have_a_limit_and_an_epoch_that_began() {
    let mut committee = Committee::usual();
    assert!(refused(committee.admit(1, Certificate { probation: true, ..certificate(20, Role::Desk) })));
    assert!(refused(committee.admit(1, Certificate { epoch: 1, ..certificate(20, Role::Monitor) })));
    let details = |length| Certificate { sealed_details: vec![0; length].into(), ..certificate(20, Role::Monitor) };
    assert!(too_large(committee.admit(1, details(limits::MAX_SEALED_DETAILS_BYTES + 1))));
    committee.admit(1, details(limits::MAX_SEALED_DETAILS_BYTES)).unwrap();
}

#[test]
fn a_name_or_a_key_is_used_once_for_ever() {
    let mut committee = Committee::usual();
    let motion = committee.moves(1, crate::committee::removal_of(5)).unwrap();
    committee.second(3, motion).unwrap();
    committee.remove(1, 5, motion).unwrap();
    let new = certificate(20, Role::Monitor);
    assert!(refused(committee.admit(1, certificate(5, Role::Monitor))));
    assert!(refused(committee.admit(1, Certificate { signing_key: key(5).public(), ..new.clone() })));
    assert!(refused(committee.admit(1, Certificate { sealing_key: SealingPublicKey([6; 32]), ..new.clone() })));
    committee.admit(1, new).unwrap();
}

#[test]
fn a_space_with_a_policy_takes_no_entry_of_the_first_days() {
    let mut committee = Committee::usual();
    let member = NewMember {
        device: id(20),
        signing_key: key(20).public(),
        sealing_key: SealingPublicKey([20; 32]),
        role: Role::Volunteer,
        install_generation: 1,
        sealed_name: vec![].into(),
    };
    assert!(refused(committee.write(1, LogBody::Add { member, share: None })));
    let rotation = committee.rotation(Some(5));
    let removal = LogBody::RemoveAndRotate {
        device: id(5),
        last_counter: 0,
        last_hash: vigil_protocol::Hash::NONE,
        epoch_key: rotation.epoch_key,
        shares: rotation.shares,
        previous_encapsulated: rotation.previous_encapsulated,
        previous_sealed: rotation.previous_sealed,
    };
    assert!(refused(committee.write(1, removal)));
    let again = committee.log[0].body.clone();
    assert!(refused(committee.write(1, again)));
}

#[test]
fn a_policy_is_within_its_bounds() {
    let good = Policy::default();
    let found = |policy| Membership::from_genesis(&founding(policy, certificate(1, Role::Desk))).is_ok();
    assert!(found(good.clone()));
    for (field, low, high) in [(0, 1, 2), (1, 2, 9), (2, 2, 9), (3, 1, 90), (4, 5, 100), (5, 1, 365)] {
        let with = |number: u16| {
            let mut policy = good.clone();
            let byte = u8::try_from(number).unwrap_or(255);
            match field {
                0 => policy.admission_signatures = byte,
                1 => policy.removal_persons = byte,
                2 => policy.recovery_persons = byte,
                3 => policy.lease_days = number,
                4 => policy.wipe_after = number,
                _ => policy.monitor_days = number,
            }
            found(policy)
        };
        assert!(with(low) && with(high), "field {field}");
        assert!(!with(low - 1) && !with(high + 1), "field {field}");
    }
    assert!(found(Policy { wipe_after: 0, ..good }));
}

#[test]
fn the_founder_is_a_desk_that_signs_for_itself() {
    let monitor = founding(Policy::default(), certificate(1, Role::Monitor));
    let for_another = founding(Policy::default(), certificate(2, Role::Desk));
    for entry in [monitor, for_another] {
        assert!(refused(Membership::from_genesis(&entry)));
    }
    let mut changed = founding(Policy::default(), certificate(1, Role::Desk));
    changed.time = after(1);
    assert!(matches!(Membership::from_genesis(&changed), Err(ProtocolError::BadSignature { .. })));
}

#[test]
fn a_renewal_changes_dates_and_details_and_gives_nothing() {
    let mut committee = Committee::usual();
    committee.now = after(1000);
    let renewed = Certificate {
        not_before: after(1000),
        not_after: after(1000 + limits::MAX_CERTIFICATE_MS),
        sealed_details: vec![1; 9].into(),
        ..certificate(5, Role::Monitor)
    };
    for other in [
        Certificate { person: PersonId([1; 16]), ..renewed.clone() },
        Certificate { signing_key: key(60).public(), ..renewed.clone() },
        Certificate { sealing_key: SealingPublicKey([60; 32]), ..renewed.clone() },
        Certificate { install_generation: 2, ..renewed.clone() },
        Certificate { probation: true, ..renewed.clone() },
        Certificate { role: Role::Officer, ..renewed.clone() },
        Certificate { role: Role::Auditor, ..renewed.clone() },
        Certificate { not_after: after(1001 + limits::MAX_CERTIFICATE_MS), ..renewed.clone() },
        Certificate { epoch: 1, ..renewed.clone() },
        Certificate { device: id(60), ..renewed.clone() },
        Certificate { role: Role::Monitor, ..certificate(7, Role::Auditor) },
        Certificate { probation: false, ..certificate(8, Role::Officer) },
    ] {
        assert!(refused(committee.renew(1, other)));
    }
    committee.renew(3, renewed.clone()).unwrap();
    let member = committee.view.member(&id(5)).unwrap();
    assert_eq!(member.certified, Some((renewed.not_before, renewed.not_after)));
    assert_eq!(member.sealed_details, [1; 9]);
    committee.renew(3, Certificate { sealed_details: vec![].into(), ..renewed }).unwrap();
    assert_eq!(committee.view.member(&id(5)).unwrap().sealed_details, [1; 9]);
    committee.suspend(1, 5).unwrap();
    assert!(refused(committee.renew(3, certificate(5, Role::Monitor))));
}

#[test]
fn a_lower_role_takes_effect_on_what_the_device_reads() {
    let mut committee = Committee::usual();
    let record = vigil_protocol::RecordId([5; 16]);
    let officers = vec![id(2), id(3)];
    committee.write(1, LogBody::Assign { record, officers: officers.clone() }).unwrap();
    committee.write(1, LogBody::Intake { officers }).unwrap();
    let before = committee.view.length();
    committee.renew(1, certificate(2, Role::Desk)).unwrap();
    assert!(committee.view.key_still_serves(&record, before), "the same role ends nothing");
    committee.renew(1, certificate(3, Role::Monitor)).unwrap();
    let lowered = committee.view.length();
    assert!(
        !committee.view.key_still_serves(&record, lowered - 1) && committee.view.key_still_serves(&record, lowered)
    );
    assert_eq!(committee.view.assigned(&record), Some([id(2), id(3)].as_slice()), "a monitor may be assigned");
    assert_eq!(committee.view.intake(), [id(2)]);
    committee.renew(1, certificate(2, Role::Volunteer)).unwrap();
    assert_eq!(committee.view.assigned(&record), Some([id(3)].as_slice()));
    assert!(committee.view.epoch_is_exposed(), "it holds the epoch's key and is no desk any more");
}

#[test]
fn nobody_renews_herself_while_another_leads() {
    let mut committee = Committee::usual();
    assert!(refused(committee.renew(3, certificate(3, Role::Officer))));
    committee.renew(4, certificate(3, Role::Officer)).unwrap();
    let mut alone = Committee::found(Policy::default());
    alone.renew(1, certificate(1, Role::Desk)).unwrap();
}

#[test]
fn an_ended_certificate_writes_nothing_and_when_all_have_ended_somebody_can_begin_again() {
    let mut committee = Committee::usual();
    committee.now = after(limits::MAX_CERTIFICATE_MS - 1);
    let fresh = |number, role, from: i64| Certificate {
        not_before: after(from),
        not_after: after(from + limits::MAX_CERTIFICATE_MS),
        ..certificate(number, role)
    };
    committee.renew(1, fresh(3, Role::Officer, limits::MAX_CERTIFICATE_MS - 1)).unwrap();
    committee.now = after(limits::MAX_CERTIFICATE_MS);
    let intake = || LogBody::Intake { officers: vec![] };
    assert!(refused(committee.write(1, intake())));
    committee.write(3, intake()).unwrap();
    let end = limits::MAX_CERTIFICATE_MS;
    assert!(refused(committee.renew(1, fresh(1, Role::Desk, end))), "another leads: she renews");
    committee.renew(3, fresh(1, Role::Desk, end)).unwrap();
    committee.write(1, intake()).unwrap();

    let mut forgotten = Committee::found(two_signatures());
    forgotten.admit(1, certificate(3, Role::Officer)).unwrap();
    forgotten.now = after(end);
    assert!(refused(forgotten.write(1, intake())));
    assert!(refused(forgotten.renew(1, fresh(1, Role::Desk, end))), "the policy still asks for two");
    forgotten.renew_with(1, fresh(1, Role::Desk, end), &[3]).unwrap();
    forgotten.write(1, intake()).unwrap();
}
