//! The commands of recovery and of the archive, from outside.
#![allow(clippy::unwrap_used, missing_docs)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("vigil-recovery-{name}-{}", std::process::id()));
        std::fs::remove_dir_all(&path).ok();
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn vigil(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vigil"));
        command.current_dir(&self.0).env("VIGIL_PASSPHRASE", "four random words here").env("VIGIL_STRETCHING", "floor");
        command.args(arguments).output().unwrap()
    }

    fn json(&self, arguments: &[&str]) -> serde_json::Value {
        let output = self.vigil(&[arguments, &["--json"]].concat());
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn write(&self, name: &str, text: &serde_json::Value) {
        std::fs::write(self.0.join(name), text.as_str().unwrap()).unwrap();
    }

    /// A space with a desk and three officers, all without network; gives the officers' devices.
    fn committee(&self) -> Vec<String> {
        self.vigil(&["--home", "desk", "init", "--name", "Desk"]);
        let created = self.json(&["--home", "desk", "space", "create"]);
        self.write("paper", &created["recovery_key"]);
        let officers = ["a", "b", "c"].map(|name| {
            let made = self.json(&["--home", name, "init"]);
            let asked = self.json(&["--home", name, "join-request"]);
            self.write("request", &asked["join_request"]);
            let welcome = self.json(&["--home", "desk", "add", "request", "--role", "officer"]);
            self.write("welcome", &welcome["welcome"]);
            made["device"].as_str().unwrap().to_owned()
        });
        officers.to_vec()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

fn code(output: &Output) -> (Option<i32>, String) {
    let error: serde_json::Value = serde_json::from_slice(&output.stderr).unwrap();
    (output.status.code(), error["error"]["code"].as_str().unwrap().to_owned())
}

#[test]
fn the_recovery_key_is_dealt_from_a_file_and_the_status_says_who_holds_it() {
    let folder = Folder::new("deal");
    let officers = folder.committee();
    let before = folder.json(&["--home", "desk", "recovery", "status"]);
    assert!(before["threshold"].is_null());
    let [a, b, c] = [&officers[0], &officers[1], &officers[2]].map(String::as_str);
    folder.json(&["--home", "desk", "recovery", "deal", a, b, c, "--threshold", "2", "--key", "paper"]);
    let after = folder.json(&["--home", "desk", "recovery", "status"]);
    assert_eq!((after["threshold"].as_u64(), after["holders"].as_array().unwrap().len()), (Some(2), 3));
    let alone =
        folder.vigil(&["--json", "--home", "desk", "recovery", "deal", a, b, c, "--threshold", "1", "--key", "paper"]);
    assert_eq!(code(&alone), (Some(2), "invalid".into()));
    let paper = std::fs::read_to_string(folder.0.join("paper")).unwrap();
    let shown = folder.vigil(&["--home", "desk", "recovery", "status"]);
    assert!(!String::from_utf8_lossy(&shown.stdout).contains(paper.trim()));
}

#[test]
fn an_archive_that_nobody_decided_on_leaves_no_file_and_a_wrong_key_reads_nothing() {
    let folder = Folder::new("archive");
    folder.committee();
    let proposed = folder.json(&["--home", "desk", "archive", "propose"]);
    folder.write("key", &proposed["archive_key"]);
    let motion = proposed["motion"].as_str().unwrap();
    let early = folder.vigil(&["--json", "--home", "desk", "archive", "write", motion, "--out", "all.archive"]);
    assert_eq!(code(&early), (Some(7), "not_allowed".into()));
    assert!(!folder.0.join("all.archive").exists());

    std::fs::write(folder.0.join("junk"), b"no archive at all").unwrap();
    let junk = folder.vigil(&["--json", "archive", "read", "junk", "--key", "key"]);
    assert_eq!(code(&junk), (Some(1), "archive".into()));
    let wrong = folder.vigil(&["--json", "archive", "read", "junk", "--key", "paper"]);
    assert_eq!(code(&wrong), (Some(2), "invalid".into()));
    assert!(junk.stdout.is_empty() && wrong.stdout.is_empty());
    assert!(Path::new(&folder.0).join("desk").is_dir());
}
