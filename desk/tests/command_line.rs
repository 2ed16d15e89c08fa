//! The command line from outside: the real job by hand, exit statuses, JSON, hostile text.
#![allow(clippy::unwrap_used, missing_docs)]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// A folder that goes with the value.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("vigil-cli-{name}-{}", std::process::id()));
        std::fs::remove_dir_all(&path).ok();
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn home(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

fn vigil(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vigil"));
    command.env_remove("VIGIL_HOME").env("VIGIL_PASSPHRASE", "a test's passphrase").arg("--home").arg(home);
    command
}

fn run(home: &Path, arguments: &[&str]) -> Output {
    vigil(home).args(arguments).stdin(Stdio::null()).output().unwrap()
}

fn done(home: &Path, arguments: &[&str]) -> String {
    let output = run(home, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn json(home: &Path, arguments: &[&str]) -> Value {
    serde_json::from_str(&done(home, &[&["--json"], arguments].concat())).unwrap()
}

fn status(home: &Path, arguments: &[&str]) -> i32 {
    run(home, arguments).status.code().unwrap()
}

fn piped(home: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = vigil(home)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn desk(folder: &Folder) -> PathBuf {
    let home = folder.home("desk");
    done(&home, &["init", "--name", "Front desk"]);
    done(&home, &["space", "create"]);
    home
}

const SCREENING: &str = r#"{"screening":{"station":"East gate","started_at":1795000000000,"age_band":"adult",
    "instrument":"border_interception@1","answers":{"phone_withheld":"yes"}},
    "persons":[{"role":"traveller","name":"सुन्तली राई","phone":"+977-9800000000"}],
    "decision":{"outcome":"intercepted","agreement":"agreed"}}"#;

#[test]
fn the_job_by_hand() {
    let folder = Folder::new("job");
    let desk = desk(&folder);
    let phone = folder.home("phone");
    done(&phone, &["init"]);
    let request = done(&phone, &["join-request"]);
    let welcome = piped(&desk, &["add", "-", "--role", "monitor", "--name", "Birendra"], &request);
    assert!(welcome.status.success());
    assert!(piped(&phone, &["join", "-"], std::str::from_utf8(&welcome.stdout).unwrap()).status.success());
    let members = json(&desk, &["members"]);
    assert_eq!(members.as_array().unwrap().len(), 2);

    let recorded = piped(&desk, &["--json", "screen", "-"], &format!("{SCREENING}\n{SCREENING}"));
    let recorded: Value = serde_json::from_slice(&recorded.stdout).unwrap();
    assert_eq!(recorded.as_array().unwrap().len(), 2);
    let id = recorded[0]["screening"].as_str().unwrap();
    let short = &id[..10];

    let listed = json(&desk, &["list", "--kind", "screening"]);
    assert_eq!(listed[1]["points"], 9);
    assert!(!listed.to_string().contains("राई"), "lists name nobody");
    assert_eq!(json(&desk, &["search", "राई"]).as_array().unwrap().len(), 2);

    done(&desk, &["edit", short, "station=West gate", "minutes:=12", "--unset", "sex"]);
    done(&desk, &["note", short, "The plate ended in 4409"]);
    done(&desk, &["hand-over", short, "--to-other", "Child protection"]);
    let shown = json(&desk, &["show", short]);
    assert_eq!(shown["summary"]["outcome"], "handed_over");
    assert_eq!(shown["summary"]["minutes"], 12);
    let words = done(&desk, &["show", short]);
    for part in ["West gate", "The plate ended in 4409", "9 points", "decides nothing"] {
        assert!(words.contains(part), "{part}: {words}");
    }
    let device = members[1]["device"].as_str().unwrap();
    done(&desk, &["assign", short, &device[..8]]);
    assert_eq!(json(&desk, &["status"])["records"], 4);
    assert_eq!(json(&desk, &["conflicts"]), serde_json::json!([]));
}

#[test]
fn let_go_by_hand_erases_names() {
    let folder = Folder::new("let-go");
    let desk = desk(&folder);
    let open = SCREENING.replace(r#""decision":{"outcome":"intercepted","agreement":"agreed"}"#, r#""decision":null"#);
    let recorded = piped(&desk, &["--json", "screen", "-"], &open);
    let recorded: Value = serde_json::from_slice(&recorded.stdout).unwrap();
    let id = recorded[0]["screening"].as_str().unwrap();
    let stands = json(&desk, &["decide", id, "let-go"]);
    assert_ne!(stands["record"].as_str().unwrap(), id);
    assert_eq!(json(&desk, &["list"]).as_array().unwrap().len(), 1);
    assert_eq!(json(&desk, &["search", "सुन्तली"]), serde_json::json!([]));
    assert_eq!(status(&desk, &["show", id]), 6);
}

#[test]
fn each_failure_has_its_exit_status() {
    let folder = Folder::new("status");
    let desk = desk(&folder);
    assert_eq!(status(&desk, &["list"]), 0);
    assert_eq!(status(&desk, &["dance"]), 2);
    assert_eq!(status(&desk, &["decide", "00", "intercepted"]), 2);
    assert_eq!(status(&desk, &["screen"]), 2);
    assert_eq!(status(&desk, &["show", "ffffffff"]), 6);
    assert_eq!(status(&desk, &["init"]), 8);
    assert_eq!(status(&folder.home("nobody"), &["list"]), 8);
    let wrong = vigil(&desk).env("VIGIL_PASSPHRASE", "another").arg("list").output().unwrap();
    assert_eq!(wrong.status.code(), Some(3));
    let bad_card = "vigil-server-1:00";
    assert_eq!(status(&desk, &["space", "server", bad_card]), 2);
    let no_server = run(&desk, &["sync", "--attempts", "1"]);
    assert_eq!(no_server.status.code(), Some(6), "{}", String::from_utf8_lossy(&no_server.stderr));

    // Damage is told apart from a wrong passphrase.
    let key = desk.join("key");
    let mut bytes = std::fs::read(&key).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&key, bytes).unwrap();
    assert_eq!(status(&desk, &["list"]), 4);
}

#[test]
fn errors_are_json_too_and_repeat_nothing() {
    let folder = Folder::new("errors");
    let desk = desk(&folder);
    let broken = SCREENING.replace("\"station\"", "\"stationn\"");
    let output = piped(&desk, &["--json", "screen", "-"], &format!("{SCREENING}{broken}{SCREENING}"));
    assert_eq!(output.status.code(), Some(2));
    let error: Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!(error["error"]["code"], "usage");
    assert!(!String::from_utf8_lossy(&output.stderr).contains("सुन्तली"));
    // What came before the broken one is recorded and named; what came after is not.
    let recorded: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(recorded.as_array().unwrap().len(), 1);
    assert_eq!(json(&desk, &["list", "--kind", "screening"]).as_array().unwrap().len(), 1);
}

#[test]
fn stored_text_cannot_command_the_terminal() {
    let folder = Folder::new("hostile");
    let desk = desk(&folder);
    let hostile = SCREENING.replace("East gate", "East\\u001b[2J gate\\u202e\\r\\n");
    assert!(piped(&desk, &["screen", "-"], &hostile).status.success());
    let id = json(&desk, &["list", "--kind", "screening"])[0]["id"].as_str().unwrap().to_owned();
    for shown in [done(&desk, &["list"]), done(&desk, &["show", &id]), done(&desk, &["search", "gate"])] {
        assert!(shown.contains("\\u{1b}[2J"), "{shown}");
        assert!(!shown.contains(['\u{1b}', '\u{202e}', '\r']), "{shown}");
    }
}

#[test]
fn a_passphrase_can_come_from_a_file() {
    let folder = Folder::new("passphrase");
    let desk = desk(&folder);
    let file = folder.home("passphrase");
    std::fs::write(&file, "a test's passphrase\nsomething else\n").unwrap();
    let list = |file: &Path| {
        let mut command = vigil(&desk);
        command.env_remove("VIGIL_PASSPHRASE").arg("--passphrase-file").arg(file).arg("list").stdin(Stdio::null());
        command.output().unwrap().status.code()
    };
    assert_eq!(list(&file), Some(0));
    std::fs::write(&file, "\n").unwrap();
    assert_eq!(list(&file), Some(2));
    let nothing = vigil(&desk).env_remove("VIGIL_PASSPHRASE").arg("list").stdin(Stdio::null()).output().unwrap();
    assert_eq!(nothing.status.code(), Some(2));
}

#[test]
fn help_has_examples_and_exit_statuses() {
    let folder = Folder::new("help");
    let help = done(&folder.0, &["--help"]);
    for part in ["Examples:", "Exit status:", "vigil demo"] {
        assert!(help.contains(part), "{part}");
    }
    assert!(!help.contains("agent"));
    assert!(done(&folder.0, &["decide", "--help"]).contains("vigil decide 3fa2 let-go"));
}
