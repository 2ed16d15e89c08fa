//! The canonical form of an instrument file, and its digest: the same bytes however a file was laid out.
//!
//! RFC 8785 (JCS) without the top-level `signature`. Numbers are whole and within 2^53, so that every JSON library reads
//! and writes them alike.

use std::fmt;

use ring::digest::{SHA256, digest};
use serde_json::Value;

use crate::error::InstrumentError;

/// The largest whole number that every JSON library keeps (RFC 8785 section 3.2.2.3, IEEE 754 double precision).
const MOST: i64 = (1 << 53) - 1;

/// SHA-256 of an instrument's canonical form.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The first eight bytes in hexadecimal, as a record pins them.
    #[must_use]
    pub fn short(&self) -> String {
        self.0.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The canonical form of a parsed file without its signature.
///
/// # Errors
/// [`InstrumentError`] for numbers that not every library keeps.
pub(crate) fn canonical_of(mut value: Value) -> Result<Vec<u8>, InstrumentError> {
    if let Value::Object(fields) = &mut value {
        fields.remove("signature");
    }
    let mut out = Vec::new();
    write(&value, &mut out)?;
    Ok(out)
}

/// The digest of a canonical form.
pub(crate) fn digest_of(canonical: &[u8]) -> Digest {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest(&SHA256, canonical).as_ref());
    Digest(bytes)
}

// Recursion is bounded: the depth of a file was checked before it was parsed.
fn write(value: &Value, out: &mut Vec<u8>) -> Result<(), InstrumentError> {
    match value {
        Value::Null => out.extend(b"null"),
        Value::Bool(flag) => out.extend(flag.to_string().bytes()),
        Value::Number(number) => match number.as_i64() {
            Some(whole) if (-MOST..=MOST).contains(&whole) => out.extend(whole.to_string().bytes()),
            _ => {
                let why = "a number is whole and within 2^53";
                return Err(InstrumentError::NotAllowed { place: format!("number {number}"), why });
            }
        },
        Value::String(words) => write_text(words, out),
        Value::Array(list) => {
            out.push(b'[');
            for (i, entry) in list.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                write(entry, out)?;
            }
            out.push(b']');
        }
        Value::Object(fields) => {
            let mut names: Vec<_> = fields.iter().collect();
            names.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            out.push(b'{');
            for (i, (name, entry)) in names.into_iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                write_text(name, out);
                out.push(b':');
                write(entry, out)?;
            }
            out.push(b'}');
        }
    }
    Ok(())
}

/// As RFC 8785 section 3.2.2.2 has it, which is how `serde_json` escapes.
fn write_text(words: &str, out: &mut Vec<u8>) {
    out.extend(Value::from(words).to_string().bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(json: &str) -> Result<Vec<u8>, InstrumentError> {
        canonical_of(serde_json::from_str(json).unwrap())
    }

    fn text(json: &str) -> String {
        String::from_utf8(canonical(json).unwrap()).unwrap()
    }

    #[test]
    fn layout_and_order_make_no_difference_and_the_signature_is_left_out() {
        let one = "{ \"b\": [1, 2],\n \"a\": {\"y\": \"\\u00e9\", \"x\": null}, \"signature\": \"00\" }";
        assert_eq!(text(one), "{\"a\":{\"x\":null,\"y\":\"é\"},\"b\":[1,2]}");
        assert_eq!(text(one), text("{\"a\":{\"x\":null,\"y\":\"é\"},\"b\":[1,2],\"signature\":\"11\"}"));
        assert_ne!(text(one), text("{\"a\":{\"x\":null,\"y\":\"e\"},\"b\":[1,2]}"));
    }

    #[test]
    fn names_are_ordered_as_rfc_8785_orders_them() {
        // Section 3.2.3: by UTF-16 units, so a letter beyond the basic plane stands before U+FB33.
        assert_eq!(
            text("{\"\u{fb33}\":1,\"\u{1f600}\":2,\"\u{20ac}\":3}"),
            "{\"\u{20ac}\":3,\"\u{1f600}\":2,\"\u{fb33}\":1}"
        );
        assert_eq!(text(r#"{"a":"\u0008\u000f\/\"\\\n"}"#), "{\"a\":\"\\b\\u000f/\\\"\\\\\\n\"}");
    }

    #[test]
    fn numbers_that_libraries_read_differently_are_refused() {
        for number in ["1.5", "9007199254740992", "1e3", "-9007199254740992"] {
            assert_eq!(
                canonical(&format!("{{\"a\":{number}}}")).unwrap_err().code(),
                "instrument_not_allowed",
                "{number}"
            );
        }
        assert_eq!(text("{\"a\":-9007199254740991}"), "{\"a\":-9007199254740991}");
    }
}
