//! The guard before Automerge: changes from outside are admitted on a copy, step by step, or not at all.
//! It promises that what it returns can be saved and loaded again, holds a flat map within the limits, and was written by
//! the device that signed it, as honest software would have written it - and that no input makes it panic.

use super::change::{Actor, ChangeBytes, ChangeHash};
use super::chunk::{self, Chunk, ChunkError};
use super::containment::contained;
use super::facts::{Facts, from_scalar};
use super::field::FieldName;
use super::limits;
use automerge::legacy::{Key, ObjectId, Op, OpId, OpType};
use automerge::{Automerge, Change, ROOT, ReadDoc};
use std::collections::{BTreeMap, BTreeSet};
use thiserror::Error;
use vigil_protocol::DeviceId;

/// Why changes were not admitted. Nothing was applied; it never repeats content.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum GuardError {
    /// Changes that these build on have not arrived: park the whole write and try again when they have.
    #[error("changes that these build on have not arrived")]
    MissingDependencies {
        /// Those that are missing.
        missing: Vec<ChangeHash>,
    },
    /// Not a well-formed change.
    #[error("not a well-formed change")]
    Malformed,
    /// A document, a compressed chunk or a bundle: never from outside (PROTOCOL 12).
    #[error("only plain changes are accepted from outside")]
    OtherChunk,
    /// Nested objects, lists, counters, messages: not a change of a flat map of fields.
    #[error("not a change of plain fields")]
    NotFlat,
    /// A field's name, or the type or size of its value, is not allowed.
    #[error("a field or value that is not allowed")]
    BadField,
    /// More of something than the limits allow.
    #[error("the record would exceed the limit of {limit} {what}")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// The change names an actor of another device than the one that signed.
    #[error("the change was not written by the device that signed it")]
    NotTheSigner,
    /// The author used a number of its own twice, with different content (PROTOCOL 10, 11).
    #[error("the author used the same change number twice")]
    Reused,
    /// Numbers or predecessors that honest software does not write.
    #[error("the change does not follow from what it builds on")]
    OutOfOrder,
    /// It has a second spelling: what it means and what was hashed could differ.
    #[error("the change is not in its canonical form")]
    NotCanonical,
    /// Automerge refused it, or what came of it could not be loaded again.
    #[error("the change would damage the record")]
    WouldDamage,
    /// Automerge panicked; the record is untouched.
    #[error("the change made the reader fail; the record is untouched")]
    Panicked,
}

impl GuardError {
    /// A code that never changes, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::MissingDependencies { .. } => "guard.missing_dependencies",
            Self::Malformed => "guard.malformed",
            Self::OtherChunk => "guard.other_chunk",
            Self::NotFlat => "guard.not_flat",
            Self::BadField => "guard.bad_field",
            Self::TooLarge { .. } => "guard.too_large",
            Self::NotTheSigner => "guard.not_the_signer",
            Self::Reused => "guard.reused",
            Self::OutOfOrder => "guard.out_of_order",
            Self::NotCanonical => "guard.not_canonical",
            Self::WouldDamage => "guard.would_damage",
            Self::Panicked => "guard.panicked",
        }
    }

    /// Whether the write may still be admitted once more has arrived.
    pub fn is_waiting(&self) -> bool {
        matches!(self, Self::MissingDependencies { .. })
    }
}

impl From<ChunkError> for GuardError {
    fn from(error: ChunkError) -> Self {
        match error {
            ChunkError::Malformed => Self::Malformed,
            ChunkError::OtherChunk => Self::OtherChunk,
            ChunkError::TooLarge => {
                Self::TooLarge { what: "bytes or rows in one change", limit: limits::MAX_CHANGE_BYTES }
            }
            ChunkError::NotFlat => Self::NotFlat,
        }
    }
}

/// What a record may hold at most. Tests use smaller ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GuardLimits {
    /// Changes in one write.
    pub changes_at_once: usize,
    /// Changes of the record.
    pub changes: usize,
    /// Actors of the record.
    pub actors: usize,
    /// Fields of the record.
    pub fields: usize,
    /// Bytes of the record as saved.
    pub record_bytes: usize,
}

impl Default for GuardLimits {
    fn default() -> Self {
        Self {
            changes_at_once: limits::MAX_CHANGES_PER_CONTENT,
            changes: limits::MAX_CHANGES,
            actors: limits::MAX_ACTORS,
            fields: limits::MAX_FIELDS,
            record_bytes: limits::MAX_RECORD_BYTES,
        }
    }
}

/// Facts with admitted changes.
#[derive(Debug, Clone)]
pub struct Admitted {
    /// The new facts, loaded back from `saved`.
    pub facts: Facts,
    /// The bytes to store.
    pub saved: Vec<u8>,
    /// The changes that were new, in the order in which they were applied. Empty if all were there already.
    pub added: Vec<ChangeHash>,
}

/// Admits changes of one write that `signer` signed, in any order and as often as they come. All or none.
///
/// # Errors
/// [`GuardError`]; `facts` is never touched.
pub fn admit(
    facts: &Facts,
    changes: &[ChangeBytes],
    signer: &DeviceId,
    limits: &GuardLimits,
) -> Result<Admitted, GuardError> {
    if changes.len() > limits.changes_at_once {
        return Err(GuardError::TooLarge { what: "changes in one write", limit: limits.changes_at_once });
    }
    let mut waiting = Vec::with_capacity(changes.len());
    let mut seen = BTreeSet::new();
    for change in changes {
        let chunk = chunk::read(change.as_slice())?;
        if chunk.actor.device() != *signer {
            return Err(GuardError::NotTheSigner);
        }
        if seen.insert(chunk.hash) {
            waiting.push((chunk, change));
        }
    }
    contained(|| Admission::new(facts, limits).run(waiting)).map_err(|_| GuardError::Panicked)?
}

/// What is known of an actor's last change.
#[derive(Debug, Clone, Copy)]
struct Last {
    sequence: u64,
    hash: ChangeHash,
}

struct Admission<'a> {
    limits: &'a GuardLimits,
    document: Automerge,
    actors: BTreeMap<Actor, Last>,
    /// Every known change, with the number of its last operation.
    known: BTreeMap<ChangeHash, u64>,
    added: Vec<ChangeHash>,
}

impl<'a> Admission<'a> {
    fn new(facts: &Facts, limits: &'a GuardLimits) -> Self {
        let document = facts.0.clone();
        let mut actors = BTreeMap::new();
        let mut known = BTreeMap::new();
        for change in document.get_changes_meta(&[]) {
            let hash = ChangeHash(change.hash.0);
            known.insert(hash, change.max_op);
            let Some(actor) = Actor::from_slice(change.actor.to_bytes()) else { continue };
            let last = actors.entry(actor).or_insert(Last { sequence: change.seq, hash });
            if change.seq > last.sequence {
                *last = Last { sequence: change.seq, hash };
            }
        }
        Self { limits, document, actors, known, added: Vec::new() }
    }

    fn run(mut self, waiting: Vec<(Chunk, &ChangeBytes)>) -> Result<Admitted, GuardError> {
        let mut waiting: Vec<_> =
            waiting.into_iter().filter(|(chunk, _)| !self.known.contains_key(&chunk.hash)).collect();
        while !waiting.is_empty() {
            let before = waiting.len();
            let mut later = Vec::new();
            for (chunk, bytes) in waiting {
                if chunk.parents.iter().all(|parent| self.known.contains_key(parent)) {
                    self.apply(&chunk, bytes)?;
                } else {
                    later.push((chunk, bytes));
                }
            }
            if later.len() == before {
                return Err(GuardError::MissingDependencies { missing: self.missing(&later) });
            }
            waiting = later;
        }
        self.finish()
    }

    fn missing(&self, waiting: &[(Chunk, &ChangeBytes)]) -> Vec<ChangeHash> {
        let here: BTreeSet<ChangeHash> = waiting.iter().map(|(chunk, _)| chunk.hash).collect();
        let parents = waiting.iter().flat_map(|(chunk, _)| &chunk.parents);
        let missing: BTreeSet<ChangeHash> =
            parents.filter(|parent| !self.known.contains_key(parent) && !here.contains(parent)).copied().collect();
        missing.into_iter().collect()
    }

    fn apply(&mut self, chunk: &Chunk, bytes: &ChangeBytes) -> Result<(), GuardError> {
        let parents: Vec<_> = chunk.parents.iter().map(|parent| automerge::ChangeHash(parent.0)).collect();
        self.check_place(chunk, &parents)?;
        let change = Change::from_bytes(bytes.0.clone()).map_err(|_| GuardError::Malformed)?;
        if change.hash().0 != chunk.hash.0 || change.len() != chunk.operations {
            return Err(GuardError::Malformed);
        }
        let expanded = change.decode();
        self.check_operations(&expanded.operations, chunk.start_op, &parents)?;
        if Change::from(expanded).raw_bytes() != bytes.as_slice() {
            return Err(GuardError::NotCanonical);
        }
        let max_op = change.max_op();
        self.document.apply_changes([change]).map_err(|_| GuardError::WouldDamage)?;
        self.known.insert(chunk.hash, max_op);
        self.actors.insert(chunk.actor, Last { sequence: chunk.sequence, hash: chunk.hash });
        self.added.push(chunk.hash);
        Ok(())
    }

    /// Whether the change stands where honest software would have put it.
    fn check_place(&self, chunk: &Chunk, parents: &[automerge::ChangeHash]) -> Result<(), GuardError> {
        if self.known.len() >= self.limits.changes {
            return Err(GuardError::TooLarge { what: "changes", limit: self.limits.changes });
        }
        match self.actors.get(&chunk.actor) {
            None if self.actors.len() >= self.limits.actors => {
                return Err(GuardError::TooLarge { what: "actors", limit: self.limits.actors });
            }
            None if chunk.sequence != 1 => return Err(GuardError::OutOfOrder),
            Some(last) if chunk.sequence <= last.sequence => return Err(GuardError::Reused),
            Some(last) if chunk.sequence != last.sequence + 1 || !self.builds_on(chunk, parents, last) => {
                return Err(GuardError::OutOfOrder);
            }
            _ => {}
        }
        // Every change counts on from the highest number that its author had seen, so this is one number and no other.
        let highest = chunk.parents.iter().filter_map(|parent| self.known.get(parent)).max().copied().unwrap_or(0);
        let operations = chunk.operations as u64;
        if chunk.start_op != highest + 1 || chunk.start_op + operations > u64::from(u32::MAX) {
            return Err(GuardError::OutOfOrder);
        }
        if !chunk.other_actors.iter().all(|actor| self.actors.contains_key(actor)) {
            return Err(GuardError::OutOfOrder);
        }
        Ok(())
    }

    /// Whether an actor's change was made in knowledge of the actor's change before.
    fn builds_on(&self, chunk: &Chunk, parents: &[automerge::ChangeHash], last: &Last) -> bool {
        chunk.parents.contains(&last.hash)
            || self.document.get_heads() == parents
            || self.document.get_changes_meta(parents).iter().all(|unseen| unseen.hash.0 != last.hash.0)
    }

    /// Each operation puts or removes one field of the root, and replaces what its author saw there.
    fn check_operations(
        &self,
        operations: &[Op],
        start_op: u64,
        parents: &[automerge::ChangeHash],
    ) -> Result<(), GuardError> {
        let mut names = BTreeSet::new();
        for operation in operations {
            let Key::Map(name) = &operation.key else { return Err(GuardError::NotFlat) };
            if operation.obj != ObjectId::Root || operation.insert {
                return Err(GuardError::NotFlat);
            }
            FieldName::new(name.as_str()).map_err(|_| GuardError::BadField)?;
            if !names.insert(name) {
                return Err(GuardError::OutOfOrder);
            }
            if operation.pred.iter().any(|replaced| replaced.counter() >= start_op) {
                return Err(GuardError::OutOfOrder);
            }
            let seen = if parents.is_empty() {
                Vec::new()
            } else {
                self.document.get_all_at(ROOT, name.as_str(), parents).map_err(|_| GuardError::WouldDamage)?
            };
            let replaced =
                operation.pred.iter().filter(|replaced| seen.iter().any(|(_, id)| is_same(id, replaced))).count();
            let replaces_what_it_saw = match &operation.action {
                OpType::Put(value) => {
                    from_scalar(value).ok_or(GuardError::BadField)?;
                    replaced == seen.len()
                }
                OpType::Delete => replaced > 0,
                _ => return Err(GuardError::NotFlat),
            };
            if !replaces_what_it_saw || replaced != operation.pred.len() {
                return Err(GuardError::OutOfOrder);
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<Admitted, GuardError> {
        let saved = self.document.save_nocompress();
        if self.added.is_empty() {
            return Ok(Admitted { facts: Facts(self.document), saved, added: self.added });
        }
        let too_large = |what, limit| Err(GuardError::TooLarge { what, limit });
        if saved.len() > self.limits.record_bytes {
            return too_large("bytes", self.limits.record_bytes);
        }
        if self.document.length(ROOT) > self.limits.fields {
            return too_large("fields", self.limits.fields);
        }
        let loaded = Automerge::load(&saved).map_err(|_| GuardError::WouldDamage)?;
        let facts = Facts(loaded);
        if facts.0.get_heads() != self.document.get_heads() || facts.fields().count() != facts.0.length(ROOT) {
            return Err(GuardError::WouldDamage);
        }
        Ok(Admitted { facts, saved, added: self.added })
    }
}

fn is_same(id: &automerge::ObjId, operation: &OpId) -> bool {
    matches!(id, automerge::ObjId::Id(counter, actor, _) if *counter == operation.counter() && actor == operation.actor())
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{actor, device, edit, name, screening, set, time};
    use super::*;
    use crate::records::FieldValue;

    fn in_one_write(facts: &Facts, changes: &[ChangeBytes]) -> Result<Admitted, GuardError> {
        admit(facts, changes, &device(1), &GuardLimits::default())
    }

    /// A record with its changes in the order in which they were made.
    fn history() -> (Facts, Vec<ChangeBytes>) {
        let (mut facts, first) = screening(1);
        let second = edit(&mut facts, 1, &[set("minutes", 5)]);
        let third = edit(&mut facts, 1, &[set("minutes", 6), set("note", "x")]);
        (facts, vec![first, second, third])
    }

    #[test]
    fn a_new_record_is_admitted_as_it_was_written() {
        let (written, change) = screening(1);
        let admitted = in_one_write(&Facts::new(), &[change]).unwrap();
        assert_eq!(admitted.facts.heads(), written.heads());
        assert_eq!(admitted.added, written.heads());
        assert_eq!(Facts::load(&admitted.saved).unwrap().heads(), written.heads());
    }

    #[test]
    fn the_changes_of_a_write_may_come_in_any_order_and_more_than_once() {
        let (written, changes) = history();
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            let shuffled: Vec<_> = order.iter().chain(&[order[1]]).map(|at| changes[*at].clone()).collect();
            let admitted = in_one_write(&Facts::new(), &shuffled).unwrap();
            assert_eq!(admitted.facts.heads(), written.heads());
            assert_eq!(admitted.added.len(), 3);
        }
    }

    #[test]
    fn what_is_there_already_is_passed_over() {
        let (written, changes) = history();
        let again = in_one_write(&written, &changes).unwrap();
        assert_eq!((again.added, again.facts.heads()), (vec![], written.heads()));
        assert_eq!(in_one_write(&written, &[]).unwrap().facts.heads(), written.heads());
    }

    #[test]
    fn a_change_that_came_early_waits_and_names_what_is_missing() {
        let (written, changes) = history();
        let refusal = in_one_write(&Facts::new(), &changes[1..]).unwrap_err();
        assert!(refusal.is_waiting());
        let first = in_one_write(&Facts::new(), &changes[..1]).unwrap();
        assert_eq!(refusal, GuardError::MissingDependencies { missing: first.facts.heads() });
        assert_eq!(in_one_write(&first.facts, &changes[1..]).unwrap().facts.heads(), written.heads());
    }

    #[test]
    fn one_bad_change_keeps_the_whole_write_out() {
        let (_, mut changes) = history();
        changes.push(ChangeBytes(vec![1, 2, 3]));
        assert_eq!(in_one_write(&Facts::new(), &changes).unwrap_err(), GuardError::Malformed);
    }

    #[test]
    fn a_record_does_not_grow_beyond_its_limits() {
        let (_, changes) = history();
        let fine = GuardLimits::default();
        let mut second_actor = screening(1).0;
        let other = second_actor.edit(&Actor::new(&device(1), [8; 8]), time(1), &[set("minutes", 7)]).unwrap().unwrap();
        for (limits, what) in [
            (GuardLimits { changes_at_once: 2, ..fine }, "changes in one write"),
            (GuardLimits { changes: 2, ..fine }, "changes"),
            (GuardLimits { fields: 18, ..fine }, "fields"),
            (GuardLimits { record_bytes: 600, ..fine }, "bytes"),
        ] {
            match admit(&Facts::new(), &changes, &device(1), &limits).unwrap_err() {
                GuardError::TooLarge { what: found, .. } => assert_eq!(found, what),
                other => panic!("{other}"),
            }
        }
        let one_actor = GuardLimits { actors: 1, ..fine };
        let refusal = admit(&Facts::new(), &[changes[0].clone(), other], &device(1), &one_actor).unwrap_err();
        assert_eq!(refusal, GuardError::TooLarge { what: "actors", limit: 1 });
    }

    #[test]
    fn what_an_own_edit_may_leave_the_guard_admits() {
        let mut facts = Facts::new();
        let fields: Vec<_> = (0..limits::MAX_FIELDS_OF_EDIT)
            .map(|i| set(&format!("answer.question_number_{i}"), "yes:document_seen"))
            .collect();
        let change = edit(&mut facts, 1, &fields);
        assert_eq!(in_one_write(&Facts::new(), &[change]).unwrap().facts.heads(), facts.heads());
        let mut long = Facts::new();
        let text = "न".repeat(limits::MAX_TEXT_BYTES / 3);
        let change = edit(&mut long, 1, &[set("observations", text.as_str()), set("low", i64::MIN), set("no", false)]);
        let admitted = in_one_write(&Facts::new(), &[change]).unwrap().facts;
        assert_eq!(admitted.get(&name("observations")), Some(text.into()));
        assert_eq!(admitted.get(&name("low")), Some(FieldValue::Integer(i64::MIN)));
    }

    #[test]
    fn an_edit_over_a_conflict_and_over_older_parents_is_admitted_everywhere() {
        let (origin, first) = screening(1);
        let (mut mine, mut hers) = (origin.clone(), origin);
        let a = edit(&mut mine, 1, &[set("station", "a")]);
        let b = edit(&mut hers, 2, &[set("station", "b")]);
        let late = edit(&mut hers, 2, &[set("minutes", 1)]);
        // Device 3 saw a and b and resolves; device 1 goes on without having seen either.
        let admit_all = |facts: &Facts, changes: &[(&ChangeBytes, u8)]| {
            changes.iter().fold(facts.clone(), |facts, (change, from)| {
                admit(&facts, &[(*change).clone()], &device(*from), &GuardLimits::default()).unwrap().facts
            })
        };
        let mut third = admit_all(&Facts::new(), &[(&first, 1), (&b, 2), (&a, 1)]);
        let resolved = third.edit(&actor(3), time(3), &[set("station", "c")]).unwrap().unwrap();
        let on = edit(&mut mine, 1, &[set("station", "d")]);
        let one = admit_all(&mine, &[(&b, 2), (&resolved, 3), (&late, 2)]);
        let two = admit_all(&third, &[(&late, 2), (&on, 1)]);
        assert_eq!(one.heads(), two.heads());
        let texts: Vec<_> = one.values(&name("station")).into_iter().map(|written| written.value).collect();
        assert_eq!(texts.len(), 2);
        assert!(texts.contains(&"c".into()) && texts.contains(&"d".into()));
    }
}
