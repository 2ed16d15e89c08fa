//! The header of a key file: what is authenticated with everything that is sealed in it.
//! Its cost stays between floor and ceiling, and each next one counts one more.

use super::hardware::HardwareAlias;
use super::key_file::{KeyFileError, VERSION};
use super::passphrase::Passphrase;
use super::secret::random_bytes;
use super::slot::Stretched;
use super::stretching::{CEILING, Cost, FLOOR, stretch};
use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};

/// What is authenticated with everything that is sealed.
#[derive(Clone, Encode, Decode)]
#[cbor(array)]
pub(crate) struct Header {
    #[n(0)]
    pub(super) version: u8,
    #[n(1)]
    pub(super) alias: ByteArray<16>,
    #[n(2)]
    pub(super) memory_kib: u32,
    #[n(3)]
    pub(super) passes: u32,
    #[n(4)]
    pub(super) salt: ByteArray<16>,
    /// Counts the key files of this home; the hardware remembers the newest.
    #[n(5)]
    pub(super) generation: u64,
    /// After how many wrong attempts in a row the home is wiped.
    #[n(6)]
    pub(super) wipe_after: Option<u32>,
    /// The alias before the store moved: whoever opens or erases the home destroys what is left of it.
    #[n(7)]
    pub(super) former: Option<ByteArray<16>>,
}

impl Header {
    pub(crate) fn new(alias: HardwareAlias, cost: Cost, wipe_after: Option<u32>) -> Self {
        Self {
            version: VERSION,
            alias: alias.0.into(),
            memory_kib: cost.memory_kib,
            passes: cost.passes,
            salt: random_bytes::<16>().into(),
            generation: 1,
            wipe_after,
            former: None,
        }
    }

    /// The next key file of the same home. Cost and salt stay: a PIN that is not at hand is not stretched again.
    pub(crate) fn next(&self) -> Self {
        Self { generation: self.generation.saturating_add(1), former: None, ..self.clone() }
    }

    /// The next key file, of another hardware key.
    pub(crate) fn moved(&self, alias: HardwareAlias) -> Self {
        Self { alias: alias.0.into(), former: Some(self.alias), ..self.next() }
    }

    /// The next key file, with another limit.
    pub(crate) fn wiping_after(&self, wipe_after: Option<u32>) -> Self {
        Self { wipe_after, ..self.next() }
    }

    pub(crate) fn alias(&self) -> HardwareAlias {
        HardwareAlias(*self.alias)
    }

    pub(crate) fn former(&self) -> Option<HardwareAlias> {
        self.former.as_ref().map(|alias| HardwareAlias(**alias))
    }

    pub(crate) fn cost(&self) -> Cost {
        Cost { memory_kib: self.memory_kib, passes: self.passes }
    }

    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    pub(crate) fn wipe_after(&self) -> Option<u32> {
        self.wipe_after
    }

    pub(crate) fn stretch(&self, passphrase: &Passphrase) -> Result<Stretched, KeyFileError> {
        stretch(self.cost(), passphrase.bytes(), &self.salt).map(Stretched).ok_or(KeyFileError::Derivation)
    }

    /// Whether trying a PIN costs neither too little nor more than a device can spend.
    pub(super) fn is_within_bounds(&self) -> bool {
        self.cost().is_at_least(&FLOOR) && CEILING.is_at_least(&self.cost())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_next_header_counts_one_more_and_changes_what_it_is_for_and_nothing_else() {
        let (old, new) = (HardwareAlias::random(), HardwareAlias::random());
        let first = Header::new(old, FLOOR, Some(10));
        assert_eq!((first.generation(), first.alias(), first.former(), first.wipe_after()), (1, old, None, Some(10)));
        let moved = first.moved(new);
        assert_eq!((moved.generation(), moved.alias(), moved.former()), (2, new, Some(old)));
        let next = moved.next();
        assert_eq!((next.generation(), next.alias(), next.former()), (3, new, None), "what was left is destroyed");
        let limited = next.wiping_after(None);
        assert_eq!((limited.generation(), limited.wipe_after(), moved.wipe_after()), (4, None, Some(10)));
        for header in [&moved, &next, &limited] {
            assert_eq!((header.cost(), header.salt, header.version), (first.cost(), first.salt, VERSION));
        }
    }
}
