//! Texts that pass by hand - the codes of enrolments, server cards, recovery keys: a prefix that says what it is, then
//! hexadecimal, which survives every messenger and every notebook. White space inside does not matter; a limit does.

use crate::error::{Result, VigilError};
use vigil_protocol::{ServerCard, canonical, limits};

pub(super) const FIRST_CODE_PREFIX: &str = "vigil-join-2:";
pub(super) const SECOND_CODE_PREFIX: &str = "vigil-welcome-2:";
/// A log in a file; it was called a welcome when it was the only way in.
pub(super) const LOG_PREFIX: &str = "vigil-welcome-1:";
pub(super) const CERTIFICATE_PREFIX: &str = "vigil-certificate-1:";
pub(super) const SERVER_PREFIX: &str = "vigil-server-1:";
pub(super) const ARCHIVE_KEY_PREFIX: &str = "vigil-archive-key-1:";
pub(super) const RECOVERY_PREFIX: &str = "vigil-recovery-1:";
pub(super) const CARD_PREFIX: &str = "vigil-card-1:";
pub(super) const SHARE_PREFIX: &str = "vigil-share-1:";
pub(super) const RECALL_PREFIX: &str = "vigil-recall-1:";
pub(super) const RECALL_ANSWER_PREFIX: &str = "vigil-recall-answer-1:";

/// The text of a code.
pub(super) fn to_code(prefix: &str, bytes: &[u8]) -> String {
    format!("{prefix}{}", hex(bytes))
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string does not fail.
        write!(text, "{byte:02x}").ok();
        text
    })
}

/// Reads `prefix` and hexadecimal, whatever white space a messenger put between.
pub(super) fn from_code(what: &'static str, prefix: &str, text: &str) -> Result<Vec<u8>> {
    if text.len() > limits::MAX_CODE_BYTES {
        return Err(VigilError::invalid(what, "it is too long"));
    }
    let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let digits = compact
        .strip_prefix(prefix)
        .ok_or_else(|| VigilError::invalid(what, format!("it does not begin with {prefix}")))?;
    let bytes: Option<Vec<u8>> = (digits.len() % 2 == 0)
        .then(|| {
            digits
                .as_bytes()
                .chunks_exact(2)
                .map(|pair| {
                    let digit = |byte: u8| char::from(byte).to_digit(16);
                    u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).ok()
                })
                .collect()
        })
        .flatten();
    bytes.ok_or_else(|| VigilError::invalid(what, "a part is missing or was mistyped"))
}

/// Reads a server's card from its text.
///
/// # Errors
/// [`VigilError::Invalid`].
pub(super) fn server_card(text: &str) -> Result<ServerCard> {
    let bytes = from_code("server card", SERVER_PREFIX, text)?;
    Ok(canonical::decode_limited(&bytes, limits::MAX_LOG_ENTRY_BYTES)?)
}
