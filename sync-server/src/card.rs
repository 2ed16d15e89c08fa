//! The server card as text: one line that passes by hand from the server to the founding desk.
//! It promises to hold nothing secret and to be the canonical encoding of a [`ServerCard`], in hexadecimal.

use crate::error::ServerError;
use crate::files::DataFolder;
use std::fmt::Write;
use vigil_protocol::{ServerCard, canonical};

/// What the line begins with.
pub const CARD_PREFIX: &str = "vigil-server-1:";
/// The file in the data folder that holds the line.
pub const CARD_FILE: &str = "server-card";

/// The line for a card, without a line end.
pub fn card_to_text(card: &ServerCard) -> String {
    let mut text = String::from(CARD_PREFIX);
    for byte in canonical::encode(card) {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Writes the card's file.
pub(crate) fn write(folder: &DataFolder, card: &ServerCard) -> Result<(), ServerError> {
    folder.write(CARD_FILE, format!("{}\n", card_to_text(card)).as_bytes())
}
