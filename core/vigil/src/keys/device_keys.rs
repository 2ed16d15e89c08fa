//! A device's own keys in one space: Ed25519 for what it signs, X25519 for what is sealed to it.
//! They are made on the device, live in the encrypted store, and are never sent.

use super::sealed_key::SealingKeyPair;
use super::secret::Secret;
use crate::error::Result;
use vigil_protocol::SigningKey;

/// The private keys of this device.
pub(crate) struct DeviceKeys {
    seed: Secret<32>,
    pub(crate) signing: SigningKey,
    pub(crate) sealing: SealingKeyPair,
}

impl DeviceKeys {
    /// New keys.
    pub(crate) fn generate() -> Result<Self> {
        Self::from_parts(Secret::random(), SealingKeyPair::generate())
    }

    /// Keys from the store.
    pub(crate) fn from_parts(seed: Secret<32>, sealing: SealingKeyPair) -> Result<Self> {
        let signing = SigningKey::from_seed(seed.expose())?;
        Ok(Self { seed, signing, sealing })
    }

    /// The signing seed, for the store.
    pub(crate) fn seed(&self) -> &Secret<32> {
        &self.seed
    }
}
