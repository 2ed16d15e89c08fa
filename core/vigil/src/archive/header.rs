//! The head of an archive: what it is of, on whose word it was made, and the key of its content sealed to one public key.
//! It promises that nothing of a person stands in it.

use crate::keys::{SealedTo, SealingKeyPair, Secret, open_key, seal_key};
use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};
use std::io::{ErrorKind, Read, Write};
use thiserror::Error;
use vigil_protocol::{DeviceId, Hash, SealingPublicKey, SpaceId, Timestamp, canonical};

/// What an archive begins with.
pub(crate) const MAGIC: &[u8; 16] = b"vigil-archive-1\n";
const VERSION: u8 = 1;
const MAX_HEADER_BYTES: u32 = 4096;

/// Why an archive could not be written or read. It never repeats content.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// Not an archive, or its head is damaged.
    #[error("this is not an archive of Vigil, or its beginning is damaged")]
    NotAnArchive,
    /// A newer version wrote it.
    #[error("a newer version of Vigil wrote this archive ({0})")]
    NewerVersion(u8),
    /// The key is not the one that it was sealed to.
    #[error("this key does not open the archive")]
    WrongKey,
    /// A part was changed, is missing or stands in another place.
    #[error("the archive is damaged after {read} bytes of its content")]
    Damaged {
        /// How much of the content was read and is sound.
        read: u64,
    },
    /// The file could not be read or written.
    #[error("the archive could not be read or written")]
    Io(#[from] std::io::Error),
}

/// What stands before the content, readable by everybody.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct ArchiveHeader {
    #[n(0)]
    version: u8,
    /// The space.
    #[n(1)]
    pub space: SpaceId,
    /// Hash of the first entry of its membership log.
    #[n(2)]
    pub genesis: Hash,
    /// The motion by which two persons agreed to it.
    #[n(3)]
    pub motion: Hash,
    /// The desk that wrote it.
    #[n(4)]
    pub device: DeviceId,
    /// When, by its clock.
    #[n(5)]
    pub time: Timestamp,
    /// The key that opens it.
    #[n(6)]
    pub to: SealingPublicKey,
    #[n(7)]
    encapsulated: SealingPublicKey,
    #[n(8)]
    sealed: ByteArray<48>,
}

/// What an archive is of.
pub(crate) struct ArchiveSource {
    pub(crate) space: SpaceId,
    pub(crate) genesis: Hash,
    pub(crate) motion: Hash,
    pub(crate) device: DeviceId,
    pub(crate) time: Timestamp,
}

impl ArchiveHeader {
    /// A header with a new content key. `None` if `to` is not a key.
    pub(crate) fn new(source: &ArchiveSource, to: SealingPublicKey) -> Option<(Self, Secret<32>)> {
        let key = Secret::random();
        let purpose = SealedTo::Archive { space: source.space, motion: source.motion };
        let (encapsulated, sealed) = seal_key(&to, &purpose, &key)?;
        let header = Self {
            version: VERSION,
            space: source.space,
            genesis: source.genesis,
            motion: source.motion,
            device: source.device,
            time: source.time,
            to,
            encapsulated,
            sealed: sealed.into(),
        };
        Some((header, key))
    }

    /// The content key.
    pub(crate) fn open(&self, with: &SealingKeyPair) -> Result<Secret<32>, ArchiveError> {
        let purpose = SealedTo::Archive { space: self.space, motion: self.motion };
        open_key(with, &purpose, &self.encapsulated, &self.sealed).ok_or(ArchiveError::WrongKey)
    }
}

/// Writes magic and header; gives the bytes that every chunk is bound to.
pub(crate) fn write_header(out: &mut impl Write, header: &ArchiveHeader) -> Result<Vec<u8>, ArchiveError> {
    let bytes = canonical::encode(header);
    let length = u32::try_from(bytes.len()).map_err(|_| ArchiveError::NotAnArchive)?;
    out.write_all(MAGIC)?;
    out.write_all(&length.to_be_bytes())?;
    out.write_all(&bytes)?;
    Ok(bytes)
}

/// Reads magic and header.
pub(crate) fn read_header(input: &mut impl Read) -> Result<(ArchiveHeader, Vec<u8>), ArchiveError> {
    let mut start = [0; MAGIC.len() + 4];
    fill(input, &mut start)?;
    let (magic, length) = start.split_at(MAGIC.len());
    let length = u32::from_be_bytes(length.try_into().map_err(|_| ArchiveError::NotAnArchive)?);
    if magic != MAGIC || length > MAX_HEADER_BYTES {
        return Err(ArchiveError::NotAnArchive);
    }
    let mut bytes = vec![0; length as usize];
    fill(input, &mut bytes)?;
    let header: ArchiveHeader = canonical::decode(&bytes).map_err(|_| ArchiveError::NotAnArchive)?;
    if header.version != VERSION {
        return Err(ArchiveError::NewerVersion(header.version));
    }
    Ok((header, bytes))
}

fn fill(input: &mut impl Read, bytes: &mut [u8]) -> Result<(), ArchiveError> {
    input.read_exact(bytes).map_err(|error| match error.kind() {
        ErrorKind::UnexpectedEof => ArchiveError::NotAnArchive,
        _ => ArchiveError::Io(error),
    })
}
