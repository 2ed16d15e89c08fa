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
    command
        .env_remove("VIGIL_HOME")
        .env("VIGIL_PASSPHRASE", "a test's passphrase")
        .env("VIGIL_STRETCHING", "floor")
        .arg("--home")
        .arg(home);
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

/// Values that were printed one a line.
fn lines(output: &Output) -> Vec<Value> {
    let text = std::str::from_utf8(&output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
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
    // The code alone goes to the file; the number is for the person.
    let (code, aloud) = (String::from_utf8(welcome.stdout).unwrap(), String::from_utf8(welcome.stderr).unwrap());
    assert_eq!(code.lines().count(), 1);
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let number = digits(&aloud);
    assert_eq!(number.len(), 60, "{aloud}");
    // Without a camera's word or a number nothing is joined; the device shows the same digits.
    let shown = lines(&piped(&phone, &["--json", "join", "-"], &code)).remove(0);
    assert_eq!(shown["joined"], false);
    assert_eq!(digits(shown["number"].as_str().unwrap()), number);
    let wrong = format!("{}{}", &number[1..], &number[..1]);
    assert_eq!(piped(&phone, &["join", "-", "--number", &wrong], &code).status.code(), Some(2));
    assert!(piped(&phone, &["join", "-", "--number", &number], &code).status.success());
    assert_eq!(piped(&phone, &["join", "-", "--face-to-face"], &code).status.code(), Some(8), "it is used");
    // There is no server here: the log is carried.
    let log = done(&desk, &["space", "log"]);
    assert!(piped(&phone, &["space", "log", "-"], &log).status.success());
    assert!(piped(&desk, &["add", "-"], &code).status.success(), "the log has it already");
    let members = json(&desk, &["members"]);
    assert_eq!(members.as_array().unwrap().len(), 2);

    let recorded = piped(&desk, &["--json", "screen", "-"], &format!("{SCREENING}\n{SCREENING}"));
    let recorded = lines(&recorded);
    assert_eq!(recorded.len(), 2);
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
    let recorded = lines(&recorded);
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
    assert_eq!(lines(&output).len(), 1);
    let words = error["error"].to_string();
    for part in ["screening 2", "unknown field", "stationn", "The one before it is saved"] {
        assert!(words.contains(part), "{part}: {words}");
    }
    assert!(!words.contains("nothing was saved"), "{words}");
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
    let empty = vigil(&desk).env("VIGIL_PASSPHRASE", "").arg("list").stdin(Stdio::null()).output().unwrap();
    assert_eq!(empty.status.code(), Some(2));
    let new = vigil(&folder.home("new")).env("VIGIL_PASSPHRASE", "").arg("init").stdin(Stdio::null()).output().unwrap();
    assert!(new.status.code() == Some(2) && !folder.home("new").exists());
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

#[test]
fn the_example_in_the_help_of_screen_works_as_printed() {
    let folder = Folder::new("example");
    let desk = desk(&folder);
    let help = done(&desk, &["screen", "--help"]);
    let from = help.find("  {\"screening\"").unwrap();
    let example = help[from..].split("\nstarted_at").next().unwrap();
    let file = folder.home("one.json");
    std::fs::write(&file, example).unwrap();
    done(&desk, &["screen", file.to_str().unwrap()]);
    let listed = json(&desk, &["list"]);
    assert_eq!((&listed[0]["place"], &listed[0]["outcome"]), (&"East gate".into(), &"let_go".into()));
    assert!(listed[0]["band"].is_string(), "{listed}");
}

#[test]
fn one_that_is_refused_leaves_what_came_before_it_saved_and_says_so() {
    let folder = Folder::new("refused");
    let desk = desk(&folder);
    // Well formed, and refused when it is recorded.
    let refused = SCREENING.replace("border_interception@1", "no such instrument");
    let output = piped(&desk, &["screen", "-"], &format!("{SCREENING}{SCREENING}{refused}{SCREENING}"));
    let words = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{words}");
    for part in ["screening 3", "The 2 before it are saved", "what was printed is saved"] {
        assert!(words.contains(part), "{part}: {words}");
    }
    assert!(!words.contains("nothing was saved"), "{words}");
    assert_eq!(String::from_utf8(output.stdout).unwrap().lines().count(), 2);
    assert_eq!(json(&desk, &["list", "--kind", "screening"]).as_array().unwrap().len(), 2);
}

#[test]
fn every_save_is_acknowledged_before_the_next_begins() {
    use std::io::{BufRead, BufReader};
    let folder = Folder::new("killed");
    let desk = desk(&folder);
    let mut child =
        vigil(&desk).args(["--json", "screen", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(SCREENING.repeat(400).as_bytes()).unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut printed = Vec::new();
    let mut line = String::new();
    while output.read_line(&mut line).unwrap() > 0 && line.ends_with('\n') {
        let value: Value = serde_json::from_str(&line).unwrap();
        printed.push(value["screening"].as_str().unwrap().to_owned());
        line.clear();
        if printed.len() == 5 {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(printed.len() >= 5 && printed.len() < 400, "{}", printed.len());
    let listed = json(&desk, &["list", "--kind", "screening", "--limit", "1000"]);
    let listed: Vec<&str> = listed.as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap()).collect();
    assert!(printed.iter().all(|id| listed.contains(&id.as_str())));
    // At most the one in the middle was saved without being said.
    assert!(listed.len() <= printed.len() + 1, "{} and {}", listed.len(), printed.len());
}

#[test]
fn who_took_over_is_called_by_name() {
    let folder = Folder::new("names");
    let desk = desk(&folder);
    let recorded = lines(&piped(&desk, &["--json", "screen", "-"], SCREENING));
    let id = recorded[0]["screening"].as_str().unwrap();
    let device = json(&desk, &["status"])["device"].as_str().unwrap().to_owned();
    done(&desk, &["hand-over", id, "--to", &device]);
    let shown = done(&desk, &["show", id]);
    assert!(shown.contains("handed over to Front desk") && !shown.contains(&device), "{shown}");
}

#[test]
fn evidence_is_checked_without_home_and_passphrase_and_a_changed_byte_ends_with_one() {
    let folder = Folder::new("evidence");
    let home = folder.home("desk");
    done(&home, &["init", "--name", "Desk"]);
    done(&home, &["space", "create"]);
    let record = json(&home, &["sighting", "Bus park", "--people", "3"])["record"].as_str().unwrap().to_owned();
    let file = folder.0.join("case.evidence");
    let path = file.to_str().unwrap();
    let exported = json(&home, &["evidence", "export", &record, "--out", path]);
    assert_eq!(
        (exported["records"][0].as_str(), exported["not_acknowledged"].as_u64()),
        (Some(record.as_str()), Some(1))
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    // An existing file is not written over.
    assert_eq!(status(&home, &["evidence", "export", &record, "--out", path]), 1);

    let verify = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vigil"));
        command.env_remove("VIGIL_HOME").env_remove("VIGIL_PASSPHRASE").args(arguments);
        command.stdin(Stdio::null()).output().unwrap()
    };
    let report = verify(&["--json", "evidence", "verify", path]);
    assert!(report.status.success());
    let report: Value = serde_json::from_slice(&report.stdout).unwrap();
    assert_eq!((report["holds"].as_bool(), report["records"][0]["kind"].as_str()), (Some(true), Some("sighting")));
    let words = String::from_utf8(verify(&["evidence", "verify", path]).stdout).unwrap();
    for word in ["HOLDS", "Bus park", "NOT YET ACKNOWLEDGED", "Not proven:"] {
        assert!(words.contains(word), "{words}");
    }

    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let changed = folder.0.join("changed.evidence");
    std::fs::write(&changed, bytes).unwrap();
    let output = verify(&["--json", "evidence", "verify", changed.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["holds"], false);
    assert!(!String::from_utf8(output.stdout).unwrap().contains("Bus park"));
    assert_eq!(verify(&["evidence", "verify", "/nowhere/at/all"]).status.code(), Some(1));

    // Complaints: by anybody; the trail: for auditors.
    let complaint =
        json(&home, &["complain", "--what-is-kept", "I was stopped here"])["record"].as_str().unwrap().to_owned();
    assert_eq!(status(&home, &["audit"]), 7);
    assert_eq!(status(&home, &["audit", "answer", &complaint, "Nothing is kept"]), 7);
    assert_eq!(status(&home, &["complain", " "]), 2);
}
