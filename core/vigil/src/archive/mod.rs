//! The archive: the whole of a committee's data in one file, for the day the project ends (two persons, PROTOCOL 19).
//! It promises to be readable by the holder of the key that two persons agreed on and by nobody else, in any order of
//! damage: a file that was cut, reordered or changed anywhere is refused where that shows, and never read as something else.
//!
//! A file is [`MAGIC`], the length of the header (4 bytes, big-endian), the header (canonical CBOR), and chunks. What is
//! inside is one JSON object a line.

mod header;
mod stream;

pub(crate) use header::ArchiveSource;
pub use header::{ArchiveError, ArchiveHeader};
pub(crate) use stream::{ArchiveReader, ArchiveWriter};
