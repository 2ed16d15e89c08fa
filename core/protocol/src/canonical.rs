//! Canonical CBOR: one value, one byte string (RFC 8949 section 4.2.1 for lengths and integers; structures are arrays).
//! Decoding promises that re-encoding the result gives back exactly the bytes that were read, so that a signature over an
//! encoding is a signature over its meaning.

use crate::ProtocolError;
use minicbor::{Decode, Encode};

/// The canonical encoding of a value.
pub fn encode<T: Encode<()>>(value: &T) -> Vec<u8> {
    // No `Encode` of this crate reports an error of its own, and memory is the only thing written to.
    minicbor::to_vec(value).unwrap_or_default()
}

/// Reads a value that fills `bytes` exactly, in its canonical form.
///
/// # Errors
/// [`ProtocolError::Malformed`] for anything else: trailing bytes, longer integers than needed, unknown fields.
pub fn decode<'b, T: Decode<'b, ()> + Encode<()>>(bytes: &'b [u8]) -> Result<T, ProtocolError> {
    let malformed = ProtocolError::Malformed { what: short_name::<T>() };
    let mut decoder = minicbor::Decoder::new(bytes);
    let value: T = decoder.decode().map_err(|_| malformed.clone())?;
    if decoder.position() != bytes.len() || encode(&value) != bytes {
        return Err(malformed);
    }
    Ok(value)
}

/// Reads a value of at most `limit` bytes.
///
/// # Errors
/// [`ProtocolError::TooLarge`] before anything is read, otherwise as [`decode`].
pub fn decode_limited<'b, T: Decode<'b, ()> + Encode<()>>(bytes: &'b [u8], limit: usize) -> Result<T, ProtocolError> {
    if bytes.len() > limit {
        return Err(ProtocolError::TooLarge { what: short_name::<T>(), limit });
    }
    decode(bytes)
}

fn short_name<T>() -> &'static str {
    let name = std::any::type_name::<T>();
    name.rsplit("::").next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_longer_spelling_of_the_same_number_is_refused() {
        assert_eq!(decode::<u64>(&[0x05]), Ok(5));
        assert!(decode::<u64>(&[0x18, 0x05]).is_err());
    }

    #[test]
    fn trailing_bytes_are_refused() {
        assert!(decode::<u64>(&[0x05, 0x00]).is_err());
    }

    #[test]
    fn indefinite_lengths_are_refused() {
        assert_eq!(decode::<Vec<u64>>(&[0x81, 0x01]), Ok(vec![1]));
        assert!(decode::<Vec<u64>>(&[0x9f, 0x01, 0xff]).is_err());
    }
}
