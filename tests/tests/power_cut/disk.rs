//! What may lie on a disk after a power cut: the model that the promises are tested against.
//!
//! - A file holds everything that was written before its last completed sync.
//! - Of what came after it, each sector of 512 bytes holds what it held at some moment since: nothing of it arrived, all of
//!   it, the beginning, any of the writes, or any of their sectors. A sector itself is never torn.
//! - A file is as long as it was at some moment since its last sync. Where its length arrived and its content did not, there
//!   are zeros, or junk.
//! - A name that was given, changed or taken away is certain once the *folder* was synced. Until then any of these may have
//!   happened, in any order; a rename happens whole or not at all. Syncing a file says nothing about its name.
//! - The shared-memory file of SQLite is never written back on purpose: it holds junk.
//!
//! That is harsher than a journalling file system, and it trusts one thing: a sync that has returned.

use crate::tape::{FileNumber, Step, Tree, is_shared_memory};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

const SECTOR: usize = 512;

/// How far the disk keeps its word. All but the first are there to see that the tests notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Disk {
    Honest,
    /// No sync does anything.
    IgnoresSyncs,
    /// What a program that never syncs a folder would get.
    IgnoresFolderSyncs,
    /// What `synchronous=NORMAL` would get: the write-ahead log is not synced when a save commits.
    IgnoresSyncsOfLogs,
}

/// Random numbers that are the same for the same seed (SplitMix64).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit.max(1) as u64).unwrap()
    }

    fn coin(&mut self) -> bool {
        self.below(2) == 0
    }

    fn junk(&mut self, length: usize) -> Vec<u8> {
        (0..length.div_ceil(8)).flat_map(|_| self.next().to_le_bytes()).take(length).collect()
    }
}

/// Which of the things that no sync covers have arrived.
enum Luck {
    Nothing,
    Everything,
    First(usize),
    Some,
    Sectors,
}

impl Luck {
    fn draw(random: &mut Random, pending: usize) -> Self {
        match random.below(5) {
            0 => Self::Nothing,
            1 => Self::Everything,
            2 => Self::First(random.below(pending + 1)),
            3 => Self::Some,
            _ => Self::Sectors,
        }
    }

    /// Whether the thing with this number arrived; `None`: each of its sectors has luck of its own.
    fn has(&self, number: usize, random: &mut Random) -> Option<bool> {
        match self {
            Self::Nothing => Some(false),
            Self::Everything => Some(true),
            // The write that the cut came into is torn.
            Self::First(count) if number == *count => None,
            Self::First(count) => Some(number < *count),
            Self::Some => Some(random.coin()),
            Self::Sectors => None,
        }
    }
}

/// A state that the disk may be in if the power goes after these steps.
pub(crate) fn after_cut(steps: &[Step], disk: Disk, random: &mut Random) -> Tree {
    let names = names(steps, disk, random);
    let mut tree = Tree::new();
    for (path, file) in names {
        let holds = |tree: &Tree| {
            let parent = parent(&path);
            parent == Path::new("") || tree.get(&parent).is_some_and(Option::is_none)
        };
        if !holds(&tree) {
            continue;
        }
        let content = match file {
            None => None,
            Some(_) if is_shared_memory(&path) => Some(random.junk(32 * 1024)),
            Some(file) => Some(content(steps, file, &path, disk, random)),
        };
        tree.insert(path, content);
    }
    tree
}

fn parent(path: &Path) -> PathBuf {
    path.parent().unwrap_or(Path::new("")).to_owned()
}

/// The names that are there, folders before what is in them.
fn names(steps: &[Step], disk: Disk, random: &mut Random) -> BTreeMap<PathBuf, Option<FileNumber>> {
    let ignored = matches!(disk, Disk::IgnoresSyncs | Disk::IgnoresFolderSyncs);
    let mut certain: HashMap<&Path, usize> = HashMap::new();
    let mut pending: HashMap<PathBuf, usize> = HashMap::new();
    for (number, step) in steps.iter().enumerate() {
        match step {
            Step::FolderSynced(path) if !ignored => {
                certain.insert(path, number);
                pending.insert(path.clone(), 0);
            }
            Step::Created(path, _) | Step::FolderMade(path) | Step::Removed(path, _) | Step::Renamed(path, _, _) => {
                *pending.entry(parent(path)).or_default() += 1;
            }
            _ => {}
        }
    }
    let luck: BTreeMap<PathBuf, Luck> =
        pending.into_iter().collect::<BTreeMap<_, _>>().into_iter().map(|(p, n)| (p, Luck::draw(random, n))).collect();
    let mut seen: HashMap<PathBuf, usize> = HashMap::new();
    let mut names = BTreeMap::new();
    for (number, step) in steps.iter().enumerate() {
        let (Step::Created(path, _) | Step::FolderMade(path) | Step::Removed(path, _) | Step::Renamed(path, _, _)) =
            step
        else {
            continue;
        };
        let folder = parent(path);
        if certain.get(folder.as_path()).is_none_or(|synced| number > *synced) {
            let place = seen.entry(folder.clone()).or_default();
            *place += 1;
            if !luck[&folder].has(*place - 1, random).unwrap_or_else(|| random.coin()) {
                continue;
            }
        }
        match step {
            Step::Created(path, file) => {
                names.insert(path.clone(), Some(*file));
            }
            Step::FolderMade(path) => {
                names.insert(path.clone(), None);
            }
            Step::Removed(path, file) if names.get(path) == Some(&Some(*file)) => {
                names.remove(path);
            }
            Step::Renamed(from, to, file) => {
                if names.get(from) == Some(&Some(*file)) {
                    names.remove(from);
                }
                names.insert(to.clone(), Some(*file));
            }
            _ => {}
        }
    }
    names
}

/// What a file holds.
fn content(steps: &[Step], file: FileNumber, path: &Path, disk: Disk, random: &mut Random) -> Vec<u8> {
    let is_log = path.to_string_lossy().ends_with("-wal");
    let ignored = disk == Disk::IgnoresSyncs || (disk == Disk::IgnoresSyncsOfLogs && is_log);
    let certain = if ignored {
        0
    } else {
        steps.iter().rposition(|step| matches!(step, Step::Synced(synced) if *synced == file)).unwrap_or(0)
    };
    let (before, after) = steps.split_at(certain);
    let mine = |step: &&Step| matches!(step, Step::Written(f, ..) | Step::Resized(f, _) if *f == file);
    // What the system holds in memory, and what of it is on the disk.
    let mut memory = Vec::new();
    for step in before.iter().filter(mine) {
        apply(&mut memory, step);
    }
    let mut held = memory.clone();
    let pending: Vec<&Step> = after.iter().filter(mine).collect();
    let luck = Luck::draw(random, pending.len());
    let length_after = random.below(pending.len() + 1);
    let mut length = memory.len();
    let unwritten_is_junk = random.below(3) == 0;
    for (number, step) in pending.iter().enumerate() {
        let old = memory.len();
        apply(&mut memory, step);
        let (start, end) = match step {
            Step::Written(_, at, bytes) => {
                (usize::try_from(*at).unwrap().min(old), usize::try_from(*at).unwrap() + bytes.len())
            }
            Step::Resized(_, to) => (usize::try_from(*to).unwrap().min(old), usize::try_from(*to).unwrap().max(old)),
            _ => continue,
        };
        if held.len() < end {
            let (old, sector) = (held.len(), held.len().next_multiple_of(SECTOR));
            held.resize(end.next_multiple_of(SECTOR), 0);
            if unwritten_is_junk && sector < held.len() {
                let junk = random.junk(held.len() - sector);
                held[sector.max(old)..].copy_from_slice(&junk);
            }
        }
        let whole = luck.has(number, random);
        for sector in start / SECTOR..end.div_ceil(SECTOR) {
            if !whole.unwrap_or_else(|| random.coin()) {
                continue;
            }
            let (from, to) = (sector * SECTOR, ((sector + 1) * SECTOR).min(held.len()));
            let there = memory.get(from..to.min(memory.len())).unwrap_or_default();
            held[from..from + there.len()].copy_from_slice(there);
            held[from + there.len()..to].fill(0);
        }
        let arrived = match luck {
            Luck::Nothing => false,
            Luck::Everything => true,
            Luck::First(count) => number < count,
            Luck::Some | Luck::Sectors => number < length_after,
        };
        if arrived {
            length = memory.len();
        }
    }
    held.resize(length, 0);
    held
}

fn apply(content: &mut Vec<u8>, step: &Step) {
    match step {
        Step::Written(_, at, bytes) => {
            let start = usize::try_from(*at).unwrap();
            content.resize(content.len().max(start + bytes.len()), 0);
            content[start..start + bytes.len()].copy_from_slice(bytes);
        }
        Step::Resized(_, to) => content.resize(usize::try_from(*to).unwrap(), 0),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(tree: &Tree) -> Vec<u8> {
        tree.get(Path::new("f")).cloned().flatten().unwrap_or_default()
    }

    fn states(steps: &[Step], disk: Disk) -> Vec<Vec<u8>> {
        let mut found: Vec<_> = (0..2000).map(|seed| file(&after_cut(steps, disk, &mut Random(seed)))).collect();
        found.sort();
        found.dedup();
        found
    }

    fn written(at: u64, byte: u8) -> Step {
        Step::Written(0, at, vec![byte; SECTOR])
    }

    #[test]
    fn what_was_synced_is_there_and_what_was_not_may_be() {
        let path = PathBuf::from("f");
        let synced = [Step::Created(path, 0), written(0, 1), Step::Synced(0), Step::FolderSynced(PathBuf::new())];
        assert_eq!(states(&synced, Disk::Honest), [vec![1; SECTOR]]);
        assert!(states(&synced, Disk::IgnoresFolderSyncs).contains(&Vec::new()));
        let steps = [&synced[..], &[written(0, 2), written(512, 3), written(0, 4)]].concat();
        let states = states(&steps, Disk::Honest);
        for first in [1, 2, 4] {
            // Each sector is of some moment, for itself; the second may be missing, there, or there in length only.
            for second in [vec![], vec![3; SECTOR], vec![0; SECTOR]] {
                assert!(states.contains(&[vec![first; SECTOR], second].concat()), "{first}");
            }
        }
        assert!(
            states.iter().all(|state| [1, 2, 4].contains(&state[0]) && state[..SECTOR].iter().all(|b| *b == state[0]))
        );
    }

    #[test]
    fn a_rename_that_no_folder_sync_covers_happens_whole_or_not_at_all() {
        let (new, path) = (PathBuf::from("f.new"), PathBuf::from("f"));
        let steps = [
            Step::Created(new.clone(), 0),
            written(0, 7),
            Step::Synced(0),
            Step::FolderSynced(PathBuf::new()),
            Step::Renamed(new.clone(), path.clone(), 0),
        ];
        for seed in 0..200 {
            let tree = after_cut(&steps, Disk::Honest, &mut Random(seed));
            assert_eq!(tree.len(), 1);
            assert_eq!(tree.values().next(), Some(&Some(vec![7; SECTOR])));
        }
    }
}
