//! Wrong PIN, damaged key file, damaged database, an old backup, another device: five errors, and nothing is changed by any.

use super::{Place, flip, image, places, put_back, record};
use vigil_core::{Passphrase, Vault, measure};
use vigil_tests::passphrase;

#[test]
fn five_ways_not_to_open_are_five_errors_and_change_nothing() {
    let place = Place::new("five");
    let old = image(&place.home());
    let mut vault = place.right();
    record(&mut vault, "East gate");
    let database = measure::database_of(&vault);
    drop(vault);
    let newest = image(&place.home());
    let untouched = |what: &str, found: &str, expected: &str| {
        let before = image(&place.home());
        let keys = image(&place.keys());
        for attempt in 0..3 {
            assert_eq!(place.code(&passphrase()), expected, "{what}, attempt {attempt}");
        }
        assert_eq!(place.code(&Passphrase::new("not this one")), found, "{what}, with a wrong PIN");
        assert!(image(&place.home()) == before, "{what}: the home was changed");
        if found != "wrong_passphrase" {
            assert!(image(&place.keys()) == keys, "{what}: an attempt was counted");
        }
        // Everything that was sealed can still be handed over.
        assert_eq!(Vault::locked_copies(&place.home()).unwrap().len(), 2, "{what}");
        put_back(&newest, &place.home());
    };

    // 1. A wrong PIN changes nothing but the count of attempts.
    let before = image(&place.home());
    assert_eq!(place.wrong(), "wrong_passphrase");
    assert!(image(&place.home()) == before);

    // 2. The key file is damaged.
    flip(&place.home().join("key"), 60);
    untouched("a damaged key file", "key_file_damaged", "key_file_damaged");

    // 3. The database is damaged: with the right PIN that is known, with a wrong one it is a wrong PIN.
    flip(&database, 100);
    untouched("a damaged database", "wrong_passphrase", "database_damaged");

    // 4. An old backup of the home was put back; only the database knows, so the PIN has to be right.
    put_back(&old, &place.home());
    for (path, bytes) in &newest {
        if path.to_string_lossy().starts_with("sealed.db") {
            std::fs::write(place.home().join(path), bytes).unwrap();
        }
    }
    untouched("an old backup", "wrong_passphrase", "restored_backup");

    // 5. The home was copied to a device with other hardware.
    let keys = image(&place.keys());
    std::fs::remove_dir_all(place.keys()).unwrap();
    untouched("another device", "cloned_device", "cloned_device");
    put_back(&keys, &place.keys());

    // The positive control: as it was, it opens.
    assert_eq!(places(&place.right()), ["Bus park", "East gate"]);
}

#[test]
fn a_key_file_of_other_hardware_with_the_same_alias_is_a_clone() {
    let place = Place::new("alias");
    for (path, bytes) in image(&place.keys()) {
        if path.extension().is_some_and(|ending| ending == "key") {
            let other: Vec<u8> = bytes.iter().map(|byte| byte ^ 0x5a).collect();
            std::fs::write(place.keys().join(path), other).unwrap();
        }
    }
    assert_eq!((place.code(&passphrase()), place.wrong()), ("cloned_device", "cloned_device"));
}

#[test]
fn an_old_database_beside_the_newest_key_file_is_an_old_backup() {
    let place = Place::new("old-database");
    let database = measure::database_of(&place.right());
    let old = std::fs::read(&database).unwrap();
    record(&mut place.right(), "East gate");
    let new = std::fs::read(&database).unwrap();
    std::fs::write(&database, &old).unwrap();
    assert_eq!(place.code(&passphrase()), "restored_backup");
    assert!(std::fs::read(&database).unwrap() == old);
    std::fs::write(&database, &new).unwrap();
    assert_eq!(places(&place.right()), ["Bus park", "East gate"]);
}

#[test]
fn hardware_that_was_put_back_does_not_give_new_attempts_or_old_key_files() {
    let place = Place::new("old-hardware");
    let (old_key, old_keys) = (std::fs::read(place.home().join("key")).unwrap(), image(&place.keys()));
    place.right().change_passphrase(&Passphrase::new("another")).unwrap();
    let new_key = std::fs::read(place.home().join("key")).unwrap();
    drop(place.open("another").unwrap());
    drop(place.open("another").unwrap());
    let new_keys = image(&place.keys());
    // Files and hardware of before, database of now: the former PIN does not open it.
    put_back(&old_keys, &place.keys());
    std::fs::write(place.home().join("key"), &old_key).unwrap();
    assert_eq!(place.code(&passphrase()), "restored_backup");
    put_back(&new_keys, &place.keys());
    std::fs::write(place.home().join("key"), &new_key).unwrap();
    assert_eq!(places(&place.open("another").unwrap()), ["Bus park"]);
}

#[test]
fn a_changed_passphrase_takes_the_place_of_the_old_one_and_old_key_files_open_nothing() {
    let place = Place::new("change");
    let key = place.home().join("key");
    let old = std::fs::read(&key).unwrap();
    let mut vault = place.right();
    assert_eq!(vault.change_passphrase(&Passphrase::new("")).err().map(|error| error.code()), Some("invalid"));
    vault.change_passphrase(&Passphrase::new("another")).unwrap();
    vault.change_passphrase(&Passphrase::new("a third")).unwrap();
    // The vault that is open goes on.
    record(&mut vault, "East gate");
    drop(vault);
    for pin in ["four random words here", "another"] {
        assert_eq!(place.code(&Passphrase::new(pin)), "wrong_passphrase");
    }
    assert_eq!(places(&place.open("a third").unwrap()), ["Bus park", "East gate"]);
    let new = std::fs::read(&key).unwrap();
    std::fs::write(&key, &old).unwrap();
    assert_eq!((place.code(&passphrase()), place.wrong()), ("restored_backup", "restored_backup"));
    std::fs::write(&key, &new).unwrap();
    assert!(place.open("a third").is_ok());
}

#[test]
fn a_change_that_the_power_ended_has_happened_or_has_not() {
    let place = Place::new("change-cut");
    let first = std::fs::read(place.home().join("key")).unwrap();
    let mut vault = place.right();
    let before = image(&place.keys());
    vault.change_passphrase(&Passphrase::new("another")).unwrap();
    drop(vault);
    // The new file is in its place and the hardware does not know yet: it learns, and the old one is old from then on.
    put_back(&before, &place.keys());
    assert_eq!(places(&place.open("another").unwrap()), ["Bus park"]);
    std::fs::write(place.home().join("key"), &first).unwrap();
    assert_eq!(place.code(&passphrase()), "restored_backup");
}

#[test]
fn a_state_that_the_hardware_lost_or_mixed_up_is_an_error_of_the_hardware_and_changes_nothing() {
    let (place, other) = (Place::new("state"), Place::new("other-state"));
    let states = |place: &Place| -> Vec<_> {
        let is_state = |path: &std::path::PathBuf| path.extension().is_some_and(|ending| ending == "state");
        image(&place.keys()).into_iter().filter(|(path, _)| is_state(path)).collect()
    };
    let (path, right) = states(&place).remove(0);
    let home = image(&place.home());
    // Both sectors damaged; another key's state; none.
    let mut damaged = right.clone();
    damaged.iter_mut().for_each(|byte| *byte ^= 1);
    for wrong in [damaged, states(&other).remove(0).1, Vec::new()] {
        std::fs::write(place.keys().join(&path), &wrong).unwrap();
        assert_eq!((place.code(&passphrase()), place.wrong()), ("hardware", "hardware"));
        assert!(image(&place.home()) == home);
        assert!(std::fs::read(place.keys().join(&path)).unwrap() == wrong);
    }
    std::fs::write(place.keys().join(&path), &right).unwrap();
    assert_eq!(places(&place.right()), ["Bus park"]);
}
