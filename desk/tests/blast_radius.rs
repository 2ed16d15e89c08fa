//! Who reads whom after everything was taken: the measure of `cargo xtask blast-radius`, with few records.
#![allow(clippy::unwrap_used, missing_docs)]
#![cfg(target_os = "linux")]

use std::io::ErrorKind;
use std::path::PathBuf;

use vigil::DeskError;
use vigil::blast_radius::{Options, run};

#[test]
fn each_party_reads_whom_it_may_and_nobody_else_and_all_keys_together_read_everybody() {
    let folder = std::env::temp_dir().join(format!("vigil-blast-radius-{}", std::process::id()));
    std::fs::remove_dir_all(&folder).ok();
    let options =
        Options { program: PathBuf::from(env!("CARGO_BIN_EXE_vigil")), folder: folder.clone(), records: 60, weeks: 8 };
    let report = run(&options);
    std::fs::remove_dir_all(&folder).ok();
    let report = match report {
        // Nobody but the administrator may look into the processes, which is a promise too.
        Err(DeskError::File { source, .. }) if source.kind() == ErrorKind::PermissionDenied => {
            eprintln!("the measure was not taken: that takes the administrator's rights");
            return;
        }
        report => report.unwrap(),
    };
    assert_eq!(report.failures(), Vec::<String>::new(), "{}", report.as_json());
    let figures = report.as_json();
    for part in ["volunteer_unsent", "monitor", "officer_phone", "desk", "positive_control"] {
        assert!(figures[part].as_u64().unwrap() > 0, "{part}: {figures}");
    }
    assert!(report.identities().1 > 0, "somebody was let go: {figures}");
}
