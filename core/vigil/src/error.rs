//! The public errors: few, each with a stable code, the fields that a person needs and what to do next.
//! The conversions at the end are the only place where an inner error becomes a public one; no content of a record is in any.

use crate::archive::ArchiveError;
use crate::keys::{HardwareError, KEY_FILE_VERSION, KeyFileError};
use crate::sealing::SealingError;
use crate::store::StoreError;
use thiserror::Error;
use vigil_protocol::{ProtocolError, RefusalCode};

/// Result of the facade.
pub type Result<T, E = VigilError> = std::result::Result<T, E>;

/// Why something could not be done. Nothing is lost and nothing is half-applied when one of these is returned.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum VigilError {
    /// The passphrase or PIN does not open this home.
    #[error("the passphrase is wrong{}", attempts_in_words(*attempts_left))]
    WrongPassphrase {
        /// How long to wait before the next attempt.
        wait_seconds: u64,
        /// How many wrong attempts are left before the home is wiped, if the district set a limit.
        attempts_left: Option<u32>,
    },
    /// It was tried too soon after wrong attempts; nothing was tried.
    #[error("too soon after wrong attempts; {wait_seconds} seconds to wait")]
    TryLater {
        /// How long to wait.
        wait_seconds: u64,
    },
    /// The session locked itself, or was locked.
    #[error("this home is locked")]
    Locked,
    /// Key file or database are older than this device's hardware remembers: an old backup was put back.
    #[error("an old backup of this home was put back")]
    RestoredBackup,
    /// The home was made with another device's hardware: it was copied.
    #[error("this home belongs to another device's hardware")]
    ClonedDevice,
    /// The home was wiped; what was sealed to others and not sent is still there.
    #[error("this home was wiped")]
    Wiped,
    /// The hardware key store does not do its part.
    #[error("the device's key store does not do its part: {why}")]
    Hardware {
        /// What it says.
        why: String,
    },
    /// The key file is damaged; the passphrase may well be right.
    #[error("the key file is damaged")]
    KeyFileDamaged,
    /// The database is there, the key file that opens it is not.
    #[error("the key file is missing")]
    KeyFileMissing,
    /// The database is damaged; the passphrase is right.
    #[error("the database is damaged: {detail}")]
    DatabaseDamaged {
        /// What was noticed.
        detail: &'static str,
    },
    /// A newer version of Vigil wrote this home.
    #[error("a newer version of Vigil wrote this home (format {found}, this one knows {known})")]
    NewerVersion {
        /// The format found.
        found: u32,
        /// The newest format known.
        known: u32,
    },
    /// Another process has the home open.
    #[error("another process has this home open")]
    HomeInUse,
    /// There is a home already.
    #[error("there is a home here already")]
    HomeExists,
    /// There is no home.
    #[error("there is no home here")]
    NoHome,
    /// The device belongs to no space yet.
    #[error("this device has not joined a space")]
    NotInSpace,
    /// The second code came later than ten minutes after the first, or the device was started in between.
    #[error("the codes have ended: ten minutes, or a restart of the device, have passed since the first")]
    CodeExpired,
    /// The committee's log does not name this device yet: whoever admitted it has not synced. Everything is kept.
    #[error("the committee's server does not know this device yet; everything is kept here")]
    NotAppendedYet,
    /// The server holds another space than the one that the officer's code showed; nothing was changed.
    #[error("the server and the officer's code show two different spaces: {why}")]
    AnotherSpace {
        /// What does not fit.
        why: String,
    },
    /// The device belongs to a space already.
    #[error("this device belongs to a space already")]
    AlreadyInSpace,
    /// The rules or this device's role do not allow it.
    #[error("not allowed: {why}")]
    NotAllowed {
        /// The rule, in words.
        why: &'static str,
    },
    /// There is no such thing on this device.
    #[error("there is no such {what} on this device")]
    NotFound {
        /// What was looked for.
        what: &'static str,
    },
    /// What was given fits several.
    #[error("several fit this {what}")]
    Ambiguous {
        /// What was looked for.
        what: &'static str,
    },
    /// What was given is not valid.
    #[error("{what} is not valid: {why}")]
    Invalid {
        /// Which part.
        what: String,
        /// What is wrong with it.
        why: String,
    },
    /// The server cannot be reached.
    #[error("the server cannot be reached: {why}")]
    Offline {
        /// What happened.
        why: String,
    },
    /// The server refused the request.
    #[error("the server refused: {}", code.name())]
    ServerRefused {
        /// Why.
        code: RefusalCode,
    },
    /// What the server said is not what an honest server says.
    #[error("the server cannot be trusted: {why}")]
    ServerNotTrusted {
        /// What was noticed.
        why: String,
    },
    /// The device was removed from its space.
    #[error("this device was removed from its space")]
    Removed,
    /// The device was suspended by its committee.
    #[error("this device is suspended")]
    Suspended,
    /// Records cannot be read here until the device has been in contact, or its certificate is renewed.
    #[error("records cannot be read here now: {why}")]
    ReadingClosed {
        /// `lease_ended` or `certificate_ended`.
        why: &'static str,
    },
    /// The work was cancelled; what was done before stays done.
    #[error("cancelled")]
    Cancelled,
    /// The disk is full or cannot be written.
    #[error("the disk cannot be written: {why}")]
    Disk {
        /// What happened.
        why: String,
    },
    /// An archive could not be written or read.
    #[error(transparent)]
    Archive(ArchiveError),
    /// A bug in Vigil.
    #[error("internal error: {what}")]
    Internal {
        /// Where.
        what: String,
    },
}

impl VigilError {
    /// A code that never changes, for programs and translations.
    pub fn code(&self) -> &'static str {
        match self {
            Self::WrongPassphrase { .. } => "wrong_passphrase",
            Self::TryLater { .. } => "try_later",
            Self::Locked => "locked",
            Self::RestoredBackup => "restored_backup",
            Self::ClonedDevice => "cloned_device",
            Self::Wiped => "wiped",
            Self::Hardware { .. } => "hardware",
            Self::KeyFileDamaged => "key_file_damaged",
            Self::KeyFileMissing => "key_file_missing",
            Self::DatabaseDamaged { .. } => "database_damaged",
            Self::NewerVersion { .. } => "newer_version",
            Self::HomeInUse => "home_in_use",
            Self::HomeExists => "home_exists",
            Self::NoHome => "no_home",
            Self::NotInSpace => "not_in_space",
            Self::CodeExpired => "code_expired",
            Self::NotAppendedYet => "not_appended_yet",
            Self::AnotherSpace { .. } => "another_space",
            Self::AlreadyInSpace => "already_in_space",
            Self::NotAllowed { .. } => "not_allowed",
            Self::NotFound { .. } => "not_found",
            Self::Ambiguous { .. } => "ambiguous",
            Self::Invalid { .. } => "invalid",
            Self::Offline { .. } => "offline",
            Self::ServerRefused { .. } => "server_refused",
            Self::ServerNotTrusted { .. } => "server_not_trusted",
            Self::Removed => "removed",
            Self::Suspended => "suspended",
            Self::ReadingClosed { .. } => "reading_closed",
            Self::Cancelled => "cancelled",
            Self::Disk { .. } => "disk",
            Self::Archive(_) => "archive",
            Self::Internal { .. } => "internal",
        }
    }

    /// What a person can do next.
    pub fn next_step(&self) -> &'static str {
        match self {
            Self::WrongPassphrase { .. } => "Try again, after the wait if there is one; capital letters count.",
            Self::TryLater { .. } => "Wait, then try again. Starting the device begins the wait anew.",
            Self::Locked => "Open it again with your passphrase.",
            Self::RestoredBackup => {
                "It is not opened, so that nothing is signed twice. Put the newest state back if you have it; else hand \
                 over the sealed copies and let your committee admit this device anew, with a new home."
            }
            Self::ClonedDevice => {
                "Open it on the device that it was made on. If that is gone, hand over the sealed copies and let your \
                 committee admit this device anew, with a new home."
            }
            Self::Wiped => {
                "Hand over the sealed copies that are still here; then let your committee admit this device anew, with a \
                 home in another folder."
            }
            Self::Hardware { .. } => "Start the device again; if it stays, hand over the sealed copies.",
            Self::KeyFileDamaged | Self::KeyFileMissing => {
                "Do not create a new home over it. Restore the file `key` from a copy of this home."
            }
            Self::DatabaseDamaged { .. } => {
                "Stop using this home and keep a copy of it; what was synced is on the server."
            }
            Self::NewerVersion { .. } => "Update Vigil on this device.",
            Self::HomeInUse => "Close the other Vigil that uses this home.",
            Self::HomeExists => "Choose another folder, or open the one that is there.",
            Self::NoHome => "Create one first, or check the path.",
            Self::NotInSpace => "Create a space, or ask your committee to add this device.",
            Self::CodeExpired => "Show a new first code on the new device, and let the officer answer it.",
            Self::NotAppendedYet => {
                "Go on recording. It works once the officer who admitted this device has synced, or any officer or desk has \
                 added the code that was shown to it."
            }
            Self::AnotherSpace { .. } => {
                "Do not go on syncing, and hand nothing over. Ask an officer whom you know, in person, which of them is wrong."
            }
            Self::AlreadyInSpace => "Use another home for another space.",
            Self::NotAllowed { .. } => "Ask an officer of your committee.",
            Self::NotFound { .. } => "Sync first, or check the id.",
            Self::Ambiguous { .. } => "Give more of it.",
            Self::Invalid { .. } => "Correct it and try again; nothing was saved.",
            Self::Offline { .. } => "Go on working; everything is kept here and sent later.",
            Self::ServerRefused { .. } => "Try again later; if it stays, tell your committee the code.",
            Self::ServerNotTrusted { .. } => "Do not go on syncing; tell your committee.",
            Self::Removed | Self::Suspended => "Talk to your committee.",
            Self::ReadingClosed { why: "certificate_ended" } => {
                "Ask an officer to renew this device's certificate, and sync. You can go on recording and sending."
            }
            Self::ReadingClosed { .. } => "Sync once with your committee's server. You can go on recording.",
            Self::Cancelled => "Start again whenever you like.",
            Self::Disk { .. } => "Free some space on this device and try again.",
            Self::Archive(ArchiveError::Io(_)) => "Free some space, or choose another place, and try again.",
            Self::Archive(_) => "Check the key and the file; another copy of the file may be whole.",
            Self::Internal { .. } => "Please report it; your records are safe.",
        }
    }

    pub(crate) fn invalid(what: impl Into<String>, why: impl ToString) -> Self {
        Self::Invalid { what: what.into(), why: why.to_string() }
    }

    pub(crate) fn internal(what: impl Into<String>) -> Self {
        Self::Internal { what: what.into() }
    }
}

fn attempts_in_words(left: Option<u32>) -> String {
    match left {
        None => String::new(),
        Some(1) => "; after one more wrong attempt the home is wiped".to_owned(),
        Some(left) => format!("; after {left} more wrong attempts the home is wiped"),
    }
}

impl From<HardwareError> for VigilError {
    fn from(error: HardwareError) -> Self {
        match error {
            HardwareError::NoSuchKey => Self::ClonedDevice,
            other => Self::Hardware { why: other.to_string() },
        }
    }
}

impl From<KeyFileError> for VigilError {
    fn from(error: KeyFileError) -> Self {
        match error {
            KeyFileError::WrongPassphrase => Self::WrongPassphrase { wait_seconds: 0, attempts_left: None },
            KeyFileError::Damaged => Self::KeyFileDamaged,
            KeyFileError::OtherHardware => Self::ClonedDevice,
            KeyFileError::Wiped => Self::Wiped,
            KeyFileError::Hardware(error) => error.into(),
            KeyFileError::NewerVersion(found) => {
                Self::NewerVersion { found: u32::from(found), known: u32::from(KEY_FILE_VERSION) }
            }
            KeyFileError::Io(error) if error.kind() == std::io::ErrorKind::NotFound => Self::NoHome,
            KeyFileError::Io(error) => Self::Disk { why: error.kind().to_string() },
            KeyFileError::Derivation => Self::internal("key derivation"),
        }
    }
}

impl From<StoreError> for VigilError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Stale => Self::RestoredBackup,
            StoreError::Damaged(detail) => Self::DatabaseDamaged { detail },
            StoreError::NewerSchema { found, known } => Self::NewerVersion { found, known },
            StoreError::NotEncrypted => Self::internal("the database would not have been encrypted"),
            StoreError::Disk(why) => Self::Disk { why },
            StoreError::Io(error) => Self::Disk { why: error.kind().to_string() },
            // The message itself is left out: SQLite repeats what was searched for in some of them.
            StoreError::Sqlite(error) => match error.sqlite_error_code() {
                Some(code) => Self::internal(format!("database: {code:?}")),
                None => Self::internal("database: a value or row of another shape than expected"),
            },
        }
    }
}

impl From<ArchiveError> for VigilError {
    fn from(error: ArchiveError) -> Self {
        match error {
            ArchiveError::NewerVersion(found) => Self::NewerVersion { found: u32::from(found), known: 1 },
            other => Self::Archive(other),
        }
    }
}

impl From<rusqlite::Error> for VigilError {
    fn from(error: rusqlite::Error) -> Self {
        StoreError::from(error).into()
    }
}

impl From<ProtocolError> for VigilError {
    fn from(error: ProtocolError) -> Self {
        match error {
            ProtocolError::NotAllowed { why } => Self::NotAllowed { why },
            ProtocolError::UnknownVersion { version } => {
                Self::NewerVersion { found: u32::from(version), known: u32::from(vigil_protocol::SUITE) }
            }
            other => Self::invalid(other.code(), &other),
        }
    }
}

impl From<SealingError> for VigilError {
    fn from(error: SealingError) -> Self {
        Self::internal(format!("sealing: {error}"))
    }
}
