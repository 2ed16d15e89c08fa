//! Who may use an instrument, where it comes from, and the cards and worked cases that go with it.
//!
//! Nothing here changes a result; all of it is shown to whoever reads, reviews or learns.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::answers::Answers;
use crate::id::Id;
use crate::profile::Profile;
use crate::text::Text;
use crate::unique::unique_map;

/// Where an instrument comes from and how far it was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// Source of the facts: which signs, which weights.
    pub source: String,
    /// What the source says about its licence.
    pub source_licence: String,
    /// How this instrument differs from its source.
    pub changes: Vec<String>,
    /// Licence of the wording in this file.
    pub licence: String,
    /// Whether it was validated.
    pub status: Status,
    /// What exactly was and was not verified.
    pub status_note: String,
}

/// Whether an instrument was validated in the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Nobody has measured how well it tells cases apart.
    NotValidated,
    /// Validated, as the note beside it says.
    Validated,
}

/// Who may use an instrument.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Needs {
    /// Roles that may open it.
    pub roles: Vec<Id>,
    /// Training to have had first.
    pub training: Vec<Text>,
}

/// Who answers for an instrument.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Publisher {
    /// The body's name.
    pub name: String,
    /// Its Ed25519 public key, 64 hexadecimal digits.
    pub key: String,
}

/// A way in which something can be verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Verification {
    /// Name, as it stands in an answer after `yes:`.
    pub id: Id,
    /// What was done.
    pub text: Text,
}

/// A card with something to do or to know. It can be opened at any time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// Name of the card.
    pub id: Id,
    /// Title.
    pub title: Text,
    /// What to do, in order.
    pub lines: Vec<Text>,
}

/// A case for practice, with the outcomes that the rules give. Nobody in it is a real person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct WorkedCase {
    /// Name of the case.
    pub id: Id,
    /// Title.
    pub title: Text,
    /// What the learner is told.
    pub story: Text,
    /// Whom the case is about.
    #[serde(default)]
    pub profile: Profile,
    /// The answers that the story gives.
    #[serde(deserialize_with = "unique_map")]
    pub answers: Answers,
    /// The outcome of each rule named.
    #[serde(deserialize_with = "unique_map")]
    pub expected: BTreeMap<Id, Id>,
    /// Why.
    pub explanation: Text,
}
