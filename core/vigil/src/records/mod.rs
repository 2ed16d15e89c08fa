//! Records: facts that merge field by field, and signed events beside them.
//! Everything here is pure - no I/O, no clock, no randomness - and promises that two devices which hold the same changes
//! and events read the same record, in whatever order they arrived, and that nothing reaches Automerge unguarded.

#[cfg(test)]
mod any_order;
mod audit;
mod causality;
mod change;
mod chunk;
mod complaint;
mod concurrent;
mod containment;
mod content;
mod event;
mod event_body;
mod facts;
mod field;
#[cfg(test)]
mod fixtures;
mod guard;
mod history;
#[cfg(test)]
mod hostile_changes;
mod kind;
pub mod limits;
mod names;
mod opinion;
#[cfg(test)]
mod opinion_any_order;
#[cfg(test)]
mod opinion_cases;
mod opinion_standing;
mod person;
mod screening;
mod settling;
mod sighting;
mod standing;
mod text;
mod typed;

pub use audit::{AUDIT, ReadNote, Trail, TrailRead, trails};
pub use change::{Actor, ChangeBytes, ChangeError, ChangeHash, pack_change, unpack_change};
pub use complaint::{COMPLAINT, ComplaintAsks, NewComplaint};
pub use content::{ContentError, RecordContent};
pub use event::{Event, EventError, EventId, SignedEvent};
pub use event_body::{Agreement, Consent, EventBody, FieldSettlement, HandedTo, Outcome, OutcomeSettlement};
pub use facts::{Facts, FactsError, Written};
pub use field::{FieldError, FieldName, FieldValue};
pub use guard::{Admitted, GuardError, GuardLimits, admit};
pub use history::ChangeNote;
pub(crate) use history::links;
pub(crate) use kind::is_for_auditors;
pub use kind::{AfterLetGo, FieldRule, Kind, KindError, Kinds, Readers, ValueType};
pub use opinion::{Judgement, OPINION_VIEWS, OpinionOpened, OpinionSalt, is_view};
pub use opinion_standing::{Judge, Opinion, OpinionState, Opinions, SecondOpinion};
pub use person::{NewPerson, PersonRole};
pub use screening::{Journey, NewScreening};
pub use settling::{FieldView, resolve_field, resolve_fields};
pub use sighting::NewSighting;
pub use standing::{ConsentState, OutcomeState, Said, Standing};
pub use text::{Code, LongText, ShortText, Text, TextError};
pub use typed::InputError;
