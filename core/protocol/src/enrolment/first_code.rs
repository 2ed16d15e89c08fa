//! What a new device shows: who it wants to be, and a number that is used once.
//! The signature promises that it holds its signing key, and nothing about who holds the device.

use super::ENROLMENT_VERSION;
use crate::{
    DeviceId, Hash, Nonce, ProtocolError, Purpose, SealingPublicKey, Signature, SigningKey, SigningPublicKey,
    canonical, digest, limits, verify,
};
use minicbor::{Decode, Encode};

/// How a device says that it keeps its keys: a claim, which its committee may doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum HardwareClaim {
    /// In a file.
    #[n(0)]
    Software,
    /// In the processor's trusted environment.
    #[n(1)]
    TrustedEnvironment,
    /// In Apple's Secure Enclave.
    #[n(2)]
    SecureEnclave,
    /// In a security chip of its own.
    #[n(3)]
    StrongBox,
}

impl HardwareClaim {
    /// A name that never changes, for programs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Software => "software",
            Self::TrustedEnvironment => "trusted_environment",
            Self::SecureEnclave => "secure_enclave",
            Self::StrongBox => "strong_box",
        }
    }
}

/// The first code.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct FirstCode {
    /// [`ENROLMENT_VERSION`].
    #[n(0)]
    pub version: u8,
    /// The name that the device chose for itself.
    #[n(1)]
    pub device: DeviceId,
    /// Its signing key.
    #[n(2)]
    pub signing_key: SigningPublicKey,
    /// Its sealing key.
    #[n(3)]
    pub sealing_key: SealingPublicKey,
    /// Its install generation.
    #[n(4)]
    pub install_generation: u32,
    /// What the second code has to name.
    #[n(5)]
    pub nonce: Nonce,
    /// How it keeps its keys, as it says.
    #[n(6)]
    pub hardware: HardwareClaim,
    /// Its signature over everything above.
    #[n(7)]
    pub signature: Signature,
}

impl FirstCode {
    /// Makes a code.
    pub fn sign(
        (device, sealing_key, install_generation): (DeviceId, SealingPublicKey, u32),
        nonce: Nonce,
        hardware: HardwareClaim,
        key: &SigningKey,
    ) -> Self {
        let mut code = Self {
            version: ENROLMENT_VERSION,
            device,
            signing_key: key.public(),
            sealing_key,
            install_generation,
            nonce,
            hardware,
            signature: Signature([0; 64]),
        };
        code.signature = key.sign(Purpose::FirstCode, &code.digest());
        code
    }

    fn digest(&self) -> Hash {
        let keys = (self.device, self.signing_key, self.sealing_key, self.install_generation);
        digest(Purpose::FirstCode, &[&canonical::encode(&(self.version, keys, self.nonce, self.hardware))])
    }

    /// Reads and verifies a code.
    ///
    /// # Errors
    /// [`ProtocolError::TooLarge`], [`ProtocolError::Malformed`], [`ProtocolError::UnknownVersion`] or
    /// [`ProtocolError::BadSignature`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ProtocolError> {
        let code: Self = canonical::decode_limited(bytes, limits::MAX_FIRST_CODE_BYTES)?;
        if code.version != ENROLMENT_VERSION {
            return Err(ProtocolError::UnknownVersion { version: code.version });
        }
        verify(&code.signing_key, Purpose::FirstCode, &code.digest(), &code.signature, "first code")?;
        Ok(code)
    }

    /// The bytes to show.
    pub fn to_bytes(&self) -> Vec<u8> {
        canonical::encode(self)
    }
}
