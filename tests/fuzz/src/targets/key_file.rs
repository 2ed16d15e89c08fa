//! A home's key file, whoever wrote it: as it is, then with a checksum that holds.

use crate::Target;
use vigil_core::Passphrase;
use vigil_core::hostile_key_file::{Claim, cheap_key_file, with_right_checksum};

pub(super) const TARGET: Target = Target { name: "key_file", max_len: 512, catches_panics: false, run, seeds };

fn run(data: &[u8]) {
    read(data);
    if let Some(bytes) = with_right_checksum(data) {
        read(&bytes);
    }
}

fn read(bytes: &[u8]) {
    let Some(claim) = Claim::read(bytes) else { return };
    assert_eq!(claim.to_bytes(), bytes, "one meaning, one encoding");
    let (memory_kib, passes) = claim.cost();
    assert!(memory_kib <= 256 * 1024 && passes <= 16, "a key file may not exhaust the device");
    // Stretching is what takes time, not what takes hostile bytes: only the cheapest files go all the way.
    if memory_kib <= 32 && passes == 1 {
        assert!(!claim.opens_with(&Passphrase::new("not this one")));
    }
}

fn seeds() -> Vec<Vec<u8>> {
    ["", "four random words here"].map(|words| cheap_key_file(&Passphrase::new(words))).to_vec()
}
