//! The clock, at the edge: the core asks this trait and never the system.
//! Times are claims of a phone's clock for people to read; no order of events follows from them.

use std::sync::OnceLock;
use std::time::{Duration, Instant};
use vigil_protocol::Timestamp;

/// Tells the time of day.
pub trait Clock: Send + Sync {
    /// Now, as this device believes.
    fn now(&self) -> Timestamp;

    /// How long the device has been running: it goes on while nobody looks and cannot be set. Where the system does not say,
    /// how long this process has.
    fn elapsed(&self) -> Duration {
        static START: OnceLock<Instant> = OnceLock::new();
        let process = START.get_or_init(Instant::now).elapsed();
        let running = || std::fs::read_to_string("/proc/uptime").ok()?.split(' ').next()?.parse::<f64>().ok();
        running().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).unwrap_or(process)
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
