//! What went wrong in the engine once, each by the name of what went wrong.
#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use vigil_screening::{AgeBand, Answer, Answers, Assessment, Id, Instrument, Profile, SetAsideWhy, lint, score};

fn text(words: &str) -> Value {
    json!({ "en": words })
}

fn item(id: &str, more: &Value) -> Value {
    let mut item = json!({"id": id, "role": "question", "answer": "yes_no", "text": text("A question.")});
    item.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    item
}

fn instrument(sections: &Value, rules: &Value, more: &Value) -> Instrument {
    let mut sheet = json!({
        "format": 1, "id": "small", "version": 1, "language": "en", "languages": {"en": "original"},
        "title": text("Small"), "notice": text("Nothing is decided."),
        "provenance": {"source": "none", "source_licence": "none", "changes": [], "licence": "CC0-1.0",
            "status": "not_validated", "status_note": "for tests"},
        "needs": {"roles": ["tester"], "training": []},
        "safety": {"title": text("Safety"), "lines": [text("Be safe.")], "items": []},
        "sections": sections, "rules": rules,
    });
    sheet.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    Instrument::from_json(&sheet.to_string()).unwrap()
}

fn adult(instrument: &Instrument, given: &[(&str, &str)]) -> Assessment {
    let given: Answers = given.iter().map(|(id, code)| (Id::new(*id).unwrap(), Answer::parse(code).unwrap())).collect();
    score(instrument, &Profile::of_age(AgeBand::Adult), &given)
}

/// A debug build beside other work; the engine itself takes thousandths of this.
fn quickly(instrument: &Instrument) {
    let started = Instant::now();
    adult(instrument, &[]);
    assert!(lint(instrument).iter().all(|advice| !advice.place.is_empty()));
    assert!(started.elapsed() < Duration::from_secs(8), "took {:?}", started.elapsed());
}

#[test]
fn nested_sections_over_many_items_took_minutes() {
    let condition = (0..100).map(|i| format!("c{i}")).collect::<Vec<_>>().join(" or ");
    let mut sections =
        vec![json!({"id": "first", "items": (0..100).map(|i| item(&format!("c{i}"), &json!({}))).collect::<Vec<_>>()})];
    for depth in 0..64 {
        let mut section = json!({"id": format!("s{depth}"), "when": condition, "items": []});
        if depth > 0 {
            section["part_of"] = format!("s{}", depth - 1).into();
        }
        if depth == 63 {
            let flags = (0..1_000).map(|i| item(&format!("f{i}"), &json!({"role": "red_flag", "points": 1})));
            section["items"] = flags.collect::<Vec<_>>().into();
        }
        sections.push(section);
    }
    let bands =
        json!([{"id": "low", "from": 0, "text": text("Low.")}, {"id": "high", "from": 500, "text": text("High.")}]);
    quickly(&instrument(&json!(sections), &json!([{"weighted_sum": {"id": "sum", "bands": bands}}]), &json!({})));
}

#[test]
fn tiers_of_conditions_took_minutes() {
    let mut sections = Vec::new();
    for tier in 0..12 {
        let condition = (0..100).map(|i| format!("q{}_{i}", tier - 1)).collect::<Vec<_>>().join(" or ");
        let items = (0..100).map(|i| item(&format!("q{tier}_{i}"), &json!({"group": "all"}))).collect::<Vec<_>>();
        let mut section = json!({"id": format!("t{tier}"), "items": items});
        if tier > 0 {
            section["when"] = condition.into();
        }
        sections.push(section);
    }
    let rules: Vec<_> = (0..32)
        .map(|i| json!({"count": {"id": format!("count{i}"), "group": "all", "text": text("So many.")}}))
        .collect();
    let groups = json!({"groups": [{"id": "all", "text": text("All")}]});
    quickly(&instrument(&json!(sections), &json!(rules), &groups));
}

#[test]
fn many_sums_over_many_items_took_minutes() {
    let flags = (0..1_900).map(|i| item(&format!("f{i}"), &json!({"role": "red_flag", "points": 1})));
    let sections = json!([{"id": "all", "items": flags.collect::<Vec<_>>()}]);
    let bands =
        json!([{"id": "low", "from": 0, "text": text("Low.")}, {"id": "high", "from": 1000, "text": text("High.")}]);
    let rules: Vec<_> = (0..8).map(|i| json!({"weighted_sum": {"id": format!("sum{i}"), "bands": bands}})).collect();
    quickly(&instrument(&sections, &json!(rules), &json!({})));
}

fn repeated() -> Instrument {
    let sections = json!([
        {"id": "first", "items": [item("has_children", &json!({}))]},
        {"id": "children", "when": "has_children", "repeat": {"most": 5}, "items": [
            item("child_asks", &json!({"concern": "request_for_help"})),
            item("child_age", &json!({"answer": {"number": {"min": 0, "max": 17}}})),
            item("pay", &json!({"role": "red_flag", "answer": {"choice": [
                {"id": "usual", "text": text("Usual")}, {"id": "double", "text": text("Double"), "points": 10}]}})),
        ]},
    ]);
    let more = json!({"derived": [{"id": "ages", "value": "sum(child_age)"}, {"id": "children_named", "value": "count(child_age)"}]});
    let bands = json!([{"id": "low", "from": 0, "text": text("Low.")}]);
    instrument(&sections, &json!([{"weighted_sum": {"id": "signs", "bands": bands}}]), &more)
}

#[test]
fn a_later_round_that_asks_for_help_was_lost_with_its_branch() {
    let result = adult(&repeated(), &[("has_children", "no"), ("child_asks__2", "yes")]);
    assert_eq!(result.concerns.len(), 1);
}

#[test]
fn the_rounds_of_a_repeat_were_counted_twice_or_not_at_all() {
    let derived = |given: &[(&str, &str)]| {
        let mut given = given.to_vec();
        given.push(("has_children", "yes"));
        let result = adult(&repeated(), &given);
        let value = |id: &str| result.derived.iter().find(|value| value.id.as_str() == id).unwrap().value.clone();
        (value("ages"), value("children_named"))
    };
    let some = |words: &str| Some(words.to_owned());
    assert_eq!(derived(&[("child_age__2", "number:5")]), (some("5"), some("1")));
    assert_eq!(derived(&[("child_age", "number:3"), ("child_age__2", "number:5")]), (some("8"), some("2")));
    assert_eq!(derived(&[]), (some("0"), some("0")));
    // An unknown round makes the sum unknown, and never another round's number.
    assert_eq!(derived(&[("child_age", "unknown"), ("child_age__2", "number:5")]).0, None);
    let odd = adult(&repeated(), &[("has_children", "yes"), ("child_age__2", "number:99")]);
    assert_eq!((odd.set_aside[0].item.as_str(), odd.set_aside[0].why), ("child_age__2", SetAsideWhy::WrongKind));
}

#[test]
fn the_points_of_a_later_round_were_lost_and_its_answer_not_shown() {
    let result = adult(&repeated(), &[("has_children", "yes"), ("pay", "choice:usual"), ("pay__2", "choice:double")]);
    assert_eq!(result.total, Some(10));
    assert_eq!(result.red_flags[0].answer.code(), "choice:double");
}

#[test]
fn a_table_that_counts_what_was_not_asked_named_nothing_open() {
    let needs = vigil_screening::shipped_once("needs_assessment", 1).unwrap();
    let result = adult(needs, &[]);
    let immediate = result.rules.iter().find(|rule| rule.id.as_str() == "immediate_needs").unwrap();
    assert!(!immediate.open.is_empty() && immediate.next.is_some());
    // A threshold that is no band of the sum.
    let sections = json!([{"id": "all", "items": [item("a", &json!({"role": "red_flag", "points": 10}))]}]);
    let rules = json!([
        {"weighted_sum": {"id": "sum", "bands": [{"id": "any", "from": 0, "text": text("Any.")}]}},
        {"case_table": {"id": "table", "rows": [{"when": "sum >= 10", "outcome": {"id": "ten", "text": text("Ten.")}}],
            "otherwise": {"id": "less", "text": text("Less.")}}}]);
    let result = adult(&instrument(&sections, &rules, &json!({})), &[]);
    assert_eq!(result.rules[1].open.len(), 1);
}

#[test]
fn the_answer_no_that_decided_a_case_was_no_reason() {
    let practice = vigil_screening::shipped_once("practice_border", 1).unwrap();
    let result = adult(practice, &[("willing_to_talk", "no")]);
    let declined = result.rules.iter().find(|rule| rule.because.iter().any(|id| id.as_str() == "willing_to_talk"));
    assert!(declined.is_some_and(|rule| rule.kind == "case_table"), "{:?}", result.rules);
}

#[test]
fn signs_of_a_second_sum_were_not_shown_beside_a_release() {
    let mut file = serde_json::to_value(vigil_screening::border_interception().unwrap().sheet()).unwrap();
    file["id"] = "own".into();
    let second = json!({"weighted_sum": {"id": "second", "points": {"private_place": 10},
        "bands": [{"id": "any", "from": 0, "text": text("Any.")}]}});
    file["rules"].as_array_mut().unwrap().push(second);
    let own = Instrument::from_json(&file.to_string()).unwrap();
    let result = adult(&own, &[("private_place", "yes"), ("job_confirmed", "yes:employer_called_back")]);
    assert!(result.release_reasons.iter().any(|reason| reason.code == vigil_screening::ReasonCode::SignsNoted));
}

#[test]
fn an_unknown_purpose_hid_its_pages_for_good() {
    let sections = json!([{"id": "all", "items": [
        item("purpose", &json!({"answer": {"choice": [{"id": "work", "text": text("Work")}]}})),
        item("contract", &json!({"role": "red_flag", "points": 5, "when": "purpose = 'work'"}))]}]);
    let bands =
        json!([{"id": "low", "from": 0, "text": text("Low.")}, {"id": "high", "from": 5, "text": text("High.")}]);
    let own = instrument(&sections, &json!([{"weighted_sum": {"id": "sum", "bands": bands}}]), &json!({}));
    assert_eq!(adult(&own, &[("purpose", "unknown")]).next.unwrap().as_str(), "contract");
}

#[test]
fn a_disabled_instrument_proposed_release() {
    let mut file = serde_json::to_value(vigil_screening::border_interception().unwrap().sheet()).unwrap();
    file["id"] = "own".into();
    file["disabled"] = text("Not in use.");
    let own = Instrument::from_json(&file.to_string()).unwrap();
    let result = adult(&own, &[("job_confirmed", "yes:employer_called_back")]);
    assert!(!result.release_proposed && result.rules.iter().all(|rule| rule.outcome == "disabled"));
    // A request for help is heard all the same.
    assert_eq!(adult(&own, &[("asks_for_help", "yes")]).concerns.len(), 1);
}
