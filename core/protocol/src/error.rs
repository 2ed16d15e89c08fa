//! The one error type of this crate.
//! It promises a stable code for each kind of refusal and never carries content of a record.

use thiserror::Error;

/// Why bytes from outside were not accepted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ProtocolError {
    /// The bytes are not the canonical encoding of what they should be.
    #[error("not a well-formed {what}")]
    Malformed {
        /// What was expected.
        what: &'static str,
    },
    /// A part is larger than its published limit.
    #[error("{what} exceeds its limit of {limit}")]
    TooLarge {
        /// What was too large.
        what: &'static str,
        /// The limit, in bytes or in elements.
        limit: usize,
    },
    /// A version or suite that this build does not know; what carries it is parked, not dropped.
    #[error("unknown version {version}")]
    UnknownVersion {
        /// The version that was found.
        version: u8,
    },
    /// A signature does not match what it should cover.
    #[error("the signature of the {what} does not match")]
    BadSignature {
        /// What was signed.
        what: &'static str,
    },
    /// A link of a hash chain does not fit its predecessor.
    #[error("the {what} does not follow its predecessor")]
    BrokenChain {
        /// Which chain.
        what: &'static str,
    },
    /// The rules of the membership log forbid it.
    #[error("the membership log does not allow it: {why}")]
    NotAllowed {
        /// The rule, in words.
        why: &'static str,
    },
}

impl ProtocolError {
    /// A code that never changes, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "protocol.malformed",
            Self::TooLarge { .. } => "protocol.too_large",
            Self::UnknownVersion { .. } => "protocol.unknown_version",
            Self::BadSignature { .. } => "protocol.bad_signature",
            Self::BrokenChain { .. } => "protocol.broken_chain",
            Self::NotAllowed { .. } => "protocol.not_allowed",
        }
    }
}
