//! An open home that locks itself: after some time without use, sooner in the background, and at once when asked.
//! It promises that a locked session holds no key, and that neither the time of day nor a sleeping device keeps it open.

use super::Vault;
use crate::clock::{Clock, Moment};
use crate::error::{Result, VigilError};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// How often a session looks at the clock at least: it may have jumped while the device slept.
const LOOKS: Duration = Duration::from_secs(1);

/// After how long a session locks itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AutoLock {
    /// Without use.
    pub idle: Duration,
    /// In the background, used or not.
    pub background: Duration,
}

impl Default for AutoLock {
    fn default() -> Self {
        Self { idle: Duration::from_secs(5 * 60), background: Duration::from_secs(60) }
    }
}

/// An open home that locks itself.
pub struct Session {
    shared: Arc<Shared>,
    watcher: Option<JoinHandle<()>>,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    clock: Arc<dyn Clock>,
    auto_lock: AutoLock,
}

struct State {
    vault: Option<Vault>,
    used: Moment,
    in_background: Option<Moment>,
    is_over: bool,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Session")
    }
}

impl Session {
    /// Takes an open home over.
    ///
    /// # Errors
    /// [`VigilError::Internal`] if the system gives no thread to watch the clock.
    pub fn new(vault: Vault, auto_lock: AutoLock) -> Result<Self> {
        let clock = Arc::clone(&vault.clock);
        let state = State { vault: Some(vault), used: clock.moment(), in_background: None, is_over: false };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new(), clock, auto_lock });
        let watched = Arc::clone(&shared);
        let watcher = std::thread::Builder::new()
            .name("auto-lock".to_owned())
            .spawn(move || watched.watch())
            .map_err(|_| VigilError::internal("no thread for the automatic lock"))?;
        Ok(Self { shared, watcher: Some(watcher) })
    }

    /// Does something with the home, which counts as use.
    ///
    /// # Errors
    /// [`VigilError::Locked`], or what the work says.
    pub fn with<T>(&self, work: impl FnOnce(&mut Vault) -> Result<T>) -> Result<T> {
        let mut state = self.shared.lock();
        self.shared.lock_if_due(&mut state);
        let result = work(state.vault.as_mut().ok_or(VigilError::Locked)?);
        state.used = self.shared.clock.moment();
        result
    }

    /// The app went into the background.
    pub fn enter_background(&self) {
        let mut state = self.shared.lock();
        let now = self.shared.clock.moment();
        state.in_background.get_or_insert(now);
        self.shared.changed.notify_all();
    }

    /// The app is seen again. If that took too long, the session is locked.
    pub fn leave_background(&self) {
        let mut state = self.shared.lock();
        self.shared.lock_if_due(&mut state);
        state.in_background = None;
    }

    /// Whether it is locked.
    pub fn is_locked(&self) -> bool {
        let mut state = self.shared.lock();
        self.shared.lock_if_due(&mut state);
        state.vault.is_none()
    }

    /// Locks at once: the quick exit. Every key is wiped when this returns. Work that is under way ends first; a sync ends
    /// when it is cancelled.
    pub fn lock(&self) {
        self.shared.lock().vault = None;
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        {
            let mut state = self.shared.lock();
            state.vault = None;
            state.is_over = true;
        }
        self.shared.changed.notify_all();
        if let Some(watcher) = self.watcher.take() {
            // It has nothing to say.
            let _ = watcher.join();
        }
    }
}

impl Shared {
    /// Work that panicked leaves a vault that is as its last transaction left it.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long until it is due; none if it is due now.
    fn left(&self, state: &State) -> Option<Duration> {
        let now = self.clock.moment();
        let until = |from: &Moment, limit: Duration| limit.checked_sub(now.since(from)?).filter(|left| !left.is_zero());
        let idle = until(&state.used, self.auto_lock.idle)?;
        match &state.in_background {
            Some(since) => Some(idle.min(until(since, self.auto_lock.background)?)),
            None => Some(idle),
        }
    }

    fn lock_if_due(&self, state: &mut State) {
        if self.left(state).is_none() {
            state.vault = None;
        }
    }

    fn watch(&self) {
        let mut state = self.lock();
        while !state.is_over && state.vault.is_some() {
            match self.left(&state) {
                None => state.vault = None,
                Some(left) => {
                    let waited = self.changed.wait_timeout(state, left.min(LOOKS));
                    state = waited.unwrap_or_else(PoisonError::into_inner).0;
                }
            }
        }
    }
}
