//! Frozen bytes of what is sealed: content in its place, a record key in a capsule, a commitment, compressed content.
//! `VIGIL_BLESS=1 cargo test -p vigil-core vectors` writes them anew; a change here makes old records unreadable.

use crate::compression::{compress, inflate};
use crate::keys::{SealedTo, SealingKeyPair, Secret, commitment, open_key, seal_key};
use crate::sealing::{Place, open, seal};
use serde_json::{Value, json};
use vigil_protocol::{
    BatchHeader, Chain, DeviceId, Hash, KeyCommitment, Recipient, RecordId, SUITE, Salt, SealingPublicKey, SpaceId,
};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/vectors/sealing-1.json");

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(value: &Value) -> Vec<u8> {
    let digits = value.as_str().unwrap().as_bytes();
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

fn header() -> BatchHeader {
    BatchHeader {
        suite: SUITE,
        space: SpaceId([1; 16]),
        device: DeviceId([2; 16]),
        chain: Chain::Sync { counter: 3, previous: Hash([4; 32]) },
        log_length: 5,
        log_head: Hash([6; 32]),
        salt: Salt([7; 16]),
        seen_root: None,
        items: Vec::new(),
    }
}

const RECORD: RecordId = RecordId([8; 16]);
const CONTENT: &str = "two people, no papers shown; दुई जना, कागज देखाएनन्";

fn to_desk(generation: KeyCommitment) -> SealedTo {
    let recipient = Recipient::Epoch(0);
    SealedTo::Record { space: SpaceId([1; 16]), record: RECORD, commitment: generation, recipient }
}

fn make() -> Value {
    let key = Secret::take(&mut [9; 32]);
    let generation = commitment(&RECORD, &key);
    let header = header();
    let place = Place { header: &header, index: 10, record: RECORD, generation };
    let desk = SealingKeyPair::from_private(Secret::take(&mut [11; 32])).unwrap();
    let (encapsulated, sealed_key) = seal_key(&desk.public(), &to_desk(generation), &key).unwrap();
    json!({
        "record_key": hex(key.expose()),
        "commitment": generation.to_string(),
        "sealed_content": hex(&seal(&key, &place, CONTENT.as_bytes()).unwrap()),
        "compressed_content": hex(&compress(CONTENT.as_bytes(), b"context")),
        "desk_private_key": hex(desk.private().expose()),
        "desk_public_key": desk.public().to_string(),
        "encapsulated": encapsulated.to_string(),
        "sealed_key": hex(&sealed_key),
    })
}

#[test]
fn what_was_sealed_once_opens_for_ever() {
    if std::env::var_os("VIGIL_BLESS").is_some() {
        std::fs::write(FILE, serde_json::to_string_pretty(&make()).unwrap() + "\n").unwrap();
    }
    let frozen: Value = serde_json::from_str(&std::fs::read_to_string(FILE).unwrap()).unwrap();
    let key = Secret::from_slice(&bytes(&frozen["record_key"])).unwrap();
    let generation = commitment(&RECORD, &key);
    assert_eq!(generation.to_string(), frozen["commitment"]);
    let header = header();
    let place = Place { header: &header, index: 10, record: RECORD, generation };
    assert_eq!(open(&key, &place, &bytes(&frozen["sealed_content"])).unwrap(), CONTENT.as_bytes());
    assert_eq!(inflate(&bytes(&frozen["compressed_content"]), b"context").unwrap(), CONTENT.as_bytes());
    let desk = SealingKeyPair::from_private(Secret::from_slice(&bytes(&frozen["desk_private_key"])).unwrap()).unwrap();
    assert_eq!(desk.public().to_string(), frozen["desk_public_key"]);
    let encapsulated = SealingPublicKey::from_slice(&bytes(&frozen["encapsulated"])).unwrap();
    let sealed: [u8; 48] = bytes(&frozen["sealed_key"]).try_into().unwrap();
    let opened = open_key(&desk, &to_desk(generation), &encapsulated, &sealed).unwrap();
    assert_eq!(opened.expose(), key.expose());
}
