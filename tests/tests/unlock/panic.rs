//! Panic: it needs no PIN, no room and nobody's leave, and leaves nothing that is half wiped and still readable.

use super::faulty::Faulty;
use super::{Place, image, places, put_back, record};
use std::sync::Arc;
use vigil_core::{FolderVault, HomeOptions, Passphrase, Vault};
use vigil_tests::passphrase;

#[test]
fn a_panic_destroys_a_locked_home_and_spares_what_was_sealed() {
    let place = Place::new("panic");
    let earlier = image(&place.home());
    let sealed = Vault::locked_copies(&place.home()).unwrap();
    assert_eq!(sealed.len(), 1);
    let erased = Vault::panic_erase(&place.home(), &FolderVault::new(place.keys())).unwrap();
    assert!(erased.hardware_key && erased.key_file && erased.databases);
    assert_eq!((place.code(&passphrase()), place.wrong()), ("wiped", "wiped"));
    assert_eq!(Vault::locked_copies(&place.home()).unwrap(), sealed);
    // No earlier copy of the home opens with what is left.
    put_back(&earlier, &place.home());
    assert_eq!(place.code(&passphrase()), "cloned_device");
    // Twice does no harm, and nowhere is nowhere.
    Vault::panic_erase(&place.home(), &FolderVault::new(place.keys())).unwrap();
    Vault::panic_erase(&place.home(), &FolderVault::new(place.keys())).unwrap();
    let nowhere = Vault::panic_erase(&place.folder.path().join("nowhere"), &FolderVault::new(place.keys()));
    assert_eq!(nowhere.err().map(|error| error.code()), Some("no_home"));
}

#[test]
fn a_panic_does_not_wait_for_whoever_has_the_home_open_and_writes() {
    let place = Place::new("panic-open");
    let mut vault = place.right();
    let home = place.home();
    let (started, writing) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            for number in 0..40 {
                let sighting = vigil_core::NewSighting {
                    place: format!("Gate {number}"),
                    seen_at: vigil_core::Timestamp(0),
                    description: None,
                    people: None,
                };
                // It may fail from some moment on: its files are gone.
                let _ = vault.record_sighting(&sighting);
                let _ = started.send(());
            }
            // Nothing that this vault still does brings the home back.
            let _ = vault.change_passphrase(&Passphrase::new("another"));
            let _ = vault.move_store();
        });
        for _ in 0..3 {
            writing.recv().unwrap();
        }
        let start = std::time::Instant::now();
        Vault::panic_erase(&home, &FolderVault::new(place.keys())).unwrap();
        assert!(start.elapsed() < std::time::Duration::from_secs(2));
    });
    for pin in [passphrase(), Passphrase::new("another")] {
        assert_eq!(place.code(&pin), "wiped");
    }
}

/// The hardware stops at each call in turn, then everything works again. After each the home is readable as before, or not at
/// all; and once more is always enough.
#[test]
fn a_panic_that_is_cut_short_leaves_a_whole_home_or_none() {
    let mut destroyed = 0;
    for calls in 0..6 {
        let place = Place::empty("panic-cut");
        let faulty = Faulty::new(&place.keys());
        let place = Place {
            options: HomeOptions { hardware: Some(Arc::new(faulty.clone())), ..place.options.clone() },
            ..place
        };
        // In the middle of a move there are two keys of the hardware that open something.
        let mut vault = place.fill(&place.home());
        let earlier = image(&place.home());
        faulty.fail_after(calls * 3);
        let _ = vault.move_store();
        drop(vault);
        faulty.fail_after(calls % 3);
        let result = Vault::panic_erase(&place.home(), &faulty);
        faulty.work();
        let code = place.code(&passphrase());
        assert!(["wiped", "cloned_device"].contains(&code), "{code} after {calls}, {result:?}");
        Vault::panic_erase(&place.home(), &faulty).unwrap();
        assert_eq!(place.code(&passphrase()), "wiped");
        destroyed += 1;
        drop(earlier);
    }
    assert_eq!(destroyed, 6);
}

#[test]
fn a_panic_in_the_middle_of_a_move_destroys_the_old_key_too() {
    // After the new key file is in its place and before the old key is gone: whichever call that is.
    let mut both = 0;
    for calls in 0..40 {
        let place = Place::empty("panic-move");
        let faulty = Faulty::new(&place.keys());
        let place = Place {
            options: HomeOptions { hardware: Some(Arc::new(faulty.clone())), ..place.options.clone() },
            ..place
        };
        let mut vault = place.fill(&place.home());
        let earlier = image(&place.home());
        let key = std::fs::read(place.home().join("key")).unwrap();
        faulty.fail_after(calls);
        let moved = vault.move_store();
        drop(vault);
        faulty.work();
        let is_in_between = moved.is_err() && std::fs::read(place.home().join("key")).unwrap() != key;
        if is_in_between {
            both += 1;
            let keys = image(&place.keys());
            let now = image(&place.home());
            // The positive control: with the old key still there the earlier image would open.
            put_back(&earlier, &place.home());
            assert_eq!(places(&place.right()), ["Bus park"]);
            put_back(&now, &place.home());
            put_back(&keys, &place.keys());
        }
        Vault::panic_erase(&place.home(), &faulty).unwrap();
        put_back(&earlier, &place.home());
        assert_eq!(place.code(&passphrase()), "cloned_device", "after {calls} calls");
        if moved.is_ok() {
            break;
        }
    }
    assert!(both > 0, "no cut fell between the new key file and the old key");
}

#[test]
fn a_panic_works_on_a_full_disk() {
    let place = Place::new("panic-full");
    // A process that may not make any file longer has a full disk, and needs nobody's leave to be made.
    let exe = std::env::current_exe().unwrap();
    let script = "ulimit -f 0; exec \"$0\" --exact panic::on_a_full_disk --nocapture";
    let output = std::process::Command::new("sh")
        .args(["-c", script])
        .arg(exe)
        .env("VIGIL_PANIC_HOME", place.home())
        .env("VIGIL_PANIC_KEYS", place.keys())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("it was full"), "the child did not run: {said}");
    assert_eq!((place.code(&passphrase()), place.wrong()), ("wiped", "wiped"));
    assert_eq!(image(&place.keys()).len(), 0);
}

/// The child of the test above; on its own it has nothing to do.
#[test]
fn on_a_full_disk() {
    let (Some(home), Some(keys)) = (std::env::var_os("VIGIL_PANIC_HOME"), std::env::var_os("VIGIL_PANIC_KEYS")) else {
        return;
    };
    let home = std::path::PathBuf::from(home);
    // Without this the first write beyond the limit would end the process.
    ignore_the_signal_of_the_limit();
    assert!(std::fs::write(home.join("more"), [0; 4096]).is_err(), "the positive control: the disk is not full");
    eprintln!("it was full");
    let erased = Vault::panic_erase(&home, &FolderVault::new(keys)).unwrap();
    assert!(erased.hardware_key && erased.databases);
}

#[test]
fn a_full_disk_does_not_keep_a_panic_from_a_vault_in_the_middle_of_a_transaction() {
    let place = Place::new("panic-transaction");
    let mut vault = place.right();
    record(&mut vault, "East gate");
    let hardware = FolderVault::new(place.keys());
    // Between two saves of an open vault, its log not yet in the database.
    Vault::panic_erase(&place.home(), &hardware).unwrap();
    let after = vault.change_passphrase(&Passphrase::new("another"));
    assert!(after.is_err(), "an open vault does not bring the home back");
    drop(vault);
    assert_eq!((place.code(&passphrase()), place.code(&Passphrase::new("another"))), ("wiped", "wiped"));
    let names: Vec<_> = image(&place.home()).into_keys().collect();
    assert!(
        names.iter().all(|name| !name.to_string_lossy().ends_with(".db") || name.ends_with("sealed.db")),
        "{names:?}"
    );
}

fn ignore_the_signal_of_the_limit() {
    #[allow(unsafe_code, reason = "there is no safe way to ignore a signal")]
    // SAFETY: SIG_IGN is a valid disposition, and nothing else in this process handles the signal.
    unsafe {
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
    }
}
