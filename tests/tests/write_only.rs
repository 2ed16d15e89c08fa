//! Write-only reporting: what was handed over is gone from the device that wrote it, nothing of it is lost, and a crash at
//! any moment changes neither.
#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use vigil_core::records::{Agreement, EventBody, FieldName, FieldValue, LongText, Outcome};
use vigil_core::{
    Clock, Gone, ListQuery, NewPerson, NewScreening, NewSighting, RecordId, RecordView, Recorded, Role, ScreeningDraft,
    SyncState, Timestamp, Vault, VigilError, readable,
};
use vigil_sync_server::{Engine, ServerConfig};
use vigil_tests::{Committee, Device, Fault, Folder, at_floor, passphrase};

const NAMES: [&str; 6] = ["Sunita", "9841000001", "Kakarvitta", "brother waits outside", "सुनिता", "Jhapa road"];

fn screening() -> NewScreening {
    let json = serde_json::json!({
        "station": "Kakarvitta", "started_at": 1_795_000_000_000_i64, "minutes": 7, "people": 2, "age_band": "adult",
        "sex": "female", "instrument": "border_interception@1", "answers": {"debt_bondage": "yes"},
        "observations": "brother waits outside",
    });
    serde_json::from_value(json).unwrap()
}

fn person() -> NewPerson {
    let json = serde_json::json!({
        "role": "traveller", "name": "Sunita सुनिता", "phone": "+977-9841000001", "address": "Jhapa road",
    });
    serde_json::from_value(json).unwrap()
}

fn record(device: &mut Device) -> Recorded {
    let intercepted = Some(Outcome::Intercepted { agreement: Agreement::Agreed });
    device.vault().record_screening(&screening(), &[person()], intercepted).unwrap()
}

fn addendum(words: &str) -> EventBody {
    EventBody::Addendum { text: LongText::new(words).unwrap() }
}

/// Which of the names any cell of the device's opened database, or any item that opens with its keys, contains.
fn readable_names(vault: &Vault) -> Vec<&'static str> {
    let pieces = readable::everything(vault).unwrap();
    let has =
        |name: &&str| pieces.iter().any(|piece| piece.windows(name.len()).any(|window| window == name.as_bytes()));
    NAMES.into_iter().filter(has).collect()
}

fn row(device: &mut Device, record: &RecordId) -> vigil_core::RecordSummary {
    let rows = device.vault().list(&ListQuery::default()).unwrap();
    rows.into_iter().find(|row| row.id == record.to_string()).unwrap()
}

fn shown(view: &RecordView, name: &str) -> String {
    view.fields.iter().find(|field| field.name == name).map(|field| field.value.to_string()).unwrap_or_default()
}

/// A committee with a volunteer who has met its server.
fn committee() -> (Committee, Device) {
    let mut committee = Committee::new();
    let mut volunteer = committee.admit("Volunteer", Role::Volunteer);
    committee.sync_desk().unwrap();
    committee.sync(&mut volunteer).unwrap();
    (committee, volunteer)
}

/// What holds on a volunteer's device once everything was acknowledged.
fn holds_stubs_only(volunteer: &mut Device, recorded: &Recorded) {
    assert_eq!(readable_names(volunteer.vault()), [""; 0]);
    for record in [recorded.screening, recorded.persons[0]] {
        let stub = row(volunteer, &record);
        assert_eq!((stub.gone, stub.sync), (Some(Gone::HandedOver), SyncState::Sent));
        assert_eq!((stub.place, stub.outcome, stub.points), (None, None, None));
        assert_eq!(stub.created_at % 3_600_000, 0);
        let view = volunteer.vault().show(&record).unwrap();
        assert!(view.fields.is_empty() && view.events.is_empty() && view.linked.is_empty());
    }
    let status = volunteer.vault().status().unwrap();
    assert_eq!((status.records, status.handed_over, status.waiting, status.unreceived), (0, 2, 0, 1));
    assert!(volunteer.vault().sealed_copies().unwrap().is_empty());
}

#[test]
fn what_a_volunteer_handed_over_is_on_her_device_in_no_column_and_at_the_desk_in_full() {
    let (mut committee, mut volunteer) = committee();
    let recorded = record(&mut volunteer);
    // The positive control: the same search finds everything as long as it is here.
    assert_eq!(readable_names(volunteer.vault()), NAMES);
    committee.sync(&mut volunteer).unwrap();
    holds_stubs_only(&mut volunteer, &recorded);
    for name in NAMES {
        assert!(volunteer.vault().search(name, 10).unwrap().is_empty());
    }
    volunteer.restart();
    holds_stubs_only(&mut volunteer, &recorded);
    // What is gone looks handed over, not lost, and nothing can be changed by mistake.
    let edit = [(FieldName::new("note").unwrap(), Some(FieldValue::Text("x".into())))];
    assert!(matches!(volunteer.vault().edit(&recorded.screening, &edit), Err(VigilError::NotAllowed { .. })));
    assert!(matches!(
        volunteer.vault().decide(&recorded.screening, Outcome::LetGo),
        Err(VigilError::NotAllowed { .. })
    ));
    committee.sync_desk().unwrap();
    let desk = committee.desk.vault();
    assert_eq!(readable_names(desk), NAMES);
    assert_eq!(shown(&desk.show(&recorded.persons[0]).unwrap(), "phone"), "\"+977-9841000001\"");
    assert_eq!(desk.show(&recorded.screening).unwrap().summary.outcome.as_deref(), Some("intercepted"));
}

#[test]
fn what_is_not_acknowledged_stays_readable_and_so_does_a_draft() {
    let (committee, mut volunteer) = committee();
    let draft = ScreeningDraft { screening: screening(), persons: vec![person()] };
    let draft = volunteer.vault().start_screening(&draft).unwrap();
    let recorded = record(&mut volunteer);
    committee.wire.plan(&[Fault::RequestLost]);
    committee.sync(&mut volunteer).unwrap_err();
    volunteer.restart();
    assert_eq!(row(&mut volunteer, &recorded.screening).gone, None);
    assert_eq!(readable_names(volunteer.vault()), NAMES);
    committee.sync(&mut volunteer).unwrap();
    assert_eq!(row(&mut volunteer, &recorded.screening).gone, Some(Gone::HandedOver));
    assert_eq!(volunteer.vault().draft(&draft).unwrap().persons[0].name.as_deref(), Some("Sunita सुनिता"));
}

#[test]
fn whenever_the_device_dies_the_end_is_the_same() {
    for (fault, dies_open) in [
        (Fault::RequestLost, true),
        (Fault::AnswerLost, true),
        (Fault::AnswerLost, false),
        (Fault::Doubled, true),
        (Fault::None, true),
    ] {
        let (mut committee, mut volunteer) = committee();
        let recorded = record(&mut volunteer);
        committee.wire.plan(&[fault]);
        committee.sync(&mut volunteer).ok();
        if dies_open {
            // Dropped without a word to it, as when the process is killed.
            volunteer.restart();
        }
        committee.sync(&mut volunteer).unwrap();
        holds_stubs_only(&mut volunteer, &recorded);
        committee.sync_desk().unwrap();
        assert_eq!(committee.desk.vault().list(&ListQuery::default()).unwrap().len(), 2, "{fault:?}");
    }
}

#[test]
fn what_fails_after_the_acknowledgement_is_finished_at_the_next_opening() {
    let (mut committee, mut volunteer) = committee();
    let recorded = record(&mut volunteer);
    // The file of the sealed copies cannot be written: the step after the transaction fails.
    let copies = rusqlite::Connection::open(volunteer.folder.path().join("home/sealed.db")).unwrap();
    copies.execute_batch("CREATE TRIGGER stop BEFORE DELETE ON copy BEGIN SELECT raise(ABORT, 'stop'); END").unwrap();
    assert!(committee.sync(&mut volunteer).is_err());
    // The keys and the words are gone all the same: that was one transaction.
    assert_eq!(readable_names(volunteer.vault()), [""; 0]);
    copies.execute_batch("DROP TRIGGER stop").unwrap();
    drop(copies);
    volunteer.restart();
    holds_stubs_only(&mut volunteer, &recorded);
    committee.sync(&mut volunteer).unwrap();
    committee.sync_desk().unwrap();
    assert_eq!(readable_names(committee.desk.vault()), NAMES);
}

#[test]
fn the_sealed_batch_stays_until_a_receipt_of_those_who_opened_it_and_goes_then() {
    let (mut committee, mut volunteer) = committee();
    let recorded = record(&mut volunteer);
    committee.sync(&mut volunteer).unwrap();
    assert_eq!(volunteer.vault().kept_batches().unwrap().len(), 1);
    // A sync alone changes nothing: the server's word is not enough.
    committee.sync(&mut volunteer).unwrap();
    assert_eq!(volunteer.vault().status().unwrap().unreceived, 1);
    let report = committee.sync_desk().unwrap();
    assert_eq!(report.round_trips, 2, "the receipts go out with the same sync");
    committee.sync(&mut volunteer).unwrap();
    assert_eq!(volunteer.vault().status().unwrap().unreceived, 0);
    for record in [recorded.screening, recorded.persons[0]] {
        assert_eq!(row(&mut volunteer, &record).sync, SyncState::Received);
    }
    // Receipts are not receipted: both fall silent.
    let requests = committee.wire.requests.get();
    committee.sync_desk().unwrap();
    committee.sync(&mut volunteer).unwrap();
    committee.sync_desk().unwrap();
    assert_eq!(committee.wire.requests.get() - requests, 3);
}

#[test]
fn receipts_of_several_readers_add_up_where_none_opens_all() {
    let (mut committee, mut volunteer) = committee();
    let mut officer = committee.admit("Officer", Role::Officer);
    let on_duty = officer.id();
    committee.desk.vault().set_intake(&[on_duty]).unwrap();
    committee.sync_desk().unwrap();
    committee.sync(&mut volunteer).unwrap();
    let recorded = record(&mut volunteer);
    committee.sync(&mut volunteer).unwrap();
    committee.sync_desk().unwrap();
    committee.sync(&mut volunteer).unwrap();
    // The desk opened the screening, and nobody the identity yet.
    assert_eq!(row(&mut volunteer, &recorded.screening).sync, SyncState::Received);
    assert_eq!(row(&mut volunteer, &recorded.persons[0]).sync, SyncState::Sent);
    assert_eq!(volunteer.vault().kept_batches().unwrap().len(), 1);
    committee.sync(&mut officer).unwrap();
    committee.sync(&mut volunteer).unwrap();
    assert_eq!(row(&mut volunteer, &recorded.persons[0]).sync, SyncState::Received);
    assert_eq!(volunteer.vault().status().unwrap().unreceived, 0);
}

#[test]
fn a_server_that_forgot_is_given_the_same_bytes_again() {
    let (mut committee, mut volunteer) = committee();
    // A backup of the server, then a screening that only the server has.
    let backup = Folder::new("server-backup");
    committee.wire.engine.checkpoint().unwrap();
    copy(committee.server.path(), backup.path());
    let recorded = record(&mut volunteer);
    committee.sync(&mut volunteer).unwrap();
    holds_stubs_only(&mut volunteer, &recorded);
    committee.wire.engine = Engine::open(&ServerConfig::loopback(backup.path())).unwrap();
    committee.sync_desk().unwrap();
    assert!(committee.desk.vault().list(&ListQuery::default()).unwrap().is_empty());
    // The next thing that she writes shows the gap, and the device closes it by itself.
    volunteer.vault().add_event(&recorded.screening, addendum("his jacket was red")).unwrap();
    committee.sync(&mut volunteer).unwrap();
    committee.sync_desk().unwrap();
    assert_eq!(readable_names(committee.desk.vault()), NAMES);
    committee.sync(&mut volunteer).unwrap();
    assert_eq!(volunteer.vault().status().unwrap().unreceived, 0);
}

#[test]
fn kept_batches_can_be_pushed_again_or_carried_by_hand_when_asked() {
    let (mut committee, mut volunteer) = committee();
    let backup = Folder::new("server-backup");
    committee.wire.engine.checkpoint().unwrap();
    copy(committee.server.path(), backup.path());
    let recorded = record(&mut volunteer);
    committee.sync(&mut volunteer).unwrap();
    let carried = volunteer.vault().kept_batches().unwrap();
    for name in NAMES {
        assert!(carried.iter().all(|batch| !batch.windows(name.len()).any(|window| window == name.as_bytes())));
    }
    committee.wire.engine = Engine::open(&ServerConfig::loopback(backup.path())).unwrap();
    assert_eq!(committee.desk.vault().take_in_copies(&carried).unwrap(), 2);
    assert_eq!(readable_names(committee.desk.vault()), NAMES);
    volunteer.vault().push_again().unwrap();
    committee.sync(&mut volunteer).unwrap();
    let mut second = committee.admit("Second desk", Role::Desk);
    committee.sync_desk().unwrap();
    committee.sync(&mut second).unwrap();
    assert!(second.vault().show(&recorded.screening).is_ok());
    committee.sync(&mut volunteer).unwrap();
    assert_eq!(volunteer.vault().status().unwrap().unreceived, 0);
    assert!(committee.desk.vault().take_in_copies(&[vec![1, 2, 3]]).is_err());
}

#[test]
fn what_comes_to_mind_later_reaches_the_record_and_is_gone_again_from_her_device() {
    let (mut committee, mut volunteer) = committee();
    let recorded = record(&mut volunteer);
    committee.sync(&mut volunteer).unwrap();
    committee.sync_desk().unwrap();
    for (record, words) in [(recorded.screening, "his jacket was red"), (recorded.persons[0], "she is called Jhuma")] {
        volunteer.vault().add_event(&record, addendum(words)).unwrap();
        assert_eq!(row(&mut volunteer, &record).sync, SyncState::Waiting);
        volunteer.restart();
        let pieces = readable::everything(volunteer.vault()).unwrap();
        let has =
            |pieces: &[Vec<u8>]| pieces.iter().any(|piece| piece.windows(words.len()).any(|w| w == words.as_bytes()));
        assert!(has(&pieces), "it waits here");
        committee.sync(&mut volunteer).unwrap();
        assert!(!has(&readable::everything(volunteer.vault()).unwrap()), "{words} is still here");
        committee.sync_desk().unwrap();
        let view = committee.desk.vault().show(&record).unwrap();
        let said = view.events.iter().any(|event| event.body.to_string().contains(words));
        assert!(said, "the desk does not read {words}");
        assert!(!view.fields.is_empty(), "it stands in the record that it belongs to");
        committee.sync(&mut volunteer).unwrap();
        assert_eq!(row(&mut volunteer, &record).sync, SyncState::Received);
    }
    assert_eq!(volunteer.vault().status().unwrap().unreceived, 0);
    for name in ["jacket", "Jhuma"] {
        assert!(!committee.server.contains(name.as_bytes()));
    }
}

#[test]
fn an_addendum_to_an_identity_opens_for_those_on_duty_and_no_other_desk() {
    let (mut committee, mut volunteer) = committee();
    let mut second = committee.admit("Second desk", Role::Desk);
    committee.sync_desk().unwrap();
    let recorded = record(&mut volunteer);
    committee.sync(&mut volunteer).unwrap();
    volunteer.vault().add_event(&recorded.persons[0], addendum("she is called Jhuma")).unwrap();
    committee.sync(&mut volunteer).unwrap();
    committee.sync_desk().unwrap();
    committee.sync(&mut second).unwrap();
    let view = committee.desk.vault().show(&recorded.persons[0]).unwrap();
    assert!(view.events.iter().any(|event| event.body.to_string().contains("Jhuma")));
    assert!(matches!(second.vault().show(&recorded.persons[0]), Err(VigilError::NotFound { .. })));
}

#[test]
fn an_addendum_comes_before_the_record_itself_and_still_finds_its_place() {
    let (mut committee, mut volunteer) = committee();
    let recorded = record(&mut volunteer);
    committee.sync(&mut volunteer).unwrap();
    let first = volunteer.vault().kept_batches().unwrap();
    volunteer.vault().add_event(&recorded.screening, addendum("his jacket was red")).unwrap();
    let later = volunteer.vault().sealed_copies().unwrap();
    committee.desk.vault().take_in_copies(&later).unwrap();
    committee.desk.vault().take_in_copies(&first).unwrap();
    let view = committee.desk.vault().show(&recorded.screening).unwrap();
    assert_eq!(shown(&view, "station"), "\"Kakarvitta\"");
    assert!(view.events.iter().any(|event| event.body.to_string().contains("jacket")));
}

#[test]
fn who_handed_over_by_hand_is_not_refused_when_the_desk_was_at_the_server_first() {
    let (mut committee, mut volunteer) = committee();
    let mut officer = committee.admit("Officer", Role::Officer);
    committee.sync_desk().unwrap();
    let recorded = record(&mut volunteer);
    let copies = volunteer.vault().sealed_copies().unwrap();
    committee.desk.vault().take_in_copies(&copies).unwrap();
    let id = officer.id();
    let edit = [(FieldName::new("minutes").unwrap(), Some(FieldValue::Integer(40)))];
    committee.desk.vault().edit(&recorded.screening, &edit).unwrap();
    committee.desk.vault().assign(&recorded.screening, &[id]).unwrap();
    committee.sync_desk().unwrap();
    let report = committee.sync(&mut volunteer).unwrap();
    assert_eq!((report.sent, report.set_aside), (2, 0));
    holds_stubs_only(&mut volunteer, &recorded);
    committee.sync_desk().unwrap();
    committee.sync(&mut officer).unwrap();
    let view = officer.vault().show(&recorded.screening).unwrap();
    assert_eq!((shown(&view, "station"), shown(&view, "minutes")), ("\"Kakarvitta\"".into(), "40".into()));
}

struct SetClock(AtomicI64);

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }
}

impl vigil_sync_server::ServerClock for SetClock {
    fn now(&self) -> Timestamp {
        Clock::now(self)
    }
}

const DAY: i64 = 24 * 60 * 60 * 1000;
/// Forty days ago: what happens a month after that is not in the future for a server, whose clock is the real one.
fn start() -> i64 {
    static START: std::sync::OnceLock<i64> = std::sync::OnceLock::new();
    *START.get_or_init(|| vigil_core::SystemClock.now().0 - 40 * DAY)
}

/// A device whose clock the test sets.
fn with_clock(name: &str) -> (Device, Arc<SetClock>) {
    let folder = Folder::new(name);
    let clock = Arc::new(SetClock(AtomicI64::new(start())));
    let vault = Vault::create_with(&folder.path().join("home"), &passphrase(), name, &at_floor(clock.clone())).unwrap();
    (Device { folder, vault: Some(vault) }, clock)
}

fn reopen(device: &mut Device, clock: &Arc<SetClock>) {
    device.vault = None;
    let home = device.folder.path().join("home");
    device.vault = Some(Vault::open_with(&home, &passphrase(), &at_floor(clock.clone())).unwrap());
}

#[test]
fn a_monitor_keeps_a_month_by_the_clocks_of_others_and_a_jump_of_its_own_destroys_nothing() {
    let (mut committee, desk_clock) = {
        let (desk, clock) = with_clock("Desk with a clock");
        let mut committee = Committee::with_server_clock(clock.clone());
        let card = committee.desk.vault().server().unwrap().unwrap();
        committee.desk = desk;
        committee.desk.vault().create_space(Some(&vigil_sync_server::card_to_text(&card))).unwrap();
        (committee, clock)
    };
    let (mut monitor, clock) = with_clock("Monitor with a clock");
    let request = monitor.vault().join_request().unwrap();
    let welcome = committee.desk.vault().admit(&request, Role::Monitor, "Monitor").unwrap();
    vigil_tests::join(&mut monitor, &welcome).unwrap();
    let sighting = |words: &str| NewSighting {
        place: "Kakarvitta".into(),
        seen_at: Timestamp(start()),
        description: Some(words.into()),
        people: Some(1),
    };
    let sent = monitor.vault().record_sighting(&sighting("Sunita")).unwrap();
    committee.sync_desk().unwrap();
    committee.sync(&mut monitor).unwrap();
    committee.sync_desk().unwrap();
    committee.sync(&mut monitor).unwrap();
    let unsent = monitor.vault().record_sighting(&sighting("not sent yet")).unwrap();
    // Its own clock jumps ten years ahead: nobody else says so, and nothing goes.
    clock.0.store(start() + 3650 * DAY, Ordering::Relaxed);
    reopen(&mut monitor, &clock);
    assert_eq!((row(&mut monitor, &sent).gone, row(&mut monitor, &unsent).gone), (None, None));
    // Others' clocks are ahead, its own stands still: nothing goes either.
    clock.0.store(start(), Ordering::Relaxed);
    desk_clock.0.store(start() + 31 * DAY, Ordering::Relaxed);
    let record = committee.desk.vault().record_sighting(&sighting("at the desk")).unwrap();
    let id = monitor.id();
    committee.desk.vault().assign(&record, &[id]).unwrap();
    committee.sync_desk().unwrap();
    committee.wire.plan(&[Fault::RequestLost]);
    committee.sync(&mut monitor).unwrap_err();
    reopen(&mut monitor, &clock);
    assert_eq!((row(&mut monitor, &sent).gone, row(&mut monitor, &unsent).gone), (None, None));
    // Both agree: what was acknowledged a month ago goes, what was just sent and what is new stays.
    clock.0.store(start() + 31 * DAY, Ordering::Relaxed);
    committee.sync(&mut monitor).unwrap();
    committee.sync(&mut monitor).unwrap();
    assert_eq!(row(&mut monitor, &sent).gone, Some(Gone::Aged));
    assert_eq!(row(&mut monitor, &sent).sync, SyncState::Received);
    assert_eq!((row(&mut monitor, &unsent).gone, row(&mut monitor, &record).gone), (None, None));
    let pieces = readable::everything(monitor.vault()).unwrap();
    assert!(!pieces.iter().any(|piece| piece.windows(6).any(|window| window == b"Sunita")));
    // The desk goes on with it, and nothing of that piles up here.
    let edit = [(FieldName::new("description").unwrap(), Some(FieldValue::Text("Sunita is safe".into())))];
    for _ in 0..2 {
        committee.sync_desk().unwrap();
        committee.desk.vault().edit(&sent, &edit).unwrap();
        committee.sync_desk().unwrap();
        committee.sync(&mut monitor).unwrap();
    }
    assert_eq!(row(&mut monitor, &sent).gone, Some(Gone::Aged));
    assert!(monitor.vault().status().unwrap().parked.is_empty());
}

#[test]
fn an_officer_keeps_what_is_assigned_to_her_and_gets_it_back_whole_when_it_is_again() {
    let mut committee = Committee::new();
    let mut officer = committee.admit("Officer", Role::Officer);
    committee.sync_desk().unwrap();
    committee.sync(&mut officer).unwrap();
    let record = committee.desk.vault().record_screening(&screening(), &[], None).unwrap().screening;
    let (id, desk) = (officer.id(), committee.desk.id());
    committee.desk.vault().assign(&record, &[id]).unwrap();
    committee.sync_desk().unwrap();
    committee.sync(&mut officer).unwrap();
    let edit = [(FieldName::new("minutes").unwrap(), Some(FieldValue::Integer(40)))];
    officer.vault().edit(&record, &edit).unwrap();
    committee.sync(&mut officer).unwrap();
    assert_eq!(row(&mut officer, &record).gone, None, "it is assigned to her");
    committee.desk.vault().assign(&record, &[desk]).unwrap();
    committee.sync_desk().unwrap();
    // Something of hers waits: it goes first.
    let later = [(FieldName::new("people").unwrap(), Some(FieldValue::Integer(3)))];
    officer.vault().edit(&record, &later).unwrap();
    committee.sync(&mut officer).unwrap();
    assert_eq!(row(&mut officer, &record).gone, Some(Gone::Unassigned));
    assert!(readable_names(officer.vault()).is_empty());
    committee.sync_desk().unwrap();
    assert_eq!(shown(&committee.desk.vault().show(&record).unwrap(), "people"), "3");
    assert_eq!(readable_names(committee.desk.vault()), ["Kakarvitta", "brother waits outside"]);
    // Assigned again, she reads it again, with her own part.
    committee.desk.vault().assign(&record, &[id]).unwrap();
    committee.sync_desk().unwrap();
    committee.sync(&mut officer).unwrap();
    let (hers, theirs) = (officer.vault().show(&record).unwrap(), committee.desk.vault().show(&record).unwrap());
    assert_eq!((hers.summary.gone, &hers.heads), (None, &theirs.heads));
    assert_eq!((shown(&hers, "minutes"), shown(&hers, "people")), ("40".into(), "3".into()));
    assert!(officer.vault().status().unwrap().parked.is_empty());
}

#[test]
fn an_identity_that_the_log_assigns_to_nobody_stays_with_who_can_open_it() {
    let (mut committee, mut volunteer) = committee();
    let mut officer = committee.admit("Officer", Role::Officer);
    let id = officer.id();
    committee.desk.vault().set_intake(&[id]).unwrap();
    committee.sync_desk().unwrap();
    committee.sync(&mut volunteer).unwrap();
    let recorded = record(&mut volunteer);
    committee.sync(&mut volunteer).unwrap();
    committee.sync(&mut officer).unwrap();
    officer.vault().assign(&recorded.persons[0], &[]).unwrap();
    committee.sync(&mut officer).unwrap();
    officer.restart();
    assert_eq!(row(&mut officer, &recorded.persons[0]).gone, None);
    assert!(readable_names(officer.vault()).contains(&"9841000001"));
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() && entry.file_name() != "lock" {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}
