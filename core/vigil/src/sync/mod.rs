//! The sync client: one round trip pushes what waits and pulls what is new, until nothing is left on either side.
//! It promises that a sync can be cut, repeated or cancelled at any byte without loss, and that one bad record never stops
//! the others.

mod again;
mod auditors;
mod client;
mod http;
mod pack;
mod progress;
mod take_in;
mod transport;

pub use client::{SyncOptions, SyncReport};
pub use http::HttpTransport;
pub use progress::{Cancel, Progress};
pub use transport::{Transport, TransportError};

pub(crate) use pack::{Save, merge_contents, reading_devices, seal_copy};
pub(crate) use take_in::{Erasing, MayNot, erase, may_erase};
