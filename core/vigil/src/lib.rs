//! Vigil's offline-first core: records, keys, the encrypted store, the sync client, and the facade [`Vault`] that the
//! bindings, the desk and the tests use.
//!
//! It promises that what it acknowledged is durable, that nothing readable leaves the device, and that no bytes from
//! outside reach Automerge before they are authenticated, decrypted and guarded.
//!
//! ```
//! # fn main() -> Result<(), vigil_core::VigilError> {
//! use vigil_core::{ListQuery, NewSighting, Passphrase, Timestamp, Vault};
//!
//! let home = std::env::temp_dir().join(format!("vigil-doc-{}", std::process::id()));
//! let mut vault = Vault::create_at_floor(&home, &Passphrase::new("four random words here"), "Desk")?;
//! vault.create_space(None)?;
//! let sighting = NewSighting {
//!     place: "Bus park, gate 2".into(),
//!     seen_at: Timestamp(1_795_000_000_000),
//!     description: Some("A man collecting passports from three girls".into()),
//!     people: Some(4),
//! };
//! vault.record_sighting(&sighting)?;
//! assert_eq!(vault.list(&ListQuery::default())?.len(), 1);
//! # drop(vault);
//! # std::fs::remove_dir_all(&home).ok();
//! # std::fs::remove_dir_all(home.with_extension("hardware")).ok();
//! # Ok(())
//! # }
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used))]

#[cfg(all(feature = "positive-control", not(debug_assertions)))]
compile_error!("the positive control switches encryption off: it is for test builds only");

mod archive;
mod clock;
mod compression;
mod error;
mod evidence;
mod folder;
#[cfg(feature = "histories")]
#[doc(hidden)]
pub mod histories;
mod keys;
mod lease;
#[doc(hidden)]
pub mod loot;
#[doc(hidden)]
pub mod measure;
mod memory;
#[doc(hidden)]
pub mod readable;
pub mod records;
mod sealing;
mod share;
mod store;
pub mod sync;
mod vault;
#[cfg(all(test, not(feature = "positive-control")))]
mod vectors;

pub use archive::{ArchiveError, ArchiveHeader};
pub use clock::{Clock, Moment, SystemClock};
pub use compression::{CompressionError, DICTIONARY, MAX_INFLATED_BYTES, compress, inflate};
pub use error::{Result, VigilError};
#[doc(hidden)]
pub use evidence::hostile as hostile_evidence;
pub use evidence::{
    Evidence, EvidenceChain, EvidenceDouble, EvidenceFault, EvidenceField, EvidenceMember, EvidenceRecord,
    EvidenceReport, EvidenceStatement, EvidenceValue, MAX_EVIDENCE_BYTES, verify_evidence,
};
#[doc(hidden)]
pub use keys::hostile as hostile_key_file;
pub use keys::{
    FolderVault, HardwareAlias, HardwareError, HardwareLevel, HardwareVault, MAX_STATE_BYTES, Passphrase, Stretching,
};
pub use memory::{WipingAllocator, keep_memory_private, wipe_unused_stack};
pub use records::{NewPerson, NewScreening, NewSighting};
#[doc(hidden)]
pub use share::hostile as hostile_share;
pub use store::wipe_freed_memory;
pub use vault::*;
pub use vigil_protocol::{DeviceId, Hash, Policy, RecordId, Role, Timestamp};
