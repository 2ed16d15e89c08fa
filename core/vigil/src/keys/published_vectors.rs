//! The algorithms of this crate against the vectors of their RFCs (`vectors/published.json` names source and section).
//! They promise that what is sealed here opens with any other implementation, and that weak public keys are refused.

use super::sealed_key::{SealedTo, SealingKeyPair, open_key, open_with_info, seal_key};
use super::secret::Secret;
use crate::sealing::{cipher, derive};
use argon2::{Algorithm, Argon2, AssociatedData, ParamsBuilder, Version};
use hpke::aead::ChaCha20Poly1305 as Aead;
use hpke::kdf::HkdfSha256 as Kdf;
use hpke::kem::X25519HkdfSha256 as Kem25519;
use hpke::rand_core::{TryCryptoRng, TryRng};
use hpke::{Deserializable, Kem, OpModeS, Serializable};
use ring::aead::Aad;
use serde_json::Value;
use vigil_protocol::{SealingPublicKey, SpaceId};

fn vectors(algorithm: &str) -> Value {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/vectors/published.json");
    let all: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    all[algorithm].clone()
}

fn hex(value: &Value) -> Vec<u8> {
    let digits = value.as_str().unwrap().as_bytes();
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

fn public(value: &Value) -> SealingPublicKey {
    SealingPublicKey::from_slice(&hex(value)).unwrap()
}

/// Gives the bytes of the vector where a sender would draw random ones.
struct Drawn(std::vec::IntoIter<u8>);

impl TryRng for Drawn {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        let mut word = [0; 4];
        self.try_fill_bytes(&mut word)?;
        Ok(u32::from_le_bytes(word))
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        let mut word = [0; 8];
        self.try_fill_bytes(&mut word)?;
        Ok(u64::from_le_bytes(word))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        bytes.fill_with(|| self.0.next().unwrap());
        Ok(())
    }
}

impl TryCryptoRng for Drawn {}

#[test]
fn hpke_seals_and_opens_as_published() {
    let vector = vectors("hpke");
    let desk = SealingKeyPair::from_private(Secret::from_slice(&hex(&vector["recipient_private"])).unwrap()).unwrap();
    assert_eq!(desk.public(), public(&vector["recipient_public"]));
    let (encapsulated, sealed) = (public(&vector["encapsulated"]), hex(&vector["sealed"]));
    let (info, plain, associated) = (hex(&vector["info"]), hex(&vector["plain"]), hex(&vector["associated"]));
    assert_eq!(open_with_info(&desk, &info, &encapsulated, &sealed, &associated).unwrap(), plain);
    assert!(open_with_info(&desk, &info, &encapsulated, &sealed, b"").is_none());
    assert!(open_with_info(&desk, b"", &encapsulated, &sealed, &associated).is_none());

    let to = <Kem25519 as Kem>::PublicKey::from_bytes(desk.public().as_bytes()).unwrap();
    let mut drawn = Drawn(hex(&vector["ephemeral_seed"]).into_iter());
    let made = hpke::single_shot_seal_with_rng::<Aead, Kdf, Kem25519>(
        &OpModeS::Base,
        &to,
        &info,
        &plain,
        &associated,
        &mut drawn,
    );
    let (made_encapsulated, made_sealed) = made.unwrap();
    assert_eq!(made_encapsulated.to_bytes().as_slice(), encapsulated.as_bytes());
    assert_eq!(made_sealed, sealed);
}

#[test]
fn a_public_key_of_low_order_is_refused_by_who_seals_and_by_who_opens() {
    let purpose = SealedTo::PreviousEpoch { space: SpaceId([1; 16]), epoch: 1 };
    let desk = SealingKeyPair::generate();
    let key = Secret::random();
    let (_, sealed) = seal_key(&desk.public(), &purpose, &key).unwrap();
    let points = vectors("x25519_low_order")["points"].as_array().unwrap().clone();
    assert_eq!(points.len(), 7);
    for point in &points {
        for highest_bit in [0, 0x80] {
            let mut weak = public(point);
            weak.0[31] |= highest_bit;
            assert!(seal_key(&weak, &purpose, &key).is_none(), "{weak} was sealed to");
            // Whoever chooses such a key knows what HPKE would derive of it, so only the refusal stands in the way.
            assert!(open_key(&desk, &purpose, &weak, &sealed).is_none(), "{weak} was opened with");
        }
    }
    assert!(seal_key(&desk.public(), &purpose, &key).is_some());
}

#[test]
fn hkdf_derives_as_published() {
    for case in vectors("hkdf_sha256")["cases"].as_array().unwrap() {
        let expected = hex(&case["output"]);
        let mut output = vec![0; expected.len()];
        derive(&hex(&case["secret"]), &hex(&case["salt"]), &hex(&case["info"]), &mut output).unwrap();
        assert_eq!(output, expected, "{}", case["section"]);
    }
}

#[test]
fn chacha20_poly1305_seals_and_opens_as_published() {
    for case in vectors("chacha20_poly1305")["cases"].as_array().unwrap() {
        let (sealed, plain) = (hex(&case["sealed"]), hex(&case["plain"]));
        let with = || cipher(&hex(&case["key"]), &hex(&case["nonce"])).unwrap();
        let associated = || Aad::from(hex(&case["associated"]));
        let (mut made, (aead, nonce)) = (plain.clone(), with());
        aead.seal_in_place_append_tag(nonce, associated(), &mut made).unwrap();
        assert_eq!(made, sealed, "{}", case["section"]);
        let (aead, nonce) = with();
        assert_eq!(aead.open_in_place(nonce, associated(), &mut made).unwrap(), plain);
        for at in [0, sealed.len() - 1] {
            let (mut flipped, (aead, nonce)) = (sealed.clone(), with());
            flipped[at] ^= 1;
            assert!(aead.open_in_place(nonce, associated(), &mut flipped).is_err());
        }
    }
}

#[test]
fn argon2id_stretches_as_published() {
    let vectors = vectors("argon2id");
    let number = |case: &Value, name: &str| u32::try_from(case[name].as_u64().unwrap()).unwrap();
    let cases = vectors["reference"].as_array().unwrap().iter().chain([&vectors["rfc"]]);
    for case in cases {
        let mut builder = ParamsBuilder::new();
        builder.m_cost(number(case, "memory_kib")).t_cost(number(case, "passes")).p_cost(number(case, "lanes"));
        builder.output_len(32);
        let key = case.get("key").map(hex).unwrap_or_default();
        if let Some(associated) = case.get("associated") {
            builder.data(AssociatedData::new(&hex(associated)).unwrap());
        }
        let params = builder.build().unwrap();
        // As a key file does where there is no key.
        let argon = match key.as_slice() {
            [] => Argon2::new(Algorithm::Argon2id, Version::V0x13, params),
            key => Argon2::new_with_secret(key, Algorithm::Argon2id, Version::V0x13, params).unwrap(),
        };
        let mut output = [0; 32];
        argon.hash_password_into(&hex(&case["password"]), &hex(&case["salt"]), &mut output).unwrap();
        assert_eq!(output.as_slice(), hex(&case["output"]));
    }
}
