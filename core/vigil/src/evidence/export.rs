//! Making a bundle from what this device holds of a record.
//! It promises that the export is noted as a read before anything is put together, that nothing of other records goes in
//! but hashes, and that what no server acknowledged is marked so.

use super::bundle::{
    BatchEvidence, Bundle, DisclosedKey, MAX_BATCHES, MAX_NEIGHBOURS, OpenKey, PlacedItem, RecordEvidence, VERSION,
};
use crate::error::{Result, VigilError};
use crate::records::is_for_auditors;
use crate::store::evidence::{self as stored, Signed};
use crate::store::{generations, records};
use crate::sync::{Save, seal_copy};
use crate::vault::{ReadClass, ReadNoted, Vault};
use std::collections::{BTreeMap, BTreeSet};
use vigil_protocol::{Batch, BatchHeader, Chain, DeviceId, Item, KeyCommitment, RecordId, Role, Signature, canonical};
use zeroize::Zeroizing;

/// A bundle, ready to be written to a file. It opens everything that it holds, to everybody.
pub struct Evidence {
    bytes: Zeroizing<Vec<u8>>,
    records: Vec<RecordId>,
    batches: u64,
    not_acknowledged: u64,
}

impl Evidence {
    /// The file.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The records in it.
    pub fn records(&self) -> &[RecordId] {
        &self.records
    }

    /// How many signed batches carry something of them.
    pub fn batches(&self) -> u64 {
        self.batches
    }

    /// How many of those no server has acknowledged.
    pub fn not_acknowledged(&self) -> u64 {
        self.not_acknowledged
    }
}

impl std::fmt::Debug for Evidence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Evidence").field("records", &self.records).finish_non_exhaustive()
    }
}

fn damaged<E>(_: E) -> VigilError {
    VigilError::DatabaseDamaged { detail: "an original item" }
}

impl Vault {
    /// Makes a bundle of evidence of a record: everything signed about it, its keys, and the membership log. With
    /// `with_persons` also of the persons linked to it; without, an identity is refused. Whoever has the file reads all
    /// of it, so each export is an event for the auditor, committed before anything is made.
    ///
    /// # Errors
    /// [`VigilError::NotFound`] also after an erasure, [`VigilError::Invalid`] for an identity without `with_persons` or
    /// more than a bundle takes, [`VigilError::NotAllowed`] for what auditors alone read, [`VigilError::Disk`] if the read cannot be noted.
    pub fn export_evidence(&self, record: &RecordId, with_persons: bool) -> Result<Evidence> {
        if self.is_provisional()? {
            return Err(VigilError::NotAllowed { why: "evidence needs the log: sync once" });
        }
        self.may_read()?;
        let store = self.store.read();
        let row = self.row(record)?;
        if is_for_auditors(&row.columns.kind) && self.role()? != Role::Auditor {
            return Err(VigilError::NotAllowed { why: "auditors read it, and nobody else" });
        }
        let is_identity = |record: &RecordId| -> Result<bool> {
            let row = records::get(store, record)?.ok_or(VigilError::NotFound { what: "record" })?;
            Ok(self.summariser.kinds().is_identity(&row.columns.kind))
        };
        if is_identity(record)? && !with_persons {
            return Err(VigilError::invalid("record", "it tells who somebody is: say that persons are to be included"));
        }
        let mut wanted = vec![*record];
        if with_persons {
            for linked in records::linked(store, record)? {
                if is_identity(&linked)? {
                    wanted.push(linked);
                }
            }
        }
        let noted = wanted
            .iter()
            .map(|record| self.note_read(record, ReadClass::Evidence, None))
            .collect::<Result<Vec<ReadNoted>>>()?;
        let space = self.space()?;
        let mut exported = Vec::with_capacity(noted.len());
        for noted in &noted {
            exported.push(self.evidence_of(noted)?);
        }
        let carrying = || exported.iter().flat_map(|record| &record.batches).filter(|batch| !batch.items.is_empty());
        let batches = carrying().count() as u64;
        let not_acknowledged = carrying().filter(|batch| !batch.acknowledged).count() as u64;
        let bundle = Bundle {
            version: VERSION,
            space: space.id(),
            exporter: self.device,
            time: self.now(),
            confirmed: space.confirmed as u64,
            log: space.log.clone(),
            records: exported,
            signature: Signature([0; 64]),
        };
        bundle.check_counts()?;
        let bytes = Zeroizing::new(canonical::encode(&bundle.sign(&self.keys.signing)));
        if bytes.len() > super::MAX_EVIDENCE_BYTES {
            return Err(VigilError::invalid("record", "more than one bundle of evidence takes"));
        }
        Ok(Evidence { bytes, records: wanted, batches, not_acknowledged })
    }

    fn evidence_of(&self, noted: &ReadNoted) -> Result<RecordEvidence> {
        let record = *noted.record();
        let store = self.store.read();
        let mut batches: BTreeMap<(DeviceId, u8, u64), BatchEvidence> = BTreeMap::new();
        for original in stored::originals(store, &record, MAX_BATCHES + 1)? {
            let item: Item = canonical::decode(&original.item).map_err(damaged)?;
            let batch = signed(&original.signed)?;
            let at = (batch.header.device, batch.header.chain.kind(), batch.header.chain.number());
            batches.entry(at).or_insert(batch).items.push(PlacedItem { place: original.place, item });
        }
        for (device, range) in ranges(batches.values()) {
            for neighbour in stored::headers_between(store, &device, range, MAX_NEIGHBOURS)? {
                let batch = signed(&neighbour)?;
                let at = (batch.header.device, batch.header.chain.kind(), batch.header.chain.number());
                batches.entry(at).or_insert(batch);
            }
        }
        let ranges = ranges(batches.values());
        let mut batches: Vec<BatchEvidence> = batches.into_values().collect();
        for (device, range) in ranges {
            batches.extend(stored::contradictions(store, &device, range)?.iter().filter_map(|bytes| second(bytes)));
        }
        batches.extend(self.unacknowledged(&record)?);
        batches.sort_by_key(BatchEvidence::order);
        // Where one header contradicts the next by naming another predecessor, both are in the chain already.
        batches.dedup_by(|next, one| next.items.is_empty() && next.order() == one.order());
        let named = named(&batches);
        let keys = generations::of_record(store, &record)?
            .into_iter()
            .filter(|generation| named.contains(&generation.commitment))
            .map(|generation| DisclosedKey { commitment: generation.commitment, key: OpenKey(generation.key) })
            .collect();
        let left_out = stored::count_parked(store, &record)?;
        Ok(RecordEvidence { record, keys, batches, attachments: Vec::new(), left_out })
    }

    /// What waits here for a record, sealed and signed as copies: nobody else holds it yet.
    fn unacknowledged(&self, record: &RecordId) -> Result<Vec<BatchEvidence>> {
        let waiting = stored::unacknowledged(self.store.read(), record)?;
        let mut copies = Vec::with_capacity(waiting.len());
        self.store.in_transaction(|tx| {
            for pending in waiting {
                let copy = seal_copy(self, tx, record, &Save::from_bytes(&pending.content)?)?;
                let Batch { header, signature, items } = Batch::from_bytes(&copy).map_err(damaged)?;
                let items = (0..).zip(items).map(|(place, item)| PlacedItem { place, item }).collect();
                copies.push(BatchEvidence { header, signature, acknowledged: false, items });
            }
            Ok::<_, VigilError>(())
        })?;
        Ok(copies)
    }
}

/// A stored header as a batch without items.
fn signed(signed: &Signed) -> Result<BatchEvidence> {
    let header: BatchHeader = canonical::decode(&signed.header).map_err(damaged)?;
    let signature = Signature::from_slice(&signed.signature).ok_or_else(|| damaged(()))?;
    // A copy that was handed over never saw a server.
    let acknowledged = matches!(header.chain, Chain::Sync { .. });
    Ok(BatchEvidence { header, signature, acknowledged, items: Vec::new() })
}

/// The second of two batches under one number. Early versions kept it without its signature; that proves nothing.
fn second(bytes: &[u8]) -> Option<BatchEvidence> {
    let (header, signature): (BatchHeader, Signature) = canonical::decode(bytes).ok()?;
    Some(BatchEvidence { header, signature, acknowledged: false, items: Vec::new() })
}

/// For each author, the part of its chain that these batches lie in, and one number more on each side.
fn ranges<'b>(batches: impl Iterator<Item = &'b BatchEvidence>) -> BTreeMap<DeviceId, (u64, u64)> {
    let mut ranges: BTreeMap<DeviceId, (u64, u64)> = BTreeMap::new();
    for batch in batches {
        let Chain::Sync { counter, .. } = batch.header.chain else { continue };
        let (first, last) = (counter.saturating_sub(1), counter.saturating_add(1));
        let range = ranges.entry(batch.header.device).or_insert((first, last));
        *range = (range.0.min(first), range.1.max(last));
    }
    ranges
}

/// The commitments that signed items name.
fn named(batches: &[BatchEvidence]) -> BTreeSet<KeyCommitment> {
    let items = batches.iter().flat_map(|batch| &batch.items).map(|placed| &placed.item);
    items
        .filter_map(|item| match item {
            Item::Write(key, _) => Some(key.commitment()),
            other => other.capsule().map(|capsule| capsule.commitment),
        })
        .collect()
}
