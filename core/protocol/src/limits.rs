//! Every size and count that the outside can fill, with its name.
//! Both ends check the same numbers, before any work that grows with them.

/// Largest body of a sync request or answer, in bytes.
pub const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;
/// Largest page of pulled items that a client may ask for, in bytes.
pub const MAX_PAGE_BYTES: u32 = 2 * 1024 * 1024;
/// Page that a client asks for when it says nothing else, in bytes.
pub const DEFAULT_PAGE_BYTES: u32 = 512 * 1024;
/// Largest sealed content of one item, in bytes (reference sync.md 1.5: envelope at most 64 kB).
pub const MAX_SEALED_BYTES: usize = 64 * 1024;
/// Most items in one batch.
pub const MAX_ITEMS_PER_BATCH: usize = 512;
/// Most batches in one request.
pub const MAX_BATCHES_PER_REQUEST: usize = 64;
/// Most recipients of one capsule.
pub const MAX_CAPSULE_RECIPIENTS: usize = 64;
/// Most ranges in a cursor; beyond them the oldest fall off, and what they covered is sent again.
pub const MAX_CURSOR_RANGES: usize = 4096;
/// Largest entry of the membership log, in bytes.
pub const MAX_LOG_ENTRY_BYTES: usize = 64 * 1024;
/// Most log entries in one request or answer.
pub const MAX_LOG_ENTRIES_PER_MESSAGE: usize = 1024;
/// Most entries in a space's log.
pub const MAX_LOG_ENTRIES: u64 = 100_000;
/// Most devices that are members of one space at a time.
pub const MAX_MEMBERS: usize = 5_000;
/// Most officers that an assignment or the intake names.
pub const MAX_ASSIGNED_OFFICERS: usize = 16;
/// Largest sealed name of a member, in bytes.
pub const MAX_SEALED_NAME_BYTES: usize = 512;
/// Largest text of a join request, welcome or server card, in bytes.
pub const MAX_CODE_BYTES: usize = 8 * 1024 * 1024;
/// Largest first code of an enrolment, in bytes.
pub const MAX_FIRST_CODE_BYTES: usize = 300;
/// What a QR code of the largest version holds in bytes, at level L (ISO/IEC 18004).
pub const MAX_QR_BYTES: usize = 2953;
/// Largest second code of an enrolment, in bytes; above [`MAX_QR_BYTES`] it passes as text.
pub const MAX_SECOND_CODE_BYTES: usize = 8 * 1024;
/// Most devices that a second code names.
pub const MAX_KNOWN_DEVICES: usize = 24;
/// Longest address of a server in a code that does not hold its card, in characters.
pub const MAX_PINNED_URL_CHARS: usize = 128;
/// Highest counter of a batch: what fits a signed 64-bit integer of any database.
pub const MAX_COUNTER: u64 = i64::MAX as u64;
/// Largest sealed details of a certificate, in bytes.
pub const MAX_SEALED_DETAILS_BYTES: usize = 2048;
/// Longest life of a certificate, in milliseconds: 90 days.
pub const MAX_CERTIFICATE_MS: i64 = 90 * DAY_MS;
/// How long a motion of one person stays open to objection, in milliseconds: 72 hours.
pub const OBJECTION_MS: i64 = 3 * DAY_MS;
/// After this a motion that nobody carried out has lapsed, in milliseconds: 90 days.
pub const MOTION_LIFE_MS: i64 = 90 * DAY_MS;
/// How long a suspended person counts among those who could have signed or objected, in milliseconds: 30 days. Without an
/// end, a committee of two with one lost device could never admit anybody again.
pub const SUSPENSION_COUNTS_MS: i64 = 30 * DAY_MS;
/// A day, in milliseconds.
pub const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// How far ahead of the server's clock an entry of the log may claim to be, in milliseconds.
pub const MAX_LOG_ENTRY_AHEAD_MS: i64 = DAY_MS;
/// Fewest persons that carry a motion together.
pub const MIN_QUORUM: u8 = 2;
/// Most persons that a policy may ask for.
pub const MAX_QUORUM: u8 = 9;
/// Longest lease, in days.
pub const MAX_LEASE_DAYS: u16 = 90;
/// Fewest wrong attempts after which a policy may wipe.
pub const MIN_WIPE_AFTER: u16 = 5;
/// Most wrong attempts after which a policy may wipe.
pub const MAX_WIPE_AFTER: u16 = 100;
/// Longest time that a policy lets a monitor keep records, in days.
pub const MAX_KEPT_DAYS: u16 = 365;
/// Most cosignatures of one certificate.
pub const MAX_COSIGNATURES: usize = 4;
/// Most motions of one person that are open at a time.
pub const MAX_OPEN_MOTIONS: usize = 64;
/// Most records that one entry hands over; more take several entries.
pub const MAX_HANDED_OVER: usize = 512;
/// Most holders of shares of the recovery key.
pub const MAX_RECOVERY_SHARES: usize = 15;
/// Largest sealed share of the recovery key, in bytes.
pub const MAX_RECOVERY_SHARE_BYTES: usize = 256;
