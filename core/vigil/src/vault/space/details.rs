//! What a certificate says of a person, sealed to the epoch: name, area, sponsors, hardware (PROTOCOL 18).
//! It promises never to stand in the clear outside this device, and is padded so that its length says little.

use crate::error::{Result, VigilError};
use crate::keys::{SealedTo, SealingKeyPair, open_bytes, seal_bytes};
use minicbor::{Decode, Encode};
use vigil_protocol::{DeviceId, SealingPublicKey, SpaceId, canonical, limits};

/// Most sponsors of a member.
const MAX_SPONSORS: usize = 8;
/// Longest text of one detail, in bytes.
const MAX_DETAIL_BYTES: usize = 160;

/// What the committee knows of a member.
#[derive(Clone, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Details {
    /// The person's name; empty if none was given.
    #[n(0)]
    pub name: String,
    /// The area that the person works in; empty if none was given.
    #[n(1)]
    pub area: String,
    /// Who vouched for the person.
    #[n(2)]
    pub sponsors: Vec<String>,
    /// How the device keeps its keys; empty if nothing is known.
    #[n(3)]
    pub hardware: String,
}

impl Details {
    pub(super) fn seal(&self, to: &SealingPublicKey, space: SpaceId, device: &DeviceId) -> Result<Vec<u8>> {
        let texts = [&self.name, &self.area, &self.hardware].into_iter().chain(&self.sponsors);
        if self.sponsors.len() > MAX_SPONSORS || texts.clone().any(|text| text.len() > MAX_DETAIL_BYTES) {
            return Err(VigilError::invalid("details", "they are too long"));
        }
        let sealed = seal_bytes(to, &SealedTo::Details { space, device: *device }, canonical::encode(self))
            .ok_or_else(|| VigilError::invalid("epoch key", "it is not a key"))?;
        if sealed.len() > limits::MAX_SEALED_DETAILS_BYTES {
            return Err(VigilError::invalid("details", "they are too long"));
        }
        Ok(sealed)
    }

    pub(super) fn open(with: &SealingKeyPair, space: SpaceId, device: &DeviceId, sealed: &[u8]) -> Option<Self> {
        canonical::decode(&open_bytes(with, &SealedTo::Details { space, device: *device }, sealed)?).ok()
    }
}
