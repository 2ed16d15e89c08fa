//! Enrolment face to face: two codes, no network, and what becomes of a device until the log names it (ADR 0020).
#![allow(clippy::unwrap_used, missing_docs)]

mod any_order;
mod carried;
mod codes;
mod first_contact;
mod ways_in;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU8, Ordering};
use vigil_core::sync::{Cancel, SyncOptions, SyncReport, Transport};
use vigil_core::{Clock, ListQuery, Moment, NewSighting, RecordId, Result, Timestamp, Vault};
use vigil_protocol::{FirstCode, SecondCode};
use vigil_tests::{Device, Folder, at_floor, passphrase};

pub const FIRST: &str = "vigil-join-2:";
pub const SECOND: &str = "vigil-welcome-2:";

/// A clock that a test sets: running time, wall time, and which start of the device it is.
pub struct TestClock {
    pub running: AtomicI64,
    pub boot: AtomicU8,
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        vigil_core::SystemClock.now()
    }

    fn moment(&self) -> Moment {
        let millis = self.running.load(Ordering::Relaxed).unsigned_abs();
        Moment { boot: [self.boot.load(Ordering::Relaxed); 16], millis }
    }
}

pub fn device_with_clock(name: &str) -> (Device, Arc<TestClock>) {
    let clock = Arc::new(TestClock { running: AtomicI64::new(60_000), boot: AtomicU8::new(1) });
    let folder = Folder::new(name);
    let vault = Vault::create_with(&folder.path().join("home"), &passphrase(), name, &at_floor(clock.clone())).unwrap();
    (Device { folder, vault: Some(vault) }, clock)
}

pub fn record(device: &mut Device, place: &str) -> RecordId {
    let sighting = NewSighting { place: place.into(), seen_at: Timestamp(1), description: None, people: None };
    device.vault().record_sighting(&sighting).unwrap()
}

pub fn listed(device: &mut Device) -> Vec<String> {
    let mut ids: Vec<String> =
        device.vault().list(&ListQuery::default()).unwrap().into_iter().map(|row| row.id).collect();
    ids.sort();
    ids
}

pub fn bytes_of(prefix: &str, text: &str) -> Vec<u8> {
    let digits = text.strip_prefix(prefix).unwrap().as_bytes();
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

pub fn text_of(prefix: &str, bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{prefix}{digits}")
}

pub fn first_code(text: &str) -> FirstCode {
    FirstCode::from_bytes(&bytes_of(FIRST, text)).unwrap()
}

pub fn second_code(text: &str) -> SecondCode {
    SecondCode::from_bytes(&bytes_of(SECOND, text)).unwrap()
}

/// Syncs over any transport.
pub fn sync_over(transport: &impl Transport, device: &mut Device) -> Result<SyncReport> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let options = SyncOptions { attempts: 1, ..SyncOptions::default() };
    runtime.block_on(device.vault().sync(transport, &options, &mut |_| {}, &Cancel::new()))
}
