//! Instruments that a programme brings: a record pins the exact file, and nothing that comes later changes its result.
#![allow(clippy::unwrap_used, missing_docs)]

use serde_json::{Value, json};
use vigil_core::records::Outcome;
use vigil_core::{ListQuery, NewScreening, RecordId, Role, Vault};
use vigil_tests::{Committee, Device};

/// A checklist of one sign with so many points.
fn file(id: &str, version: u32, points: u16) -> String {
    let text = |words: &str| json!({ "en": words });
    json!({
        "format": 1, "id": id, "version": version, "language": "en", "languages": {"en": "original"},
        "title": text("Bus park checklist"), "notice": text("A person decides."),
        "provenance": {"source": "own", "source_licence": "own", "changes": [], "licence": "CC0-1.0",
            "status": "not_validated", "status_note": "for tests"},
        "needs": {"roles": ["village_monitor"], "training": []},
        "safety": {"title": text("Safety"), "lines": [text("Be safe.")], "items": []},
        "sections": [{"id": "all", "items": [
            {"id": "ticket_paid", "role": "red_flag", "answer": "yes_no", "points": points, "text": text("Ticket paid.")}]}],
        "rules": [{"weighted_sum": {"id": "signs", "bands": [
            {"id": "low", "from": 0, "text": text("Low.")}, {"id": "high", "from": 5, "text": text("High.")}]}}]
    })
    .to_string()
}

fn screening(pin: &str) -> NewScreening {
    let json = json!({"station": "Bus park", "started_at": 1_795_000_000_000_i64, "age_band": "adult",
        "instrument": pin, "answers": {"ticket_paid": "yes"}});
    serde_json::from_value(json).unwrap()
}

fn record(vault: &mut Vault, pin: &str) -> RecordId {
    vault.record_screening(&screening(pin), &[], None).unwrap().screening
}

/// Points as the list has them and as the record shows them.
fn points(vault: &Vault, id: &RecordId) -> (Option<i64>, Option<u32>) {
    let row = vault.list(&ListQuery::default()).unwrap().into_iter().find(|row| row.id == id.to_string()).unwrap();
    (row.points, vault.show(id).unwrap().assessment.and_then(|assessment| assessment.total))
}

#[test]
fn a_newer_version_or_another_file_of_the_same_name_never_changes_an_old_result() {
    let mut committee = Committee::new();
    let vault = committee.desk.vault();
    let first = vault.add_instrument(&file("bus_park", 1, 7)).unwrap();
    let old = record(vault, &first.pin);
    assert_eq!(points(vault, &old), (Some(7), Some(7)));
    // A newer version, and somebody else's file that claims to be the same version.
    let newer = vault.add_instrument(&file("bus_park", 2, 2)).unwrap();
    let twin = vault.add_instrument(&file("bus_park", 1, 1)).unwrap();
    assert_eq!(points(vault, &old), (Some(7), Some(7)));
    assert_ne!(first.pin, twin.pin);
    let (of_newer, of_twin) = (record(vault, &newer.pin), record(vault, &twin.pin));
    assert_eq!((points(vault, &of_newer), points(vault, &of_twin)), ((Some(2), Some(2)), (Some(1), Some(1))));
    // Also after a restart, and when only what the statistics need is left of it.
    committee.desk.restart();
    let vault = committee.desk.vault();
    let old = vault.decide(&old, Outcome::LetGo).unwrap();
    assert_eq!(points(vault, &old), (Some(7), Some(7)), "what stays for the statistics keeps its result");
    assert_eq!(vault.instrument(&first.pin).unwrap().pin(), first.pin);
}

#[test]
fn a_record_that_came_before_its_instrument_gets_its_result_when_the_instrument_comes() {
    let mut committee = Committee::new();
    let mut monitor = committee.admit("Monitor", Role::Monitor);
    committee.sync_desk().unwrap();
    let pin = monitor.vault().add_instrument(&file("bus_park", 1, 7)).unwrap().pin;
    let id = record(monitor.vault(), &pin);
    committee.sync(&mut monitor).unwrap();
    committee.sync_desk().unwrap();
    let desk = committee.desk.vault();
    assert_eq!(points(desk, &id), (None, None));
    assert_eq!(desk.instrument(&pin).unwrap_err().code(), "not_found");
    desk.add_instrument(&file("bus_park", 1, 7)).unwrap();
    assert_eq!(points(desk, &id), (Some(7), Some(7)));
    assert!(desk.instruments().unwrap().iter().any(|known| known.pin == pin && !known.shipped));
}

#[test]
fn a_shipped_name_is_reserved_and_a_changed_or_broken_file_is_refused() {
    let mut device = Device::create("Desk");
    let vault = device.vault();
    vault.create_space(None).unwrap();
    let mut posing: Value = serde_json::from_str(&file("border_interception", 1, 7)).unwrap();
    assert_eq!(vault.add_instrument(&posing.to_string()).unwrap_err().code(), "invalid");
    posing["id"] = "bus_park".into();
    posing["signature"] = "00".repeat(64).into();
    let refused = vault.add_instrument(&posing.to_string()).unwrap_err();
    assert!(refused.to_string().contains("instrument_bad_signature"), "{refused}");
    assert_eq!(vault.add_instrument("{}").unwrap_err().code(), "invalid");
    assert!(vault.instruments().unwrap().iter().all(|known| known.shipped));
    // The same file twice is one.
    posing.as_object_mut().unwrap().remove("signature");
    let (one, again) =
        (vault.add_instrument(&posing.to_string()).unwrap(), vault.add_instrument(&posing.to_string()).unwrap());
    assert_eq!(one, again);
    assert_eq!(vault.instruments().unwrap().iter().filter(|known| !known.shipped).count(), 1);
}

#[test]
fn at_the_limit_a_file_that_is_here_can_still_be_given_again() {
    let mut device = Device::create("Desk");
    let vault = device.vault();
    for version in 1..=64 {
        vault.add_instrument(&file("bus_park", version, 7)).unwrap();
    }
    let refused = vault.add_instrument(&file("bus_park", 65, 7)).unwrap_err();
    assert!(refused.to_string().contains("at most 64"), "{refused}");
    assert_eq!(vault.add_instrument(&file("bus_park", 9, 7)).unwrap().version, 9);
}

#[test]
fn strengths_that_were_not_checked_for_a_kind_of_exploitation_give_no_result_in_a_record() {
    let mut device = Device::create("Desk");
    let vault = device.vault();
    vault.create_space(None).unwrap();
    let mut screening = screening("ilo_operational_indicators@1");
    screening.answers.clear();
    for (kind, taken_for, says_something) in
        [(None, "adult_labour", true), (Some("labour"), "adult_labour", true), (Some("sexual"), "adult_sexual", false)]
    {
        screening.exploitation = kind.map(str::to_owned);
        let id = vault.record_screening(&screening, &[], None).unwrap().screening;
        let assessment = vault.show(&id).unwrap().assessment.unwrap();
        assert_eq!(assessment.kind.unwrap().as_str(), taken_for);
        assert_eq!(assessment.says_nothing.is_none(), says_something);
        assert_eq!(assessment.rules.iter().all(|rule| rule.outcome == "disabled"), !says_something);
    }
    screening.exploitation = Some("slavery".to_owned());
    let refused = vault.record_screening(&screening, &[], None).unwrap_err();
    assert!(refused.to_string().contains("exploitation"), "{refused}");
}
