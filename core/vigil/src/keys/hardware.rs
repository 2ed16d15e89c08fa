//! What a phone's hardware key store does for a home: keys that never leave it, and a little state that lives with each key.
//! It promises nothing by itself: how far to trust it follows from [`HardwareVault::level`], which the stand-in answers
//! honestly.

use super::secret::random_bytes;
use thiserror::Error;
use zeroize::Zeroizing;

/// Largest state that a home keeps beside its key, in bytes.
pub const MAX_STATE_BYTES: usize = 400;

/// The name of a key in the hardware: random, and it says nothing about whose it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct HardwareAlias(pub(crate) [u8; 16]);

impl HardwareAlias {
    pub(crate) fn random() -> Self {
        Self(random_bytes())
    }
}

impl std::fmt::Display for HardwareAlias {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// How well a key is kept, weakest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum HardwareLevel {
    /// In a file of the operating system: a stand-in, which whoever copies the disk copies too.
    Software,
    /// In the processor's trusted environment.
    TrustedEnvironment,
    /// In Apple's Secure Enclave.
    SecureEnclave,
    /// In a security chip of its own.
    StrongBox,
}

impl HardwareLevel {
    /// A name that never changes, for programs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Software => "software",
            Self::TrustedEnvironment => "trusted_environment",
            Self::SecureEnclave => "secure_enclave",
            Self::StrongBox => "strong_box",
        }
    }
}

/// Why the hardware did not do it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum HardwareError {
    /// There is no such key: it was never here, or it was deleted.
    #[error("there is no such key in this hardware")]
    NoSuchKey,
    /// A key at least this well kept cannot be made here.
    #[error("this hardware keeps keys at the level {} only", level.name())]
    TooWeak {
        /// What there is.
        level: HardwareLevel,
    },
    /// What was kept beside a key cannot be read.
    #[error("the state beside the key is damaged")]
    Damaged,
    /// It does not answer, or cannot write.
    #[error("the hardware key store does not answer: {why}")]
    Unavailable {
        /// What it says.
        why: String,
    },
}

impl From<std::io::Error> for HardwareError {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::NotFound => Self::NoSuchKey,
            kind => Self::Unavailable { why: kind.to_string() },
        }
    }
}

/// The hardware key store, as the core asks for it. Keys do not leave it; what passes is a message that reveals no PIN, and
/// its MAC. The state must outlive the app and must not be part of any backup of its files.
pub trait HardwareVault: Send + Sync {
    /// Makes a key, at least this well kept, without state. A key of this name that is there already stays as it is.
    ///
    /// # Errors
    /// [`HardwareError::TooWeak`], [`HardwareError::Unavailable`].
    fn create(&self, alias: &HardwareAlias, minimum: HardwareLevel) -> Result<(), HardwareError>;

    /// HMAC-SHA256 of a message under a key.
    ///
    /// # Errors
    /// [`HardwareError::NoSuchKey`], [`HardwareError::Unavailable`].
    fn mac(&self, alias: &HardwareAlias, message: &[u8]) -> Result<Zeroizing<[u8; 32]>, HardwareError>;

    /// Destroys a key and its state. It is no error if there is none.
    ///
    /// # Errors
    /// [`HardwareError::Unavailable`].
    fn delete(&self, alias: &HardwareAlias) -> Result<(), HardwareError>;

    /// Whether there is such a key.
    ///
    /// # Errors
    /// [`HardwareError::Unavailable`].
    fn exists(&self, alias: &HardwareAlias) -> Result<bool, HardwareError>;

    /// The state beside a key; empty if none was kept.
    ///
    /// # Errors
    /// [`HardwareError::NoSuchKey`], [`HardwareError::Damaged`], [`HardwareError::Unavailable`].
    fn state(&self, alias: &HardwareAlias) -> Result<Vec<u8>, HardwareError>;

    /// Keeps state beside a key, at most [`MAX_STATE_BYTES`]; durable when this returns, the old or the new one after a
    /// power cut, and possible on a full disk.
    ///
    /// # Errors
    /// [`HardwareError::NoSuchKey`], [`HardwareError::Unavailable`].
    fn keep_state(&self, alias: &HardwareAlias, state: &[u8]) -> Result<(), HardwareError>;

    /// How well keys are kept here.
    ///
    /// # Errors
    /// [`HardwareError::Unavailable`].
    fn level(&self) -> Result<HardwareLevel, HardwareError>;
}
