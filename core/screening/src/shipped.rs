//! The instruments that come with the program, each pinned to its versions.
//!
//! A version that was shipped stays here unchanged, so that an old record can always be explained again.

use std::sync::OnceLock;

use crate::error::InstrumentError;
use crate::instrument::Instrument;

macro_rules! shipped {
    ($($id:literal, $version:literal, $file:literal;)*) => {
        &[$(($id, $version, include_str!(concat!("../instruments/", $file)))),*]
    };
}

const SHIPPED: &[(&str, u32, &str)] = shipped! {
    "border_interception", 1, "border-interception-1.json";
    "border_interception_long", 1, "border-interception-long-1.json";
    "community_vulnerability", 1, "community-vulnerability-1.json";
    "home_safety", 1, "home-safety-1.json";
    "ilo_forced_labour", 1, "ilo-forced-labour-1.json";
    "ilo_operational_indicators", 1, "ilo-operational-indicators-1.json";
    "needs_assessment", 1, "needs-assessment-1.json";
    "practice_border", 1, "practice-1.json";
    "services_assessment", 1, "services-assessment-1.json";
    "unodc_children", 1, "unodc-children-1.json";
    "unodc_general", 1, "unodc-general-1.json";
};

/// Whether this is the name of a shipped instrument. Nobody else's file may bear it.
#[must_use]
pub fn is_shipped(id: &str) -> bool {
    SHIPPED.iter().any(|(shipped, _, _)| *shipped == id)
}

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

/// The same, read once a process and kept; none if it was never shipped.
#[must_use]
pub fn shipped_once(id: &str, version: u32) -> Option<&'static Instrument> {
    static READ: [OnceLock<Option<Instrument>>; SHIPPED.len()] = [const { OnceLock::new() }; SHIPPED.len()];
    let at = SHIPPED.iter().position(|(have, number, _)| *have == id && *number == version)?;
    // That every shipped file can be read is checked by the tests.
    READ.get(at)?.get_or_init(|| shipped(id, version)?.ok()).as_ref()
}

/// The border-interception checklist, in its newest version.
///
/// # Errors
/// None in practice: the shipped file is checked by the tests.
pub fn border_interception() -> Result<Instrument, InstrumentError> {
    Instrument::from_json(include_str!("../instruments/border-interception-1.json"))
}
