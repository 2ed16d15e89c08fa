//! Two committees share by hand on the command line: cards, numbers read aloud, messages in files.
#![allow(clippy::unwrap_used, missing_docs)]

use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("vigil-cli-{name}-{}", std::process::id()));
        std::fs::remove_dir_all(&path).ok();
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn desk(&self, name: &str) -> PathBuf {
        let home = self.0.join(name);
        done(&home, &["init", "--name", name]);
        done(&home, &["space", "create"]);
        home
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

/// An adult's record at this desk.
fn person(home: &Path, folder: &Folder) -> String {
    let input = json!({
        "screening": {"station": "East gate", "started_at": 1_795_000_000_000_i64, "age_band": "adult"},
        "persons": [{"role": "traveller", "name": "Sita Rai", "phone": "98-41", "document": "12-34"}],
    });
    let file = folder.0.join("screening.json");
    std::fs::File::create(&file).unwrap().write_all(input.to_string().as_bytes()).unwrap();
    done(home, &["screen", file.to_str().unwrap()]);
    json(home, &["list", "--kind", "person"])[0]["id"].as_str().unwrap().to_owned()
}

const CONSENT: [&str; 6] = ["--purpose", "referral", "--recipient", "shelter", "--language", "ne"];

#[test]
fn a_person_is_referred_called_back_and_erased_by_hand() {
    let folder = Folder::new("sharing");
    let (ours, theirs) = (folder.desk("Committee"), folder.desk("Shelter"));
    let person = person(&ours, &folder);
    // The card stands alone on standard output; the number is said beside it.
    let output = run(&theirs, &["share", "card", "--name", "Shelter", "--kind", "shelter"]);
    let (card, said) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(card.starts_with("vigil-card-1:") && card.lines().count() == 1);
    let number = said.split(": ").nth(1).unwrap().trim();
    assert!(done(&ours, &["share", "import-card", &card]).contains(number));
    done(&ours, &["share", "import-card", &card, "--number", number]);
    let space = json(&ours, &["share", "cards"])[0]["space"].as_str().unwrap().to_owned();

    let send = ["share", "send", &person[..8], "--to", &space[..8], "--purpose", "referral"];
    assert_eq!(run(&ours, &send).status.code(), Some(7), "without consent it is not allowed");
    done(&ours, &[&["consent", "give", &person[..8]], CONSENT.as_slice()].concat());
    assert!(done(&ours, &["consent", "list", &person[..8]]).contains("referral to shelter: given, asked in ne"));
    let message = done(&ours, &send);
    assert!(message.starts_with("vigil-share-1:") && message.lines().count() == 1);
    let accepted = json(&theirs, &["share", "accept", &message]);
    let copy = accepted["records"][0].as_str().unwrap();
    let shown = done(&theirs, &["show", &copy[..8]]);
    assert!(shown.contains("Sita Rai") && !shown.contains("12-34"), "{shown}");

    done(&ours, &[&["consent", "withdraw", &person[..8]], CONSENT.as_slice()].concat());
    assert!(done(&ours, &["share", "list"]).contains("MUST BE CALLED BACK"));
    let share = json(&ours, &["share", "list"])[0]["share"].as_str().unwrap().to_owned();
    assert_eq!(done(&ours, &["share", "send", "--again", &share[..8]]), message);
    let recall = done(&ours, &["share", "recall", &share[..8]]);
    let answer = done(&theirs, &["share", "accept-recall", &recall]);
    assert!(!run(&theirs, &["show", &copy[..8]]).status.success());
    assert!(done(&ours, &["share", "accept-recall", &answer]).contains("erased"));
    assert_eq!(json(&ours, &["share", "list"])[0]["state"], "erased");
}

#[test]
fn bases_authorities_and_allegations_are_recorded_and_listed() {
    let folder = Folder::new("bases");
    let desk = folder.desk("Desk");
    let person = person(&desk, &folder);
    let declare = ["basis", "declare", &person[..8], "life-at-risk", "--purpose", "referral", "--recipient", "police"];
    done(&desk, &[declare.as_slice(), &["--reason", "threat-heard", "--reference", "file 7"]].concat());
    let view = json(&desk, &["consent", "list", &person[..8]]);
    assert_eq!(
        (&view["bases"][0]["state"], &view["bases"][0]["reason"]),
        (&"waits_for_second".into(), &"threat_heard".into())
    );
    let id = view["bases"][0]["id"].as_str().unwrap();
    let second = run(&desk, &["basis", "second", &person[..8], &id[..8]]);
    assert!(String::from_utf8(second.stderr).unwrap().contains("does not second it"));
    done(&desk, &["basis", "end", &person[..8], &id[..8]]);
    assert!(done(&desk, &["basis", "count"]).contains("life at risk: 0 signed, 0 shares"));
    done(&desk, &["authority", "choose", &person[..8], "social-welfare", "shelter", "--language", "ne"]);
    let listed = done(&desk, &["consent", "list", &person[..8]]);
    assert!(listed.contains("she chose: shelter, social welfare") && listed.contains("ended"), "{listed}");
    done(&desk, &["authority", "choose", &person[..8], "--nobody", "--language", "ne"]);
    assert!(done(&desk, &["consent", "list", &person[..8]]).contains("she chose: nobody"));

    let allege = ["allege", &person[..8], "He held their tickets", "--role", "driver", "--basis", "seen", "--review"];
    done(&desk, &[allege.as_slice(), &["2020-02-01"]].concat());
    let due = json(&desk, &["allegations", "--due"]);
    assert_eq!((due.as_array().unwrap().len(), &due[0]["review_on"]), (1, &"2020-02-01".into()));
    let id = due[0]["id"].as_str().unwrap();
    done(&desk, &["allege", &person[..8], "--withdraw", &id[..8], "--reason", "mistaken"]);
    assert!(json(&desk, &["allegations", "--due"]).as_array().unwrap().is_empty());
    assert!(done(&desk, &["allegations"]).contains("taken back: mistaken"));
    assert_eq!(run(&desk, &["allege", &person[..8], "words"]).status.code(), Some(2));
}

#[test]
fn an_agent_is_told_the_same_in_json() {
    let folder = Folder::new("agent");
    let desk = folder.desk("Desk");
    let person = person(&desk, &folder);
    let consent = json!({"purpose": "referral", "recipient": "shelter", "language": "ne"});
    let commands = [
        json!({"do": "open", "with": {}}),
        json!({"do": "sharing", "with": {"give_consent": {"record": person, "consent": consent}}}),
        json!({"do": "sharing", "with": {"consents": {"record": person}}}),
        json!({"do": "sharing", "with": {"card": {"name": "Shelter", "kind": "shelter"}}}),
        json!({"do": "sharing", "with": {"share": {"record": person, "space": "00", "purpose": "referral"}}}),
        json!({"do": "sharing", "with": {"shares": {}}}),
    ];
    let mut agent = vigil(&desk).arg("agent").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = agent.stdin.take().unwrap();
    for command in commands {
        writeln!(input, "{command}").unwrap();
    }
    drop(input);
    let output = agent.wait_with_output().unwrap();
    let answers: Vec<Value> =
        std::str::from_utf8(&output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(answers[1]["ok"]["event"].is_string());
    assert_eq!(answers[2]["ok"]["consents"][0]["state"], "given");
    assert!(answers[3]["ok"]["card"].as_str().unwrap().starts_with("vigil-card-1:"));
    assert_eq!((&answers[4]["error"]["code"], &answers[5]["ok"]), (&"not_found".into(), &json!([])));
}
