//! What an officer shows to a new device: its certificate, and just enough of the space to record and seal at once.
//! It promises not to grow with the space, and to be true only as far as whoever showed it: the log decides at first contact.

use super::ENROLMENT_VERSION;
use crate::{
    Certificate, Cosignature, DeviceId, Hash, Nonce, Policy, ProtocolError, Purpose, Role, SealingPublicKey,
    ServerCard, Signature, SigningKey, SigningPublicKey, SpaceId, canonical, digest, limits, verify,
};
use minicbor::{Decode, Encode};

/// Where the server is.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum ServerReference {
    /// The space has none.
    #[n(0)]
    None,
    /// Its card.
    #[n(1)]
    Card(#[n(0)] ServerCard),
    /// Its card is too large for the code, and has to come by another way; it is known by its hash.
    #[n(2)]
    Pinned {
        /// Base address, for people.
        #[n(0)]
        url: String,
        /// Hash of the card.
        #[n(1)]
        card: Hash,
    },
}

impl ServerReference {
    /// Names a card without holding it.
    pub fn pin(card: &ServerCard) -> Self {
        let url = card.url.chars().take(limits::MAX_PINNED_URL_CHARS).collect();
        Self::Pinned { url, card: card.hash() }
    }
}

/// A device that a new one seals to or was admitted by.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct KnownDevice {
    /// The device.
    #[n(0)]
    pub device: DeviceId,
    /// Verifies what it signs.
    #[n(1)]
    pub signing_key: SigningPublicKey,
    /// Capsules for it are sealed to this.
    #[n(2)]
    pub sealing_key: SealingPublicKey,
    /// Its role: an officer's or a desk's.
    #[n(3)]
    pub role: Role,
    /// Whether it is on duty.
    #[n(4)]
    pub on_duty: bool,
}

/// The newest epoch.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct KnownEpoch {
    /// Its number.
    #[n(0)]
    pub number: u32,
    /// Its public key.
    #[n(1)]
    pub key: SealingPublicKey,
    /// Whether somebody holds its private key who must not read what is written now.
    #[n(2)]
    pub exposed: bool,
}

/// The second code.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct SecondCode {
    /// [`ENROLMENT_VERSION`].
    #[n(0)]
    pub version: u8,
    /// The space.
    #[n(1)]
    pub space: SpaceId,
    /// The first code that it answers.
    #[n(2)]
    pub nonce: Nonce,
    /// What the device is.
    #[n(3)]
    pub certificate: Certificate,
    /// Who signed the certificate; the officer is the first of them.
    #[n(4)]
    pub signed_by: Vec<Cosignature>,
    /// Hash of the log's first entry.
    #[n(5)]
    pub genesis: Hash,
    /// How many entries of the log the server has confirmed to the officer, at least the first.
    #[n(6)]
    pub log_length: u64,
    /// Hash of the last of them.
    #[n(7)]
    pub log_head: Hash,
    /// The newest epoch.
    #[n(8)]
    pub epoch: KnownEpoch,
    /// The committee's recovery key.
    #[n(9)]
    pub recovery_key: SealingPublicKey,
    /// Whom to seal to, and the officer.
    #[n(10)]
    pub devices: Vec<KnownDevice>,
    /// The server.
    #[n(11)]
    pub server: ServerReference,
    /// The policy; none in a space of the first days.
    #[n(12)]
    pub policy: Option<Policy>,
    /// Who shows it.
    #[n(13)]
    pub officer: DeviceId,
    /// The officer's signature over everything above.
    #[n(14)]
    pub signature: Signature,
}

impl SecondCode {
    /// Signs a code, whatever its signature was. A server's card that does not fit into a QR code with the rest is named by
    /// its hash.
    pub fn sign(mut self, key: &SigningKey) -> Self {
        if let ServerReference::Card(card) = &self.server
            && self.to_bytes().len() > limits::MAX_QR_BYTES
        {
            self.server = ServerReference::pin(card);
        }
        self.signature = key.sign(Purpose::SecondCode, &self.digest());
        self
    }

    fn digest(&self) -> Hash {
        let unsigned = Self { signature: Signature([0; 64]), ..self.clone() };
        digest(Purpose::SecondCode, &[&canonical::encode(&unsigned)])
    }

    /// Reads a code and checks what can be checked without the log: sizes, shape, the officer's two signatures.
    ///
    /// # Errors
    /// [`ProtocolError::TooLarge`], [`ProtocolError::Malformed`], [`ProtocolError::UnknownVersion`],
    /// [`ProtocolError::BadSignature`] or [`ProtocolError::NotAllowed`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ProtocolError> {
        let code: Self = canonical::decode_limited(bytes, limits::MAX_SECOND_CODE_BYTES)?;
        if code.version != ENROLMENT_VERSION {
            return Err(ProtocolError::UnknownVersion { version: code.version });
        }
        code.check_shape()?;
        let officer = code.known(&code.officer).filter(|officer| officer.role.leads());
        let officer = officer.ok_or(ProtocolError::NotAllowed { why: "officers and desks admit devices" })?;
        verify(&officer.signing_key, Purpose::SecondCode, &code.digest(), &code.signature, "second code")?;
        match code.signed_by.first() {
            Some(first) if first.device == code.officer => {
                first.verify(&code.certificate, &code.space, &officer.signing_key)?;
            }
            _ => return Err(ProtocolError::NotAllowed { why: "the officer signs the certificate first" }),
        }
        Ok(code)
    }

    fn check_shape(&self) -> Result<(), ProtocolError> {
        if self.devices.len() > limits::MAX_KNOWN_DEVICES || self.signed_by.len() > limits::MAX_COSIGNATURES + 1 {
            return Err(ProtocolError::TooLarge { what: "second code", limit: limits::MAX_KNOWN_DEVICES });
        }
        self.certificate.check(self.certificate.not_before)?;
        if let Some(policy) = &self.policy {
            policy.check()?;
        }
        let devices: std::collections::BTreeSet<_> = self.devices.iter().map(|known| known.device).collect();
        let signers: std::collections::BTreeSet<_> = self.signed_by.iter().map(|signed| signed.device).collect();
        let sane = devices.len() == self.devices.len()
            && signers.len() == self.signed_by.len()
            && self.devices.iter().all(|known| known.role.leads())
            && !devices.contains(&self.certificate.device)
            && self.certificate.epoch <= self.epoch.number
            && (1..=limits::MAX_LOG_ENTRIES).contains(&self.log_length)
            && (self.log_length > 1 || self.log_head == self.genesis);
        if sane { Ok(()) } else { Err(ProtocolError::Malformed { what: "second code" }) }
    }

    fn known(&self, device: &DeviceId) -> Option<&KnownDevice> {
        self.devices.iter().find(|known| known.device == *device)
    }

    /// The key that the officer signs with.
    pub fn officer_key(&self) -> Option<SigningPublicKey> {
        self.known(&self.officer).map(|known| known.signing_key)
    }

    /// The bytes to show.
    pub fn to_bytes(&self) -> Vec<u8> {
        canonical::encode(self)
    }
}
