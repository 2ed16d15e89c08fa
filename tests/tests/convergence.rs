//! Whatever is written in whatever order, lost, doubled, cut or restarted: in the end everybody shows the same, and every
//! acknowledged save is there.
#![allow(clippy::unwrap_used, missing_docs)]

use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use vigil_core::records::{Agreement, FieldName, FieldValue, Outcome};
use vigil_core::{ListQuery, NewSighting, RecordId, Role, Timestamp, VigilError};
use vigil_tests::{Committee, Device, Fault};

#[derive(Clone, Debug)]
enum Step {
    Record { who: usize },
    Edit { who: usize, record: usize, field: u8, value: u8 },
    Decide { who: usize, record: usize, outcome: u8 },
    Settle { who: usize, record: usize },
    Sync { who: usize, fault: u8 },
    Restart { who: usize },
}

fn step() -> impl Strategy<Value = Step> {
    let who = 0..3usize;
    prop_oneof![
        2 => who.clone().prop_map(|who| Step::Record { who }),
        6 => (who.clone(), 0..8usize, 0..3u8, 0..4u8)
            .prop_map(|(who, record, field, value)| Step::Edit { who, record, field, value }),
        2 => (who.clone(), 0..8usize, 0..3u8).prop_map(|(who, record, outcome)| Step::Decide { who, record, outcome }),
        2 => (who.clone(), 0..8usize).prop_map(|(who, record)| Step::Settle { who, record }),
        6 => (who.clone(), 0..6u8).prop_map(|(who, fault)| Step::Sync { who, fault }),
        1 => who.prop_map(|who| Step::Restart { who }),
    ]
}

fn outcome(number: u8) -> Outcome {
    match number {
        0 => Outcome::Intercepted { agreement: Agreement::ChildInDanger },
        1 => Outcome::DeclinedInformed,
        _ => Outcome::Closed { reason: None },
    }
}

fn run(steps: &[Step]) -> Result<(), TestCaseError> {
    let mut committee = Committee::new();
    let mut monitor = committee.admit("Monitor", Role::Monitor);
    let mut second = committee.admit("Second desk", Role::Desk);
    committee.sync_desk().unwrap();
    let mut made: Vec<RecordId> = Vec::new();
    let mut by_monitor: BTreeSet<RecordId> = BTreeSet::new();
    for step in steps {
        let who = match step {
            Step::Record { who } | Step::Edit { who, .. } | Step::Decide { who, .. } => *who,
            Step::Settle { who, .. } | Step::Sync { who, .. } | Step::Restart { who } => *who,
        };
        if let Step::Sync { fault, .. } = step {
            let faults = [Fault::None, Fault::None, Fault::None, Fault::RequestLost, Fault::AnswerLost, Fault::Doubled];
            committee.wire.plan(&[faults[usize::from(*fault)]]);
            let result = match who {
                0 => committee.sync_desk(),
                1 => committee.sync(&mut monitor),
                _ => committee.sync(&mut second),
            };
            prop_assert!(matches!(result, Ok(_) | Err(VigilError::Offline { .. })), "{result:?}");
            committee.wire.plan(&[]);
            continue;
        }
        let device: &mut Device = match who {
            0 => &mut committee.desk,
            1 => &mut monitor,
            _ => &mut second,
        };
        match step {
            Step::Record { .. } => {
                let sighting = NewSighting {
                    place: "Bus park".into(),
                    seen_at: Timestamp(0),
                    description: Some("first".into()),
                    people: Some(1),
                };
                let record = device.vault().record_sighting(&sighting).unwrap();
                made.push(record);
                if who == 1 {
                    by_monitor.insert(record);
                }
            }
            Step::Edit { record, field, value, .. } => {
                let Some(record) = made.get(record % made.len().max(1)).copied() else { continue };
                let name = FieldName::new(["place", "description", "invented"][usize::from(*field)]).unwrap();
                let value = (*value > 0).then(|| FieldValue::Text(format!("value {value} of {who}")));
                // A record that has not come here yet cannot be edited here.
                let result = device.vault().edit(&record, &[(name, value)]);
                prop_assert!(matches!(result, Ok(()) | Err(VigilError::NotFound { .. })), "{result:?}");
            }
            Step::Decide { record, outcome: number, .. } => {
                let Some(record) = made.get(record % made.len().max(1)).copied() else { continue };
                let result = device.vault().decide(&record, outcome(*number));
                prop_assert!(matches!(result, Ok(_) | Err(VigilError::NotFound { .. })), "{result:?}");
            }
            Step::Settle { record, .. } => {
                let Some(record) = made.get(record % made.len().max(1)).copied() else { continue };
                let Ok(view) = device.vault().show(&record) else { continue };
                if let Some(field) = view.fields.iter().find(|field| field.open) {
                    let name = FieldName::new(field.name.clone()).unwrap();
                    device.vault().settle(&record, &name, vigil_core::Choice::Number(0)).unwrap();
                }
                if let Some(chosen) = view.open_outcomes.first() {
                    let chosen = vigil_core::records::EventId::from_hex(chosen).unwrap();
                    device.vault().settle_outcome(&record, &chosen).unwrap();
                }
            }
            Step::Restart { .. } => device.restart(),
            Step::Sync { .. } => {}
        }
    }
    for _ in 0..2 {
        committee.sync(&mut monitor).unwrap();
        committee.sync(&mut second).unwrap();
        committee.sync_desk().unwrap();
    }
    let all = ListQuery { limit: 1000, ..ListQuery::default() };
    let mut views = BTreeMap::new();
    for record in &made {
        let desk = committee.desk.vault().show(record).unwrap();
        let other = second.vault().show(record).unwrap();
        prop_assert_eq!(&desk.heads, &other.heads);
        prop_assert!(same(&desk, &other));
        if by_monitor.contains(record) {
            let monitor = monitor.vault().show(record).unwrap();
            prop_assert!(same(&desk, &monitor));
        }
        views.insert(*record, desk);
    }
    prop_assert_eq!(committee.desk.vault().list(&all).unwrap().len(), made.len());
    prop_assert_eq!(second.vault().list(&all).unwrap().len(), made.len());
    prop_assert_eq!(monitor.vault().list(&all).unwrap().len(), by_monitor.len());
    for device in [&mut committee.desk, &mut monitor, &mut second] {
        let status = device.vault().status().unwrap();
        prop_assert_eq!((status.waiting, status.set_aside, status.parked.len()), (0, 0, 0));
    }
    Ok(())
}

/// The same fields with the same values and authors, the same events, the same open questions.
fn same(one: &vigil_core::RecordView, other: &vigil_core::RecordView) -> bool {
    let plain = |view: &vigil_core::RecordView| {
        let fields: Vec<_> = view
            .fields
            .iter()
            .map(|field| {
                let values: BTreeSet<_> = field.values.iter().map(|value| (value.change.clone(), value.time)).collect();
                (field.name.clone(), field.value.to_string(), field.open, values)
            })
            .collect();
        let events: BTreeSet<_> = view.events.iter().map(|event| event.id.clone()).collect();
        (fields, events, view.open_outcomes.clone(), view.summary.outcome.clone(), view.summary.conflicts)
    };
    plain(one) == plain(other)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn everybody_shows_the_same_in_the_end(steps in prop::collection::vec(step(), 1..40)) {
        run(&steps)?;
    }
}

/// Twenty in everyday tests; `VIGIL_CASES=1000` for a campaign by hand.
fn cases() -> u32 {
    std::env::var("VIGIL_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(20)
}
