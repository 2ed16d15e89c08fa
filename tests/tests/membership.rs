//! Membership by motions, on devices with homes of their own and a real server.
#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use vigil_core::records::{FieldName, FieldValue};
use vigil_core::{
    Admission, Clock, ListQuery, Moment, NewScreening, NewSighting, Policy, Proposal, RecordId, Role, Timestamp, Vault,
    VigilError,
};
use vigil_tests::{Committee, Device, Folder, at_floor, passphrase};

fn sighting(place: &str) -> NewSighting {
    NewSighting { place: place.into(), seen_at: Timestamp(1), description: Some(place.into()), people: None }
}

fn screening(observations: &str) -> NewScreening {
    serde_json::from_value(serde_json::json!({
        "station": "East gate", "started_at": 1_795_000_000_000_i64, "age_band": "adult", "sex": "female",
        "instrument": "border_interception@1", "answers": {}, "observations": observations,
    }))
    .unwrap()
}

fn write(device: &mut Device, record: &RecordId, words: &str) {
    let value = FieldValue::Text(words.to_owned());
    device.vault().edit(record, &[(FieldName::new("description").unwrap(), Some(value))]).unwrap();
}

fn shows(device: &mut Device, record: &RecordId, words: &str) -> bool {
    device.vault().show(record).is_ok_and(|view| view.fields.iter().any(|field| field.value.as_str() == Some(words)))
}

fn state_of(device: &mut Device, motion: &vigil_core::Hash) -> String {
    let views = device.vault().motions().unwrap();
    views.into_iter().find(|view| view.id == motion.to_string()).unwrap().state
}

#[test]
fn a_suspended_monitor_reads_nothing_that_is_written_afterwards() {
    let mut committee = Committee::new();
    let mut monitor = committee.admit("Monitor", Role::Monitor);
    let record = monitor.vault().record_sighting(&sighting("before")).unwrap();
    committee.sync_desk().unwrap();
    committee.sync(&mut monitor).unwrap();
    committee.sync_desk().unwrap();
    // The positive control: until then it reads what the desk writes.
    write(&mut committee.desk, &record, "still hers");
    committee.sync_desk().unwrap();
    committee.sync(&mut monitor).unwrap();
    assert!(shows(&mut monitor, &record, "still hers"));
    committee.desk.vault().suspend(&monitor.id()).unwrap();
    write(&mut committee.desk, &record, "written afterwards");
    committee.sync_desk().unwrap();
    assert!(matches!(committee.sync(&mut monitor), Err(VigilError::Suspended)));
    assert!(shows(&mut monitor, &record, "still hers") && !shows(&mut monitor, &record, "written afterwards"));
    assert!(shows(&mut committee.desk, &record, "written afterwards"));
}

#[test]
fn a_suspended_desk_opens_no_record_that_is_written_before_anybody_rotates() {
    let mut committee = Committee::new();
    let mut officer = committee.admit("Officer", Role::Officer);
    let mut stolen = committee.admit("Stolen", Role::Desk);
    let mut volunteer = committee.admit("Volunteer", Role::Volunteer);
    committee.sync_desk().unwrap();
    for device in [&mut officer, &mut stolen, &mut volunteer] {
        committee.sync(device).unwrap();
    }
    officer.vault().suspend(&stolen.id()).unwrap();
    committee.sync(&mut officer).unwrap();
    // An officer holds no epoch key and could not rotate. The volunteer knows of the suspension and nothing else.
    committee.sync(&mut volunteer).unwrap();
    let recorded = volunteer.vault().record_screening(&screening("after the theft"), &[], None).unwrap();
    let copies = volunteer.vault().sealed_copies().unwrap();
    committee.sync(&mut volunteer).unwrap();
    // Not even the sealed copy, given into its hands, opens there.
    stolen.vault().take_in_copies(&copies).ok();
    assert!(stolen.vault().show(&recorded.screening).is_err());
    committee.sync_desk().unwrap();
    assert!(committee.desk.vault().show(&recorded.screening).is_ok());
    // The next sync of a desk starts a new epoch by itself.
    committee.sync_desk().unwrap();
    committee.sync(&mut volunteer).unwrap();
    let later = volunteer.vault().record_screening(&screening("under the new epoch"), &[], None).unwrap();
    committee.sync(&mut volunteer).unwrap();
    committee.sync_desk().unwrap();
    let mut new_desk = committee.admit("New desk", Role::Desk);
    committee.sync_desk().unwrap();
    committee.sync(&mut new_desk).unwrap();
    assert!(new_desk.vault().show(&later.screening).is_ok());
}

#[test]
fn the_stolen_last_desk_can_be_suspended_and_recording_goes_on() {
    let mut committee = Committee::new();
    let mut officer = committee.admit("Officer", Role::Officer);
    let mut volunteer = committee.admit("Volunteer", Role::Volunteer);
    committee.sync_desk().unwrap();
    committee.sync(&mut officer).unwrap();
    let desk = committee.desk.id();
    officer.vault().suspend(&desk).unwrap();
    committee.sync(&mut officer).unwrap();
    committee.sync(&mut volunteer).unwrap();
    volunteer.vault().record_screening(&screening("nobody holds an epoch"), &[], None).unwrap();
    assert_eq!(committee.sync(&mut volunteer).unwrap().sent, 1);
    assert!(matches!(committee.sync_desk(), Err(VigilError::Suspended)));
}

#[test]
fn a_removal_that_two_persons_carry_is_carried_out_by_the_next_desk_that_syncs() {
    let mut committee = Committee::new();
    let mut volunteer = committee.admit("Volunteer", Role::Volunteer);
    let motions = committee.carried(&[volunteer.id()]);
    assert_eq!(state_of(&mut committee.desk, &motions[0]), "carried");
    assert!(committee.sync(&mut volunteer).is_ok());
    committee.sync_desk().unwrap();
    assert_eq!(state_of(&mut committee.desk, &motions[0]), "carried_out");
    assert!(matches!(committee.sync(&mut volunteer), Err(VigilError::Removed)));
    assert!(matches!(committee.desk.vault().remove_member(&volunteer.id()), Err(VigilError::NotAllowed { .. })));
}

#[test]
fn what_was_moved_offline_keeps_its_meaning_when_others_came_before() {
    let mut committee = Committee::new();
    let mut officer = committee.admit("Officer", Role::Officer);
    let x = committee.admit("X", Role::Volunteer).id();
    committee.sync_desk().unwrap();
    committee.sync(&mut officer).unwrap();
    // Both move the same without knowing of each other: the later one joins the earlier.
    let first = committee.desk.vault().propose(Proposal::Remove(x)).unwrap();
    officer.vault().propose(Proposal::Remove(x)).unwrap();
    committee.sync_desk().unwrap();
    committee.sync(&mut officer).unwrap();
    assert_eq!(officer.vault().motions().unwrap().len(), 1);
    assert_eq!(state_of(&mut officer, &first), "carried");
    // What is moved and objected to behind another's entry keeps its target.
    let y = committee.admit("Y", Role::Monitor).id();
    committee.sync_desk().unwrap();
    committee.sync(&mut officer).unwrap();
    committee.admit("Z", Role::Volunteer);
    officer.vault().suspend(&y).unwrap();
    officer.vault().propose(Proposal::Reinstate(y)).unwrap();
    committee.sync_desk().unwrap();
    committee.sync(&mut officer).unwrap();
    committee.sync_desk().unwrap();
    let members = committee.desk.vault().members().unwrap();
    assert!(members.iter().any(|member| member.suspended && member.device == y.to_string()));
    let motions = committee.desk.vault().motions().unwrap();
    assert!(motions.iter().any(|view| view.kind == "reinstate" && view.state == "open"));
}

#[test]
fn an_admission_behind_anothers_entry_keeps_its_name_area_and_sponsors() {
    let mut committee = Committee::new();
    let mut second = committee.admit("Second", Role::Desk);
    committee.sync_desk().unwrap();
    committee.sync(&mut second).unwrap();
    let mut phone = Device::create("Phone");
    let mut admission = Admission::new(Role::Monitor, "Maya");
    admission.probation = true;
    admission.details.area = "Ward 4".into();
    admission.details.sponsors = vec!["Birendra".into()];
    let request = phone.vault().join_request().unwrap();
    let welcome = second.vault().admit_as(&request, &admission).unwrap();
    vigil_tests::join(&mut phone, &welcome).unwrap();
    committee.admit("First", Role::Volunteer);
    committee.sync_desk().unwrap();
    committee.sync(&mut second).unwrap();
    committee.sync_desk().unwrap();
    let members = committee.desk.vault().members().unwrap();
    let maya = members.iter().find(|member| member.device == phone.id().to_string()).unwrap();
    assert_eq!((maya.name.as_deref(), maya.area.as_deref()), (Some("Maya"), Some("Ward 4")));
    assert!(maya.probation && maya.sponsors == ["Birendra"] && maya.certificate_ends.is_some());
    assert!(!committee.server.contains(b"Maya") && !committee.server.contains(b"Ward 4"));
    committee.sync(&mut phone).unwrap();
    // Nobody names a member on probation for a record.
    let record = committee.desk.vault().record_sighting(&sighting("here")).unwrap();
    assert!(matches!(committee.desk.vault().assign(&record, &[phone.id()]), Err(VigilError::NotAllowed { .. })));
}

#[test]
fn where_the_policy_asks_for_two_a_second_person_signs_what_is_admitted() {
    let mut committee = Committee::new();
    let mut officer = committee.admit("Officer", Role::Officer);
    let policy = Policy { admission_signatures: 2, ..Policy::default() };
    let motion = committee.desk.vault().propose(Proposal::ChangePolicy(policy)).unwrap();
    committee.sync_desk().unwrap();
    committee.sync(&mut officer).unwrap();
    officer.vault().second(&motion).unwrap();
    officer.vault().carry_out(&motion).unwrap();
    committee.sync(&mut officer).unwrap();
    committee.sync_desk().unwrap();
    assert!(committee.desk.vault().admission_takes_two().unwrap());
    let mut phone = Device::create("Phone");
    let request = phone.vault().join_request().unwrap();
    let alone = committee.desk.vault().admit(&request, Role::Monitor, "Maya");
    assert!(matches!(alone, Err(VigilError::NotAllowed { .. })));
    let prepared = committee.desk.vault().prepare_admission(&request, &Admission::new(Role::Monitor, "Maya")).unwrap();
    assert!(matches!(committee.desk.vault().admit_cosigned(&prepared), Err(VigilError::NotAllowed { .. })));
    assert_eq!(officer.vault().candidate(&prepared).unwrap().role, "monitor");
    let signed = officer.vault().cosign(&prepared).unwrap();
    // Somebody else's entry comes before it: the signature still holds.
    let own = officer.id();
    officer.vault().set_intake(&[own]).unwrap();
    let welcome = committee.desk.vault().admit_cosigned(&signed).unwrap();
    vigil_tests::join(&mut phone, &welcome).unwrap();
    committee.sync(&mut officer).unwrap();
    committee.sync_desk().unwrap();
    committee.sync(&mut phone).unwrap();
    assert_eq!(phone.vault().role().unwrap(), Role::Monitor);
    assert!(matches!(committee.desk.vault().renew(&officer.id(), 30), Err(VigilError::NotAllowed { .. })));
    let renewal = committee.desk.vault().prepare_renewal(&phone.id(), 30).unwrap();
    let signed = officer.vault().cosign(&renewal).unwrap();
    committee.desk.vault().renew_cosigned(&signed).unwrap();
}

#[test]
fn a_caseload_changes_hands_in_one_go_and_what_was_unsent_is_not_lost() {
    let mut committee = Committee::new();
    let mut leaving = committee.admit("Leaving", Role::Officer);
    let mut coming = committee.admit("Coming", Role::Officer);
    let records: Vec<RecordId> =
        ["a", "b", "c"].iter().map(|place| committee.desk.vault().record_sighting(&sighting(place)).unwrap()).collect();
    for record in &records {
        committee.desk.vault().assign(record, &[leaving.id()]).unwrap();
    }
    committee.sync_desk().unwrap();
    committee.sync(&mut leaving).unwrap();
    committee.sync(&mut coming).unwrap();
    assert!(coming.vault().show(&records[0]).is_err());
    write(&mut leaving, &records[0], "written on her last day");
    let done = committee.desk.vault().hand_over_caseload(&leaving.id(), &coming.id()).unwrap();
    assert_eq!((done.records.len(), done.without_key.len()), (3, 0));
    write(&mut committee.desk, &records[1], "after she left");
    committee.sync_desk().unwrap();
    committee.sync(&mut leaving).unwrap();
    committee.sync_desk().unwrap();
    committee.sync(&mut coming).unwrap();
    assert!(records.iter().all(|record| coming.vault().show(record).is_ok()));
    assert!(shows(&mut committee.desk, &records[0], "written on her last day"));
    assert!(shows(&mut coming, &records[1], "after she left"));
    committee.sync(&mut leaving).unwrap();
    assert!(!shows(&mut leaving, &records[1], "after she left"));
    assert!(committee.desk.vault().hand_over_caseload(&leaving.id(), &coming.id()).unwrap().records.is_empty());
}

#[test]
fn a_caseload_without_its_keys_is_handed_over_and_named() {
    let mut committee = Committee::new();
    let mut other = committee.admit("Other", Role::Officer);
    let (leaving, coming) = (committee.admit("Leaving", Role::Officer), committee.admit("Coming", Role::Officer));
    let record = committee.desk.vault().record_sighting(&sighting("a")).unwrap();
    committee.desk.vault().assign(&record, &[leaving.id()]).unwrap();
    committee.sync_desk().unwrap();
    committee.sync(&mut other).unwrap();
    let done = other.vault().hand_over_caseload(&leaving.id(), &coming.id()).unwrap();
    assert_eq!((done.records.as_slice(), done.without_key.as_slice()), ([].as_slice(), [record].as_slice()));
}

#[test]
fn a_desk_that_comes_after_a_rotation_reads_what_was_sealed_while_the_epoch_was_exposed() {
    let mut committee = Committee::new();
    let mut officer = committee.admit("Officer", Role::Officer);
    let stolen = committee.admit("Stolen", Role::Desk);
    let mut volunteer = committee.admit("Volunteer", Role::Volunteer);
    committee.sync_desk().unwrap();
    committee.sync(&mut officer).unwrap();
    officer.vault().suspend(&stolen.id()).unwrap();
    committee.sync(&mut officer).unwrap();
    committee.sync(&mut volunteer).unwrap();
    let exposed = volunteer.vault().record_screening(&screening("while exposed"), &[], None).unwrap().screening;
    committee.sync(&mut volunteer).unwrap();
    for _ in 0..3 {
        committee.sync_desk().unwrap();
    }
    let mut later = committee.admit("Later desk", Role::Desk);
    committee.sync_desk().unwrap();
    committee.sync(&mut later).unwrap();
    assert!(later.vault().show(&exposed).is_ok());
}

/// A clock that a test sets, and a device that runs as long as the test says.
struct TestClock {
    wall: AtomicI64,
    running: AtomicI64,
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.wall.load(Ordering::Relaxed))
    }

    fn moment(&self) -> Moment {
        Moment { boot: [1; 16], millis: self.running.load(Ordering::Relaxed).unsigned_abs() }
    }
}

impl TestClock {
    fn pass(&self, milliseconds: i64) {
        self.wall.fetch_add(milliseconds, Ordering::Relaxed);
        self.running.fetch_add(milliseconds, Ordering::Relaxed);
    }
}

const DAY: i64 = 24 * 60 * 60 * 1000;

fn device_with_clock(name: &str, clock: &Arc<TestClock>) -> Device {
    let folder = Folder::new(name);
    let vault = Vault::create_with(&folder.path().join("home"), &passphrase(), name, &at_floor(clock.clone())).unwrap();
    Device { folder, vault: Some(vault) }
}

fn real_now() -> i64 {
    vigil_core::SystemClock.now().0
}

#[test]
fn a_lease_closes_reading_and_never_recording_or_sending_and_contact_opens_it() {
    let mut committee = Committee::new();
    let clock = Arc::new(TestClock { wall: AtomicI64::new(real_now()), running: AtomicI64::new(1000) });
    let mut phone = device_with_clock("Phone", &clock);
    let welcome = {
        let request = phone.vault().join_request().unwrap();
        committee.desk.vault().admit(&request, Role::Monitor, "Maya").unwrap()
    };
    vigil_tests::join(&mut phone, &welcome).unwrap();
    committee.sync_desk().unwrap();
    committee.sync(&mut phone).unwrap();
    let record = phone.vault().record_sighting(&sighting("kept")).unwrap();
    clock.pass(7 * DAY - 1000);
    assert!(phone.vault().show(&record).is_ok() && phone.vault().lease().unwrap().reading);
    // Setting the wall clock back takes nothing back.
    clock.running.fetch_add(2 * 60 * 60 * 1000, Ordering::Relaxed);
    clock.wall.fetch_sub(30 * DAY, Ordering::Relaxed);
    let closed =
        |result: Result<_, VigilError>| matches!(result, Err(VigilError::ReadingClosed { why: "lease_ended" }));
    assert!(closed(phone.vault().show(&record).map(drop)));
    assert!(closed(phone.vault().search("kept", 5).map(drop)));
    let persons = ListQuery { kind: Some("person".into()), ..ListQuery::default() };
    assert!(closed(phone.vault().list(&persons).map(drop)));
    assert!(phone.vault().lease().unwrap().clock_jumped, "and is noticed");
    // Every other way to the words is closed, too.
    assert!(closed(phone.vault().export_evidence(&record, true).map(drop)));
    assert!(closed(phone.vault().second_opinion(&record).map(drop)));
    // It survives a restart of the program and of the device.
    phone.vault = None;
    clock.running.store(5, Ordering::Relaxed);
    let home = phone.folder.path().join("home");
    phone.vault = Some(Vault::open_with(&home, &passphrase(), &at_floor(clock.clone())).unwrap());
    assert!(closed(phone.vault().show(&record).map(drop)));
    phone.vault().record_sighting(&sighting("recorded all the same")).unwrap();
    assert_eq!(committee.sync(&mut phone).unwrap().sent, 2);
    assert!(phone.vault().show(&record).is_ok(), "contact renews the lease");
}

#[test]
fn who_may_not_read_shares_and_exports_nothing_and_still_records_erases_and_suspends() {
    let mut committee = Committee::new();
    let clock = Arc::new(TestClock { wall: AtomicI64::new(real_now()), running: AtomicI64::new(1000) });
    let mut officer = device_with_clock("Officer", &clock);
    let mut lost = committee.admit("Lost", Role::Monitor);
    let request = officer.vault().join_request().unwrap();
    let welcome = committee.desk.vault().admit(&request, Role::Officer, "Officer").unwrap();
    vigil_tests::join(&mut officer, &welcome).unwrap();
    committee.sync_desk().unwrap();
    committee.sync(&mut officer).unwrap();
    committee.sync(&mut lost).unwrap();
    let record = officer.vault().record_sighting(&sighting("a mistake")).unwrap();
    let order = vigil_core::ShareOrder {
        person: record,
        screenings: Vec::new(),
        fields: [].into(),
        space: "00".into(),
        purpose: vigil_core::records::Code::new("referral").unwrap(),
    };
    let closes = |result: Result<(), VigilError>| matches!(result, Err(VigilError::ReadingClosed { .. }));
    // The positive control: until the lease ends it is something else that stands against it.
    assert!(!closes(officer.vault().share(&order).map(drop)) && officer.vault().export_evidence(&record, true).is_ok());
    clock.pass(8 * DAY);
    assert!(closes(officer.vault().share(&order).map(drop)));
    assert!(closes(officer.vault().export_evidence(&record, true).map(drop)));
    assert!(closes(officer.vault().second_opinion(&record).map(drop)));
    officer.vault().record_sighting(&sighting("recorded all the same")).unwrap();
    officer.vault().suspend(&lost.id()).unwrap();
    officer.vault().hide(&record).unwrap();
    let reason = vigil_core::records::Code::new("mistake").unwrap();
    officer.vault().erase_record(&record, &reason).unwrap();
}

#[test]
fn an_ended_certificate_closes_reading_until_it_is_renewed() {
    let mut committee = Committee::new();
    let mut officer = committee.admit("Officer", Role::Officer);
    let clock = Arc::new(TestClock { wall: AtomicI64::new(real_now()), running: AtomicI64::new(1000) });
    let mut phone = device_with_clock("Phone", &clock);
    let request = phone.vault().join_request().unwrap();
    let admission = Admission { days: 1, ..Admission::new(Role::Monitor, "Maya") };
    let welcome = committee.desk.vault().admit_as(&request, &admission).unwrap();
    vigil_tests::join(&mut phone, &welcome).unwrap();
    committee.sync_desk().unwrap();
    committee.sync(&mut phone).unwrap();
    let record = phone.vault().record_sighting(&sighting("kept")).unwrap();
    assert!(phone.vault().show(&record).is_ok());
    clock.pass(DAY);
    let shown = phone.vault().show(&record).map(drop);
    assert!(matches!(shown, Err(VigilError::ReadingClosed { why: "certificate_ended" })));
    phone.vault().record_sighting(&sighting("recorded all the same")).unwrap();
    committee.sync(&mut officer).unwrap();
    officer.vault().renew(&phone.id(), 90).unwrap();
    committee.sync(&mut officer).unwrap();
    assert_eq!(committee.sync(&mut phone).unwrap().sent, 2);
    assert!(phone.vault().show(&record).is_ok());
}

#[test]
fn a_removal_that_is_early_by_the_servers_clock_is_taken_back_and_stops_nothing() {
    let mut committee = Committee::new();
    let clock = Arc::new(TestClock { wall: AtomicI64::new(real_now() - 4 * DAY), running: AtomicI64::new(1000) });
    let mut desk = device_with_clock("Second desk", &clock);
    let request = desk.vault().join_request().unwrap();
    let welcome = {
        let mut admission = Admission::new(Role::Desk, "Second desk");
        admission.days = 90;
        committee.desk.vault().admit_as(&request, &admission).unwrap()
    };
    let x = committee.admit("X", Role::Volunteer).id();
    vigil_tests::join(&mut desk, &welcome).unwrap();
    committee.sync_desk().unwrap();
    committee.sync(&mut desk).unwrap();
    // Its clock was four days behind when it moved, and is right when it carries out: 72 hours by its own word.
    let motion = desk.vault().propose(Proposal::Remove(x)).unwrap();
    committee.sync(&mut desk).unwrap();
    clock.wall.fetch_add(4 * DAY, Ordering::Relaxed);
    desk.vault().carry_out(&motion).unwrap();
    let record = desk.vault().record_sighting(&sighting("goes out all the same")).unwrap();
    assert_eq!(committee.sync(&mut desk).unwrap().sent, 1);
    assert!(!desk.vault().members().unwrap().iter().any(|member| member.removed));
    assert!(desk.vault().show(&record).is_ok());
    assert_eq!(state_of(&mut desk, &motion), "carried", "by its own clock: it is tried again with a later sync");
}

#[test]
fn a_desk_whose_clock_is_a_month_ahead_could_not_sync_any_more() {
    let mut committee = Committee::new();
    let card = committee.desk.vault().server().unwrap().unwrap();
    let now = vigil_core::SystemClock.now().0;
    let clock = Arc::new(TestClock { wall: AtomicI64::new(now), running: AtomicI64::new(0) });
    let mut desk = device_with_clock("Desk", &clock);
    desk.vault().create_space(Some(&vigil_sync_server::card_to_text(&card))).unwrap();
    committee.desk = desk;
    committee.sync_desk().unwrap();
    clock.wall.fetch_add(31 * DAY, Ordering::Relaxed);
    let mut officer = committee.admit("Officer", Role::Officer);
    let id = officer.id();
    committee.desk.vault().set_intake(&[id]).unwrap();
    committee.sync_desk().unwrap();
    committee.sync(&mut officer).unwrap();
    assert_eq!(committee.desk.vault().status().unwrap().log_waiting, 0);
}
