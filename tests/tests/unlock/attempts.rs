//! Wrong attempts: they are counted, they cost time, and the last one that the district allows wipes the home.

use super::{Place, image, places, put_back, record};
use std::sync::Arc;
use vigil_core::{HomeOptions, Passphrase, Vault, VigilError};
use vigil_tests::passphrase;

fn answer(place: &Place, pin: &Passphrase) -> (&'static str, u64, Option<u32>) {
    match Vault::open_with(&place.home(), pin, &place.options) {
        Ok(_) => ("opened", 0, None),
        Err(VigilError::WrongPassphrase { wait_seconds, attempts_left }) => ("wrong", wait_seconds, attempts_left),
        Err(VigilError::TryLater { wait_seconds }) => ("later", wait_seconds, None),
        Err(error) => (error.code(), 0, None),
    }
}

#[test]
fn wrong_attempts_cost_more_and_more_time_and_a_right_one_ends_it() {
    let place = Place::new("waits");
    let wrong = Passphrase::new("not this one");
    for left in [9, 8, 7] {
        assert_eq!(answer(&place, &wrong), ("wrong", 0, Some(left)));
    }
    assert_eq!(answer(&place, &wrong), ("wrong", 30, Some(6)));
    // Neither the right one nor another clock on the wall shortens the wait.
    place.clock.pass(10);
    place.clock.set_wall_clock(10);
    assert_eq!(answer(&place, &passphrase()), ("later", 20, None));
    place.clock.pass(20);
    assert_eq!(answer(&place, &wrong), ("wrong", 60, Some(5)));
    // Starting the device begins it anew.
    place.clock.pass(50);
    place.clock.reboot();
    assert_eq!(answer(&place, &passphrase()), ("later", 60, None));
    place.clock.pass(59);
    assert_eq!(answer(&place, &passphrase()), ("later", 1, None));
    place.clock.pass(1);
    assert_eq!(answer(&place, &passphrase()), ("opened", 0, None));
    for left in [9, 8, 7] {
        assert_eq!(answer(&place, &wrong), ("wrong", 0, Some(left)), "they are counted from the beginning again");
    }
}

#[test]
fn a_home_that_was_put_back_does_not_give_the_attempts_back() {
    let place = Place::new("counted");
    let home = image(&place.home());
    for _ in 0..4 {
        assert_eq!(place.wrong(), "wrong_passphrase");
        put_back(&home, &place.home());
    }
    assert_eq!((place.wrong(), place.code(&passphrase())), ("try_later", "try_later"));
}

#[test]
fn the_last_attempt_that_the_district_allows_wipes_the_home_and_spares_what_was_sealed() {
    let place = Place::new("wipe");
    let mut vault = place.right();
    assert_eq!(vault.set_wipe_after(Some(2)).err().map(|error| error.code()), Some("invalid"));
    vault.set_wipe_after(Some(6)).unwrap();
    record(&mut vault, "East gate");
    let sealed = vault.sealed_copies().unwrap();
    drop(vault);
    assert_eq!(place.right().wipe_after(), Some(6));
    let before = image(place.folder.path());
    for left in (1..6).rev() {
        place.clock.pass(3600);
        assert_eq!(answer(&place, &Passphrase::new("no")).2, Some(left));
    }
    // Waiting counts nothing, and what is in the way of the last attempt does not either.
    assert_eq!(answer(&place, &passphrase()).0, "later");
    place.clock.pass(3600);
    assert_eq!(answer(&place, &Passphrase::new("no")).0, "wiped");
    assert_eq!((place.code(&passphrase()), place.wrong()), ("wiped", "wiped"));
    let names: Vec<_> = image(&place.home()).into_keys().map(|path| path.display().to_string()).collect();
    assert!(names.iter().all(|name| name == "key" || name == "lock" || name.starts_with("sealed.db")), "{names:?}");
    assert_eq!(image(&place.keys()).len(), 0, "the hardware's key is gone");
    assert_eq!(Vault::locked_copies(&place.home()).unwrap(), sealed);
    // Nothing is made over it.
    let made = Vault::create_with(&place.home(), &passphrase(), "", &place.options);
    assert_eq!(made.err().map(|error| error.code()), Some("home_exists"));
    // An earlier copy of the home does not open with today's hardware. The positive control: with the hardware of that
    // moment, which the stand-in cannot help being, it does.
    let home =
        before.iter().filter_map(|(path, bytes)| Some((path.strip_prefix("home").ok()?.to_owned(), bytes.clone())));
    put_back(&home.collect(), &place.home());
    assert_eq!(place.code(&passphrase()), "cloned_device");
    let keys =
        before.iter().filter_map(|(path, bytes)| Some((path.strip_prefix("keys").ok()?.to_owned(), bytes.clone())));
    put_back(&keys.collect(), &place.keys());
    assert_eq!(places(&place.right()), ["Bus park", "East gate"]);
}

#[test]
fn ending_the_app_in_every_attempt_gives_no_more_of_them() {
    let place = Place::empty("killed");
    let faulty = super::faulty::Faulty::new(&place.keys());
    let place = Place {
        options: HomeOptions { hardware: Some(Arc::new(faulty.clone())), wipe_after: Some(5), ..place.options.clone() },
        ..place
    };
    drop(place.fill(&place.home()));
    for _ in 0..5 {
        place.clock.pass(3600);
        // The hardware goes away once the attempt is counted: as if the app had been ended there.
        faulty.fail_after_keeping_state();
        assert_eq!(place.code(&passphrase()), "hardware");
        faulty.work();
    }
    place.clock.pass(3600);
    assert_eq!(place.code(&passphrase()), "wiped");
}

#[test]
fn damage_is_never_an_attempt() {
    let place = Place::new("damage");
    place.right().set_wipe_after(Some(5)).unwrap();
    super::flip(&place.home().join("key"), 50);
    for _ in 0..20 {
        assert_eq!(place.wrong(), "key_file_damaged");
    }
    super::flip(&place.home().join("key"), 50);
    let database = vigil_core::measure::database_of(&place.right());
    super::flip(&database, 200);
    for _ in 0..20 {
        assert_eq!(place.code(&passphrase()), "database_damaged");
    }
    super::flip(&database, 200);
    assert_eq!(answer(&place, &Passphrase::new("no")), ("wrong", 0, Some(4)));
    assert_eq!(places(&place.right()), ["Bus park"]);
}
