//! Homes of every earlier schema open, and what was in them is still there.
//!
//! `VIGIL_BLESS=1 cargo test -p vigil-tests --test frozen` writes the fixture of the present schema if there is none.
#![allow(clippy::unwrap_used, missing_docs)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use vigil_core::records::{Code, LongText};
use vigil_core::{Clock, HomeOptions, ListQuery, Moment, NewSighting, Role, Timestamp, Vault};
use vigil_tests::{Folder, at_floor, passphrase};

/// The present schema; the fixture of each earlier one stays for ever.
const SCHEMA: u32 = 3;

/// When the fixtures since schema 3 were made, and when they are opened: certificates and leases end.
struct ThatDay;

impl Clock for ThatDay {
    fn now(&self) -> Timestamp {
        Timestamp(1_795_000_000_000)
    }

    fn moment(&self) -> Moment {
        Moment { boot: [1; 16], millis: 1_000 }
    }
}

fn that_day() -> HomeOptions {
    at_floor(Arc::new(ThatDay))
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap();
        // The sealed copies are made again, and the lock is made.
        if name != "lock" && !name.to_string_lossy().starts_with("sealed.db") {
            std::fs::copy(&path, to.join(name)).unwrap();
        }
    }
    // Since the second format of key files: what stands in for the hardware.
    let hardware = from.with_extension("hardware");
    if hardware != *from && hardware.exists() {
        copy(&hardware, &to.with_extension("hardware"));
    }
}

fn fill(home: &Path) {
    let mut vault = Vault::create_with(home, &passphrase(), "Desk", &that_day()).unwrap();
    vault.create_space(None).unwrap();
    let screening = serde_json::from_value(serde_json::json!({
        "station": "Raxaul", "started_at": 1_795_000_000_000_i64, "minutes": 7, "people": 1, "age_band": "adult",
        "sex": "female", "instrument": "border_interception@1", "answers": {"debt_bondage": "yes"},
        "observations": "ऋणको कागज देखाइन्",
    }))
    .unwrap();
    let person = serde_json::from_value(serde_json::json!({"role": "traveller", "name": "Sunita Tamang"})).unwrap();
    let outcome =
        vigil_core::records::Outcome::Referred { to: vigil_core::records::ShortText::new("shelter").unwrap() };
    vault.record_screening(&screening, &[person], Some(outcome)).unwrap();
    judge_a_monitors_record(&mut vault);
    drop(vault);
}

/// Since schema 2: an opinion that waits for another person's.
fn judge_a_monitors_record(vault: &mut Vault) {
    let folder = Folder::new("bless-monitor");
    let home = folder.path().join("home");
    let mut monitor = Vault::create_with(&home, &passphrase(), "Monitor", &that_day()).unwrap();
    let welcome = vault.admit(&monitor.join_request().unwrap(), Role::Monitor, "Monitor").unwrap();
    monitor.join(monitor.second_code(&welcome).unwrap().seen_face_to_face()).unwrap();
    let sighting = NewSighting { place: "Gate 2".into(), seen_at: Timestamp(0), description: None, people: Some(3) };
    let record = monitor.record_sighting(&sighting).unwrap();
    vault.take_in_copies(&monitor.sealed_copies().unwrap()).unwrap();
    let reasons = LongText::new("सबैको एउटै टिकट").unwrap();
    vault.give_opinion(&record, Code::new("high_risk").unwrap(), reasons).unwrap();
}

#[test]
fn a_home_of_every_schema_opens_with_everything_in_it() {
    if std::env::var_os("VIGIL_BLESS").is_some() && !fixtures().join(format!("schema-{SCHEMA:03}")).exists() {
        let folder = Folder::new("bless");
        fill(&folder.path().join("home"));
        copy(&folder.path().join("home"), &fixtures().join(format!("schema-{SCHEMA:03}")));
    }
    for schema in 1..=SCHEMA {
        let folder = Folder::new("frozen");
        let home = folder.path().join("home");
        copy(&fixtures().join(format!("schema-{schema:03}")), &home);
        let options = if schema >= 3 { that_day() } else { HomeOptions::default() };
        let mut vault = Vault::open_with(&home, &passphrase(), &options).unwrap();
        let rows = vault.list(&ListQuery::default()).unwrap();
        let since_2 = u64::from(schema >= 2);
        assert_eq!(rows.len() as u64, 2 + since_2, "schema {schema}");
        let screening = rows.iter().find(|row| row.kind == "screening").unwrap();
        assert_eq!((screening.outcome.as_deref(), screening.points), (Some("referred"), Some(10)));
        assert_eq!(vault.search("ऋणको", 5).unwrap().len(), 1);
        assert_eq!(vault.search("Sunita", 5).unwrap().len(), 1);
        assert_eq!(vault.status().unwrap().waiting, 2 + since_2);
        if let Some(sighting) = rows.iter().find(|row| row.kind == "sighting") {
            let opinion = vault.second_opinion(&vault.find(&sighting.id).unwrap()).unwrap();
            assert_eq!(
                (opinion.state.as_str(), opinion.opinions[0].reasons.as_deref()),
                ("one", Some("सबैको एउटै टिकट"))
            );
        }
        // It can be written to, and its copies for handing over are made again.
        let record = vault.find(&screening.id).unwrap();
        vault.decide(&record, vigil_core::records::Outcome::Closed { reason: None }).unwrap();
        assert_eq!(vault.sealed_copies().unwrap().len() as u64, 3 + since_2);
    }
}
