//! Applies an instrument to answers and explains what comes of it.
//!
//! Total over its input: whatever the answers are, every rule gets an outcome, and every outcome its reasons.

mod assessment;
mod constraint;
mod elements;
mod explain;
mod lights;
mod marked;
mod open;
mod phrases;
mod release;
mod rules;
mod score;
mod sitting;
mod speaker;
mod strength;
mod sum;
mod table;

pub use assessment::{
    Assessment, BandReached, ConcernRaised, DerivedValue, Reason, ReasonCode, RedFlagCounted, RuleResult, SetAside,
    SetAsideWhy, ShownLight, Side, Stop, VerifiedBy,
};
pub use phrases::{PhraseCoverage, phrase_coverage};
pub use score::{constraint_broken, score, score_in, visible};
pub use sitting::answer_name;
