//! Practice: stories, the talk, and the comparison with the worked answers.

use super::*;

/// The worked answers of a case, as a learner would hand them in.
fn worked(folder: &Folder, instrument: &str, case: &str) -> Value {
    let sheet = &folder.json(&["show", instrument])["sheet"];
    let cases = sheet["cases"].as_array().unwrap();
    let found = cases.iter().find(|one| one["id"] == case).unwrap();
    serde_json::json!({"profile": found["profile"], "answers": found["answers"]})
}

#[test]
fn the_worked_answers_of_every_case_come_out_as_worked() {
    let folder = Folder::new("worked");
    for (instrument, _) in vigil_screening::shipped_list() {
        for case in folder.json(&["practice", instrument, "--list"]).as_array().unwrap() {
            let id = case["id"].as_str().unwrap();
            folder.write("mine.json", worked(&folder, instrument, id).to_string());
            let compared = folder.json(&["practice", instrument, "--case", id, "--answers", "mine.json"]);
            assert_eq!(compared["same_items"].as_u64().unwrap() as usize, compared["items"].as_array().unwrap().len());
            assert_eq!(compared["same_rules"].as_u64().unwrap() as usize, compared["rules"].as_array().unwrap().len());
            assert!(!compared["explanation"].as_str().unwrap().is_empty());
        }
    }
}

#[test]
fn what_differs_is_named_item_by_item_and_rule_by_rule() {
    let folder = Folder::new("differs");
    folder.write("ours.json", example());
    folder.write("mine.json", r#"{"answers":{"has_offer":true,"papers_taken":"unknown","employer_unknown":true}}"#);
    let arguments = ["practice", "ours.json", "--case", "papers", "--answers", "mine.json"];
    let compared = folder.json(&arguments);
    let items = compared["items"].as_array().unwrap();
    let same = |id: &str| items.iter().find(|item| item["item"] == id).unwrap()["same"].clone();
    assert_eq!((same("has_offer"), same("papers_taken"), same("willing")), (true.into(), false.into(), false.into()));
    // The story does not say; a learner may have noted it all the same.
    assert_eq!(same("employer_unknown"), Value::Null);
    let rule = &compared["rules"][0];
    assert_eq!(
        (&rule["yours"], &rule["worked"], &rule["same"]),
        (&"some_noted (4)".into(), &"some_noted (6)".into(), &false.into())
    );
    let words = folder.done(&arguments);
    for part in ["you unknown; worked yes", "the story does not say", "Papers that somebody else keeps"] {
        assert!(words.contains(part), "{part}: {words}");
    }
}

#[test]
fn a_talk_tells_the_story_asks_as_a_real_one_and_records_nothing() {
    let folder = Folder::new("talk");
    folder.write("ours.json", example());
    let typed = "1\ny\nn\ny\n\ny\n2026-11-30\n";
    let output = folder.piped(&["practice", "ours.json"], typed.as_bytes());
    let words = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{words}");
    for part in [
        "Which case?",
        "A neighbour has an offer",
        "Before you ask anything",
        "The offer",
        "== Answers: 4 of 4",
        "== Why",
    ] {
        assert!(words.contains(part), "{part}: {words}");
    }
    // Beside JSON the talk goes to standard error.
    let output = folder.piped(&["practice", "ours.json", "--case", "papers", "--json"], b"n\n");
    assert_eq!(lines(&output)[0]["case"], "papers");
    assert!(String::from_utf8_lossy(&output.stderr).contains("does not want to go on"));
    let output = folder.piped(&["practice", "ours.json", "--case", "papers", "--language", "ne"], b"y\nn\nstop\n");
    let words = String::from_utf8(output.stdout).unwrap();
    assert!(words.contains("कसैले अर्को ठाउँमा काम दिने कुरा गरेको छ। [Somebody offered work in another place.]"), "{words}");
    assert_eq!(folder.files(), ["ours.json"]);
}

#[test]
fn a_case_that_is_not_there_is_said_to_be_missing() {
    let folder = Folder::new("missing");
    let (status, error) = folder.error(&["practice", "--case", "no_such"]);
    assert_eq!((status, &error["code"]), (6, &"case_not_found".into()));
    assert_eq!(folder.status(&["practice", "--answers", "mine.json"]), 2);
    assert!(folder.done(&["practice", "--list"]).contains("green_light"));
}

#[test]
fn the_cases_in_the_help_are_there() {
    let folder = Folder::new("help-cases");
    let help = folder.done(&["practice", "--help"]);
    let examples = help.lines().filter_map(|line| line.split_once("instrument practice ")?.1.split_once("--case "));
    let named: Vec<_> = examples.collect();
    assert_eq!(named.len(), 2, "{help}");
    for (instrument, case) in named {
        let instrument = if instrument.is_empty() { "practice_border" } else { instrument.trim() };
        let list = folder.done(&["practice", instrument, "--list"]);
        assert!(list.contains(case.split(' ').next().unwrap()), "{instrument} {case}");
    }
}
