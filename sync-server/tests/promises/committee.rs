//! A committee for tests: a server's engine in a folder of its own, and devices that speak the protocol to it.
//! Keys and contents are stand-ins: the server cannot tell.

use minicbor::bytes::{ByteArray, ByteVec};
use ring::rand::{SecureRandom, SystemRandom};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use vigil_protocol::{
    Answer, Batch, BatchHeader, BatchOutcome, Capsule, Certificate, Chain, DeviceId, EpochShare, Hash, Incarnation,
    Item, KeyCommitment, KeyReference, LogBody, LogEntry, Membership, NewMember, PersonId, Policy, PulledItem,
    PushedBatch, Recipient, RecordId, RefusalCode, Role, Rotation, SUITE, Salt, SealedKey, SealingPublicKey,
    SequenceRanges, SigningKey, SigningPublicKey, SpaceId, SyncRequest, SyncResponse, Timestamp, limits,
};
use vigil_sync_server::{Engine, Quotas, Reply, ServerClock, ServerConfig};

/// When the tests begin.
pub const START: Timestamp = Timestamp(1_795_000_000_000);

pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).unwrap();
    bytes
}

/// A folder that is gone when the test is over.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        let name = format!("vigil-server-{}-{}", std::process::id(), DeviceId(random()));
        Self(std::env::temp_dir().join(name))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Whether any file in the folder contains these bytes.
    pub fn contains(&self, needle: &[u8]) -> bool {
        std::fs::read_dir(&self.0).unwrap().any(|file| {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            bytes.windows(needle.len()).any(|window| window == needle)
        })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A clock that goes on when a test says so.
pub struct TestClock(AtomicI64);

impl TestClock {
    pub fn advance(&self, milliseconds: i64) {
        self.0.fetch_add(milliseconds, Ordering::Relaxed);
    }
}

impl ServerClock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }
}

pub struct Committee {
    pub folder: Folder,
    pub config: ServerConfig,
    pub engine: Engine,
    pub log: Vec<LogEntry>,
    pub view: Membership,
    pub clock: Arc<TestClock>,
}

/// A device with what it keeps between requests.
pub struct Device {
    pub id: DeviceId,
    pub key: SigningKey,
    pub sealing: SealingPublicKey,
    pub role: Role,
    pub space: SpaceId,
    pub requests: u64,
    pub chain: (u64, Hash),
    pub log_length: u64,
    pub have: SequenceRanges,
}

impl Device {
    pub fn new(space: SpaceId, role: Role) -> Self {
        Self {
            id: DeviceId(random()),
            key: SigningKey::from_seed(&random()).unwrap(),
            sealing: SealingPublicKey(random()),
            role,
            space,
            requests: 0,
            chain: (0, Hash::NONE),
            log_length: 0,
            have: SequenceRanges::new(),
        }
    }

    fn member(&self) -> NewMember {
        NewMember {
            device: self.id,
            signing_key: self.key.public(),
            sealing_key: self.sealing,
            role: self.role,
            install_generation: 1,
            sealed_name: ByteVec::from(vec![7; 40]),
        }
    }

    pub fn certificate(&self, probation: bool) -> Certificate {
        Certificate {
            device: self.id,
            person: PersonId(self.id.0),
            signing_key: self.key.public(),
            sealing_key: self.sealing,
            install_generation: 1,
            role: self.role,
            probation,
            not_before: START,
            not_after: Timestamp(START.0 + limits::MAX_CERTIFICATE_MS),
            epoch: 0,
            sealed_details: ByteVec::from(vec![7; 40]),
        }
    }

    /// An empty request with the next counter.
    pub fn request(&mut self) -> SyncRequest {
        self.requests += 1;
        SyncRequest {
            suite: SUITE,
            device: self.id,
            counter: self.requests,
            log_length: self.log_length,
            hello: true,
            have: self.have.clone(),
            page_bytes: 0,
            batches: Vec::new(),
            log: Vec::new(),
        }
    }

    /// Signs the next batch of the device's chain.
    pub fn batch(&mut self, view: &Membership, items: Vec<Item>) -> Batch {
        let batch = self.batch_at(view, (self.chain.0 + 1, self.chain.1), view.length(), items);
        self.chain = (self.chain.0 + 1, batch.header.hash());
        batch
    }

    /// Signs a batch at any place, whatever the device signed before.
    pub fn batch_at(
        &self,
        view: &Membership,
        (counter, previous): (u64, Hash),
        log_length: u64,
        items: Vec<Item>,
    ) -> Batch {
        let header = BatchHeader {
            suite: SUITE,
            space: self.space,
            device: self.id,
            chain: Chain::Sync { counter, previous },
            log_length,
            log_head: view.head_at(log_length).unwrap(),
            salt: Salt(random()),
            seen_root: None,
            items: Vec::new(),
        };
        Batch::sign(header, items, &self.key)
    }
}

pub fn share(device: DeviceId) -> EpochShare {
    EpochShare { device, encapsulated: SealingPublicKey(random()), sealed: ByteArray::from([1; 48]) }
}

impl Committee {
    /// A new server and a desk that founded a space on it.
    pub fn found() -> (Self, Device) {
        Self::found_with(Quotas::default())
    }

    pub fn found_with(quotas: Quotas) -> (Self, Device) {
        let desk = Device::new(SpaceId(random()), Role::Desk);
        let genesis = genesis(&desk);
        Self::found_by(quotas, desk, genesis)
    }

    /// As [`Self::found`], with a policy.
    pub fn found_with_policy() -> (Self, Device) {
        let desk = Device::new(SpaceId(random()), Role::Desk);
        let body = LogBody::Found {
            founder: desk.certificate(false),
            epoch_key: SealingPublicKey(random()),
            recovery_key: SealingPublicKey(random()),
            share: share(desk.id),
            recovery_encapsulated: SealingPublicKey(random()),
            recovery_sealed: ByteArray::from([3; 48]),
            policy: Policy::default(),
        };
        let founding = LogEntry::sign(desk.space, (0, Hash::NONE), START, desk.id, body, &desk.key);
        Self::found_by(Quotas::default(), desk, founding)
    }

    fn found_by(quotas: Quotas, mut desk: Device, genesis: LogEntry) -> (Self, Device) {
        let folder = Folder::new();
        let config = ServerConfig { quotas, ..ServerConfig::loopback(folder.path()) };
        let clock = Arc::new(TestClock(AtomicI64::new(START.0)));
        let engine = Engine::open_with_clock(&config, clock.clone()).unwrap();
        let view = Membership::from_genesis(&genesis).unwrap();
        let committee = Self { folder, config, engine, log: vec![genesis.clone()], view, clock };
        let mut request = desk.request();
        request.log = vec![genesis];
        assert_eq!(committee.sync(&request, &desk).unwrap().log_appended, 1);
        desk.log_length = 1;
        (committee, desk)
    }

    /// Opens the same files again, as after a restart.
    pub fn restart(self) -> Self {
        let Self { folder, config, engine, log, view, clock } = self;
        drop(engine);
        let engine = Engine::open_with_clock(&config, clock.clone()).unwrap();
        Self { folder, config, engine, log, view, clock }
    }

    /// The next entry of the log, signed but not appended anywhere.
    pub fn entry(&self, author: &Device, body: LogBody) -> LogEntry {
        self.entry_at(author, self.clock.now(), body)
    }

    /// As [`Self::entry`], at the time that its author claims.
    pub fn entry_at(&self, author: &Device, time: Timestamp, body: LogBody) -> LogEntry {
        let at = (self.view.length(), self.view.head());
        LogEntry::sign(author.space, at, time, author.id, body, &author.key)
    }

    /// A new device that the desk has admitted by a certificate, in a space with a policy.
    pub fn admit(&mut self, desk: &mut Device, role: Role, probation: bool) -> Device {
        let mut device = Device::new(desk.space, role);
        let certificate = device.certificate(probation);
        self.append(desk, LogBody::Admit { certificate, share: None, cosignatures: vec![] });
        device.log_length = self.view.length();
        device
    }

    /// A new epoch for all desks but one.
    pub fn rotation(&self, left_out: &Device) -> Rotation {
        Rotation {
            epoch_key: SealingPublicKey(random()),
            shares: self.view.desks().filter(|m| m.device != left_out.id).map(|m| share(m.device)).collect(),
            previous_encapsulated: SealingPublicKey(random()),
            previous_sealed: ByteArray::from([2; 48]),
            recovery_encapsulated: SealingPublicKey(random()),
            recovery_sealed: ByteArray::from([3; 48]),
        }
    }

    /// Appends an entry here and on the server.
    pub fn append(&mut self, author: &mut Device, body: LogBody) {
        let entry = self.entry(author, body);
        self.view.append(&entry).unwrap();
        self.log.push(entry.clone());
        let mut request = author.request();
        request.log = vec![entry];
        assert_eq!(self.sync(&request, author).unwrap().log_appended, 1);
        author.log_length = self.view.length();
    }

    /// A new device that the desk has added.
    pub fn join(&mut self, desk: &mut Device, role: Role) -> Device {
        let mut device = Device::new(desk.space, role);
        let share = (role == Role::Desk).then(|| share(device.id));
        self.append(desk, LogBody::Add { member: device.member(), share });
        device.log_length = self.view.length();
        device
    }

    /// Removes a device, with all that a removal carries.
    pub fn remove(&mut self, desk: &mut Device, device: &Device) {
        let desks = self.view.active_members().filter(|m| m.role == Role::Desk && m.device != device.id);
        let shares = desks.map(|m| share(m.device)).collect();
        let body = LogBody::RemoveAndRotate {
            device: device.id,
            last_counter: device.chain.0,
            last_hash: device.chain.1,
            epoch_key: SealingPublicKey(random()),
            shares,
            previous_encapsulated: SealingPublicKey(random()),
            previous_sealed: ByteArray::from([2; 48]),
        };
        self.append(desk, body);
    }

    pub fn body(&self, request: &SyncRequest, device: &Device) -> Vec<u8> {
        request.to_body(&self.engine.identity(), &device.space, &device.key)
    }

    /// Sends a request; the refusal's code and the counter held, if it was refused.
    pub fn sync(&self, request: &SyncRequest, device: &Device) -> Result<SyncResponse, (RefusalCode, u64)> {
        let body = self.body(request, device);
        read(&self.engine.handle(&body), &body, &self.engine.identity())
    }

    /// Pushes signed batches, with nothing left out.
    pub fn push_all(&self, device: &mut Device, batches: &[&Batch]) -> Vec<BatchOutcome> {
        let mut request = device.request();
        request.batches = batches.iter().map(|batch| PushedBatch::from_batch(batch, None).unwrap()).collect();
        self.sync(&request, device).unwrap().outcomes
    }

    pub fn push(&self, device: &mut Device, batch: &Batch) -> BatchOutcome {
        self.push_all(device, &[batch])[0]
    }

    /// Signs items as the device's next batch and pushes it; the number of the first item.
    pub fn write(&self, device: &mut Device, items: Vec<Item>) -> u64 {
        let batch = device.batch(&self.view, items);
        match self.push(device, &batch) {
            BatchOutcome::Stored(first) => first,
            outcome => panic!("not stored: {outcome:?}"),
        }
    }

    /// Pulls one page and takes it in as a client does: the cursor becomes what the answer covers.
    pub fn pull_page(&self, device: &mut Device, page_bytes: u32) -> (BTreeMap<u64, Item>, bool) {
        let mut request = device.request();
        request.page_bytes = page_bytes;
        let response = self.sync(&request, device).unwrap();
        device.have = response.covered.clone();
        (items_of(&response, &self.view), response.more)
    }

    /// Pulls until there is nothing more.
    pub fn pull(&self, device: &mut Device) -> BTreeMap<u64, Item> {
        let mut items = BTreeMap::new();
        loop {
            let (page, more) = self.pull_page(device, limits::DEFAULT_PAGE_BYTES);
            items.extend(page);
            if !more {
                return items;
            }
        }
    }
}

pub fn genesis(desk: &Device) -> LogEntry {
    let body = LogBody::Genesis {
        founder: desk.member(),
        epoch_key: SealingPublicKey(random()),
        recovery_key: SealingPublicKey(random()),
        share: share(desk.id),
    };
    LogEntry::sign(desk.space, (0, Hash::NONE), Timestamp(0), desk.id, body, &desk.key)
}

pub fn read(reply: &Reply, body: &[u8], server: &SigningPublicKey) -> Result<SyncResponse, (RefusalCode, u64)> {
    match Answer::from_body(&reply.body, body, server, None::<&Incarnation>).unwrap() {
        Answer::Sync(response) => Ok(response),
        Answer::Refused { code, counter } => Err((code, counter)),
    }
}

/// The items of an answer by number, after checking every signature.
pub fn items_of(response: &SyncResponse, view: &Membership) -> BTreeMap<u64, Item> {
    let mut items = BTreeMap::new();
    let mut last = 0;
    for batch in &response.batches {
        batch.header(view).unwrap().verify(&batch.signature, view).unwrap();
        assert!(batch.first_sequence > last, "batches come in the order of their numbers");
        last = batch.first_sequence;
        for (item, number) in batch.items.iter().zip(batch.first_sequence..) {
            if let PulledItem::Present(item) = item {
                items.insert(number, item.clone());
            }
        }
    }
    items
}

/// A record with the commitment of its key.
#[derive(Clone, Copy, Debug)]
pub struct Record {
    pub id: RecordId,
    pub key: KeyCommitment,
}

impl Record {
    pub fn new() -> Self {
        Self { id: RecordId(random()), key: KeyCommitment(random()) }
    }

    pub fn capsule(&self, to: &[Recipient]) -> Capsule {
        let copy = |to: &Recipient| SealedKey {
            to: *to,
            encapsulated: SealingPublicKey(random()),
            sealed: ByteArray::from(random::<48>()),
        };
        Capsule { record: self.id, commitment: self.key, sealed: to.iter().map(copy).collect() }
    }

    pub fn create(&self, to: &[Recipient], content: &[u8]) -> Item {
        Item::Write(KeyReference::New(self.capsule(to)), ByteVec::from(content.to_vec()))
    }

    pub fn edit(&self, content: &[u8]) -> Item {
        Item::Write(KeyReference::Known(self.key), ByteVec::from(content.to_vec()))
    }

    pub fn grant(&self, to: &[Recipient]) -> Item {
        Item::Grant(self.capsule(to))
    }

    pub fn tombstone(&self) -> Item {
        Item::Tombstone(self.id)
    }
}

pub fn epoch() -> Recipient {
    Recipient::Epoch(0)
}

pub fn device(device: &Device) -> Recipient {
    Recipient::Device(device.id)
}
