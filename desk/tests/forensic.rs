//! What a device leaves behind: nothing of what was typed, in no file and not in the memory of the locked process.
//! `cargo xtask forensic` looks for ten times as much, and at a device without encryption as well.
#![allow(clippy::unwrap_used, missing_docs)]
#![cfg(target_os = "linux")]

use std::io::ErrorKind;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use vigil::DeskError;
use vigil::forensic::{Options, run};

/// A hundred names, phones and notes.
const PEOPLE: usize = 34;

fn program() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_vigil"))
}

#[test]
fn nothing_that_was_typed_stays_in_files_or_in_memory_once_locked_erased_or_ended() {
    let folder = std::env::temp_dir().join(format!("vigil-forensic-{}", std::process::id()));
    let options = Options {
        program: program(),
        server_program: program(),
        control: None,
        folder: folder.clone(),
        people: PEOPLE,
    };
    let report = run(&options);
    std::fs::remove_dir_all(&folder).ok();
    let report = match report {
        // Nobody but the administrator may look into the process, which is a promise too.
        Err(DeskError::File { source, .. }) if source.kind() == ErrorKind::PermissionDenied => {
            eprintln!("the memory was not searched: that takes the administrator's rights");
            return;
        }
        report => report.unwrap(),
    };
    assert_eq!(report.failures(), Vec::<String>::new(), "{}", report.as_json());
    // The same search has found the same people before.
    assert!(report.positive_control() > 0);
    assert!(report.seeds().0 > 100 && report.seeds().1 > 10);
}

#[test]
fn the_program_leaves_no_core_file() {
    let home = std::env::temp_dir().join(format!("vigil-no-core-{}", std::process::id()));
    let mut agent = Command::new(program())
        .arg("--home")
        .arg(&home)
        .arg("agent")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // An answer: the program has begun.
    std::io::Write::write_all(&mut agent.stdin.as_ref().unwrap(), b"{}\n").unwrap();
    std::io::Read::read(agent.stdout.as_mut().unwrap(), &mut [0; 64]).unwrap();
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", agent.id())).unwrap();
    drop(agent.stdin.take());
    assert!(agent.wait().unwrap().success());
    let core: Vec<&str> =
        limits.lines().find(|line| line.starts_with("Max core file")).unwrap().split_whitespace().collect();
    assert_eq!(core[4..6], ["0", "0"], "{limits}");
}
