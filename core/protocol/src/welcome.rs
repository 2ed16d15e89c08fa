//! The server's card, and what passed by hand before there were two codes: a request to join and a welcome with the whole log.
//! Both stay readable, and admit nobody any more (ADR 0020).

use crate::{
    DeviceId, LogEntry, ProtocolError, Purpose, SUITE, SealingPublicKey, Signature, SigningKey, SigningPublicKey,
    canonical, digest, limits, verify,
};
use minicbor::{Decode, Encode};

/// How to reach a server and how to know it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct ServerCard {
    /// Base address, for example `https://sync.example.org`.
    #[n(0)]
    pub url: String,
    /// The key that signs its answers.
    #[n(1)]
    pub identity: SigningPublicKey,
    /// The certificate authorities that its TLS certificate may come from, in PEM. No other is trusted.
    #[n(2)]
    pub authorities: Vec<String>,
}

impl ServerCard {
    /// Names the card where it is not held.
    pub fn hash(&self) -> crate::Hash {
        digest(Purpose::ServerCard, &[&canonical::encode(self)])
    }
}

/// What a device that wanted to join showed before there were two codes: its keys, signed with one of them.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct JoinRequest {
    /// [`SUITE`].
    #[n(0)]
    pub suite: u8,
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
    /// Proof that it holds the signing key.
    #[n(5)]
    pub signature: Signature,
}

impl JoinRequest {
    /// Makes a request.
    pub fn sign(device: DeviceId, sealing_key: SealingPublicKey, install_generation: u32, key: &SigningKey) -> Self {
        let mut request = Self {
            suite: SUITE,
            device,
            signing_key: key.public(),
            sealing_key,
            install_generation,
            signature: Signature([0; 64]),
        };
        request.signature = key.sign(Purpose::JoinRequest, &request.digest());
        request
    }

    fn digest(&self) -> crate::Hash {
        let signed = (self.suite, self.device, self.signing_key, self.sealing_key, self.install_generation);
        digest(Purpose::JoinRequest, &[&canonical::encode(&signed)])
    }

    /// Reads and verifies a request.
    ///
    /// # Errors
    /// [`ProtocolError::Malformed`], [`ProtocolError::UnknownVersion`] or [`ProtocolError::BadSignature`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ProtocolError> {
        let request: Self = canonical::decode_limited(bytes, limits::MAX_LOG_ENTRY_BYTES)?;
        if request.suite != SUITE {
            return Err(ProtocolError::UnknownVersion { version: request.suite });
        }
        verify(&request.signing_key, Purpose::JoinRequest, &request.digest(), &request.signature, "join request")?;
        Ok(request)
    }
}

/// What the committee gave to a device that it had added, before there were two codes.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Welcome {
    /// [`SUITE`].
    #[n(0)]
    pub suite: u8,
    /// The server; none in a space that lives on bundles alone.
    #[n(1)]
    pub server: Option<ServerCard>,
    /// The whole log, up to the entry that adds the device.
    #[n(2)]
    pub log: Vec<LogEntry>,
}

impl Welcome {
    /// Reads a welcome. The log is checked by whoever builds a [`crate::Membership`] from it.
    ///
    /// # Errors
    /// [`ProtocolError::Malformed`], [`ProtocolError::TooLarge`] or [`ProtocolError::UnknownVersion`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ProtocolError> {
        let welcome: Self = canonical::decode_limited(bytes, limits::MAX_CODE_BYTES)?;
        if welcome.suite != SUITE {
            return Err(ProtocolError::UnknownVersion { version: welcome.suite });
        }
        Ok(welcome)
    }
}
