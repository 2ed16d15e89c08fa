//! Moving the store: nothing is lost, and nothing that lay on the disk before opens afterwards.

use super::faulty::Faulty;
use super::{Place, image, places, put_back, record};
use std::sync::Arc;
use vigil_core::{HomeOptions, Passphrase, Vault, measure};
use vigil_tests::passphrase;

#[test]
fn what_was_readable_is_readable_after_a_move_and_no_earlier_image_opens() {
    let place = Place::new("move");
    let mut vault = place.right();
    vault.set_duress_pin(&Passphrase::new("2468")).unwrap();
    drop(vault);
    let earlier = image(&place.home());
    // The positive control: before the move that image opens.
    put_back(&earlier, &place.home());
    let mut vault = place.right();
    let database = measure::database_of(&vault);
    let (before, copies) = (vigil_core::readable::everything(&vault).unwrap(), vault.sealed_copies().unwrap());
    vault.move_store().unwrap();
    assert_ne!(measure::database_of(&vault), database);
    assert!(!database.exists());
    assert!(vigil_core::readable::everything(&vault).unwrap() == before);
    assert_eq!(vault.sealed_copies().unwrap(), copies);
    assert!(measure::damage_of(&vault).unwrap().is_empty());
    // What is written after it goes to the new place.
    record(&mut vault, "East gate");
    assert_eq!(vault.search("east", 5).unwrap().len(), 1);
    drop(vault);
    assert_eq!(places(&place.right()), ["Bus park", "East gate"]);
    assert_eq!(place.code(&Passphrase::new("2468")), "opened", "the duress PIN moves along");
    assert_eq!(place.wrong(), "wrong_passphrase");

    // Everything that lay there before, with today's hardware and the right PIN, the old key file alone and the old
    // database alone, opens nothing.
    let now = image(&place.home());
    put_back(&earlier, &place.home());
    assert_eq!((place.code(&passphrase()), place.code(&Passphrase::new("2468"))), ("cloned_device", "cloned_device"));
    put_back(&now, &place.home());
    let key = std::path::Path::new("key");
    std::fs::write(place.home().join("key"), &earlier[key]).unwrap();
    assert_eq!(place.code(&passphrase()), "cloned_device");
    put_back(&earlier, &place.home());
    std::fs::write(place.home().join("key"), &now[key]).unwrap();
    assert_eq!(place.code(&passphrase()), "database_damaged");
    put_back(&now, &place.home());
    assert_eq!(places(&place.right()), ["Bus park", "East gate"]);
}

/// The hardware stops at each of its calls in turn. Whatever was done by then, the open vault and the home open to the same,
/// what is written in between is kept, and a later move ends it.
#[test]
fn a_move_that_is_cut_short_at_any_step_loses_nothing() {
    let mut cut_short = 0;
    for calls in 0.. {
        let place = Place::empty("move-cut");
        let faulty = Faulty::new(&place.keys());
        let place = Place {
            options: HomeOptions { hardware: Some(Arc::new(faulty.clone())), ..place.options.clone() },
            ..place
        };
        let mut vault = place.fill(&place.home());
        vault.set_duress_pin(&Passphrase::new("2468")).unwrap();
        let earlier = image(&place.home());
        faulty.fail_after(calls);
        let moved = vault.move_store();
        // As if the power went here: the vault goes without a word, half of the times after another save.
        if calls % 2 == 0 {
            record(&mut vault, "East gate");
        }
        drop(vault);
        faulty.work();
        let expected: &[&str] = if calls % 2 == 0 { &["Bus park", "East gate"] } else { &["Bus park"] };
        let mut vault = place.right();
        assert_eq!(places(&vault), expected, "after {calls} calls");
        assert!(measure::damage_of(&vault).unwrap().is_empty());
        vault.move_store().unwrap();
        drop(vault);
        assert_eq!(places(&place.right()), expected);
        assert_eq!(place.code(&Passphrase::new("2468")), "opened");
        assert_eq!(databases(&place), 2, "after {calls} calls something was left");
        put_back(&earlier, &place.home());
        assert_eq!(place.code(&passphrase()), "cloned_device", "after {calls} calls");
        if moved.is_ok() {
            break;
        }
        cut_short += 1;
    }
    assert!(cut_short > 8, "only {cut_short} steps were cut");
}

/// The last step of a move fails, and another one follows before the home is opened again: the key file names one former
/// key only, and both must be gone.
#[test]
fn a_hardware_key_that_could_not_be_destroyed_goes_before_the_next_move() {
    for calls in 0.. {
        let place = Place::empty("move-again");
        let faulty = Faulty::new(&place.keys());
        let place = Place {
            options: HomeOptions { hardware: Some(Arc::new(faulty.clone())), ..place.options.clone() },
            ..place
        };
        let mut vault = place.fill(&place.home());
        let earlier = image(&place.home());
        faulty.fail_after(calls);
        let moved = vault.move_store();
        faulty.work();
        vault.move_store().unwrap();
        drop(vault);
        let now = image(&place.home());
        put_back(&earlier, &place.home());
        assert_eq!(place.code(&passphrase()), "cloned_device", "after {calls} calls");
        put_back(&now, &place.home());
        assert_eq!(places(&place.right()), ["Bus park"]);
        if moved.is_ok() {
            break;
        }
    }
}

fn databases(place: &Place) -> usize {
    let is_database = |name: &str| name.ends_with(".db") && name != "sealed.db";
    image(&place.home()).keys().filter(|path| is_database(&path.display().to_string())).count()
}

#[test]
fn a_move_ends_the_images_of_a_home_that_was_opened_by_the_first_format_too() {
    let place = Place::empty("move-former");
    let fixture = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/schema-002");
    put_back(&image(&fixture), &place.home());
    let first = image(&place.home());
    // The positive control.
    let mut vault = place.right();
    let rows = vault.list(&vigil_core::ListQuery::default()).unwrap().len();
    assert_eq!(rows, 3);
    let second = image(&place.home());
    vault.move_store().unwrap();
    drop(vault);
    let now = image(&place.home());
    put_back(&first, &place.home());
    assert_eq!(place.code(&passphrase()), "restored_backup");
    put_back(&second, &place.home());
    assert_eq!(place.code(&passphrase()), "cloned_device");
    put_back(&now, &place.home());
    assert_eq!(place.right().list(&vigil_core::ListQuery::default()).unwrap().len(), rows);
    assert!(!place.home().join("vigil.db").exists(), "the name that told which database is which is gone");
    assert!(Vault::look_for(&place.home()).is_ok());
}
