//! The clock, at the edge: the core asks this trait and never the system.
//! Times are claims of a phone's clock for people to read; no order of events follows from them.

use vigil_protocol::Timestamp;

/// Tells the time of day.
pub trait Clock: Send + Sync {
    /// Now, as this device believes.
    fn now(&self) -> Timestamp;
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
