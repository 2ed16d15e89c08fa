//! A server's life on tape, and what must be true of its data after a cut at any moment of it: what it answered for is
//! there, and its devices go on as if nothing had happened.

use crate::disk::{self, Disk, Random};
use crate::line::{self, Line, field, person, screening, sighting, words};
use crate::tape::{Recording, Step, Tree, lay_out, tree};
use std::cell::RefCell;
use std::collections::BTreeMap;
use vigil_core::records::Outcome;
use vigil_core::{RecordId, Role, Vault, VigilError};
use vigil_sync_server::{Engine, ServerConfig};
use vigil_tests::{Device, Folder, admit_by, passphrase};

/// What the desk must be able to read of each record, or that it must not be there any more.
type Promised = BTreeMap<RecordId, Option<String>>;

/// How things stand from some step on.
#[derive(Clone)]
struct Moment {
    from: usize,
    /// The devices' homes.
    desk: Tree,
    monitor: Tree,
    promised: Promised,
}

/// A server's life.
pub(crate) struct Story {
    pub(crate) steps: Vec<Step>,
    identity: Vec<u8>,
    moments: Vec<Moment>,
}

/// A server from its first start on: two devices push, one erases, and the server is stopped and started in between.
pub(crate) fn life_of_a_server() -> Story {
    vigil_core::wipe_freed_memory();
    let folder = Folder::new("power-server-tape");
    let recording = Recording::start(folder.path());
    let data = folder.path().join("data");
    let engine = line::engine(&data);
    let identity = engine.identity().as_bytes().to_vec();
    let mut desk = Device::create("Desk");
    desk.vault().create_space(Some(&line::card(&engine))).unwrap();
    let mut monitor = admit_by(&mut desk, "Monitor", Role::Monitor);
    // With what stands in for their hardware, beside their homes.
    let (desk_files, monitor_files) = (desk.folder.path().to_owned(), monitor.folder.path().to_owned());
    let (moments, promised) = (RefCell::new(Vec::new()), RefCell::new(Promised::new()));
    let keep = || {
        let (desk, monitor) = (tree(&desk_files), tree(&monitor_files));
        let promised = promised.borrow().clone();
        moments.borrow_mut().push(Moment { from: recording.length(), desk, monitor, promised });
    };
    let promise = |record: &RecordId, text: Option<&str>| {
        promised.borrow_mut().insert(*record, text.map(str::to_owned));
        keep();
    };
    keep();
    let first_life = Line { engine: &engine, look: &keep };
    first_life.sync(desk.vault()).unwrap();
    let seen = monitor.vault().record_sighting(&sighting("first")).unwrap();
    first_life.sync(monitor.vault()).unwrap();
    promise(&seen, Some("first"));
    monitor.vault().edit(&seen, &[(field("description"), words("corrected"))]).unwrap();
    first_life.sync(monitor.vault()).unwrap();
    promise(&seen, Some("corrected"));
    let recorded = monitor.vault().record_screening(&screening("a note"), &[person("Karuna Lama")], None).unwrap();
    first_life.sync(monitor.vault()).unwrap();
    promise(&recorded.persons[0], Some("Karuna Lama"));
    first_life.sync(desk.vault()).unwrap();
    engine.checkpoint().unwrap();
    drop(engine);
    let engine = line::engine(&data);
    let second_life = Line { engine: &engine, look: &keep };
    let own = desk.vault().record_sighting(&sighting("by the desk")).unwrap();
    second_life.sync(desk.vault()).unwrap();
    promise(&own, Some("by the desk"));
    desk.vault().decide(&recorded.screening, Outcome::LetGo).unwrap();
    second_life.sync(desk.vault()).unwrap();
    promise(&recorded.persons[0], None);
    for number in 0..6 {
        let note = format!("number {number}");
        let seen = monitor.vault().record_sighting(&sighting(&note)).unwrap();
        second_life.sync(monitor.vault()).unwrap();
        promise(&seen, Some(&note));
    }
    drop(engine);
    Story { steps: recording.finish(), identity, moments: moments.into_inner() }
}

impl Story {
    /// Cuts the power after this many steps and starts the server on what is left. Says what is wrong, if anything is.
    pub(crate) fn cut(&self, at: usize, seed: u64, disk: Disk) -> Result<(), String> {
        let folder = Folder::new("power-cut-data");
        lay_out(&disk::after_cut(&self.steps[..at], disk, &mut Random(seed)), folder.path());
        let engine = Engine::open(&ServerConfig::loopback(folder.path().join("data")))
            .map_err(|error| format!("the server does not start: {error}"))?;
        let Some(moment) = self.moments.iter().rfind(|moment| moment.from <= at) else { return Ok(()) };
        if engine.identity().as_bytes().as_slice() != self.identity {
            return Err("the server has another key than its card says".to_owned());
        }
        let line = Line { engine: &engine, look: &|| {} };
        let open = |files: &Tree, name: &str| {
            let place = folder.path().join(name);
            std::fs::create_dir(&place).unwrap();
            lay_out(files, &place);
            Vault::open(&place.join("home"), &passphrase()).unwrap()
        };
        let mut vaults = [open(&moment.desk, "desk"), open(&moment.monitor, "monitor")];
        for who in [0, 1, 0] {
            let vault = &mut vaults[who];
            line.sync(vault).map_err(|error| format!("a device cannot sync: {error} ({})", error.code()))?;
            let status = vault.status().unwrap();
            if status.waiting + status.set_aside > 0
                || !status.suspended_authors.is_empty()
                || !status.parked.is_empty()
            {
                return Err(format!("after a sync: {status:?}"));
            }
        }
        for record in moment.promised.keys() {
            let fields = match vaults[0].show(record) {
                Ok(view) => Some(serde_json::to_string(&view.fields).unwrap()),
                Err(VigilError::NotFound { .. }) => None,
                Err(error) => return Err(format!("a record cannot be read: {error}")),
            };
            // As it was promised, or as it was promised next: that may have been on its way already.
            let later = self.moments.iter().filter(|later| later.from >= moment.from);
            let fits = later.filter_map(|later| later.promised.get(record)).any(|promised| match (promised, &fields) {
                (Some(text), Some(fields)) => fields.contains(text.as_str()),
                (promised, fields) => promised.is_none() && fields.is_none(),
            });
            if !fits {
                return Err(format!("a record is lost, old or back: {fields:?}"));
            }
        }
        Ok(())
    }
}
