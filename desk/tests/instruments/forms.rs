//! Spreadsheets in and out.

use super::*;

#[test]
fn an_import_counts_what_the_form_has_and_names_what_is_not_understood() {
    let folder = Folder::new("import");
    folder.done(&["export", "practice_border", "form.xlsx"]);
    let report = folder.json(&["import", "form.xlsx", "--id", "village_form", "--out", "ours.json"]);
    for key in ["questions", "choices", "languages", "expressions", "groups", "repeats"] {
        assert!(report[key].is_u64(), "{key}: {report}");
    }
    assert!(report["questions"].as_u64().unwrap() >= 27, "{report}");
    for place in report["not_understood"].as_array().unwrap() {
        assert_eq!(keys(place), ["column", "row", "sheet", "why"]);
        assert!(place["row"].is_u64() && place["why"].is_string(), "{place}");
    }
    assert_eq!((&report["instrument"], &report["file"]), (&"village_form".into(), &"ours.json".into()));
    assert_eq!(folder.json(&["lint", "ours.json"])["instrument"], "village_form");
    let words = folder.done(&["import", "form.xlsx"]);
    assert!(words.contains("questions") && words.contains("Nothing was written"), "{words}");
    assert_eq!(folder.files(), ["form.xlsx", "ours.json"]);
}

#[test]
fn import_after_export_has_the_same_counts() {
    let folder = Folder::new("again");
    folder.done(&["export", "community_vulnerability", "one.xlsx"]);
    let one = folder.json(&["import", "one.xlsx", "--out", "one.json"]);
    folder.done(&["export", "one.json", "two.xlsx"]);
    let two = folder.json(&["import", "two.xlsx"]);
    for key in ["questions", "choices", "languages", "expressions", "groups", "repeats"] {
        assert_eq!(one[key], two[key], "{key}");
    }
}

#[test]
fn what_is_no_form_is_refused_with_a_code_and_writes_nothing() {
    let folder = Folder::new("no-form");
    folder.write("words.xlsx", "hello");
    folder.write("empty.xlsx", "");
    for file in ["words.xlsx", "empty.xlsx"] {
        let (status, error) = folder.error(&["import", file, "--out", "ours.json"]);
        assert_eq!((status, &error["code"]), (2, &"xlsform_not_a_workbook".into()));
        assert!(error["place"].is_string());
    }
    assert_eq!(folder.status(&["import", "none.xlsx"]), 1);
    assert_eq!(folder.status(&["import", "words.xlsx", "--id", "Not An Id"]), 2);
    assert_eq!(folder.status(&["export", "no_such", "form.xlsx"]), 6);
    assert_eq!(folder.files(), ["empty.xlsx", "words.xlsx"]);
}
