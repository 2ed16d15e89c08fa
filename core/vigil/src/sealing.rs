//! Turning the content of one write into sealed bytes and back: compress, pad, encrypt.
//! Key and nonce are derived anew for every write from the record key, the batch's salt and the write's place, and the
//! place is authenticated: sealed content opens in its own place and nowhere else (PROTOCOL 7).

use crate::compression::{self, CompressionError};
use crate::keys::Secret;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, MAX_TAG_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, KeyType, Salt};
use thiserror::Error;
use vigil_protocol::{BatchHeader, DeviceId, KeyCommitment, RecordId, SUITE, canonical};
use zeroize::Zeroizing;

/// Smallest sealed content, tag included, in bytes (PROTOCOL 7).
pub(crate) const MIN_SEALED_BYTES: usize = 128;
const END_OF_CONTENT: u8 = 0x80;
/// In the positive control, and only in a debug build made for it, content travels as it is (ADR 0007).
const POSITIVE_CONTROL: bool = cfg!(feature = "positive-control");

/// Why sealed content did not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum SealingError {
    #[error("the content does not open with this key in this place")]
    DoesNotOpen,
    #[error(transparent)]
    Compression(#[from] CompressionError),
}

/// Where sealed content stands.
pub(crate) struct Place<'a> {
    pub(crate) header: &'a BatchHeader,
    pub(crate) index: u32,
    pub(crate) record: RecordId,
    pub(crate) generation: KeyCommitment,
}

/// The only kind of sealed content so far: changes and events of one record.
const KIND_CONTENT: u8 = 0;

impl Place<'_> {
    fn bytes(&self) -> Vec<u8> {
        canonical::encode(&(
            ("vigil/1 content", SUITE, KIND_CONTENT),
            (self.header.space, self.header.device, self.header.chain.kind(), self.header.chain.number()),
            (self.index, self.record, self.generation),
        ))
    }

    fn context(&self) -> Vec<u8> {
        context(&self.record, &self.header.device)
    }
}

/// What both ends know of a write besides its content, for the compressor.
pub(crate) fn context(record: &RecordId, author: &DeviceId) -> Vec<u8> {
    [record.as_bytes().as_slice(), author.as_bytes()].concat()
}

/// What HKDF is asked for, in bytes.
struct Bytes(usize);
impl KeyType for Bytes {
    fn len(&self) -> usize {
        self.0
    }
}

/// HKDF-SHA256 (RFC 5869): fills `output` from a secret.
pub(crate) fn derive(secret: &[u8], salt: &[u8], info: &[u8], output: &mut [u8]) -> Option<()> {
    Salt::new(HKDF_SHA256, salt).extract(secret).expand(&[info], Bytes(output.len())).ok()?.fill(output).ok()
}

/// ChaCha20-Poly1305 (RFC 8439) with this key, and the nonce for its one use.
pub(crate) fn cipher(key: &[u8], nonce: &[u8]) -> Option<(LessSafeKey, Nonce)> {
    let key = UnboundKey::new(&CHACHA20_POLY1305, key).ok()?;
    Some((LessSafeKey::new(key), Nonce::try_assume_unique_for_key(nonce).ok()?))
}

fn aead(key: &Secret<32>, place: &Place<'_>, place_bytes: &[u8]) -> Option<(LessSafeKey, Nonce)> {
    let mut derived = Zeroizing::new([0; 44]);
    derive(key.expose(), place.header.salt.as_bytes(), place_bytes, derived.as_mut_slice())?;
    let (key, nonce) = derived.split_at(32);
    cipher(key, nonce)
}

/// Length that hides the exact one: PADMÉ (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and
/// Communication with PURBs", PoPETs 2019, section 4). At most 12 % more, and O(log log n) bits leak.
pub(crate) fn padme(length: usize) -> usize {
    if length < 2 {
        return length;
    }
    let exponent = length.ilog2();
    let bits = exponent.ilog2() + 1;
    let mask = (1usize << exponent.saturating_sub(bits)) - 1;
    (length + mask) & !mask
}

/// Pads so that the content with its tag has a length of PADMÉ, at least [`MIN_SEALED_BYTES`].
pub(crate) fn pad(mut content: Vec<u8>) -> Vec<u8> {
    content.push(END_OF_CONTENT);
    let sealed = padme((content.len() + MAX_TAG_LEN).max(MIN_SEALED_BYTES));
    content.resize(sealed - MAX_TAG_LEN, 0);
    content
}

/// Takes the padding off. `None` if there is none.
pub(crate) fn unpad(mut content: Vec<u8>) -> Option<Vec<u8>> {
    let end = content.iter().rposition(|byte| *byte != 0)?;
    if content.get(end) != Some(&END_OF_CONTENT) {
        return None;
    }
    content.truncate(end);
    Some(content)
}

/// Seals the content of one write.
pub(crate) fn seal(key: &Secret<32>, place: &Place<'_>, content: &[u8]) -> Result<Vec<u8>, SealingError> {
    if POSITIVE_CONTROL {
        return Ok(content.to_vec());
    }
    let place_bytes = place.bytes();
    let (aead, nonce) = aead(key, place, &place_bytes).ok_or(SealingError::DoesNotOpen)?;
    let mut sealed = pad(compression::compress(content, &place.context()));
    aead.seal_in_place_append_tag(nonce, Aad::from(place_bytes), &mut sealed).map_err(|_| SealingError::DoesNotOpen)?;
    Ok(sealed)
}

/// Opens what [`seal`] made.
pub(crate) fn open(key: &Secret<32>, place: &Place<'_>, sealed: &[u8]) -> Result<Vec<u8>, SealingError> {
    if POSITIVE_CONTROL {
        return Ok(sealed.to_vec());
    }
    let place_bytes = place.bytes();
    let (aead, nonce) = aead(key, place, &place_bytes).ok_or(SealingError::DoesNotOpen)?;
    let mut bytes = sealed.to_vec();
    let length =
        aead.open_in_place(nonce, Aad::from(place_bytes), &mut bytes).map_err(|_| SealingError::DoesNotOpen)?.len();
    bytes.truncate(length);
    let content = unpad(bytes).ok_or(SealingError::DoesNotOpen)?;
    Ok(compression::inflate(&content, &place.context())?)
}

#[cfg(all(test, not(feature = "positive-control")))]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use vigil_protocol::{Chain, Hash, Salt, SpaceId};

    fn header(counter: u64) -> BatchHeader {
        BatchHeader {
            suite: SUITE,
            space: SpaceId([1; 16]),
            device: DeviceId([2; 16]),
            chain: Chain::Sync { counter, previous: Hash::NONE },
            log_length: 1,
            log_head: Hash::NONE,
            salt: Salt([3; 16]),
            seen_root: None,
            items: Vec::new(),
        }
    }

    proptest! {
        #[test]
        fn padding_hides_the_length_and_comes_off(content in prop::collection::vec(any::<u8>(), 0..3000)) {
            let padded = pad(content.clone());
            let sealed = padded.len() + MAX_TAG_LEN;
            prop_assert!(sealed >= MIN_SEALED_BYTES);
            prop_assert_eq!(padme(sealed), sealed);
            prop_assert!(sealed as f64 <= ((content.len() + 1 + MAX_TAG_LEN) as f64 * 1.12).max(MIN_SEALED_BYTES as f64));
            prop_assert_eq!(unpad(padded), Some(content));
        }
    }

    #[test]
    fn content_opens_in_its_own_place_and_nowhere_else() {
        let key = Secret::random();
        let (here, there) = (header(1), header(2));
        let (record, generation) = (RecordId([4; 16]), KeyCommitment([5; 32]));
        let place = Place { header: &here, index: 0, record, generation };
        let sealed = seal(&key, &place, b"a note").unwrap();
        assert_eq!(sealed.len(), MIN_SEALED_BYTES);
        assert_eq!(open(&key, &place, &sealed).unwrap(), b"a note");
        for place in [
            Place { header: &there, index: 0, record, generation },
            Place { header: &here, index: 1, record, generation },
            Place { header: &here, index: 0, record: RecordId([9; 16]), generation },
            Place { header: &here, index: 0, record, generation: KeyCommitment([9; 32]) },
        ] {
            assert!(open(&key, &place, &sealed).is_err());
        }
        assert!(open(&Secret::random(), &place, &sealed).is_err());
    }

    #[test]
    fn every_flipped_bit_of_sealed_content_is_noticed() {
        let (key, here) = (Secret::random(), header(1));
        let place = Place { header: &here, index: 0, record: RecordId([4; 16]), generation: KeyCommitment([5; 32]) };
        let sealed = seal(&key, &place, b"a note").unwrap();
        for bit in 0..sealed.len() * 8 {
            let mut flipped = sealed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(open(&key, &place, &flipped).is_err());
        }
    }
}
