//! Shipped instruments and answer sheets, changed in every way that a hostile or broken program might: no panic, no hang,
//! and a typed error with a place or a score.
//!
//! An everyday run tries a few thousand; `VIGIL_MUTATIONS=1000000` tries a million (in a release build).
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use vigil_screening::{
    AgeBand, Answers, Exploitation, Instrument, Profile, Submitted, lint, score, shipped, shipped_list,
};

/// No single input may take longer, even in a debug build beside other work.
const LONGEST: Duration = Duration::from_secs(10);

/// SplitMix64: small, and the same on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end.max(1) as u64).unwrap()
    }
}

fn mutations() -> u64 {
    std::env::var("VIGIL_MUTATIONS").ok().and_then(|count| count.parse().ok()).unwrap_or(1_500)
}

/// Values that are odd in some place or other.
fn odd(random: &mut Random) -> Value {
    let deep = "not ".repeat(40) + "yes";
    let long = format!("q{}", " or threats".repeat(600));
    let odd = [
        json!(null),
        json!(true),
        json!(-1),
        json!(0),
        json!(65_536),
        json!(i64::MAX),
        json!(1e300),
        json!(""),
        json!([]),
        json!({}),
        json!("threats"),
        json!("value"),
        json!("under_18"),
        json!("yes:document_seen"),
        json!({"en": ""}),
        json!({"en": "\u{202e}abc"}),
        json!("threats and"),
        json!("regex(threats, '(a*)*b')"),
        json!("1 div 0 > 2"),
        json!(deep),
        json!(long),
        json!("((((((((((((((((((((((((((((((((((((((((((1"),
        json!("a".repeat(9_000)),
        json!("__2"),
        json!("threats__2"),
        json!({"weighted_sum": {"id": "x", "bands": []}}),
        json!({"kept": "geopoint"}),
        json!({"choice_from": "nowhere"}),
        json!({"number": {"min": 5, "max": 1}}),
        json!([["x"]]),
        json!({"strong": 255}),
    ];
    let at = random.below(odd.len());
    odd[at].clone()
}

/// Every value inside, as JSON pointers.
fn places(value: &Value, path: &str, into: &mut Vec<String>) {
    into.push(path.to_owned());
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, inner)| places(inner, &format!("{path}/{name}"), into)),
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(i, inner)| places(inner, &format!("{path}/{i}"), into))
        }
        _ => {}
    }
}

/// One file, changed in one to four ways; as text, because not every change leaves JSON behind.
fn mutated(original: &Value, places: &[String], random: &mut Random) -> String {
    let mut value = original.clone();
    for _ in 0..=random.below(3) {
        let place = &places[random.below(places.len())];
        let other = original.pointer(&places[random.below(places.len())]).cloned();
        let Some(target) = value.pointer_mut(place) else { continue };
        match random.below(6) {
            0 => *target = odd(random),
            1 => *target = other.unwrap_or(Value::Null),
            2 => {
                if let Some(list) = target.as_array_mut() {
                    let copies = list.to_vec();
                    list.extend(copies);
                }
            }
            3 => {
                if let Some(fields) = target.as_object_mut()
                    && let Some(name) = fields.keys().nth(random.below(fields.len())).cloned()
                {
                    fields.remove(&name);
                }
            }
            4 => {
                if let Some(fields) = target.as_object_mut() {
                    fields.insert(
                        ["when", "constraint", "part_of", "repeat", "profiles", "x"][random.below(6)].into(),
                        odd(random),
                    );
                }
            }
            _ => {
                if let Value::String(words) = target {
                    let cut =
                        words.char_indices().nth(random.below(words.chars().count().max(1))).map_or(0, |(at, _)| at);
                    words.truncate(cut);
                }
            }
        }
    }
    let mut text = value.to_string();
    if random.below(4) == 0 {
        let mut bytes = text.into_bytes();
        for _ in 0..=random.below(4) {
            let at = random.below(bytes.len());
            bytes[at] = u8::try_from(random.below(128)).unwrap();
        }
        if random.below(3) == 0 {
            bytes.truncate(random.below(bytes.len()));
        }
        text = String::from_utf8_lossy(&bytes).into_owned();
    }
    text
}

fn within<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let started = Instant::now();
    let done = work();
    assert!(
        started.elapsed() < LONGEST,
        "took {:?}: {}",
        started.elapsed(),
        what.chars().take(300).collect::<String>()
    );
    done
}

fn use_fully(instrument: &Instrument) {
    for age_band in [AgeBand::Adult, AgeBand::Unknown] {
        for exploitation in [Exploitation::Labour, Exploitation::Sexual] {
            let profile = Profile { age_band, exploitation, day: None };
            let result = score(instrument, &profile, &Answers::new());
            assert_eq!(result.rules.len(), instrument.sheet().rules.len());
            assert!(!result.explain().is_empty());
        }
    }
    let advice = lint(instrument);
    assert!(advice.iter().all(|advice| !advice.place.is_empty()));
}

#[test]
fn a_changed_instrument_is_refused_with_a_place_or_scored() {
    let files: Vec<(Value, Vec<String>)> = shipped_list()
        .map(|(id, version)| {
            let value = serde_json::to_value(shipped(id, version).unwrap().unwrap().sheet()).unwrap();
            let mut found = Vec::new();
            places(&value, "", &mut found);
            (value, found)
        })
        .collect();
    let mut random = Random(3);
    let (mut taken, mut refused) = (0u64, 0u64);
    for _ in 0..mutations() {
        let (value, found) = &files[random.below(files.len())];
        let text = mutated(value, found, &mut random);
        within(&text, || match Instrument::from_json(&text) {
            Ok(instrument) => {
                taken += 1;
                if taken.is_multiple_of(8) {
                    use_fully(&instrument);
                }
            }
            Err(error) => {
                refused += 1;
                assert!(!error.place().is_empty() && error.code().starts_with("instrument_"), "{error:?}");
            }
        });
    }
    // Both sides are tried, or the mutations would prove little.
    assert!(taken * 50 > mutations() && refused * 50 > mutations(), "{taken} taken, {refused} refused");
    println!("{taken} taken, {refused} refused");
}

#[test]
fn a_changed_answer_sheet_is_refused_with_a_place_or_scored() {
    let instruments: Vec<Instrument> =
        shipped_list().map(|(id, version)| shipped(id, version).unwrap().unwrap()).collect();
    let mut random = Random(4);
    let replies = [
        json!("yes"),
        json!("no"),
        json!("unknown"),
        json!("not_asked"),
        json!(true),
        json!(3),
        json!(2.5),
        json!("choice:work"),
        json!(["a", "b"]),
        json!("yes:document_seen"),
        json!("date:2026-01-01"),
        json!("text:x"),
        json!("choices:a+b"),
    ];
    let (mut scored, mut refused) = (0u64, 0u64);
    for _ in 0..mutations() {
        let instrument = &instruments[random.below(instruments.len())];
        let mut answers = serde_json::Map::new();
        for item in instrument.items() {
            let reply = match random.below(8) {
                0 => odd(&mut random),
                1 | 2 => replies[random.below(replies.len())].clone(),
                3 => json!("yes"),
                4 => json!("unknown"),
                _ => continue,
            };
            // One odd answer refuses a sheet, so most sheets get few.
            if random.below(12) == 0 || reply == json!("yes") || reply == json!("unknown") {
                answers.insert(item.id.to_string(), reply);
            }
        }
        let sheet = json!({"profile": {"age": random.below(40)}, "answers": answers});
        let mut found = Vec::new();
        places(&sheet, "", &mut found);
        let text = if random.below(2) == 0 { sheet.to_string() } else { mutated(&sheet, &found, &mut random) };
        within(&text, || match Submitted::from_json(instrument, &text) {
            Ok(submitted) => {
                scored += 1;
                let result = score(instrument, &submitted.profile, &submitted.answers);
                assert_eq!(result.rules.len(), instrument.sheet().rules.len());
            }
            Err(error) => {
                refused += 1;
                assert!(!error.place.is_empty(), "{error:?}");
            }
        });
    }
    assert!(scored * 50 > mutations() && refused * 50 > mutations(), "{scored} scored, {refused} refused");
    println!("{scored} scored, {refused} refused");
}
