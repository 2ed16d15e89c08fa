//! One test for each bug that was found, named after what went wrong.
#![allow(clippy::unwrap_used, missing_docs)]

use vigil_core::records::{Agreement, FieldName, FieldValue, Outcome};
use vigil_core::sync::{Cancel, SyncOptions, Transport, TransportError};
use vigil_core::{Choice, ListQuery, NewPerson, NewScreening, NewSighting, Role, Timestamp, VigilError};
use vigil_protocol::{
    Answer, DeviceId, Hash, Incarnation, LogBody, LogEntry, SequenceRanges, SigningKey, SpaceId, SyncResponse,
};
use vigil_tests::{Committee, Device, Fault, admit_by};

fn screening(station: &str) -> NewScreening {
    let json = serde_json::json!({"station": station, "started_at": 0, "age_band": "adult", "answers": {}});
    serde_json::from_value(json).unwrap()
}

fn person(name: &str) -> NewPerson {
    serde_json::from_value(serde_json::json!({"role": "traveller", "name": name})).unwrap()
}

fn sighting(description: &str) -> NewSighting {
    let description = Some(description.to_owned());
    NewSighting { place: "Bus park".into(), seen_at: Timestamp(0), description, people: None }
}

fn field(name: &str) -> FieldName {
    FieldName::new(name).unwrap()
}

fn text(value: &str) -> Option<FieldValue> {
    Some(FieldValue::Text(value.into()))
}

fn records(device: &mut Device) -> usize {
    device.vault().list(&ListQuery { limit: 1000, ..ListQuery::default() }).unwrap().len()
}

fn shown(device: &mut Device, record: &vigil_core::RecordId, name: &str) -> Option<String> {
    let view = device.vault().show(record).unwrap();
    view.fields.iter().find(|field| field.name == name).map(|field| field.value.as_str().unwrap_or("").to_owned())
}

#[test]
fn two_desks_that_remove_at_once_lost_the_new_epochs_key() {
    let mut committee = Committee::new();
    let mut second = committee.admit("Second", Role::Desk);
    let (x, y) = (committee.admit("X", Role::Volunteer).id(), committee.admit("Y", Role::Volunteer).id());
    let mut volunteer = committee.admit("V", Role::Volunteer);
    committee.sync_desk().unwrap();
    committee.sync(&mut second).unwrap();
    let motions = committee.carried(&[x, y]);
    committee.sync(&mut second).unwrap();
    committee.desk.vault().carry_out(&motions[0]).unwrap();
    second.vault().carry_out(&motions[1]).unwrap();
    committee.sync_desk().unwrap();
    committee.sync(&mut second).unwrap();
    committee.sync_desk().unwrap();
    volunteer.vault().record_screening(&screening("East"), &[], None).unwrap();
    committee.sync(&mut volunteer).unwrap();
    for device in [&mut second, &mut committee.desk] {
        device.restart();
    }
    committee.sync_desk().unwrap();
    committee.sync(&mut second).unwrap();
    assert_eq!((records(&mut committee.desk), records(&mut second)), (1, 1));
    let removed = committee.desk.vault().members().unwrap().iter().filter(|member| member.removed).count();
    assert_eq!(removed, 2);
}

#[test]
fn a_device_admitted_while_others_admitted_could_never_sync() {
    let mut committee = Committee::new();
    let mut officer = committee.admit("Officer", Role::Officer);
    committee.sync_desk().unwrap();
    committee.sync(&mut officer).unwrap();
    committee.admit("First", Role::Volunteer);
    let mut second = admit_by(&mut officer, "Second", Role::Volunteer);
    second.vault().record_sighting(&sighting("seen")).unwrap();
    committee.sync_desk().unwrap();
    committee.sync(&mut officer).unwrap();
    committee.sync(&mut second).unwrap();
    committee.sync_desk().unwrap();
    assert_eq!(records(&mut committee.desk), 1);
}

#[test]
fn a_desk_admitted_while_another_removed_got_no_epoch() {
    let mut committee = Committee::new();
    let mut second = committee.admit("Second", Role::Desk);
    let x = committee.admit("X", Role::Volunteer).id();
    let mut volunteer = committee.admit("V", Role::Volunteer);
    committee.sync_desk().unwrap();
    committee.sync(&mut second).unwrap();
    let motions = committee.carried(&[x]);
    committee.sync(&mut second).unwrap();
    committee.desk.vault().carry_out(&motions[0]).unwrap();
    let mut third = admit_by(&mut second, "Third", Role::Desk);
    committee.sync_desk().unwrap();
    committee.sync(&mut second).unwrap();
    volunteer.vault().record_screening(&screening("East"), &[], None).unwrap();
    committee.sync(&mut volunteer).unwrap();
    committee.sync(&mut third).unwrap();
    assert_eq!(records(&mut third), 1);
}

#[test]
fn a_removal_was_dropped_without_a_word_when_a_desk_had_joined() {
    let mut committee = Committee::new();
    let mut second = committee.admit("Second", Role::Desk);
    let x = committee.admit("X", Role::Volunteer).id();
    committee.sync_desk().unwrap();
    committee.sync(&mut second).unwrap();
    let motions = committee.carried(&[x]);
    admit_by(&mut second, "Third", Role::Desk);
    committee.sync(&mut second).unwrap();
    committee.desk.vault().carry_out(&motions[0]).unwrap();
    committee.sync_desk().unwrap();
    assert!(committee.desk.vault().members().unwrap().iter().any(|member| member.removed));
}

#[test]
fn a_batch_signed_over_an_entry_that_was_rebased_wedged_its_author() {
    let mut committee = Committee::new();
    let mut officer = committee.admit("Officer", Role::Officer);
    committee.sync_desk().unwrap();
    committee.sync(&mut officer).unwrap();
    committee.admit("First", Role::Volunteer);
    admit_by(&mut officer, "Second", Role::Volunteer);
    officer.vault().record_sighting(&sighting("seen by the officer")).unwrap();
    committee.wire.plan(&[Fault::RequestLost]);
    committee.sync(&mut officer).unwrap_err();
    committee.sync_desk().unwrap();
    officer.restart();
    committee.sync(&mut officer).unwrap();
    committee.sync_desk().unwrap();
    assert_eq!(records(&mut committee.desk), 1);
}

#[test]
fn one_refused_save_took_good_ones_with_it() {
    let mut committee = Committee::new();
    let x = committee.admit("X", Role::Volunteer).id();
    let mut monitor = committee.admit("Monitor", Role::Monitor);
    committee.sync_desk().unwrap();
    committee.sync(&mut monitor).unwrap();
    let gone = monitor.vault().record_screening(&screening("Bad"), &[], None).unwrap();
    committee.wire.plan(&[Fault::RequestLost]);
    committee.sync(&mut monitor).unwrap_err();
    committee.remove(&x);
    committee.sync_desk().unwrap();
    monitor.vault().decide(&gone.screening, Outcome::LetGo).unwrap();
    let ids: Vec<_> = (0..5).map(|i| monitor.vault().record_sighting(&sighting(&format!("s{i}"))).unwrap()).collect();
    committee.wire.plan(&[Fault::None, Fault::RequestLost]);
    committee.sync(&mut monitor).ok();
    for id in &ids {
        monitor.vault().edit(id, &[(field("description"), text("edited"))]).unwrap();
    }
    for number in 0..20 {
        monitor.vault().record_sighting(&sighting(&format!("t{number}"))).unwrap();
    }
    committee.sync(&mut monitor).unwrap();
    committee.sync_desk().unwrap();
    let status = monitor.vault().status().unwrap();
    assert_eq!((status.waiting, status.set_aside), (0, 0));
    assert_eq!(records(&mut committee.desk), 26);
}

#[test]
fn let_go_by_somebody_without_the_identity_left_the_name_everywhere() {
    let mut committee = Committee::new();
    let mut monitor = committee.admit("Monitor", Role::Monitor);
    let mut officer = committee.admit("Officer", Role::Officer);
    committee.desk.vault().set_intake(&[officer.id()]).unwrap();
    committee.sync_desk().unwrap();
    committee.sync(&mut officer).unwrap();
    committee.sync(&mut monitor).unwrap();
    let recorded = monitor.vault().record_screening(&screening("East"), &[person("Sunita")], None).unwrap();
    committee.sync(&mut monitor).unwrap();
    committee.sync_desk().unwrap();
    committee.sync(&mut officer).unwrap();
    assert_eq!(officer.vault().search("Sunita", 5).unwrap().len(), 1);
    committee.desk.vault().decide(&recorded.screening, Outcome::LetGo).unwrap();
    committee.sync_desk().unwrap();
    committee.sync(&mut officer).unwrap();
    committee.sync(&mut monitor).unwrap();
    for device in [&mut officer, &mut monitor] {
        assert!(device.vault().search("Sunita", 5).unwrap().is_empty());
    }
}

#[test]
fn a_story_handed_over_by_sealed_copies_outlived_let_go() {
    let mut committee = Committee::new();
    let mut volunteer = committee.admit("V", Role::Volunteer);
    committee.sync_desk().unwrap();
    let mut told = screening("East");
    told.observations = Some("Sunita told her story".into());
    let recorded = volunteer.vault().record_screening(&told, &[], None).unwrap();
    let copies = volunteer.vault().sealed_copies().unwrap();
    committee.desk.vault().take_in_copies(&copies).unwrap();
    assert_eq!(committee.desk.vault().search("Sunita", 5).unwrap().len(), 1);
    volunteer.vault().decide(&recorded.screening, Outcome::LetGo).unwrap();
    committee.sync(&mut volunteer).unwrap();
    committee.sync_desk().unwrap();
    assert!(committee.desk.vault().search("Sunita", 5).unwrap().is_empty());
}

#[test]
fn an_unassigned_device_read_on_under_a_key_that_it_started() {
    let mut committee = Committee::new();
    // A monitor: an officer's readable copy goes as soon as she is unassigned, and she cannot start a key for it.
    let mut monitor = committee.admit("Monitor", Role::Monitor);
    committee.sync_desk().unwrap();
    committee.sync(&mut monitor).unwrap();
    let record = committee.desk.vault().record_screening(&screening("East"), &[], None).unwrap().screening;
    let id = monitor.id();
    committee.desk.vault().assign(&record, &[id]).unwrap();
    committee.sync_desk().unwrap();
    committee.sync(&mut monitor).unwrap();
    committee.desk.vault().assign(&record, &[]).unwrap();
    committee.sync_desk().unwrap();
    committee.sync(&mut monitor).unwrap();
    monitor.vault().edit(&record, &[(field("station"), text("West"))]).unwrap();
    committee.sync(&mut monitor).unwrap();
    committee.sync_desk().unwrap();
    committee.desk.vault().edit(&record, &[(field("note"), text("where she is now"))]).unwrap();
    committee.sync_desk().unwrap();
    committee.sync(&mut monitor).unwrap();
    assert_eq!(shown(&mut monitor, &record, "note"), None);
    assert_eq!(shown(&mut committee.desk, &record, "note").as_deref(), Some("where she is now"));
}

#[test]
fn a_volunteer_read_what_the_desk_added_to_her_records() {
    let mut committee = Committee::new();
    let mut volunteer = committee.admit("V", Role::Volunteer);
    committee.sync_desk().unwrap();
    let recorded = volunteer.vault().record_screening(&screening("East"), &[person("Sunita")], None).unwrap();
    committee.sync(&mut volunteer).unwrap();
    committee.sync_desk().unwrap();
    for (record, name) in [(recorded.screening, "note"), (recorded.persons[0], "address")] {
        committee.desk.vault().edit(&record, &[(field(name), text("safe house"))]).unwrap();
        committee.sync_desk().unwrap();
        committee.sync(&mut volunteer).unwrap();
        assert_eq!(shown(&mut volunteer, &record, name), None);
        assert_eq!(shown(&mut committee.desk, &record, name).as_deref(), Some("safe house"));
    }
    assert!(volunteer.vault().status().unwrap().parked.is_empty());
}

#[test]
fn a_decision_was_judged_by_a_value_that_a_settlement_had_overruled() {
    for _ in 0..6 {
        let mut committee = Committee::new();
        let mut monitor = committee.admit("Monitor", Role::Monitor);
        committee.sync_desk().unwrap();
        let record = monitor.vault().record_screening(&screening("East"), &[], None).unwrap().screening;
        committee.sync(&mut monitor).unwrap();
        committee.sync_desk().unwrap();
        monitor.vault().edit(&record, &[(field("age_band"), text("unknown"))]).unwrap();
        committee.desk.vault().edit(&record, &[(field("age_band"), text("under_18"))]).unwrap();
        committee.sync(&mut monitor).unwrap();
        committee.sync_desk().unwrap();
        let desk = committee.desk.vault();
        let agreed = || Outcome::Intercepted { agreement: Agreement::Agreed };
        assert!(matches!(desk.decide(&record, agreed()), Err(VigilError::Invalid { .. })), "open counts as a child");
        let view = desk.show(&record).unwrap();
        let values = &view.fields.iter().find(|field| field.name == "age_band").unwrap().values;
        let chosen = values.iter().position(|value| value.value == "under_18").unwrap();
        desk.settle(&record, &field("age_band"), Choice::Number(chosen)).unwrap();
        assert!(matches!(desk.decide(&record, agreed()), Err(VigilError::Invalid { .. })));
    }
}

/// Two devices that both hold a checkpoint's screening and wrote one field without knowing of each other.
fn differing(name: &str, values: [&str; 2]) -> (Committee, Device, vigil_core::RecordId) {
    let mut committee = Committee::new();
    let mut monitor = committee.admit("Monitor", Role::Monitor);
    committee.sync_desk().unwrap();
    let instrument = Some("border_interception@1".into());
    // Neither of the values that the two write.
    let screening = NewScreening { instrument, age_band: "unknown".into(), ..screening("East") };
    let record = monitor.vault().record_screening(&screening, &[], None).unwrap().screening;
    committee.sync(&mut monitor).unwrap();
    committee.sync_desk().unwrap();
    monitor.vault().edit(&record, &[(field(name), text(values[0]))]).unwrap();
    committee.desk.vault().edit(&record, &[(field(name), text(values[1]))]).unwrap();
    committee.sync(&mut monitor).unwrap();
    committee.sync_desk().unwrap();
    committee.sync(&mut monitor).unwrap();
    (committee, monitor, record)
}

fn settle(committee: &mut Committee, monitor: &mut Device, record: &vigil_core::RecordId, name: &str, value: &str) {
    let desk = committee.desk.vault();
    let view = desk.show(record).unwrap();
    let values = &view.fields.iter().find(|field| field.name == name).unwrap().values;
    let chosen = values.iter().position(|written| written.value == value).unwrap();
    desk.settle(record, &field(name), Choice::Number(chosen)).unwrap();
    committee.sync_desk().unwrap();
    committee.sync(monitor).unwrap();
}

#[test]
fn a_request_for_help_was_lost_by_a_coin_toss_while_another_device_said_no() {
    // Which value is shown hangs on hashes: several records, and each device says either.
    for values in [["yes", "no"], ["no", "yes"], ["yes", "no"], ["no", "yes"]] {
        let name = "answer.asks_for_help";
        let (mut committee, mut monitor, record) = differing(name, values);
        for device in [&mut monitor, &mut committee.desk] {
            let assessment = device.vault().show(&record).unwrap().assessment.unwrap();
            let raised: Vec<_> = assessment.concerns.iter().map(|raised| raised.item.as_str()).collect();
            assert_eq!((raised, assessment.release_proposed), (vec!["asks_for_help"], false));
        }
        settle(&mut committee, &mut monitor, &record, name, "no");
        for device in [&mut monitor, &mut committee.desk] {
            assert!(device.vault().show(&record).unwrap().assessment.unwrap().concerns.is_empty());
        }
    }
}

#[test]
fn a_child_was_an_adult_by_a_coin_toss_while_two_devices_differed_on_the_age() {
    for values in [["adult", "under_18"], ["under_18", "adult"], ["adult", "disputed"]] {
        let (mut committee, mut monitor, record) = differing("age_band", values);
        let as_child =
            |device: &mut Device| device.vault().show(&record).unwrap().assessment.unwrap().counted_as_under_18;
        assert!(as_child(&mut monitor) && as_child(&mut committee.desk), "{values:?}");
        settle(&mut committee, &mut monitor, &record, "age_band", "adult");
        assert!(!as_child(&mut monitor) && !as_child(&mut committee.desk), "{values:?}");
    }
}

#[test]
fn a_damaged_file_of_sealed_copies_locked_the_whole_home() {
    let mut committee = Committee::new();
    committee.desk.vault().record_sighting(&sighting("kept")).unwrap();
    committee.desk.lock();
    let file = committee.desk.folder.path().join("home/sealed.db");
    for damage in [b"garbage".to_vec(), vec![0; 5000], Vec::new()] {
        std::fs::write(&file, damage).unwrap();
        committee.desk.restart();
        assert_eq!(committee.desk.vault().sealed_copies().unwrap().len(), 1);
        committee.desk.lock();
    }
}

/// A server that holds the right key and sends a log entry that follows nothing.
struct WrongLog(SigningKey);

impl Transport for WrongLog {
    async fn post(&self, _: &str, body: Vec<u8>) -> Result<Vec<u8>, TransportError> {
        let incarnation = Incarnation([5; 16]);
        let intake = LogBody::Intake { officers: Vec::new() };
        let at = (1, Hash([7; 32]));
        let entry = LogEntry::sign(SpaceId([9; 16]), at, Timestamp(1), DeviceId([1; 16]), intake, &self.0);
        let response = SyncResponse {
            incarnation: Some(incarnation),
            log: vec![entry],
            log_appended: 0,
            outcomes: Vec::new(),
            batches: Vec::new(),
            covered: SequenceRanges::new(),
            more: false,
            time: None,
        };
        Ok(Answer::Sync(response).to_body(&body, &incarnation, &self.0))
    }
}

#[test]
fn a_bad_answer_dropped_a_removal_that_waited() {
    let mut committee = Committee::new();
    let x = committee.admit("X", Role::Volunteer).id();
    committee.remove(&x);
    let seed: [u8; 32] = std::fs::read(committee.server.path().join("identity")).unwrap().try_into().unwrap();
    let liar = WrongLog(SigningKey::from_seed(&seed).unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let options = SyncOptions { attempts: 1, ..SyncOptions::default() };
    let desk = committee.desk.vault();
    runtime.block_on(desk.sync(&liar, &options, &mut |_| {}, &Cancel::new())).unwrap_err();
    committee.desk.restart();
    assert!(committee.desk.vault().members().unwrap().iter().any(|member| member.removed));
}
