//! Holds a file against what was read from it, so that one meaning has one shape.
//!
//! The parser takes a list for an object with its fields in order, and null for a field left out; what passes has
//! neither.

use serde_json::Value;

use super::{Checked, not_allowed};
use crate::error::InstrumentError;
use crate::sheet::Sheet;

pub(super) fn agrees(file: &Value, sheet: &Sheet) -> Checked {
    let read = serde_json::to_value(sheet).map_err(|error| InstrumentError::not_json(&error))?;
    agree("", file, Some(&read))
}

/// `read` is none where the file has a field that says the same as leaving it out. Depth is bounded by the file's.
fn agree(place: &str, file: &Value, read: Option<&Value>) -> Checked {
    if file.is_null() {
        return Err(not_allowed(place, "null is no value here; leave the field out"));
    }
    if let Some(read) = read.filter(|read| kind(read) != kind(file)) {
        let why = match read {
            Value::Object(_) => "this is an object with named fields",
            _ => "this stands in another shape here",
        };
        return Err(not_allowed(place, why));
    }
    match file {
        Value::Object(fields) => fields.iter().try_for_each(|(name, inner)| {
            let dot = if place.is_empty() { "" } else { "." };
            agree(&format!("{place}{dot}{name}"), inner, read.and_then(|read| read.get(name)))
        }),
        Value::Array(list) => list
            .iter()
            .enumerate()
            .try_for_each(|(i, inner)| agree(&format!("{place}[{i}]"), inner, read.and_then(|read| read.get(i)))),
        _ => Ok(()),
    }
}

fn kind(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Number(_) => 2,
        Value::String(_) => 3,
        Value::Array(_) => 4,
        Value::Object(_) => 5,
    }
}
