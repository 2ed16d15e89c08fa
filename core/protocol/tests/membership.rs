//! What the membership log allows and refuses, and that a batch is worth its author's membership.
#![allow(clippy::unwrap_used, missing_docs)]

use vigil_protocol::{
    Batch, BatchHeader, Chain, DeviceId, EpochShare, Hash, Item, JoinRequest, LogBody, LogEntry, Membership, NewMember,
    ProtocolError, RecordId, Role, SUITE, Salt, SealingPublicKey, SigningKey, SpaceId, Timestamp, limits,
};

struct Device {
    id: DeviceId,
    key: SigningKey,
    sealing: SealingPublicKey,
}

fn device(number: u8) -> Device {
    Device {
        id: DeviceId([number; 16]),
        key: SigningKey::from_seed(&[number; 32]).unwrap(),
        sealing: SealingPublicKey([number; 32]),
    }
}

impl Device {
    fn member(&self, role: Role) -> NewMember {
        NewMember {
            device: self.id,
            signing_key: self.key.public(),
            sealing_key: self.sealing,
            role,
            install_generation: 1,
            sealed_name: Vec::new().into(),
        }
    }

    fn share(&self) -> EpochShare {
        EpochShare { device: self.id, encapsulated: SealingPublicKey([0; 32]), sealed: [0; 48].into() }
    }

    fn entry(&self, space: &Membership, body: LogBody) -> LogEntry {
        let at = (space.length(), space.head());
        LogEntry::sign(space.space(), at, Timestamp(0), self.id, body, &self.key)
    }

    fn batch(&self, space: &Membership, items: Vec<Item>) -> Batch {
        let header = BatchHeader {
            suite: SUITE,
            space: space.space(),
            device: self.id,
            chain: Chain::Sync { counter: 1, previous: Hash::NONE },
            log_length: space.length(),
            log_head: space.head(),
            salt: Salt([0; 16]),
            seen_root: None,
            items: Vec::new(),
        };
        Batch::sign(header, items, &self.key)
    }
}

fn space(desk: &Device) -> Membership {
    let body = LogBody::Genesis {
        founder: desk.member(Role::Desk),
        epoch_key: SealingPublicKey([200; 32]),
        recovery_key: SealingPublicKey([201; 32]),
        share: desk.share(),
    };
    let genesis = LogEntry::sign(SpaceId([9; 16]), (0, Hash::NONE), Timestamp(0), desk.id, body, &desk.key);
    Membership::from_genesis(&genesis).unwrap()
}

fn add(space: &mut Membership, by: &Device, who: &Device, role: Role) -> Result<(), ProtocolError> {
    let share = (role == Role::Desk).then(|| who.share());
    let entry = by.entry(space, LogBody::Add { member: who.member(role), share });
    space.append(&entry)
}

fn removal(device: &Device, epoch: u8, desks: &[&Device]) -> LogBody {
    LogBody::RemoveAndRotate {
        device: device.id,
        last_counter: 0,
        last_hash: Hash::NONE,
        epoch_key: SealingPublicKey([epoch; 32]),
        shares: desks.iter().map(|desk| desk.share()).collect(),
        previous_encapsulated: SealingPublicKey([0; 32]),
        previous_sealed: [0; 48].into(),
    }
}

fn refused(result: Result<(), ProtocolError>) -> bool {
    matches!(result, Err(ProtocolError::NotAllowed { .. }))
}

#[test]
fn volunteers_and_monitors_change_nothing_in_the_log() {
    let (desk, volunteer, monitor, other) = (device(1), device(2), device(3), device(4));
    let mut space = space(&desk);
    add(&mut space, &desk, &volunteer, Role::Volunteer).unwrap();
    add(&mut space, &desk, &monitor, Role::Monitor).unwrap();
    for member in [&volunteer, &monitor] {
        assert!(refused(add(&mut space, member, &other, Role::Volunteer)));
        let body = LogBody::Intake { officers: vec![member.id] };
        let entry = member.entry(&space, body);
        assert!(refused(space.append(&entry)));
    }
    assert_eq!(space.length(), 3);
}

#[test]
fn only_a_desk_adds_a_desk_and_only_a_desk_gets_the_epoch() {
    let (desk, officer, second) = (device(1), device(2), device(3));
    let mut space = space(&desk);
    add(&mut space, &desk, &officer, Role::Officer).unwrap();
    assert!(refused(add(&mut space, &officer, &second, Role::Desk)));
    let sneaky = LogBody::Add { member: second.member(Role::Monitor), share: Some(second.share()) };
    let entry = desk.entry(&space, sneaky);
    assert!(refused(space.append(&entry)));
    add(&mut space, &desk, &second, Role::Desk).unwrap();
}

#[test]
fn a_sealed_name_has_a_limit() {
    let desk = device(1);
    let mut space = space(&desk);
    let mut named = |number, length: usize| {
        let member = NewMember { sealed_name: vec![0; length].into(), ..device(number).member(Role::Monitor) };
        let entry = desk.entry(&space, LogBody::Add { member, share: None });
        space.append(&entry)
    };
    assert!(matches!(named(2, limits::MAX_SEALED_NAME_BYTES + 1), Err(ProtocolError::TooLarge { .. })));
    assert_eq!(named(2, limits::MAX_SEALED_NAME_BYTES), Ok(()));
    assert_eq!(named(3, 1), Ok(()));
}

#[test]
fn a_removal_always_brings_a_new_epoch_for_every_remaining_desk_and_nobody_else() {
    let (desk, second, monitor) = (device(1), device(2), device(3));
    let mut space = space(&desk);
    add(&mut space, &desk, &second, Role::Desk).unwrap();
    add(&mut space, &desk, &monitor, Role::Monitor).unwrap();
    for shares in [vec![&desk], vec![&desk, &second, &monitor], vec![]] {
        let entry = desk.entry(&space, removal(&monitor, 210, &shares));
        assert!(refused(space.append(&entry)));
    }
    let same_key = desk.entry(&space, removal(&monitor, 200, &[&desk, &second]));
    assert!(refused(space.append(&same_key)));
    let entry = desk.entry(&space, removal(&monitor, 210, &[&desk, &second]));
    space.append(&entry).unwrap();
    assert_eq!((space.epoch(), space.epoch_at(3), space.epoch_at(4)), (1, 0, 1));
    assert!(space.active_member(&monitor.id).is_none());
    assert!(!space.key_still_serves(&RecordId([1; 16]), 3));
    assert!(space.key_still_serves(&RecordId([1; 16]), 4));
}

#[test]
fn a_removed_device_does_not_come_back_under_its_name_or_keys() {
    let (desk, monitor) = (device(1), device(3));
    let mut space = space(&desk);
    add(&mut space, &desk, &monitor, Role::Monitor).unwrap();
    let entry = desk.entry(&space, removal(&monitor, 210, &[&desk]));
    space.append(&entry).unwrap();
    assert!(refused(add(&mut space, &desk, &monitor, Role::Monitor)));
    let renamed = Device { id: DeviceId([77; 16]), ..device(3) };
    assert!(refused(add(&mut space, &desk, &renamed, Role::Monitor)));
}

#[test]
fn an_unassignment_ends_the_record_key_and_an_assignment_does_not() {
    let (desk, officer) = (device(1), device(2));
    let mut space = space(&desk);
    add(&mut space, &desk, &officer, Role::Officer).unwrap();
    let record = RecordId([5; 16]);
    // The founder is on duty and reads identities until others are named: it has to stay among them.
    let entry = desk.entry(&space, LogBody::Assign { record, officers: vec![officer.id, desk.id] });
    space.append(&entry).unwrap();
    assert!(space.key_still_serves(&record, 1));
    let entry = desk.entry(&space, LogBody::Assign { record, officers: vec![desk.id] });
    space.append(&entry).unwrap();
    assert!(!space.key_still_serves(&record, 3));
    assert!(space.key_still_serves(&record, 4));
    assert!(space.key_still_serves(&RecordId([6; 16]), 1));
}

#[test]
fn every_changed_byte_of_an_entry_is_refused_and_leaves_the_view_as_it_was() {
    let (desk, monitor) = (device(1), device(3));
    let before = space(&desk);
    let body = LogBody::Add { member: monitor.member(Role::Monitor), share: None };
    let bytes = desk.entry(&before, body).to_bytes();
    let mut whole = before.clone();
    whole.append(&LogEntry::from_bytes(&bytes).unwrap()).unwrap();
    for bit in 0..bytes.len() * 8 {
        let mut changed = bytes.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let mut after = before.clone();
        let result = LogEntry::from_bytes(&changed).and_then(|entry| after.append(&entry));
        assert!(result.is_err(), "bit {bit}");
        assert_eq!(after, before);
    }
}

#[test]
fn a_batch_counts_only_from_a_member_who_knew_a_true_log() {
    let (desk, monitor, stranger) = (device(1), device(3), device(4));
    let mut space = space(&desk);
    let early = monitor.batch(&space, vec![Item::Tombstone(RecordId([1; 16]))]);
    add(&mut space, &desk, &monitor, Role::Monitor).unwrap();
    let batch = monitor.batch(&space, vec![Item::Tombstone(RecordId([1; 16]))]);
    assert_eq!(batch.verify(&space), Ok(()));
    assert!(early.verify(&space).is_err());
    assert!(stranger.batch(&space, Vec::new()).verify(&space).is_err());
    let mut other_log = batch.clone();
    other_log.header.log_head = Hash([1; 32]);
    assert_eq!(other_log.verify(&space), Err(ProtocolError::BrokenChain { what: "membership log in a batch" }));
    let bytes = batch.to_bytes();
    for bit in 0..bytes.len() * 8 {
        let mut changed = bytes.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(Batch::from_bytes(&changed).and_then(|batch| batch.verify(&space)).is_err(), "bit {bit}");
    }
}

#[test]
fn a_join_request_proves_that_its_maker_holds_the_key() {
    let monitor = device(3);
    let request = JoinRequest::sign(monitor.id, monitor.sealing, 1, &monitor.key);
    let bytes = vigil_protocol::canonical::encode(&request);
    assert_eq!(JoinRequest::from_bytes(&bytes), Ok(request));
    for bit in 0..bytes.len() * 8 {
        let mut changed = bytes.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(JoinRequest::from_bytes(&changed).is_err(), "bit {bit}");
    }
}
