//! Why a command about instruments failed: a stable code, the place in the file, and what to do next.
//! It promises that nothing in a message can move a terminal's cursor, whoever wrote the file.

use thiserror::Error;
use vigil_screening::{BadPublisherKey, InstrumentError, SubmittedError};

use crate::text::plain;

/// Why a command about instruments failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum InstrumentProblem {
    /// The file is no instrument.
    #[error("{}", plain(&.0.to_string()))]
    Refused(#[from] InstrumentError),
    /// The file is not text.
    #[error("byte {byte}: not text in UTF-8")]
    NotText {
        /// Where the text ends.
        byte: usize,
    },
    /// The answers cannot be read.
    #[error("{}", plain(&.0.to_string()))]
    Answers(#[from] SubmittedError),
    /// Some of many lines could not be read.
    #[error("{failed} of {lines} lines could not be read; each has its reason in its place")]
    Lines {
        /// How many.
        failed: u64,
        /// Of how many.
        lines: u64,
    },
    /// No such instrument.
    #[error("{}", plain(.0))]
    NotFound(String),
    /// No such case.
    #[error("{} has no case \"{}\"", plain(.instrument), plain(.case))]
    NoCase {
        /// The instrument.
        instrument: String,
        /// What was asked for.
        case: String,
    },
    /// Its name belongs to an instrument that comes with Vigil.
    #[error("id: \"{}\" is the name of an instrument that comes with Vigil", plain(.0))]
    NameTaken(String),
    /// The key cannot be used.
    #[error("{0}")]
    Key(#[from] BadPublisherKey),
    /// Nobody signed it.
    #[error("not signed: nobody answers for this file")]
    NotSigned,
    /// Somebody else signed it.
    #[error("signed with another key than the one expected")]
    OtherPublisher,
    /// Advice that concerns the rules of care.
    #[error("{0} of the places named concern the rules of care")]
    Care(usize),
    /// The instrument is switched off.
    #[error("this instrument may not be used: {}", plain(.0))]
    Disabled(String),
    /// The instrument is for others.
    #[error("this instrument is for {}; this device's role is {}", plain(.roles), plain(.role))]
    OtherRole {
        /// For whom.
        roles: String,
        /// Who asks.
        role: String,
    },
}

impl InstrumentProblem {
    /// A code that never changes, for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused(error) => error.code(),
            Self::NotText { .. } => "instrument_not_text",
            Self::Answers(error) => error.code(),
            Self::Lines { .. } => "answers_not_readable",
            Self::NotFound(_) => "instrument_not_found",
            Self::NoCase { .. } => "case_not_found",
            Self::NameTaken(_) => "instrument_name_taken",
            Self::Key(error) => error.code(),
            Self::NotSigned => "instrument_not_signed",
            Self::OtherPublisher => "instrument_other_publisher",
            Self::Care(_) => "instrument_care",
            Self::Disabled(_) => "instrument_disabled",
            Self::OtherRole { .. } => "instrument_not_for_role",
        }
    }

    /// The place in the file, where there is one.
    #[must_use]
    pub fn place(&self) -> Option<String> {
        match self {
            Self::Refused(error) => Some(plain(&error.place())),
            Self::NotText { byte } => Some(format!("byte {byte}")),
            Self::Answers(error) => Some(plain(&error.place)),
            Self::NameTaken(_) => Some("id".to_owned()),
            _ => None,
        }
    }

    /// What a person can do next.
    #[must_use]
    pub fn next_step(&self) -> &'static str {
        match self {
            Self::Refused(InstrumentError::BadSignature) => {
                "Do not use it. Get the file again from its publisher, or let them sign the changed one."
            }
            Self::Refused(InstrumentError::OtherFormat { .. }) => "Use a newer version of Vigil.",
            Self::Refused(_) | Self::NotText { .. } => {
                "Correct the file at this place; docs/instrument-format.md tells every field."
            }
            Self::Answers(_) | Self::Lines { .. } => "See `vigil instrument score --help` for how answers are written.",
            Self::NotFound(_) => "`vigil instrument list` shows the instruments that come with Vigil.",
            Self::NoCase { .. } => "`vigil instrument practice --list` shows the cases.",
            Self::NameTaken(_) => "Give it an id of your own.",
            Self::Key(_) => "`vigil instrument new-key FILE` makes one.",
            Self::NotSigned => "Ask its publisher for a signed file, or sign it if you answer for it.",
            Self::OtherPublisher => "Do not use it before you know who signed it.",
            Self::Care(_) => "Reword these places, or leave the items out.",
            Self::Disabled(_) => "Use another instrument.",
            Self::OtherRole { .. } => "Hand the case to somebody in that role.",
        }
    }

    /// The exit status; `vigil help` lists them.
    #[must_use]
    pub fn exit_status(&self) -> u8 {
        match self {
            Self::NotSigned | Self::OtherPublisher | Self::Care(_) => 1,
            Self::NotFound(_) | Self::NoCase { .. } => 6,
            Self::OtherRole { .. } => 7,
            _ => 2,
        }
    }
}
