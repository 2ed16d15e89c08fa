//! What a home keeps beside its hardware key, where restoring the home's files does not reach: wrong attempts, the newest key
//! file, how often each database was opened, what stretching costs at least.
//! It promises to be bound to its key, and that a state of a newer version is refused and not guessed at.

use super::attempts::Attempts;
use super::hardware::{HardwareAlias, HardwareError, HardwareVault};
use super::stretching::Cost;
use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};
use vigil_protocol::canonical;

const VERSION: u8 = 1;

/// The state.
#[derive(Clone, Encode, Decode, PartialEq, Eq, Debug)]
#[cbor(array)]
pub(crate) struct HardwareState {
    #[n(0)]
    version: u8,
    /// Of the newest key file that is certainly in its place; 0 before the first.
    #[n(1)]
    pub(crate) generation: u64,
    /// How often each slot's database was opened.
    #[n(2)]
    pub(crate) opened: [u64; 2],
    #[n(3)]
    pub(crate) attempts: Attempts,
    #[n(4)]
    memory_kib: u32,
    #[n(5)]
    passes: u32,
}

#[derive(Encode, Decode)]
#[cbor(array)]
struct Kept {
    #[n(0)]
    state: HardwareState,
    #[n(1)]
    mac: ByteArray<32>,
}

impl HardwareState {
    /// The state of a new home, whose databases were opened once.
    pub(crate) fn new(cost: Cost) -> Self {
        Self {
            version: VERSION,
            generation: 0,
            opened: [1, 1],
            attempts: Attempts::default(),
            memory_kib: cost.memory_kib,
            passes: cost.passes,
        }
    }

    /// What stretching costs at least.
    pub(crate) fn cost(&self) -> Cost {
        Cost { memory_kib: self.memory_kib, passes: self.passes }
    }

    pub(crate) fn load(hardware: &dyn HardwareVault, alias: &HardwareAlias) -> Result<Self, HardwareError> {
        let kept: Kept = canonical::decode(&hardware.state(alias)?).map_err(|_| HardwareError::Damaged)?;
        if kept.state.version != VERSION || kept.mac != kept.state.mac(hardware, alias)? {
            return Err(HardwareError::Damaged);
        }
        Ok(kept.state)
    }

    pub(crate) fn keep(&self, hardware: &dyn HardwareVault, alias: &HardwareAlias) -> Result<(), HardwareError> {
        let kept = Kept { state: self.clone(), mac: self.mac(hardware, alias)? };
        hardware.keep_state(alias, &canonical::encode(&kept))
    }

    fn mac(&self, hardware: &dyn HardwareVault, alias: &HardwareAlias) -> Result<ByteArray<32>, HardwareError> {
        let message = [b"vigil/2 state".as_slice(), &canonical::encode(self)].concat();
        Ok((*hardware.mac(alias, &message)?).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::folder_vault::FolderVault;
    use crate::keys::hardware::HardwareLevel;
    use crate::keys::stretching::FLOOR;

    #[test]
    fn a_state_is_read_under_its_own_key_and_in_its_own_version_only() {
        let folder = std::env::temp_dir().join(format!("vigil-state-of-key-{}", std::process::id()));
        std::fs::remove_dir_all(&folder).ok();
        let (hardware, alias, other) = (FolderVault::new(folder), HardwareAlias::random(), HardwareAlias::random());
        for alias in [&alias, &other] {
            hardware.create(alias, HardwareLevel::Software).unwrap();
        }
        let state = HardwareState { generation: 3, ..HardwareState::new(FLOOR) };
        assert_eq!((state.opened, state.cost()), ([1, 1], FLOOR));
        state.keep(&hardware, &alias).unwrap();
        assert_eq!(HardwareState::load(&hardware, &alias).unwrap(), state);
        hardware.keep_state(&other, &hardware.state(&alias).unwrap()).unwrap();
        assert!(matches!(HardwareState::load(&hardware, &other), Err(HardwareError::Damaged)), "of another key");
        let newer = HardwareState { version: VERSION + 1, ..state };
        newer.keep(&hardware, &alias).unwrap();
        assert!(matches!(HardwareState::load(&hardware, &alias), Err(HardwareError::Damaged)), "of a newer version");
    }
}
