//! A small space to attack: six members with known keys, their log, and one batch with an item of every kind.

use std::sync::OnceLock;
use vigil_protocol::{
    Batch, BatchHeader, Capsule, Chain, DeviceId, EpochShare, Hash, Incarnation, Item, KeyCommitment, KeyReference,
    LogBody, LogEntry, Membership, NewMember, Receipt, Recipient, RecordId, Role, SUITE, Salt, SealedKey,
    SealingPublicKey, SequenceRanges, Signature, SigningKey, SpaceId, Timestamp,
};

/// The space.
pub const SPACE: SpaceId = SpaceId([0x5a; 16]);
/// The server's incarnation.
pub const INCARNATION: Incarnation = Incarnation([0x1c; 16]);
/// Roles of the six members; the first is the founder.
pub const ROLES: [Role; 6] = [Role::Desk, Role::Officer, Role::Monitor, Role::Volunteer, Role::Auditor, Role::Desk];

/// The device with this number.
pub fn device(number: u8) -> DeviceId {
    DeviceId([number; 16])
}

/// The signing key of the device with this number; 255 is the server's.
///
/// # Panics
/// Never: every 32 bytes are a seed.
pub fn key(number: u8) -> SigningKey {
    SigningKey::from_seed(&[number; 32]).expect("every 32 bytes are a seed")
}

/// The key of the member with this id.
pub fn key_of(id: &DeviceId) -> SigningKey {
    key(id.0[0])
}

/// What the log says of the device with this number.
pub fn new_member(number: u8, role: Role) -> NewMember {
    NewMember {
        device: device(number),
        signing_key: key(number).public(),
        sealing_key: SealingPublicKey([number; 32]),
        role,
        install_generation: 1,
        sealed_name: vec![number; 24].into(),
    }
}

/// An epoch's key for a desk; the bytes are not really sealed, since nothing here opens them.
pub fn share(number: u8) -> EpochShare {
    EpochShare { device: device(number), encapsulated: SealingPublicKey([0xe0; 32]), sealed: [0xe1; 48].into() }
}

/// The log of the space: genesis, five additions, an assignment, the intake, and one removal.
pub fn log() -> &'static [LogEntry] {
    static LOG: OnceLock<Vec<LogEntry>> = OnceLock::new();
    LOG.get_or_init(|| {
        let mut bodies = vec![LogBody::Genesis {
            founder: new_member(0, ROLES[0]),
            epoch_key: SealingPublicKey([0xa0; 32]),
            recovery_key: SealingPublicKey([0xa1; 32]),
            share: share(0),
        }];
        for (number, role) in (0u8..).zip(ROLES).skip(1) {
            let share = (role == Role::Desk).then(|| share(number));
            bodies.push(LogBody::Add { member: new_member(number, role), share });
        }
        bodies.push(LogBody::Assign { record: RecordId([7; 16]), officers: vec![device(1)] });
        bodies.push(LogBody::Intake { officers: vec![device(1), device(5)] });
        bodies.push(LogBody::RemoveAndRotate {
            device: device(3),
            last_counter: 2,
            last_hash: Hash([0xcc; 32]),
            epoch_key: SealingPublicKey([0xa2; 32]),
            shares: vec![share(0), share(5)],
            previous_encapsulated: SealingPublicKey([0xa3; 32]),
            previous_sealed: [0xa4; 48].into(),
        });
        let mut previous = Hash::NONE;
        let mut entries = Vec::new();
        for (index, body) in (0u64..).zip(bodies) {
            let time = Timestamp(1_790_000_000_000);
            let entry = LogEntry::sign(SPACE, (index, previous), time, device(0), body, &key(0));
            previous = entry.hash();
            entries.push(entry);
        }
        entries
    })
}

/// The view of [`log`].
///
/// # Panics
/// If the protocol's rules refuse the log above: it has to follow them.
pub fn membership() -> &'static Membership {
    static VIEW: OnceLock<Membership> = OnceLock::new();
    VIEW.get_or_init(|| Membership::from_log(log()).expect("the fixture's log follows the rules"))
}

/// A capsule of record 7 to an epoch, a device and the recovery key.
pub fn capsule() -> Capsule {
    let copy = |to| SealedKey { to, encapsulated: SealingPublicKey([0xb0; 32]), sealed: [0xb1; 48].into() };
    Capsule {
        record: RecordId([7; 16]),
        commitment: KeyCommitment([0xb2; 32]),
        sealed: vec![copy(Recipient::Epoch(1)), copy(Recipient::Device(device(1))), copy(Recipient::Recovery)],
    }
}

/// One item of every kind.
pub fn items() -> Vec<Item> {
    vec![
        Item::Write(KeyReference::New(capsule()), vec![1; 144].into()),
        Item::Write(KeyReference::Known(KeyCommitment([0xb2; 32])), vec![2; 144].into()),
        Item::Grant(capsule()),
        Item::Tombstone(RecordId([9; 16])),
        Item::Receipt(receipt()),
        Item::Receipt(Receipt::Erased { record: RecordId([9; 16]) }),
    ]
}

fn receipt() -> Receipt {
    let mut items = SequenceRanges::new();
    items.insert(1, 4);
    items.insert(9, 9);
    Receipt::Batch { device: device(2), counter: 3, hash: Hash([0x77; 32]), items, time: Timestamp(1_795_000_000_000) }
}

/// Signs items as the batch of a member.
pub fn batch_of(number: u8, chain: Chain, items: Vec<Item>) -> Batch {
    let header = BatchHeader {
        suite: SUITE,
        space: SPACE,
        device: device(number),
        chain,
        log_length: membership().length(),
        log_head: membership().head(),
        salt: Salt([0x5c; 16]),
        seen_root: None,
        items: Vec::new(),
    };
    Batch::sign(header, items, &key(number))
}

/// The first batch of the monitor, with one item of every kind.
pub fn batch() -> Batch {
    batch_of(2, Chain::Sync { counter: 1, previous: Hash::NONE }, items())
}

/// A signature that matches nothing.
pub const NO_SIGNATURE: Signature = Signature([0; 64]);
