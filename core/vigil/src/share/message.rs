//! A share on its way: content under a fresh key, the key sealed to each receiving device, and the sharing device's signature
//! over all of it. It promises to open for the named devices of one space only, and to be refused after any change.

use super::content::{MAX_CONTENT_BYTES, ShareContent, content_of};
use super::{Admitted, MAX_RECEIVERS, MAX_SHARE_BYTES, SpaceCard, check_suite, verify_speaker};
use crate::keys::{SealedTo, SealingKeyPair, Secret, commitment, open_key, seal_key};
use crate::records::ShareId;
use crate::sealing::{pad, unpad};
use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, KeyType, Salt};
use vigil_protocol::{
    DeviceId, Hash, KeyCommitment, LogEntry, ProtocolError, Purpose, RecordId, SUITE, SealingPublicKey, Signature,
    SigningKey, SpaceId, canonical, digest,
};
use zeroize::Zeroizing;

const KEY_AND_NONCE: usize = 32 + NONCE_LEN;

/// The share's key for one device.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
struct ShareKey {
    #[n(0)]
    device: DeviceId,
    #[n(1)]
    encapsulated: SealingPublicKey,
    #[n(2)]
    sealed: ByteArray<48>,
}

/// A share as it travels.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub(crate) struct ShareMessage {
    #[n(0)]
    suite: u8,
    #[n(1)]
    pub(crate) to: SpaceId,
    #[n(2)]
    pub(crate) share: ShareId,
    /// How the sharing device became a member of its space.
    #[n(3)]
    path: Vec<LogEntry>,
    #[n(4)]
    commitment: KeyCommitment,
    #[n(5)]
    keys: Vec<ShareKey>,
    #[n(6)]
    sealed: ByteVec,
    #[n(7)]
    signature: Signature,
}

/// Where content is sealed: it opens in its own share, between its own spaces.
fn place(from: &SpaceId, to: &SpaceId, share: &ShareId, commitment: &KeyCommitment) -> Vec<u8> {
    canonical::encode(&("vigil/1 share content", SUITE, from, to, share, commitment))
}

struct Length;
impl KeyType for Length {
    fn len(&self) -> usize {
        KEY_AND_NONCE
    }
}

/// The key seals one content and is never used again, so that its nonce may follow from it.
fn aead(key: &Secret<32>, place: &[u8]) -> Option<(LessSafeKey, Nonce)> {
    let mut derived = Zeroizing::new([0; KEY_AND_NONCE]);
    let salt = Salt::new(HKDF_SHA256, b"vigil/1 share");
    salt.extract(key.expose()).expand(&[place], Length).ok()?.fill(derived.as_mut_slice()).ok()?;
    let (key, nonce) = derived.split_at(32);
    let key = UnboundKey::new(&CHACHA20_POLY1305, key).ok()?;
    Some((LessSafeKey::new(key), Nonce::try_assume_unique_for_key(nonce).ok()?))
}

/// The commitment of a share's key. A share id is as random and as long as a record's, and its key is its own.
fn commitment_of(share: &ShareId, key: &Secret<32>) -> KeyCommitment {
    commitment(&RecordId(share.0), key)
}

impl ShareMessage {
    /// Seals and signs. `None` if a key of the card is no key, or the content is too large.
    pub(crate) fn seal(
        from: SpaceId,
        path: Vec<LogEntry>,
        card: &SpaceCard,
        content: &ShareContent,
        signing: &SigningKey,
    ) -> Option<Self> {
        let share = content.provenance.share;
        let key = Secret::random();
        let commitment = commitment_of(&share, &key);
        let plain = Zeroizing::new(canonical::encode(content));
        if plain.len() > MAX_CONTENT_BYTES {
            return None;
        }
        let place = place(&from, &card.space, &share, &commitment);
        let (aead, nonce) = aead(&key, &place)?;
        let mut sealed = pad(plain.to_vec());
        aead.seal_in_place_append_tag(nonce, Aad::from(&place), &mut sealed).ok()?;
        let keys = card.receivers.iter().map(|receiver| {
            let device = receiver.device;
            let purpose = SealedTo::Share { from, to: card.space, share, commitment, device };
            let (encapsulated, sealed) = seal_key(&receiver.sealing_key, &purpose, &key)?;
            Some(ShareKey { device, encapsulated, sealed: sealed.into() })
        });
        let keys = keys.collect::<Option<Vec<_>>>()?;
        let signature = Signature([0; 64]);
        let sealed = sealed.into();
        let mut message = Self { suite: SUITE, to: card.space, share, path, commitment, keys, sealed, signature };
        message.signature = signing.sign(Purpose::Share, &message.digest());
        Some(message)
    }

    /// What is signed; also what the sharing record keeps of it.
    pub(crate) fn digest(&self) -> Hash {
        let signed = (self.suite, &self.to, &self.share, &self.path, &self.commitment, &self.keys, &self.sealed);
        digest(Purpose::Share, &[&canonical::encode(&signed)])
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        canonical::encode(self)
    }

    /// Reads a message from outside and verifies who made it. Nothing is opened.
    ///
    /// # Errors
    /// [`ProtocolError`]: too large, not canonical, of a newer version, not by who it says, or by somebody who may not.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<(Self, Admitted), ProtocolError> {
        let message: Self = canonical::decode_limited(bytes, MAX_SHARE_BYTES)?;
        check_suite(message.suite)?;
        if message.keys.len() > MAX_RECEIVERS {
            return Err(ProtocolError::TooLarge { what: "receivers of a share", limit: MAX_RECEIVERS });
        }
        let sender = verify_speaker(&message.path, Purpose::Share, &message.digest(), &message.signature, "share")?;
        Ok((message, sender))
    }

    /// Opens what [`Self::from_bytes`] verified, as one of its receivers.
    ///
    /// # Errors
    /// [`ProtocolError::NotAllowed`] for whom it is not sealed to; [`ProtocolError::Malformed`] if the key is not the one it
    /// commits to, or the content not what it says.
    pub(crate) fn open(
        &self,
        sender: &Admitted,
        me: (&SpaceId, &DeviceId),
        keys: &SealingKeyPair,
    ) -> Result<ShareContent, ProtocolError> {
        let malformed = ProtocolError::Malformed { what: "share" };
        if self.to != *me.0 {
            return Err(ProtocolError::NotAllowed { why: "the share is for another space" });
        }
        let own = self.keys.iter().find(|key| key.device == *me.1);
        let own = own.ok_or(ProtocolError::NotAllowed { why: "the share is sealed to other devices of this space" })?;
        let (share, commitment) = (self.share, self.commitment);
        let purpose = SealedTo::Share { from: sender.space, to: self.to, share, commitment, device: *me.1 };
        let key = open_key(keys, &purpose, &own.encapsulated, &own.sealed).ok_or(malformed.clone())?;
        if commitment_of(&share, &key) != commitment {
            return Err(malformed);
        }
        let place = place(&sender.space, &self.to, &share, &commitment);
        let (aead, nonce) = aead(&key, &place).ok_or(malformed.clone())?;
        let mut bytes = Zeroizing::new(self.sealed.to_vec());
        let opened = aead.open_in_place(nonce, Aad::from(&place), &mut bytes).map_err(|_| malformed.clone())?.to_vec();
        let plain = Zeroizing::new(unpad(opened).ok_or(malformed.clone())?);
        let content = content_of(&plain)?;
        let said = &content.provenance;
        if (said.share, said.space, said.genesis, said.device) != (share, sender.space, sender.genesis, sender.device) {
            return Err(malformed);
        }
        Ok(content)
    }
}

#[cfg(test)]
mod tests {
    use super::super::hostile::fixture;
    use super::super::{SharedRecord, admission_path};
    use super::*;
    use crate::records::{Code, FieldName, FieldValue};

    const TO: SpaceId = SpaceId([6; 16]);

    fn sealed(content: &ShareContent, receiver: &SealingKeyPair) -> Vec<u8> {
        let path = admission_path(&fixture::log().unwrap(), &fixture::device(3)).unwrap();
        let from = fixture::content().unwrap().provenance.space;
        ShareMessage::seal(from, path, &fixture::card(receiver).unwrap(), content, &fixture::key(3).unwrap())
            .unwrap()
            .to_bytes()
    }

    fn open(bytes: &[u8], receiver: &SealingKeyPair) -> Result<ShareContent, ProtocolError> {
        let (message, sender) = ShareMessage::from_bytes(bytes)?;
        message.open(&sender, (&TO, &fixture::device(20)), receiver)
    }

    #[test]
    fn a_share_opens_for_its_receiver_and_nobody_else() {
        let (receiver, other) = (SealingKeyPair::generate(), SealingKeyPair::generate());
        let bytes = sealed(&fixture::content().unwrap(), &receiver);
        assert!(open(&bytes, &receiver).is_ok_and(|content| content == fixture::content().unwrap()));
        assert!(open(&bytes, &other).is_err());
        let (message, sender) = ShareMessage::from_bytes(&bytes).unwrap();
        let elsewhere = message.open(&sender, (&SpaceId([9; 16]), &fixture::device(20)), &receiver);
        assert!(matches!(elsewhere, Err(ProtocolError::NotAllowed { .. })));
        let stranger = message.open(&sender, (&TO, &fixture::device(21)), &receiver);
        assert!(matches!(stranger, Err(ProtocolError::NotAllowed { .. })));
    }

    #[test]
    fn every_flipped_byte_of_a_share_is_noticed_before_anything_is_opened() {
        let receiver = SealingKeyPair::generate();
        let bytes = sealed(&fixture::content().unwrap(), &receiver);
        for at in 0..bytes.len() {
            for bit in [1, 0x80] {
                let mut changed = bytes.clone();
                changed[at] ^= bit;
                assert!(ShareMessage::from_bytes(&changed).is_err(), "{at}");
            }
        }
        assert!(ShareMessage::from_bytes(&bytes[..bytes.len() - 1]).is_err());
        assert!(matches!(ShareMessage::from_bytes(&vec![0; MAX_SHARE_BYTES + 1]), Err(ProtocolError::TooLarge { .. })));
    }

    #[test]
    fn a_signed_share_with_another_origin_links_or_too_much_in_it_is_refused() {
        let receiver = SealingKeyPair::generate();
        let with = |change: &dyn Fn(&mut ShareContent)| {
            let mut content = fixture::content().unwrap();
            change(&mut content);
            open(&sealed(&content, &receiver), &receiver).map(|_| ())
        };
        assert!(with(&|_| {}).is_ok());
        assert!(with(&|content| content.provenance.device = fixture::device(2)).is_err());
        assert!(with(&|content| content.provenance.space = TO).is_err());
        assert!(with(&|content| content.provenance.genesis = Hash([1; 32])).is_err());
        assert!(with(&|content| content.records.clear()).is_err());
        let record = |field: &str, value: FieldValue, times: usize| {
            let field = FieldName::new(field).unwrap();
            SharedRecord::new(Code::new("person").unwrap(), vec![(field, value); times])
        };
        for link in ["link", "link.0", "let_go.0"] {
            assert!(with(&|content| content.records = vec![record(link, FieldValue::Bytes(vec![1; 16]), 1)]).is_err());
        }
        assert!(with(&|content| content.records = vec![record("name", "x".into(), 2)]).is_err());
        assert!(with(&|content| content.records = vec![record("name", "x".repeat(20_000).into(), 1)]).is_err());
        assert!(with(&|content| content.records = vec![record("name", "x".into(), 1); 9]).is_err());
    }

    #[test]
    fn a_key_that_is_not_the_one_committed_to_is_refused() {
        let receiver = SealingKeyPair::generate();
        let (mut message, sender) = ShareMessage::from_bytes(&sealed(&fixture::content().unwrap(), &receiver)).unwrap();
        let device = fixture::device(20);
        let (share, commitment) = (message.share, message.commitment);
        let purpose = SealedTo::Share { from: sender.space, to: TO, share, commitment, device };
        let (encapsulated, other) = seal_key(&receiver.public(), &purpose, &Secret::random()).unwrap();
        message.keys = vec![ShareKey { device, encapsulated, sealed: other.into() }];
        assert!(message.open(&sender, (&TO, &device), &receiver).is_err());
    }
}
