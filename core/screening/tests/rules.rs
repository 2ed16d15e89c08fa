//! Every kind of rule: what it comes to, what it names as its reasons, and what it leaves open.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use serde_json::{Value, json};
use vigil_screening::{
    AgeBand, Answer, Answers, Assessment, Exploitation, Id, Instrument, Profile, RuleResult, SetAsideWhy, score,
    score_in,
};

fn text(words: &str) -> Value {
    json!({ "en": words })
}

fn flag(id: &str) -> Value {
    json!({"id": id, "role": "red_flag", "answer": "yes_no", "text": text("A sign.")})
}

fn with(mut item: Value, more: Value) -> Value {
    item.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    item
}

/// An instrument around these parts; what `more` holds replaces or adds to the rest.
fn instrument(items: &[Value], rules: &[Value], more: Value) -> Instrument {
    let sheet = json!({
        "format": 1, "id": "small", "version": 1, "language": "en", "languages": {"en": "original"},
        "title": text("Small"), "notice": text("Nothing is decided."),
        "provenance": {"source": "none", "source_licence": "none", "changes": [], "licence": "CC0-1.0",
            "status": "not_validated", "status_note": "for tests"},
        "needs": {"roles": ["tester"], "training": []},
        "safety": {"title": text("Safety"), "lines": [text("Be safe.")], "items": []},
        "sections": [{"id": "all", "items": items}],
        "rules": rules,
    });
    Instrument::from_json(&with(sheet, more).to_string()).unwrap()
}

fn answers(given: &[(&str, &str)]) -> Answers {
    given.iter().map(|(id, code)| (Id::new(*id).unwrap(), Answer::parse(code).unwrap())).collect()
}

fn adult(instrument: &Instrument, given: &[(&str, &str)]) -> Assessment {
    score(instrument, &Profile::of_age(AgeBand::Adult), &answers(given))
}

fn rule<'a>(result: &'a Assessment, id: &str) -> &'a RuleResult {
    result.rules.iter().find(|rule| rule.id.as_str() == id).unwrap()
}

fn names(ids: &[Id]) -> Vec<&str> {
    ids.iter().map(Id::as_str).collect()
}

fn palermo() -> Instrument {
    let items = ["recruited", "moved", "forced", "deceived", "exploited"].map(flag);
    let rule = json!({"act_means_purpose": {"id": "palermo", "act": ["recruited", "moved"], "means": ["forced", "deceived"],
        "purpose": ["exploited"], "met": text("Every element was noted."), "not_met": text("Not every element.")}});
    instrument(&items, &[rule], json!({}))
}

#[test]
fn palermo_reads_as_article_3_in_every_combination_of_act_means_purpose_and_age() {
    let instrument = palermo();
    let replies = ["yes", "no", "unknown", "not_asked"];
    for age in AgeBand::ALL {
        for act in replies {
            for means in replies {
                for purpose in replies {
                    let given = answers(&[
                        ("moved", act),
                        ("recruited", "no"),
                        ("forced", means),
                        ("deceived", "no"),
                        ("exploited", purpose),
                    ]);
                    let result = score(&instrument, &Profile::of_age(age), &given);
                    let read = rule(&result, "palermo");
                    // Article 3(a); 3(c): for a child, the act for that purpose "even if this does not involve any of the means".
                    let child = age != AgeBand::Adult;
                    let met = act == "yes" && purpose == "yes" && (child || means == "yes");
                    assert_eq!(read.outcome, if met { "met" } else { "not_met" }, "{age:?} {act} {means} {purpose}");
                    // What lacks and was not asked is open, unless something that was answered already rules it out.
                    let lacking: Vec<_> =
                        [("moved", act, true), ("forced", means, !child), ("exploited", purpose, true)]
                            .into_iter()
                            .filter(|(_, reply, needed)| *needed && *reply != "yes")
                            .collect();
                    let possible = lacking.iter().all(|(_, reply, _)| *reply == "not_asked");
                    let expected: Vec<_> = lacking.iter().filter(|_| possible).map(|(id, _, _)| *id).collect();
                    assert_eq!(names(&read.open), expected, "{age:?} {act} {means} {purpose}");
                    assert_eq!(read.next.is_some(), !expected.is_empty());
                }
            }
        }
    }
}

#[test]
fn the_reasons_of_a_rule_are_the_answers_that_made_it() {
    let result =
        adult(&palermo(), &[("recruited", "yes"), ("deceived", "yes"), ("forced", "unknown"), ("exploited", "yes")]);
    assert_eq!(names(&rule(&result, "palermo").because), ["recruited", "deceived", "exploited"]);
    assert_eq!(names(&result.unknown), ["forced"]);
    let lines = result.explain().join("\n");
    assert!(lines.contains("because of:\n    - A sign.\n    - A sign.\n    - A sign."), "{lines}");
    assert_eq!(names(&rule(&result, "palermo").unknown), ["forced"]);
}

#[test]
fn several_sums_have_thresholds_and_points_of_their_own() {
    let items = [with(flag("a"), json!({"points": 5})), with(flag("b"), json!({"points": 3})), flag("c")];
    let bands = |top: u16| json!([{"id": "low", "from": 0, "text": text("Low.")}, {"id": "high", "from": top, "text": text("High.")}]);
    let instrument = instrument(
        &items,
        &[
            json!({"weighted_sum": {"id": "first", "bands": bands(8)}}),
            json!({"weighted_sum": {"id": "second", "points": {"b": 1, "c": 9}, "bands": bands(10)}}),
        ],
        json!({}),
    );
    let result = adult(&instrument, &[("a", "yes"), ("b", "yes")]);
    assert_eq!((rule(&result, "first").value, rule(&result, "first").outcome.as_str()), (Some(8), "high"));
    assert_eq!((rule(&result, "second").value, rule(&result, "second").outcome.as_str()), (Some(1), "low"));
    assert_eq!((names(&rule(&result, "first").open), names(&rule(&result, "second").open)), (vec![], vec!["c"]));
    assert_eq!(result.total, Some(8));
}

#[test]
fn points_and_strengths_differ_by_profile_and_a_disabled_profile_says_nothing() {
    let items = [
        with(
            flag("a"),
            json!({"points": 2, "points_for": {"child": 7}, "strengths": {"child": "strong", "adult": "weak"}}),
        ),
        with(flag("b"), json!({"strengths": {"child": "weak"}})),
    ];
    let kinds = json!({"profiles": [
        {"id": "child", "text": text("Under 18"), "age": "under_18", "exploitation": ["labour", "unknown"]},
        {"id": "adult", "text": text("Adult"), "age": "adult", "exploitation": ["labour", "unknown"]},
        {"id": "other", "text": text("Another kind"), "exploitation": ["sexual"], "disabled": text("Not checked yet.")}]});
    let rules = [
        json!({"weighted_sum": {"id": "sum", "bands": [{"id": "any", "from": 0, "text": text("Any.")}]}}),
        json!({"strength_count": {"id": "dimension", "items": ["a", "b"], "patterns": [{"strong": 1, "weak": 1}],
            "positive": text("Enough."), "not_positive": text("Not enough.")}}),
    ];
    let instrument = instrument(&items, &rules, kinds);
    let given = answers(&[("a", "yes"), ("b", "yes")]);
    let of = |age, exploitation| score(&instrument, &Profile { age_band: age, exploitation, day: None }, &given);
    let child = of(AgeBand::Disputed, Exploitation::Labour);
    assert_eq!((child.total, rule(&child, "dimension").outcome.as_str()), (Some(7), "positive"));
    let adult = of(AgeBand::Adult, Exploitation::Unknown);
    assert_eq!((adult.total, rule(&adult, "dimension").outcome.as_str()), (Some(2), "not_positive"));
    let silent = of(AgeBand::Adult, Exploitation::Sexual);
    assert_eq!((silent.total, rule(&silent, "sum").outcome.as_str()), (None, "disabled"));
    assert_eq!(silent.says_nothing.as_deref(), Some("Not checked yet."));
    let nobody = of(AgeBand::Adult, Exploitation::Other);
    assert!(nobody.rules.iter().all(|rule| rule.outcome == "not_applicable"));
}

#[test]
fn a_branch_is_asked_only_where_it_holds_and_the_question_that_opens_it_comes_first() {
    let items = [
        json!({"id": "purpose", "role": "question", "text": text("What for"), "answer": {"choice": [
            {"id": "work", "text": text("Work")}, {"id": "study", "text": text("Study")}]}}),
        with(flag("no_contract"), json!({"points": 10, "when": "purpose = 'work'"})),
        with(flag("no_school"), json!({"points": 10, "when": "purpose = 'study'"})),
    ];
    let bands =
        json!([{"id": "low", "from": 0, "text": text("Low.")}, {"id": "high", "from": 10, "text": text("High.")}]);
    let instrument = instrument(&items, &[json!({"weighted_sum": {"id": "signs", "bands": bands}})], json!({}));
    let start = adult(&instrument, &[]);
    assert_eq!(names(&start.open), ["purpose", "no_contract", "no_school"]);
    assert_eq!(start.next.unwrap().as_str(), "purpose");
    let work = adult(&instrument, &[("purpose", "choice:work")]);
    assert_eq!((names(&work.open), work.next.unwrap().to_string()), (vec!["no_contract"], "no_contract".to_owned()));
    // Answers that belong to another branch are named and left out; unknown is not no, so the answer under it counts.
    let other = adult(&instrument, &[("purpose", "choice:study"), ("no_contract", "yes")]);
    assert_eq!((other.total, other.set_aside[0].why), (Some(0), SetAsideWhy::OtherBranch));
    let unknown = adult(&instrument, &[("purpose", "unknown"), ("no_contract", "yes")]);
    assert_eq!((unknown.total, unknown.set_aside.len()), (Some(10), 0));
}

#[test]
fn a_request_for_help_counts_whatever_branch_it_stands_in() {
    let items = [
        flag("alone"),
        json!({"id": "wants_help", "role": "question", "answer": "yes_no", "text": text("Asks for help."),
            "concern": "request_for_help", "when": "alone"}),
    ];
    let instrument = instrument(&items, &[], json!({}));
    for alone in ["yes", "no", "unknown", "not_asked"] {
        let result = adult(&instrument, &[("alone", alone), ("wants_help", "yes")]);
        assert_eq!(result.concerns.len(), 1, "alone: {alone}");
    }
}

#[test]
fn derived_values_are_computed_from_answers_and_stay_missing_without_them() {
    let items = [
        json!({"id": "people", "role": "question", "answer": {"number": {"min": 0, "max": 99}}, "text": text("People")}),
        json!({"id": "seats", "role": "question", "answer": {"number": {"min": 0, "max": 99}}, "text": text("Seats")}),
        json!({"id": "born", "role": "question", "answer": "date", "text": text("Born")}),
    ];
    let more = json!({"derived": [
        {"id": "crowding", "text": text("People a seat"), "value": "people div seats"},
        {"id": "years", "value": "int((today() - born) div 365.25)"}]});
    let table = json!({"case_table": {"id": "crowded", "rows": [
        {"when": "crowding > 2", "outcome": {"id": "crowded", "text": text("Crowded.")}},
        {"when": "crowding <= 2", "outcome": {"id": "room", "text": text("Room enough.")}}],
        "otherwise": {"id": "not_known", "text": text("Not known.")}}});
    let instrument = instrument(&items, &[table], more);
    let value = |given: &[(&str, &str)], id: &str| {
        let profile = Profile {
            day: Some(vigil_screening::Date::parse("2026-11-22").unwrap()),
            ..Profile::of_age(AgeBand::Adult)
        };
        let result = score(&instrument, &profile, &answers(given));
        let value = result.derived.iter().find(|value| value.id.as_str() == id).unwrap().value.clone();
        (value, rule(&result, "crowded").outcome.clone(), names(&rule(&result, "crowded").open).join(" "))
    };
    assert_eq!(value(&[("people", "number:9"), ("seats", "number:4")], "crowding").0.as_deref(), Some("2.25"));
    assert_eq!(value(&[("people", "number:9"), ("seats", "number:4")], "crowding").1, "crowded");
    assert_eq!(value(&[("people", "number:9")], "crowding"), (None, "not_known".to_owned(), "seats".to_owned()));
    // Unknown is not "not asked": nothing is left to ask, and still nothing is known.
    assert_eq!(
        value(&[("people", "number:9"), ("seats", "unknown")], "crowding"),
        (None, "not_known".to_owned(), String::new())
    );
    assert_eq!(value(&[("people", "number:9"), ("seats", "number:0")], "crowding").0, None);
    assert_eq!(value(&[("born", "date:2009-06-01")], "years").0.as_deref(), Some("17"));
}

#[test]
fn an_answer_outside_its_constraint_is_named_and_counts() {
    let items =
        [json!({"id": "age", "role": "question", "answer": {"number": {"min": 0, "max": 999}}, "text": text("Age"),
        "constraint": "value < 120", "constraint_text": text("Nobody is that old.")})];
    let instrument = instrument(&items, &[], json!({}));
    assert_eq!(names(&adult(&instrument, &[("age", "number:400")]).doubtful), ["age"]);
    assert!(adult(&instrument, &[("age", "number:40")]).doubtful.is_empty());
    assert!(adult(&instrument, &[("age", "unknown")]).doubtful.is_empty());
}

#[test]
fn a_sign_in_any_round_of_a_repeated_section_is_a_sign() {
    let sections = json!({"sections": [{"id": "children", "repeat": {"most": 3}, "items": [with(flag("alone"), json!({"points": 4}))]}]});
    let bands = json!([{"id": "low", "from": 0, "text": text("Low.")}]);
    let instrument = instrument(&[], &[json!({"weighted_sum": {"id": "signs", "bands": bands}})], sections);
    assert_eq!(adult(&instrument, &[("alone", "no"), ("alone__2", "yes")]).total, Some(4));
    assert_eq!(adult(&instrument, &[("alone", "yes"), ("alone__3", "no")]).total, Some(4));
    let beyond = adult(&instrument, &[("alone__4", "yes")]);
    assert_eq!((beyond.total, beyond.set_aside[0].why), (Some(0), SetAsideWhy::NoSuchItem));
}

#[test]
fn a_result_is_in_the_readers_language_and_an_unreviewed_one_never_alone() {
    let languages = json!({"languages": {"en": "original", "xx": "unreviewed", "yy": "reviewed", "xx-Latn": "unreviewed"},
        "fallback": {"xx-Latn": ["yy"]}, "notice": {"en": "Nothing is decided.", "xx": "Xx.", "yy": "Yy."}});
    let instrument = instrument(&[flag("a")], &[], languages);
    let notice = |lang: &str| score_in(&instrument, &Profile::default(), &Answers::new(), &[lang]).notice;
    assert_eq!(notice("xx"), "Xx. [Nothing is decided.]");
    assert_eq!(notice("yy"), "Yy.");
    assert_eq!(notice("xx-Latn"), "Yy.", "the fallback of a language comes before the instrument's own");
    assert_eq!(notice("zz"), "Nothing is decided.");
}

/// An instrument with each kind of rule over six yes/no items, and its outcomes in one comparable value.
fn every_kind(patterns: &[(u8, u8, u8)]) -> Instrument {
    let strengths = ["strong", "medium", "weak", "medium", "weak", "strong"];
    let points = [3, 1, 4, 1, 5, 2];
    let items: Vec<_> = (0..6)
        .map(|i| with(flag(&format!("q{i}")), json!({"strengths": {"any": strengths[i]}, "points": points[i]})))
        .collect();
    let all: Vec<_> = (0..6).map(|i| format!("q{i}")).collect();
    let patterns: Vec<_> = patterns.iter().map(|(s, m, w)| json!({"strong": s, "medium": m, "weak": w})).collect();
    let bands = json!([{"id": "low", "from": 0, "text": text("Low.")}, {"id": "mid", "from": 5, "text": text("Mid.")},
        {"id": "high", "from": 9, "text": text("High.")}]);
    let rules = [
        json!({"weighted_sum": {"id": "sum", "bands": bands}}),
        json!({"strength_count": {"id": "dimension", "items": all, "patterns": patterns,
            "positive": text("Enough."), "not_positive": text("Not enough.")}}),
        json!({"any_of": {"id": "some", "items": ["q1", "q4"], "some": {"id": "yes_some", "text": text("Some.")},
            "none": {"id": "none_yet", "text": text("None.")}}}),
        json!({"count": {"id": "count", "items": ["q0", "q2", "q5"], "text": text("So many.")}}),
        json!({"act_means_purpose": {"id": "elements", "act": ["q0", "q1"], "means": ["some", "q2"], "purpose": ["q3"],
            "met": text("Met."), "not_met": text("Not met.")}}),
        json!({"case_table": {"id": "table", "rows": [
            {"when": "elements and q5", "outcome": {"id": "one", "text": text("One.")}},
            {"when": "dimension or sum >= 9", "outcome": {"id": "two", "text": text("Two.")}}],
            "otherwise": {"id": "three", "text": text("Three.")}}}),
    ];
    instrument(&items, &rules, json!({}))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    /// For every rule, whatever answer could still change it is open; and for all but tables, nothing else is.
    #[test]
    fn what_could_change_a_rule_is_open_compared_with_trying_every_answer(
        codes in prop::collection::vec(prop::sample::select(vec!["yes", "no", "unknown", "not_asked", "not_asked"]), 6),
        patterns in prop::collection::vec((0u8..3, 0u8..3, 0u8..3).prop_filter("asks for a sign", |(s, m, w)| s + m + w > 0), 1..4),
        child in any::<bool>(),
    ) {
        let instrument = every_kind(&patterns);
        let profile = Profile::of_age(if child { AgeBand::Unknown } else { AgeBand::Adult });
        let id = |i: usize| Id::new(format!("q{i}")).unwrap();
        let given: Answers = codes.iter().enumerate().map(|(i, code)| (id(i), Answer::parse(code).unwrap())).collect();
        let outcomes = |given: &Answers| -> Vec<(String, Option<i64>)> {
            // Points below a threshold change no outcome, so a sum is compared by its band.
            let result = score(&instrument, &profile, given);
            result.rules.into_iter().map(|r| (r.outcome, r.value.filter(|_| r.kind == "count"))).collect()
        };
        let free: Vec<usize> = (0..6).filter(|i| codes[*i] == "not_asked").collect();
        let result = score(&instrument, &profile, &given);
        // Outcomes of every way to answer what was not asked, by bits: 1 is yes, 0 stays as it is.
        let ways: Vec<_> = (0..1u32 << free.len()).map(|bits| {
            let mut given = given.clone();
            for (bit, i) in free.iter().enumerate() {
                if bits >> bit & 1 == 1 {
                    given.insert(id(*i), Answer::Yes);
                }
            }
            outcomes(&given)
        }).collect();
        for (at, rule) in result.rules.iter().enumerate() {
            for (bit, i) in free.iter().enumerate() {
                let matters = (0..ways.len()).any(|bits| ways[bits][at] != ways[bits | 1 << bit][at]);
                let open = rule.open.contains(&id(*i));
                if rule.kind == "case_table" {
                    prop_assert!(open || !matters, "{} misses q{i}", rule.id);
                } else {
                    prop_assert_eq!(open, matters, "{} and q{}", rule.id, i);
                }
            }
            prop_assert_eq!(rule.next.is_some(), !rule.open.is_empty());
        }
    }
}
