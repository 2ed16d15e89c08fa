//! The server's own key, which signs every answer and stands in every device's server card.
//! It promises to be made once, from the system's random numbers, and to stay in one file for its owner alone.

use crate::error::ServerError;
use crate::files::DataFolder;
use ring::rand::{SecureRandom, SystemRandom};
use vigil_protocol::SigningKey;

const FILE: &str = "identity";

/// `N` random bytes.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], ServerError> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| ServerError::Random)?;
    Ok(bytes)
}

/// Reads the key, or makes it while nobody relies on one yet.
pub(crate) fn load_or_create(folder: &DataFolder, in_use: bool) -> Result<SigningKey, ServerError> {
    let damaged = |why| ServerError::DamagedFile { path: folder.file(FILE), why };
    let seed: [u8; 32] = match folder.read(FILE, 1024)? {
        Some(bytes) => bytes.try_into().map_err(|_| damaged("it is not a 32-byte seed"))?,
        None if in_use => return Err(damaged("it is missing")),
        None => {
            let seed = random()?;
            folder.write(FILE, &seed)?;
            seed
        }
    };
    SigningKey::from_seed(&seed).map_err(|_| damaged("it is not a signing key"))
}
