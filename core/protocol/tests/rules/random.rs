//! Random sequences of entries, right and wrong: no panic, nothing half-applied, and what must hold holds in every view.

use crate::committee::{Committee, after, certificate, id, share};
use proptest::prelude::*;
use std::collections::BTreeSet;
use vigil_protocol::{
    Certificate, Cosignature, Hash, LastBatch, LogBody, Membership, Motion, MotionState, PersonId, Policy, RecordId,
    RecoveryShare, Removal, Role, SealingPublicKey, Timestamp, limits,
};

/// What somebody tries.
#[derive(Clone, Debug)]
struct Attempt {
    author: u8,
    device: u8,
    kind: u8,
    choice: u8,
    hours: u16,
}

fn attempts() -> impl Strategy<Value = Vec<Attempt>> {
    let attempt = (1u8..13, 1u8..13, 0u8..18, any::<u8>(), 0u16..100)
        .prop_map(|(author, device, kind, choice, hours)| Attempt { author, device, kind, choice, hours });
    prop::collection::vec(attempt, 1..40)
}

const ROLES: [Role; 5] = [Role::Volunteer, Role::Monitor, Role::Officer, Role::Desk, Role::Auditor];

fn body(committee: &Committee, attempt: &Attempt) -> LogBody {
    let Attempt { author, device, kind, choice, .. } = *attempt;
    let role = ROLES[usize::from(choice) % ROLES.len()];
    let named = id(device);
    let motions = committee.view.motions();
    let motion = motions.get(usize::from(choice) % motions.len().max(1)).map_or(Hash([1; 32]), |record| record.hash);
    let newcomer = Certificate {
        person: PersonId([1 + choice % 6; 16]),
        probation: choice.is_multiple_of(7),
        not_before: committee.now,
        not_after: Timestamp(committee.now.0 + limits::MAX_CERTIFICATE_MS),
        ..certificate(device, role)
    };
    let record = RecordId([choice % 4; 16]);
    let target = match committee.view.motion(&motion).map(|record| &record.motion) {
        Some(Motion::Remove { device }) => Some(device.0[0]),
        _ => None,
    };
    let lapse = committee.view.member(&id(target.unwrap_or(device))).and_then(|member| member.suspended);
    let last = lapse.and_then(|lapse| lapse.last).unwrap_or(LastBatch::NONE);
    let for_desk = (role == Role::Desk).then(|| share(device));
    match kind {
        0 | 1 => LogBody::Admit { certificate: newcomer, share: for_desk, cosignatures: vec![] },
        2 => {
            let member = committee.view.member(&named);
            let certificate = member.map_or(newcomer.clone(), |member| Certificate {
                person: member.person,
                probation: member.probation,
                role: if choice < 200 { member.role } else { role },
                ..newcomer
            });
            let signer = 1 + choice % 12;
            let key = crate::committee::key(signer);
            let cosignatures = vec![Cosignature::sign(&certificate, &committee.view.space(), id(signer), &key)];
            LogBody::Renew { certificate, cosignatures: if choice.is_multiple_of(2) { vec![] } else { cosignatures } }
        }
        3 => LogBody::Suspend { device: named, last: Some(LastBatch::NONE), rotation: None },
        4 => LogBody::Suspend {
            device: named,
            last: Some(LastBatch { counter: 3, hash: Hash([3; 32]) }),
            rotation: Some(committee.rotation(Some(device))),
        },
        5 => LogBody::Rotate { removal: None, rotation: committee.rotation(None) },
        6 => LogBody::Rotate {
            removal: Some(Removal { motion, last }),
            rotation: committee.rotation(target.or(Some(device))),
        },
        7 => LogBody::Move { motion: Motion::Remove { device: named } },
        8 => LogBody::Move { motion: Motion::Raise { device: named, role } },
        9 => LogBody::Move {
            motion: match choice % 4 {
                0 => Motion::EndProbation { device: named },
                1 => Motion::Reinstate { device: named },
                2 => Motion::EraseCase { record },
                _ => Motion::ChangePolicy {
                    policy: Policy {
                        admission_signatures: 1 + author % 2,
                        removal_persons: 2 + device % 2,
                        ..Policy::default()
                    },
                },
            },
        },
        10 => LogBody::Move { motion: Motion::Recover { certificate: Certificate { role: Role::Desk, ..newcomer } } },
        11 | 12 => LogBody::Second { motion },
        13 => LogBody::Object { motion },
        14 => LogBody::CarryOut {
            motion,
            share: match committee.view.motion(&motion).map(|record| &record.motion) {
                Some(Motion::Raise { device, role: Role::Desk }) => Some(share(device.0[0])),
                _ => None,
            },
        },
        15 => LogBody::Assign { record, officers: vec![named] },
        16 => LogBody::HandOverCases { from: named, to: id(1 + choice % 12), records: vec![record] },
        _ => {
            let holder = |number| RecoveryShare {
                device: id(number),
                encapsulated: SealingPublicKey([0; 32]),
                sealed: vec![0; 8].into(),
            };
            LogBody::RecoveryShares { threshold: 2, shares: vec![holder(1 + choice % 12), holder(device)] }
        }
    }
}

/// What must hold in every view.
fn check(view: &Membership, now: Timestamp) -> Result<(), TestCaseError> {
    for record in view.motions() {
        let seats = view.seats(record, now);
        let devices: BTreeSet<_> = seats.values().collect();
        prop_assert_eq!(devices.len(), seats.len(), "one device, one seat");
        for (person, device) in &seats {
            let member = view.active_member(device);
            prop_assert!(
                member.is_some_and(|member| member.leads(now) && !member.probation && member.person == *person)
            );
            prop_assert!(record.backers.contains(device));
        }
        if view.motion_state(&record.hash, now) == Some(MotionState::Carried) {
            prop_assert!(
                seats.len() >= view.persons_needed(&record.motion)
                    || (!seats.is_empty()
                        && record.objectors.is_empty()
                        && now.0 - record.time.0 >= limits::OBJECTION_MS)
            );
        }
    }
    let named = view.intake().iter().chain((0..4).filter_map(|n| view.assigned(&RecordId([n; 16]))).flatten());
    for device in named {
        prop_assert!(view.member(device).is_some_and(vigil_protocol::Member::may_be_assigned));
    }
    for member in view.active_members() {
        prop_assert!(!(member.probation && member.role == Role::Desk));
        let (begin, end) = member.certified.unwrap();
        prop_assert!(end.0 - begin.0 <= limits::MAX_CERTIFICATE_MS);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_tried_the_rules_hold_and_the_log_alone_gives_the_view(attempts in attempts()) {
        let mut committee = Committee::found(Policy::default());
        for (number, role) in [(2, Role::Desk), (3, Role::Officer), (4, Role::Officer), (5, Role::Monitor)] {
            committee.admit(1, certificate(number, role)).unwrap();
        }
        let mut hours = 0;
        for attempt in &attempts {
            hours += i64::from(attempt.hours);
            committee.now = after(hours * crate::committee::HOUR / 2);
            let before = committee.view.clone();
            let entry = committee.entry(attempt.author, body(&committee, attempt));
            let done = committee.write(attempt.author, entry.body.clone());
            if done.is_ok() {
                let author = before.active_member(&entry.author).unwrap();
                prop_assert!(author.role.leads() && !author.probation);
                // A motion is carried out when it was carried, and once.
                if let LogBody::CarryOut { motion, .. } = entry.body {
                    prop_assert!(before.is_carried(&motion, committee.now));
                    prop_assert!(!committee.view.is_carried(&motion, committee.now));
                }
            }
            check(&committee.view, committee.now)?;
        }
        prop_assert_eq!(Membership::from_log(&committee.log), Ok(committee.view));
    }
}
