//! The lease of this device: what it knows of the time, kept durably, and whether it may read now.
//! Contact promises to renew it; recording and sending never ask it (PROTOCOL 21).

use crate::error::{Result, VigilError};
use crate::lease::{self, Ends, Known, Reading};
use crate::store::{Setting, StoreError, settings};
use crate::vault::Vault;
use rusqlite::{Connection, Transaction};
use serde::Serialize;
use vigil_protocol::{LogEntry, Timestamp, canonical, limits};

/// How far time may run on before it is written down again, in milliseconds: that much a restart of the device can win.
const NOTED_EVERY_MS: i64 = 60 * 60 * 1000;

/// How the lease stands.
#[derive(Clone, Debug, Serialize)]
pub struct LeaseView {
    /// Whether records can be read here now.
    pub reading: bool,
    /// `lease_ended` or `certificate_ended`, where they cannot.
    pub closed_by: Option<String>,
    /// When the lease ends without contact, in milliseconds since 1970; none where the space has no server or no policy.
    pub lease_ends: Option<i64>,
    /// When the certificate ends, in milliseconds since 1970.
    pub certificate_ends: Option<i64>,
    /// Whether the device's clock says something that cannot be.
    pub clock_jumped: bool,
}

impl Vault {
    fn monotonic(&self) -> i64 {
        i64::try_from(self.clock.moment().millis).unwrap_or(i64::MAX)
    }

    fn known_time(&self) -> Result<Known> {
        self.known_in(self.store.read())
    }

    fn known_in(&self, connection: &Connection) -> Result<Known> {
        let damaged = |_| VigilError::DatabaseDamaged { detail: "the lease" };
        let known: (Timestamp, i64, Timestamp) = match settings::get(connection, Setting::Lease)? {
            Some(bytes) => canonical::decode(&bytes).map_err(damaged)?,
            // A home of the first versions: what its log says is all that is known.
            None => {
                let newest = newest_of(&self.space()?.log).min(self.now());
                (newest, self.monotonic(), newest)
            }
        };
        Ok(Known { newest: known.0, seen_at: known.1, renewed: known.2 })
    }

    /// The time by which certificates and leases are judged here: it never runs back.
    pub(crate) fn judged_time(&self) -> Result<Timestamp> {
        Ok(self.known_time()?.time(self.monotonic()))
    }

    fn note(tx: &Transaction<'_>, known: &Known) -> Result<(), StoreError> {
        settings::set(tx, Setting::Lease, &canonical::encode(&(known.newest, known.seen_at, known.renewed)))
    }

    /// A lease begins with what an officer signed for.
    pub(super) fn begin_lease(&self, tx: &Transaction<'_>, at: Timestamp) -> Result<(), StoreError> {
        Self::note(tx, &Known { newest: at, seen_at: self.monotonic(), renewed: at })
    }

    /// Notes a time that somebody else signed, as it stands in a receipt. It counts up to this device's clock at most: one
    /// that is wrong and far ahead ends no lease.
    pub(crate) fn note_signed(&self, tx: &Transaction<'_>, said: Timestamp) -> Result<()> {
        let (known, monotonic) = (self.known_in(tx)?, self.monotonic());
        let newest = known.time(monotonic).max(said.min(self.now()));
        Ok(Self::note(tx, &Known { newest, seen_at: monotonic, ..known })?)
    }

    /// Notes the times of verified entries, up to this device's clock, and contact with the server at its time.
    pub(crate) fn note_time(&self, entries: &[LogEntry], contact: Option<Timestamp>) -> Result<()> {
        let known = self.known_time()?;
        let monotonic = self.monotonic();
        // The server's word replaces what was reckoned here: otherwise an entry from the future would end every lease early.
        let said = newest_of(entries).min(self.now());
        let newest = contact.unwrap_or_else(|| known.time(monotonic).max(said));
        let renewed = contact.unwrap_or(known.renewed);
        let noted = Known { newest, seen_at: monotonic, renewed };
        Ok(self.store.in_transaction(|tx| Self::note(tx, &noted))?)
    }

    /// The time that an entry of the log is signed with: this device's clock, unless the server has told the time and the
    /// clock is further ahead of that than a server takes. A desk with a wrong clock goes on working.
    pub(super) fn log_time(&self) -> Result<Timestamp> {
        let now = self.now();
        if settings::get(self.store.read(), Setting::Lease)?.is_none() {
            return Ok(now);
        }
        let told = self.known_time()?.time(self.monotonic());
        let is_ahead = now.0.saturating_sub(told.0) > limits::MAX_LOG_ENTRY_AHEAD_MS;
        let has_server = settings::get(self.store.read(), Setting::Incarnation)?.is_some();
        Ok(if is_ahead && has_server { told } else { now })
    }

    fn ends(&self) -> Result<Ends> {
        let space = self.space()?;
        let lease_days = space.membership.policy().filter(|_| space.server.is_some()).map(|policy| policy.lease_days);
        let certified = space.membership.member(&self.device).and_then(|me| me.certified);
        Ok(Ends { lease_days, certificate: certified.map(|(_, end)| end) })
    }

    /// How this device's lease stands.
    ///
    /// # Errors
    /// [`VigilError::NotInSpace`].
    pub fn lease(&self) -> Result<LeaseView> {
        let (known, ends) = (self.known_time()?, self.ends()?);
        let at = known.time(self.monotonic());
        let reading = lease::reading(&known, at, &ends);
        let lasts = |days| known.renewed.0.saturating_add(i64::from(days) * limits::DAY_MS);
        Ok(LeaseView {
            reading: reading == Reading::Open,
            closed_by: code_of(reading).map(str::to_owned),
            lease_ends: ends.lease_days.map(lasts),
            certificate_ends: ends.certificate.map(|end| end.0),
            clock_jumped: lease::clock_jumped(self.now(), at),
        })
    }

    /// That this device may read now.
    pub(crate) fn may_read(&self) -> Result<()> {
        if self.space.is_none() {
            return Ok(());
        }
        let (known, ends) = (self.known_time()?, self.ends()?);
        let monotonic = self.monotonic();
        let at = known.time(monotonic);
        if at.0.saturating_sub(known.newest.0) >= NOTED_EVERY_MS {
            let noted = Known { newest: at, seen_at: monotonic, ..known };
            self.store.in_transaction(|tx| Self::note(tx, &noted))?;
        }
        match code_of(lease::reading(&known, at, &ends)) {
            None => Ok(()),
            Some(why) => Err(VigilError::ReadingClosed { why }),
        }
    }
}

fn code_of(reading: Reading) -> Option<&'static str> {
    match reading {
        Reading::Open => None,
        Reading::LeaseEnded => Some("lease_ended"),
        Reading::CertificateEnded => Some("certificate_ended"),
    }
}

fn newest_of(entries: &[LogEntry]) -> Timestamp {
    entries.iter().map(|entry| entry.time).max().unwrap_or(Timestamp(0))
}
