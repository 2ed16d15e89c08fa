//! The order of a read: the event first, durable, and only then the name. Nothing is shown if it cannot be kept.

use super::super::HomeOptions;
use super::*;
use crate::clock::Clock;
use crate::keys::{Passphrase, Stretching};
use crate::records::NewSighting;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

const MINUTE: i64 = 60 * 1000;

struct Hand(AtomicI64);

fn at_floor(clock: Arc<dyn Clock>) -> HomeOptions {
    HomeOptions { stretching: Stretching::Floor, clock, ..HomeOptions::default() }
}

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }
}

struct Desk {
    folder: PathBuf,
    clock: Arc<Hand>,
    vault: Option<Vault>,
    person: RecordId,
}

impl Desk {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("vigil-audit-{name}-{}", std::process::id()));
        std::fs::remove_dir_all(&folder).ok();
        let clock = Arc::new(Hand(AtomicI64::new(1_795_000_000_000)));
        let passphrase = Passphrase::new("four random words");
        let mut vault = Vault::create_with(&folder, &passphrase, "Desk", &at_floor(clock.clone())).unwrap();
        vault.create_space(None).unwrap();
        let name = (FieldName::new("name").unwrap(), FieldValue::from("Maya Rai"));
        let person = vault.record("person", vec![name]).unwrap();
        Self { folder, clock, vault: Some(vault), person }
    }

    fn vault(&mut self) -> &mut Vault {
        self.vault.as_mut().unwrap()
    }

    fn reopen(&mut self) {
        self.vault = None;
        let passphrase = Passphrase::new("four random words");
        self.vault = Some(Vault::open_with(&self.folder, &passphrase, &at_floor(self.clock.clone())).unwrap());
    }

    fn pass(&self, milliseconds: i64) {
        self.clock.0.fetch_add(milliseconds, Ordering::Relaxed);
    }

    /// The reads that lie here, as an auditor would fold them, and in how many records.
    fn reads(&mut self) -> (Trail, usize) {
        let device = self.vault().device;
        let records = audit::of_kind(self.vault().store.read(), AUDIT).unwrap();
        let mut events = Vec::new();
        for record in &records {
            events.extend(self.vault().events_of(record).unwrap());
        }
        let mut trails = trails(events.iter().map(|(id, event)| (*id, &event.event)));
        (trails.remove(&device).unwrap_or_default(), records.len())
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.vault = None;
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

#[test]
fn a_name_is_shown_only_after_its_read_is_kept() {
    let mut desk = Desk::new("first");
    let person = desk.person;
    assert_eq!(desk.reads().0.reads.len(), 0);
    assert!(desk.vault().show(&person).unwrap().fields.iter().any(|field| field.value == "Maya Rai"));
    desk.reopen();
    let (trail, records) = desk.reads();
    assert_eq!((trail.reads.len(), records), (1, 1));
    assert_eq!((trail.reads[0].note.record, trail.reads[0].note.what.as_str()), (person, "identity"));
}

#[test]
fn where_the_read_cannot_be_kept_nothing_is_shown() {
    for (name, pragma) in [("read-only", "PRAGMA query_only = ON"), ("full", "PRAGMA max_page_count = 1")] {
        let mut desk = Desk::new(name);
        let person = desk.person;
        let sighting = NewSighting { place: "Gate".into(), seen_at: Timestamp(0), description: None, people: None };
        let sighting = desk.vault().record_sighting(&sighting).unwrap();
        // Until nothing more fits: some pages of the file may still be free.
        desk.vault().store.read().query_row(pragma, [], |_| Ok(())).ok();
        let mut shown = 0;
        let refused = loop {
            match desk.vault().show(&person) {
                Ok(_) => shown += 1,
                Err(error) => break error,
            }
            assert!(shown < 100, "the disk never filled");
            desk.pass(SAME_READ.as_millis() as i64);
        };
        assert!(matches!(refused, VigilError::Disk { .. }), "{name}: {refused:?}");
        assert!(matches!(desk.vault().export_evidence(&person, true), Err(VigilError::Disk { .. })), "{name}");
        assert!(desk.vault().show(&sighting).is_ok(), "{name}: what names nobody still shows");
        desk.reopen();
        assert_eq!(desk.reads().0.reads.len(), shown, "{name}: every name that was shown was noted, and no other");
        assert!(desk.vault().show(&person).is_ok(), "{name}");
    }
}

#[test]
fn a_kill_between_the_commit_and_the_screen_leaves_an_event_and_never_the_reverse() {
    let mut desk = Desk::new("kill");
    let person = desk.person;
    desk.vault().note_read(&person, ReadClass::Identity, None).unwrap();
    // Here the process dies: nothing was shown, and the event is there.
    desk.reopen();
    assert_eq!(desk.reads().0.reads.len(), 1);
}

#[test]
fn several_reads_within_five_minutes_are_one_and_an_export_is_always_another() {
    let mut desk = Desk::new("same");
    let person = desk.person;
    for _ in 0..3 {
        desk.vault().show(&person).unwrap();
    }
    desk.pass(SAME_READ.as_millis() as i64 - 1);
    desk.reopen();
    desk.vault().show(&person).unwrap();
    assert_eq!(desk.reads().0.reads.len(), 1);
    desk.pass(1);
    desk.vault().show(&person).unwrap();
    assert_eq!(desk.reads().0.reads.len(), 2);
    // A clock that goes back makes no read disappear.
    desk.pass(-MINUTE);
    desk.vault().show(&person).unwrap();
    assert_eq!(desk.reads().0.reads.len(), 3);
    desk.vault().export_evidence(&person, true).unwrap();
    desk.vault().export_evidence(&person, true).unwrap();
    let trail = desk.reads().0;
    assert_eq!(trail.reads.iter().filter(|read| read.note.what.as_str() == "evidence").count(), 2);
    assert!(trail.gaps.is_empty() && trail.forks.is_empty());
}

#[test]
fn the_chain_goes_on_through_months_and_full_records() {
    let mut desk = Desk::new("months");
    let person = desk.person;
    for _ in 0..3 {
        desk.vault().show(&person).unwrap();
        desk.pass(31 * MILLISECONDS_A_DAY);
    }
    let (trail, records) = desk.reads();
    assert_eq!((trail.reads.len(), records), (3, 3));
    for _ in 0..=MAX_READS_A_RECORD {
        desk.vault().note_read(&person, ReadClass::Evidence, None).unwrap();
    }
    let (trail, records) = desk.reads();
    assert_eq!((trail.reads.len(), records), (4 + MAX_READS_A_RECORD as usize, 5));
    assert!(trail.gaps.is_empty() && trail.forks.is_empty());
}

#[test]
fn nobody_writes_reads_by_hand_or_edits_them() {
    let mut desk = Desk::new("hand");
    let person = desk.person;
    desk.vault().show(&person).unwrap();
    let record = audit::of_kind(desk.vault().store.read(), AUDIT).unwrap()[0];
    let (what, previous) = (Code::new("identity").unwrap(), EventId(Hash::NONE));
    let note = ReadNote { record: person, what, purpose: None, previous, number: 9 };
    assert!(matches!(desk.vault().add_event(&record, EventBody::Read(note)), Err(VigilError::Invalid { .. })));
    let month = [(FieldName::new("month").unwrap(), Some(FieldValue::from("2020-01")))];
    assert!(matches!(desk.vault().edit(&record, &month), Err(VigilError::NotAllowed { .. })));
    assert!(matches!(desk.vault().assign(&record, &[]), Err(VigilError::NotAllowed { .. })));
    assert!(desk.vault().list(&crate::ListQuery::default()).unwrap().iter().all(|row| row.kind != AUDIT));
    let shown = desk.vault().show(&record).unwrap();
    assert!(shown.fields.is_empty() && shown.events.is_empty());
}

#[test]
fn nobody_but_an_auditor_erases_what_is_for_auditors() {
    let mut desk = Desk::new("erase");
    let person = desk.person;
    desk.vault().show(&person).unwrap();
    let record = audit::of_kind(desk.vault().store.read(), AUDIT).unwrap()[0];
    let (device, vault) = (desk.vault().device, desk.vault());
    let erase = |record: &RecordId| {
        vault
            .store
            .in_transaction(|tx| crate::sync::erase(tx, vault.space.as_ref(), record, (&device, u64::MAX)))
            .unwrap()
            .ok()
    };
    assert!(erase(&record).is_none(), "not even a desk, nor the device that wrote it");
    assert!(erase(&person).is_some(), "the positive control: a desk erases a case");
    assert_eq!(desk.reads().0.reads.len(), 1);
}

#[test]
fn a_purpose_is_told_and_makes_a_read_of_its_own() {
    let mut desk = Desk::new("purpose");
    let person = desk.person;
    desk.vault().show(&person).unwrap();
    desk.vault().show_for(&person, &Code::new("follow_up").unwrap()).unwrap();
    let purposes: Vec<_> = desk.reads().0.reads.into_iter().map(|read| read.note.purpose).collect();
    assert_eq!(purposes, [None, Some(Code::new("follow_up").unwrap())]);
}

#[test]
fn a_desk_that_has_not_reported_for_a_month_is_silent_until_it_does() {
    let mut desk = Desk::new("silent");
    let (folder, clock) = (desk.folder.join("auditor"), desk.clock.clone());
    let mut auditor = Vault::create_with(&folder, &Passphrase::new("x"), "", &at_floor(clock)).unwrap();
    let welcome = desk.vault().admit(&auditor.join_request().unwrap(), Role::Auditor, "").unwrap();
    auditor.join(auditor.second_code(&welcome).unwrap().seen_face_to_face()).unwrap();
    auditor.take_log_by_hand(&desk.vault().log_by_hand().unwrap()).unwrap();
    let silent = |auditor: &Vault| auditor.audit_trail().unwrap().devices[0].silent;
    assert!(!silent(&auditor));
    desk.pass(SILENT_AFTER.as_millis() as i64 + 1);
    assert!(silent(&auditor));
    let person = desk.person;
    desk.vault().show(&person).unwrap();
    auditor.take_in_copies(&desk.vault().sealed_copies().unwrap()).unwrap();
    assert!(!silent(&auditor));
    desk.pass(SILENT_AFTER.as_millis() as i64 + 1);
    assert!(silent(&auditor));
}

#[test]
fn months_are_called_by_year_and_number() {
    assert_eq!(month(Timestamp(0)), "1970-01");
    assert_eq!(month(Timestamp(1_795_000_000_000)), "2026-11");
    assert_eq!(month(Timestamp(i64::MAX)), "unknown");
}
