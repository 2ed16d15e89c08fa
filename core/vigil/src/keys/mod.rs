//! Keys: secrets in memory, the hardware's part, the key file that opens a home, a device's own keys, and sealing a key to
//! somebody else. Every secret here is wiped when it is dropped and has no `Debug` that shows it.

mod attempts;
mod device_keys;
mod folder_vault;
mod hardware;
mod hardware_state;
mod header;
pub mod hostile;
mod key_file;
mod key_file_1;
mod passphrase;
#[cfg(test)]
mod published_vectors;
mod sealed_key;
mod secret;
mod shares;
mod slot;
mod stretching;

pub(crate) use attempts::{Attempts, Permit, seconds};
pub(crate) use device_keys::DeviceKeys;
pub use folder_vault::FolderVault;
pub use hardware::{HardwareAlias, HardwareError, HardwareLevel, HardwareVault, MAX_STATE_BYTES};
pub(crate) use hardware_state::HardwareState;
pub(crate) use header::Header;
pub(crate) use key_file::{
    AnyKeyFile, KeyFile, KeyFileError, Opened, VERSION as KEY_FILE_VERSION, aliases_claimed, wipe as wipe_key_file,
};
pub(crate) use key_file_1::KeyFile1;
pub use passphrase::Passphrase;
pub(crate) use sealed_key::{
    SealedTo, SealingKeyPair, commitment, open_bytes, open_key, open_share, open_text, seal_bytes, seal_key,
    seal_share, seal_text,
};
pub(crate) use secret::{Secret, random_bytes};
pub(crate) use shares::{KeyShare, combine as combine_shares, split as split_key};
pub(crate) use slot::{Content, DatabaseName, Profile, Stretched};
pub use stretching::Stretching;
