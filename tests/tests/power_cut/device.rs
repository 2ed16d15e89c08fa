//! A device's life on tape, and what must be true of its home after a cut at any moment of it.

use crate::disk::{self, Disk, Random};
use crate::line::{self, Line, field, person, screening, sighting, words};
use crate::tape::{Recording, Step, Tree, lay_out, tree};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use vigil_core::records::{EventBody, LongText, Outcome, ShortText};
use vigil_core::{
    Choice, ListQuery, Proposal, RecordId, Role, ScreeningDraft, Status, SyncState, Vault, VigilError, measure,
};
use vigil_protocol::Batch;
use vigil_tests::{Device, Folder, admit_by, passphrase};

/// What a person can see on a device.
#[derive(Clone, PartialEq, Eq)]
struct Visible {
    /// Each record, without how far it has been sent.
    records: BTreeMap<String, String>,
    drafts: Vec<String>,
    /// How the device stands, and how far each record has been sent.
    standing: String,
}

impl Visible {
    fn of(vault: &Vault) -> Self {
        let rows = vault.list(&ListQuery { limit: 1000, ..ListQuery::default() }).unwrap();
        let mut sent = Vec::new();
        let records = rows.into_iter().map(|row| {
            let view = vault.show(&RecordId::from_hex(&row.id).unwrap()).unwrap();
            let mut json = serde_json::to_value(&view).unwrap();
            sent.push(json["summary"]["sync"].take());
            (row.id, json.to_string())
        });
        let records = records.collect();
        let drafts = vault.drafts().unwrap().into_iter().map(|(_, draft)| serde_json::to_string(&draft).unwrap());
        // The days that are left are a matter of the clock, not of what was written.
        let standing = vault.status().map(|status| Status { lease_days: None, certificate_days: None, ..status });
        Self { records, drafts: drafts.collect(), standing: format!("{standing:?} {sent:?}") }
    }
}

/// Something that was asked of the device and acknowledged.
struct Act {
    name: &'static str,
    /// Whether it happens in one moment. A sync does not: each of its steps is whole.
    at_once: bool,
    /// What was there afterwards.
    visible: Visible,
}

/// A device's life.
pub(crate) struct Story {
    pub(crate) steps: Vec<Step>,
    acts: Vec<Act>,
    /// The server's files from each of these steps on.
    server: Vec<(usize, Tree)>,
}

/// A desk from its first start on: it records, edits, decides, settles, lets go, admits, assigns, removes and syncs, is
/// locked in between, and writes enough for its log to be emptied on the way.
pub(crate) fn life_of_a_desk() -> Story {
    vigil_core::wipe_freed_memory();
    let server = Folder::new("power-server");
    let engine = line::engine(server.path());
    let folder = Folder::new("power-desk");
    let recording = Recording::start(folder.path());
    let files = RefCell::new(Vec::new());
    let keep = || files.borrow_mut().push((recording.length(), tree(server.path())));
    let line = Line { engine: &engine, look: &keep };
    keep();
    let acts = RefCell::new(Vec::new());
    let done = |name, at_once, vault: &Vault| {
        recording.acknowledge();
        acts.borrow_mut().push(Act { name, at_once, visible: Visible::of(vault) });
    };
    let mut desk = Device::create_in(folder, "Desk");
    done("a home", true, desk.vault());
    desk.vault().create_space(Some(&line::card(&engine))).unwrap();
    done("a space", true, desk.vault());
    let first = desk.vault().record_screening(&screening("first"), &[person("Sunita Tamang")], None).unwrap();
    done("a screening with a person", true, desk.vault());
    let mut monitor = admit_by(&mut desk, "Monitor", Role::Monitor);
    done("a device admitted", true, desk.vault());
    let mut colleague = admit_by(&mut desk, "Officer", Role::Officer);
    let officer = colleague.id();
    done("an officer admitted", true, desk.vault());
    line.sync(desk.vault()).unwrap();
    done("a first sync", false, desk.vault());
    desk.vault().edit(&first.persons[0], &[(field("address"), words("Ward 4"))]).unwrap();
    done("an edit", true, desk.vault());
    let referred = Outcome::Referred { to: ShortText::new("shelter").unwrap() };
    desk.vault().decide(&first.screening, referred).unwrap();
    done("a decision", true, desk.vault());
    let mut draft = ScreeningDraft { screening: screening("in progress"), persons: Vec::new() };
    let id = desk.vault().start_screening(&draft).unwrap();
    done("a screening begun", true, desk.vault());
    draft.screening.answers.insert("threats".into(), "no".into());
    desk.vault().update_draft(&id, &draft).unwrap();
    done("an answer", true, desk.vault());
    let second = desk.vault().finish_screening(&id, None).unwrap();
    done("a screening finished", true, desk.vault());
    desk.restart();
    done("locked and opened", true, desk.vault());

    let shared = monitor.vault().record_sighting(&sighting("three girls")).unwrap();
    line.sync(monitor.vault()).unwrap();
    line.sync(desk.vault()).unwrap();
    done("a sync that brings a record", false, desk.vault());
    monitor.vault().edit(&shared, &[(field("description"), words("four girls"))]).unwrap();
    desk.vault().edit(&shared, &[(field("description"), words("five girls"))]).unwrap();
    done("an edit of another's record", true, desk.vault());
    line.sync(monitor.vault()).unwrap();
    line.sync(desk.vault()).unwrap();
    done("a sync that brings a conflict", false, desk.vault());
    desk.vault().settle(&shared, &field("description"), Choice::Number(0)).unwrap();
    done("a conflict settled", true, desk.vault());
    let let_go = desk.vault().record_screening(&screening("later let go"), &[person("Karuna Lama")], None).unwrap();
    done("another screening with a person", true, desk.vault());
    line.sync(desk.vault()).unwrap();
    done("a third sync", false, desk.vault());
    desk.vault().decide(&let_go.screening, Outcome::LetGo).unwrap();
    done("somebody let go", true, desk.vault());
    desk.vault().assign(&second.screening, &[officer]).unwrap();
    done("a record assigned", true, desk.vault());
    let before = recording.length();
    for number in 0..16 {
        desk.vault().edit(&second.screening, &[(field("observations"), words(&format!("note {number}")))]).unwrap();
        done("one edit of many", true, desk.vault());
    }
    let database = measure::database_of(desk.vault());
    let database = database.strip_prefix(desk.folder.path()).unwrap().to_string_lossy().into_owned();
    assert!(recording.synced_since(before, &database), "the log was not emptied into the database on the way");
    desk.vault().suspend(&monitor.id()).unwrap();
    done("a device suspended", true, desk.vault());
    let motion = desk.vault().propose(Proposal::Remove(monitor.id())).unwrap();
    done("a removal moved", true, desk.vault());
    line.sync(desk.vault()).unwrap();
    done("a sync before somebody seconds it", false, desk.vault());
    line.sync(colleague.vault()).unwrap();
    colleague.vault().second(&motion).unwrap();
    line.sync(colleague.vault()).unwrap();
    line.sync(desk.vault()).unwrap();
    done("a sync that brings who seconds it", false, desk.vault());
    desk.vault().carry_out(&motion).unwrap();
    done("a device removed", true, desk.vault());
    line.sync(desk.vault()).unwrap();
    done("a last sync", false, desk.vault());
    let id = desk.vault().start_screening(&draft).unwrap();
    done("another screening begun", true, desk.vault());
    desk.vault().discard_draft(&id).unwrap();
    done("a screening thrown away", true, desk.vault());
    desk.restart();
    done("locked and opened again", true, desk.vault());
    desk.vault().move_store().unwrap();
    done("moved to a new file", true, desk.vault());
    desk.vault().change_passphrase(&passphrase()).unwrap();
    done("a passphrase changed", true, desk.vault());
    desk.vault().record_sighting(&sighting("the last one")).unwrap();
    done("a sighting", true, desk.vault());
    desk.lock();
    Story { steps: recording.finish(), acts: acts.into_inner(), server: files.into_inner() }
}

/// A volunteer, who hands over what she recorded and keeps nothing of it but what she may add later.
pub(crate) fn life_of_a_volunteer() -> Story {
    vigil_core::wipe_freed_memory();
    let server = Folder::new("power-server");
    let engine = line::engine(server.path());
    let mut desk = Device::create("Desk");
    desk.vault().create_space(Some(&line::card(&engine))).unwrap();
    let folder = Folder::new("power-volunteer");
    let recording = Recording::start(folder.path());
    let files = RefCell::new(Vec::new());
    let keep = || files.borrow_mut().push((recording.length(), tree(server.path())));
    let line = Line { engine: &engine, look: &keep };
    keep();
    let acts = RefCell::new(Vec::new());
    let done = |name, at_once, vault: &Vault| {
        recording.acknowledge();
        acts.borrow_mut().push(Act { name, at_once, visible: Visible::of(vault) });
    };
    let mut volunteer = Device::create_in(folder, "Volunteer");
    done("a home", true, volunteer.vault());
    let request = volunteer.vault().join_request().unwrap();
    let welcome = desk.vault().admit(&request, Role::Volunteer, "Volunteer").unwrap();
    vigil_tests::join(&mut volunteer, &welcome).unwrap();
    done("joined", true, volunteer.vault());
    line.sync(desk.vault()).unwrap();
    line.sync(volunteer.vault()).unwrap();
    done("a first sync", false, volunteer.vault());
    let first = volunteer.vault().record_screening(&screening("first"), &[person("Sunita Tamang")], None).unwrap();
    done("a screening with a person", true, volunteer.vault());
    line.sync(volunteer.vault()).unwrap();
    done("handed over", false, volunteer.vault());
    for number in 0..6 {
        let text = LongText::new(format!("Sunita said so, {number}")).unwrap();
        volunteer.vault().add_event(&first.screening, EventBody::Addendum { text }).unwrap();
        done("what came to mind", true, volunteer.vault());
    }
    line.sync(volunteer.vault()).unwrap();
    done("that handed over, too", false, volunteer.vault());
    volunteer.vault().record_screening(&screening("second"), &[person("Sunita Rai")], None).unwrap();
    done("another screening", true, volunteer.vault());
    line.sync(volunteer.vault()).unwrap();
    done("handed over as well", false, volunteer.vault());
    line.sync(desk.vault()).unwrap();
    line.sync(volunteer.vault()).unwrap();
    done("received", false, volunteer.vault());
    volunteer.lock();
    Story { steps: recording.finish(), acts: acts.into_inner(), server: files.into_inner() }
}

/// Whether the device has words of a record whose content it says is gone.
fn keeps_what_is_gone(vault: &Vault) -> bool {
    let rows = vault.list(&ListQuery { limit: 1000, ..ListQuery::default() }).unwrap();
    let gone = !rows.is_empty() && rows.iter().all(|row| row.gone.is_some() && row.sync != SyncState::Waiting);
    let has = |piece: &Vec<u8>| piece.windows(6).any(|window| window == b"Sunita");
    gone && vigil_core::readable::everything(vault).unwrap().iter().any(has)
}

impl Story {
    /// Cuts the power after this many steps and opens what is left. Says what is wrong, if anything is.
    pub(crate) fn cut(&self, at: usize, seed: u64, disk: Disk) -> Result<(), String> {
        let mut random = Random(seed);
        let steps = &self.steps[..at];
        let mut left = disk::after_cut(steps, disk, &mut random);
        if random.below(5) == 0 {
            left = cut_again(&left, disk, &mut random);
        }
        let folder = Folder::new("power-cut");
        lay_out(&left, folder.path());
        let home = folder.path().join("home");
        let acknowledged = steps.iter().filter(|step| matches!(step, Step::Acknowledged)).count();
        let next = self.acts.get(acknowledged);
        let Some(last) = acknowledged.checked_sub(1).and_then(|number| self.acts.get(number)) else {
            // No home was promised yet: there is a whole one, or one can be made.
            return open_or_create(&home)
                .map(|_| ())
                .map_err(|error| format!("no home and none can be made: {}", error.code()));
        };
        let context = |what: String| format!("after \"{}\": {what}", last.name);
        self.check(&home, last, next, at, &mut random).map_err(context)
    }

    fn check(&self, home: &Path, last: &Act, next: Option<&Act>, at: usize, random: &mut Random) -> Result<(), String> {
        if random.below(8) == 0 {
            // Nothing acknowledged depends on the sealed copies (ADR 0004).
            for name in ["sealed.db", "sealed.db-wal", "sealed.db-shm"] {
                std::fs::remove_file(home.join(name)).ok();
            }
        }
        let said = |error: VigilError| format!("{error} ({})", error.code());
        let mut vault = Vault::open(home, &passphrase()).map_err(said)?;
        let damage = measure::damage_of(&vault).map_err(said)?;
        if !damage.is_empty() {
            return Err(damage.join("; "));
        }
        let found = Visible::of(&vault);
        if keeps_what_is_gone(&vault) {
            return Err("a handed over record left words behind".to_owned());
        }
        let fits = found == last.visible
            || next.is_some_and(|next| found == next.visible || (!next.at_once && between(&found, last, next)));
        if !fits {
            let next = next.map_or("the end", |next| next.name);
            return Err(format!("something acknowledged is gone, or \"{next}\" is half done: {}", found.standing));
        }
        let Ok(status) = vault.status() else { return Ok(()) };
        let copies = vault.sealed_copies().map_err(said)?;
        if copies.len() as u64 != status.waiting || copies.iter().any(|copy| Batch::from_bytes(copy).is_err()) {
            return Err(format!("{} copies for {} saves", copies.len(), status.waiting));
        }
        // The device goes on.
        let new = vault.record_sighting(&sighting("after the cut")).map_err(said)?;
        if random.below(3) == 0 {
            self.sync(&mut vault, at)?;
            let kept = Visible::of(&vault).records;
            if !kept.contains_key(&new.to_string()) || found.records.keys().any(|record| !kept.contains_key(record)) {
                return Err("the first sync after the cut takes something away".to_owned());
            }
        }
        Ok(())
    }

    /// The first sync after the cut, with the server as it was at that moment.
    fn sync(&self, vault: &mut Vault, at: usize) -> Result<(), String> {
        let (_, files) = self.server.iter().rfind(|(from, _)| *from <= at).unwrap();
        let folder = Folder::new("power-cut-server");
        lay_out(files, folder.path());
        let engine = line::engine(folder.path());
        let line = Line { engine: &engine, look: &|| {} };
        line.sync(vault).map_err(|error| format!("the first sync after the cut: {error} ({})", error.code()))?;
        let status = vault.status().unwrap();
        if status.waiting + status.set_aside > 0 || !status.suspended_authors.is_empty() || !status.parked.is_empty() {
            return Err(format!("after the first sync: {status:?}"));
        }
        Ok(())
    }
}

fn open_or_create(home: &Path) -> Result<Vault, VigilError> {
    match Vault::open(home, &passphrase()) {
        Err(VigilError::NoHome) => Vault::create_at_floor(home, &passphrase(), "Desk"),
        other => other,
    }
}

/// The power goes again while the device is opened for the first time after a cut.
fn cut_again(left: &Tree, disk: Disk, random: &mut Random) -> Tree {
    let folder = Folder::new("power-cut-again");
    lay_out(left, folder.path());
    let recording = Recording::start(folder.path());
    let start = recording.length();
    drop(open_or_create(&folder.path().join("home")));
    let steps = recording.finish();
    disk::after_cut(&steps[..start + random.below(steps.len() - start + 1)], disk, random)
}

/// Whether each record is as it was before or as it is after, and nothing is gone that stays.
fn between(found: &Visible, last: &Act, next: &Act) -> bool {
    let (before, after) = (&last.visible.records, &next.visible.records);
    let known = found.records.iter().all(|(id, view)| before.get(id) == Some(view) || after.get(id) == Some(view));
    let kept = before.keys().filter(|id| after.contains_key(*id)).all(|id| found.records.contains_key(id));
    known && kept && (found.drafts == last.visible.drafts || found.drafts == next.visible.drafts)
}
