//! Every kind of entry by every kind of author: who may write it, and that nobody else may.

use crate::committee::{Committee, after, certificate, id, key, refused, removal_of, share};
use vigil_protocol::{
    Certificate, Cosignature, Hash, LastBatch, LogBody, Motion, RecordId, RecoveryShare, Role, SealingPublicKey,
};

/// A committee in which each of [`AUTHORS`] is in the state that its name says, and motions wait.
struct Scene {
    committee: Committee,
    erasure: Hash,
    open: Hash,
    removal: Hash,
    raise: Hash,
}

/// Authors with their states, and whether they lead.
const AUTHORS: [(u8, &str, bool); 10] = [
    (2, "a desk", true),
    (3, "an officer", true),
    (5, "a monitor", false),
    (6, "a volunteer", false),
    (7, "an auditor", false),
    (8, "an officer on probation", false),
    (30, "a suspended officer", false),
    (31, "a removed officer", false),
    (32, "an officer whose certificate has ended", false),
    (90, "a stranger", false),
];

fn scene() -> Scene {
    let mut committee = Committee::usual();
    for number in [30, 31] {
        committee.admit(1, certificate(number, Role::Officer)).unwrap();
    }
    committee.admit(1, Certificate { not_after: after(10), ..certificate(32, Role::Officer) }).unwrap();
    committee.suspend(1, 30).unwrap();
    let motion = committee.moves(1, removal_of(31)).unwrap();
    committee.second(4, motion).unwrap();
    committee.remove(1, 31, motion).unwrap();
    committee.now = after(10);
    let mut carried = |motion| {
        let hash = committee.moves(1, motion).unwrap();
        committee.second(2, hash).unwrap();
        hash
    };
    let erasure = carried(Motion::EraseCase { record: RecordId([1; 16]) });
    let removal = carried(removal_of(5));
    let raise = carried(Motion::Raise { device: id(4), role: Role::Desk });
    let open = committee.moves(1, Motion::EraseCase { record: RecordId([2; 16]) }).unwrap();
    // Desk 2 was shared the epoch that the removal began; a recovered desk waits for shares.
    let recover = committee.moves(1, Motion::Recover { certificate: certificate(40, Role::Desk) }).unwrap();
    committee.second(4, recover).unwrap();
    committee.carry_out(1, recover).unwrap();
    let holder = |number| RecoveryShare {
        device: id(number),
        encapsulated: SealingPublicKey([0; 32]),
        sealed: vec![0; 8].into(),
    };
    let deal = LogBody::RecoveryShares { threshold: 2, shares: vec![holder(2), holder(3)] };
    committee.write(1, deal).unwrap();
    Scene { committee, erasure, open, removal, raise }
}

/// Entries that are right in the scene, and whether an officer may write them as well as a desk.
fn bodies(scene: &Scene) -> Vec<(&'static str, LogBody, bool)> {
    let committee = &scene.committee;
    let record = RecordId([7; 16]);
    let admit = |role, share| LogBody::Admit { certificate: certificate(50, role), share, cosignatures: vec![] };
    let cosigned = certificate(50, Role::Monitor);
    let cosignatures = vec![Cosignature::sign(&cosigned, &committee.view.space(), id(4), &key(4))];
    let suspend = |rotation| LogBody::Suspend { device: id(5), last: Some(LastBatch::NONE), rotation };
    let removal = Some(vigil_protocol::Removal { motion: scene.removal, last: LastBatch::NONE });
    let holder = |number| RecoveryShare {
        device: id(number),
        encapsulated: SealingPublicKey([0; 32]),
        sealed: vec![0; 8].into(),
    };
    let given =
        LogBody::RecoveryShareFor { desk: id(40), encapsulated: SealingPublicKey([0; 32]), sealed: vec![0; 8].into() };
    vec![
        ("assign", LogBody::Assign { record, officers: vec![id(4)] }, true),
        ("intake", LogBody::Intake { officers: vec![id(4)] }, true),
        ("admit", admit(Role::Monitor, None), true),
        ("admit with two", LogBody::Admit { certificate: cosigned, share: None, cosignatures }, true),
        ("admit a desk", admit(Role::Desk, Some(share(50))), false),
        ("renew", LogBody::Renew { certificate: certificate(4, Role::Officer), cosignatures: vec![] }, true),
        ("suspend", suspend(None), true),
        ("suspend and rotate", suspend(Some(committee.rotation(Some(5)))), false),
        ("rotate", LogBody::Rotate { removal: None, rotation: committee.rotation(None) }, false),
        ("remove", LogBody::Rotate { removal, rotation: committee.rotation(Some(5)) }, false),
        ("move", LogBody::Move { motion: Motion::EraseCase { record } }, true),
        ("second", LogBody::Second { motion: scene.open }, true),
        ("object", LogBody::Object { motion: scene.open }, true),
        ("carry out", LogBody::CarryOut { motion: scene.erasure, share: None }, true),
        ("raise to desk", LogBody::CarryOut { motion: scene.raise, share: Some(share(4)) }, false),
        ("hand over", LogBody::HandOverCases { from: id(3), to: id(4), records: vec![record] }, true),
        ("deal", LogBody::RecoveryShares { threshold: 2, shares: vec![holder(2), holder(3)] }, false),
        ("give a share", given, true),
        ("replace", LogBody::Replace { record, by: RecordId([8; 16]), officers: vec![id(4)] }, true),
    ]
}

#[test]
fn each_kind_of_entry_is_written_by_those_who_may_and_by_nobody_else() {
    let count = bodies(&scene()).len();
    for kind in 0..count {
        for (author, who, leads) in AUTHORS {
            let mut scene = scene();
            let (what, body, officers_too) = bodies(&scene).remove(kind);
            let result = scene.committee.write(author, body);
            let may = leads && (officers_too || author == 2);
            assert_eq!(result.is_ok(), may, "{who}: {what}: {result:?}");
            assert!(may || refused(result), "{who}: {what}");
        }
    }
}

#[test]
fn an_entry_signed_by_another_or_out_of_place_is_refused() {
    let scene = scene();
    let view = &scene.committee.view;
    for (what, body, _) in bodies(&scene) {
        let good = scene.committee.entry(2, body);
        let mut appended = view.clone();
        appended.append(&good).unwrap();
        let mut changes = vec![good.clone(), good.clone(), good.clone(), good.clone(), good.clone()];
        changes[0].signature = key(4).sign(vigil_protocol::Purpose::LogEntry, &good.hash());
        changes[1].time = after(11);
        changes[2].index += 1;
        changes[3].previous = Hash([1; 32]);
        changes[4].suite = 2;
        for changed in changes {
            let mut after = view.clone();
            assert!(after.append(&changed).is_err(), "{what}");
            assert_eq!(&after, view);
        }
    }
}
