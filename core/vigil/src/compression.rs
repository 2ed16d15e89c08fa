//! Compression of record content with a versioned static dictionary, before encryption.
//! Inflation promises never to produce more than [`MAX_INFLATED_BYTES`], whatever the input claims.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use thiserror::Error;

/// Most bytes that one write may inflate to (reference: an Automerge change of 65 kB can otherwise hold 64 MB).
pub const MAX_INFLATED_BYTES: usize = 256 * 1024;

/// The dictionary of format 1: text that records share, made by `cargo xtask dictionary` from generated records.
/// It never changes; a better one becomes format 2.
pub const DICTIONARY: &[u8] = include_bytes!("dictionary/1.bin");

const STORED: u8 = 0;
const DEFLATED_WITH_DICTIONARY_1: u8 = 1;

/// Why compressed bytes were refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CompressionError {
    /// A format that this build does not know: parked, not dropped.
    #[error("unknown compression format {0}")]
    UnknownFormat(u8),
    /// Not a compressed stream.
    #[error("damaged compressed content")]
    Damaged,
    /// More than [`MAX_INFLATED_BYTES`].
    #[error("content inflates to more than {MAX_INFLATED_BYTES} bytes")]
    TooLarge,
}

/// The dictionary and, behind it, what both ends know of this write (author and record), which then costs a few bits.
fn dictionary(context: &[u8]) -> Vec<u8> {
    [DICTIONARY, context].concat()
}

/// Compresses content. `context` is known to both ends and not part of the result.
pub fn compress(content: &[u8], context: &[u8]) -> Vec<u8> {
    let mut deflated = vec![DEFLATED_WITH_DICTIONARY_1];
    deflated.reserve(content.len() + 64);
    let mut stream = Compress::new(Compression::best(), false);
    let done = stream.set_dictionary(&dictionary(context)).is_ok()
        && matches!(stream.compress_vec(content, &mut deflated, FlushCompress::Finish), Ok(Status::StreamEnd));
    if done && deflated.len() <= content.len() {
        return deflated;
    }
    let mut stored = vec![STORED];
    stored.extend_from_slice(content);
    stored
}

/// Inflates what [`compress`] made.
///
/// # Errors
/// [`CompressionError`]; at no time are more than [`MAX_INFLATED_BYTES`] and a block held.
pub fn inflate(bytes: &[u8], context: &[u8]) -> Result<Vec<u8>, CompressionError> {
    let (format, body) = bytes.split_first().ok_or(CompressionError::Damaged)?;
    match *format {
        STORED if body.len() > MAX_INFLATED_BYTES => Err(CompressionError::TooLarge),
        STORED => Ok(body.to_vec()),
        DEFLATED_WITH_DICTIONARY_1 => inflate_bounded(body, &dictionary(context)),
        other => Err(CompressionError::UnknownFormat(other)),
    }
}

fn inflate_bounded(body: &[u8], dictionary: &[u8]) -> Result<Vec<u8>, CompressionError> {
    let mut stream = Decompress::new(false);
    stream.set_dictionary(dictionary).map_err(|_| CompressionError::Damaged)?;
    let mut content = Vec::with_capacity((body.len() * 4).clamp(1024, MAX_INFLATED_BYTES));
    loop {
        if content.len() == content.capacity() {
            if content.len() >= MAX_INFLATED_BYTES {
                return Err(CompressionError::TooLarge);
            }
            content.reserve_exact(content.len().min(MAX_INFLATED_BYTES - content.len()));
        }
        let consumed = usize::try_from(stream.total_in()).map_err(|_| CompressionError::Damaged)?;
        let before = content.len();
        let rest = body.get(consumed..).unwrap_or_default();
        let status = stream
            .decompress_vec(rest, &mut content, FlushDecompress::Finish)
            .map_err(|_| CompressionError::Damaged)?;
        if content.len() > MAX_INFLATED_BYTES {
            return Err(CompressionError::TooLarge);
        }
        match status {
            Status::StreamEnd if stream.total_in() == body.len() as u64 => return Ok(content),
            Status::StreamEnd => return Err(CompressionError::Damaged),
            _ if content.len() == before && content.len() < content.capacity() => {
                return Err(CompressionError::Damaged);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn content_goes_there_and_back(content in prop::collection::vec(any::<u8>(), 0..4000), context in prop::collection::vec(any::<u8>(), 0..40)) {
            prop_assert_eq!(inflate(&compress(&content, &context), &context), Ok(content));
        }

        #[test]
        fn any_bytes_are_inflated_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
            if let Ok(content) = inflate(&bytes, b"") {
                prop_assert!(content.len() <= MAX_INFLATED_BYTES);
            }
        }
    }

    #[test]
    fn a_bomb_is_refused_before_it_is_held() {
        let mut bomb = vec![DEFLATED_WITH_DICTIONARY_1];
        bomb.reserve(80_000);
        let mut stream = Compress::new(Compression::best(), false);
        stream.set_dictionary(DICTIONARY).unwrap();
        stream.compress_vec(&vec![b'A'; 64 << 20], &mut bomb, FlushCompress::Finish).unwrap();
        assert!(bomb.len() < 80_000);
        assert_eq!(inflate(&bomb, b""), Err(CompressionError::TooLarge));
    }

    #[test]
    fn what_both_ends_know_costs_next_to_nothing() {
        let context = *b"0123456789abcdef";
        let content = [b"device: ".as_slice(), &context, &context].concat();
        assert!(compress(&content, &context).len() + 10 < compress(&content, b"").len());
    }

    #[test]
    fn an_unknown_format_is_named() {
        assert_eq!(inflate(&[9, 1, 2], b""), Err(CompressionError::UnknownFormat(9)));
    }
}
