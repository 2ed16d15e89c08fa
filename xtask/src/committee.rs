//! A committee to measure: the real server over TLS on the loopback interface, a desk, and devices that it admitted, each
//! with a home on disk. Every body that passes is kept until somebody takes it.

use crate::server_process::ServerProcess;
use std::cell::RefCell;
use std::fmt::Display;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use vigil::ScreeningInput;
use vigil::demo::bulk::Screenings;
use vigil_core::sync::{Cancel, HttpTransport, SyncOptions, SyncReport, Transport, TransportError};
use vigil_core::{Passphrase, RecordId, Role, Vault};

/// Any error as words.
pub(crate) trait Said<T> {
    /// The error in its own words.
    fn said(self) -> Result<T, String>;
}

impl<T, E: Display> Said<T> for Result<T, E> {
    fn said(self) -> Result<T, String> {
        self.map_err(|error| error.to_string())
    }
}

/// One request and its answer.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    /// Body of the request.
    pub(crate) request: Vec<u8>,
    /// Body of the answer.
    pub(crate) answer: Vec<u8>,
}

struct Recorder {
    http: HttpTransport,
    exchanges: RefCell<Vec<Exchange>>,
}

impl Transport for Recorder {
    async fn post(&self, path: &str, body: Vec<u8>) -> Result<Vec<u8>, TransportError> {
        let answer = self.http.post(path, body.clone()).await?;
        self.exchanges.borrow_mut().push(Exchange { request: body, answer: answer.clone() });
        Ok(answer)
    }
}

/// A device with its home and its warm connection.
pub(crate) struct Device {
    /// The open vault.
    pub(crate) vault: Vault,
    link: Recorder,
}

impl Device {
    /// Where its home is.
    pub(crate) fn home(&self) -> PathBuf {
        self.vault.home().to_owned()
    }

    /// Closes the home and opens it again; gives how long the opening took.
    pub(crate) fn reopen(self) -> Result<(Self, Duration), String> {
        let (home, link) = (self.home(), self.link);
        drop(self.vault);
        let started = Instant::now();
        let vault = Vault::open(&home, &passphrase()).said()?;
        Ok((Self { vault, link }, started.elapsed()))
    }

    /// Records one screening as it was drawn; gives the screening's record and how many records there are now.
    pub(crate) fn record(&mut self, input: &ScreeningInput) -> Result<(RecordId, u64), String> {
        let recorded = self.vault.record_screening(&input.screening, &input.persons, input.decision.clone()).said()?;
        Ok((recorded.screening, 1 + recorded.persons.len() as u64))
    }
}

/// The passphrase of every home.
pub(crate) fn passphrase() -> Passphrase {
    Passphrase::new("four random words here")
}

/// The next screening, ready to be recorded.
pub(crate) fn drawn(screenings: &mut Screenings) -> Result<ScreeningInput, String> {
    serde_json::from_value(screenings.draw().input).said()
}

/// The server and the founding desk.
pub(crate) struct Committee {
    runtime: tokio::runtime::Runtime,
    server: Option<ServerProcess>,
    folder: PathBuf,
    devices: u32,
    /// The founding desk.
    pub(crate) desk: Device,
}

impl Committee {
    /// Starts a server and a space in a new folder below `target`.
    pub(crate) fn new(name: &str) -> Result<Self, String> {
        let folder = crate::process::target().join("bench").join(name);
        if folder.exists() {
            std::fs::remove_dir_all(&folder).said()?;
        }
        std::fs::create_dir_all(&folder).said()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().said()?;
        let server = ServerProcess::start(&folder.join("server"))?;
        let mut vault = Vault::create_at_floor(&folder.join("desk"), &passphrase(), "Desk").said()?;
        vault.create_space(Some(&server.card)).said()?;
        let desk = device(vault)?;
        let mut committee = Self { runtime, server: Some(server), folder, devices: 0, desk };
        committee.sync_desk()?;
        Ok(committee)
    }

    /// A new device that the desk admits. It has not synced yet.
    pub(crate) fn admit(&mut self, role: Role) -> Result<Device, String> {
        self.devices += 1;
        let name = format!("{} {}", role.name(), self.devices);
        let home = self.folder.join(format!("device-{}", self.devices));
        let mut vault = Vault::create_at_floor(&home, &passphrase(), &name).said()?;
        let welcome = self.desk.vault.admit(&vault.join_request().said()?, role, &name).said()?;
        let invitation = vault.second_code(&welcome).said()?;
        vault.join(invitation.seen_face_to_face()).said()?;
        self.sync_desk()?;
        device(vault)
    }

    /// Puts a device on duty: identities of persons recorded from now on are sealed to it.
    pub(crate) fn put_on_duty(&mut self, device: &Device) -> Result<(), String> {
        self.desk.vault.set_intake(&[device.vault.device()]).said()?;
        self.sync_desk()
    }

    /// Syncs a device until nothing is left; gives what it reports and every body that passed.
    pub(crate) fn sync(&self, device: &mut Device) -> Result<(SyncReport, Vec<Exchange>), String> {
        sync(&self.runtime, device)
    }

    fn sync_desk(&mut self) -> Result<(), String> {
        sync(&self.runtime, &mut self.desk).map(drop)
    }
}

impl Drop for Committee {
    fn drop(&mut self) {
        drop(self.server.take());
        // What is left behind lies below `target`.
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

fn device(vault: Vault) -> Result<Device, String> {
    let card = vault.server().said()?.ok_or("the space has no server")?;
    let http = HttpTransport::new(&card).said()?;
    Ok(Device { vault, link: Recorder { http, exchanges: RefCell::default() } })
}

fn sync(runtime: &tokio::runtime::Runtime, device: &mut Device) -> Result<(SyncReport, Vec<Exchange>), String> {
    let options = SyncOptions { attempts: 1, ..SyncOptions::default() };
    let report = runtime.block_on(device.vault.sync(&device.link, &options, &mut |_| {}, &Cancel::new())).said()?;
    if report.set_aside > 0 || report.parked > 0 {
        return Err(format!("{} writes were set aside and {} parked", report.set_aside, report.parked));
    }
    Ok((report, device.link.exchanges.take()))
}
