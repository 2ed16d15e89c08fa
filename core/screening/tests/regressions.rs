//! What once went wrong with files and answers written by anybody, each named after what it was.
#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use vigil_screening::sheet::Rule;
use vigil_screening::{
    AdviceCode, AgeBand, Answer, Id, Instrument, InstrumentError, PublisherKey, Submitted, limits, lint, sign,
};

const SHIPPED: &str = include_str!("../instruments/border-interception-1.json");

fn changed(change: impl FnOnce(&mut Value)) -> Result<Instrument, InstrumentError> {
    let mut sheet: Value = serde_json::from_str(SHIPPED).unwrap();
    sheet["id"] = "changed".into();
    change(&mut sheet);
    Instrument::from_json(&sheet.to_string())
}

fn refused(change: impl FnOnce(&mut Value)) -> (&'static str, String) {
    let error = changed(change).unwrap_err();
    (error.code(), error.place())
}

/// Replaces what stands at a pointer, or adds a field.
fn put(pointer: &str, value: Value) -> impl FnOnce(&mut Value) {
    move |sheet| {
        let (parent, field) = pointer.rsplit_once('/').unwrap();
        match sheet.pointer_mut(parent).unwrap() {
            Value::Array(list) => list[field.parse::<usize>().unwrap()] = value,
            other => other[field] = value,
        }
    }
}

fn table(condition: &str, rows: usize) -> impl FnOnce(&mut Value) {
    let text = json!({"en": "a"});
    let row = json!({"when": condition, "outcome": {"id": "a", "text": text}});
    let table = json!({"id": "table", "rows": vec![row; rows], "otherwise": {"id": "b", "text": text}});
    move |sheet| sheet["rules"].as_array_mut().unwrap().push(json!({"case_table": table}))
}

#[test]
fn a_small_file_of_heavy_patterns_filled_the_memory_before_any_limit_was_checked() {
    let start = Instant::now();
    let error = changed(table("regex(threats, '[abcdefgh]{3000}')", 12_000)).unwrap_err();
    assert_eq!(error.code(), "instrument_over_limit");
    assert!(error.to_string().contains("bytes of patterns"), "{error}");
    let spent = Instant::now();
    assert!(spent - start < Duration::from_secs(10), "{:?}", spent - start);

    let light = "regex(threats, '[a-h]{20}')";
    let kept = changed(table(light, limits::LIST)).unwrap();
    let Some(Rule::CaseTable(table)) = kept.sheet().rules.last() else { panic!("a table") };
    let weight: usize = table.rows.iter().map(|row| row.when.pattern_weight()).sum();
    assert!(weight > 0 && weight <= limits::PATTERNS_WEIGHT, "{weight}");
}

#[test]
fn a_budget_of_one_file_is_not_drawn_on_by_the_next_or_by_expressions_outside() {
    let heavy = "regex(threats, '[abcdefgh]{700}')";
    for _ in 0..3 {
        assert_eq!(refused(table(heavy, 2_000)).0, "instrument_over_limit");
        assert!(Instrument::from_json(SHIPPED).is_ok());
    }
    for _ in 0..200 {
        assert!(vigil_screening::Expression::parse(heavy).is_ok());
    }
}

#[test]
fn expressions_of_many_parts_filled_the_memory_before_any_limit_was_checked() {
    let long = vec!["threats"; 700].join("+");
    let error = changed(table(&long, 400)).unwrap_err();
    assert_eq!(error.code(), "instrument_over_limit");
    assert!(error.to_string().contains("parts of expressions"), "{error}");
    assert!(error.place().starts_with("line 1, column "), "{error}");
}

#[test]
fn a_file_of_nothing_but_small_objects_took_far_more_memory_than_its_bytes() {
    let many = vec![json!({"en": "a"}); limits::FILE_OBJECTS];
    assert_eq!(refused(put("/needs/training", many.into())), ("instrument_over_limit", "file".to_owned()));
}

#[test]
fn a_list_stood_for_an_object_and_gave_the_same_meaning_another_digest() {
    let numbers = json!([{"id": "n", "role": "question", "answer": {"number": [1, 5]}, "text": {"en": "a"}}]);
    for (pointer, value, place) in [
        ("/needs", json!([["officer"], []]), "needs"),
        ("/sections/2/items", numbers, "sections[2].items[0].answer.number"),
        ("/verifications/0", json!(["document_seen", {"en": "a"}]), "verifications[0]"),
    ] {
        let result = changed(|sheet| {
            put(pointer, value)(sheet);
            if pointer == "/sections/2/items" {
                sheet["cases"] = json!([]);
            }
        });
        let error = result.unwrap_err();
        assert_eq!((error.code(), error.place().as_str()), ("instrument_not_allowed", place), "{error}");
    }
}

#[test]
fn null_stood_for_a_field_left_out() {
    for (pointer, place) in [
        ("/disabled", "disabled"),
        ("/signature", "signature"),
        ("/sections/2/items/0/hint", "sections[2].items[0].hint"),
    ] {
        assert_eq!(refused(put(pointer, Value::Null)), ("instrument_not_allowed", place.to_owned()));
    }
    assert!(refused(put("/sections/2/items/0/answer", json!({"yes_no": null}))).1.starts_with("sections[2].items[0]"));
    // A default that is written out is no null, and is taken.
    assert!(changed(put("/sections/2/items/0/only_if_raised", false.into())).is_ok());
}

#[test]
fn a_changed_file_without_its_signature_still_named_its_publisher() {
    let pkcs8 = ring::signature::Ed25519KeyPair::generate_pkcs8(&ring::rand::SystemRandom::new()).unwrap();
    let key = PublisherKey::from_pkcs8(pkcs8.as_ref()).unwrap();
    let signed = sign(SHIPPED, "District committee", &key).unwrap();
    let mut file: Value = serde_json::from_str(&signed).unwrap();
    file["notice"]["en"] = "Something else.".into();
    file.as_object_mut().unwrap().remove("signature");
    let error = Instrument::from_json(&file.to_string()).unwrap_err();
    assert_eq!((error.code(), error.place().as_str()), ("instrument_not_allowed", "publisher"));
    // Signing again answers for the change.
    assert!(Instrument::from_json(&sign(&file.to_string(), "District committee", &key).unwrap()).is_ok());
}

#[test]
fn a_translation_called_itself_original_and_stood_alone() {
    assert_eq!(refused(put("/languages/pt", "original".into())), ("instrument_not_allowed", "languages.pt".to_owned()));
    let own = |review: &str| {
        let wording = json!({"text": "a", "review": review});
        move |sheet: &mut Value| {
            sheet["languages"]["pt"] = "unreviewed".into();
            sheet["title"]["pt"] = wording;
        }
    };
    assert_eq!(refused(own("original")), ("instrument_not_allowed", "title.pt.review".to_owned()));
    assert!(changed(own("reviewed")).is_ok());
}

#[test]
fn letters_that_nobody_sees_stood_in_texts() {
    for hidden in
        ["\u{200b}", "\u{200e}", "\u{200f}", "\u{2060}", "\u{2064}", "\u{ad}", "\u{61c}", "\u{180e}", "\u{e0041}"]
    {
        let words = format!("ab{hidden}cd");
        assert_eq!(refused(put("/notice/en", words.into())), ("instrument_not_allowed", "notice.en".to_owned()));
        let error = vigil_screening::Expression::parse(&format!("a = 'b{hidden}'")).unwrap_err();
        assert_eq!(error.code(), "expression_hidden_character", "{hidden:?}");
    }
    assert_eq!(refused(put("/notice/en", "\u{200d} \u{200c}".into())).0, "instrument_not_allowed");
    // Nepali and Hindi need the joiners.
    assert!(changed(put("/notice/en", "\u{930}\u{94d}\u{200d}\u{92f}\u{200c}".into())).is_ok());
}

#[test]
fn options_of_items_were_not_counted_with_those_of_lists() {
    let option = |i: usize| json!({"id": format!("o{i}"), "text": {"en": "a"}});
    let options: Vec<Value> = (0..limits::OPTIONS).map(option).collect();
    let many = |items: usize| {
        let answer = json!({"choice": options});
        let of = |i: usize| json!({"id": format!("i{i}"), "role": "question", "answer": answer, "text": {"en": "a"}});
        let items: Vec<Value> = (0..items).map(of).collect();
        move |sheet: &mut Value| {
            sheet["sections"].as_array_mut().unwrap().push(json!({"id": "more", "items": items}));
        }
    };
    let most = limits::ALL_OPTIONS / limits::OPTIONS;
    let error = changed(many(most)).unwrap_err();
    assert!(error.to_string().contains("options"), "{error}");
    assert!(changed(many(most - 1)).is_ok());
}

fn with_choices() -> Instrument {
    changed(|sheet| {
        let options: Vec<Value> =
            ["yes", "no", "unknown", "not_asked"].map(|id| json!({"id": id, "text": {"en": id}})).into();
        let item =
            |id: &str, answer: Value| json!({"id": id, "role": "question", "answer": answer, "text": {"en": "a"}});
        let items = [
            item("consent", json!({"choice": options})),
            item("several", json!({"choices": options})),
            item("rooms", json!({"number": {}})),
        ];
        sheet["sections"].as_array_mut().unwrap().push(json!({"id": "more", "items": items}));
    })
    .unwrap()
}

#[test]
fn an_option_called_no_was_read_as_the_code_no() {
    let instrument = with_choices();
    for word in ["yes", "no", "unknown", "not_asked"] {
        let json = json!({"answers": {"consent": word, "several": word}}).to_string();
        let read = Submitted::from_json(&instrument, &json).unwrap();
        let id = Id::new(word).unwrap();
        assert_eq!(read.answers[&Id::new("consent").unwrap()], Answer::Choice(id.clone()));
        assert_eq!(read.answers[&Id::new("several").unwrap()], Answer::Choices([id].into()));
    }
    // What names no option is a code as before.
    let read = Submitted::from_json(&instrument, r#"{"answers":{"consent":"choice:no","journey_purpose":"unknown"}}"#);
    let read = read.unwrap().answers;
    assert_eq!(read[&Id::new("consent").unwrap()], Answer::Choice(Id::new("no").unwrap()));
    assert_eq!(read[&Id::new("journey_purpose").unwrap()], Answer::Unknown);
}

#[test]
fn a_disputed_age_beside_a_number_of_years_was_called_a_contradiction() {
    let instrument = with_choices();
    let band = |profile: &str| {
        Submitted::from_json(&instrument, &format!("{{\"profile\":{profile}}}")).map(|read| read.profile.age_band)
    };
    assert_eq!(band(r#"{"age":20,"age_band":"disputed"}"#).unwrap(), AgeBand::Disputed);
    assert_eq!(band(r#"{"age":20,"age_band":"unknown"}"#).unwrap(), AgeBand::Unknown);
    assert_eq!(band(r#"{"age":20,"age_band":"under_18"}"#).unwrap_err().place, "profile.age");
    assert_eq!(band(r#"{"age":130}"#).unwrap(), AgeBand::Adult);
    assert_eq!(band(r#"{"age":131}"#).unwrap_err().place, "profile.age");
}

#[test]
fn a_whole_number_with_a_point_was_refused() {
    let instrument = with_choices();
    let read = Submitted::from_json(&instrument, r#"{"answers":{"rooms":2.0}}"#).unwrap();
    assert_eq!(read.answers[&Id::new("rooms").unwrap()], Answer::Number(2));
    assert!(Submitted::from_json(&instrument, r#"{"answers":{"rooms":1e300}}"#).is_err());
}

#[test]
fn a_green_light_that_was_also_the_childs_contact_went_unnoticed() {
    let of = |instrument: &Instrument| lint(instrument).iter().any(|advice| advice.code == AdviceCode::ContactIsLight);
    let with = |contact: &str| changed(put("/rules/1/green_lights/child_contacts", json!([contact]))).unwrap();
    assert!(of(&with("job_confirmed")));
    assert!(!of(&with("guardian_reached")));
}
