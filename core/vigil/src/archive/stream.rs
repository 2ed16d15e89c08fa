//! The content of an archive as a row of sealed chunks, so that a file of any size is written and read in little memory.
//! After STREAM (Hoang, Reyhanitabar, Rogaway, Vizár, "Online Authenticated-Encryption and its Nonce-Reuse
//! Misuse-Resistance", CRYPTO 2015, section 7): the nonce of a chunk is its number and whether it is the last, so chunks
//! cannot be swapped, repeated or left out, and a file that was cut does not pass for a whole one.

use super::header::{ArchiveError, ArchiveHeader, read_header, write_header};
use crate::keys::{SealingKeyPair, Secret};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, MAX_TAG_LEN, NONCE_LEN, Nonce, UnboundKey};
use std::io::{self, Read, Write};
use zeroize::{Zeroize, Zeroizing};

/// Content of one chunk, in bytes; the last one may hold less.
const CHUNK_BYTES: usize = 64 * 1024;
const SEALED_CHUNK_BYTES: usize = CHUNK_BYTES + MAX_TAG_LEN;

fn aead(key: &Secret<32>) -> Result<LessSafeKey, ArchiveError> {
    let key = UnboundKey::new(&CHACHA20_POLY1305, key.expose()).map_err(|_| ArchiveError::WrongKey)?;
    Ok(LessSafeKey::new(key))
}

fn nonce(number: u64, is_last: bool) -> Nonce {
    let mut bytes = [0; NONCE_LEN];
    bytes[3..11].copy_from_slice(&number.to_be_bytes());
    bytes[11] = u8::from(is_last);
    Nonce::assume_unique_for_key(bytes)
}

/// Writes an archive. Without [`Self::finish`] what was written does not pass for a whole one.
pub(crate) struct ArchiveWriter<W: Write> {
    out: W,
    key: LessSafeKey,
    bound_to: Vec<u8>,
    number: u64,
    waiting: Zeroizing<Vec<u8>>,
}

impl<W: Write> ArchiveWriter<W> {
    pub(crate) fn begin(mut out: W, header: &ArchiveHeader, key: &Secret<32>) -> Result<Self, ArchiveError> {
        let bound_to = write_header(&mut out, header)?;
        // It never grows beyond this, so that no copy of content stays behind where it was moved from.
        let waiting = Zeroizing::new(Vec::with_capacity(SEALED_CHUNK_BYTES));
        Ok(Self { out, key: aead(key)?, bound_to, number: 0, waiting })
    }

    fn seal_chunk(&mut self, is_last: bool) -> io::Result<()> {
        let nonce = nonce(self.number, is_last);
        self.key
            .seal_in_place_append_tag(nonce, Aad::from(&self.bound_to), &mut *self.waiting)
            .map_err(|_| io::Error::other("sealing a chunk"))?;
        self.number += 1;
        self.out.write_all(&self.waiting)?;
        self.waiting.clear();
        Ok(())
    }

    /// Seals what waits as the last chunk; gives back what was written to.
    pub(crate) fn finish(mut self) -> Result<W, ArchiveError> {
        self.seal_chunk(true)?;
        self.out.flush()?;
        Ok(self.out)
    }
}

impl<W: Write> Write for ArchiveWriter<W> {
    fn write(&mut self, content: &[u8]) -> io::Result<usize> {
        // A full chunk waits until something follows: only then it is certain not to be the last.
        if self.waiting.len() == CHUNK_BYTES && !content.is_empty() {
            self.seal_chunk(false)?;
        }
        let taken = content.len().min(CHUNK_BYTES - self.waiting.len());
        self.waiting.extend_from_slice(&content[..taken]);
        Ok(taken)
    }

    /// A chunk is written when it is full.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads an archive, chunk by chunk; nothing is given out that was not authenticated.
pub(crate) struct ArchiveReader<R: Read> {
    input: R,
    key: LessSafeKey,
    bound_to: Vec<u8>,
    number: u64,
    sealed: Zeroizing<Vec<u8>>,
    given: u64,
    is_over: bool,
}

impl<R: Read> ArchiveReader<R> {
    pub(crate) fn begin(mut input: R, with: &SealingKeyPair) -> Result<(Self, ArchiveHeader), ArchiveError> {
        let (header, bound_to) = read_header(&mut input)?;
        let key = aead(&header.open(with)?)?;
        let sealed = Zeroizing::new(Vec::with_capacity(SEALED_CHUNK_BYTES + 1));
        Ok((Self { input, key, bound_to, number: 0, sealed, given: 0, is_over: false }, header))
    }

    /// The content of the next chunk; nothing after the last.
    pub(crate) fn next_chunk(&mut self) -> Result<Option<Zeroizing<Vec<u8>>>, ArchiveError> {
        if self.is_over {
            return Ok(None);
        }
        // One byte more than a chunk tells whether another follows.
        let wanted = (SEALED_CHUNK_BYTES + 1 - self.sealed.len()) as u64;
        self.input.by_ref().take(wanted).read_to_end(&mut self.sealed)?;
        let is_last = self.sealed.len() <= SEALED_CHUNK_BYTES;
        let rest: Vec<u8> = if is_last { Vec::new() } else { self.sealed.split_off(SEALED_CHUNK_BYTES) };
        let damaged = ArchiveError::Damaged { read: self.given };
        let mut chunk =
            Zeroizing::new(std::mem::replace(&mut *self.sealed, Vec::with_capacity(SEALED_CHUNK_BYTES + 1)));
        self.sealed.extend_from_slice(&rest);
        let opened = self.key.open_in_place(nonce(self.number, is_last), Aad::from(&self.bound_to), &mut chunk);
        let length = opened.map_err(|_| damaged)?.len();
        chunk[length..].zeroize();
        chunk.truncate(length);
        self.number += 1;
        self.given += length as u64;
        self.is_over = is_last;
        Ok(Some(chunk))
    }
}

#[cfg(test)]
mod tests {
    use super::super::header::ArchiveSource;
    use super::*;
    use vigil_protocol::{DeviceId, Hash, SpaceId, Timestamp};

    fn written(content: &[u8], to: &SealingKeyPair) -> Vec<u8> {
        let source = ArchiveSource {
            space: SpaceId([1; 16]),
            genesis: Hash([2; 32]),
            motion: Hash([3; 32]),
            device: DeviceId([4; 16]),
            time: Timestamp(5),
        };
        let (header, key) = ArchiveHeader::new(&source, to.public()).unwrap();
        let mut writer = ArchiveWriter::begin(Vec::new(), &header, &key).unwrap();
        writer.write_all(content).unwrap();
        writer.finish().unwrap()
    }

    fn read(bytes: &[u8], with: &SealingKeyPair) -> Result<Vec<u8>, ArchiveError> {
        let (mut reader, _) = ArchiveReader::begin(bytes, with)?;
        let mut content = Vec::new();
        while let Some(chunk) = reader.next_chunk()? {
            content.extend_from_slice(&chunk);
        }
        Ok(content)
    }

    fn head_bytes(file: &[u8]) -> usize {
        let start = super::super::header::MAGIC.len();
        let length: [u8; 4] = file[start..start + 4].try_into().unwrap();
        start + 4 + u32::from_be_bytes(length) as usize
    }

    #[test]
    fn content_of_every_length_around_a_chunk_comes_back() {
        let pair = SealingKeyPair::generate();
        for length in [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, 3 * CHUNK_BYTES + 7] {
            let content: Vec<u8> = (0..length).map(|number| (number % 251) as u8).collect();
            assert_eq!(read(&written(&content, &pair), &pair).unwrap(), content, "{length} bytes");
        }
    }

    #[test]
    fn nobody_else_opens_it_and_no_content_stands_in_it() {
        let pair = SealingKeyPair::generate();
        let file = written(b"Sunita Tamang", &pair);
        assert!(matches!(read(&file, &SealingKeyPair::generate()), Err(ArchiveError::WrongKey)));
        assert!(!file.windows(6).any(|window| window == b"Sunita"));
        assert_eq!(read(&file, &pair).unwrap(), b"Sunita Tamang");
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let pair = SealingKeyPair::generate();
        let file = written(b"one line of content\n", &pair);
        for byte in 0..file.len() {
            let mut changed = file.clone();
            changed[byte] ^= 1;
            assert!(read(&changed, &pair).is_err(), "byte {byte}");
        }
    }

    #[test]
    fn a_file_that_was_cut_anywhere_is_not_a_whole_one() {
        let pair = SealingKeyPair::generate();
        let file = written(&vec![7; 2 * CHUNK_BYTES + 100], &pair);
        let head = head_bytes(&file);
        for end in [0, 5, head, head + 1, head + SEALED_CHUNK_BYTES, head + 2 * SEALED_CHUNK_BYTES, file.len() - 1] {
            assert!(read(&file[..end], &pair).is_err(), "cut at {end}");
        }
        let mut longer = file.clone();
        longer.push(0);
        assert!(read(&longer, &pair).is_err());
        assert!(read(&file, &pair).is_ok());
    }

    #[test]
    fn chunks_cannot_be_swapped_repeated_or_left_out() {
        let pair = SealingKeyPair::generate();
        let file = written(&vec![7; 3 * CHUNK_BYTES + 100], &pair);
        let (head, chunks) = file.split_at(head_bytes(&file));
        let chunks: Vec<&[u8]> = chunks.chunks(SEALED_CHUNK_BYTES).collect();
        assert_eq!(chunks.len(), 4);
        let with = |order: &[usize]| [head.to_vec(), order.iter().flat_map(|n| chunks[*n].to_vec()).collect()].concat();
        assert!(read(&with(&[0, 1, 2, 3]), &pair).is_ok());
        for order in [[1, 0, 2, 3].as_slice(), &[0, 0, 2, 3], &[0, 2, 3], &[1, 2, 3], &[0, 1, 2], &[0, 1, 2, 3, 3]] {
            assert!(read(&with(order), &pair).is_err(), "{order:?}");
        }
    }

    #[test]
    fn chunks_of_another_archive_do_not_fit() {
        let pair = SealingKeyPair::generate();
        let (one, other) = (written(b"one", &pair), written(b"two", &pair));
        let mixed = [&one[..head_bytes(&one)], &other[head_bytes(&other)..]].concat();
        assert!(matches!(read(&mixed, &pair), Err(ArchiveError::Damaged { read: 0 })));
    }

    #[test]
    fn what_is_no_archive_or_a_newer_one_is_told_apart() {
        let pair = SealingKeyPair::generate();
        assert!(matches!(read(b"{\"json\": true}", &pair), Err(ArchiveError::NotAnArchive)));
        let mut huge = written(b"", &pair);
        huge[super::super::header::MAGIC.len()] = 0xff;
        assert!(matches!(read(&huge, &pair), Err(ArchiveError::NotAnArchive)));
        let mut newer = written(b"", &pair);
        // The version is the first field of the header's array.
        newer[super::super::header::MAGIC.len() + 5] = 2;
        assert!(matches!(read(&newer, &pair), Err(ArchiveError::NewerVersion(2))));
    }
}
