//! Keeps a panic of Automerge inside: it becomes an error, and its message is never printed.
//! What is panicked over is always a clone or a temporary; a panic message could repeat a value of a record.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    static CONTAINED: Cell<bool> = const { Cell::new(false) };
}

static QUIET_HOOK: Once = Once::new();

/// The work panicked. What it said is gone on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Panicked;

/// Restores the flag also when the work unwinds.
struct Contained(bool);

impl Contained {
    fn begin() -> Self {
        Self(CONTAINED.with(|flag| flag.replace(true)))
    }
}

impl Drop for Contained {
    fn drop(&mut self) {
        CONTAINED.with(|flag| flag.set(self.0));
    }
}

/// Runs work that may panic. The caller passes only what it throws away on [`Panicked`].
pub(super) fn contained<T>(work: impl FnOnce() -> T) -> Result<T, Panicked> {
    // A hook cannot be set while this thread unwinds already.
    if !std::thread::panicking() {
        QUIET_HOOK.call_once(|| {
            let before = take_hook();
            set_hook(Box::new(move |info| {
                // While a thread ends the flag may be gone already; then nothing contained runs on it.
                if !CONTAINED.try_with(Cell::get).unwrap_or(false) {
                    before(info);
                }
            }));
        });
    }
    let contained = Contained::begin();
    let result = catch_unwind(AssertUnwindSafe(work));
    drop(contained);
    result.map_err(|_| Panicked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error_and_the_next_call_works() {
        assert_eq!(contained(|| panic!("Sita")).map(|()| 0), Err(Panicked));
        assert_eq!(contained(|| 7), Ok(7));
        assert!(!CONTAINED.with(Cell::get));
    }

    #[test]
    fn a_nested_panic_leaves_the_outer_work_contained() {
        let outer = contained(|| {
            let inner = contained(|| panic!("inner"));
            (inner.is_err(), CONTAINED.with(Cell::get))
        });
        assert_eq!(outer, Ok((true, true)));
    }
}
