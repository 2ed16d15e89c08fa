//! The clock, at the edge: the core asks this trait and never the system.
//! Times of day are claims of a phone's clock for people to read; no order of events follows from them. What a wait or a
//! lock hangs on is time since the device was started, which nobody can set.

use crate::keys::random_bytes;
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use vigil_protocol::Timestamp;

/// A moment since a start of the device. Moments of two starts cannot be compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Moment {
    /// Which start: random, another one after each.
    pub boot: [u8; 16],
    /// Milliseconds since then; sleep counts.
    pub millis: u64,
}

impl Moment {
    /// How long ago another moment was; `None` if the device was started in between.
    pub fn since(&self, earlier: &Self) -> Option<Duration> {
        (self.boot == earlier.boot).then(|| Duration::from_millis(self.millis.saturating_sub(earlier.millis)))
    }
}

/// Tells the time of day, and the time since the device was started.
pub trait Clock: Send + Sync {
    /// Now, as this device believes.
    fn now(&self) -> Timestamp;

    /// Now, by a clock that nobody can set.
    fn moment(&self) -> Moment {
        system_moment()
    }
}

/// The system's clock.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// From the kernel where it says so; elsewhere every process counts as a start of its own, so that ending the app makes a
/// wait begin again and never shortens it.
fn system_moment() -> Moment {
    from_kernel().unwrap_or_else(|| {
        static START: OnceLock<([u8; 16], Instant)> = OnceLock::new();
        let (boot, start) = START.get_or_init(|| (random_bytes(), Instant::now()));
        Moment { boot: *boot, millis: u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX) }
    })
}

fn from_kernel() -> Option<Moment> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let digits: Vec<u8> = boot.bytes().filter(u8::is_ascii_hexdigit).collect();
    let mut bytes = [0; 16];
    if digits.len() != 2 * bytes.len() {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    let uptime = std::fs::read_to_string("/proc/uptime").ok()?;
    let seconds: f64 = uptime.split_whitespace().next()?.parse().ok()?;
    Some(Moment { boot: bytes, millis: Duration::try_from_secs_f64(seconds).ok()?.as_millis().try_into().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_that_nobody_can_set_goes_forward_within_one_start() {
        let first = SystemClock.moment();
        std::thread::sleep(Duration::from_millis(30));
        let passed = SystemClock.moment().since(&first).unwrap();
        assert!(passed >= Duration::from_millis(10) && passed < Duration::from_secs(60), "{passed:?}");
        assert_eq!(Moment { boot: [1; 16], ..first }.since(&first), None);
    }
}
