//! How long a device may read without contact, and until when its certificate lets it (PROTOCOL 21). Pure: times come in.
//! It promises to close reading only, never recording or sending, and that the wall clock decides nothing but a warning.

use vigil_protocol::{Timestamp, limits};

/// How far behind the judged time the wall clock may be before that is called a jump, in milliseconds.
const BEHIND_MS: i64 = limits::DAY_MS;
/// How far ahead it may be: a device that was switched off knows nothing of the time between.
const AHEAD_MS: i64 = 90 * limits::DAY_MS;

/// What a device knows of the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    /// The newest time that somebody else signed for, or that has passed since one, as it was last written down.
    pub(crate) newest: Timestamp,
    /// What the monotonic clock said then, in milliseconds.
    pub(crate) seen_at: i64,
    /// When the lease began anew.
    pub(crate) renewed: Timestamp,
}

impl Known {
    /// The time by which leases are judged: it never runs back, whatever the wall clock is set to. A monotonic clock that
    /// is behind has begun anew with the device.
    pub(crate) fn time(&self, monotonic: i64) -> Timestamp {
        let passed = if monotonic >= self.seen_at { monotonic - self.seen_at } else { monotonic };
        Timestamp(self.newest.0.saturating_add(passed.max(0)))
    }
}

/// What ends reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ends {
    /// How many days a lease lasts; none where there is nobody to renew it.
    pub(crate) lease_days: Option<u16>,
    /// When the certificate has ended.
    pub(crate) certificate: Option<Timestamp>,
}

/// Whether a device may read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// It may.
    Open,
    /// It has been without contact for too long.
    LeaseEnded,
    /// Its certificate has ended.
    CertificateEnded,
}

/// Whether a device may read at a time.
pub(crate) fn reading(known: &Known, at: Timestamp, ends: &Ends) -> Reading {
    if ends.certificate.is_some_and(|end| at >= end) {
        return Reading::CertificateEnded;
    }
    let lasts = ends.lease_days.map(|days| i64::from(days) * limits::DAY_MS);
    if lasts.is_some_and(|lasts| at.0.saturating_sub(known.renewed.0) >= lasts) {
        return Reading::LeaseEnded;
    }
    Reading::Open
}

/// Whether the wall clock says something that cannot be. It is a reason to look at it, and for nothing else.
pub(crate) fn clock_jumped(wall: Timestamp, at: Timestamp) -> bool {
    let ahead = wall.0.saturating_sub(at.0);
    !(-BEHIND_MS..=AHEAD_MS).contains(&ahead)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DAY: i64 = limits::DAY_MS;
    const KNOWN: Known = Known { newest: Timestamp(1_000 * DAY), seen_at: 500, renewed: Timestamp(1_000 * DAY) };

    #[test]
    fn a_lease_of_seven_days_ends_after_seven_days_and_not_a_millisecond_before() {
        let ends = Ends { lease_days: Some(7), certificate: None };
        let after = |passed| reading(&KNOWN, KNOWN.time(500 + passed), &ends);
        assert_eq!(after(7 * DAY - 1), Reading::Open);
        assert_eq!(after(7 * DAY), Reading::LeaseEnded);
        let nobody = Ends { lease_days: None, certificate: None };
        assert_eq!(reading(&KNOWN, KNOWN.time(500 + 700 * DAY), &nobody), Reading::Open);
    }

    #[test]
    fn a_certificate_closes_reading_at_its_end_and_not_a_millisecond_before() {
        let ends = Ends { lease_days: Some(90), certificate: Some(Timestamp(1_010 * DAY)) };
        assert_eq!(reading(&KNOWN, Timestamp(1_010 * DAY - 1), &ends), Reading::Open);
        assert_eq!(reading(&KNOWN, Timestamp(1_010 * DAY), &ends), Reading::CertificateEnded);
    }

    #[test]
    fn a_restart_of_the_device_begins_the_monotonic_clock_anew_and_takes_nothing_back() {
        assert_eq!(KNOWN.time(500), KNOWN.newest);
        assert_eq!(KNOWN.time(501).0, KNOWN.newest.0 + 1);
        assert_eq!(KNOWN.time(20).0, KNOWN.newest.0 + 20);
    }

    #[test]
    fn a_wall_clock_that_says_what_cannot_be_is_noticed() {
        let at = Timestamp(1_000 * DAY);
        for (wall, jumped) in [(999, false), (998, true), (1_090, false), (1_091, true), (1_000, false)] {
            assert_eq!(clock_jumped(Timestamp(wall * DAY), at), jumped, "{wall}");
        }
    }

    proptest! {
        #[test]
        fn time_never_runs_back_while_the_device_runs(newest: i64, seen_at in 0i64.., a in 0i64.., b in 0i64..) {
            let known = Known { newest: Timestamp(newest), seen_at, renewed: Timestamp(0) };
            let (early, late) = (a.min(b), a.max(b));
            prop_assert!(known.time(early).0 >= newest);
            if early >= seen_at || late < seen_at {
                prop_assert!(known.time(early) <= known.time(late));
            }
        }
    }
}
