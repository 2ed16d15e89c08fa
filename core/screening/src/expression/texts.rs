//! Texts that expressions put together and take apart, by characters and never by bytes.
//!
//! No result is longer than the limit: a longer one is not computable, and is not built.

use super::limits::TEXT_BYTES;
use super::number::Number;
use super::value::Value;

impl Value {
    /// The text that this is; an only choice is its own name.
    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Choices(set) if set.len() == 1 => set.first().map(String::as_str),
            _ => None,
        }
    }

    /// The value as a text, if there is one.
    pub(super) fn to_text(&self) -> Option<String> {
        self.missing().is_none().then(|| self.to_string())
    }
}

pub(super) fn bounded(text: Option<String>) -> Option<Value> {
    text.filter(|text| text.len() <= TEXT_BYTES).map(Value::Text)
}

pub(super) fn concat(values: &[Value]) -> Option<Value> {
    let mut whole = String::new();
    for value in values {
        whole.push_str(&value.to_text()?);
        if whole.len() > TEXT_BYTES {
            return None;
        }
    }
    Some(Value::Text(whole))
}

/// The characters from `start` to before `end`, counted from 0, or from the end where negative.
pub(super) fn part(text: &str, start: Number, end: Option<Number>) -> Option<Value> {
    let length = text.chars().count();
    let place = |number: Number| {
        let place = number.get() as i64;
        let place = if place < 0 { place.saturating_add(i64::try_from(length).ok()?) } else { place };
        Some(usize::try_from(place.max(0)).unwrap_or(usize::MAX).min(length))
    };
    let start = place(start)?;
    let end = end.map_or(Some(length), place)?;
    bounded(Some(text.chars().skip(start).take(end.saturating_sub(start)).collect()))
}
