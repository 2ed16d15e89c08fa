//! Search finds what people write, in Devanagari as well as in Latin script, and forgets what is deleted.
#![allow(clippy::unwrap_used, missing_docs)]

use vigil_core::records::{FieldName, FieldValue, Outcome};
use vigil_core::{NewSighting, Timestamp, Vault};
use vigil_tests::{Folder, passphrase};

fn home(name: &str) -> (Folder, Vault) {
    let folder = Folder::new(name);
    let mut vault = Vault::create_at_floor(&folder.path().join("home"), &passphrase(), "Desk").unwrap();
    vault.create_space(None).unwrap();
    (folder, vault)
}

fn note(vault: &mut Vault, text: &str) -> String {
    let sighting =
        NewSighting { place: "x".into(), seen_at: Timestamp(0), description: Some(text.into()), people: None };
    vault.record_sighting(&sighting).unwrap().to_string()
}

fn found(vault: &Vault, text: &str) -> Vec<String> {
    vault.search(text, 50).unwrap().into_iter().map(|row| row.id).collect()
}

#[test]
fn devanagari_words_are_found_whole_and_by_their_beginning() {
    let (_folder, mut vault) = home("devanagari");
    let kimi = note(&mut vault, "दुई किमी हिँडेर आए");
    let kamo = note(&mut vault, "कामो भन्ने ठाउँ");
    let name = note(&mut vault, "नाम: सुनिता तामाङ, काठमाडौंबाट");
    assert_eq!(found(&vault, "किमी"), [kimi]);
    assert_eq!(found(&vault, "कामो"), [kamo]);
    assert_eq!(found(&vault, "सुनिता तामाङ"), std::slice::from_ref(&name));
    assert_eq!(found(&vault, "काठमाडौं"), std::slice::from_ref(&name));
    assert_eq!(found(&vault, "सुनि"), [name]);
    assert!(found(&vault, "निता").is_empty());
}

#[test]
fn without_its_categories_the_tokenizer_would_confuse_words_that_differ_in_vowels() {
    // The positive control of the test above: the tokenizer's default takes vowel signs for spaces.
    let plain = rusqlite::Connection::open_in_memory().unwrap();
    plain.execute_batch("CREATE VIRTUAL TABLE t USING fts5 (text); INSERT INTO t VALUES ('कामो')").unwrap();
    let hits: i64 = plain.query_row("SELECT count(*) FROM t WHERE t MATCH '\"किमी\"'", [], |row| row.get(0)).unwrap();
    assert_eq!(hits, 1);
}

#[test]
fn latin_words_are_found_without_their_accents_and_numbers_by_their_parts() {
    let (_folder, mut vault) = home("latin");
    let accented = note(&mut vault, "José Amaral, +670 7723 4411, \"quoted\" (brackets) AND OR NOT *");
    for query in ["jose", "JOSÉ", "amaral jos", "7723", "+670", "\"quoted\"", "brackets", "AND", "NOT *", "col:x\" OR"]
    {
        let hits = found(&vault, query);
        assert!(hits.is_empty() || hits == std::slice::from_ref(&accented), "{query}");
    }
    assert_eq!(found(&vault, "jose 7723"), [accented]);
    assert!(found(&vault, "").is_empty());
    assert!(found(&vault, "   ").is_empty());
}

#[test]
fn an_edited_word_is_no_longer_found_and_an_erased_record_leaves_no_trace() {
    let (folder, mut vault) = home("erased");
    let sighting = note(&mut vault, "firstword");
    let record = vault.find(&sighting).unwrap();
    let description = FieldName::new("description").unwrap();
    vault.edit(&record, &[(description, Some(FieldValue::Text("secondword".into())))]).unwrap();
    assert!(found(&vault, "firstword").is_empty());
    assert_eq!(found(&vault, "secondword"), [sighting]);
    // A screening that is let go is erased from the index, too.
    let screening = serde_json::from_value(serde_json::json!({
        "station": "Raxaul", "started_at": 0, "minutes": 5, "people": 1, "age_band": "adult", "sex": "male",
        "instrument": "border_interception@1", "answers": {}, "observations": "thirdword",
    }))
    .unwrap();
    let recorded = vault.record_screening(&screening, &[], None).unwrap();
    assert_eq!(found(&vault, "thirdword"), [recorded.screening.to_string()]);
    vault.decide(&recorded.screening, Outcome::LetGo).unwrap();
    assert!(found(&vault, "thirdword").is_empty());
    drop(vault);
    assert!(!folder.contains("thirdword".as_bytes()));
}

#[test]
fn a_record_is_found_by_the_beginning_of_its_id_if_no_other_begins_so() {
    let (_folder, mut vault) = home("prefix");
    let ids: Vec<String> = (0..40).map(|number| note(&mut vault, &format!("number {number}"))).collect();
    for id in &ids {
        for digits in [1, 2, 7, 8, 31, 32] {
            let prefix = &id[..digits];
            let fitting = ids.iter().filter(|other| other.starts_with(prefix)).count();
            match vault.find(&prefix.to_uppercase()) {
                Ok(found) => assert_eq!((found.to_string(), fitting), (id.clone(), 1)),
                Err(error) => assert!(fitting > 1 && error.code() == "ambiguous"),
            }
        }
    }
    for nothing in ["", " ", "g", "00000000000000000000000000000000", &"0".repeat(33), "äöü"] {
        assert_eq!(vault.find(nothing).err().map(|error| error.code()), Some("not_found"), "{nothing}");
    }
}
