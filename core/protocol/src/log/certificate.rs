//! A role certificate: which device of which person may do what, and until when.
//! Who the person is, with area, sponsors and hardware, promises to be in it only sealed to the epoch (PROTOCOL 18).

use super::Role;
use crate::{
    DeviceId, Hash, PersonId, ProtocolError, Purpose, SealingPublicKey, Signature, SigningKey, SigningPublicKey,
    SpaceId, Timestamp, canonical, digest, limits, verify,
};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

/// What a member is, for at most [`limits::MAX_CERTIFICATE_MS`].
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Certificate {
    /// The device's random name in this space.
    #[n(0)]
    pub device: DeviceId,
    /// The person's pseudonym, the same for all devices of hers: quorums count persons.
    #[n(1)]
    pub person: PersonId,
    /// Verifies the device's batches, events and requests.
    #[n(2)]
    pub signing_key: SigningPublicKey,
    /// Capsules for the device are sealed to this key.
    #[n(3)]
    pub sealing_key: SealingPublicKey,
    /// Rises when the app is installed anew on the same device.
    #[n(4)]
    pub install_generation: u32,
    /// The role.
    #[n(5)]
    pub role: Role,
    /// Whether the person is on probation: writes, and reads nothing of others.
    #[n(6)]
    pub probation: bool,
    /// When it begins.
    #[n(7)]
    pub not_before: Timestamp,
    /// When it has ended.
    #[n(8)]
    pub not_after: Timestamp,
    /// The epoch that the details are sealed to.
    #[n(9)]
    pub epoch: u32,
    /// Name, area, sponsors and hardware level, sealed to the epoch.
    #[n(10)]
    pub sealed_details: ByteVec,
}

impl Certificate {
    /// What a second person signs. The entry that carries the certificate can be rebased without asking her again.
    pub fn digest(&self, space: &SpaceId) -> Hash {
        digest(Purpose::Cosignature, &[space.as_bytes(), &canonical::encode(self)])
    }

    /// Checks the dates, as an entry made at `time` may bring them, and the size.
    pub(crate) fn check(&self, time: Timestamp) -> Result<(), ProtocolError> {
        if self.sealed_details.len() > limits::MAX_SEALED_DETAILS_BYTES {
            return Err(ProtocolError::TooLarge { what: "sealed details", limit: limits::MAX_SEALED_DETAILS_BYTES });
        }
        let lasts = self.not_after.0.checked_sub(self.not_before.0);
        if lasts.is_none_or(|lasts| lasts > limits::MAX_CERTIFICATE_MS) {
            return Err(ProtocolError::NotAllowed { why: "a certificate lasts at most 90 days" });
        }
        // One that ends before it begins has no such day.
        if time < self.not_before || time >= self.not_after {
            return Err(ProtocolError::NotAllowed { why: "a certificate is given on one of its days" });
        }
        if self.probation && self.role == Role::Desk {
            return Err(ProtocolError::NotAllowed { why: "a desk reads, and is not on probation" });
        }
        Ok(())
    }
}

/// A second person's signature over a certificate.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Cosignature {
    /// Who signed.
    #[n(0)]
    pub device: DeviceId,
    /// The signature.
    #[n(1)]
    pub signature: Signature,
}

impl Cosignature {
    /// Signs a certificate for a space.
    pub fn sign(certificate: &Certificate, space: &SpaceId, device: DeviceId, key: &SigningKey) -> Self {
        Self { device, signature: key.sign(Purpose::Cosignature, &certificate.digest(space)) }
    }

    /// Checks the signature.
    ///
    /// # Errors
    /// [`ProtocolError::BadSignature`].
    pub fn verify(
        &self,
        certificate: &Certificate,
        space: &SpaceId,
        key: &SigningPublicKey,
    ) -> Result<(), ProtocolError> {
        verify(key, Purpose::Cosignature, &certificate.digest(space), &self.signature, "cosignature")
    }
}
