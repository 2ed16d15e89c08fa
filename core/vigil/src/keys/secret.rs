//! A secret of fixed length on the heap, wiped when dropped.
//! It promises not to be printable, comparable or copyable by accident.

use zeroize::{Zeroize, Zeroizing};

/// `N` secret bytes. They do not move with the owner, so no copies stay behind on the stack.
pub(crate) struct Secret<const N: usize>(Box<Zeroizing<[u8; N]>>);

impl<const N: usize> Secret<N> {
    /// Takes the bytes over and wipes the source.
    pub(crate) fn take(source: &mut [u8; N]) -> Self {
        let secret = Self::copy(source);
        source.zeroize();
        secret
    }

    /// From a slice of exactly `N` bytes, which stays the caller's to wipe.
    pub(crate) fn from_slice(source: &[u8]) -> Option<Self> {
        source.try_into().ok().map(Self::copy)
    }

    fn copy(source: &[u8; N]) -> Self {
        let mut bytes = Box::new(Zeroizing::new([0; N]));
        bytes.copy_from_slice(source);
        Self(bytes)
    }

    /// Fresh random bytes.
    pub(crate) fn random() -> Self {
        let mut bytes = Box::new(Zeroizing::new([0; N]));
        fill(bytes.as_mut_slice());
        Self(bytes)
    }

    /// The bytes, for the one call that needs them.
    pub(crate) fn expose(&self) -> &[u8; N] {
        &self.0
    }
}

impl<const N: usize> Clone for Secret<N> {
    fn clone(&self) -> Self {
        Self::copy(self.expose())
    }
}

impl<const N: usize> std::fmt::Debug for Secret<N> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// Random bytes that are not secret: ids, salts.
pub(crate) fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    fill(&mut bytes);
    bytes
}

/// A device whose system gives no randomness must not go on: every key would be guessable.
pub(super) fn fill(bytes: &mut [u8]) {
    let random = ring::rand::SystemRandom::new();
    if ring::rand::SecureRandom::fill(&random, bytes).is_err() {
        // Not a panic that a caller could catch and ignore.
        std::process::abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_taken_whole_and_its_source_is_wiped() {
        let mut source = [7; 32];
        let secret = Secret::take(&mut source);
        assert_eq!((secret.expose(), source), (&[7; 32], [0; 32]));
        assert_eq!(secret.clone().expose(), &[7; 32]);
        assert_eq!(Secret::<32>::from_slice(&[8; 32]).unwrap().expose(), &[8; 32]);
        assert!(Secret::<32>::from_slice(&[8; 31]).is_none());
    }

    #[test]
    fn what_is_random_never_repeats() {
        assert_ne!(Secret::<32>::random().expose(), Secret::<32>::random().expose());
        assert_ne!(random_bytes::<16>(), random_bytes::<16>());
    }
}
