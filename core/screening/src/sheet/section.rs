//! Pages of items, the headings of results, and values computed from answers.
//!
//! Sections stand in one flat list; which one encloses which is told by name, so the engine walks a list and a form's
//! nested groups survive.

use serde::{Deserialize, Serialize};

use super::Kept;
use super::item::Item;
use crate::expression::Expression;
use crate::id::Id;
use crate::text::Text;
use crate::unique::unique_map;

/// The page before every other (CARE 6).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SafetyPage {
    /// Title.
    pub title: Text,
    /// What to do before asking anything.
    pub lines: Vec<Text>,
    /// What to check before going on.
    pub items: Vec<Item>,
}

/// A page of items.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// Name of the section.
    pub id: Id,
    /// Title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    /// Advice at the top of the page.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<Text>,
    /// Asked only if this holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Expression>,
    /// The section that encloses this one; it stands earlier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part_of: Option<Id>,
    /// The section that goes on here after an inner one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continues: Option<Id>,
    /// Asked for each of several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat: Option<Repeat>,
    /// The items, in the order in which they are asked.
    pub items: Vec<Item>,
    /// Its name in the spreadsheet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_name: Option<String>,
    /// Its columns of the spreadsheet that are not used here.
    #[serde(default, skip_serializing_if = "Kept::is_empty", deserialize_with = "unique_map")]
    pub xlsform: Kept,
}

/// How often a section is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Repeat {
    /// At most so often; the answers of round 2 stand under `id__2`.
    pub most: u16,
    /// How often, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<Expression>,
}

/// A heading for results.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Name of the group.
    pub id: Id,
    /// Heading.
    pub text: Text,
}

/// A value computed from answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Derived {
    /// Its name in expressions and results.
    pub id: Id,
    /// What it is called in results; without it, it is not shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Text>,
    /// How it is computed.
    pub value: Expression,
    /// The section in which the spreadsheet had it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub section: Option<Id>,
    /// Its name in the spreadsheet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_name: Option<String>,
    /// Its columns of the spreadsheet that are not used here.
    #[serde(default, skip_serializing_if = "Kept::is_empty", deserialize_with = "unique_map")]
    pub xlsform: Kept,
}
