//! A secret of fixed length on the heap, wiped when dropped.
//! It promises not to be printable, comparable or copyable by accident.

use zeroize::Zeroize;

/// `N` secret bytes. They do not move with the owner, so no copies stay behind on the stack.
pub(crate) struct Secret<const N: usize>(Box<[u8; N]>);

impl<const N: usize> Secret<N> {
    /// Takes the bytes over and wipes the source.
    pub(crate) fn take(source: &mut [u8; N]) -> Self {
        let mut bytes = Box::new([0; N]);
        bytes.copy_from_slice(source);
        source.zeroize();
        Self(bytes)
    }

    /// From a slice of exactly `N` bytes, which stays the caller's to wipe.
    pub(crate) fn from_slice(source: &[u8]) -> Option<Self> {
        if source.len() != N {
            return None;
        }
        let mut bytes = Box::new([0; N]);
        bytes.copy_from_slice(source);
        Some(Self(bytes))
    }

    /// Fresh random bytes.
    pub(crate) fn random() -> Self {
        let mut bytes = Box::new([0; N]);
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
        Self(self.0.clone())
    }
}

impl<const N: usize> Drop for Secret<N> {
    fn drop(&mut self) {
        self.0.zeroize();
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
