//! Single facts about this device: its keys, its space, its cursor.
//! Each has a name of its own in [`Setting`]; values are bytes that their owner encodes.

use super::StoreError;
use rusqlite::{Connection, OptionalExtension, Transaction};

/// The names of settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Setting {
    DeviceId,
    SigningSeed,
    SealingKey,
    InstallGeneration,
    OwnName,
    Server,
    Incarnation,
    RequestCounter,
    Cursor,
    TakingIn,
    AppVersion,
    LogIntentions,
    ReadChain,
    AuditorsTold,
    /// Something was destroyed and its traces outside the tables are not gone yet.
    Destroying,
    /// The server may lack batches of this device.
    PushAgain,
    /// The newest first code of this device, and when it was made.
    FirstCode,
    /// The second code by which this device joined, until it has seen the log.
    SecondCode,
    /// The newest time that somebody else signed, what the monotonic clock said then, and the last contact.
    Lease,
    /// Who decided after how many wrong attempts this home is wiped.
    WipeAfterBy,
    /// How often this database was opened; the hardware counts too.
    Opened,
    /// Name and key of the database of the small profile; in the whole one only.
    SmallProfile,
    /// The stretched PINs that the small profile may have; in the small one only.
    StretchedPins,
    /// Salt of the key file of the first format that this home had.
    FormerSalt,
}

impl Setting {
    const fn name(self) -> &'static str {
        match self {
            Self::DeviceId => "device_id",
            Self::SigningSeed => "signing_seed",
            Self::SealingKey => "sealing_key",
            Self::InstallGeneration => "install_generation",
            Self::OwnName => "own_name",
            Self::Server => "server",
            Self::Incarnation => "incarnation",
            Self::RequestCounter => "request_counter",
            Self::Cursor => "cursor",
            Self::TakingIn => "taking_in",
            Self::AppVersion => "app_version",
            Self::LogIntentions => "log_intentions",
            Self::ReadChain => "read_chain",
            Self::AuditorsTold => "auditors_told",
            Self::Destroying => "destroying",
            Self::PushAgain => "push_again",
            Self::FirstCode => "first_code",
            Self::SecondCode => "second_code",
            Self::Lease => "lease",
            Self::WipeAfterBy => "wipe_after_by",
            Self::Opened => "opened",
            Self::SmallProfile => "small_profile",
            Self::StretchedPins => "stretched_pins",
            Self::FormerSalt => "former_salt",
        }
    }
}

pub(crate) fn get(connection: &Connection, setting: Setting) -> Result<Option<Vec<u8>>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT value FROM setting WHERE name = ?1")?;
    Ok(statement.query_row([setting.name()], |row| row.get(0)).optional()?)
}

pub(crate) fn set(tx: &Transaction<'_>, setting: Setting, value: &[u8]) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT INTO setting VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value")?
        .execute((setting.name(), value))?;
    Ok(())
}

pub(crate) fn remove(tx: &Transaction<'_>, setting: Setting) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM setting WHERE name = ?1")?.execute([setting.name()])?;
    Ok(())
}

pub(crate) fn get_number(connection: &Connection, setting: Setting) -> Result<u64, StoreError> {
    let bytes = get(connection, setting)?;
    Ok(bytes.and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_le_bytes))
}

pub(crate) fn set_number(tx: &Transaction<'_>, setting: Setting, value: u64) -> Result<(), StoreError> {
    set(tx, setting, &value.to_le_bytes())
}
