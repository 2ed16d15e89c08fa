//! A session locks itself and leaves no key in memory.

use super::{Place, record};
use std::time::{Duration, Instant};
use vigil_core::{AutoLock, Passphrase, Session};
use vigil_tests::passphrase;

fn locks_within(session: &Session, seconds: u64) -> bool {
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(seconds) {
        if session.is_locked() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

fn code<T>(result: vigil_core::Result<T>) -> &'static str {
    result.map_or_else(|error| error.code(), |_| "done")
}

#[test]
fn a_session_without_use_locks_after_five_minutes_and_use_begins_them_anew() {
    let place = Place::new("idle");
    let session = Session::new(place.right(), AutoLock::default()).unwrap();
    for _ in 0..3 {
        place.clock.pass(299);
        assert_eq!(code(session.with(|vault| vault.status())), "done");
    }
    place.clock.set_wall_clock(-20);
    assert!(!session.is_locked());
    place.clock.pass(300);
    assert_eq!(code(session.with(|vault| vault.status())), "locked");
    // The home is free again.
    assert_eq!(place.code(&passphrase()), "opened");
}

#[test]
fn a_session_locks_by_itself_without_anybody_asking() {
    let place = Place::new("watch");
    let session = Session::new(place.right(), AutoLock::default()).unwrap();
    assert_eq!(place.code(&passphrase()), "home_in_use", "the positive control");
    place.clock.pass(301);
    let start = Instant::now();
    while place.code(&passphrase()) != "opened" {
        assert!(start.elapsed() < Duration::from_secs(20), "it holds its keys still");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(session.is_locked());
}

#[test]
fn in_the_background_it_locks_after_a_minute_used_or_not() {
    let place = Place::new("background");
    let session = Session::new(place.right(), AutoLock::default()).unwrap();
    session.enter_background();
    place.clock.pass(59);
    assert_eq!(code(session.with(|vault| vault.status())), "done");
    session.enter_background();
    place.clock.pass(1);
    session.leave_background();
    assert!(session.is_locked());
    // Seen again in time, the minute is over for nobody.
    let session = Session::new(place.right(), AutoLock::default()).unwrap();
    session.enter_background();
    place.clock.pass(59);
    session.leave_background();
    place.clock.pass(200);
    assert!(!session.is_locked());
    // A device that was started in between is another device.
    place.clock.reboot();
    assert!(locks_within(&session, 5));
}

#[test]
fn the_quick_exit_takes_less_than_a_fifth_of_a_second() {
    let place = Place::new("exit");
    let session = Session::new(place.right(), AutoLock::default()).unwrap();
    session
        .with(|vault| {
            record(vault, "East gate");
            Ok(())
        })
        .unwrap();
    let start = Instant::now();
    session.lock();
    let took = start.elapsed();
    assert!(took < Duration::from_millis(200), "{took:?}");
    assert_eq!(code(session.with(|vault| vault.status())), "locked");
    assert_eq!(super::places(&place.right()).len(), 2);
}

#[test]
fn a_wrong_pin_does_not_open_a_session_that_locked() {
    let place = Place::new("again");
    let session = Session::new(place.right(), AutoLock::default()).unwrap();
    session.lock();
    assert_eq!(place.code(&Passphrase::new("no")), "wrong_passphrase");
    assert!(session.is_locked());
}
