//! The page: which items a device gets in this answer, newest record first, the items of a record together (PROTOCOL 14).
//! It promises to give a device nothing that it may not see, to cost only what is new, and that a device which replaces
//! its cursor by `covered` after each page ends up with everything it may see.

use super::cursor;
use crate::error::ServerError;
use crate::limits::{BATCH_HEADER_BYTES, ITEM_HASH_BYTES, MAX_WALKED_NUMBERS};
use crate::store::items::{self, ItemRow, Looking};
use crate::store::{batches, records, spaces};
use rusqlite::Connection;
use std::collections::HashSet;
use vigil_protocol::{DeviceId, RecordId, SequenceRanges, SpaceId, limits::MAX_PAGE_BYTES};

/// Who pulls.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader {
    pub(crate) space: SpaceId,
    pub(crate) device: DeviceId,
    pub(crate) is_desk: bool,
    /// An officer or a desk.
    pub(crate) leads: bool,
    /// Whether it is given nothing of others. Its cursor then covers what it was given and nothing else: once the probation
    /// has ended it is given what waited.
    pub(crate) probation: bool,
}

/// The items of one answer.
#[derive(Debug, Default)]
pub(crate) struct Page {
    /// The items.
    pub(crate) rows: Vec<ItemRow>,
    /// What the device needs no more once it has them.
    pub(crate) covered: SequenceRanges,
    /// Whether it may see others that it has not.
    pub(crate) more: bool,
}

/// What has been chosen so far.
struct Chosen<'a> {
    connection: &'a Connection,
    reader: Reader,
    have: SequenceRanges,
    budget: u64,
    rows: Vec<ItemRow>,
    numbers: HashSet<u64>,
    batches: HashSet<(DeviceId, u64)>,
    bytes: u64,
    /// Numbers in `have` that the device needs after all, and that are not on this page.
    taken_back: Vec<u64>,
}

/// Whether a record went onto the page.
#[derive(PartialEq, Eq)]
enum Taken {
    Whole,
    Part,
    Nothing,
}

/// Chooses a page. With `page_bytes` 0 it has no items, and `more` still says whether there are any.
pub(crate) fn choose(
    connection: &Connection,
    reader: Reader,
    have: &SequenceRanges,
    page_bytes: u32,
) -> Result<Page, ServerError> {
    let top = spaces::top(connection, &reader.space)?;
    let mut chosen = Chosen {
        connection,
        reader,
        have: cursor::up_to(have, top),
        budget: u64::from(page_bytes.min(MAX_PAGE_BYTES)),
        rows: Vec::new(),
        numbers: HashSet::new(),
        batches: HashSet::new(),
        bytes: 0,
        taken_back: Vec::new(),
    };
    let remaining = walk(&mut chosen, top, MAX_WALKED_NUMBERS)?;
    let mut covered = chosen.have;
    if !reader.probation {
        covered.insert(remaining + 1, top);
    }
    chosen.rows.sort_unstable_by_key(|row| row.sequence);
    for row in &chosen.rows {
        covered.insert(row.sequence, row.sequence);
    }
    chosen.taken_back.sort_unstable();
    let covered = cursor::newest_ranges(cursor::without(&covered, &chosen.taken_back));
    let is_something = !chosen.rows.is_empty();
    Ok(Page { rows: chosen.rows, covered, more: remaining > 0 && (!reader.probation || is_something) })
}

/// Walks what the device does not hold, newest first. Gives the newest number that may be visible, is not held and is not
/// on the page; everything above is dealt with. 0 if there is none.
fn walk(chosen: &mut Chosen<'_>, top: u64, mut budget: u64) -> Result<u64, ServerError> {
    let Reader { space, device, is_desk, leads, probation } = chosen.reader;
    let looking = Looking { device: &device, is_desk, leads, probation };
    for (start, end) in chosen.have.missing_up_to(top) {
        if budget == 0 {
            return Ok(end);
        }
        let from = start.max(end.saturating_sub(budget - 1));
        budget -= end - from + 1;
        let mut remaining = 0;
        let stopped = items::walk_visible(chosen.connection, &space, looking, (from, end), |row| {
            let taken = match row.kind.is_receipt() || probation {
                true => chosen.take_receipt(row)?,
                false if chosen.numbers.contains(&row.sequence) => Taken::Whole,
                false => chosen.take(&row.record)?,
            };
            if taken == Taken::Whole {
                return Ok(false);
            }
            remaining = row.sequence;
            Ok(true)
        })?;
        if stopped {
            return Ok(remaining);
        }
        if from > start {
            return Ok(from - 1);
        }
    }
    Ok(0)
}

impl Chosen<'_> {
    /// Puts what the device needs of a record onto the page, if there is room. The first record of a page always goes on
    /// it, up to the largest page that there may be.
    fn take(&mut self, record: &RecordId) -> Result<Taken, ServerError> {
        let (rows, opening) = self.needed(record)?;
        let cost = self.cost(&rows)?;
        if self.bytes + cost <= self.budget {
            self.add(rows, cost);
            return Ok(Taken::Whole);
        }
        if self.budget == 0 || !self.rows.is_empty() {
            return Ok(Taken::Nothing);
        }
        if cost <= u64::from(MAX_PAGE_BYTES) {
            self.add(rows, cost);
            return Ok(Taken::Whole);
        }
        // Larger than any page. The capsules that open it go first, then its items as they were written.
        let (first, later): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| opening.contains(&row.sequence));
        for row in first.into_iter().chain(later) {
            let cost = self.cost(&[row])?;
            if self.bytes + cost <= u64::from(MAX_PAGE_BYTES) && self.taken_back.is_empty() {
                self.add(vec![row], cost);
            } else {
                self.taken_back.push(row.sequence);
            }
        }
        Ok(Taken::Part)
    }

    /// Puts a receipt onto the page: it stands alone.
    fn take_receipt(&mut self, row: ItemRow) -> Result<Taken, ServerError> {
        let cost = self.cost(&[row])?;
        if self.bytes + cost > self.budget && (self.budget == 0 || !self.rows.is_empty()) {
            return Ok(Taken::Nothing);
        }
        self.add(vec![row], cost);
        Ok(Taken::Whole)
    }

    /// What the device needs of a record: what it does not hold, or all of it if it can only now read what it was told to
    /// pass over. Also the numbers of the capsules that say so.
    fn needed(&self, record: &RecordId) -> Result<(Vec<ItemRow>, Vec<u64>), ServerError> {
        let Reader { space, device, is_desk, .. } = self.reader;
        let mut opening = Vec::new();
        if let Some(opened) = records::opened_to(self.connection, &space, record, &device)? {
            opening.push(opened);
        }
        if is_desk && let Some(row) = records::find(self.connection, &space, record)? {
            opening.extend(row.opened_to_epoch);
        }
        opening.retain(|opened| *opened > 0 && !self.have.contains(*opened));
        // Whoever was just given the record again may have destroyed its own part of it since.
        let without = Some(&device).filter(|_| opening.is_empty());
        let mut rows = items::of_record(self.connection, &space, record, without)?;
        if opening.is_empty() {
            rows.retain(|row| !self.have.contains(row.sequence));
        }
        Ok((rows, opening))
    }

    /// What these items add to the page, with the headers of batches that are not on it yet.
    fn cost(&mut self, rows: &[ItemRow]) -> Result<u64, ServerError> {
        let mut cost = 0;
        let mut fresh = HashSet::new();
        for row in rows {
            cost += row.bytes;
            let batch = (row.author, row.counter);
            if !self.batches.contains(&batch) && fresh.insert(batch) {
                let items = batches::item_count(self.connection, &self.reader.space, &row.author, row.counter)?;
                cost += BATCH_HEADER_BYTES + ITEM_HASH_BYTES * items;
            }
        }
        Ok(cost)
    }

    fn add(&mut self, rows: Vec<ItemRow>, cost: u64) {
        self.bytes += cost;
        for row in rows {
            self.numbers.insert(row.sequence);
            self.batches.insert((row.author, row.counter));
            self.rows.push(row);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::items::ItemKind;
    use crate::store::schema;
    use vigil_protocol::Item;

    #[test]
    fn a_long_walk_past_what_is_not_for_the_device_ends_and_goes_on_in_the_next_request() {
        let (space, device) = (SpaceId([1; 16]), DeviceId([2; 16]));
        let mut connection = Connection::open_in_memory().unwrap();
        schema::migrate(&mut connection).unwrap();
        let transaction = connection.transaction().unwrap();
        for sequence in 1..=100 {
            let record = RecordId([3; 16]);
            let (author, kind) = (DeviceId([4; 16]), ItemKind::Tombstone);
            let row = ItemRow { sequence, record, author, counter: 1, kind, bytes: 24 };
            items::insert(&transaction, &space, &row, &Item::Tombstone(record)).unwrap();
        }
        let mut have = SequenceRanges::new();
        have.insert(81, 90);
        let mut steps = Vec::new();
        loop {
            let mut chosen = Chosen {
                connection: &transaction,
                reader: Reader { space, device, is_desk: false, leads: false, probation: false },
                have: have.clone(),
                budget: 1000,
                rows: Vec::new(),
                numbers: HashSet::new(),
                batches: HashSet::new(),
                bytes: 0,
                taken_back: Vec::new(),
            };
            let remaining = walk(&mut chosen, 100, 30).unwrap();
            assert!(chosen.rows.is_empty());
            steps.push(remaining);
            have.insert(remaining + 1, 100);
            if remaining == 0 {
                break;
            }
        }
        assert_eq!(steps, [60, 30, 0]);
    }
}
