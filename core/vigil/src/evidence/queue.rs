//! In which order the writes of a bundle go through the guard: each after those that its changes build on.
//! It promises to look at each write once, however a hostile file arranges them.

use super::verify::Write;
use crate::records::{ChangeHash, links};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Writes in an order in which each comes after those that its changes build on; it takes one pass over all of them.
pub(super) struct Queue {
    ready: VecDeque<usize>,
    /// How many changes each write still waits for; `None` once it was given out.
    waits_for: Vec<Option<usize>>,
    waiting: BTreeMap<ChangeHash, Vec<usize>>,
}

impl Queue {
    pub(super) fn of(writes: &[Write]) -> Self {
        let mut queue = Self { ready: VecDeque::new(), waits_for: Vec::new(), waiting: BTreeMap::new() };
        for (number, write) in writes.iter().enumerate() {
            let all: Vec<_> = write.content.changes.iter().filter_map(links).collect();
            let own: BTreeSet<ChangeHash> = all.iter().map(|(change, _)| *change).collect();
            let parents: BTreeSet<ChangeHash> =
                all.into_iter().flat_map(|(_, parents)| parents).filter(|parent| !own.contains(parent)).collect();
            queue.waits_for.push(Some(parents.len()));
            if parents.is_empty() {
                queue.ready.push_back(number);
            }
            for parent in parents {
                queue.waiting.entry(parent).or_default().push(number);
            }
        }
        queue
    }

    pub(super) fn next(&mut self) -> Option<usize> {
        let number = self.ready.pop_front()?;
        if let Some(waits_for) = self.waits_for.get_mut(number) {
            *waits_for = None;
        }
        Some(number)
    }

    pub(super) fn applied(&mut self, change: &ChangeHash) {
        for number in self.waiting.remove(change).unwrap_or_default() {
            let Some(Some(waits_for)) = self.waits_for.get_mut(number) else { continue };
            *waits_for -= 1;
            if *waits_for == 0 {
                self.ready.push_back(number);
            }
        }
    }

    /// Writes that were never given out.
    pub(super) fn left(&self) -> Vec<usize> {
        self.waits_for.iter().enumerate().filter(|(_, waits)| waits.is_some()).map(|(number, _)| number).collect()
    }
}
