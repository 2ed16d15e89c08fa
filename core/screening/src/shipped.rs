//! The instruments that come with the program, each pinned to its versions.
//!
//! A version that was shipped stays here unchanged, so that an old record can always be explained again.

use crate::error::InstrumentError;
use crate::instrument::Instrument;

const SHIPPED: &[(&str, u32, &str)] =
    &[("border_interception", 1, include_str!("../instruments/border-interception-1.json"))];

/// Names and versions of the instruments shipped.
pub fn shipped_list() -> impl Iterator<Item = (&'static str, u32)> {
    SHIPPED.iter().map(|(id, version, _)| (*id, *version))
}

/// A shipped instrument in exactly this version; none if it was never shipped.
#[must_use]
pub fn shipped(id: &str, version: u32) -> Option<Result<Instrument, InstrumentError>> {
    let (_, _, json) = SHIPPED.iter().find(|(have, number, _)| *have == id && *number == version)?;
    Some(Instrument::from_json(json))
}

/// The border-interception checklist, in its newest version.
///
/// # Errors
/// None in practice: the shipped file is checked by the tests.
pub fn border_interception() -> Result<Instrument, InstrumentError> {
    Instrument::from_json(include_str!("../instruments/border-interception-1.json"))
}
