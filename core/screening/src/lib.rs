//! Screening instruments as data, and the engine that explains every score.
//!
//! An [`Instrument`] is a checklist in a file: a safety page, items with weighted red flags and verified green
//! lights, and the rules that read them. [`score`] applies it to [`Answers`] for a [`Profile`] and returns an
//! [`Assessment`], which names the answers behind every point, what is unknown, what was not asked and could
//! still change the outcome, and whether a green light proposes to let the person go. It never decides anything:
//! a person does, under their own name.
//!
//! The crate is pure: no files, no network, no clock, no randomness. The same input gives the same output, in the
//! same order, and no input makes it panic.
//!
//! ```
//! use vigil_screening::{AgeBand, Answer, Answers, Id, Profile, border_interception, score};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let instrument = border_interception()?;
//! let mut answers = Answers::new();
//! answers.insert(Id::new("phone_withheld")?, Answer::parse("yes")?);
//! answers.insert(Id::new("job_address_missing")?, Answer::parse("unknown")?);
//! answers.insert(Id::new("job_confirmed")?, Answer::parse("yes:employer_called_back")?);
//!
//! let result = score(&instrument, &Profile { age_band: AgeBand::Adult }, &answers);
//! assert_eq!(result.total, 9);
//! assert_eq!(result.band.id.as_str(), "some_signs");
//! assert_eq!(result.unknown, [Id::new("job_address_missing")?]);
//! assert!(result.release_proposed);
//! for line in result.explain() {
//!     println!("{line}");
//! }
//! # Ok(())
//! # }
//! ```

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod answers;
mod assessment;
mod check;
mod error;
mod explain;
mod id;
mod instrument;
pub mod limits;
mod marked;
mod phrases;
mod profile;
mod reach;
mod release;
mod rule;
mod score;
mod shipped;
mod text;

pub use answers::{Answer, AnswerError, Answers};
pub use assessment::{
    Assessment, BandReached, ConcernRaised, Reason, ReasonCode, RedFlagCounted, SetAside, SetAsideWhy, ShownLight,
    Side, Stop, VerifiedBy,
};
pub use error::InstrumentError;
pub use id::{BadId, Id, ItemId};
pub use instrument::{
    AnswerKind, Applies, Choice, Concern, Group, HelpCard, Instrument, Item, Needs, Provenance, Role, SafetyPage,
    Section, Sheet, Status, Verification, YesOrNo,
};
pub use profile::{AgeBand, BadAgeBand, Profile};
pub use rule::{Band, GreenLights, Rule, WeightedSum};
pub use score::score;
pub use shipped::{border_interception, shipped, shipped_list};
pub use text::{BadLang, Lang, Reading, Review, Text, Wording};
