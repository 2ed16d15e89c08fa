//! The server's clock, at the edge: what times in other people's entries are checked against.
//! Tests bring their own, so that three days pass in no time.

use vigil_protocol::Timestamp;

/// Tells the time of day.
pub trait ServerClock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// The system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl ServerClock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}
