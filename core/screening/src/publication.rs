//! Who answers for an instrument: signing a file, and checking a signature.
//!
//! A file that carries a signature which does not hold, or names a publisher without one, is refused as a whole; nobody
//! can alter what a publisher signed.

use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use serde_json::Value;

use crate::canonical::canonical_of;
use crate::error::InstrumentError;
use crate::sheet::Sheet;

/// What is signed begins with this, so that no signature given for anything else can stand here.
const DOMAIN: &[u8] = b"vigil instrument v1\0";

/// A publisher's signing key. It is never printed.
pub struct PublisherKey(Ed25519KeyPair);

/// A key that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a publisher's key is an Ed25519 key in PKCS #8, as `vigil instrument new-key` writes it")]
pub struct BadPublisherKey;

impl BadPublisherKey {
    /// Stable code of this error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        "bad_publisher_key"
    }
}

impl PublisherKey {
    /// Reads a key in PKCS #8 form.
    ///
    /// # Errors
    /// [`BadPublisherKey`].
    pub fn from_pkcs8(bytes: &[u8]) -> Result<Self, BadPublisherKey> {
        Ed25519KeyPair::from_pkcs8(bytes).map(Self).map_err(|_| BadPublisherKey)
    }

    /// The public half, 64 hexadecimal digits.
    #[must_use]
    pub fn public(&self) -> String {
        to_hex(self.0.public_key().as_ref())
    }
}

impl std::fmt::Debug for PublisherKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PublisherKey({})", self.public())
    }
}

/// Signs an instrument file in a publisher's name. The file keeps its layout as far as JSON keeps it.
///
/// # Errors
/// [`InstrumentError`] if the file is no instrument, or one of a newer format.
pub fn sign(json: &str, name: &str, key: &PublisherKey) -> Result<String, InstrumentError> {
    let mut value: Value = serde_json::from_str(json).map_err(|error| InstrumentError::not_json(&error))?;
    if let Value::Object(fields) = &mut value {
        fields.remove("signature");
        fields.insert("publisher".to_owned(), serde_json::json!({"name": name, "key": key.public()}));
    }
    let message = message(&canonical_of(value.clone())?);
    if let Value::Object(fields) = &mut value {
        fields.insert("signature".to_owned(), Value::from(to_hex(key.0.sign(&message).as_ref())));
    }
    let signed = serde_json::to_string_pretty(&value).map_err(|error| InstrumentError::not_json(&error))?;
    crate::Instrument::from_json(&signed)?;
    Ok(signed)
}

/// Checks the signature of a file that has one; without it, no publisher may be named.
pub(crate) fn check(sheet: &Sheet, canonical: &[u8]) -> Result<(), InstrumentError> {
    let Some(signature) = &sheet.signature else {
        return match sheet.publisher {
            None => Ok(()),
            Some(_) => Err(InstrumentError::NotAllowed {
                place: "publisher".to_owned(),
                why: "a file that names its publisher carries the publisher's signature",
            }),
        };
    };
    let broken = || InstrumentError::BadSignature;
    let publisher = sheet.publisher.as_ref().ok_or_else(broken)?;
    let (key, signature) = (from_hex(&publisher.key).ok_or_else(broken)?, from_hex(signature).ok_or_else(broken)?);
    UnparsedPublicKey::new(&ED25519, key).verify(&message(canonical), &signature).map_err(|_| broken())
}

/// Whether it could be a public key.
pub(crate) fn is_key(text: &str) -> bool {
    from_hex(text).is_some_and(|bytes| bytes.len() == 32)
}

fn message(canonical: &[u8]) -> Vec<u8> {
    [DOMAIN, canonical].concat()
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Lower-case digits only, so that a key and a signature have one spelling.
fn from_hex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
        return None;
    }
    text.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}
