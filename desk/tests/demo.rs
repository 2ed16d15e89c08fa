//! The demo as a stranger runs it: its JSON, what it keeps, and a count of their own over the kept files.
#![allow(clippy::unwrap_used, missing_docs)]

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use vigil::demo::search::Needles;

#[test]
fn the_demo_holds_and_what_it_keeps_can_be_counted_again() {
    let kept = std::env::temp_dir().join(format!("vigil-demo-kept-{}", std::process::id()));
    std::fs::remove_dir_all(&kept).ok();
    let output = Command::new(env!("CARGO_BIN_EXE_vigil"))
        .args(["demo", "--json", "--records", "300", "--keep"])
        .arg(&kept)
        .output()
        .unwrap();
    let story = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{story}");
    let last = String::from_utf8(output.stdout).unwrap();
    let result: Value = serde_json::from_str(last.lines().last().unwrap()).unwrap();
    let is = |name: &str, value: Value| assert_eq!(result[name], value, "{name} in {result}");
    is("devices", 3.into());
    is("records", 300.into());
    is("converged", true.into());
    is("lost", 0.into());
    is("conflicts_open", 1.into());
    is("conflicts_settled", 1.into());
    is("left_after_hand_over", 0.into());
    is("plaintext_hits", serde_json::json!({"server": 0, "wire": 0, "disk": 0}));
    count_again(&kept, &result);
    std::fs::remove_dir_all(&kept).unwrap();
}

fn count_again(kept: &Path, result: &Value) {
    let seeded = std::fs::read_to_string(kept.join("seeded.txt")).unwrap();
    let strings: Vec<&str> = seeded.lines().collect();
    assert_eq!(result["positive_control_hits"], strings.len());
    assert!(
        seeded.contains("सुन्तली वाइबा") && seeded.contains("Kopila Budhathoki") && seeded.contains("+977-9848120377")
    );
    let needles = Needles::new(strings.iter().copied()).unwrap();
    for folder in ["server", "wire", "devices"] {
        let found = needles.in_folder(&kept.join(folder)).unwrap();
        assert!(found.files > 0 && found.bytes > 100_000, "{folder}: {found:?}");
        assert_eq!(found.needles(), 0, "{folder}");
    }
    for (name, role) in [("desk", 300), ("monitor", 0), ("volunteer", 0)] {
        let list = std::fs::read(kept.join(format!("{name}.list.json"))).unwrap();
        let list: Vec<Value> = serde_json::from_slice(&list).unwrap();
        assert!(if role > 0 { list.len() == role } else { list.len() > 20 }, "{name}: {}", list.len());
        let files = std::fs::read_dir(kept.join("devices").join(name)).unwrap();
        let databases = files.filter(|file| {
            let name = file.as_ref().unwrap().file_name();
            name != "sealed.db" && name.to_string_lossy().ends_with(".db")
        });
        assert_eq!(databases.count(), 2);
    }
    // The homes open with the passphrases that the help names.
    let listed = Command::new(env!("CARGO_BIN_EXE_vigil"))
        .args(["--json", "--home"])
        .arg(kept.join("devices/desk"))
        .args(["list", "--limit", "1000"])
        .env("VIGIL_PASSPHRASE", "demo passphrase of desk")
        .output()
        .unwrap();
    let listed: Vec<Value> = serde_json::from_slice(&listed.stdout).unwrap();
    assert_eq!(listed.len(), 300);
}

/// One device, one screening, and points that it does not have.
const WRONG: &str = r#"{"format": 1, "name": "wrong", "title": "Wrong", "about": "One expectation is wrong.",
  "devices": [{"id": "desk", "role": "desk", "name": "Maiya Shrestha", "is": "the desk"}],
  "steps": [
    {"device": "desk", "do": "create_space"},
    {"device": "desk", "do": "screen", "as": "one", "with": {
      "screening": {"station": "East gate", "started_at": 1795000000000, "age_band": "adult",
        "instrument": "border_interception@1", "answers": {"phone_withheld": "yes"}, "observations": "two phones in one bag"},
      "persons": [{"as": "p", "role": "traveller", "name": "Kopila Budhathoki"}]},
     "expect": {"total": 8, "band": "some_signs"}},
    {"device": "desk", "do": "sync", "expect": {"outcome": "complete"}}]}"#;

#[test]
fn what_does_not_hold_fails_the_demo() {
    let file = std::env::temp_dir().join(format!("vigil-demo-wrong-{}.json", std::process::id()));
    std::fs::write(&file, WRONG).unwrap();
    let run = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vigil"));
        command.args(["demo", "--json", "--scenario"]).arg(&file).output().unwrap()
    };
    let output = run();
    let story = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{story}");
    assert!(story.contains("DOES NOT HOLD: one has"), "{story}");
    let result: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&result["converged"], &result["records"]), (&false.into(), &2.into()));
    // The same with the right points holds.
    std::fs::write(&file, WRONG.replace("\"total\": 8", "\"total\": 9")).unwrap();
    let output = run();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    std::fs::remove_file(&file).unwrap();
}
