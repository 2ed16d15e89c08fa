//! The clock of an agent, or of a server beside it: the system's until it is set, and from then on it stands until it is set
//! again. Wall clock and time since the start promise to move together, so that months pass in no time.

use std::sync::atomic::{AtomicI64, Ordering};

use vigil_core::{Clock, Moment, SystemClock, Timestamp};
use vigil_sync_server::ServerClock;

/// What stands for a clock that nobody has set.
const UNSET: i64 = i64::MIN;

pub(super) struct SetClock(AtomicI64);

impl Default for SetClock {
    fn default() -> Self {
        Self(AtomicI64::new(UNSET))
    }
}

impl SetClock {
    pub(super) fn set(&self, now: Timestamp) {
        self.0.store(now.0, Ordering::Relaxed);
    }

    fn read(&self) -> Option<Timestamp> {
        Some(self.0.load(Ordering::Relaxed)).filter(|now| *now != UNSET).map(Timestamp)
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        self.read().unwrap_or_else(|| SystemClock.now())
    }

    fn moment(&self) -> Moment {
        let set = |now: Timestamp| Moment { boot: [1; 16], millis: u64::try_from(now.0).unwrap_or(0) };
        self.read().map_or_else(|| SystemClock.moment(), set)
    }
}

impl ServerClock for SetClock {
    fn now(&self) -> Timestamp {
        Clock::now(self)
    }
}
