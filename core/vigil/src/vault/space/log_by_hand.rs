//! The log in a file: how a new device becomes a full member where no server can be reached, or where there is none.
//! It promises to ask of a log that was carried all that it asks of a server's.

use crate::error::{Result, VigilError};
use crate::vault::Vault;
use crate::vault::codes::{LOG_PREFIX, from_code, to_code};
use vigil_protocol::{SUITE, Welcome, canonical};

impl Vault {
    /// The log and the server's card as this device has them, for [`Self::take_log_by_hand`] of a new device.
    ///
    /// # Errors
    /// [`VigilError::NotInSpace`], [`VigilError::NotAllowed`] before this device has the log itself.
    pub fn log_by_hand(&self) -> Result<String> {
        let space = self.space()?;
        if space.membership.is_provisional() {
            return Err(VigilError::NotAllowed { why: "this device does not have the log yet" });
        }
        let carried = Welcome { suite: SUITE, server: space.server.clone(), log: space.log.clone() };
        Ok(to_code(LOG_PREFIX, &canonical::encode(&carried)))
    }

    /// Becomes a full member by a log that was carried here, checked as a server's is. Entries that no server has confirmed
    /// are settled by the first sync (ADR 0009).
    ///
    /// # Errors
    /// [`VigilError::AlreadyInSpace`] for a full member, [`VigilError::Invalid`] for the text, [`VigilError::AnotherSpace`].
    pub fn take_log_by_hand(&mut self, text: &str) -> Result<()> {
        self.space()?;
        let code = self.code_joined_by()?.ok_or(VigilError::AlreadyInSpace)?;
        let carried = Welcome::from_bytes(&from_code("log", LOG_PREFIX, text)?)?;
        if let Some(card) = &carried.server {
            self.check_pinned(card)?;
        }
        let server = self.server()?.or(carried.server);
        let confirmed = usize::try_from(code.log_length).unwrap_or(usize::MAX).min(carried.log.len());
        self.become_member(&code, carried.log, (confirmed, server))
    }
}
