//! What opens a home, from outside: passphrases and PINs are changed, homes are put back, copied, destroyed, and each has its
//! exit status.
#![allow(clippy::unwrap_used, missing_docs)]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("vigil-unlocking-{name}-{}", std::process::id()));
        std::fs::remove_dir_all(&path).ok();
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// A file with these words on its first line.
    fn words(&self, words: &str) -> String {
        let path = self.0.join(words.replace(' ', "-"));
        std::fs::write(&path, format!("{words}\n")).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn home(&self) -> PathBuf {
        self.0.join("home")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

fn vigil(home: &Path, passphrase: &str, arguments: &[&str]) -> (i32, Value, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_vigil"))
        .env_remove("VIGIL_HOME")
        .env_remove("VIGIL_HARDWARE")
        .env("VIGIL_PASSPHRASE", passphrase)
        .args(["--json", "--home"])
        .arg(home)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    (output.status.code().unwrap(), serde_json::from_slice(&output.stdout).unwrap_or_default(), said)
}

fn status(home: &Path, passphrase: &str) -> i32 {
    vigil(home, passphrase, &["status"]).0
}

fn made(folder: &Folder) -> PathBuf {
    let home = folder.home();
    assert_eq!(vigil(&home, "first", &["init", "--stretching", "floor"]).0, 0);
    assert_eq!(vigil(&home, "first", &["space", "create"]).0, 0);
    home
}

#[test]
fn passphrase_and_duress_pin_are_changed_and_status_names_the_stand_in() {
    let folder = Folder::new("change");
    let home = made(&folder);
    let (code, answer, _) = vigil(&home, "first", &["status"]);
    assert_eq!((code, answer["hardware"].as_str()), (0, Some("software")));
    assert!(folder.0.join("home.hardware").is_dir());
    let (second, pin) = (folder.words("second one"), folder.words("2468"));
    assert_eq!(vigil(&home, "first", &["passphrase", "change", "--new-passphrase-file", &second]).0, 0);
    assert_eq!((status(&home, "first"), status(&home, "second one")), (3, 0));
    assert_eq!(vigil(&home, "second one", &["duress", "set", "--pin-file", &second]).0, 2, "it must differ");
    assert_eq!(vigil(&home, "second one", &["duress", "set", "--pin-file", &pin]).0, 0);
    // The small profile is in no space, and its records are none.
    assert_eq!(status(&home, "2468"), 8);
    assert_eq!(vigil(&home, "2468", &["list"]).1, Value::Array(Vec::new()));
    assert_eq!(vigil(&home, "2468", &["duress", "clear"]).0, 7);
    assert_eq!(vigil(&home, "second one", &["duress", "clear"]).0, 0);
    assert_eq!(status(&home, "2468"), 3);
    // Without a file or a terminal nothing is guessed.
    assert_eq!(vigil(&home, "second one", &["passphrase", "change"]).0, 2);
}

#[test]
fn too_many_wrong_passphrases_wait_and_then_wipe() {
    let folder = Folder::new("wipe");
    let home = made(&folder);
    assert_eq!(vigil(&home, "first", &["wipe-after", "2"]).0, 2);
    assert_eq!(vigil(&home, "first", &["wipe-after", "soon"]).0, 2);
    assert_eq!(vigil(&home, "first", &["wipe-after", "5"]).1["wipe_after"], 5);
    for left in (1..5).rev() {
        let (code, _, said) = vigil(&home, "no", &["status"]);
        assert_eq!(code, 3);
        let words = if left == 1 { "one more".to_owned() } else { format!("{left} more") };
        assert!(said.contains(&words), "{said}");
    }
    let (code, _, said) = vigil(&home, "first", &["status"]);
    assert_eq!(code, 3);
    assert!(said.contains("try_later") && said.contains("seconds to wait"), "{said}");
}

#[test]
fn an_old_backup_and_a_copy_without_its_hardware_have_an_exit_status_of_their_own() {
    let folder = Folder::new("copies");
    let home = made(&folder);
    let elsewhere = folder.0.join("elsewhere");
    let copy = |from: &Path, to: &Path| {
        std::fs::remove_dir_all(to).ok();
        std::fs::create_dir_all(to).unwrap();
        for entry in std::fs::read_dir(from).unwrap() {
            let path = entry.unwrap().path();
            std::fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
        }
    };
    copy(&home, &elsewhere);
    let (code, _, said) = vigil(&elsewhere, "first", &["status"]);
    assert_eq!(code, 9);
    assert!(said.contains("cloned_device") && said.contains("admit this device anew"), "{said}");
    // The positive control: with the folder that stands in for its hardware it opens.
    let hardware = folder.0.join("home.hardware").to_str().unwrap().to_owned();
    assert_eq!(vigil(&elsewhere, "first", &["--hardware", &hardware, "status"]).0, 0);
    // By now the original is the older one.
    let (code, _, said) = vigil(&home, "first", &["status"]);
    assert_eq!(code, 9);
    assert!(said.contains("restored_backup"), "{said}");
}

#[test]
fn a_panic_asks_once_and_needs_no_passphrase() {
    let folder = Folder::new("panic");
    let home = made(&folder);
    assert_eq!(vigil(&home, "", &["panic"]).0, 2);
    assert_eq!(status(&home, "first"), 0);
    let (code, answer, _) = vigil(&home, "", &["panic", "--yes"]);
    assert_eq!(code, 0);
    assert_eq!(answer, serde_json::json!({"hardware_key": true, "key_file": true, "databases": true}));
    assert_eq!(status(&home, "first"), 9);
    assert_eq!(vigil(&home, "first", &["init", "--stretching", "floor"]).0, 8, "nothing is made over it");
}

#[test]
fn a_home_that_is_made_without_a_word_about_it_is_measured() {
    let folder = Folder::new("measured");
    let home = folder.home();
    assert_eq!(vigil(&home, "first", &["init"]).0, 0);
    // Header of the key file: version, alias, memory in KiB, passes. The floor is 19 MiB and two passes.
    let key = std::fs::read(home.join("key")).unwrap();
    let floor = [0x19, 0x4c, 0x00, 0x02];
    assert!(!key.windows(4).any(|bytes| bytes == floor), "it is at the floor, on a machine that can do more");
    let at_floor = folder.0.join("floor");
    assert_eq!(vigil(&at_floor, "first", &["init", "--stretching", "floor"]).0, 0);
    let key = std::fs::read(at_floor.join("key")).unwrap();
    assert!(key.windows(4).any(|bytes| bytes == floor), "the positive control");
}
