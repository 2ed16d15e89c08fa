//! A member that writes junk and a server that lies: a clear error or a parked item, and everything else goes on.
#![allow(clippy::unwrap_used, missing_docs)]

use std::cell::RefCell;
use vigil_core::sync::{Cancel, SyncOptions, Transport, TransportError};
use vigil_core::{ListQuery, NewSighting, Role, Timestamp, VigilError};
use vigil_protocol::{
    Answer, Batch, BatchHeader, BatchOutcome, Capsule, Chain, DeviceId, FirstCode, HardwareClaim, Hash, Item,
    KeyCommitment, KeyReference, Membership, Nonce, PushedBatch, Recipient, RecordId, SUITE, Salt, SealedKey,
    SealingPublicKey, SecondCode, SequenceRanges, SigningKey, SpaceId, SyncRequest, SyncResponse,
};
use vigil_tests::Committee;

fn sighting(description: &str) -> NewSighting {
    NewSighting { place: "x".into(), seen_at: Timestamp(0), description: Some(description.into()), people: None }
}

/// A member that speaks the protocol and nothing else.
struct Stranger {
    device: DeviceId,
    key: SigningKey,
    view: Membership,
    counter: u64,
    request: u64,
    previous: Hash,
}

impl Stranger {
    fn join(committee: &mut Committee) -> Self {
        let key = SigningKey::from_seed(&[66; 32]).unwrap();
        let device = DeviceId([66; 16]);
        let who = (device, SealingPublicKey([9; 32]), 1);
        let request = FirstCode::sign(who, Nonce([7; 16]), HardwareClaim::Software, &key);
        let hex: String = request.to_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        let code = committee.desk.vault().admit(&format!("vigil-join-2:{hex}"), Role::Volunteer, "Stranger").unwrap();
        let digits = code.strip_prefix("vigil-welcome-2:").unwrap().as_bytes().to_vec();
        let bytes: Vec<u8> =
            digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect();
        let space = SecondCode::from_bytes(&bytes).unwrap().space;
        committee.sync_desk().unwrap();
        let view = Self::view(committee, (device, &key), space);
        Self { device, key, view, counter: 0, request: 1, previous: Hash::NONE }
    }

    /// The space, as the server gives its log to a member.
    fn view(committee: &Committee, (device, key): (DeviceId, &SigningKey), space: SpaceId) -> Membership {
        let server = committee.wire.engine.identity();
        let request = SyncRequest {
            suite: SUITE,
            device,
            counter: 1,
            log_length: 0,
            hello: true,
            have: SequenceRanges::new(),
            page_bytes: 0,
            batches: Vec::new(),
            log: Vec::new(),
        };
        let body = request.to_body(&server, &space, key);
        let answer = committee.wire.engine.handle(&body).body;
        match Answer::from_body(&answer, &body, &server, None).unwrap() {
            Answer::Sync(response) => Membership::from_log(&response.log).unwrap(),
            Answer::Refused { code, .. } => panic!("{}", code.name()),
        }
    }

    fn batch(&mut self, items: Vec<Item>) -> Batch {
        self.counter += 1;
        let header = BatchHeader {
            suite: SUITE,
            space: self.view.space(),
            device: self.device,
            chain: Chain::Sync { counter: self.counter, previous: self.previous },
            log_length: self.view.length(),
            log_head: self.view.head(),
            salt: Salt([self.counter as u8; 16]),
            seen_root: None,
            items: Vec::new(),
        };
        let batch = Batch::sign(header, items, &self.key);
        self.previous = batch.header.hash();
        batch
    }

    fn push(&mut self, committee: &Committee, batch: &Batch) -> BatchOutcome {
        self.request += 1;
        let server = committee.wire.engine.identity();
        let request = SyncRequest {
            suite: SUITE,
            device: self.device,
            counter: self.request,
            log_length: self.view.length(),
            hello: true,
            have: SequenceRanges::new(),
            page_bytes: 0,
            batches: vec![PushedBatch::from_batch(batch, None).unwrap()],
            log: Vec::new(),
        };
        let body = request.to_body(&server, &self.view.space(), &self.key);
        let answer = committee.wire.engine.handle(&body).body;
        match Answer::from_body(&answer, &body, &server, None).unwrap() {
            Answer::Sync(SyncResponse { outcomes, .. }) => outcomes[0],
            Answer::Refused { code, .. } => BatchOutcome::Refused(code),
        }
    }
}

fn junk(number: u8) -> Item {
    let capsule = Capsule {
        record: RecordId([number; 16]),
        commitment: KeyCommitment([number; 32]),
        sealed: vec![SealedKey {
            to: Recipient::Epoch(0),
            encapsulated: SealingPublicKey([number; 32]),
            sealed: [number; 48].into(),
        }],
    };
    Item::Write(KeyReference::New(capsule), vec![number; 128].into())
}

#[test]
fn junk_of_one_member_is_parked_and_stops_nobody_else() {
    let mut committee = Committee::new();
    let mut monitor = committee.admit("Monitor", Role::Monitor);
    let mut stranger = Stranger::join(&mut committee);
    let batch = stranger.batch(vec![junk(1), junk(2)]);
    assert!(matches!(stranger.push(&committee, &batch), BatchOutcome::Stored(_)));
    monitor.vault().record_sighting(&sighting("honest")).unwrap();
    committee.sync(&mut monitor).unwrap();
    let batch = stranger.batch(vec![junk(3)]);
    stranger.push(&committee, &batch);
    let report = committee.sync_desk().unwrap();
    assert_eq!((report.new_records, report.parked), (1, 3));
    let status = committee.desk.vault().status().unwrap();
    assert_eq!(status.parked, [("no_key".to_owned(), 3)]);
    assert_eq!(committee.sync_desk().unwrap().parked, 0);
    assert_eq!(committee.desk.vault().list(&ListQuery::default()).unwrap().len(), 1);
}

#[test]
fn two_batches_under_one_counter_suspend_their_author_and_are_both_kept() {
    let mut committee = Committee::new();
    let mut stranger = Stranger::join(&mut committee);
    let first = stranger.batch(vec![junk(1)]);
    stranger.counter = 0;
    stranger.previous = Hash::NONE;
    let second = stranger.batch(vec![junk(2)]);
    assert!(matches!(stranger.push(&committee, &first), BatchOutcome::Stored(_)));
    assert_eq!(stranger.push(&committee, &second), BatchOutcome::Fork);
    let third = stranger.batch(vec![junk(3)]);
    assert!(matches!(stranger.push(&committee, &third), BatchOutcome::Refused(_)));
    // A device that sees both, one by hand and one by the server, keeps both headers as proof and suspends the author.
    committee.sync_desk().unwrap();
    let copies = [second.to_bytes()];
    committee.desk.vault().take_in_copies(&copies).unwrap();
    let status = committee.desk.vault().status().unwrap();
    assert_eq!(status.suspended_authors, [stranger.device.to_string()]);
}

/// What a lying server says, from its last honest answer and this one.
type Lie = Box<dyn Fn(&[u8], Vec<u8>) -> Vec<u8>>;

/// A server that answers whatever a test wants.
struct Liar<'a> {
    committee: &'a Committee,
    answer: Lie,
    last: RefCell<Vec<u8>>,
}

impl Transport for Liar<'_> {
    async fn post(&self, _: &str, body: Vec<u8>) -> Result<Vec<u8>, TransportError> {
        let honest = self.committee.wire.engine.handle(&body).body;
        let previous = self.last.replace(honest.clone());
        Ok((self.answer)(&previous, honest))
    }
}

#[test]
fn every_lie_of_a_server_is_an_error_and_nothing_is_taken_in_or_lost() {
    let mut committee = Committee::new();
    let mut monitor = committee.admit("Monitor", Role::Monitor);
    committee.sync_desk().unwrap();
    monitor.vault().record_sighting(&sighting("kept")).unwrap();
    let lies: Vec<(&str, Lie)> = vec![
        ("nothing", Box::new(|_, _| Vec::new())),
        ("noise", Box::new(|_, _| vec![0xa5; 300])),
        ("cut short", Box::new(|_, honest| honest[..honest.len() - 1].to_vec())),
        (
            "one bit",
            Box::new(|_, mut honest| {
                honest[70] ^= 1;
                honest
            }),
        ),
        (
            "its signature",
            Box::new(|_, mut honest| {
                honest[3] ^= 1;
                honest
            }),
        ),
        ("an older answer", Box::new(|previous, _| previous.to_vec())),
        (
            "too much",
            Box::new(|_, mut honest| {
                honest.extend([0; 10]);
                honest
            }),
        ),
    ];
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    for (name, answer) in lies {
        let liar = Liar { committee: &committee, answer, last: RefCell::default() };
        let options = SyncOptions { attempts: 1, ..SyncOptions::default() };
        let result = runtime.block_on(monitor.vault().sync(&liar, &options, &mut |_| {}, &Cancel::new()));
        assert!(matches!(result, Err(VigilError::ServerNotTrusted { .. })), "{name}: {result:?}");
        let status = monitor.vault().status().unwrap();
        assert_eq!((status.waiting, status.records), (1, 1), "{name}");
    }
    committee.sync(&mut monitor).unwrap();
    committee.sync_desk().unwrap();
    assert_eq!(committee.desk.vault().search("kept", 5).unwrap().len(), 1);
}

#[test]
fn a_cancelled_sync_leaves_everything_whole() {
    let mut committee = Committee::new();
    let mut monitor = committee.admit("Monitor", Role::Monitor);
    committee.sync_desk().unwrap();
    monitor.vault().record_sighting(&sighting("kept")).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let cancel = Cancel::new();
    let stop = cancel.clone();
    let mut progress = |_| stop.cancel();
    let result =
        runtime.block_on(monitor.vault().sync(&committee.wire, &SyncOptions::default(), &mut progress, &cancel));
    assert!(matches!(result, Err(VigilError::Cancelled)));
    assert_eq!(monitor.vault().status().unwrap().waiting, 1);
    committee.sync(&mut monitor).unwrap();
    assert_eq!(monitor.vault().status().unwrap().waiting, 0);
}
