//! What the tests across Vigil's crates share: a committee of devices with homes of their own, and a wire to a real
//! server's engine that can lose requests and answers.
#![allow(clippy::unwrap_used, reason = "this crate is tests only")]

use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use vigil_core::sync::{Cancel, SyncOptions, SyncReport, Transport, TransportError};
use vigil_core::{
    Clock, DeviceId, Hash, HomeOptions, Passphrase, Proposal, RecoveryKey, Result, Role, Stretching, Vault,
};
use vigil_protocol::ServerCard;
use vigil_sync_server::{Engine, ServerClock, ServerConfig, card_to_text};

/// A folder that is gone when the test is over.
pub struct Folder(PathBuf);

impl Folder {
    /// A new, empty folder.
    pub fn new(name: &str) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("vigil-{name}-{}-{number}", std::process::id()));
        std::fs::remove_dir_all(&path).ok();
        std::fs::create_dir_all(&path).unwrap();
        Self(path.canonicalize().unwrap())
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Whether any file below contains these bytes.
    pub fn contains(&self, needle: &[u8]) -> bool {
        fn search(folder: &Path, needle: &[u8]) -> bool {
            std::fs::read_dir(folder).unwrap().any(|entry| {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    return search(&path, needle);
                }
                let bytes = std::fs::read(path).unwrap();
                bytes.windows(needle.len()).any(|window| window == needle)
            })
        }
        search(&self.0, needle)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

/// What happens to the next request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It arrives and its answer comes back.
    None,
    /// It never arrives.
    RequestLost,
    /// It arrives, the answer is lost.
    AnswerLost,
    /// It arrives twice; the second answer comes back.
    Doubled,
}

/// A wire to the engine of a real server, with everything that passed over it.
pub struct Wire {
    /// The server's engine.
    pub engine: Engine,
    faults: RefCell<Vec<Fault>>,
    /// All bodies, both ways.
    pub bodies: RefCell<Vec<Vec<u8>>>,
    /// How many requests arrived.
    pub requests: Cell<u64>,
}

impl Wire {
    /// Faults of the next requests, first one first.
    pub fn plan(&self, faults: &[Fault]) {
        *self.faults.borrow_mut() = faults.iter().rev().copied().collect();
    }
}

impl Transport for Wire {
    async fn post(&self, _: &str, body: Vec<u8>) -> Result<Vec<u8>, TransportError> {
        let lost = || TransportError::Unreachable("lost".into());
        let fault = self.faults.borrow_mut().pop().unwrap_or(Fault::None);
        if fault == Fault::RequestLost {
            return Err(lost());
        }
        self.bodies.borrow_mut().push(body.clone());
        self.requests.set(self.requests.get() + 1);
        if fault == Fault::Doubled {
            self.engine.handle(&body);
        }
        let answer = self.engine.handle(&body).body;
        self.bodies.borrow_mut().push(answer.clone());
        if fault == Fault::AnswerLost { Err(lost()) } else { Ok(answer) }
    }
}

/// A device with its home.
pub struct Device {
    /// Its home's folder.
    pub folder: Folder,
    /// The open vault; `None` while it is locked.
    pub vault: Option<Vault>,
}

impl Device {
    /// A new device with a folder of its own.
    pub fn create(name: &str) -> Self {
        Self::create_in(Folder::new(name), name)
    }

    /// A new device in this folder.
    pub fn create_in(folder: Folder, name: &str) -> Self {
        let vault = Vault::create_at_floor(&folder.path().join("home"), &passphrase(), name).unwrap();
        Self { folder, vault: Some(vault) }
    }

    /// The open vault.
    pub fn vault(&mut self) -> &mut Vault {
        self.vault.as_mut().unwrap()
    }

    /// The device's id.
    pub fn id(&self) -> DeviceId {
        self.vault.as_ref().unwrap().device()
    }

    /// Locks and opens again, as after a restart.
    pub fn restart(&mut self) {
        self.vault = None;
        self.vault = Some(Vault::open(&self.folder.path().join("home"), &passphrase()).unwrap());
    }

    /// Locks.
    pub fn lock(&mut self) {
        self.vault = None;
    }
}

/// What a test's home is made and opened with, under a clock that the test sets.
pub fn at_floor(clock: Arc<dyn Clock>) -> HomeOptions {
    HomeOptions { stretching: Stretching::Floor, clock, ..HomeOptions::default() }
}

/// The passphrase of every test device.
pub fn passphrase() -> Passphrase {
    Passphrase::new("four random words here")
}

/// A committee: a server and a founding desk.
pub struct Committee {
    /// The server's files.
    pub server: Folder,
    /// The wire to it.
    pub wire: Wire,
    /// The founding desk.
    pub desk: Device,
}

impl Committee {
    /// A new committee with its server.
    pub fn new() -> Self {
        Self::with_recovery_key().0
    }

    /// A new committee whose server has this clock.
    pub fn with_server_clock(clock: Arc<dyn ServerClock>) -> Self {
        Self::founded(clock).0
    }

    /// A new committee with its server, and the sheet of paper that its recovery key stands on.
    pub fn with_recovery_key() -> (Self, RecoveryKey) {
        Self::founded(Arc::new(vigil_sync_server::SystemClock))
    }

    fn founded(clock: Arc<dyn ServerClock>) -> (Self, RecoveryKey) {
        vigil_core::wipe_freed_memory();
        let server = Folder::new("server");
        let engine = Engine::open_with_clock(&ServerConfig::loopback(server.path()), clock).unwrap();
        let card = ServerCard {
            url: "https://127.0.0.1:1".into(),
            identity: engine.identity(),
            authorities: vec!["this wire needs none".into()],
        };
        let card = card_to_text(&card);
        let mut desk = Device::create("Desk");
        let recovery = desk.vault().create_space(Some(&card)).unwrap();
        let wire = Wire { engine, faults: RefCell::default(), bodies: RefCell::default(), requests: Cell::new(0) };
        (Self { server, wire, desk }, recovery)
    }

    /// A device that the desk has admitted.
    pub fn admit(&mut self, name: &str, role: Role) -> Device {
        admit_by(&mut self.desk, name, role)
    }

    /// Removes a device as two persons do: the desk moves it, an officer who is admitted for this seconds it, and the desk
    /// carries it out. The removal itself is not sent yet.
    pub fn remove(&mut self, device: &DeviceId) {
        let motion = self.carried(&[*device])[0];
        self.desk.vault().carry_out(&motion).unwrap();
    }

    /// Motions for the removal of devices that two persons carry, and that nobody has carried out. Everybody who is to
    /// know of them syncs afterwards.
    pub fn carried(&mut self, devices: &[DeviceId]) -> Vec<Hash> {
        let mut officer = self.admit("Second person", Role::Officer);
        let moved = |device: &DeviceId| self.desk.vault().propose(Proposal::Remove(*device)).unwrap();
        let motions: Vec<Hash> = devices.iter().map(moved).collect();
        self.sync_desk().unwrap();
        self.sync(&mut officer).unwrap();
        for motion in &motions {
            officer.vault().second(motion).unwrap();
        }
        self.sync(&mut officer).unwrap();
        self.sync_desk().unwrap();
        motions
    }

    /// Syncs a device until nothing is left.
    pub fn sync(&self, device: &mut Device) -> Result<SyncReport> {
        sync(&self.wire, device)
    }

    /// Syncs the desk.
    pub fn sync_desk(&mut self) -> Result<SyncReport> {
        sync(&self.wire, &mut self.desk)
    }
}

impl Default for Committee {
    fn default() -> Self {
        Self::new()
    }
}

/// A device that an officer or a desk has admitted.
pub fn admit_by(by: &mut Device, name: &str, role: Role) -> Device {
    let mut device = Device::create(name);
    let request = device.vault().join_request().unwrap();
    let welcome = by.vault().admit(&request, role, name).unwrap();
    join(&mut device, &welcome).unwrap();
    device
}

/// Joins by a second code that was read from the officer's screen.
pub fn join(device: &mut Device, code: &str) -> Result<()> {
    let invitation = device.vault().second_code(code)?;
    device.vault().join(invitation.seen_face_to_face())
}

fn sync(wire: &Wire, device: &mut Device) -> Result<SyncReport> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let options = SyncOptions { attempts: 1, ..SyncOptions::default() };
    runtime.block_on(device.vault().sync(wire, &options, &mut |_| {}, &Cancel::new()))
}
