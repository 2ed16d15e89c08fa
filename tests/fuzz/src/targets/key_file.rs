//! A home's key file, whoever wrote it: as it is, then with a checksum that holds.

use crate::Target;
use std::sync::OnceLock;
use vigil_core::hostile_key_file::{Claim, cheap_key_file, present_key_file, with_right_checksum};
use vigil_core::{FolderVault, Passphrase};

pub(super) const TARGET: Target = Target { name: "key_file", max_len: 512, catches_panics: false, run, seeds };

/// The most that trying a PIN may cost, in KiB times passes.
const MOST: u64 = 256 * 1024 * 16;

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
    assert!(
        memory_kib <= 256 * 1024 && u64::from(memory_kib) * u64::from(passes) <= MOST,
        "it may not exhaust the device"
    );
    // Only what this hardware made passes for its own, byte for byte.
    let made = made();
    assert!(!claim.is_of(&made.hardware) || made.files.iter().any(|file| file == bytes));
    // Stretching is what takes time, not what takes hostile bytes: only the cheapest files go all the way.
    if memory_kib <= 32 && passes == 1 {
        assert!(!claim.opens_with(&Passphrase::new("not this one")));
    }
}

struct Made {
    hardware: FolderVault,
    files: Vec<Vec<u8>>,
}

fn made() -> &'static Made {
    static MADE: OnceLock<Made> = OnceLock::new();
    MADE.get_or_init(|| {
        let folder = std::env::temp_dir().join(format!("vigil-fuzz-hardware-{}", std::process::id()));
        let hardware = FolderVault::new(folder);
        let files = ["1357", "four random words here"].map(|pin| present_key_file(&Passphrase::new(pin), &hardware));
        Made { hardware, files: files.to_vec() }
    })
}

fn seeds() -> Vec<Vec<u8>> {
    let first = ["", "four random words here"].map(|words| cheap_key_file(&Passphrase::new(words)));
    [first.as_slice(), &made().files].concat()
}
