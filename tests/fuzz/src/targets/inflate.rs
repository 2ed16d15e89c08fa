//! Compressed content, as it comes out of decryption: its author may be anybody who can sign.

use crate::Target;

pub(super) const TARGET: Target = Target { name: "inflate", max_len: 8 * 1024, catches_panics: false, run, seeds };

/// What both ends know of a write: record and author.
const CONTEXT: &[u8] = &[7; 32];

fn run(data: &[u8]) {
    if let Ok(content) = vigil_core::inflate(data, CONTEXT) {
        assert!(content.len() <= 256 * 1024, "inflation is bounded");
    }
    let packed = vigil_core::compress(data, CONTEXT);
    assert!(packed.len() <= data.len() + 1, "compression never costs more than its format byte");
    assert_eq!(vigil_core::inflate(&packed, CONTEXT).as_deref(), Ok(data), "there and back");
}

fn seeds() -> Vec<Vec<u8>> {
    let text = "station instrument answer.debt_owed yes no unknown ".repeat(8);
    vec![text.clone().into(), vigil_core::compress(text.as_bytes(), CONTEXT), vigil_core::compress(&[0; 4096], CONTEXT)]
}
