//! The duress PIN: a small profile that is true, and that leaves the whole one as it is.

use super::{Place, image, places, record};
use vigil_core::{Passphrase, ScreeningDraft, measure};
use vigil_tests::passphrase;

fn pin() -> Passphrase {
    Passphrase::new("2468")
}

fn draft(station: &str) -> ScreeningDraft {
    serde_json::from_value(serde_json::json!({
        "screening": {
            "station": station, "started_at": 0, "minutes": 2, "people": 1, "age_band": "adult", "sex": "female",
            "instrument": "border_interception@1", "answers": {"phone_withheld": "yes"},
        }
    }))
    .unwrap()
}

#[test]
fn the_duress_pin_opens_a_small_true_profile_and_does_not_touch_the_other() {
    let place = Place::new("duress");
    assert_eq!(place.code(&pin()), "wrong_passphrase", "the positive control");
    let mut vault = place.right();
    let whole = measure::database_of(&vault);
    assert_eq!(vault.set_duress_pin(&passphrase()).err().map(|error| error.code()), Some("invalid"));
    vault.set_duress_pin(&pin()).unwrap();
    vault.start_screening(&draft("Raxaul")).unwrap();
    drop(vault);
    let before = std::fs::read(&whole).unwrap();
    let sealed = std::fs::read(place.home().join("sealed.db")).unwrap();
    let mut small = place.open("2468").unwrap();
    assert!(small.list(&vigil_core::ListQuery::default()).unwrap().is_empty());
    assert!(small.sealed_copies().unwrap().is_empty());
    assert!(small.members().is_err() && small.drafts().unwrap().is_empty());
    assert!(small.instruments().unwrap().len() > 1, "instruments are there");
    // It is a true one: what is begun in it is there again.
    small.start_screening(&draft("Practice")).unwrap();
    for result in
        [small.set_duress_pin(&pin()), small.clear_duress_pin(), small.set_wipe_after(None), small.move_store()]
    {
        assert_eq!(result.err().map(|error| error.code()), Some("not_allowed"));
    }
    drop(small);
    assert_eq!(place.open("2468").unwrap().drafts().unwrap().len(), 1);
    assert!(std::fs::read(&whole).unwrap() == before, "the other database was touched");
    assert!(std::fs::read(place.home().join("sealed.db")).unwrap() == sealed, "the sealed copies were touched");
    let vault = place.right();
    assert_eq!((places(&vault).len(), vault.drafts().unwrap().len()), (1, 1));
    assert_eq!(vault.sealed_copies().unwrap().len(), 1);
}

#[test]
fn each_pin_is_changed_without_the_other() {
    let place = Place::new("duress-change");
    let mut vault = place.right();
    vault.set_duress_pin(&pin()).unwrap();
    assert_eq!(vault.change_passphrase(&pin()).err().map(|error| error.code()), Some("invalid"));
    vault.change_passphrase(&Passphrase::new("another")).unwrap();
    drop(vault);
    let mut small = place.open("2468").unwrap();
    assert_eq!(small.change_passphrase(&Passphrase::new("another")).err().map(|error| error.code()), Some("invalid"));
    small.change_passphrase(&Passphrase::new("8642")).unwrap();
    drop(small);
    assert_eq!(place.code(&pin()), "wrong_passphrase");
    // What the small profile changed is kept by what the whole one changes next.
    let mut vault = place.open("another").unwrap();
    vault.set_wipe_after(Some(10)).unwrap();
    drop(vault);
    assert!(place.open("8642").unwrap().list(&vigil_core::ListQuery::default()).unwrap().is_empty());
    let mut vault = place.open("another").unwrap();
    assert_eq!(places(&vault), ["Bus park"]);
    vault.set_duress_pin(&Passphrase::new("1357")).unwrap();
    drop(vault);
    assert_eq!(
        (place.code(&Passphrase::new("8642")), place.code(&Passphrase::new("1357"))),
        ("wrong_passphrase", "opened")
    );
    place.open("another").unwrap().clear_duress_pin().unwrap();
    assert_eq!(place.code(&Passphrase::new("1357")), "wrong_passphrase");
}

#[test]
fn files_do_not_say_which_database_is_which_or_whether_there_is_a_second_pin() {
    let lengths = |place: &Place| -> Vec<usize> {
        let files = image(&place.home());
        files
            .iter()
            .filter(|(path, _)| path.to_string_lossy().starts_with("key"))
            .map(|(_, bytes)| bytes.len())
            .collect()
    };
    let one = Place::new("looks-one");
    let two = Place::new("looks-two");
    two.right().set_duress_pin(&pin()).unwrap();
    assert_eq!(lengths(&one), lengths(&two));
    for place in [&one, &two] {
        let names: Vec<String> = image(&place.home()).into_keys().map(|path| path.display().to_string()).collect();
        let databases: Vec<_> = names.iter().filter(|name| name.ends_with(".db") && *name != "sealed.db").collect();
        assert_eq!(databases.len(), 2);
        assert!(
            databases.iter().all(|name| name.len() == 19 && name[..16].bytes().all(|byte| byte.is_ascii_hexdigit()))
        );
    }
    // Whichever slot a home got: over some homes both places occur.
    let mut first = 0;
    for number in 0..12 {
        let place = Place::empty(&format!("slots-{number}"));
        let vault = vigil_core::Vault::create_with(&place.home(), &passphrase(), "", &place.options).unwrap();
        let names: Vec<String> = image(&place.home()).into_keys().map(|path| path.display().to_string()).collect();
        let own = measure::database_of(&vault).file_name().unwrap().to_string_lossy().into_owned();
        first += usize::from(names.iter().find(|name| name.ends_with(".db") && *name != "sealed.db") == Some(&own));
    }
    assert!((1..12).contains(&first), "{first} of 12");
}

#[test]
fn wrong_attempts_are_one_count_whichever_pin_is_meant() {
    let place = Place::new("duress-count");
    let mut vault = place.right();
    vault.set_duress_pin(&pin()).unwrap();
    record(&mut vault, "East gate");
    drop(vault);
    for _ in 0..4 {
        assert_eq!(place.wrong(), "wrong_passphrase");
    }
    assert_eq!((place.code(&pin()), place.code(&passphrase())), ("try_later", "try_later"));
    place.clock.pass(30);
    assert_eq!((place.code(&pin()), place.code(&passphrase())), ("opened", "opened"));
}
