//! Promises about pyxform: it accepts what is exported, and counts the same in it as in the form that was imported.
//!
//! Runs where `VIGIL_PYXFORM` names a Python that has pyxform; `VIGIL_XLSFORMS` may name a folder of more forms.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use vigil_screening::{shipped, shipped_list};
use vigil_xlsform::{Options, export, import};

const COUNT: &str = r#"
import sys
from pyxform.xls2xform import convert
form = convert(xlsform=sys.argv[1], validate=False)._pyxform
counts = {}
def walk(node):
    for child in node.get("children") or []:
        kind = child.get("type") if child.get("type") in ("group", "repeat", "loop") else "question"
        if child.get("name") != "meta":
            counts[kind] = counts.get(kind, 0) + 1
            walk(child)
walk(form)
counts["choices"] = sum(len(options) for options in (form.get("choices") or {}).values())
print(sorted(counts.items()))
"#;

fn python() -> Option<String> {
    let python = std::env::var("VIGIL_PYXFORM").ok();
    if python.is_none() {
        eprintln!("VIGIL_PYXFORM is not set: not held against pyxform");
    }
    python
}

/// What pyxform counts in a form; its message where it does not accept it.
fn counted(python: &str, form: &Path) -> Result<String, String> {
    let run = Command::new(python).args(["-c", COUNT]).arg(form).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if run.status.success() { Ok(text(&run.stdout)) } else { Err(text(&run.stderr)) }
}

fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let path = std::env::temp_dir().join(format!("vigil-xlsform-{}-{name}.xlsx", std::process::id()));
    std::fs::write(&path, bytes).unwrap();
    path
}

/// A form that pyxform accepts is accepted with equal counts after it was imported and exported.
fn goes_through(python: &str, form: &Path) {
    let Ok(before) = counted(python, form) else { return };
    let imported = import(&std::fs::read(form).unwrap(), &Options::default()).unwrap();
    let out = file("again", &export(&imported.instrument().unwrap()).unwrap());
    assert_eq!(counted(python, &out), Ok(before), "{}", form.display());
    std::fs::remove_file(out).unwrap();
}

#[test]
fn forms_go_through_vigil_and_stay_what_they_are_for_pyxform() {
    let Some(python) = python() else { return };
    goes_through(&python, Path::new("tests/fixtures/htcds_xlsform.xlsx"));
    let survey = "type | name | label::English (en) | label::Nepali (ne) | relevant | constraint | calculation
        begin group | g | G | | | |
        select_one l or_other | q | Q | | | |
        select_multiple l | m | M | | ${q} != 'a' | not(selected(., 'a') and count-selected(.) > 1) |
        end group | | | | | |
        begin repeat | r | R | | | |
        integer | n | N | | | . > 0 and . < 99 |
        end repeat | | | | | |
        calculate | total | | | | | sum(${n}) * 2
        note | told | Total ${total} | | ${total} > 3 | |";
    let choices = "list_name | name | label::English (en) | label::Nepali (ne)\nl | a | A |\nl | b | B |";
    let form = file("form", &common::workbook(&[("survey", survey), ("choices", choices)]));
    goes_through(&python, &form);
    std::fs::remove_file(form).unwrap();
    for entry in std::env::var("VIGIL_XLSFORMS").iter().flat_map(|folder| std::fs::read_dir(folder).unwrap()) {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "xlsx") {
            goes_through(&python, &path);
        }
    }
}

#[test]
fn pyxform_accepts_every_shipped_instrument() {
    let Some(python) = python() else { return };
    for (id, version) in shipped_list() {
        let out = file(id, &export(&shipped(id, version).unwrap().unwrap()).unwrap());
        let counts = counted(&python, &out);
        assert!(counts.is_ok(), "{id}: {counts:?}");
        std::fs::remove_file(out).unwrap();
    }
}
