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
//! let result = score(&instrument, &Profile::of_age(AgeBand::Adult), &answers);
//! assert_eq!(result.total, Some(9));
//! assert_eq!(result.rules[0].outcome, "some_signs");
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
mod canonical;
mod check;
mod coverage;
mod date;
mod engine;
mod error;
pub mod expression;
mod htcds;
mod id;
mod instrument;
pub mod limits;
mod lint;
mod plan;
mod profile;
mod publication;
mod quantity;
#[cfg(feature = "schema")]
mod schema;
pub mod sheet;
mod shipped;
mod submitted;
mod text;
mod unique;

pub use answers::{Answer, AnswerError, Answers};
pub use canonical::Digest;
pub use coverage::{LanguageCoverage, coverage};
pub use date::{BadDate, Date};
pub use engine::{
    Assessment, BandReached, ConcernRaised, DerivedValue, PhraseCoverage, Reason, ReasonCode, RedFlagCounted,
    RuleResult, SetAside, SetAsideWhy, ShownLight, Side, Stop, VerifiedBy, answer_name, constraint_broken,
    phrase_coverage, score, score_in, visible,
};
pub use error::InstrumentError;
pub use expression::{Expression, ExpressionError, ExpressionProblem};
pub use htcds::htcds_fields;
pub use id::{BadId, Id, ItemId};
pub use instrument::Instrument;
pub use lint::{Advice, AdviceCode, lint};
pub use profile::{AgeBand, BadAgeBand, Exploitation, Profile};
pub use publication::{BadPublisherKey, PublisherKey, sign};
pub use quantity::{ClockTime, Decimal};
#[cfg(feature = "schema")]
pub use schema::schema;
pub use sheet::{
    AnswerKind, Applies, Card, Choice, Concern, Item, Role, Rule, SafetyPage, Section, Sheet, WorkedCase, YesOrNo,
};
pub use shipped::{border_interception, is_shipped, shipped, shipped_list, shipped_once};
pub use submitted::{Submitted, SubmittedError};
pub use text::{BadLang, Lang, Reading, Review, Text, Wording};
