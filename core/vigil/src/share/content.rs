//! What a share holds: where it comes from, and the named fields of one or a few records.
//! It promises to hold no history, no link and no name of a record of the sharing space.

use crate::records::{Code, FieldName, FieldValue, Provenance, limits};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use std::collections::BTreeSet;
use vigil_protocol::{ProtocolError, canonical};

/// Largest content, in bytes.
pub(crate) const MAX_CONTENT_BYTES: usize = 128 * 1024;

/// A field's value as it travels.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
enum Value {
    #[n(0)]
    Text(#[n(0)] String),
    #[n(1)]
    Integer(#[n(0)] i64),
    #[n(2)]
    Boolean(#[n(0)] bool),
    #[n(3)]
    Bytes(#[n(0)] ByteVec),
}

/// A record, cut down.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub(crate) struct SharedRecord {
    #[n(0)]
    pub(crate) kind: Code,
    #[n(1)]
    fields: Vec<(FieldName, Value)>,
}

impl SharedRecord {
    pub(crate) fn new(kind: Code, fields: Vec<(FieldName, FieldValue)>) -> Self {
        let value = |value| match value {
            FieldValue::Text(text) => Value::Text(text),
            FieldValue::Integer(number) => Value::Integer(number),
            FieldValue::Boolean(boolean) => Value::Boolean(boolean),
            FieldValue::Bytes(bytes) => Value::Bytes(bytes.into()),
        };
        Self { kind, fields: fields.into_iter().map(|(name, given)| (name, value(given))).collect() }
    }

    pub(crate) fn names(&self) -> Vec<FieldName> {
        self.fields.iter().map(|(name, _)| name.clone()).collect()
    }

    pub(crate) fn fields(&self) -> Vec<(FieldName, FieldValue)> {
        let value = |value: &Value| match value {
            Value::Text(text) => FieldValue::Text(text.clone()),
            Value::Integer(number) => FieldValue::Integer(*number),
            Value::Boolean(boolean) => FieldValue::Boolean(*boolean),
            Value::Bytes(bytes) => FieldValue::Bytes(bytes.to_vec()),
        };
        self.fields.iter().map(|(name, given)| (name.clone(), value(given))).collect()
    }
}

/// What is sealed.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub(crate) struct ShareContent {
    #[n(0)]
    pub(crate) provenance: Provenance,
    #[n(1)]
    pub(crate) records: Vec<SharedRecord>,
}

/// Reads content that was opened.
pub(crate) fn content_of(bytes: &[u8]) -> Result<ShareContent, ProtocolError> {
    let content: ShareContent = canonical::decode_limited(bytes, MAX_CONTENT_BYTES)?;
    content.check()?;
    Ok(content)
}

impl ShareContent {
    /// Whether it is within its limits: each field once, no value too long, no link.
    pub(crate) fn check(&self) -> Result<(), ProtocolError> {
        let malformed = ProtocolError::Malformed { what: "share" };
        let count: usize = self.records.iter().map(|record| record.fields.len()).sum();
        if self.records.len() > limits::MAX_SHARED_RECORDS || count > limits::MAX_SHARED_FIELDS {
            return Err(ProtocolError::TooLarge { what: "share", limit: limits::MAX_SHARED_FIELDS });
        }
        if self.records.is_empty() || !self.provenance.is_within_limits() {
            return Err(malformed);
        }
        for record in &self.records {
            let distinct: BTreeSet<&FieldName> = record.fields.iter().map(|(name, _)| name).collect();
            let fits = |(name, value): &(FieldName, FieldValue)| value.check().is_ok() && !is_link(name);
            if record.fields.is_empty() || distinct.len() != record.fields.len() || !record.fields().iter().all(fits) {
                return Err(malformed);
            }
        }
        Ok(())
    }
}

/// Whether a field ties records to each other.
pub(crate) fn is_link(name: &FieldName) -> bool {
    let family = name.as_str().split('.').next().unwrap_or_default();
    matches!(family, "link" | "let_go")
}
