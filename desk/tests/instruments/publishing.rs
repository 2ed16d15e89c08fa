//! Keys, signatures, and who answers for a file.

use super::*;

/// A folder with our instrument, a key and the instrument signed with it; and the public key.
fn signed(name: &str) -> (Folder, String) {
    let folder = Folder::new(name);
    folder.write("ours.json", example());
    let key = folder.json(&["new-key", "committee.key"]);
    folder.done(&[
        "sign",
        "ours.json",
        "--key",
        "committee.key",
        "--name",
        "District committee",
        "--out",
        "signed.json",
    ]);
    let public = key["public_key"].as_str().unwrap().to_owned();
    (folder, public)
}

#[test]
fn a_key_is_for_its_owner_alone_and_never_written_over() {
    let folder = Folder::new("key");
    let shown = folder.done(&["new-key", "committee.key"]);
    let before = std::fs::read(folder.0.join("committee.key")).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(folder.0.join("committee.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let (status, error) = folder.error(&["new-key", "committee.key"]);
    assert_eq!((status, &error["code"]), (1, &"file".into()));
    assert_eq!(std::fs::read(folder.0.join("committee.key")).unwrap(), before);
    // Nothing of the secret half is printed.
    let hex: String = before.iter().map(|byte| format!("{byte:02x}")).collect();
    let secret = &hex[32..96];
    assert!(!shown.contains(secret), "{shown}");
    let other = folder.json(&["new-key", "other.key"]);
    assert_eq!(other["public_key"].as_str().unwrap().len(), 64);
    assert!(!shown.contains(other["public_key"].as_str().unwrap()));
}

#[test]
fn who_signed_is_said_and_whether_it_is_the_one_expected() {
    let (folder, key) = signed("verify");
    let verified = folder.json(&["verify", "signed.json"]);
    assert_eq!(verified["signed_by"], serde_json::json!({"name": "District committee", "key": key}));
    assert_eq!((&verified["expected"], &verified["shipped"]), (&Value::Null, &false.into()));
    assert!(verified["pin"].as_str().unwrap().starts_with("village_visit@1."));
    assert_eq!(folder.json(&["verify", "signed.json", "--publisher", &key])["expected"], true);
    assert_eq!(folder.json(&["verify", "signed.json", "--publisher", &key.to_uppercase()])["expected"], true);
    let words = folder.done(&["verify", "signed.json"]);
    assert!(words.contains("signed by District committee") && words.contains("digest "), "{words}");
    let (status, error) = folder.error(&["verify", "signed.json", "--publisher", &"0".repeat(64)]);
    assert_eq!((status, &error["code"]), (1, &"instrument_other_publisher".into()));
    assert_eq!(folder.status(&["verify", "signed.json", "--publisher", "committee"]), 2);
}

#[test]
fn a_changed_file_is_refused_everywhere() {
    let (folder, _) = signed("changed");
    let signed = folder.read("signed.json");
    for (from, to) in [
        ("\"points\": 6", "\"points\": 1"),
        ("Put the form aside.", "Put the form away."),
        ("District committee", "Another committee"),
        ("\"version\": 1", "\"version\": 2"),
    ] {
        let changed = signed.replace(from, to);
        assert_ne!(changed, signed, "{from}");
        folder.write("changed.json", changed);
        folder.write("answers.json", "{}");
        let commands: [&[&str]; 4] = [
            &["verify", "changed.json"],
            &["lint", "changed.json"],
            &["show", "changed.json"],
            &["score", "changed.json", "answers.json"],
        ];
        for command in commands {
            let (status, error) = folder.error(command);
            assert_eq!(
                (status, &error["code"], &error["place"]),
                (2, &"instrument_bad_signature".into(), &"signature".into())
            );
        }
    }
    // Layout is no change.
    let value: Value = serde_json::from_str(&signed).unwrap();
    folder.write("flat.json", value.to_string());
    assert_eq!(folder.status(&["verify", "flat.json"]), 0);
}

#[test]
fn a_file_that_nobody_signed_says_so_and_can_be_tried_out() {
    let folder = Folder::new("unsigned");
    folder.write("ours.json", example());
    folder.write("answers.json", "{}");
    let output = folder.run(&["verify", "ours.json", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(lines(&output)[0]["signed_by"], Value::Null);
    assert!(String::from_utf8_lossy(&output.stderr).contains("instrument_not_signed"));
    folder.done(&["score", "ours.json", "answers.json"]);
}

#[test]
fn one_that_comes_with_the_program_says_so_and_its_name_is_taken() {
    let (folder, key) = signed("shipped");
    let words = folder.done(&["verify", "border_interception"]);
    assert!(words.contains("comes with Vigil") && words.contains("digest "), "{words}");
    let path = repository("core/screening/instruments/border-interception-1.json");
    assert_eq!(folder.json(&["verify", path.to_str().unwrap()])["shipped"], true);
    assert_eq!(folder.status(&["verify", "border_interception", "--publisher", &key]), 1);
    let other = std::fs::read_to_string(path).unwrap().replacen("\"version\": 1", "\"version\": 9", 1);
    folder.write("other.json", other);
    let (status, error) = folder.error(&["sign", "other.json", "--key", "committee.key", "--name", "Us"]);
    assert_eq!((status, &error["code"], &error["place"]), (2, &"instrument_name_taken".into(), &"id".into()));
    assert!(folder.done(&["lint", "other.json"]).contains("is the name of an instrument that comes with Vigil"));
}

#[test]
fn a_file_is_signed_in_place_or_from_standard_input_and_again_after_a_change() {
    let (folder, key) = signed("in-place");
    folder.done(&["sign", "ours.json", "--key", "committee.key", "--name", "District committee"]);
    assert_eq!(folder.read("ours.json"), folder.read("signed.json"));
    let sign = ["sign", "-", "--key", "committee.key", "--name", "District committee"];
    let piped = folder.piped(&sign, example().as_bytes());
    assert_eq!(String::from_utf8(piped.stdout).unwrap(), folder.read("signed.json"));
    folder.write("ours.json", folder.read("signed.json").replace("\"version\": 1", "\"version\": 2"));
    assert_eq!(folder.status(&["verify", "ours.json"]), 2);
    folder.done(&["sign", "ours.json", "--key", "committee.key", "--name", "District committee"]);
    assert_eq!(folder.json(&["verify", "ours.json"])["version"], 2);
    assert_eq!(folder.json(&["verify", "ours.json"])["signed_by"]["key"], key.as_str());
    // What is no key, and what is no instrument, leaves the file alone.
    let before = folder.read("ours.json");
    folder.write("no.key", "not a key");
    let (status, error) = folder.error(&["sign", "ours.json", "--key", "no.key", "--name", "Us"]);
    assert_eq!((status, &error["code"]), (2, &"bad_publisher_key".into()));
    assert_eq!(folder.status(&["sign", "ours.json", "--key", "committee.key", "--name", "\u{202e}"]), 2);
    assert_eq!(folder.read("ours.json"), before);
    assert!(folder.files().iter().all(|name| !name.ends_with(".part")));
}

#[test]
fn a_home_takes_only_a_file_whose_publisher_is_the_one_named() {
    let (folder, key) = signed("add");
    let with_home = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vigil"));
        command.current_dir(&folder.0).env("VIGIL_PASSPHRASE", "four random words here").env("VIGIL_HOME", "home");
        command.args(arguments).arg("--json").stdin(Stdio::null()).output().unwrap()
    };
    for arguments in [&["init", "--name", "Desk", "--stretching", "floor"][..], &["space", "create"]] {
        assert!(with_home(arguments).status.success());
    }
    let code = |output: &Output| {
        let error: Value = serde_json::from_slice(&output.stderr).unwrap();
        (output.status.code(), error["error"]["code"].as_str().unwrap().to_owned())
    };
    let unsigned = with_home(&["instrument", "add", "ours.json", "--publisher", &key]);
    assert_eq!(code(&unsigned), (Some(1), "instrument_not_signed".to_owned()));
    let other = with_home(&["instrument", "add", "signed.json", "--publisher", &"0".repeat(64)]);
    assert_eq!(code(&other), (Some(1), "instrument_other_publisher".to_owned()));
    assert_eq!(with_home(&["instrument", "add", "signed.json"]).status.code(), Some(2), "somebody has to be named");
    let added = with_home(&["instrument", "add", "signed.json", "--publisher", &key]);
    let added: Value = serde_json::from_slice(&added.stdout).unwrap();
    assert_eq!((&added["id"], &added["publisher"]), (&"village_visit".into(), &"District committee".into()));
    // What is recorded by it gets its result from exactly this file.
    let pin = added["pin"].as_str().unwrap();
    let screening = serde_json::json!({"screening": {"station": "East gate", "started_at": 1_795_000_000_000_i64,
        "age_band": "adult", "instrument": pin, "answers": {}}});
    folder.write("one.json", screening.to_string());
    let recorded = with_home(&["screen", "one.json"]);
    let recorded: Value = serde_json::from_slice(&recorded.stdout).unwrap();
    let shown = with_home(&["show", recorded["screening"].as_str().unwrap()]);
    let shown: Value = serde_json::from_slice(&shown.stdout).unwrap();
    assert_eq!(shown["assessment"]["instrument"], "village_visit");
}
