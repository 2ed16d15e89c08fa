//! The main promise: devices that work offline meet again, nothing is lost, and what people differ on is shown to them.
#![allow(clippy::unwrap_used, missing_docs)]

use vigil_core::records::{Agreement, FieldName, FieldValue, Outcome};
use vigil_core::{
    Choice, ListQuery, NewPerson, NewScreening, NewSighting, RecordId, RecordView, Role, SyncState, Timestamp,
    VigilError,
};
use vigil_tests::{Committee, Device, Fault};

fn screening(station: &str, note: &str) -> NewScreening {
    let json = serde_json::json!({
        "station": station, "started_at": 1_795_000_000_000_i64, "minutes": 7, "people": 2, "age_band": "adult",
        "sex": "female", "instrument": "border_interception@1",
        "answers": {"debt_bondage": "yes", "phone_withheld": "no", "threats": "unknown"},
        "observations": note,
    });
    serde_json::from_value(json).unwrap()
}

fn person(name: &str, phone: &str) -> NewPerson {
    serde_json::from_value(serde_json::json!({"role": "traveller", "name": name, "phone": phone})).unwrap()
}

fn sighting(description: &str) -> NewSighting {
    NewSighting {
        place: "Bus park".into(),
        seen_at: Timestamp(1_795_000_000_000),
        description: Some(description.into()),
        people: Some(3),
    }
}

fn intercepted() -> Option<Outcome> {
    Some(Outcome::Intercepted { agreement: Agreement::Agreed })
}

fn field(name: &str) -> FieldName {
    FieldName::new(name).unwrap()
}

fn text(value: &str) -> Option<FieldValue> {
    Some(FieldValue::Text(value.into()))
}

fn value(view: &RecordView, name: &str) -> serde_json::Value {
    view.fields.iter().find(|field| field.name == name).map(|field| field.value.clone()).unwrap_or_default()
}

fn show(device: &mut Device, record: &RecordId) -> RecordView {
    device.vault().show(record).unwrap()
}

#[test]
fn what_three_devices_record_offline_reaches_the_desk_and_nothing_else_does() {
    let mut committee = Committee::new();
    let mut volunteer = committee.admit("Volunteer", Role::Volunteer);
    let mut monitor = committee.admit("Monitor", Role::Monitor);
    // The first sync after joining settles the membership log, before anything is signed over it.
    committee.sync_desk().unwrap();
    committee.sync(&mut volunteer).unwrap();
    let persons = [person("Sunita Tamang", "+977-9841000001")];
    let recorded =
        volunteer.vault().record_screening(&screening("Raxaul", "note one"), &persons, intercepted()).unwrap();
    let seen = monitor.vault().record_sighting(&sighting("टोलीले राहदानी जम्मा गर्दै")).unwrap();
    let row = &volunteer.vault().list(&ListQuery::default()).unwrap()[0];
    assert_eq!(row.sync, SyncState::Waiting);

    committee.sync_desk().unwrap();
    let report = committee.sync(&mut volunteer).unwrap();
    assert_eq!((report.round_trips, report.sent, report.new_records), (1, 2, 0));
    committee.sync(&mut monitor).unwrap();
    let report = committee.sync_desk().unwrap();
    assert_eq!(report.new_records, 3);

    let desk = committee.desk.vault();
    let view = desk.show(&recorded.screening).unwrap();
    assert_eq!(view.summary.outcome.as_deref(), Some("intercepted"));
    assert_eq!(view.summary.points, Some(10));
    assert_eq!(view.linked, [recorded.persons[0].to_string()]);
    assert_eq!(value(&desk.show(&recorded.persons[0]).unwrap(), "name"), "Sunita Tamang");
    assert_eq!(desk.search("राहदानी", 10).unwrap()[0].id, seen.to_string());
    assert_eq!(desk.search("sunita", 10).unwrap().len(), 1);
    assert!(desk.status().unwrap().parked.is_empty());
    let row = &volunteer.vault().list(&ListQuery::default()).unwrap()[0];
    assert_eq!(row.sync, SyncState::Sent);
    // A volunteer gets nothing of others, a monitor nothing of the volunteer.
    assert_eq!(committee.sync(&mut volunteer).unwrap().new_records, 0);
    assert_eq!(committee.sync(&mut monitor).unwrap().new_records, 0);
    for name in ["Sunita", "Tamang", "9841000001", "राहदानी", "Raxaul", "Volunteer"] {
        assert!(!committee.server.contains(name.as_bytes()), "{name} lies on the server");
        for body in committee.wire.bodies.borrow().iter() {
            assert!(!body.windows(name.len()).any(|window| window == name.as_bytes()), "{name} was on the wire");
        }
    }
}

#[test]
fn where_two_people_wrote_the_same_field_both_values_show_until_somebody_settles_it() {
    let mut committee = Committee::new();
    let mut monitor = committee.admit("Monitor", Role::Monitor);
    let record = monitor.vault().record_sighting(&sighting("before")).unwrap();
    committee.sync_desk().unwrap();
    committee.sync(&mut monitor).unwrap();
    committee.sync_desk().unwrap();

    monitor.vault().edit(&record, &[(field("description"), text("three girls, one man"))]).unwrap();
    let edits = [(field("description"), text("four girls")), (field("place"), text("Gate 2"))];
    committee.desk.vault().edit(&record, &edits).unwrap();
    committee.sync(&mut monitor).unwrap();
    committee.sync_desk().unwrap();
    committee.sync(&mut monitor).unwrap();

    for device in [&mut monitor, &mut committee.desk] {
        let view = show(device, &record);
        assert_eq!(view.summary.conflicts, 1);
        assert_eq!(value(&view, "place"), "Gate 2");
        let description = view.fields.iter().find(|field| field.name == "description").unwrap();
        assert!(description.open);
        let mut values: Vec<_> = description.values.iter().map(|value| value.value.as_str().unwrap()).collect();
        values.sort_unstable();
        assert_eq!(values, ["four girls", "three girls, one man"]);
        assert!(description.values.iter().all(|value| !value.author.is_empty() && value.time > 0));
    }
    let view = show(&mut committee.desk, &record);
    let values = &view.fields.iter().find(|field| field.name == "description").unwrap().values;
    let chosen = values.iter().position(|value| value.value == "three girls, one man").unwrap();
    committee.desk.vault().settle(&record, &field("description"), Choice::Number(chosen)).unwrap();
    committee.sync_desk().unwrap();
    committee.sync(&mut monitor).unwrap();
    let (ours, theirs) = (show(&mut committee.desk, &record), show(&mut monitor, &record));
    for view in [&ours, &theirs] {
        assert_eq!(view.summary.conflicts, 0);
        assert_eq!(value(view, "description"), "three girls, one man");
    }
    assert_eq!(ours.heads, theirs.heads);
    // A later word that knew nothing of the settlement opens the question again.
    monitor.vault().edit(&record, &[(field("description"), text("five girls"))]).unwrap();
    assert_eq!(value(&show(&mut monitor, &record), "description"), "five girls");
}

#[test]
fn after_let_go_no_name_stays_on_any_device_or_server() {
    let mut committee = Committee::new();
    let mut volunteer = committee.admit("Volunteer", Role::Volunteer);
    let persons = [person("Karuna Lama", "+977-9841000002")];
    // Let go at once: the name is never even recorded.
    let at_once = volunteer
        .vault()
        .record_screening(&screening("Raxaul", "tall woman with a child"), &persons, Some(Outcome::LetGo))
        .unwrap();
    assert!(at_once.persons.is_empty());
    let view = show(&mut volunteer, &at_once.screening);
    assert_eq!(value(&view, "observations"), serde_json::Value::Null);
    assert_eq!((value(&view, "station"), value(&view, "minutes")), ("Raxaul".into(), 7.into()));
    // Let go after it was sent: everything of it goes. A volunteer has handed it over by then; a monitor still has it.
    let mut monitor = committee.admit("Monitor", Role::Monitor);
    let sent = monitor.vault().record_screening(&screening("Raxaul", "note"), &persons, None).unwrap();
    committee.sync_desk().unwrap();
    committee.sync(&mut volunteer).unwrap();
    committee.sync(&mut monitor).unwrap();
    committee.sync_desk().unwrap();
    assert_eq!(committee.desk.vault().search("Karuna", 10).unwrap().len(), 1);
    let standing = monitor.vault().decide(&sent.screening, Outcome::LetGo).unwrap();
    assert_ne!(standing, sent.screening);
    committee.sync(&mut monitor).unwrap();
    let report = committee.sync_desk().unwrap();
    assert_eq!(report.erased_records, 2);
    for device in [&mut monitor, &mut committee.desk] {
        let vault = device.vault();
        assert!(vault.search("Karuna", 10).unwrap().is_empty());
        assert!(matches!(vault.show(&sent.persons[0]), Err(VigilError::NotFound { .. })));
        assert!(matches!(vault.show(&sent.screening), Err(VigilError::NotFound { .. })));
        assert_eq!(vault.show(&standing).unwrap().summary.outcome.as_deref(), Some("let_go"));
    }
    // Who wants a follow-up keeps her name.
    let mut wanted = screening("Raxaul", "asks to be called");
    wanted.wants_follow_up = true;
    let kept = volunteer.vault().record_screening(&wanted, &persons, Some(Outcome::LetGo)).unwrap();
    assert_eq!(kept.persons.len(), 1);
}

#[test]
fn an_identity_opens_for_the_officers_on_duty_and_for_nobody_else() {
    let mut committee = Committee::new();
    let mut volunteer = committee.admit("Volunteer", Role::Volunteer);
    let mut officer = committee.admit("Officer", Role::Officer);
    let mut second_desk = committee.admit("Second desk", Role::Desk);
    let persons = [person("Maya Rai", "+977-9841000003")];
    let recorded = volunteer.vault().record_screening(&screening("Kakarvitta", "n"), &persons, None).unwrap();
    committee.sync_desk().unwrap();
    for device in [&mut volunteer, &mut officer, &mut second_desk] {
        committee.sync(device).unwrap();
    }
    committee.sync_desk().unwrap();
    // The founding desk is on duty; the second one holds the epoch key and still reads no name.
    assert_eq!(committee.desk.vault().search("Maya", 10).unwrap().len(), 1);
    assert!(second_desk.vault().show(&recorded.screening).is_ok());
    assert!(matches!(second_desk.vault().show(&recorded.persons[0]), Err(VigilError::NotFound { .. })));
    assert!(matches!(officer.vault().show(&recorded.screening), Err(VigilError::NotFound { .. })));
    // Assigned, the officer reads both; an edit of hers is read by the desk.
    for record in [recorded.screening, recorded.persons[0]] {
        let desk = committee.desk.id();
        committee.desk.vault().assign(&record, &[officer.id(), desk]).unwrap();
    }
    committee.sync_desk().unwrap();
    committee.sync(&mut officer).unwrap();
    assert_eq!(value(&show(&mut officer, &recorded.persons[0]), "name"), "Maya Rai");
    officer.vault().edit(&recorded.persons[0], &[(field("address"), text("Ward 4"))]).unwrap();
    committee.sync(&mut officer).unwrap();
    committee.sync_desk().unwrap();
    assert_eq!(value(&show(&mut committee.desk, &recorded.persons[0]), "address"), "Ward 4");
}

#[test]
fn a_removed_monitor_reads_nothing_that_is_written_afterwards() {
    let mut committee = Committee::new();
    let mut monitor = committee.admit("Monitor", Role::Monitor);
    let record = monitor.vault().record_sighting(&sighting("before")).unwrap();
    committee.sync_desk().unwrap();
    committee.sync(&mut monitor).unwrap();
    committee.sync_desk().unwrap();
    let gone = monitor.id();
    committee.remove(&gone);
    committee.desk.vault().edit(&record, &[(field("description"), text("written afterwards"))]).unwrap();
    committee.sync_desk().unwrap();
    assert!(matches!(committee.sync(&mut monitor), Err(VigilError::Removed)));
    // What it recorded itself stays readable on its own device: it was not taken away from it.
    assert_eq!(value(&show(&mut monitor, &record), "description"), "before");
    // The desk's new word lies under a key that the removed device was never given.
    assert_eq!(value(&show(&mut committee.desk, &record), "description"), "written afterwards");
    let mut second = committee.admit("Second desk", Role::Desk);
    committee.sync_desk().unwrap();
    committee.sync(&mut second).unwrap();
    assert_eq!(value(&show(&mut second, &record), "description"), "written afterwards");
}

#[test]
fn saves_of_a_device_that_learns_late_of_a_removal_go_out_under_the_new_epoch() {
    let mut committee = Committee::new();
    let mut volunteer = committee.admit("Volunteer", Role::Volunteer);
    let removed = committee.admit("Removed", Role::Monitor);
    committee.sync_desk().unwrap();
    committee.sync(&mut volunteer).unwrap();
    let recorded = volunteer.vault().record_screening(&screening("Raxaul", "late"), &[], None).unwrap();
    committee.remove(&removed.id());
    committee.sync_desk().unwrap();
    let report = committee.sync(&mut volunteer).unwrap();
    assert_eq!((report.sent, report.round_trips), (1, 2));
    committee.sync_desk().unwrap();
    assert_eq!(value(&show(&mut committee.desk, &recorded.screening), "observations"), "late");
}

#[test]
fn a_lost_answer_costs_a_repeated_request_and_never_a_record() {
    let mut committee = Committee::new();
    let mut volunteer = committee.admit("Volunteer", Role::Volunteer);
    committee.sync_desk().unwrap();
    for fault in [Fault::AnswerLost, Fault::RequestLost, Fault::Doubled] {
        let recorded = volunteer.vault().record_screening(&screening("Raxaul", "once"), &[], None).unwrap();
        committee.wire.plan(&[fault]);
        let first = committee.sync(&mut volunteer);
        assert_eq!(first.is_ok(), fault == Fault::Doubled, "{fault:?}");
        volunteer.restart();
        committee.sync(&mut volunteer).unwrap();
        committee.sync_desk().unwrap();
        assert_eq!(value(&show(&mut committee.desk, &recorded.screening), "observations"), "once");
        let rows = volunteer.vault().list(&ListQuery::default()).unwrap();
        let row = rows.iter().find(|row| row.id == recorded.screening.to_string()).unwrap();
        assert_eq!(row.sync, SyncState::Sent);
    }
    assert_eq!(committee.desk.vault().list(&ListQuery::default()).unwrap().len(), 3);
}

#[test]
fn fields_and_kinds_of_a_newer_app_survive_an_older_apps_edit() {
    let mut committee = Committee::new();
    let mut monitor = committee.admit("Monitor", Role::Monitor);
    let fields = vec![
        (field("place"), FieldValue::Text("Bus park".into())),
        (field("invented_later"), FieldValue::Text("kept".into())),
    ];
    let known = monitor.vault().record("sighting", fields.clone()).unwrap();
    let unknown = monitor.vault().record("kind_of_2030", fields).unwrap();
    committee.sync_desk().unwrap();
    committee.sync(&mut monitor).unwrap();
    committee.sync_desk().unwrap();
    for record in [known, unknown] {
        committee.desk.vault().edit(&record, &[(field("place"), text("Gate 2"))]).unwrap();
        committee.sync_desk().unwrap();
        committee.sync(&mut monitor).unwrap();
        let view = show(&mut monitor, &record);
        assert_eq!((value(&view, "place"), value(&view, "invented_later")), ("Gate 2".into(), "kept".into()));
    }
}

#[test]
fn a_locked_device_can_hand_over_and_the_same_saves_through_the_server_change_nothing() {
    let mut committee = Committee::new();
    let mut volunteer = committee.admit("Volunteer", Role::Volunteer);
    let persons = [person("Bimala Gurung", "+977-9841000004")];
    let recorded = volunteer.vault().record_screening(&screening("Raxaul", "carried"), &persons, None).unwrap();
    let copies = volunteer.vault().sealed_copies().unwrap();
    assert_eq!(copies.len(), 2);
    for name in ["Bimala", "9841000004", "carried", "Raxaul"] {
        assert!(copies.iter().all(|copy| !copy.windows(name.len()).any(|window| window == name.as_bytes())));
    }
    assert_eq!(committee.desk.vault().take_in_copies(&copies).unwrap(), 2);
    let carried = show(&mut committee.desk, &recorded.screening);
    committee.sync_desk().unwrap();
    committee.sync(&mut volunteer).unwrap();
    committee.sync_desk().unwrap();
    let synced = show(&mut committee.desk, &recorded.screening);
    assert_eq!((carried.heads, carried.events.len()), (synced.heads, synced.events.len()));
    assert_eq!(volunteer.vault().sealed_copies().unwrap().len(), 0);
    assert!(committee.desk.vault().take_in_copies(&[vec![1, 2, 3]]).is_err());
}

#[test]
fn an_age_that_is_not_known_counts_as_a_child_and_no_child_agrees_alone() {
    let mut committee = Committee::new();
    let mut unknown_age = screening("Raxaul", "n");
    unknown_age.age_band = "unknown".into();
    let desk = committee.desk.vault();
    assert!(matches!(desk.record_screening(&unknown_age, &[], intercepted()), Err(VigilError::Invalid { .. })));
    let protected = Some(Outcome::Intercepted { agreement: Agreement::ChildWithProtection });
    assert!(desk.record_screening(&unknown_age, &[], protected.clone()).is_ok());
    assert!(matches!(desk.record_screening(&screening("R", "n"), &[], protected), Err(VigilError::Invalid { .. })));
    assert_eq!(desk.list(&ListQuery::default()).unwrap().len(), 1);
}
