//! What a sync says while it runs, and how it is stopped.
//! Cancelling promises to take effect at the next await or page, and to leave everything whole.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::Notify;

/// A step of a running sync.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress {
    /// Saves are being packed and signed.
    Packing {
        /// How many wait.
        saves: u64,
    },
    /// A request is on its way.
    Sending {
        /// Bytes of its body.
        bytes: usize,
    },
    /// An answer has come and is being checked and taken in.
    TakingIn {
        /// Bytes of its body.
        bytes: usize,
        /// Items in it.
        items: usize,
    },
    /// The link failed; the next attempt follows after a while.
    Waiting {
        /// Until then.
        pause: Duration,
        /// How many attempts have failed in a row.
        failures: u32,
    },
}

/// Stops a sync from outside. Clones stop the same sync.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<(AtomicBool, Notify)>);

impl Cancel {
    /// A switch that is off.
    pub fn new() -> Self {
        Self::default()
    }

    /// Stops the sync. Calling it again does nothing.
    pub fn cancel(&self) {
        self.0.0.store(true, Ordering::SeqCst);
        self.0.1.notify_waiters();
    }

    /// Whether it was stopped.
    pub fn is_cancelled(&self) -> bool {
        self.0.0.load(Ordering::SeqCst)
    }

    /// Returns once it is stopped.
    pub(crate) async fn cancelled(&self) {
        let notified = self.0.1.notified();
        tokio::pin!(notified);
        // Registered before the flag is read, so that a stop in between is not missed.
        notified.as_mut().enable();
        if self.is_cancelled() {
            return;
        }
        notified.await;
    }
}
