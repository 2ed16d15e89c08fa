//! Hardware that stops working at a chosen call: as if the app had been ended there.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use vigil_core::{FolderVault, HardwareAlias, HardwareError, HardwareLevel, HardwareVault};

const WORKS: i64 = i64::MAX;
/// The next state is kept, and then nothing works.
const AFTER_STATE: i64 = i64::MIN;

/// A stand-in that stops.
#[derive(Clone)]
pub(super) struct Faulty {
    inner: FolderVault,
    /// How many calls still work.
    left: Arc<AtomicI64>,
}

impl Faulty {
    pub(super) fn new(folder: &Path) -> Self {
        Self { inner: FolderVault::new(folder), left: Arc::new(AtomicI64::new(WORKS)) }
    }

    pub(super) fn work(&self) {
        self.left.store(WORKS, Ordering::SeqCst);
    }

    /// So many calls work from now on.
    pub(super) fn fail_after(&self, calls: i64) {
        self.left.store(calls, Ordering::SeqCst);
    }

    pub(super) fn fail_after_keeping_state(&self) {
        self.left.store(AFTER_STATE, Ordering::SeqCst);
    }

    fn call(&self) -> Result<(), HardwareError> {
        match self.left.load(Ordering::SeqCst) {
            WORKS | AFTER_STATE => Ok(()),
            0 => Err(HardwareError::Unavailable { why: "it was ended here".to_owned() }),
            _ => {
                self.left.fetch_sub(1, Ordering::SeqCst);
                Ok(())
            }
        }
    }
}

impl HardwareVault for Faulty {
    fn create(&self, alias: &HardwareAlias, minimum: HardwareLevel) -> Result<(), HardwareError> {
        self.call()?;
        self.inner.create(alias, minimum)
    }

    fn mac(&self, alias: &HardwareAlias, message: &[u8]) -> Result<zeroize::Zeroizing<[u8; 32]>, HardwareError> {
        self.call()?;
        self.inner.mac(alias, message)
    }

    fn delete(&self, alias: &HardwareAlias) -> Result<(), HardwareError> {
        self.call()?;
        self.inner.delete(alias)
    }

    fn exists(&self, alias: &HardwareAlias) -> Result<bool, HardwareError> {
        self.call()?;
        self.inner.exists(alias)
    }

    fn state(&self, alias: &HardwareAlias) -> Result<Vec<u8>, HardwareError> {
        self.call()?;
        self.inner.state(alias)
    }

    fn keep_state(&self, alias: &HardwareAlias, state: &[u8]) -> Result<(), HardwareError> {
        self.call()?;
        self.inner.keep_state(alias, state)?;
        if self.left.load(Ordering::SeqCst) == AFTER_STATE {
            self.left.store(0, Ordering::SeqCst);
        }
        Ok(())
    }

    fn level(&self) -> Result<HardwareLevel, HardwareError> {
        self.inner.level()
    }
}
