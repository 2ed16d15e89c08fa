//! Every number that bounds what the outside can make this server do, with its name.
//! They come on top of [`vigil_protocol::limits`], which both ends check; these are the server's own.

use std::time::Duration;

/// Most connections at a time; more wait in the system's queue.
pub const MAX_CONNECTIONS: usize = 1024;
/// How long a TLS handshake may take.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a client may take for the head of a request, and how long a kept connection may idle.
pub const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a client may take for the whole body of a request.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(60);
/// How long one connection may live, whatever it does: a reader that takes a byte a minute ends here.
pub const CONNECTION_LIFETIME: Duration = Duration::from_secs(15 * 60);
/// Largest head of a request, in bytes.
pub const MAX_HEAD_BYTES: usize = 16 * 1024;
/// Most header lines of a request.
pub const MAX_HEADERS: usize = 64;
/// A body up to this size is read at once; larger ones, or of unstated size, take turns.
pub const SMALL_BODY_BYTES: usize = 128 * 1024;
/// Most larger bodies that are in memory at a time.
pub const MAX_LARGE_BODIES: usize = 64;
/// Most requests that wait for the database at a time; more are answered `busy`.
pub const MAX_WAITING_REQUESTS: usize = 256;
/// How long a shutdown waits for requests that are under way.
pub const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);
/// Pause after the system could not accept a connection (out of descriptors).
pub const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Most membership views that are kept in memory.
pub const MAX_CACHED_SPACES: usize = 64;
/// Most spaces that are tried for one device name. Names are random: more than one match means that somebody copied it.
pub const MAX_SPACES_OF_DEVICE: usize = 8;
/// Most bytes of log entries in one answer; `more` says that there are others.
pub const MAX_LOG_BYTES_PER_ANSWER: usize = 1024 * 1024;
/// Most sequence numbers that one request may walk in search of items for its device; `more` says that it did not reach
/// the end. It bounds what a device can cost that pretends to hold nothing.
pub const MAX_WALKED_NUMBERS: u64 = 250_000;
/// Most batches of one device that wait for a predecessor.
pub const MAX_PROVISIONAL_PER_DEVICE: u64 = 64;
/// Bytes of waiting batches of one device after which no other is kept.
pub const MAX_PROVISIONAL_BYTES_PER_DEVICE: u64 = 16 * 1024 * 1024;
/// Most batches of one device that are kept as proof of a fork. The first already proves it.
pub const MAX_FORKS_PER_DEVICE: u64 = 8;
/// What the header of one batch counts for, in quotas and in pages, on top of its items.
pub const BATCH_HEADER_BYTES: u64 = 256;
/// What one item hash counts for, in quotas and in pages.
pub const ITEM_HASH_BYTES: u64 = 36;

/// Spaces of one server, unless configured otherwise.
pub const DEFAULT_MAX_SPACES: u64 = 100;
/// Items that one device may have stored, unless configured otherwise.
pub const DEFAULT_MAX_ITEMS_PER_DEVICE: u64 = 1_000_000;
/// Bytes that one device may have stored, unless configured otherwise.
pub const DEFAULT_MAX_BYTES_PER_DEVICE: u64 = 2 * 1024 * 1024 * 1024;
/// Items of one space, unless configured otherwise.
pub const DEFAULT_MAX_ITEMS_PER_SPACE: u64 = 20_000_000;
/// Bytes of one space, unless configured otherwise.
pub const DEFAULT_MAX_BYTES_PER_SPACE: u64 = 20 * 1024 * 1024 * 1024;
