//! Unlocking: five ways not to open a home, each an error of its own, and none of them changes anything; what destroys a home
//! destroys it whole; what changes its PIN or moves it loses nothing.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "unlock/attempts.rs"]
mod attempts;
#[path = "unlock/duress.rs"]
mod duress;
#[path = "unlock/errors.rs"]
mod errors;
#[path = "unlock/faulty.rs"]
mod faulty;
#[path = "unlock/moving.rs"]
mod moving;
#[path = "unlock/panic.rs"]
mod panic;
#[path = "unlock/people.rs"]
mod people;
#[path = "unlock/session.rs"]
mod session;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use vigil_core::{
    Clock, FolderVault, HomeOptions, ListQuery, Moment, NewSighting, Passphrase, Stretching, Timestamp, Vault,
};
use vigil_tests::{Folder, passphrase};

/// A clock that stands still until it is moved.
#[derive(Clone)]
struct Hand(Arc<Mutex<(Moment, i64)>>);

impl Hand {
    fn new() -> Self {
        Self(Arc::new(Mutex::new((Moment { boot: [1; 16], millis: 1_000_000 }, 1_795_000_000_000))))
    }

    fn pass(&self, seconds: u64) {
        self.0.lock().unwrap().0.millis += seconds * 1000;
    }

    fn set_wall_clock(&self, years: i64) {
        self.0.lock().unwrap().1 += years * 365 * 86_400_000;
    }

    fn reboot(&self) {
        let mut state = self.0.lock().unwrap();
        state.0 = Moment { boot: state.0.boot.map(|byte| byte.wrapping_add(1)), millis: 5000 };
    }
}

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.lock().unwrap().1)
    }

    fn moment(&self) -> Moment {
        self.0.lock().unwrap().0
    }
}

/// A home with a record and a draft, its hardware in another folder, and a clock.
struct Place {
    folder: Folder,
    clock: Hand,
    options: HomeOptions,
}

impl Place {
    fn empty(name: &str) -> Self {
        vigil_core::wipe_freed_memory();
        let (folder, clock) = (Folder::new(name), Hand::new());
        let hardware = FolderVault::new(folder.path().join("keys"));
        let options = HomeOptions {
            hardware: Some(Arc::new(hardware)),
            stretching: Stretching::Floor,
            clock: Arc::new(clock.clone()),
            ..HomeOptions::default()
        };
        Self { folder, clock, options }
    }

    fn new(name: &str) -> Self {
        let place = Self::empty(name);
        drop(place.fill(&place.home()));
        place
    }

    fn fill(&self, home: &Path) -> Vault {
        let mut vault = Vault::create_with(home, &passphrase(), "Desk", &self.options).unwrap();
        vault.create_space(None).unwrap();
        record(&mut vault, "Bus park");
        vault
    }

    fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    fn keys(&self) -> PathBuf {
        self.folder.path().join("keys")
    }

    fn open(&self, pin: &str) -> vigil_core::Result<Vault> {
        Vault::open_with(&self.home(), &Passphrase::new(pin), &self.options)
    }

    fn right(&self) -> Vault {
        Vault::open_with(&self.home(), &passphrase(), &self.options).unwrap()
    }

    /// What opening comes to.
    fn code(&self, passphrase: &Passphrase) -> &'static str {
        match Vault::open_with(&self.home(), passphrase, &self.options) {
            Ok(_) => "opened",
            Err(error) => error.code(),
        }
    }

    fn wrong(&self) -> &'static str {
        self.code(&Passphrase::new("not this one"))
    }
}

fn record(vault: &mut Vault, place: &str) {
    let sighting = NewSighting { place: place.into(), seen_at: Timestamp(0), description: None, people: Some(2) };
    vault.record_sighting(&sighting).unwrap();
}

fn places(vault: &Vault) -> Vec<String> {
    let mut places: Vec<_> =
        vault.list(&ListQuery::default()).unwrap().into_iter().filter_map(|row| row.place).collect();
    places.sort();
    places
}

/// Every file below a folder; what SQLite shares between its connections says nothing.
fn image(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&next) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.insert(path.strip_prefix(folder).unwrap().to_owned(), std::fs::read(&path).unwrap());
            }
        }
    }
    files
}

fn put_back(image: &BTreeMap<PathBuf, Vec<u8>>, folder: &Path) {
    std::fs::remove_dir_all(folder).ok();
    std::fs::create_dir_all(folder).unwrap();
    for (path, bytes) in image {
        std::fs::write(folder.join(path), bytes).unwrap();
    }
}

fn flip(path: &Path, position: usize) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes[position] ^= 1;
    std::fs::write(path, bytes).unwrap();
}
