//! Names and values of a record's fields.
//! A value promises to be within the published limits once it is in a record, and never to show what it holds through
//! `Debug`: a log line with a name in it would be a leak.

use super::limits::{MAX_FIELD_BYTES, MAX_FIELD_NAME_BYTES, MAX_TEXT_BYTES};
use super::names::plain_name;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use thiserror::Error;

/// Why a name or a value cannot stand in a record. It never repeats the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FieldError {
    /// The name is not 1 to 64 lower-case letters, digits, `_`, `.` or `-`.
    #[error("a field name has 1 to {MAX_FIELD_NAME_BYTES} lower-case letters, digits, '_', '.' or '-'")]
    BadName,
    /// The text is longer than [`MAX_TEXT_BYTES`].
    #[error("a text has at most {MAX_TEXT_BYTES} bytes")]
    TextTooLong,
    /// The byte string is longer than [`MAX_FIELD_BYTES`].
    #[error("a byte string has at most {MAX_FIELD_BYTES} bytes")]
    BytesTooLong,
}

impl FieldError {
    /// A code that never changes, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadName => "field.bad_name",
            Self::TextTooLong => "field.text_too_long",
            Self::BytesTooLong => "field.bytes_too_long",
        }
    }
}

plain_name!(
    /// The name of a field, for example `station` or `answer.debt_owed`.
    FieldName,
    MAX_FIELD_NAME_BYTES,
    FieldError,
    FieldError::BadName
);

impl std::borrow::Borrow<str> for FieldName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// The value of a field. In JSON a text, a whole number, `true` or `false`, or `{"bytes": "hexadecimal"}`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FieldValue {
    /// Words.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// Yes or no.
    Boolean(bool),
    /// Bytes, for example a link to another record.
    Bytes(Vec<u8>),
}

impl FieldValue {
    /// Checks the value's size.
    ///
    /// # Errors
    /// [`FieldError::TextTooLong`] or [`FieldError::BytesTooLong`].
    pub fn check(&self) -> Result<(), FieldError> {
        match self {
            Self::Text(text) if text.len() > MAX_TEXT_BYTES => Err(FieldError::TextTooLong),
            Self::Bytes(bytes) if bytes.len() > MAX_FIELD_BYTES => Err(FieldError::BytesTooLong),
            _ => Ok(()),
        }
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number, if it is one.
    pub fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(*number),
            _ => None,
        }
    }

    /// Yes or no, if it is that.
    pub fn as_boolean(&self) -> Option<bool> {
        match self {
            Self::Boolean(boolean) => Some(*boolean),
            _ => None,
        }
    }

    /// The bytes, if it is bytes.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }
}

impl fmt::Debug for FieldValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "Text({} bytes)", text.len()),
            // A birth year or a house number says as much as a name.
            Self::Integer(_) => f.write_str("Integer(..)"),
            Self::Boolean(_) => f.write_str("Boolean(..)"),
            Self::Bytes(bytes) => write!(f, "Bytes({} bytes)", bytes.len()),
        }
    }
}

impl From<&str> for FieldValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for FieldValue {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for FieldValue {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<bool> for FieldValue {
    fn from(boolean: bool) -> Self {
        Self::Boolean(boolean)
    }
}

/// Bytes as lower-case hexadecimal.
pub(super) fn to_hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Bytes from hexadecimal of either case.
pub(super) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    digits
        .chunks_exact(2)
        .map(|pair| {
            let high = char::from(pair[0]).to_digit(16)?;
            let low = char::from(pair[1]).to_digit(16)?;
            u8::try_from(high * 16 + low).ok()
        })
        .collect()
}

impl Serialize for FieldValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Integer(number) => serializer.serialize_i64(*number),
            Self::Boolean(boolean) => serializer.serialize_bool(*boolean),
            Self::Bytes(bytes) => serializer.collect_map([("bytes", to_hex(bytes))]),
        }
    }
}

impl<'de> Deserialize<'de> for FieldValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Shape;

        impl<'de> de::Visitor<'de> for Shape {
            type Value = FieldValue;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, a whole number, true, false or {\"bytes\": \"hexadecimal\"}")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<FieldValue, E> {
                Ok(FieldValue::Text(text.to_owned()))
            }

            fn visit_string<E: de::Error>(self, text: String) -> Result<FieldValue, E> {
                Ok(FieldValue::Text(text))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<FieldValue, E> {
                Ok(FieldValue::Integer(number))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<FieldValue, E> {
                i64::try_from(number).map(FieldValue::Integer).map_err(|_| E::custom("the number is too large"))
            }

            fn visit_bool<E: de::Error>(self, boolean: bool) -> Result<FieldValue, E> {
                Ok(FieldValue::Boolean(boolean))
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<FieldValue, A::Error> {
                let shape = || de::Error::custom("bytes are written as {\"bytes\": \"hexadecimal\"}");
                let Some((key, text)) = map.next_entry::<String, String>()? else { return Err(shape()) };
                if key != "bytes" || map.next_key::<de::IgnoredAny>()?.is_some() {
                    return Err(shape());
                }
                from_hex(&text).map(FieldValue::Bytes).ok_or_else(shape)
            }
        }

        let value = deserializer.deserialize_any(Shape)?;
        value.check().map_err(de::Error::custom)?;
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_name_is_short_plain_ascii() {
        for good in ["a", "answer.debt_owed", "link.0", "x-1", &"a".repeat(64)] {
            assert!(FieldName::new(good).is_ok(), "{good}");
        }
        for bad in ["", "A", "a b", "é", "a/b", "a\0", &"a".repeat(65)] {
            assert_eq!(FieldName::new(bad).unwrap_err().code(), "field.bad_name");
        }
    }

    #[test]
    fn a_value_goes_through_json_and_back() {
        for value in [
            FieldValue::Text("सीता".into()),
            FieldValue::Integer(i64::MIN),
            FieldValue::Boolean(true),
            FieldValue::Bytes(vec![0, 0xab]),
            FieldValue::Bytes(vec![]),
        ] {
            let json = serde_json::to_string(&value).unwrap();
            assert_eq!(serde_json::from_str::<FieldValue>(&json).unwrap(), value);
        }
        assert_eq!(serde_json::to_string(&FieldValue::Bytes(vec![0, 0xab])).unwrap(), r#"{"bytes":"00ab"}"#);
    }

    #[test]
    fn what_is_no_value_is_refused() {
        for bad in [
            "1.5",
            "null",
            "[1]",
            "{}",
            r#"{"bytes":"0"}"#,
            r#"{"bytes":"zz"}"#,
            r#"{"bytes":"00","more":"1"}"#,
            r#"{"text":"00"}"#,
            "9223372036854775808",
            &format!("\"{}\"", "a".repeat(MAX_TEXT_BYTES + 1)),
        ] {
            assert!(serde_json::from_str::<FieldValue>(bad).is_err());
        }
    }

    #[test]
    fn debug_shows_no_content() {
        let shown = format!(
            "{:?}",
            [FieldValue::from("Sita Tamang"), FieldValue::Bytes(b"Sita".to_vec()), FieldValue::from(1999), true.into()]
        );
        for content in ["Sita", "53", "1999", "true"] {
            assert!(!shown.contains(content), "{shown}");
        }
    }
}
