//! Evidence: a file that a stranger checks with nothing else at hand, and what it says and does not say.
#![allow(clippy::unwrap_used, missing_docs)]

use vigil_core::records::{Agreement, FieldName, FieldValue, NewPerson, NewScreening, Outcome};
use vigil_core::{Choice, EvidenceReport, NewSighting, RecordId, Role, Timestamp, VigilError, verify_evidence};
use vigil_tests::{Committee, Device};

const NAME: &str = "Nirmala Rai";

fn sighting(description: &str) -> NewSighting {
    NewSighting {
        place: "Bus park".into(),
        seen_at: Timestamp(1_795_000_000_000),
        description: Some(description.into()),
        people: Some(3),
    }
}

fn text(name: &str, value: &str) -> (FieldName, Option<FieldValue>) {
    (FieldName::new(name).unwrap(), Some(FieldValue::from(value)))
}

fn screening() -> (NewScreening, NewPerson) {
    let screening = serde_json::json!({
        "station": "Raxaul", "started_at": 1_795_000_000_000_i64, "minutes": 7, "people": 1, "age_band": "adult",
        "sex": "female", "instrument": "border_interception@1", "answers": {"debt_bondage": "yes"},
    });
    let person = serde_json::json!({"role": "traveller", "name": NAME, "phone": "+977-9841000008"});
    (serde_json::from_value(screening).unwrap(), serde_json::from_value(person).unwrap())
}

fn export(device: &mut Device, record: &RecordId) -> Vec<u8> {
    device.vault().export_evidence(record, false).unwrap().bytes().to_vec()
}

fn check(bytes: &[u8]) -> EvidenceReport {
    let report = verify_evidence(bytes);
    let faults: Vec<_> = report.faults.iter().map(|fault| (fault.code, &fault.place)).collect();
    assert!(report.holds, "{faults:?}");
    report
}

/// A sighting of a monitor that the desk and the monitor have edited without knowing of each other.
fn in_conflict() -> (Committee, Device, RecordId) {
    let mut committee = Committee::new();
    let mut monitor = committee.admit("Monitor", Role::Monitor);
    committee.sync_desk().unwrap();
    let record = monitor.vault().record_sighting(&sighting("before")).unwrap();
    committee.sync(&mut monitor).unwrap();
    committee.sync_desk().unwrap();
    monitor.vault().edit(&record, &[text("description", "three girls")]).unwrap();
    committee.desk.vault().edit(&record, &[text("description", "four girls")]).unwrap();
    committee.sync(&mut monitor).unwrap();
    committee.sync_desk().unwrap();
    (committee, monitor, record)
}

#[test]
fn a_bundle_says_who_wrote_what_in_which_role_with_every_value_on_which_people_differ() {
    let (mut committee, monitor, record) = in_conflict();
    let report = check(&export(&mut committee.desk, &record));
    let shown = &report.records[0];
    assert_eq!((shown.kind.as_str(), shown.record.as_str()), ("sighting", record.to_string().as_str()));
    let description = shown.fields.iter().find(|field| field.name == "description").unwrap();
    assert!(description.open);
    let mut values: Vec<_> =
        description.values.iter().map(|value| (value.value.as_str().unwrap(), value.role.as_str())).collect();
    values.sort_unstable();
    assert_eq!(values, [("four girls", "desk"), ("three girls", "monitor")]);
    // The first word is in the history, before both; neither of the two claims to have seen the other.
    assert_eq!(shown.statements.len(), 3);
    assert_eq!(shown.statements[0].author, monitor.id().to_string());
    assert!(shown.statements[1..].iter().all(|said| said.follows == [shown.statements[0].id.clone()]));
    assert!(shown.statements.iter().all(|said| said.acknowledged && said.names_unseen == 0));
    // Own batches are in it as well as those of others.
    let authors: Vec<_> = shown.chains.iter().map(|chain| chain.role.as_str()).collect();
    assert!(authors.contains(&"desk") && authors.contains(&"monitor"));
    assert_eq!(report.members.len(), 2);
    assert!(report.exporter.as_ref().is_some_and(|exporter| exporter.role == "desk"));
    assert!(!report.proves.is_empty() && report.does_not_prove.iter().any(|words| words.contains("clock")));
}

#[test]
fn settling_and_deciding_are_in_it_and_what_waits_here_is_marked() {
    let (mut committee, _, record) = in_conflict();
    let description = FieldName::new("description").unwrap();
    committee.desk.vault().settle(&record, &description, Choice::Number(0)).unwrap();
    committee.desk.vault().decide(&record, Outcome::Closed { reason: None }).unwrap();
    let evidence = committee.desk.vault().export_evidence(&record, false).unwrap();
    assert_eq!(evidence.not_acknowledged(), 2);
    let report = check(evidence.bytes());
    let shown = &report.records[0];
    assert_eq!(shown.outcome.as_deref(), Some("closed"));
    assert_eq!(shown.statements.iter().filter(|said| !said.acknowledged).count(), 2);
    let field = shown.fields.iter().find(|field| field.name == "description").unwrap();
    assert!(!field.open && field.settled_by.is_some() && field.values.len() == 2);
    committee.sync_desk().unwrap();
    let evidence = committee.desk.vault().export_evidence(&record, false).unwrap();
    assert_eq!(evidence.not_acknowledged(), 0);
    let after = check(evidence.bytes());
    assert!(after.records[0].statements.iter().all(|said| said.acknowledged));
    let ids = |report: &EvidenceReport| {
        let mut ids: Vec<_> = report.records[0].statements.iter().map(|said| said.id.clone()).collect();
        ids.sort_unstable();
        ids
    };
    assert_eq!(ids(&report), ids(&after));
}

#[test]
fn a_device_without_network_and_a_space_without_server_export_what_they_have() {
    let mut desk = Device::create("Desk");
    desk.vault().create_space(None).unwrap();
    let record = desk.vault().record_sighting(&sighting("alone")).unwrap();
    let report = check(&export(&mut desk, &record));
    assert_eq!(report.records[0].statements.len(), 1);
    assert!(!report.records[0].statements[0].acknowledged);
}

#[test]
fn nothing_of_other_records_is_in_a_bundle() {
    let mut committee = Committee::new();
    let record = committee.desk.vault().record_sighting(&sighting("this one")).unwrap();
    let other = committee.desk.vault().record_sighting(&sighting("another one")).unwrap();
    committee.sync_desk().unwrap();
    let bytes = export(&mut committee.desk, &record);
    let has = |id: &RecordId| bytes.windows(16).any(|window| window == id.as_bytes());
    assert!(has(&record) && !has(&other));
    assert!(!serde_json::to_string(&check(&bytes)).unwrap().contains("another one"));
}

#[test]
fn names_are_in_a_bundle_on_request_only_and_the_auditor_is_told_of_every_export() {
    let mut committee = Committee::new();
    let mut auditor = committee.admit("Auditor", Role::Auditor);
    committee.sync_desk().unwrap();
    let (screening, person) = screening();
    let intercepted = Some(Outcome::Intercepted { agreement: Agreement::Agreed });
    let recorded = committee.desk.vault().record_screening(&screening, &[person], intercepted).unwrap();
    committee.sync_desk().unwrap();
    let desk = committee.desk.vault();
    assert!(matches!(desk.export_evidence(&recorded.persons[0], false), Err(VigilError::Invalid { .. })));
    let without = desk.export_evidence(&recorded.screening, false).unwrap();
    assert!(!serde_json::to_string(&check(without.bytes())).unwrap().contains(NAME));
    let with = desk.export_evidence(&recorded.screening, true).unwrap();
    let report = check(with.bytes());
    assert_eq!(report.records.len(), 2);
    assert!(serde_json::to_string(&report).unwrap().contains(NAME));
    committee.sync_desk().unwrap();
    committee.sync(&mut auditor).unwrap();
    let trail = auditor.vault().audit_trail().unwrap();
    let reads = &trail.devices.iter().find(|device| device.role == "desk").unwrap().reads;
    let exported: Vec<_> = reads.iter().map(|read| (read.what.as_str(), read.record.clone())).collect();
    let evidence = |record: &RecordId| ("evidence", record.to_string());
    let (screening, person) = (evidence(&recorded.screening), evidence(&recorded.persons[0]));
    assert_eq!(exported, [screening.clone(), screening, person]);
}

#[test]
fn an_erased_record_gives_no_bundle_and_an_older_one_stays_true() {
    let mut committee = Committee::new();
    let mut monitor = committee.admit("Monitor", Role::Monitor);
    committee.sync_desk().unwrap();
    let (screening, person) = screening();
    let recorded = monitor.vault().record_screening(&screening, &[person], None).unwrap();
    committee.sync(&mut monitor).unwrap();
    committee.sync_desk().unwrap();
    let before = export(&mut committee.desk, &recorded.screening);
    monitor.vault().decide(&recorded.screening, Outcome::LetGo).unwrap();
    committee.sync(&mut monitor).unwrap();
    assert_eq!(committee.sync_desk().unwrap().erased_records, 2);
    for record in [recorded.screening, recorded.persons[0]] {
        assert!(matches!(committee.desk.vault().export_evidence(&record, true), Err(VigilError::NotFound { .. })));
    }
    assert_eq!(check(&before).records[0].chains[0].role, "monitor");
}

#[test]
fn a_reader_of_some_records_exports_a_bundle_whose_gaps_are_listed() {
    let mut committee = Committee::new();
    let mut officer = committee.admit("Officer", Role::Officer);
    committee.sync_desk().unwrap();
    let record = committee.desk.vault().record_sighting(&sighting("first")).unwrap();
    committee.sync_desk().unwrap();
    for number in 0..3 {
        committee.desk.vault().record_sighting(&sighting(&format!("other {number}"))).unwrap();
        committee.sync_desk().unwrap();
    }
    let device = officer.id();
    committee.desk.vault().assign(&record, &[device]).unwrap();
    committee.desk.vault().edit(&record, &[text("place", "Gate 2")]).unwrap();
    committee.sync_desk().unwrap();
    committee.sync(&mut officer).unwrap();
    let partial = check(&export(&mut officer, &record));
    let chain = &partial.records[0].chains[0];
    assert_eq!((chain.first, chain.missing.clone(), chain.last), (1, vec![(2, 4)], 5));
    // The author itself holds the whole chain.
    let whole = check(&export(&mut committee.desk, &record));
    assert!(whole.records[0].chains[0].missing.is_empty());
}

#[test]
fn a_bundle_of_a_removed_author_holds_and_says_that_it_was_removed() {
    let (mut committee, monitor, record) = in_conflict();
    let gone = monitor.id();
    committee.remove(&gone);
    committee.desk.vault().edit(&record, &[text("place", "Gate 2")]).unwrap();
    committee.sync_desk().unwrap();
    let report = check(&export(&mut committee.desk, &record));
    let member = report.members.iter().find(|member| member.device == gone.to_string()).unwrap();
    assert!(member.removed_at.is_some());
    assert_eq!(report.records[0].keys, 2, "a removal ended the first key, and both are disclosed");
    assert!(report.records[0].chains.iter().all(|chain| chain.not_counted.is_empty()));
}

#[test]
fn what_a_removal_does_not_count_is_marked_in_a_bundle() {
    let mut committee = Committee::new();
    let mut monitor = committee.admit("Monitor", Role::Monitor);
    committee.sync_desk().unwrap();
    let record = monitor.vault().record_sighting(&sighting("handed over")).unwrap();
    let copies = monitor.vault().sealed_copies().unwrap();
    committee.desk.vault().take_in_copies(&copies).unwrap();
    let before = check(&export(&mut committee.desk, &record));
    assert!(!before.records[0].statements[0].not_counted);
    let gone = monitor.id();
    committee.remove(&gone);
    let after = check(&export(&mut committee.desk, &record));
    assert!(after.records[0].statements[0].not_counted, "a copy without a place in a chain can be of any day");
}

#[test]
fn every_changed_byte_of_a_real_bundle_is_found() {
    let (mut committee, _, record) = in_conflict();
    let bytes = export(&mut committee.desk, &record);
    check(&bytes);
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1 << (at % 8);
        let report = verify_evidence(&changed);
        assert!(!report.holds && report.records.is_empty(), "byte {at} of {}", bytes.len());
    }
}
