//! Frozen bytes: every structure that is signed or sent, made from fixed keys, as other implementations must make it.
//! `VIGIL_BLESS=1 cargo test -p vigil-protocol` writes them anew; a change here is a change of the protocol.
#![allow(clippy::unwrap_used, missing_docs)]

use serde_json::{Map, Value, json};
use vigil_protocol::{
    Answer, Batch, BatchHeader, BatchOutcome, Capsule, Certificate, Chain, Cosignature, DeviceId, ENROLMENT_VERSION,
    EpochShare, ExpandedBatch, FirstCode, HardwareClaim, Hash, Incarnation, Item, JoinRequest, KeyCommitment,
    KeyReference, KnownDevice, KnownEpoch, LastBatch, LogBody, LogEntry, Membership, Motion, NewMember, Nonce,
    PersonId, Policy, PulledItem, PushedBatch, Receipt, Recipient, RecordId, RecoveryShare, RefusalCode, Removal, Role,
    Rotation, SUITE, Salt, SealedKey, SealingPublicKey, SecondCode, SequenceRanges, ServerCard, ServerReference,
    Signature, SigningKey, SpaceId, SyncRequest, SyncResponse, Timestamp, Welcome, canonical,
};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/vectors/wire-1.json");

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn key(number: u8) -> SigningKey {
    SigningKey::from_seed(&[number; 32]).unwrap()
}

fn member(number: u8, role: Role) -> NewMember {
    NewMember {
        device: DeviceId([number; 16]),
        signing_key: key(number).public(),
        sealing_key: SealingPublicKey([number; 32]),
        role,
        install_generation: 1,
        sealed_name: vec![number; 5].into(),
    }
}

const ENTRY_NAMES: [&str; 21] = [
    "found",
    "admit",
    "renew",
    "suspend",
    "suspend_and_rotate",
    "rotate",
    "move_remove",
    "move_raise",
    "move_end_probation",
    "move_reinstate",
    "move_erase_case",
    "move_export",
    "move_recover",
    "move_change_policy",
    "second",
    "object",
    "carry_out",
    "carry_out_with_share",
    "hand_over_cases",
    "recovery_shares",
    "recovery_share_for",
];

/// One entry of each kind, whatever the rules say: they pin the bytes.
fn entries_of_a_space_with_a_policy(genesis: &LogEntry) -> Vec<LogEntry> {
    let (desk, time) = (key(1), Timestamp(1_795_000_000_000));
    let certificate = |number: u8, role| Certificate {
        device: DeviceId([number; 16]),
        person: PersonId([number + 100; 16]),
        signing_key: key(number).public(),
        sealing_key: SealingPublicKey([number; 32]),
        install_generation: 1,
        role,
        probation: number == 2,
        not_before: time,
        not_after: Timestamp(time.0 + 7_776_000_000),
        epoch: 0,
        sealed_details: vec![number; 5].into(),
    };
    let share =
        EpochShare { device: DeviceId([1; 16]), encapsulated: SealingPublicKey([4; 32]), sealed: [5; 48].into() };
    let rotation = Rotation {
        epoch_key: SealingPublicKey([10; 32]),
        shares: vec![share.clone()],
        previous_encapsulated: SealingPublicKey([11; 32]),
        previous_sealed: [12; 48].into(),
        recovery_encapsulated: SealingPublicKey([26; 32]),
        recovery_sealed: [27; 48].into(),
    };
    let (device, record, motion) = (DeviceId([2; 16]), RecordId([8; 16]), Hash([28; 32]));
    let monitor = certificate(2, Role::Monitor);
    let cosignatures = vec![Cosignature::sign(&monitor, &SpaceId([9; 16]), DeviceId([3; 16]), &key(3))];
    let moves = |motion| LogBody::Move { motion };
    let (encapsulated, sealed) = (SealingPublicKey([29; 32]), vec![30; 6]);
    let bodies = vec![
        LogBody::Found {
            founder: certificate(1, Role::Desk),
            epoch_key: SealingPublicKey([6; 32]),
            recovery_key: SealingPublicKey([7; 32]),
            share: share.clone(),
            recovery_encapsulated: SealingPublicKey([26; 32]),
            recovery_sealed: [27; 48].into(),
            policy: Policy::default(),
        },
        LogBody::Admit { certificate: monitor.clone(), share: None, cosignatures },
        LogBody::Renew { certificate: monitor, cosignatures: vec![] },
        LogBody::Suspend { device, last: Some(LastBatch { counter: 2, hash: Hash([3; 32]) }), rotation: None },
        LogBody::Suspend { device, last: None, rotation: Some(rotation.clone()) },
        LogBody::Rotate {
            removal: Some(Removal { motion, last: LastBatch { counter: 2, hash: Hash([3; 32]) } }),
            rotation,
        },
        moves(Motion::Remove { device }),
        moves(Motion::Raise { device, role: Role::Officer }),
        moves(Motion::EndProbation { device }),
        moves(Motion::Reinstate { device }),
        moves(Motion::EraseCase { record }),
        moves(Motion::Export { to: SealingPublicKey([31; 32]) }),
        moves(Motion::Recover { certificate: certificate(4, Role::Desk) }),
        moves(Motion::ChangePolicy { policy: Policy { admission_signatures: 2, ..Policy::default() } }),
        LogBody::Second { motion },
        LogBody::Object { motion },
        LogBody::CarryOut { motion, share: None },
        LogBody::CarryOut { motion, share: Some(share) },
        LogBody::HandOverCases { from: device, to: DeviceId([3; 16]), records: vec![record] },
        LogBody::RecoveryShares {
            threshold: 2,
            shares: vec![RecoveryShare { device, encapsulated, sealed: sealed.clone().into() }],
        },
        LogBody::RecoveryShareFor { desk: device, encapsulated, sealed: sealed.into() },
        LogBody::Replace { record, by: RecordId([32; 16]), officers: vec![device] },
    ];
    let entry = |(index, body): (u64, LogBody)| {
        let at = if index == 0 { (0, Hash::NONE) } else { (index, genesis.hash()) };
        LogEntry::sign(SpaceId([9; 16]), at, time, DeviceId([1; 16]), body, &desk)
    };
    (0u64..).zip(bodies).map(entry).collect()
}

/// The two codes of an enrolment.
fn enrolment(space: SpaceId, genesis: &LogEntry) -> [(&'static str, Vec<u8>); 2] {
    let who = (DeviceId([2; 16]), SealingPublicKey([2; 32]), 1);
    let first = FirstCode::sign(who, Nonce([32; 16]), HardwareClaim::StrongBox, &key(2));
    let time = Timestamp(1_795_000_000_000);
    let certificate = Certificate {
        device: first.device,
        person: PersonId([102; 16]),
        signing_key: first.signing_key,
        sealing_key: first.sealing_key,
        install_generation: 1,
        role: Role::Monitor,
        probation: true,
        not_before: time,
        not_after: Timestamp(time.0 + 7_776_000_000),
        epoch: 0,
        sealed_details: vec![2; 5].into(),
    };
    let desk = DeviceId([1; 16]);
    let card = ServerCard {
        url: "https://sync.example.org".into(),
        identity: key(3).public(),
        authorities: vec!["CA".into()],
    };
    let second = SecondCode {
        version: ENROLMENT_VERSION,
        space,
        nonce: first.nonce,
        signed_by: vec![Cosignature::sign(&certificate, &space, desk, &key(1))],
        certificate,
        genesis: genesis.hash(),
        log_length: 3,
        log_head: Hash([33; 32]),
        epoch: KnownEpoch { number: 1, key: SealingPublicKey([34; 32]), exposed: false },
        recovery_key: SealingPublicKey([7; 32]),
        devices: vec![KnownDevice {
            device: desk,
            signing_key: key(1).public(),
            sealing_key: SealingPublicKey([1; 32]),
            role: Role::Desk,
            on_duty: true,
        }],
        server: ServerReference::Card(card),
        policy: Some(Policy::default()),
        officer: desk,
        signature: Signature([0; 64]),
    };
    let second = second.sign(&key(1)).to_bytes();
    SecondCode::from_bytes(&second).unwrap();
    [("first_code", first.to_bytes()), ("second_code", second)]
}

fn vectors() -> Map<String, Value> {
    let mut vectors = Map::new();
    let (desk, monitor, server) = (key(1), key(2), key(3));
    let space = SpaceId([9; 16]);
    let share =
        EpochShare { device: DeviceId([1; 16]), encapsulated: SealingPublicKey([4; 32]), sealed: [5; 48].into() };
    let genesis_body = LogBody::Genesis {
        founder: member(1, Role::Desk),
        epoch_key: SealingPublicKey([6; 32]),
        recovery_key: SealingPublicKey([7; 32]),
        share: share.clone(),
    };
    let time = Timestamp(1_795_000_000_000);
    let genesis = LogEntry::sign(space, (0, Hash::NONE), time, DeviceId([1; 16]), genesis_body, &desk);
    let add = LogEntry::sign(
        space,
        (1, genesis.hash()),
        time,
        DeviceId([1; 16]),
        LogBody::Add { member: member(2, Role::Monitor), share: None },
        &desk,
    );
    let intake_body = LogBody::Intake { officers: vec![DeviceId([1; 16])] };
    let intake = LogEntry::sign(space, (2, add.hash()), time, DeviceId([1; 16]), intake_body, &desk);
    let assign_body = LogBody::Assign { record: RecordId([8; 16]), officers: vec![DeviceId([2; 16])] };
    let assign = LogEntry::sign(space, (3, intake.hash()), time, DeviceId([1; 16]), assign_body, &desk);
    let remove_body = LogBody::RemoveAndRotate {
        device: DeviceId([2; 16]),
        last_counter: 2,
        last_hash: Hash([3; 32]),
        epoch_key: SealingPublicKey([10; 32]),
        shares: vec![share],
        previous_encapsulated: SealingPublicKey([11; 32]),
        previous_sealed: [12; 48].into(),
    };
    let remove = LogEntry::sign(space, (4, assign.hash()), time, DeviceId([1; 16]), remove_body, &desk);
    let log = [&genesis, &add, &intake, &assign, &remove];
    for (name, entry) in ["genesis", "add", "intake", "assign", "remove_and_rotate"].into_iter().zip(log) {
        let entry = json!({ "entry": hex(&entry.to_bytes()), "hash": entry.hash().to_string() });
        vectors.insert(format!("log.{name}"), entry);
    }
    for (name, entry) in ENTRY_NAMES.into_iter().zip(entries_of_a_space_with_a_policy(&genesis)) {
        let entry = json!({ "entry": hex(&entry.to_bytes()), "hash": entry.hash().to_string() });
        vectors.insert(format!("log.{name}"), entry);
    }
    let membership = Membership::from_log([&genesis, &add, &intake, &assign]).unwrap();
    let capsule = Capsule {
        record: RecordId([8; 16]),
        commitment: KeyCommitment([13; 32]),
        sealed: vec![
            SealedKey { to: Recipient::Epoch(0), encapsulated: SealingPublicKey([14; 32]), sealed: [15; 48].into() },
            SealedKey { to: Recipient::Recovery, encapsulated: SealingPublicKey([16; 32]), sealed: [17; 48].into() },
            SealedKey {
                to: Recipient::Device(DeviceId([1; 16])),
                encapsulated: SealingPublicKey([18; 32]),
                sealed: [19; 48].into(),
            },
        ],
    };
    let items = vec![
        Item::Write(KeyReference::New(capsule.clone()), vec![20; 128].into()),
        Item::Write(KeyReference::Known(capsule.commitment), vec![21; 128].into()),
        Item::Grant(capsule.clone()),
        Item::Tombstone(RecordId([22; 16])),
    ];
    for (name, item) in ["write_new", "write_known", "grant", "tombstone"].into_iter().zip(&items) {
        let item = json!({ "item": hex(&canonical::encode(item)), "hash": item.hash().to_string() });
        vectors.insert(format!("item.{name}"), item);
    }
    let mut taken_in = SequenceRanges::new();
    taken_in.insert(1, 3);
    let (device, hash) = (DeviceId([2; 16]), Hash([26; 32]));
    let receipts = [
        ("receipt_batch", Receipt::Batch { device, counter: 2, hash, items: taken_in, time }),
        ("receipt_erased", Receipt::Erased { record: RecordId([22; 16]) }),
    ];
    for (name, receipt) in receipts {
        let item = Item::Receipt(receipt);
        let item = json!({ "item": hex(&canonical::encode(&item)), "hash": item.hash().to_string() });
        vectors.insert(format!("item.{name}"), item);
    }
    let header = |chain| BatchHeader {
        suite: SUITE,
        space,
        device: DeviceId([2; 16]),
        chain,
        log_length: 4,
        log_head: assign.hash(),
        salt: Salt([23; 16]),
        seen_root: None,
        items: Vec::new(),
    };
    let chain = Chain::Sync { counter: 2, previous: Hash([24; 32]) };
    let batch = Batch::sign(header(chain), items.clone(), &monitor);
    batch.verify(&membership).unwrap();
    let copy = Batch::sign(header(Chain::Copy { number: 7 }), items, &monitor);
    copy.verify(&membership).unwrap();
    for (name, batch) in [("sync", &batch), ("copy", &copy)] {
        let value = json!({ "batch": hex(&batch.to_bytes()), "hash": batch.header.hash().to_string() });
        vectors.insert(format!("batch.{name}"), value);
    }
    let known = |_: &KeyCommitment| Some(300u64);
    let mut have = SequenceRanges::new();
    have.insert(1, 299);
    let request = |push| SyncRequest {
        suite: SUITE,
        device: DeviceId([2; 16]),
        counter: 5,
        log_length: 4,
        hello: false,
        have: have.clone(),
        page_bytes: 65_536,
        batches: vec![push],
        log: Vec::new(),
    };
    let short = request(PushedBatch::from_batch(&batch, Some(&known)).unwrap());
    let body = short.to_body(&server.public(), &space, &monitor);
    SyncRequest::verify_body(&body, &server.public(), &space, &monitor.public()).unwrap();
    vectors.insert("request.short".into(), json!(hex(&body)));
    let full = request(PushedBatch::from_batch(&batch, None).unwrap());
    vectors.insert("request.full".into(), json!(hex(&full.to_body(&server.public(), &space, &monitor))));
    let stubs = batch.items.iter().map(|item| PulledItem::Stub(item.hash())).collect();
    let gone = ExpandedBatch { header: batch.header.clone(), signature: batch.signature, items: stubs };
    let gone = request(PushedBatch::in_full(gone).unwrap());
    vectors.insert("request.gone".into(), json!(hex(&gone.to_body(&server.public(), &space, &monitor))));
    let incarnation = Incarnation([25; 16]);
    let answers = [
        (
            "answer.sync",
            Answer::Sync(SyncResponse {
                incarnation: Some(incarnation),
                log: vec![assign.clone()],
                log_appended: 1,
                outcomes: vec![BatchOutcome::Stored(300), BatchOutcome::StaleEpoch],
                batches: Vec::new(),
                covered: have.clone(),
                more: true,
                time: None,
            }),
        ),
        ("answer.refused", Answer::Refused { code: RefusalCode::Replayed, counter: 9 }),
    ];
    for (name, answer) in answers {
        let bytes = answer.to_body(&body, &incarnation, &server);
        assert_eq!(Answer::from_body(&bytes, &body, &server.public(), Some(&incarnation)).unwrap(), answer);
        vectors.insert(name.into(), json!(hex(&bytes)));
    }
    let join = JoinRequest::sign(DeviceId([2; 16]), SealingPublicKey([2; 32]), 1, &monitor);
    vectors.insert("join_request".into(), json!(hex(&canonical::encode(&join))));
    for (name, bytes) in enrolment(space, &genesis) {
        vectors.insert(name.into(), json!(hex(&bytes)));
    }
    let welcome = Welcome { suite: SUITE, server: None, log: vec![genesis, add] };
    vectors.insert("welcome".into(), json!(hex(&canonical::encode(&welcome))));
    vectors
}

#[test]
fn the_bytes_on_the_wire_are_the_frozen_ones() {
    let now = Value::Object(vectors());
    if std::env::var_os("VIGIL_BLESS").is_some() {
        std::fs::write(FILE, serde_json::to_string_pretty(&now).unwrap() + "\n").unwrap();
    }
    let frozen: Value = serde_json::from_str(&std::fs::read_to_string(FILE).unwrap()).unwrap();
    assert_eq!(now, frozen);
}
