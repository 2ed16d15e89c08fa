//! The sync client: one round trip pushes what waits and pulls what is new, until nothing is left on either side.
//! It promises that a sync can be cut, repeated or cancelled at any byte without loss, and that one bad record never stops
//! the others.

mod again;
pub(crate) mod auditors;
mod carried;
mod client;
mod first_contact;
mod http;
mod pack;
mod progress;
pub(crate) mod readers;
mod take_in;
mod transport;

pub use client::{SyncOptions, SyncReport};
pub use http::HttpTransport;
pub use progress::{Cancel, Progress};
pub use transport::{Transport, TransportError};

pub(crate) use pack::{Save, merge_contents, seal_copy};
pub(crate) use readers::{About, MayNot, may_erase, reading_devices};
pub(crate) use take_in::{erase, look_at};
