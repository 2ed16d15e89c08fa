//! Wrong attempts at a home: how many, how long to wait for the next, and when it is one too many. Pure.
//! It promises that neither the time of day nor ending the app shortens a wait, and that starting the device begins it anew.

use crate::clock::Moment;
use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};
use std::time::Duration;

/// So many attempts cost no wait: fingers slip.
const FREE: u32 = 4;
const FIRST_WAIT: Duration = Duration::from_secs(30);
const LONGEST_WAIT: Duration = Duration::from_secs(3600);

/// The attempts since the last right one. An attempt counts from before it is tried, so that cutting it short gains nothing.
#[derive(Clone, Encode, Decode, PartialEq, Eq, Debug, Default)]
#[cbor(array)]
pub(crate) struct Attempts {
    #[n(0)]
    count: u32,
    /// From when the wait is counted.
    #[n(1)]
    since: Option<Since>,
}

#[derive(Clone, Encode, Decode, PartialEq, Eq, Debug)]
#[cbor(array)]
struct Since {
    #[n(0)]
    boot: ByteArray<16>,
    #[n(1)]
    millis: u64,
}

impl From<Moment> for Since {
    fn from(moment: Moment) -> Self {
        Self { boot: moment.boot.into(), millis: moment.millis }
    }
}

/// What may be done now.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Permit {
    Try,
    /// Not before this long.
    Wait(Duration),
    /// The device was started since: the wait begins anew, and must be kept before it is told.
    WaitAnew(Duration),
    /// All attempts that the district allows are used up.
    Exhausted,
}

fn wait_after(count: u32) -> Duration {
    match count.checked_sub(FREE) {
        None => Duration::ZERO,
        Some(more) => FIRST_WAIT.saturating_mul(1u32.checked_shl(more).unwrap_or(u32::MAX)).min(LONGEST_WAIT),
    }
}

impl Attempts {
    /// Whether one may be tried now.
    pub(crate) fn permit(&mut self, now: Moment, limit: Option<u32>) -> Permit {
        if self.left(limit) == Some(0) {
            return Permit::Exhausted;
        }
        let wait = wait_after(self.count);
        let Some(since) = self.since.as_ref().filter(|_| !wait.is_zero()) else { return Permit::Try };
        match now.since(&Moment { boot: *since.boot, millis: since.millis }) {
            Some(passed) if passed >= wait => Permit::Try,
            Some(passed) => Permit::Wait(wait - passed),
            None => {
                self.since = Some(now.into());
                Permit::WaitAnew(wait)
            }
        }
    }

    /// Counts one that is about to be tried.
    pub(crate) fn begin(&mut self, now: Moment) {
        self.count = self.count.saturating_add(1);
        self.since = Some(now.into());
    }

    /// How many are left before the home is wiped, if the district set a limit.
    pub(crate) fn left(&self, limit: Option<u32>) -> Option<u32> {
        limit.map(|limit| limit.saturating_sub(self.count))
    }

    /// How long to wait after the last one.
    pub(crate) fn wait(&self) -> Duration {
        wait_after(self.count)
    }
}

/// A duration in whole seconds, rounded up: who waits so long waits long enough.
pub(crate) fn seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(boot: u8, seconds: u64) -> Moment {
        Moment { boot: [boot; 16], millis: seconds * 1000 }
    }

    fn tried(times: u32, now: Moment) -> Attempts {
        let mut attempts = Attempts::default();
        (0..times).for_each(|_| attempts.begin(now));
        attempts
    }

    #[test]
    fn the_first_few_cost_nothing_and_then_the_wait_doubles_to_an_hour() {
        let waits: Vec<u64> = (0..14).map(|count| tried(count, at(1, 0)).wait().as_secs()).collect();
        assert_eq!(waits, [0, 0, 0, 0, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]);
        assert_eq!(Attempts { count: u32::MAX, since: None }.wait(), LONGEST_WAIT);
    }

    #[test]
    fn a_wait_ends_by_the_clock_that_nobody_can_set() {
        let mut attempts = tried(5, at(1, 100));
        assert_eq!(attempts.permit(at(1, 100), None), Permit::Wait(Duration::from_secs(60)));
        assert_eq!(attempts.permit(at(1, 159), None), Permit::Wait(Duration::from_secs(1)));
        assert_eq!(attempts.permit(at(1, 160), None), Permit::Try);
        assert_eq!(attempts.permit(at(1, 40), None), Permit::Wait(Duration::from_secs(60)), "it went backwards");
    }

    #[test]
    fn starting_the_device_begins_the_wait_anew_and_once() {
        let mut attempts = tried(5, at(1, 1_000_000));
        assert_eq!(attempts.permit(at(2, 5), None), Permit::WaitAnew(Duration::from_secs(60)));
        assert_eq!(attempts.permit(at(2, 35), None), Permit::Wait(Duration::from_secs(30)));
        assert_eq!(attempts.permit(at(2, 65), None), Permit::Try);
    }

    #[test]
    fn the_last_one_that_is_allowed_is_the_last() {
        let mut attempts = tried(2, at(1, 0));
        assert_eq!((attempts.left(Some(3)), attempts.permit(at(1, 0), Some(3))), (Some(1), Permit::Try));
        attempts.begin(at(1, 0));
        assert_eq!((attempts.left(Some(3)), attempts.permit(at(1, 0), Some(3))), (Some(0), Permit::Exhausted));
        assert_eq!((attempts.left(None), attempts.permit(at(1, 0), None)), (None, Permit::Try));
    }

    #[test]
    fn part_of_a_second_is_waited_for() {
        assert_eq!([0, 1, 1000, 1001].map(|millis| seconds(Duration::from_millis(millis))), [0, 1, 1, 2]);
    }
}
