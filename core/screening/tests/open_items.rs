//! An item is open exactly when some answers could make it matter: compared with trying every answer.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use serde_json::{Value, json};
use vigil_screening::{AgeBand, Answer, Answers, Id, Instrument, Profile, score};

fn text(words: &str) -> Value {
    json!({ "en": words })
}

/// A small instrument around these items and thresholds.
fn small(items: &[Value], thresholds: &[u16]) -> Instrument {
    let bands: Vec<_> = std::iter::once(&0)
        .chain(thresholds)
        .enumerate()
        .map(|(i, from)| json!({"id": format!("band{i}"), "from": from, "text": text("A band.")}))
        .collect();
    let sheet = json!({
        "format": 1, "id": "small", "version": 1, "language": "en", "languages": {"en": "original"},
        "title": text("Small"), "notice": text("Nothing is decided."),
        "provenance": {"source": "none", "source_licence": "none", "changes": [], "licence": "CC0-1.0",
            "status": "not_validated", "status_note": "for tests"},
        "needs": {"roles": ["tester"], "training": []},
        "safety": {"title": text("Safety"), "lines": [text("Be safe.")], "items": []},
        "sections": [{"id": "all", "title": text("All"), "items": items}],
        "groups": [], "verifications": [{"id": "seen", "text": text("seen")}], "help_cards": [],
        "rules": [{"weighted_sum": {"id": "signs", "bands": bands}},
            {"green_lights": {"id": "release", "child_contacts": ["contact"]}}],
    });
    Instrument::from_json(&sheet.to_string()).unwrap()
}

fn flag(id: &str, points: u16) -> Value {
    json!({"id": id, "role": "red_flag", "answer": "yes_no", "points": points, "text": text("A sign.")})
}

fn instrument(points: &[u16], thresholds: &[u16], contact_is_light: bool) -> Instrument {
    let mut items: Vec<_> = points.iter().enumerate().map(|(i, points)| flag(&format!("flag{i}"), *points)).collect();
    let (low, high) = (points[0], points[0] + 2);
    items.push(json!({"id": "choice", "role": "red_flag", "text": text("Which?"), "answer": {"choice": [
        {"id": "none", "text": text("none")}, {"id": "low", "text": text("low"), "points": low},
        {"id": "high", "text": text("high"), "points": high}]}}));
    items.push(json!({"id": "light", "role": "green_light", "answer": "yes_no", "text": text("A light."),
        "verified_by": ["seen"]}));
    let role = if contact_is_light { "green_light" } else { "contact" };
    items.push(json!({"id": "contact", "role": role, "answer": "yes_no", "text": text("Reached."),
        "verified_by": ["seen"], "applies": "under_18"}));
    items.push(json!({"id": "concern", "role": "question", "answer": "yes_no", "text": text("Hurt."),
        "concern": "injury"}));
    small(&items, thresholds)
}

fn possible(id: &str) -> &'static [&'static str] {
    match id {
        "light" | "contact" => &["not_asked", "yes:seen", "no"],
        "choice" => &["not_asked", "choice:low", "choice:high", "choice:none"],
        _ => &["not_asked", "yes", "no"],
    }
}

type Outcome = (String, bool, Vec<Id>);

fn outcome(instrument: &Instrument, profile: &Profile, given: &Answers) -> Outcome {
    let result = score(instrument, profile, given);
    (
        result.band.unwrap().id.to_string(),
        result.release_proposed,
        result.concerns.into_iter().map(|concern| concern.item).collect(),
    )
}

/// Whether, with some answers to the `others`, the answers to `item` lead to different outcomes.
fn matters(instrument: &Instrument, profile: &Profile, given: &Answers, item: &Id, others: &[Id]) -> bool {
    if let Some((first, rest)) = others.split_first() {
        return possible(first.as_str()).iter().any(|code| {
            let mut given = given.clone();
            // Leaving it as it is covers "not asked" and "said, not verified".
            if *code != "not_asked" {
                given.insert(first.clone(), Answer::parse(code).unwrap());
            }
            matters(instrument, profile, &given, item, rest)
        });
    }
    let now = outcome(instrument, profile, given);
    possible(item.as_str()).iter().skip(1).any(|code| {
        let mut given = given.clone();
        given.insert(item.clone(), Answer::parse(code).unwrap());
        outcome(instrument, profile, &given) != now
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn an_item_is_open_exactly_when_it_can_still_matter(
        points in prop::collection::vec(0u16..12, 2..4),
        thresholds in prop::collection::btree_set(1u16..30, 0..3),
        contact_is_light in any::<bool>(),
        adult in any::<bool>(),
        codes in prop::collection::vec(prop::sample::select(vec!["not_asked", "not_asked", "yes", "no", "unknown", "yes:seen"]), 7),
    ) {
        let thresholds: Vec<u16> = thresholds.into_iter().collect();
        let instrument = instrument(&points, &thresholds, contact_is_light);
        let profile = Profile::of_age(if adult { AgeBand::Adult } else { AgeBand::Unknown });
        let items: Vec<_> = instrument.items().filter(|item| item.applies.to(!adult)).collect();
        let given: Answers = items.iter().zip(&codes).map(|(item, code)| {
            let code = match (item.id.as_str(), *code) {
                ("choice", "yes") => "choice:high",
                ("choice", "yes:seen") => "choice:low",
                (_, code) => code,
            };
            (item.id.clone(), Answer::parse(code).unwrap())
        }).collect();
        let askable: Vec<Id> = items.iter().filter(|item| match &given[&item.id] {
            Answer::NotAsked => true,
            Answer::Yes => !item.verified_by.is_empty(),
            _ => false,
        }).map(|item| item.id.clone()).collect();
        let expected: Vec<Id> = askable.iter().filter(|item| {
            let others: Vec<Id> = askable.iter().filter(|other| other != item).cloned().collect();
            matters(&instrument, &profile, &given, item, &others)
        }).cloned().collect();
        prop_assert_eq!(score(&instrument, &profile, &given).open, expected);
    }
}

#[test]
fn the_largest_instrument_allowed_is_scored_without_delay() {
    let items: Vec<_> = (0..400u16).map(|i| flag(&format!("flag{i}"), 1 + i % 3)).collect();
    let mut items = items;
    items[399] = json!({"id": "contact", "role": "contact", "answer": "yes_no", "text": text("Reached."),
        "verified_by": ["seen"]});
    let instrument = small(&items, &[999, 1000]);
    let started = std::time::Instant::now();
    let result = score(&instrument, &Profile::of_age(AgeBand::Adult), &Answers::new());
    assert_eq!(result.open.len(), 0, "399 signs add up to less than 999 points");
    let instrument = small(&items, &[500, 700]);
    assert_eq!(score(&instrument, &Profile::of_age(AgeBand::Adult), &Answers::new()).open.len(), 399);
    assert!(started.elapsed() < std::time::Duration::from_secs(5));
}
