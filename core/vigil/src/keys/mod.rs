//! Keys: secrets in memory, the key file that opens a home, a device's own keys, and sealing a key to somebody else.
//! Every secret here is wiped when it is dropped and has no `Debug` that shows it.

mod device_keys;
pub mod hostile;
mod key_file;
#[cfg(test)]
mod published_vectors;
mod sealed_key;
mod secret;
mod shares;

pub(crate) use device_keys::DeviceKeys;
pub use key_file::Passphrase;
pub(crate) use key_file::{KeyFile, KeyFileError};
pub(crate) use sealed_key::{
    SealedTo, SealingKeyPair, commitment, open_bytes, open_key, open_text, seal_bytes, seal_key, seal_text,
};
pub(crate) use secret::{Secret, random_bytes};
pub(crate) use shares::{KeyShare, combine as combine_shares, split as split_key};
