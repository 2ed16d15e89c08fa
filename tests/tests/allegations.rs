//! The accused have rights: an allegation has a basis, a day of review and a way back, and stays inside the committee.
#![allow(clippy::unwrap_used, missing_docs)]

use vigil_core::records::{Code, LongText};
use vigil_core::{AccusedBy, NewAllegation, NewSighting, Timestamp};
use vigil_tests::Committee;

const WORDS: &str = "He collected their passports";

#[test]
fn an_allegation_comes_up_for_review_and_can_be_taken_back() {
    let mut committee = Committee::new();
    let sighting = NewSighting { place: "Bus park".into(), seen_at: Timestamp(0), description: None, people: Some(4) };
    let record = committee.desk.vault().record_sighting(&sighting).unwrap();
    let allege = |committee: &mut Committee, day: &str| {
        let given = NewAllegation {
            about: AccusedBy::Role(Code::new("driver").unwrap()),
            basis: Code::new("seen").unwrap(),
            review_on: vigil_screening::Date::parse(day).unwrap(),
            words: LongText::new(WORDS).unwrap(),
        };
        committee.desk.vault().allege(&record, given).unwrap()
    };
    let due = allege(&mut committee, "2020-01-31");
    allege(&mut committee, "2199-01-31");
    let desk = committee.desk.vault();
    assert_eq!(desk.allegations(false).unwrap().len(), 2);
    let view = &desk.allegations(true).unwrap()[0];
    assert_eq!((view.id.as_str(), view.review_on.as_str()), (due.to_string().as_str(), "2020-01-31"));
    assert_eq!((view.words.as_str(), view.basis.as_str(), view.withdrawn.as_deref()), (WORDS, "seen", None));
    desk.withdraw_allegation(&record, &due, Code::new("mistaken").unwrap()).unwrap();
    assert!(desk.allegations(true).unwrap().is_empty());
    let taken_back = desk.allegations(false).unwrap().into_iter().find(|view| view.id == due.to_string()).unwrap();
    assert_eq!(taken_back.withdrawn.as_deref(), Some("mistaken"));
    assert!(desk.withdraw_allegation(&record, &record_event(), Code::new("mistaken").unwrap()).is_err());
    committee.sync_desk().unwrap();
    assert!(!committee.server.contains(WORDS.as_bytes()));
}

fn record_event() -> vigil_core::records::EventId {
    vigil_core::records::EventId(vigil_protocol::Hash([9; 32]))
}

#[test]
fn somebody_with_a_record_is_named_by_its_link_and_not_by_name() {
    let mut committee = Committee::new();
    let screening = serde_json::from_value(serde_json::json!({"station": "Gate", "started_at": 0})).unwrap();
    let recruiter =
        serde_json::from_value(serde_json::json!({"role": "alleged_recruiter", "name": "Hari K."})).unwrap();
    let recorded = committee.desk.vault().record_screening(&screening, &[recruiter], None).unwrap();
    let given = NewAllegation {
        about: AccusedBy::Record(recorded.persons[0]),
        basis: Code::new("told_by_her").unwrap(),
        review_on: vigil_screening::Date::parse("2199-01-31").unwrap(),
        words: LongText::new(WORDS).unwrap(),
    };
    committee.desk.vault().allege(&recorded.screening, given.clone()).unwrap();
    let json = serde_json::to_string(&committee.desk.vault().allegations(false).unwrap()).unwrap();
    assert!(json.contains("\"person\":\"") && !json.contains("Hari"));
    // A screening is nobody.
    let about = AccusedBy::Record(recorded.screening);
    assert!(committee.desk.vault().allege(&recorded.screening, NewAllegation { about, ..given }).is_err());
}
