//! Opening a home: every way in which it can fail is an error of its own, and none of them harms the home.
#![allow(clippy::unwrap_used, missing_docs)]

use std::path::{Path, PathBuf};
use vigil_core::{ListQuery, NewSighting, Passphrase, Timestamp, Vault, measure};
use vigil_tests::{Folder, passphrase};

fn home(name: &str) -> (Folder, PathBuf) {
    let folder = Folder::new(name);
    let home = folder.path().join("home");
    let mut vault = Vault::create_at_floor(&home, &passphrase(), "Desk").unwrap();
    vault.create_space(None).unwrap();
    let sighting = NewSighting { place: "Bus park".into(), seen_at: Timestamp(0), description: None, people: Some(2) };
    vault.record_sighting(&sighting).unwrap();
    (folder, home)
}

fn code(home: &Path, passphrase: &Passphrase) -> &'static str {
    match Vault::open(home, passphrase) {
        Ok(_) => "opened",
        Err(error) => error.code(),
    }
}

fn flip(path: &Path, position: usize) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes[position] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn wrong_passphrase_damaged_key_damaged_database_and_missing_home_are_four_errors() {
    let (folder, home) = home("errors");
    assert_eq!(code(&home, &passphrase()), "opened");
    assert_eq!(code(&home, &Passphrase::new("another")), "wrong_passphrase");
    assert_eq!(code(&folder.path().join("elsewhere"), &passphrase()), "no_home");
    let key = std::fs::read(home.join("key")).unwrap();
    flip(&home.join("key"), 40);
    assert_eq!(code(&home, &passphrase()), "key_file_damaged");
    std::fs::write(home.join("key"), &key).unwrap();
    let database = measure::database_of(&Vault::open(&home, &passphrase()).unwrap());
    for position in [0, 20, 3000] {
        flip(&database, position);
        assert_eq!(code(&home, &passphrase()), "database_damaged");
        assert_eq!(code(&home, &Passphrase::new("another")), "wrong_passphrase");
        flip(&database, position);
    }
    assert_eq!(code(&home, &passphrase()), "opened");
    std::fs::rename(&database, home.join("aside")).unwrap();
    assert_eq!(code(&home, &passphrase()), "database_damaged");
    assert!(!database.exists());
}

#[test]
fn a_home_is_open_in_one_place_at_a_time_and_is_never_created_over() {
    let (_folder, home) = home("in-use");
    let vault = Vault::open(&home, &passphrase()).unwrap();
    assert_eq!(code(&home, &passphrase()), "home_in_use");
    drop(vault);
    assert_eq!(Vault::create_at_floor(&home, &passphrase(), "").err().map(|error| error.code()), Some("home_exists"));
    let vault = Vault::open(&home, &passphrase()).unwrap();
    assert_eq!(vault.list(&ListQuery::default()).unwrap().len(), 1);
}

#[test]
fn a_home_whose_making_was_interrupted_is_begun_again() {
    let (_folder, home) = home("interrupted");
    // The last thing that creating a home does is to put the key file in its place.
    std::fs::rename(home.join("key"), home.join("key.new")).unwrap();
    assert_eq!(code(&home, &passphrase()), "no_home");
    let vault = Vault::create_at_floor(&home, &Passphrase::new("another"), "Desk").unwrap();
    assert!(vault.list(&ListQuery::default()).unwrap().is_empty());
    drop(vault);
    assert_eq!(code(&home, &Passphrase::new("another")), "opened");
}

#[test]
fn a_database_without_its_key_file_is_neither_no_home_nor_created_over() {
    let (_folder, home) = home("keyless");
    std::fs::rename(home.join("key"), home.join("aside")).unwrap();
    assert_eq!(code(&home, &passphrase()), "key_file_missing");
    assert_eq!(Vault::create_at_floor(&home, &passphrase(), "").err().map(|error| error.code()), Some("home_exists"));
    std::fs::rename(home.join("aside"), home.join("key")).unwrap();
    assert_eq!(code(&home, &passphrase()), "opened");
}

#[test]
fn nothing_readable_lies_in_a_locked_home() {
    let folder = Folder::new("locked");
    let mut vault = Vault::create_at_floor(&folder.path().join("home"), &passphrase(), "Person Of The Desk").unwrap();
    vault.create_space(None).unwrap();
    let sighting = NewSighting {
        place: "Gate of Kakarvitta".into(),
        seen_at: Timestamp(0),
        description: Some("सुनिता with a red bag".into()),
        people: None,
    };
    vault.record_sighting(&sighting).unwrap();
    drop(vault);
    for word in ["Kakarvitta", "सुनिता", "red bag", "Person Of"] {
        assert!(!folder.contains(word.as_bytes()), "{word}");
    }
    // The positive control: the search itself finds what is there.
    std::fs::write(folder.path().join("control"), "a red bag").unwrap();
    assert!(folder.contains("red bag".as_bytes()));
}

#[test]
fn a_draft_is_there_again_after_a_restart_and_gone_once_it_is_finished() {
    let (_folder, home) = home("drafts");
    let mut vault = Vault::open(&home, &passphrase()).unwrap();
    let draft: vigil_core::ScreeningDraft = serde_json::from_value(serde_json::json!({
        "screening": {
            "station": "Raxaul", "started_at": 0, "minutes": 2, "people": 1, "age_band": "adult", "sex": "female",
            "instrument": "border_interception@1", "answers": {"phone_withheld": "yes"},
        }
    }))
    .unwrap();
    let id = vault.start_screening(&draft).unwrap();
    let mut next = draft.clone();
    next.screening.answers.insert("threats".into(), "no".into());
    vault.update_draft(&id, &next).unwrap();
    drop(vault);
    let mut vault = Vault::open(&home, &passphrase()).unwrap();
    let (found, content) = vault.drafts().unwrap().remove(0);
    assert_eq!((found, content.screening.answers.len()), (id, 2));
    let recorded = vault.finish_screening(&id, None).unwrap();
    assert!(vault.drafts().unwrap().is_empty());
    assert!(vault.show(&recorded.screening).is_ok());
    assert_eq!(vault.update_draft(&id, &next).err().map(|error| error.code()), Some("not_found"));
}
