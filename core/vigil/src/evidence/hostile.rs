//! A door for the fuzzer: a small bundle made from fixed keys, and its exporter's signature over any other.
//! A bundle's signature stops nobody who is a member, so whoever attacks the checks behind it can sign here.

use super::bundle::{BatchEvidence, Bundle, DisclosedKey, OpenKey, PlacedItem, RecordEvidence, VERSION};
use crate::keys::{Secret, commitment};
use crate::records::{Actor, Code, Event, Facts, FieldName, FieldValue, Outcome, RecordContent};
use crate::sealing::{self, Place};
use vigil_protocol::{
    Batch, BatchHeader, Capsule, Chain, DeviceId, EpochShare, Hash, Item, KeyReference, LogBody, LogEntry, NewMember,
    Recipient, RecordId, Role, SUITE, Salt, SealedKey, SealingPublicKey, Signature, SigningKey, SpaceId, Timestamp,
    canonical,
};

const DEVICE: DeviceId = DeviceId([1; 16]);
const SPACE: SpaceId = SpaceId([0x5a; 16]);
const RECORD: RecordId = RecordId([7; 16]);

fn exporter() -> Option<SigningKey> {
    SigningKey::from_seed(&[1; 32]).ok()
}

/// A bundle with one record of two writes; empty if it cannot be made.
pub fn sample() -> Vec<u8> {
    make().map(|bundle| canonical::encode(&bundle)).unwrap_or_default()
}

/// The same bundle under its exporter's signature, if the bytes are one.
pub fn sign(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut bundle = Bundle::from_bytes(bytes).ok()?;
    bundle.exporter = DEVICE;
    Some(canonical::encode(&bundle.sign(&exporter()?)))
}

fn make() -> Option<Bundle> {
    let signing = exporter()?;
    let some_key = SealingPublicKey([9; 32]);
    let founder = NewMember {
        device: DEVICE,
        signing_key: signing.public(),
        sealing_key: some_key,
        role: Role::Desk,
        install_generation: 1,
        sealed_name: Vec::new().into(),
    };
    let share = EpochShare { device: DEVICE, encapsulated: some_key, sealed: [0; 48].into() };
    let body = LogBody::Genesis { founder, epoch_key: some_key, recovery_key: some_key, share };
    let log = vec![LogEntry::sign(SPACE, (0, Hash::NONE), Timestamp(0), DEVICE, body, &signing)];
    let key = Secret::take(&mut [3; 32]);
    let generation = commitment(&RECORD, &key);
    let copy = SealedKey { to: Recipient::Recovery, encapsulated: some_key, sealed: [0; 48].into() };
    let capsule = Capsule { record: RECORD, commitment: generation, sealed: vec![copy] };
    let mut facts = Facts::new();
    let actor = Actor::new(&DEVICE, [1; 8]);
    let (mut batches, mut previous) = (Vec::new(), Hash::NONE);
    for (counter, place) in [(1, "Bus park"), (2, "Gate 2")] {
        let fields = [(FieldName::new("place").ok()?, Some(FieldValue::from(place)))];
        let event = Event::new(DEVICE, Timestamp(0), [], Outcome::Closed { reason: None }.into());
        let content = RecordContent {
            kind: Code::new("sighting").ok().filter(|_| counter == 1),
            changes: facts.edit(&actor, Timestamp(0), &fields).ok()?.into_iter().collect(),
            events: if counter == 1 { Vec::new() } else { vec![event.sign(&RECORD, &signing)] },
        };
        let header = BatchHeader {
            suite: SUITE,
            space: SPACE,
            device: DEVICE,
            chain: Chain::Sync { counter, previous },
            log_length: 1,
            log_head: log.first()?.hash(),
            salt: Salt([4; 16]),
            seen_root: None,
            items: Vec::new(),
        };
        let at = Place { header: &header, index: 0, record: RECORD, generation };
        let sealed = sealing::seal(&key, &at, &content.encode(&DEVICE)).ok()?;
        let reference = if counter == 1 { KeyReference::New(capsule.clone()) } else { KeyReference::Known(generation) };
        let Batch { header, signature, items } =
            Batch::sign(header, vec![Item::Write(reference, sealed.into())], &signing);
        previous = header.hash();
        let items = (0..).zip(items).map(|(place, item)| PlacedItem { place, item }).collect();
        batches.push(BatchEvidence { header, signature, acknowledged: true, items });
    }
    let keys = vec![DisclosedKey { commitment: generation, key: OpenKey(key) }];
    let record = RecordEvidence { record: RECORD, keys, batches, attachments: Vec::new(), left_out: 0 };
    let bundle = Bundle {
        version: VERSION,
        space: SPACE,
        exporter: DEVICE,
        time: Timestamp(0),
        confirmed: 1,
        log,
        records: vec![record],
        signature: Signature([0; 64]),
    };
    Some(bundle.sign(&signing))
}
