//! Why a command failed: a stable code, words for a person, what to do next, and an exit status.
//! It promises that no error repeats what stands in a record.

use std::io;

use thiserror::Error;
use vigil_core::VigilError;

use crate::cli::InstrumentProblem;
use crate::text::plain;

/// Why a command failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DeskError {
    /// The core says so.
    #[error(transparent)]
    Core(#[from] VigilError),
    /// What was typed or given cannot be used.
    #[error("{0}")]
    Usage(String),
    /// A file or stream could not be read or written.
    #[error("{what}: {source}")]
    File {
        /// Which one.
        what: String,
        /// Why.
        source: io::Error,
    },
    /// One of several failed; what came before it stands.
    #[error("{words}")]
    Stopped {
        /// Which one failed and why, and how many stand.
        words: String,
        /// Why.
        source: Box<DeskError>,
    },
    /// The server could not start.
    #[error(transparent)]
    Server(#[from] vigil_sync_server::ServerError),
    /// Something about an instrument.
    #[error(transparent)]
    Instrument(#[from] InstrumentProblem),
    /// A spreadsheet.
    #[error("{}", plain(&.0.to_string()))]
    Form(#[from] vigil_xlsform::XlsFormError),
    /// Something that was to hold did not.
    #[error("{0}")]
    DoesNotHold(String),
}

impl DeskError {
    /// For a file or stream that could not be read or written.
    pub fn file(what: impl Into<String>, source: io::Error) -> Self {
        Self::File { what: what.into(), source }
    }

    /// A code that never changes, for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Core(error) => error.code(),
            Self::Usage(_) => "usage",
            Self::File { .. } => "file",
            Self::Stopped { source, .. } => source.code(),
            Self::Server(error) => error.code(),
            Self::Instrument(problem) => problem.code(),
            Self::Form(error) => error.code(),
            Self::DoesNotHold(_) => "does_not_hold",
        }
    }

    /// The place in a file that somebody brought, where there is one.
    #[must_use]
    pub fn place(&self) -> Option<String> {
        match self {
            Self::Instrument(problem) => problem.place(),
            Self::Form(error) => Some(plain(error.place())),
            _ => None,
        }
    }

    /// What a person can do next.
    #[must_use]
    pub fn next_step(&self) -> &'static str {
        match self {
            Self::Core(error) => error.next_step(),
            Self::Usage(_) => "See `vigil help` and the examples in it.",
            Self::File { .. } => "Check the path and whether you may use it.",
            Self::Stopped { source, .. } if source.exit_status() == 2 => {
                "Correct it and give only it and what follows again; what was printed is saved."
            }
            Self::Stopped { .. } => "Give what was not recorded again; what was printed is saved.",
            Self::Server(_) => "Check the server's options.",
            Self::Instrument(problem) => problem.next_step(),
            Self::Form(_) => "Check that it is an XLSForm with the sheets survey and choices, saved as .xlsx.",
            Self::DoesNotHold(_) => "Please report it, with what was printed above.",
        }
    }

    /// The exit status; `vigil help` lists them.
    #[must_use]
    pub fn exit_status(&self) -> u8 {
        match self {
            Self::Core(error) => match error.code() {
                "invalid" | "code_expired" => 2,
                "wrong_passphrase" | "try_later" => 3,
                "key_file_damaged" | "key_file_missing" | "database_damaged" => 4,
                "restored_backup" | "cloned_device" | "wiped" => 9,
                "offline" | "server_refused" | "server_not_trusted" | "not_appended_yet" | "another_space" => 5,
                "not_found" | "ambiguous" => 6,
                "not_allowed" | "removed" => 7,
                "home_in_use" | "home_exists" | "no_home" | "not_in_space" | "already_in_space" | "newer_version" => 8,
                _ => 1,
            },
            Self::Stopped { source, .. } => source.exit_status(),
            Self::Instrument(problem) => problem.exit_status(),
            Self::Usage(_) | Self::Form(_) => 2,
            Self::File { .. } | Self::DoesNotHold(_) | Self::Server(_) => 1,
        }
    }
}

/// The exit statuses, as the help shows them.
pub const EXIT_STATUSES: &str = "\
Exit status:
  0  done
  1  failed, or something that was to hold did not; for instruments: not signed as expected, or against the rules of care
  2  wrong usage, or what was given is not valid
  3  wrong passphrase, or too soon after wrong ones
  4  key file or database damaged or missing
  5  no network, or the server refused or cannot be trusted
  6  no such record, member, draft or instrument, or several fit
  7  not allowed for this role
  8  the home is missing, in use, made by a newer version, in a space already or not in one
  9  an old backup of the home was put back, it was made on another device, or it was wiped";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_passphrase_and_damage_are_told_apart() {
        let wrong = VigilError::WrongPassphrase { wait_seconds: 0, attempts_left: None };
        assert_eq!(DeskError::from(wrong).exit_status(), 3);
        assert_eq!(DeskError::from(VigilError::TryLater { wait_seconds: 30 }).exit_status(), 3);
        for error in [VigilError::RestoredBackup, VigilError::ClonedDevice, VigilError::Wiped] {
            assert_eq!(DeskError::from(error).exit_status(), 9);
        }
        assert_eq!(DeskError::from(VigilError::KeyFileDamaged).exit_status(), 4);
        assert_eq!(DeskError::from(VigilError::DatabaseDamaged { detail: "x" }).exit_status(), 4);
        assert_eq!(DeskError::Usage(String::new()).exit_status(), 2);
    }
}
