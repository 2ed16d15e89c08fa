//! Erasure: nothing of an erased record is left or comes back, whatever arrives in whatever order, and whoever erased it
//! sees which devices have said so.
#![allow(clippy::unwrap_used, missing_docs)]

use proptest::prelude::*;
use vigil_core::records::{Agreement, Code, EventBody, FieldName, FieldValue, LongText, Outcome};
use vigil_core::{
    ErasureView, ListQuery, NewPerson, NewScreening, NewSighting, RecordId, Recorded, Role, Timestamp, VigilError,
    readable,
};
use vigil_tests::{Committee, Device};

fn screening() -> NewScreening {
    let json = serde_json::json!({
        "station": "Kakarvitta", "started_at": 1_795_000_000_000_i64, "minutes": 7, "people": 2, "age_band": "adult",
        "sex": "female", "instrument": "border_interception@1", "answers": {"debt_bondage": "yes"},
        "observations": "brother waits outside",
    });
    serde_json::from_value(json).unwrap()
}

fn person() -> NewPerson {
    serde_json::from_value(serde_json::json!({
        "role": "traveller", "name": "Sunita Tamang", "phone": "+977-9841000001", "address": "Jhapa road",
    }))
    .unwrap()
}

fn sighting(words: &str) -> NewSighting {
    let description = Some(words.to_owned());
    NewSighting { place: "Bus park".into(), seen_at: Timestamp(0), description, people: Some(3) }
}

fn record(device: &mut Device) -> Recorded {
    let intercepted = Some(Outcome::Intercepted { agreement: Agreement::Agreed });
    device.vault().record_screening(&screening(), &[person()], intercepted).unwrap()
}

fn field(name: &str) -> FieldName {
    FieldName::new(name).unwrap()
}

fn code(reason: &str) -> Code {
    Code::new(reason).unwrap()
}

fn holds(device: &mut Device, words: &str) -> bool {
    let pieces = readable::everything(device.vault()).unwrap();
    pieces.iter().any(|piece| piece.windows(words.len()).any(|window| window == words.as_bytes()))
}

fn is_not_there(device: &mut Device, record: &RecordId) -> bool {
    matches!(device.vault().show(record), Err(VigilError::NotFound { .. }))
}

fn erasure(device: &mut Device) -> ErasureView {
    device.vault().erasures().unwrap().into_iter().next().unwrap()
}

#[test]
fn every_device_that_could_read_it_confirms_and_who_has_not_is_named() {
    let mut committee = Committee::new();
    let mut monitor = committee.admit("Monitor", Role::Monitor);
    let mut officer = committee.admit("Officer", Role::Officer);
    let mut second = committee.admit("Second desk", Role::Desk);
    let mut outsider = committee.admit("Outsider", Role::Officer);
    committee.sync_desk().unwrap();
    let seen = monitor.vault().record_sighting(&sighting("Sunita at the gate")).unwrap();
    committee.sync(&mut monitor).unwrap();
    committee.sync_desk().unwrap();
    let id = officer.id();
    committee.desk.vault().assign(&seen, &[id]).unwrap();
    committee.sync_desk().unwrap();
    for device in [&mut officer, &mut second, &mut outsider] {
        committee.sync(device).unwrap();
    }
    // The positive control: it is here, and can be found.
    assert!(holds(&mut officer, "Sunita at the gate") && holds(&mut second, "Sunita at the gate"));

    // It is assigned, and so a case: another person joins in before it is erased (PROTOCOL 19).
    assert!(committee.desk.vault().erase_record(&seen, &code("asked_by_person")).is_err());
    let motion = committee.desk.vault().propose_erasure(&seen).unwrap();
    committee.sync_desk().unwrap();
    committee.sync(&mut officer).unwrap();
    officer.vault().second(&motion).unwrap();
    committee.desk.vault().carry_out(&motion).unwrap_err();
    committee.sync(&mut officer).unwrap();
    let hidden_too = ListQuery { hidden: true, ..ListQuery::default() };
    assert!(committee.desk.vault().list(&hidden_too).unwrap().iter().any(|row| row.id == seen.to_string()));
    committee.sync_desk().unwrap();
    committee.desk.vault().carry_out(&motion).unwrap();
    committee.sync_desk().unwrap();
    assert!(is_not_there(&mut committee.desk, &seen) && !holds(&mut committee.desk, "Sunita at the gate"));
    committee.sync_desk().unwrap();
    let before = erasure(&mut committee.desk);
    assert_eq!((before.confirmed, before.expected, before.complete), (1, 4, true));
    assert_eq!((before.reason.as_str(), before.waiting_for.len()), ("two_persons", 3));
    assert!(before.waiting_for.contains(&format!("monitor {}", monitor.id().short())));
    for (device, confirmed) in [(&mut officer, 2), (&mut monitor, 3), (&mut second, 4)] {
        committee.sync(device).unwrap();
        assert!(is_not_there(device, &seen) && !holds(device, "Sunita at the gate"));
        // What only it can say goes with its next request.
        committee.sync(device).unwrap();
        committee.sync_desk().unwrap();
        assert_eq!(erasure(&mut committee.desk).confirmed, confirmed);
    }
    assert!(erasure(&mut committee.desk).waiting_for.is_empty());
    assert!(outsider.vault().erasures().unwrap().is_empty());
    committee.desk.restart();
    assert_eq!(erasure(&mut committee.desk).confirmed, 4);
}

#[test]
fn two_who_erase_at_once_both_see_that_the_other_has() {
    let mut committee = Committee::new();
    let mut second = committee.admit("Second desk", Role::Desk);
    committee.sync_desk().unwrap();
    let seen = committee.desk.vault().record_sighting(&sighting("Sunita at the gate")).unwrap();
    committee.sync_desk().unwrap();
    committee.sync(&mut second).unwrap();
    committee.desk.vault().erase_record(&seen, &code("mistake")).unwrap();
    second.vault().erase_record(&seen, &code("mistake")).unwrap();
    for _ in 0..3 {
        committee.sync_desk().unwrap();
        committee.sync(&mut second).unwrap();
    }
    for device in [&mut committee.desk, &mut second] {
        let view = erasure(device);
        assert_eq!((view.confirmed, view.expected), (2, 2));
    }
}

#[test]
fn a_volunteer_erases_what_she_handed_over_and_nothing_sealed_stays_with_her_either() {
    let mut committee = Committee::new();
    let mut volunteer = committee.admit("Volunteer", Role::Volunteer);
    committee.sync_desk().unwrap();
    let recorded = record(&mut volunteer);
    committee.sync(&mut volunteer).unwrap();
    assert_eq!(volunteer.vault().kept_batches().unwrap().len(), 1);
    for record in [recorded.screening, recorded.persons[0]] {
        volunteer.vault().erase_record(&record, &code("asked_by_person")).unwrap();
    }
    assert!(volunteer.vault().kept_batches().unwrap().is_empty());
    assert!(volunteer.vault().list(&ListQuery::default()).unwrap().is_empty());
    committee.sync_desk().unwrap();
    committee.sync(&mut volunteer).unwrap();
    committee.sync_desk().unwrap();
    assert!(is_not_there(&mut committee.desk, &recorded.screening));
    assert!(!holds(&mut committee.desk, "Sunita Tamang"));
    committee.sync(&mut volunteer).unwrap();
    let view = erasure(&mut volunteer);
    // Confirmations go to officers and desks; she sees who holds it, and that she cannot know all.
    assert!(view.expected >= 2 && !view.complete);
    assert_eq!(volunteer.vault().status().unwrap().unreceived, 0, "the desk received the word of it");
}

#[test]
fn of_an_erased_person_the_screening_stays_without_the_link() {
    let mut committee = Committee::new();
    let mut volunteer = committee.admit("Volunteer", Role::Volunteer);
    committee.sync_desk().unwrap();
    let recorded = record(&mut volunteer);
    committee.sync(&mut volunteer).unwrap();
    committee.sync_desk().unwrap();
    assert!(holds(&mut committee.desk, "Sunita Tamang"));
    committee.desk.vault().erase_record(&recorded.persons[0], &code("asked_by_person")).unwrap();
    let view = committee.desk.vault().show(&recorded.screening).unwrap();
    assert!(view.fields.iter().all(|field| !field.name.starts_with("link.")) && view.linked.is_empty());
    assert!(view.fields.iter().any(|field| field.name == "observations"));
    assert!(!holds(&mut committee.desk, "Sunita Tamang") && !holds(&mut committee.desk, "9841000001"));
}

#[test]
fn who_may_not_erase_erases_nothing() {
    let mut committee = Committee::new();
    let mut monitor = committee.admit("Monitor", Role::Monitor);
    committee.sync_desk().unwrap();
    let record = committee.desk.vault().record_sighting(&sighting("the desk's")).unwrap();
    let id = monitor.id();
    committee.desk.vault().assign(&record, &[id]).unwrap();
    committee.sync_desk().unwrap();
    committee.sync(&mut monitor).unwrap();
    let refused = monitor.vault().erase_record(&record, &code("mistake"));
    assert!(matches!(refused, Err(VigilError::NotAllowed { .. })));
    assert!(monitor.vault().show(&record).is_ok() && monitor.vault().erasures().unwrap().is_empty());
    assert!(matches!(
        monitor.vault().erase_record(&RecordId([7; 16]), &code("mistake")),
        Err(VigilError::NotFound { .. })
    ));
}

#[test]
fn an_erased_field_is_nowhere_and_everything_else_stands_in_a_new_record() {
    let mut committee = Committee::new();
    let mut monitor = committee.admit("Monitor", Role::Monitor);
    let mut officer = committee.admit("Officer", Role::Officer);
    committee.sync_desk().unwrap();
    let seen = monitor.vault().record_sighting(&sighting("two men, one with Sunita's phone")).unwrap();
    let words = LongText::new("plate ended in 4409").unwrap();
    monitor.vault().add_event(&seen, EventBody::Addendum { text: words }).unwrap();
    monitor.vault().decide(&seen, Outcome::Closed { reason: None }).unwrap();
    committee.sync(&mut monitor).unwrap();
    committee.sync_desk().unwrap();
    let id = officer.id();
    committee.desk.vault().assign(&seen, &[id]).unwrap();
    committee.sync_desk().unwrap();
    committee.sync(&mut officer).unwrap();
    assert!(holds(&mut officer, "Sunita's phone"));
    assert!(matches!(
        committee.desk.vault().erase_field(&seen, &field("no_such_field")),
        Err(VigilError::NotFound { .. })
    ));
    let stands = committee.desk.vault().erase_field(&seen, &field("description")).unwrap();
    committee.sync_desk().unwrap();
    committee.sync(&mut officer).unwrap();
    committee.sync(&mut monitor).unwrap();
    for device in [&mut committee.desk, &mut officer, &mut monitor] {
        assert!(is_not_there(device, &seen) && !holds(device, "Sunita's phone"));
        let view = device.vault().show(&stands).unwrap();
        assert!(view.fields.iter().any(|field| field.name == "place" && field.value == "Bus park"));
        assert!(view.fields.iter().all(|field| field.name != "description"));
        assert!(view.events.iter().any(|event| event.body.to_string().contains("plate ended in 4409")));
        assert_eq!(view.summary.outcome.as_deref(), Some("closed"));
    }
    assert!(!committee.server.contains(b"Sunita"));
}

#[test]
fn a_field_is_not_erased_while_people_differ_on_the_record() {
    let mut committee = Committee::new();
    let mut monitor = committee.admit("Monitor", Role::Monitor);
    committee.sync_desk().unwrap();
    let seen = monitor.vault().record_sighting(&sighting("before")).unwrap();
    committee.sync(&mut monitor).unwrap();
    committee.sync_desk().unwrap();
    let words = |text: &str| [(field("place"), Some(FieldValue::Text(text.into())))];
    monitor.vault().edit(&seen, &words("Gate 1")).unwrap();
    committee.desk.vault().edit(&seen, &words("Gate 2")).unwrap();
    committee.sync(&mut monitor).unwrap();
    committee.sync_desk().unwrap();
    let refused = committee.desk.vault().erase_field(&seen, &field("description"));
    assert!(matches!(refused, Err(VigilError::NotAllowed { .. })));
    assert!(committee.desk.vault().show(&seen).is_ok());
}

#[derive(Clone, Debug)]
enum Step {
    Edit { who: usize },
    Note { who: usize },
    Assign { to_officer: bool },
    Erase { who: usize },
    Sync { who: usize },
    Carry { from: usize, to: usize },
    Restart { who: usize },
}

fn step() -> impl Strategy<Value = Step> {
    let who = 0..4usize;
    prop_oneof![
        3 => who.clone().prop_map(|who| Step::Edit { who }),
        2 => who.clone().prop_map(|who| Step::Note { who }),
        1 => any::<bool>().prop_map(|to_officer| Step::Assign { to_officer }),
        2 => who.clone().prop_map(|who| Step::Erase { who }),
        6 => who.clone().prop_map(|who| Step::Sync { who }),
        2 => (who.clone(), who.clone()).prop_map(|(from, to)| Step::Carry { from, to }),
        1 => who.prop_map(|who| Step::Restart { who }),
    ]
}

/// A desk, an officer, a monitor and a volunteer; one record of the monitor's and one of the volunteer's.
fn run(steps: &[Step]) -> Result<(), TestCaseError> {
    let mut committee = Committee::new();
    let mut others = [
        committee.admit("Officer", Role::Officer),
        committee.admit("Monitor", Role::Monitor),
        committee.admit("Volunteer", Role::Volunteer),
    ];
    committee.sync_desk().unwrap();
    for device in &mut others {
        committee.sync(device).unwrap();
    }
    let records = [
        others[1].vault().record_sighting(&sighting("first words")).unwrap(),
        others[2].vault().record_sighting(&sighting("first words")).unwrap(),
    ];
    // The server knows who made them; what is carried by hand before that is another test.
    for device in &mut others[1..] {
        committee.sync(device).unwrap();
    }
    let mut carried: Vec<Vec<u8>> = Vec::new();
    let mut ordered = [false; 2];
    let officer = others[0].id();
    for (number, step) in steps.iter().enumerate() {
        let record = records[number % 2];
        let who = match step {
            Step::Edit { who } | Step::Note { who } | Step::Erase { who } => *who,
            Step::Sync { who } | Step::Restart { who } | Step::Carry { from: who, .. } => *who,
            Step::Assign { .. } => 0,
        };
        if matches!(step, Step::Sync { .. }) {
            let result = match who {
                0 => committee.sync_desk(),
                _ => committee.sync(&mut others[who - 1]),
            };
            prop_assert!(result.is_ok(), "{result:?}");
            continue;
        }
        let device = if who == 0 { &mut committee.desk } else { &mut others[who - 1] };
        match step {
            Step::Edit { .. } => {
                let value = FieldValue::Text(format!("words of {who}"));
                device.vault().edit(&record, &[(field("description"), Some(value))]).ok();
            }
            Step::Note { .. } => {
                let text = LongText::new(format!("words of {who}")).unwrap();
                device.vault().add_event(&record, EventBody::Addendum { text }).ok();
            }
            Step::Assign { to_officer } => {
                let officers = if *to_officer { vec![officer] } else { Vec::new() };
                device.vault().assign(&record, &officers).ok();
            }
            Step::Erase { .. } => {
                if device.vault().erase_record(&record, &code("mistake")).is_ok() {
                    ordered[number % 2] = true;
                }
            }
            Step::Carry { to, .. } => {
                carried.extend(device.vault().sealed_copies().unwrap());
                carried.extend(device.vault().kept_batches().unwrap());
                let to = if *to == 0 { &mut committee.desk } else { &mut others[to - 1] };
                // What is signed over members whom the other does not know yet is refused, and that is all.
                to.vault().take_in_copies(&carried).ok();
            }
            Step::Restart { .. } => device.restart(),
            Step::Sync { .. } => {}
        }
    }
    for _ in 0..3 {
        for device in &mut others {
            committee.sync(device).unwrap();
        }
        committee.sync_desk().unwrap();
    }
    // What somebody erased while somebody else was named for it is a case: two persons decide it, and then it is gone.
    for (record, erased) in records.iter().zip(ordered) {
        if erased && others.iter_mut().chain([&mut committee.desk]).any(|device| !is_not_there(device, record)) {
            let motion = committee.desk.vault().propose_erasure(record).unwrap();
            committee.sync_desk().unwrap();
            committee.sync(&mut others[0]).unwrap();
            others[0].vault().second(&motion).unwrap();
            committee.sync(&mut others[0]).unwrap();
            committee.sync_desk().unwrap();
        }
    }
    // Each start tries again what the server refused once.
    for _ in 0..2 {
        for device in &mut others {
            device.restart();
            committee.sync(device).unwrap();
        }
        committee.desk.restart();
        committee.sync_desk().unwrap();
    }
    // Everything that was ever carried comes once more, everywhere.
    for device in others.iter_mut().chain([&mut committee.desk]) {
        device.vault().take_in_copies(&carried).ok();
        for (record, erased) in records.iter().zip(ordered) {
            if erased {
                prop_assert!(is_not_there(device, record), "an erased record came back");
                let rows = device.vault().list(&ListQuery::default()).unwrap();
                prop_assert!(rows.iter().all(|row| row.id != record.to_string()));
            }
        }
        let status = device.vault().status().unwrap();
        prop_assert_eq!((status.waiting, status.set_aside), (0, 0));
    }
    if ordered == [true, true] {
        for device in others.iter_mut().chain([&mut committee.desk]) {
            prop_assert!(!holds(device, "first words") && !holds(device, "words of"));
        }
    } else {
        for (record, erased) in records.iter().zip(ordered) {
            prop_assert!(erased || committee.desk.vault().show(record).is_ok(), "what nobody erased is lost");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), max_shrink_iters: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_was_erased_does_not_come_back_and_what_was_not_is_not_lost(steps in prop::collection::vec(step(), 1..30)) {
        run(&steps)?;
    }
}

/// Twenty in everyday tests; `VIGIL_CASES=1000` for a campaign by hand.
fn cases() -> u32 {
    std::env::var("VIGIL_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(20)
}
