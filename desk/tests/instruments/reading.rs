//! Lists, whole instruments, coverage, and what a reviewer would say.

use super::*;

#[test]
fn the_list_tells_of_every_instrument_whom_it_is_for_and_how_far_it_can_be_trusted() {
    let folder = Folder::new("list");
    let list = folder.json(&["list"]);
    let rows = list.as_array().unwrap();
    assert_eq!(rows.len(), vigil_screening::shipped_list().count());
    for row in rows {
        for key in ["id", "version", "title", "items", "status", "roles", "languages", "signed_by", "digest"] {
            assert!(keys(row).contains(&key), "{key}: {row}");
        }
        assert_eq!(row["languages"][0]["status"], "original");
        assert_eq!(row["languages"][0]["ready"], true);
    }
    let words = folder.done(&["list"]);
    for part in ["border_interception@1", "not validated", "case worker", "comes with Vigil"] {
        assert!(words.contains(part), "{part}: {words}");
    }
}

#[test]
fn an_instrument_is_shown_whole() {
    let folder = Folder::new("show");
    let shown = folder.done(&["show", "practice_border"]);
    for part in [
        "For practice only.",
        "source: ",
        "Before you ask anything",
        "no ends the talk",
        "never asked, noted if the person brings it up",
        "a green light",
        "verified by: ",
        "10 points",
        "asked only if: ",
        "read in the source",
        "Act, means and purpose; under 18, means are not needed.",
        "== Help card: ",
        "== Worked cases",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    for (id, _) in vigil_screening::shipped_list() {
        let sheet = &folder.json(&["show", id])["sheet"];
        let shown = folder.done(&["show", id]);
        // Nothing that can be answered is left out.
        let pages = sheet["sections"].as_array().unwrap().iter().chain([&sheet["safety"]]);
        for item in pages.flat_map(|page| page["items"].as_array().unwrap()) {
            let text = item["text"]["en"].as_str().or(item["text"]["en"]["text"].as_str()).unwrap();
            assert!(
                shown.contains(text) && shown.contains(&format!("[{}]", item["id"].as_str().unwrap())),
                "{id}: {text}"
            );
        }
    }
    let nepali = folder.done(&["show", "practice_border", "--language", "ne"]);
    assert!(nepali.contains("[Before you ask anything]"), "{nepali}");
}

#[test]
fn coverage_counts_every_language_and_the_programs_own_words() {
    let folder = Folder::new("coverage");
    let coverage = folder.json(&["coverage"]);
    assert_eq!(coverage["instruments"].as_array().unwrap().len(), vigil_screening::shipped_list().count());
    assert!(coverage["phrases"].is_array());
    let english = &coverage["instruments"][0]["languages"][0];
    assert_eq!((&english["language"], &english["ready"]), (&"en".into(), &true.into()));
    assert_eq!(english["texts"], english["reviewed"]);
    folder.write("ours.json", example());
    let ours = folder.json(&["coverage", "ours.json"]);
    let nepali = &ours["instruments"][0]["languages"][1];
    assert_eq!((&nepali["language"], &nepali["translated"], &nepali["reviewed"]), (&"ne".into(), &2.into(), &0.into()));
    let words = folder.done(&["coverage", "ours.json"]);
    assert!(words.contains("beside the original") && words.contains("Vigil's own words"), "{words}");
}

#[test]
fn a_file_that_cannot_be_used_is_refused_with_a_code_and_the_place() {
    let folder = Folder::new("refused");
    let ours = example();
    let deep = format!("{{\"format\":1,\"id\":{}", "[".repeat(100_000));
    for (name, text, code, place) in [
        ("empty", String::new(), "instrument_not_json", "line 1"),
        ("words", "hello".to_owned(), "instrument_not_json", "line 1"),
        ("cut", ours.split("\"sections\"").next().unwrap().to_owned(), "instrument_not_json", "line "),
        ("field", ours.replace("\"format\"", "\"\u{202e}colour\": 1, \"format\""), "instrument_wrong_shape", "line "),
        (
            "points",
            ours.replace("\"red_flag\"", "\"question\""),
            "instrument_not_allowed",
            "sections[0].items[1].points",
        ),
        (
            "card",
            ours.replace("\"help\"}", "\"nowhere\"}"),
            "instrument_missing_reference",
            "safety.items[1].help_card",
        ),
        (
            "twice",
            ours.replace("papers_taken\", \"role", "employer_unknown\", \"role"),
            "instrument_duplicate_id",
            "sections[0].items[2].id",
        ),
        ("newer", ours.replace("\"format\": 1", "\"format\": 2"), "instrument_other_format", "format"),
        ("deep", deep, "instrument_too_deep", "byte "),
        ("large", " ".repeat(5 << 20), "instrument_too_large", "file"),
    ] {
        folder.write(name, &text);
        let (status, error) = folder.error(&["lint", &format!("./{name}")]);
        assert_eq!((status, &error["code"]), (2, &code.into()), "{name}: {error}");
        assert!(error["place"].as_str().unwrap().starts_with(place), "{name}: {error}");
        assert!(!error.to_string().contains('\u{202e}'), "{name}: {error}");
    }
    folder.write("bytes", b"\x7fELF\xff");
    let (status, error) = folder.error(&["lint", "./bytes"]);
    assert_eq!((status, &error["code"], &error["place"]), (2, &"instrument_not_text".into(), &"byte 4".into()));
    assert_eq!(folder.error(&["lint", "./nothing"]).0, 1);
    assert_eq!(folder.error(&["lint", "."]).0, 1);
    let endless = Command::new(env!("CARGO_BIN_EXE_vigil")).args(["instrument", "lint", "/dev/zero"]).output().unwrap();
    assert_eq!(endless.status.code(), Some(2));
}

#[test]
fn advice_stops_nothing_unless_it_concerns_care_and_somebody_asks() {
    let folder = Folder::new("advice");
    folder.write("ours.json", example());
    let linted = folder.json(&["lint", "ours.json"]);
    assert_eq!(linted["care"], 0);
    let codes: Vec<_> =
        linted["advice"].as_array().unwrap().iter().map(|advice| advice["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["not_translated", "not_reviewed", "not_validated", "not_signed"]);
    assert_eq!(folder.status(&["lint", "ours.json", "--strict"]), 0);

    folder.write(
        "harmful.json",
        example().replace("Nobody can say who the employer is.", "Her caste is low, detain her."),
    );
    let words = folder.done(&["lint", "harmful.json"]);
    for part in
        ["CARE: could profile somebody", "CARE: not gender-neutral", "CARE: judges, or tells to hold", "\"caste\""]
    {
        assert!(words.contains(part), "{part}: {words}");
    }
    assert_eq!(folder.status(&["lint", "harmful.json"]), 0);
    let (status, error) = folder.error(&["lint", "harmful.json", "--strict"]);
    assert_eq!((status, &error["code"]), (1, &"instrument_care".into()));
}

#[test]
fn no_shipped_instrument_says_anything_against_the_rules_of_care() {
    let folder = Folder::new("care");
    for (id, version) in vigil_screening::shipped_list() {
        let output = folder.run(&["lint", &format!("{id}@{version}"), "--strict"]);
        assert!(output.status.success(), "{id}: {}", String::from_utf8_lossy(&output.stdout));
    }
}

#[test]
fn every_command_has_help_with_an_example() {
    let folder = Folder::new("help");
    let all = [
        "list", "show", "lint", "sign", "verify", "new-key", "import", "export", "score", "practice", "coverage",
        "schema",
    ];
    let help = folder.done(&["--help"]);
    for command in all {
        assert!(help.contains(command), "{command}");
        let own = folder.done(&[command, "--help"]);
        assert!(own.contains(&format!("vigil instrument {command}")), "{own}");
    }
    assert!(folder.files().is_empty());
}
