//! What a home is made and opened with: its hardware, the cost of a try, the clock.
//! What nobody chooses is the safe choice, but for the hardware: without any, a folder stands in.

use crate::clock::{Clock, SystemClock};
use crate::error::{Result, VigilError};
use crate::keys::{FolderVault, HardwareLevel, HardwareVault, Stretching};
use std::path::Path;
use std::sync::Arc;

/// Fewest wrong attempts that may wipe a home: fingers slip, and children play.
const MIN_WIPE_AFTER: u32 = 5;
/// Most wrong attempts that may be set.
const MAX_WIPE_AFTER: u32 = 100;

/// What a home is made and opened with.
#[derive(Clone)]
pub struct HomeOptions {
    /// The hardware key store; if there is none, the stand-in in `HOME.hardware`.
    pub hardware: Option<Arc<dyn HardwareVault>>,
    /// How well the hardware must keep the key of a home that is made.
    pub minimum_level: HardwareLevel,
    /// How the cost of trying a passphrase is chosen for a home that is made.
    pub stretching: Stretching,
    /// After how many wrong attempts in a row a home that is made is wiped; never, if there is no number.
    pub wipe_after: Option<u32>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
}

impl Default for HomeOptions {
    fn default() -> Self {
        Self {
            hardware: None,
            minimum_level: HardwareLevel::Software,
            stretching: Stretching::Calibrated,
            wipe_after: None,
            clock: Arc::new(SystemClock),
        }
    }
}

impl std::fmt::Debug for HomeOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HomeOptions").field("stretching", &self.stretching).finish_non_exhaustive()
    }
}

impl HomeOptions {
    /// The hardware of a home.
    ///
    /// # Errors
    /// [`VigilError::Disk`] if no folder can stand in beside this home.
    pub fn hardware_of(&self, home: &Path) -> Result<Arc<dyn HardwareVault>> {
        match &self.hardware {
            Some(hardware) => Ok(Arc::clone(hardware)),
            None => Ok(Arc::new(FolderVault::beside(home).map_err(super::disk)?)),
        }
    }
}

/// Refuses a limit that slips of the finger reach.
pub(super) fn check_wipe_after(limit: Option<u32>) -> Result<()> {
    match limit {
        Some(limit) if !(MIN_WIPE_AFTER..=MAX_WIPE_AFTER).contains(&limit) => Err(VigilError::invalid(
            "wipe after",
            format!("from {MIN_WIPE_AFTER} to {MAX_WIPE_AFTER} wrong attempts, or never"),
        )),
        _ => Ok(()),
    }
}
