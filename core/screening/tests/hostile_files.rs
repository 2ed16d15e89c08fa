//! Instrument files and answers written by anybody: typed errors with a place, never a panic.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use serde_json::{Value, json};
use vigil_screening::{AgeBand, Answer, Answers, Id, Instrument, InstrumentError, Profile, limits, score};

const SHIPPED: &str = include_str!("../instruments/border-interception-1.json");

fn changed(change: impl FnOnce(&mut Value)) -> InstrumentError {
    let mut sheet: Value = serde_json::from_str(SHIPPED).unwrap();
    change(&mut sheet);
    Instrument::from_json(&sheet.to_string()).unwrap_err()
}

fn refused(pointer: &str, value: Value) -> (&'static str, String) {
    let error = changed(|sheet| *sheet.pointer_mut(pointer).unwrap() = value);
    (error.code(), error.place())
}

#[test]
fn what_is_read_is_written_back_whole() {
    let instrument = Instrument::from_json(SHIPPED).unwrap();
    let written = serde_json::to_value(instrument.sheet()).unwrap();
    assert_eq!(written, serde_json::from_str::<Value>(SHIPPED).unwrap());
}

#[test]
fn files_too_long_or_too_deep_are_refused_before_parsing() {
    let long = " ".repeat(limits::FILE_BYTES + 1);
    assert_eq!(Instrument::from_json(&long).unwrap_err().code(), "instrument_too_large");
    let deep = "[".repeat(limits::FILE_DEPTH + 1);
    assert_eq!(Instrument::from_json(&deep).unwrap_err().place(), format!("byte {}", limits::FILE_DEPTH));
    let in_text = format!("{{\"format\": 2, \"x\": \"{}\"}}", "[\\\"{".repeat(100));
    assert_eq!(Instrument::from_json(&in_text).unwrap_err().code(), "instrument_other_format");
}

#[test]
fn broken_files_are_refused_with_line_and_column() {
    let error = Instrument::from_json("{\n  \"format\": 1,\n  oops").unwrap_err();
    assert_eq!((error.code(), error.place().as_str()), ("instrument_not_json", "line 3, column 3"));
    assert_eq!(Instrument::from_json("").unwrap_err().code(), "instrument_not_json");
    assert_eq!(Instrument::from_json("[]").unwrap_err().code(), "instrument_wrong_shape");
    assert_eq!(Instrument::from_json("{\"format\":1}").unwrap_err().code(), "instrument_wrong_shape");
}

#[test]
fn a_field_that_this_version_does_not_know_is_refused_and_not_ignored() {
    let error = changed(|sheet| sheet["sections"][2]["items"][0]["points_if_lucky"] = json!(3));
    assert_eq!(error.code(), "instrument_wrong_shape");
    assert!(error.to_string().contains("points_if_lucky"));
}

#[test]
fn a_file_of_another_format_is_named_as_such() {
    assert_eq!(refused("/format", json!(2)), ("instrument_other_format", "format".to_owned()));
}

#[test]
fn the_same_id_twice_is_refused_with_its_place() {
    assert_eq!(
        refused("/sections/2/items/1/id", json!("hurt_or_unwell")),
        ("instrument_duplicate_id", "sections[2].items[1].id".to_owned())
    );
}

#[test]
fn a_reference_to_nothing_is_refused_with_its_place() {
    for (pointer, place) in [
        ("/sections/2/items/0/group", "sections[2].items[0].group"),
        ("/safety/items/3/help_card", "safety.items[3].help_card"),
        ("/sections/1/items/0/verified_by/0", "sections[1].items[0].verified_by[0]"),
        ("/rules/1/green_lights/child_contacts/0", "rules[1].green_lights.child_contacts[0]"),
    ] {
        assert_eq!(refused(pointer, json!("nowhere")), ("instrument_missing_reference", place.to_owned()));
    }
    assert_eq!(refused("/title", json!({"en": "a", "xx": "b"})).0, "instrument_missing_reference");
}

#[test]
fn what_breaks_a_rule_of_instruments_is_refused_with_its_place() {
    for (pointer, value, place) in [
        ("/version", json!(0), "version"),
        ("/title/en", json!(" "), "title.en"),
        ("/notice/en", json!("abc\u{202e}def"), "notice.en"),
        ("/languages/en", json!("unreviewed"), "languages"),
        ("/needs/roles", json!([]), "needs.roles"),
        ("/safety/items/3/points", json!(1), "safety.items[3].points"),
        ("/sections/1/items/0/verified_by", json!([]), "sections[1].items[0].verified_by"),
        ("/rules/0/weighted_sum/bands/0/from", json!(1), "rules[0].weighted_sum.bands"),
        ("/rules/0/weighted_sum/bands/2/from", json!(1), "rules[0].weighted_sum.bands"),
        ("/rules/1/green_lights/child_contacts", json!([]), "rules[1].green_lights.child_contacts"),
        ("/rules/1/green_lights/child_contacts/0", json!("threats"), "rules[1].green_lights.child_contacts[0]"),
        ("/rules", json!([]), "rules"),
    ] {
        let error = changed(|sheet| {
            let (parent, key) = pointer.rsplit_once('/').unwrap();
            let parent = sheet.pointer_mut(parent).unwrap();
            match parent {
                Value::Array(list) => list[key.parse::<usize>().unwrap()] = value,
                other => other[key] = value,
            }
        });
        assert_eq!((error.code(), error.place().as_str()), ("instrument_not_allowed", place), "{pointer}");
    }
}

#[test]
fn more_than_the_limits_allow_is_refused() {
    let long = "a".repeat(limits::TEXT_CHARS + 1);
    assert_eq!(refused("/title/en", json!(long)).0, "instrument_over_limit");
    assert_eq!(refused("/sections/2/items/0/points", json!(limits::POINTS + 1)).0, "instrument_over_limit");
    assert_eq!(refused("/needs/roles", json!(vec!["a"; limits::LIST + 1])).0, "instrument_over_limit");
    let item = serde_json::from_str::<Value>(SHIPPED).unwrap()["safety"]["items"][0].clone();
    assert_eq!(refused("/safety/items", json!(vec![item; limits::ITEMS + 1])).0, "instrument_over_limit");
}

fn score_everything(instrument: &Instrument) {
    for age_band in AgeBand::ALL {
        for code in ["yes", "no", "unknown", "number:1", "text:x", "yes:document_seen"] {
            let given: Answers =
                instrument.items().map(|item| (item.id.clone(), Answer::parse(code).unwrap())).collect();
            let result = score(instrument, &Profile::of_age(age_band), &given);
            assert!(!result.explain().is_empty());
        }
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        prop::sample::select(vec!["yes_no", "red_flag", "threats", "en", "adult"]).prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{1,8}", inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Puts `value` at the node that `path` leads to, turning wherever there is no such child.
fn plant(node: &mut Value, path: &[prop::sample::Index], value: Value) {
    let Some((first, rest)) = path.split_first() else {
        *node = value;
        return;
    };
    match node {
        Value::Array(list) if !list.is_empty() => {
            let at = first.index(list.len());
            plant(&mut list[at], rest, value);
        }
        Value::Object(map) if !map.is_empty() => {
            let at = first.index(map.len());
            plant(map.values_mut().nth(at).unwrap(), rest, value);
        }
        other => *other = value,
    }
}

proptest! {
    #[test]
    fn any_text_at_all_gives_a_typed_error(json in "\\PC{0,200}") {
        prop_assert!(Instrument::from_json(&json).is_err());
    }

    #[test]
    fn a_file_cut_anywhere_or_with_bytes_replaced_never_panics(
        cut in any::<prop::sample::Index>(),
        at in prop::collection::vec((any::<prop::sample::Index>(), any::<char>()), 0..4),
    ) {
        let mut chars: Vec<char> = SHIPPED.chars().collect();
        for (index, c) in at {
            let index = index.index(chars.len());
            chars[index] = c;
        }
        let whole: String = chars.iter().collect();
        if let Ok(instrument) = Instrument::from_json(&whole) {
            score_everything(&instrument);
        }
        chars.truncate(cut.index(chars.len()));
        prop_assert!(Instrument::from_json(&chars.iter().collect::<String>()).is_err());
    }

    #[test]
    fn a_file_with_anything_planted_anywhere_never_panics(
        path in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
        value in any_json(),
    ) {
        let mut sheet: Value = serde_json::from_str(SHIPPED).unwrap();
        plant(&mut sheet, &path, value);
        match Instrument::from_json(&sheet.to_string()) {
            Ok(instrument) => score_everything(&instrument),
            Err(error) => {
                prop_assert!(!error.place().is_empty());
                prop_assert!(error.to_string().len() < 4_000);
            }
        }
    }

    #[test]
    fn any_answers_at_all_are_scored(
        given in prop::collection::btree_map("[a-z][a-z_]{0,20}", "\\PC{0,20}", 0..20),
        known in prop::collection::vec("(yes|no|choice|number|text)(:[a-z0-9_]{0,20})?", 60),
    ) {
        let instrument = Instrument::from_json(SHIPPED).unwrap();
        let mut answers: Answers = given.into_iter()
            .filter_map(|(id, code)| Some((Id::new(id).ok()?, Answer::parse(&code).ok()?))).collect();
        answers.extend(instrument.items().zip(&known)
            .filter_map(|(item, code)| Some((item.id.clone(), Answer::parse(code).ok()?))));
        let result = score(&instrument, &Profile::of_age(AgeBand::Unknown), &answers);
        prop_assert_eq!(result.total, Some(result.red_flags.iter().map(|flag| u32::from(flag.points)).sum::<u32>()));
    }
}
