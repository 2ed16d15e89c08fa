//! Who answers for an instrument: a signed file is refused after any change, and a record's pin tells files apart.
#![allow(clippy::unwrap_used)]

use ring::signature::Ed25519KeyPair;
use serde_json::{Value, json};
use vigil_screening::{Instrument, PublisherKey, border_interception, is_shipped, sign};

fn key() -> PublisherKey {
    let pkcs8 = Ed25519KeyPair::generate_pkcs8(&ring::rand::SystemRandom::new()).unwrap();
    PublisherKey::from_pkcs8(pkcs8.as_ref()).unwrap()
}

fn own_file() -> Value {
    let mut sheet = serde_json::to_value(border_interception().unwrap().sheet()).unwrap();
    sheet["id"] = "district_checklist".into();
    sheet
}

#[test]
fn a_signed_file_says_who_answers_for_it_however_it_is_laid_out() {
    let key = key();
    let signed = sign(&own_file().to_string(), "District committee", &key).unwrap();
    let read = Instrument::from_json(&signed).unwrap();
    let publisher = read.signed_by().unwrap();
    assert_eq!((publisher.name.as_str(), publisher.key.as_str()), ("District committee", key.public().as_str()));
    let relaid: Value = serde_json::from_str(&signed).unwrap();
    assert_eq!(Instrument::from_json(&relaid.to_string()).unwrap().digest(), read.digest());
    assert!(Instrument::from_json(&own_file().to_string()).unwrap().signed_by().is_none());
}

/// Every place in a file where something can be changed, as JSON pointers.
fn leaves(value: &Value, path: String, into: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, inner)| {
                leaves(inner, format!("{path}/{}", name.replace('~', "~0").replace('/', "~1")), into)
            });
        }
        Value::Array(list) => list.iter().enumerate().for_each(|(i, inner)| leaves(inner, format!("{path}/{i}"), into)),
        _ => into.push(path),
    }
}

#[test]
fn a_file_that_was_changed_anywhere_after_signing_is_refused() {
    let signed: Value =
        serde_json::from_str(&sign(&own_file().to_string(), "District committee", &key()).unwrap()).unwrap();
    let mut places = Vec::new();
    leaves(&signed, String::new(), &mut places);
    assert!(places.len() > 300);
    // Every 7th place, and those of the signature itself.
    let tried = places
        .iter()
        .enumerate()
        .filter(|(i, place)| i % 7 == 0 || place.contains("signature") || place.contains("publisher"));
    for (_, place) in tried {
        let mut changed = signed.clone();
        let leaf = changed.pointer_mut(place).unwrap();
        *leaf = match leaf.clone() {
            Value::String(text) => {
                let last = text.chars().last().unwrap_or('a');
                let other = if last == 'a' { 'b' } else { 'a' };
                format!("{}{other}", text.chars().take(text.chars().count().saturating_sub(1)).collect::<String>())
                    .into()
            }
            Value::Number(number) => (number.as_u64().unwrap() + 1).into(),
            Value::Bool(flag) => (!flag).into(),
            other => other,
        };
        assert!(Instrument::from_json(&changed.to_string()).is_err(), "{place}");
    }
    let mut changed = signed.clone();
    changed["notice"]["en"] = "Something else.".into();
    assert_eq!(Instrument::from_json(&changed.to_string()).unwrap_err().code(), "instrument_bad_signature");
    // The positive control: unchanged, it is taken.
    assert!(Instrument::from_json(&signed.to_string()).is_ok());
}

#[test]
fn somebody_elses_signature_or_key_does_not_hold() {
    let (one, other) = (key(), key());
    let mut signed: Value = serde_json::from_str(&sign(&own_file().to_string(), "One", &one).unwrap()).unwrap();
    signed["publisher"]["key"] = other.public().into();
    assert_eq!(Instrument::from_json(&signed.to_string()).unwrap_err().code(), "instrument_bad_signature");
    let mut unsigned: Value = serde_json::from_str(&sign(&own_file().to_string(), "One", &one).unwrap()).unwrap();
    unsigned["publisher"] = Value::Null;
    assert!(Instrument::from_json(&unsigned.to_string()).is_err());
    for wrong in ["", "zz", "00"] {
        let mut file = own_file();
        file["publisher"] = json!({"name": "One", "key": wrong});
        assert_eq!(Instrument::from_json(&file.to_string()).unwrap_err().code(), "instrument_not_allowed");
    }
    assert_eq!(PublisherKey::from_pkcs8(b"no key").unwrap_err().code(), "bad_publisher_key");
}

#[test]
fn a_signing_key_is_never_printed() {
    let pkcs8 = Ed25519KeyPair::generate_pkcs8(&ring::rand::SystemRandom::new()).unwrap();
    let key = PublisherKey::from_pkcs8(pkcs8.as_ref()).unwrap();
    // The secret half begins after the 16 bytes of PKCS #8's header (RFC 8410).
    let secret: String = pkcs8.as_ref()[16..48].iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(!format!("{key:?}").contains(&secret[..16]));
    assert!(format!("{key:?}").contains(&key.public()));
}

#[test]
fn a_record_pins_the_exact_file() {
    let shipped = border_interception().unwrap();
    assert_eq!(shipped.pin(), "border_interception@1");
    let own = Instrument::from_json(&own_file().to_string()).unwrap();
    assert!(!is_shipped(own.id().as_str()));
    let mut changed = own_file();
    changed["notice"]["en"] = "Something else.".into();
    let changed = Instrument::from_json(&changed.to_string()).unwrap();
    assert!(own.pin().starts_with("district_checklist@1.") && own.pin().len() == "district_checklist@1.".len() + 16);
    assert_ne!(own.pin(), changed.pin());
    // Another file under a shipped name is told apart as well.
    let mut posing = serde_json::to_value(shipped.sheet()).unwrap();
    posing["notice"]["en"] = "Something else.".into();
    assert!(Instrument::from_json(&posing.to_string()).unwrap().pin().starts_with("border_interception@1."));
}
