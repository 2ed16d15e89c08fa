//! Scores: the shape that other programs read, the stream, and what a stream may hold.

use std::io::{BufRead, BufReader};

use super::*;

const ANSWERS: &str = r#"{"profile":{"age":30},"answers":{"phone_withheld":true,"job_address_missing":"unknown",
    "job_confirmed":"yes","threats":false}}"#;

#[test]
fn a_score_names_for_every_rule_what_produced_it_what_is_open_and_what_comes_next() {
    let folder = Folder::new("score");
    folder.write("answers.json", ANSWERS);
    for given in ["border_interception", "border_interception@1"] {
        let score = folder.json(&["score", given, "answers.json"]);
        assert_eq!((&score["instrument"], &score["version"]), (&"border_interception".into(), &1.into()));
        for rule in score["rules"].as_array().unwrap() {
            assert!(rule["id"].is_string() && rule["outcome"].is_string(), "{rule}");
            assert!(rule["next"].is_string() || rule["next"].is_null(), "{rule}");
            let open = texts(&rule["open"]);
            assert!(rule["next"].as_str().is_none_or(|next| open.contains(&next)), "{rule}");
            texts(&rule["because"]);
        }
        let signs = &score["rules"][0];
        assert_eq!(
            (&signs["id"], &signs["outcome"], &signs["value"]),
            (&"signs".into(), &"some_signs".into(), &9.into())
        );
        assert_eq!(texts(&signs["because"]), ["phone_withheld"]);
        assert_eq!(texts(&score["unknown"]), ["job_address_missing"]);
        for key in ["next", "stop", "concerns", "set_aside", "doubtful", "counted_as_under_18", "notice", "digest"] {
            assert!(keys(&score).contains(&key), "{key}");
        }
    }
    let words = folder.done(&["score", "border_interception", "answers.json"]);
    for part in ["9 points", "Unknown, which is not no:\n  - ", "This score decides nothing"] {
        assert!(words.contains(part), "{part}: {words}");
    }
    // What is unknown is named in the instrument's words, not by its id.
    assert!(!words.contains("job address missing"), "{words}");
    assert_eq!(folder.files(), ["answers.json"], "nothing is recorded");
}

#[test]
fn an_unreviewed_language_stands_with_the_original_behind_it() {
    let folder = Folder::new("language");
    folder.write("answers.json", ANSWERS);
    let plain = folder.done(&["score", "border_interception", "answers.json"]);
    let nepali = folder.done(&["score", "border_interception", "answers.json", "--language", "xx,ne"]);
    assert_ne!(plain, nepali);
    assert!(nepali.contains(" [Some signs noted") || nepali.contains("[This score decides nothing"), "{nepali}");
    let mut command = folder.command(&["score", "border_interception", "answers.json"]);
    assert_eq!(String::from_utf8(command.env("VIGIL_LANGUAGE", "ne").output().unwrap().stdout).unwrap(), nepali);
    assert_eq!(folder.status(&["score", "border_interception", "answers.json", "--language", "Nepali!"]), 2);
}

#[test]
fn every_line_of_a_stream_gets_its_answer_whatever_it_holds() {
    let folder = Folder::new("stream");
    let mut input = Vec::new();
    let good = ANSWERS.replace('\n', " ");
    for line in [
        good.as_bytes(),
        b"[1]",
        b"",
        br#"{"answers":{"threats":{}}}"#,
        br#"{"answers":{"threats":tru"#,
        b"\xff\xfe{}",
        br#"{"answers":{"threats":true,"threats":false}}"#,
        "[".repeat(100_000).as_bytes(),
        "a".repeat(1024 * 1024 + 1).as_bytes(),
        "{\"answers\":{\"\u{1b}[2J\u{202e}\":true}}".as_bytes(),
        b"{}",
    ] {
        input.extend_from_slice(line);
        input.push(b'\n');
    }
    // The last one has no end of line.
    input.extend_from_slice(good.as_bytes());
    let output = folder.piped(&["score", "border_interception", "-", "--json"], &input);
    assert_eq!(output.status.code(), Some(2));
    let answers = lines(&output);
    assert_eq!(answers.len(), 12);
    let failed: Vec<usize> =
        (1..).zip(&answers).filter(|(_, answer)| answer["error"].is_object()).map(|(n, _)| n).collect();
    assert_eq!(failed, [2, 3, 4, 5, 6, 7, 8, 9, 10]);
    for answer in answers.iter().filter(|answer| answer["error"].is_object()) {
        assert_eq!((keys(answer), keys(&answer["error"])), (vec!["error"], vec!["code", "message", "place"]));
        assert!(!answer.to_string().contains(['\u{1b}', '\u{202e}']));
    }
    assert_eq!(answers[3]["error"]["place"], "answers.threats");
    assert_eq!(answers[4]["error"]["place"], "line 5, column 25");
    assert_eq!(answers[8]["error"]["code"], "line_too_long");
    assert_eq!(answers[0], answers[11]);
    let error: Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!(error["error"]["code"], "answers_not_readable");

    let words = folder.piped(&["score", "border_interception", "-"], b"{}\nx\n");
    assert_eq!(words.status.code(), Some(2));
    assert!(String::from_utf8(words.stdout).unwrap().contains("line 2, column 1: expected an object"));
    assert!(folder.piped(&["score", "border_interception", "-"], b"").status.success());
}

#[test]
fn an_answer_is_out_before_the_next_line_comes() {
    let folder = Folder::new("flush");
    let mut child = folder
        .command(&["score", "border_interception", "-", "--json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    for _ in 0..3 {
        stdin.write_all(b"{}\n").unwrap();
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        assert!(line.contains("\"rules\""), "{line}");
    }
    drop(stdin);
    assert!(child.wait().unwrap().success());
}

#[test]
#[cfg(target_os = "linux")]
fn an_endless_line_takes_no_memory() {
    let folder = Folder::new("endless");
    let script = format!(
        "head -c 330000000 /dev/zero | (ulimit -v 300000; {} instrument score border_interception - --json)",
        env!("CARGO_BIN_EXE_vigil")
    );
    let output = Command::new("sh").args(["-c", &script]).current_dir(&folder.0).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(lines(&output)[0]["error"]["code"], "line_too_long");
}

#[test]
fn what_is_wrong_with_answers_is_said_with_its_place() {
    let folder = Folder::new("answers");
    folder.write("bad.json", r#"{"answers":{"threats":"perhaps"}}"#);
    folder.write("bytes.json", b"\xff");
    folder.write("long.json", "a".repeat(2 << 20));
    let (status, error) = folder.error(&["score", "border_interception", "bad.json"]);
    assert_eq!(
        (status, &error["code"], &error["place"]),
        (2, &"answers_not_readable".into(), &"answers.threats".into())
    );
    assert_eq!(folder.error(&["score", "border_interception", "bytes.json"]).0, 2);
    assert_eq!(folder.error(&["score", "border_interception", "long.json"]).0, 2);
    assert_eq!(folder.error(&["score", "border_interception", "none.json"]).0, 1);
    assert_eq!(folder.error(&["score", "no_such_instrument", "bad.json"]).0, 6);
    assert_eq!(folder.error(&["score", "border_interception@7", "bad.json"]).0, 6);
    assert_eq!(folder.error(&["score", "-", "-"]).0, 2);
}

#[test]
fn an_instrument_can_come_from_a_file_or_from_standard_input() {
    let folder = Folder::new("source");
    folder.write("ours.json", example());
    folder.write("marked.json", format!("\u{feff}{}", example()));
    folder.write("answers.json", r#"{"profile":{"age":24},"answers":{"has_offer":true,"papers_taken":true}}"#);
    let from_file = folder.json(&["score", "ours.json", "answers.json"]);
    assert_eq!((&from_file["instrument"], &from_file["rules"][0]["value"]), (&"village_visit".into(), &6.into()));
    let piped = folder.piped(&["score", "-", "answers.json", "--json"], example().as_bytes());
    assert_eq!(lines(&piped)[0], from_file);
    assert_eq!(folder.json(&["score", "marked.json", "answers.json"]), from_file);
}
