//! After a hand-over the store moves (PROTOCOL 24): an earlier image of the home, with the PIN and today's hardware, opens
//! nothing, even to somebody who passes by every check that Vigil makes.
#![allow(clippy::unwrap_used, missing_docs)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};
use vigil_core::loot::Loot;
use vigil_core::records::{Agreement, Outcome};
use vigil_core::{
    Clock, FolderVault, ListQuery, Moment, NewPerson, NewScreening, Passphrase, Recorded, Role, SystemClock, Timestamp,
    Vault, measure,
};
use vigil_tests::{Committee, Device, Folder, at_floor, passphrase};

const NAME: &str = "Sunita";
const DAY: i64 = 24 * 60 * 60 * 1000;

fn record(device: &mut Device) -> Recorded {
    let screening: NewScreening = serde_json::from_value(serde_json::json!({
        "station": "Kakarvitta", "started_at": 1_795_000_000_000_i64, "age_band": "adult",
        "instrument": "border_interception@1", "answers": {"debt_bondage": "yes"},
    }))
    .unwrap();
    let person: NewPerson = serde_json::from_value(serde_json::json!({"role": "traveller", "name": NAME})).unwrap();
    let intercepted = Some(Outcome::Intercepted { agreement: Agreement::Agreed });
    device.vault().record_screening(&screening, &[person], intercepted).unwrap()
}

fn home(device: &Device) -> PathBuf {
    device.folder.path().join("home")
}

/// A copy of the home as it is now; the hardware's folder stays where it is, as a chip would.
fn image(device: &Device, folder: &Folder, name: &str) -> PathBuf {
    let image = folder.path().join(name);
    std::fs::create_dir(&image).unwrap();
    for entry in std::fs::read_dir(home(device)).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, image.join(path.file_name().unwrap())).unwrap();
    }
    image
}

/// How many databases of the image open with a PIN and the device's hardware as it is now, and whether she is named in what
/// can be read then.
fn taken(device: &Device, image: &Path, pin: &Passphrase) -> (usize, bool) {
    let (mut loot, scratch) = (Loot::default(), Folder::new("scratch"));
    let hardware = FolderVault::beside(&home(device)).unwrap();
    let opened = loot.take_images(&[image.to_owned()], &hardware, pin, scratch.path()).unwrap();
    let named = loot.read().iter().any(|piece| piece.windows(NAME.len()).any(|window| window == NAME.as_bytes()));
    (opened, named)
}

fn database(device: &mut Device) -> PathBuf {
    measure::database_of(device.vault())
}

fn with_volunteer() -> (Committee, Device) {
    let mut committee = Committee::new();
    let mut volunteer = committee.admit("Volunteer", Role::Volunteer);
    committee.sync_desk().unwrap();
    committee.sync(&mut volunteer).unwrap();
    (committee, volunteer)
}

#[test]
fn an_image_from_before_the_hand_over_opens_before_it_and_not_after() {
    let ((committee, mut volunteer), images) = (with_volunteer(), Folder::new("images"));
    volunteer.vault().set_duress_pin(&Passphrase::new("2468")).unwrap();
    record(&mut volunteer);
    let before = image(&volunteer, &images, "before");
    // The positive control.
    assert_eq!(taken(&volunteer, &before, &passphrase()), (1, true));
    assert_eq!(taken(&volunteer, &before, &Passphrase::new("2468")), (1, false));
    committee.sync(&mut volunteer).unwrap();
    assert_eq!(taken(&volunteer, &before, &passphrase()), (0, false));
    assert_eq!(taken(&volunteer, &before, &Passphrase::new("2468")).0, 0);
    // What is there now opens and names nobody; the duress profile and the sealed batch stayed.
    let after = image(&volunteer, &images, "after");
    assert_eq!(taken(&volunteer, &after, &passphrase()), (1, false));
    assert_eq!(taken(&volunteer, &after, &Passphrase::new("2468")).0, 1);
    assert_eq!(volunteer.vault().kept_batches().unwrap().len(), 1);
    volunteer.restart();
    assert_eq!(volunteer.vault().kept_batches().unwrap().len(), 1);
    assert!(measure::damage_of(volunteer.vault()).unwrap().is_empty());
}

#[test]
fn a_sync_moves_once_however_much_it_handed_over_and_not_if_nothing() {
    let (committee, mut volunteer) = with_volunteer();
    let keys = |device: &Device| std::fs::read_dir(home(device).with_extension("hardware")).unwrap().count();
    let first = database(&mut volunteer);
    committee.sync(&mut volunteer).unwrap();
    assert_eq!(database(&mut volunteer), first, "there was nothing to hand over");
    (0..5).for_each(|_| drop(record(&mut volunteer)));
    let many = keys(&volunteer);
    committee.sync(&mut volunteer).unwrap();
    let second = database(&mut volunteer);
    assert_ne!(second, first);
    assert_eq!(keys(&volunteer), many, "the former key is gone");
    committee.sync(&mut volunteer).unwrap();
    volunteer.restart();
    assert_eq!(database(&mut volunteer), second);
}

#[test]
fn what_was_acknowledged_before_a_sync_broke_is_left_behind_all_the_same() {
    let ((committee, mut volunteer), images) = (with_volunteer(), Folder::new("images"));
    record(&mut volunteer);
    let (before, first) = (image(&volunteer, &images, "before"), database(&mut volunteer));
    // The step after the destruction fails.
    let copies = rusqlite::Connection::open(home(&volunteer).join("sealed.db")).unwrap();
    copies.execute_batch("CREATE TRIGGER stop BEFORE DELETE ON copy BEGIN SELECT raise(ABORT, 'stop'); END").unwrap();
    assert_eq!(taken(&volunteer, &before, &passphrase()), (1, true));
    committee.sync(&mut volunteer).unwrap_err();
    assert_ne!(database(&mut volunteer), first);
    assert_eq!(taken(&volunteer, &before, &passphrase()), (0, false));
}

/// A folder stands where the new key file is written: nothing can be put there, as on a full disk.
#[test]
fn on_a_full_disk_the_destruction_stands_and_the_next_opening_moves() {
    let ((committee, mut volunteer), images) = (with_volunteer(), Folder::new("images"));
    let recorded = record(&mut volunteer);
    let before = image(&volunteer, &images, "before");
    let first = database(&mut volunteer);
    let blocked = home(&volunteer).join("key.new");
    std::fs::create_dir(&blocked).unwrap();
    committee.sync(&mut volunteer).unwrap();
    // Nobody is locked out, and what was handed over is gone; only the old pages still open.
    assert_eq!(database(&mut volunteer), first);
    assert!(volunteer.vault().show(&recorded.screening).unwrap().fields.is_empty());
    volunteer.restart();
    assert_eq!(database(&mut volunteer), first);
    assert_eq!(taken(&volunteer, &before, &passphrase()), (1, true));
    std::fs::remove_dir(&blocked).unwrap();
    volunteer.restart();
    assert_ne!(database(&mut volunteer), first);
    assert_eq!(taken(&volunteer, &before, &passphrase()), (0, false));
    assert_eq!(volunteer.vault().list(&ListQuery::default()).unwrap().len(), 2);
}

struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }

    fn moment(&self) -> Moment {
        Moment { boot: [1; 16], millis: self.0.load(Ordering::Relaxed).unsigned_abs() }
    }
}

#[test]
fn a_monitors_store_moves_when_something_aged_out_and_not_before() {
    let (mut committee, images) = (Committee::new(), Folder::new("images"));
    // Everybody else's time is today's.
    let today = SystemClock.now().0;
    let (clock, folder) = (Arc::new(Hand(AtomicI64::new(today - 31 * DAY))), Folder::new("monitor"));
    let vault = Vault::create_with(&folder.path().join("home"), &passphrase(), "Monitor", &at_floor(clock.clone()));
    let mut monitor = Device { folder, vault: Some(vault.unwrap()) };
    let request = monitor.vault().join_request().unwrap();
    let welcome = committee.desk.vault().admit(&request, Role::Monitor, "Monitor").unwrap();
    vigil_tests::join(&mut monitor, &welcome).unwrap();
    record(&mut monitor);
    committee.sync_desk().unwrap();
    committee.sync(&mut monitor).unwrap();
    let (first, before) = (database(&mut monitor), image(&monitor, &images, "before"));
    clock.0.store(today - 2 * DAY, Ordering::Relaxed);
    committee.sync(&mut monitor).unwrap();
    assert_eq!(database(&mut monitor), first, "29 days have passed");
    assert_eq!(taken(&monitor, &before, &passphrase()), (1, true));
    clock.0.store(today, Ordering::Relaxed);
    committee.sync(&mut monitor).unwrap();
    assert_eq!(monitor.vault().status().unwrap().handed_over, 2);
    assert_ne!(database(&mut monitor), first);
    assert_eq!(taken(&monitor, &before, &passphrase()), (0, false));
}

/// With a thousand records, printing the time: `VIGIL_MOVED_RECORDS=1000 cargo test -p vigil-tests --test leaving_pages -- --nocapture`
#[test]
fn a_move_takes_no_longer_than_somebody_waits() {
    let records: usize = std::env::var("VIGIL_MOVED_RECORDS").ok().and_then(|text| text.parse().ok()).unwrap_or(100);
    let mut device = Device::create("Many");
    device.vault().create_space(None).unwrap();
    // A screening and a person each.
    (0..records / 2).for_each(|_| drop(record(&mut device)));
    let bytes = std::fs::metadata(database(&mut device)).unwrap().len();
    let began = Instant::now();
    device.vault().move_store().unwrap();
    let took = began.elapsed();
    eprintln!("moving {records} records in {bytes} bytes took {took:?}");
    assert!(took < Duration::from_secs(20), "{took:?}");
}
