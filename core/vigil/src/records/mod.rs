//! Records: facts that merge field by field, and signed events beside them.
//! Everything here is pure - no I/O, no clock, no randomness - and promises that two devices which hold the same changes
//! and events read the same record, in whatever order they arrived, and that nothing reaches Automerge unguarded.

mod allegation;
#[cfg(test)]
mod any_order;
mod attachment;
mod audit;
mod basis;
#[cfg(test)]
mod basis_cases;
mod causality;
mod change;
mod chunk;
mod complaint;
mod concurrent;
mod consent;
mod containment;
mod content;
mod event;
mod event_body;
mod facts;
mod field;
#[cfg(test)]
mod fixtures;
mod guard;
mod hiding;
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
mod outcome;
mod person;
mod screening;
mod settling;
mod share;
#[cfg(test)]
mod share_histories;
mod sighting;
mod standing;
mod text;
mod typed;

pub use allegation::{Accused, Allegation, AllegationState, AllegationStep, ReviewDay};
pub use attachment::{AttachmentKind, AttachmentRefusal, AttachmentSetting, PeoplePolicy, Sitter, may_attach};
pub use audit::{AUDIT, ReadNote, Trail, TrailRead, trails};
pub use basis::{
    Ask, Basis, BasisDeclaration, BasisKind, DeclaredBasis, Ground, MaySign, any_basis_alive, basis_alive,
};
pub use change::{Actor, ChangeBytes, ChangeError, ChangeHash, pack_change, unpack_change};
pub use complaint::{COMPLAINT, ComplaintAsks, NewComplaint};
pub use consent::{
    AUTHORITIES, Authorities, AuthorityChoice, ChildConsent, Consent, ConsentState, ConsentWord, GivenBy, Guardian,
    is_authority,
};
pub use content::{ContentError, RecordContent};
pub use event::{Event, EventError, EventId, SignedEvent};
pub use event_body::{EventBody, FieldSettlement, OutcomeSettlement};
pub use facts::{Facts, FactsError, Written};
pub use field::{FieldError, FieldName, FieldValue};
pub use guard::{Admitted, GuardError, GuardLimits, admit};
pub use hiding::Hiding;
pub use history::ChangeNote;
pub(crate) use history::links;
pub(crate) use kind::is_for_auditors;
pub use kind::{AfterLetGo, FieldRule, Kind, KindError, Kinds, Readers, ValueType};
pub use opinion::{Judgement, OPINION_VIEWS, OpinionOpened, OpinionSalt, is_view};
pub use opinion_standing::{Judge, Opinion, OpinionState, Opinions, SecondOpinion};
pub use outcome::{Agreement, HandedTo, Outcome};
pub use person::{NewPerson, PersonRole};
pub use screening::{Journey, NewScreening};
pub use settling::{FieldView, resolve_field, resolve_fields};
pub use share::{Provenance, RecallStep, Received, ShareId, ShareState, Shared, SharedPart};
pub use sighting::NewSighting;
pub use standing::{OutcomeState, Said, Standing};
pub use text::{Code, LongText, ShortText, Text, TextError};
pub use typed::InputError;
