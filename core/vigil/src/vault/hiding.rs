//! Hiding a record: out of the lists of all devices at once, by one person's word, until two have decided (PROTOCOL 19).
//! It destroys nothing: whoever asks for hidden records sees them, and an officer or a desk puts them back.

use super::Vault;
use crate::error::{Result, VigilError};
use crate::records::{EventBody, Hiding};
use vigil_protocol::RecordId;

impl Vault {
    /// Takes a record out of lists and search, here and on other devices when they sync.
    ///
    /// # Errors
    /// [`VigilError::NotFound`], [`VigilError::NotAllowed`] unless this device created it, or is an officer's or a desk's.
    pub fn hide(&mut self, record: &RecordId) -> Result<()> {
        self.set_hiding(record, Hiding::Hidden)
    }

    /// Puts a record back into lists and search.
    ///
    /// # Errors
    /// As [`Self::hide`].
    pub fn unhide(&mut self, record: &RecordId) -> Result<()> {
        self.set_hiding(record, Hiding::Shown)
    }

    fn set_hiding(&mut self, record: &RecordId, hiding: Hiding) -> Result<()> {
        let columns = self.row(record)?.columns;
        if columns.creator != self.device && !self.role()?.leads() {
            return Err(VigilError::NotAllowed { why: "only its author, an officer or a desk hides a record" });
        }
        if columns.hidden == (hiding == Hiding::Hidden) {
            return Ok(());
        }
        let mut open = self.open_to_change(record)?;
        self.write_event(&mut open, EventBody::Hiding(hiding));
        self.save(vec![open], |_| Ok(()))
    }
}
