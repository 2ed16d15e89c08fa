//! Several people's homes on one device: none sees, opens or harms another's.

use super::{Place, image, places, record};
use std::collections::BTreeSet;
use vigil_core::{HomeHandle, HomeOptions, Homes, Passphrase, Vault};

fn pin(number: usize) -> Passphrase {
    Passphrase::new(format!("{number}{number}{number}{number}"))
}

#[test]
fn each_has_her_own_pin_attempts_and_end_and_a_list_names_nobody() {
    let place = Place::empty("people");
    let options = HomeOptions { wipe_after: Some(5), ..place.options.clone() };
    let homes = Homes::new(&place.home(), options.clone()).unwrap();
    assert!(homes.list().unwrap().is_empty());
    let handles: Vec<HomeHandle> = (0..3)
        .map(|number| {
            let (handle, mut vault) = homes.create(&pin(number), &format!("Person {number}")).unwrap();
            vault.create_space(None).unwrap();
            record(&mut vault, &format!("Gate {number}"));
            handle
        })
        .collect();
    let listed = homes.list().unwrap();
    assert_eq!(listed.iter().copied().collect::<BTreeSet<_>>(), handles.iter().copied().collect());
    assert!(listed.is_sorted(), "their order says nothing");
    assert_eq!(HomeHandle::from_hex(&listed[0].to_string()), Some(listed[0]));
    assert_eq!(HomeHandle::from_hex("../../somewhere"), None);
    let code =
        |owner: usize, by: usize| homes.open(&handles[owner], &pin(by)).map_or_else(|error| error.code(), |_| "opened");
    for (owner, handle) in handles.iter().enumerate() {
        assert_eq!(places(&homes.open(handle, &pin(owner)).unwrap()), [format!("Gate {owner}")]);
        for by in (0..3).filter(|by| *by != owner) {
            assert_eq!(code(owner, by), "wrong_passphrase");
        }
    }
    // Another's home in one's own folder is not of one's own key.
    let mixed = place.folder.path().join("mixed");
    super::put_back(&image(&homes.path(&handles[0])), &mixed);
    std::fs::copy(homes.path(&handles[1]).join("key"), mixed.join("key")).unwrap();
    let opened = Vault::open_with(&mixed, &pin(1), &options);
    assert_eq!(opened.err().map(|error| error.code()), Some("database_damaged"));

    // One is wiped by wrong attempts, one by its owner; the third is as it was.
    let third = image(&homes.path(&handles[2]));
    for _ in 0..8 {
        place.clock.pass(3600);
        code(0, 1);
    }
    assert_eq!(code(0, 0), "wiped");
    homes.panic_erase(&handles[1]).unwrap();
    assert_eq!(code(1, 1), "wiped");
    assert!(image(&homes.path(&handles[2])) == third);
    assert_eq!(places(&homes.open(&handles[2], &pin(2)).unwrap()), ["Gate 2"]);
    assert_eq!(homes.list().unwrap().len(), 3, "wiped homes still have something to hand over");
}

#[test]
fn nothing_in_names_of_files_or_hardware_says_whose_home_it_is() {
    let place = Place::empty("people-names");
    let homes = Homes::new(&place.home(), place.options.clone()).unwrap();
    homes.create(&pin(1), "Sunita Tamang").unwrap();
    for (path, bytes) in image(place.folder.path()) {
        assert!(!path.to_string_lossy().contains("Sunita"));
        assert!(!bytes.windows(6).any(|window| window == b"Sunita"), "{}", path.display());
    }
}
