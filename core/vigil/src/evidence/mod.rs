//! Evidence: a file with which a stranger can check what was written about a record, by whom and in which order.
//! It promises that every byte is covered by the exporter's signature, that checking needs nothing but the file, and that
//! no file makes it panic or go on for ever (ADR 0018).

mod bundle;
mod chains;
mod export;
mod fields;
pub mod hostile;
mod queue;
mod report;
#[cfg(test)]
mod tests;
mod verify;

pub use bundle::MAX_EVIDENCE_BYTES;
pub use export::Evidence;
pub use report::{
    EvidenceChain, EvidenceDouble, EvidenceFault, EvidenceField, EvidenceMember, EvidenceRecord, EvidenceReport,
    EvidenceStatement, EvidenceValue,
};
pub use verify::verify_evidence;
