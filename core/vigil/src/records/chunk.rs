//! Reads the outside of an Automerge change before Automerge does: head, columns, and how many rows they claim.
//! It promises that what passes is a plain change of a flat map, with as many operations as the limits allow - never a
//! document, a compressed or bundled chunk, or a few bytes that stand for a billion rows.

use super::change::{Actor, ChangeHash};
use super::limits::{
    MAX_ACTORS, MAX_CHANGE_BYTES, MAX_CHANGE_PARENTS, MAX_FIELD_NAME_BYTES, MAX_OPS_PER_CHANGE, MAX_REPLACED_PER_CHANGE,
};

const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
const CHECKSUM_BYTES: usize = 4;
const PLAIN_CHANGE: u8 = 1;
const HASH_BYTES: usize = 32;
/// What precedes an actor of ours in a change: its length.
pub(super) const ACTOR_FIELD: [u8; 1] = [24];

/// Why bytes are not a change that may be looked at further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ChunkError {
    /// Not the expected layout.
    Malformed,
    /// A document, a compressed chunk, a bundle, or something newer.
    OtherChunk,
    /// More of something than the limits allow.
    TooLarge,
    /// Columns for nested objects, lists, marks, messages or anything else that a flat map does not need.
    NotFlat,
}

/// The head of a change, with its columns counted.
#[derive(Debug)]
pub(super) struct Chunk {
    pub(super) hash: ChangeHash,
    pub(super) parents: Vec<ChangeHash>,
    pub(super) actor: Actor,
    pub(super) sequence: u64,
    pub(super) start_op: u64,
    pub(super) other_actors: Vec<Actor>,
    pub(super) operations: usize,
}

/// The columns that a change of a flat map has: keys, inserts, actions, values, predecessors. Each with its type.
const FLAT_COLUMNS: [(u64, Column); 8] = [
    (0x15, Column::Texts),
    (0x34, Column::Booleans),
    (0x42, Column::Numbers),
    (0x56, Column::Numbers),
    (0x57, Column::Raw),
    (0x70, Column::Counts),
    (0x71, Column::Numbers),
    (0x73, Column::Numbers),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Texts,
    Booleans,
    Numbers,
    Raw,
    Counts,
}

struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// An unsigned LEB128 number; longer spellings are for the canonical check to find.
    fn unsigned(&mut self) -> Option<u64> {
        let (mut value, mut shift) = (0u64, 0u32);
        loop {
            let byte = *self.take(1)?.first()?;
            let bits = u64::from(byte & 0x7f);
            if shift > 63 || (shift == 63 && bits > 1) {
                return None;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
            shift += 7;
        }
    }

    /// A signed LEB128 number.
    fn signed(&mut self) -> Option<i64> {
        let (mut value, mut shift) = (0i64, 0u32);
        loop {
            let byte = *self.take(1)?.first()?;
            if shift > 63 || (shift == 63 && !matches!(byte, 0 | 0x7f)) {
                return None;
            }
            value |= i64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                if byte & 0x40 != 0 && shift < 64 {
                    value |= -1i64 << shift;
                }
                return Some(value);
            }
        }
    }

    fn length(&mut self) -> Option<usize> {
        usize::try_from(self.unsigned()?).ok()
    }

    fn actor(&mut self) -> Option<Actor> {
        let length = self.length()?;
        Actor::from_slice(self.take(length)?)
    }
}

/// The body of a chunk that is one plain change and nothing else.
pub(super) fn body_of(chunk: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader(chunk.strip_prefix(&MAGIC)?);
    reader.take(CHECKSUM_BYTES)?;
    if reader.take(1)? != [PLAIN_CHANGE] {
        return None;
    }
    let length = reader.length()?;
    (reader.0.len() == length).then_some(reader.0)
}

/// How many bytes the parents take at the start of a change's body.
pub(super) fn parents_length(body: &[u8]) -> Option<usize> {
    let mut reader = Reader(body);
    let count = reader.length()?;
    reader.take(count.checked_mul(HASH_BYTES)?)?;
    Some(body.len() - reader.0.len())
}

fn head_of(body: &[u8]) -> (ChangeHash, Vec<u8>) {
    let mut head = vec![PLAIN_CHANGE];
    let mut length = body.len();
    while length >= 0x80 {
        head.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    head.push(length as u8);
    let mut context = ring::digest::Context::new(&ring::digest::SHA256);
    context.update(&head);
    context.update(body);
    let mut hash = [0; HASH_BYTES];
    hash.copy_from_slice(context.finish().as_ref());
    (ChangeHash(hash), head)
}

/// The chunk around a body.
pub(super) fn from_body(body: &[u8]) -> Vec<u8> {
    let (hash, head) = head_of(body);
    [&MAGIC, &hash.0[..CHECKSUM_BYTES], &head, body].concat()
}

/// Reads a change from outside, without Automerge.
pub(super) fn read(bytes: &[u8]) -> Result<Chunk, ChunkError> {
    if bytes.len() > MAX_CHANGE_BYTES {
        return Err(ChunkError::TooLarge);
    }
    if bytes.strip_prefix(&MAGIC).and_then(|rest| rest.get(CHECKSUM_BYTES)).is_some_and(|&kind| kind != PLAIN_CHANGE) {
        return Err(ChunkError::OtherChunk);
    }
    let body = body_of(bytes).ok_or(ChunkError::Malformed)?;
    let (hash, head) = head_of(body);
    // The head is what the hash covers: a longer spelling of the length would be a second chunk with one hash.
    let outside = [&MAGIC, &hash.0[..CHECKSUM_BYTES], &head].concat();
    if !bytes.starts_with(&outside) || bytes.len() != outside.len() + body.len() {
        return Err(ChunkError::Malformed);
    }
    let mut reader = Reader(body);
    let mut chunk = read_head(&mut reader, hash)?;
    chunk.operations = count_columns(&mut reader)?;
    if !reader.0.is_empty() {
        return Err(ChunkError::NotFlat);
    }
    Ok(chunk)
}

fn read_head(reader: &mut Reader<'_>, hash: ChangeHash) -> Result<Chunk, ChunkError> {
    let malformed = ChunkError::Malformed;
    let count = reader.length().ok_or(malformed)?;
    if count > MAX_CHANGE_PARENTS {
        return Err(ChunkError::TooLarge);
    }
    let parents: Vec<ChangeHash> = reader
        .take(count * HASH_BYTES)
        .ok_or(malformed)?
        .chunks_exact(HASH_BYTES)
        .filter_map(|parent| parent.try_into().ok().map(ChangeHash))
        .collect();
    let actor = reader.actor().ok_or(malformed)?;
    let sequence = reader.unsigned().ok_or(malformed)?;
    let start_op = reader.unsigned().ok_or(malformed)?;
    // The time is a hint for people: any is as good as another.
    reader.signed().ok_or(malformed)?;
    // A message is a place for words that no list of fields shows and no erasure of fields reaches.
    if reader.length().ok_or(malformed)? != 0 {
        return Err(ChunkError::NotFlat);
    }
    let count = reader.length().ok_or(malformed)?;
    if count > MAX_ACTORS {
        return Err(ChunkError::TooLarge);
    }
    let mut other_actors = Vec::with_capacity(count);
    for _ in 0..count {
        other_actors.push(reader.actor().ok_or(malformed)?);
    }
    let ascending = parents.is_sorted_by(|a, b| a < b) && other_actors.is_sorted_by(|a, b| a < b);
    if !ascending || sequence == 0 || start_op == 0 || other_actors.contains(&actor) {
        return Err(malformed);
    }
    Ok(Chunk { hash, parents, actor, sequence, start_op, other_actors, operations: 0 })
}

/// Counts the rows that the columns claim; gives the number of operations.
fn count_columns(reader: &mut Reader<'_>) -> Result<usize, ChunkError> {
    let malformed = ChunkError::Malformed;
    let count = reader.length().ok_or(malformed)?;
    if count > FLAT_COLUMNS.len() {
        return Err(ChunkError::NotFlat);
    }
    let mut columns = Vec::with_capacity(count);
    for _ in 0..count {
        let specification = reader.unsigned().ok_or(malformed)?;
        let kind = FLAT_COLUMNS
            .iter()
            .find(|(known, _)| *known == specification)
            .map(|(_, kind)| *kind)
            .ok_or(ChunkError::NotFlat)?;
        columns.push((specification, kind, reader.length().ok_or(malformed)?));
    }
    if !columns.is_sorted_by(|a, b| a.0 < b.0) {
        return Err(malformed);
    }
    // Rows by column; what a column without a place here would be is not flat.
    let mut rows = [0usize; FLAT_COLUMNS.len()];
    let mut replaced = 0;
    for (specification, kind, length) in columns {
        let data = reader.take(length).ok_or(malformed)?;
        let Some(place) = FLAT_COLUMNS.iter().position(|(known, _)| *known == specification) else {
            return Err(ChunkError::NotFlat);
        };
        let (counted, sum) = count_rows(data, kind)?;
        rows[place] = counted;
        if kind == Column::Counts {
            replaced = sum;
        }
    }
    let [keys, inserts, actions, values, _, counts, replaced_actors, replaced_counters] = rows;
    if actions == 0 || [keys, inserts, values, counts] != [actions; 4] {
        return Err(malformed);
    }
    if [replaced_actors, replaced_counters] != [replaced; 2] {
        return Err(malformed);
    }
    if actions > MAX_OPS_PER_CHANGE || replaced > MAX_REPLACED_PER_CHANGE {
        return Err(ChunkError::TooLarge);
    }
    Ok(actions)
}

/// Rows of one column, and the sum of its values where they are counts.
fn count_rows(data: &[u8], kind: Column) -> Result<(usize, usize), ChunkError> {
    let malformed = ChunkError::Malformed;
    let mut reader = Reader(data);
    let (mut rows, mut sum) = (0usize, 0usize);
    let add = |total: &mut usize, more: usize| {
        *total =
            total.checked_add(more).filter(|total| *total <= MAX_REPLACED_PER_CHANGE).ok_or(ChunkError::TooLarge)?;
        Ok::<(), ChunkError>(())
    };
    if kind == Column::Raw {
        return Ok((0, 0));
    }
    while !reader.0.is_empty() {
        if kind == Column::Booleans {
            add(&mut rows, reader.length().ok_or(malformed)?)?;
            continue;
        }
        let run = reader.signed().ok_or(malformed)?;
        let count = usize::try_from(run.unsigned_abs()).map_err(|_| ChunkError::TooLarge)?;
        // A run of nulls: no column of a flat change has any.
        if run == 0 {
            return Err(malformed);
        }
        add(&mut rows, count)?;
        // One value for the whole run, or one for each row.
        let (values, times) = if run > 0 { (1, count) } else { (count, 1) };
        for _ in 0..values {
            match kind {
                Column::Texts => {
                    let length = reader.length().ok_or(malformed)?;
                    if length > MAX_FIELD_NAME_BYTES {
                        return Err(ChunkError::NotFlat);
                    }
                    reader.take(length).ok_or(malformed)?;
                }
                Column::Counts => {
                    let count = reader.length().ok_or(malformed)?;
                    add(&mut sum, count.checked_mul(times).ok_or(ChunkError::TooLarge)?)?;
                }
                // Signed numbers have the same length as unsigned ones.
                _ => {
                    reader.signed().ok_or(malformed)?;
                }
            }
        }
    }
    Ok((rows, sum))
}
