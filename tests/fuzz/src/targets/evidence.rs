//! A bundle of evidence, once as it comes and once under its exporter's signature: an exporter may be who means harm.

use crate::Target;
use vigil_core::{hostile_evidence, verify_evidence};

pub(super) const TARGET: Target = Target { name: "evidence", max_len: 16 * 1024, catches_panics: true, run, seeds };

fn run(data: &[u8]) {
    check(data);
    if let Some(signed) = hostile_evidence::sign(data) {
        check(&signed);
    }
}

fn check(bytes: &[u8]) {
    let report = verify_evidence(bytes);
    assert_eq!(report.holds, report.faults.is_empty());
    assert!(
        report.holds || (report.records.is_empty() && report.proves.is_empty()),
        "what does not hold shows nothing"
    );
    let mut changed = bytes.to_vec();
    if report.holds
        && let Some(byte) = changed.last_mut()
    {
        *byte ^= 1;
        assert!(!verify_evidence(&changed).holds, "a changed byte is found");
    }
}

fn seeds() -> Vec<Vec<u8>> {
    vec![hostile_evidence::sample()]
}
