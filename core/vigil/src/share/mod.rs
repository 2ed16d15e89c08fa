//! What passes by hand between two spaces: a card that says where shares may go, the sealed share, its recall and the answer.
//! Everything here is plain values and cryptography, without I/O: what does not verify in full is refused with a typed error
//! before anything of it is used (ADR 0016).

mod admission;
mod card;
mod content;
pub mod hostile;
mod message;
mod recall;

pub(crate) use admission::{Admitted, admission_path, verify_speaker};
pub(crate) use card::{MAX_RECEIVERS, Receiver, SpaceCard};
pub(crate) use content::{ShareContent, SharedRecord, is_link};
pub(crate) use message::ShareMessage;
pub(crate) use recall::{Recall, RecallAnswer};

use vigil_protocol::ProtocolError;

/// Largest share message, in bytes.
pub(crate) const MAX_SHARE_BYTES: usize = 512 * 1024;
/// Largest card, recall or answer, in bytes.
pub(crate) const MAX_LETTER_BYTES: usize = 256 * 1024;

fn check_suite(suite: u8) -> Result<(), ProtocolError> {
    if suite == vigil_protocol::SUITE { Ok(()) } else { Err(ProtocolError::UnknownVersion { version: suite }) }
}
