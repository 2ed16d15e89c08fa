//! Hiding: one person takes a record out of the lists of all devices at once, until two have decided whether it goes.
//! It promises to destroy nothing, and that whoever shows it again has seen who hid it.

use minicbor::{Decode, Encode};
use serde::Serialize;

/// Whether a record is in the lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
pub enum Hiding {
    /// It is not.
    #[n(0)]
    Hidden,
    /// It is again.
    #[n(1)]
    Shown,
}
