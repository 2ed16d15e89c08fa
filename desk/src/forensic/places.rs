//! The places where a forensic examiner looks: files, temporary folders, logs, files that were deleted and are still open,
//! and the memory of the running process. Nothing is skipped in silence: what cannot be read is an error.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::DeskError;
use crate::demo::search::Found;

use super::marks::Search;

/// Folders that everybody may write to.
const SHARED: [&str; 2] = ["/tmp", "/var/tmp"];

/// What one search found in each place.
#[derive(Debug, Default, Clone)]
pub struct Places {
    /// The device's home, its neighbours and the server.
    pub files: Place,
    /// The temporary folder of the process, and what is new in the shared ones.
    pub temporary: Place,
    /// Standard error of the process.
    pub logs: Place,
    /// Files that were deleted and are still open.
    pub deleted: Place,
    /// Everything that the process can read of its own memory, and that no file holds.
    pub memory: Place,
}

/// What was found in one place.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// How often.
    pub hits: u64,
    /// How many different seeds.
    pub seeds: usize,
    /// In how many bytes.
    pub bytes: u64,
}

impl Places {
    /// The places by name.
    #[must_use]
    pub fn named(&self) -> [(&'static str, Place); 5] {
        [
            ("files", self.files),
            ("temporary", self.temporary),
            ("logs", self.logs),
            ("deleted", self.deleted),
            ("memory", self.memory),
        ]
    }

    /// How often anything was found anywhere.
    #[must_use]
    pub fn hits(&self) -> u64 {
        self.named().iter().map(|(_, place)| place.hits).sum()
    }
}

/// What stands in the shared temporary folders now.
pub(super) fn in_shared_folders() -> BTreeSet<PathBuf> {
    let folders = SHARED.iter().filter_map(|folder| fs::read_dir(folder).ok());
    folders.flatten().filter_map(|entry| Some(entry.ok()?.path())).collect()
}

/// Where to look.
pub(super) struct Scene<'a> {
    /// Homes and server.
    pub(super) files: &'a Path,
    /// The temporary folder of the process.
    pub(super) temporary: &'a Path,
    /// Its standard error.
    pub(super) logs: &'a Path,
    /// What stood in the shared folders before.
    pub(super) shared_before: &'a BTreeSet<PathBuf>,
    /// Its id.
    pub(super) process: u32,
}

impl Scene<'_> {
    /// Looks everywhere.
    pub(super) fn search(&self, search: &Search) -> Result<Places, DeskError> {
        let folder = |path: &Path| {
            search.needles.in_folder(path).map_err(|error| DeskError::file(path.display().to_string(), error))
        };
        let mut temporary = folder(self.temporary)?;
        for path in in_shared_folders().difference(self.shared_before) {
            temporary.add(&stray(path, search).unwrap_or_default());
        }
        let place =
            |found: &Found| Place { hits: found.occurrences, seeds: search.seeds_in(found), bytes: found.bytes };
        let process = |what: &str| {
            let what = format!("{what} of process {}", self.process);
            move |error| DeskError::file(what, error)
        };
        Ok(Places {
            files: place(&folder(self.files)?),
            temporary: place(&temporary),
            logs: place(&folder(self.logs)?),
            deleted: place(&deleted(self.process, search).map_err(process("the open files"))?),
            memory: place(&memory(self.process, search).map_err(process("the memory"))?),
        })
    }
}

/// Somebody else's file that came and may have gone again.
fn stray(path: &Path, search: &Search) -> io::Result<Found> {
    let kind = fs::symlink_metadata(path)?.file_type();
    if kind.is_dir() {
        search.needles.in_folder(path)
    } else if kind.is_file() {
        search.needles.in_reader(File::open(path)?)
    } else {
        Ok(Found::default())
    }
}

fn deleted(process: u32, search: &Search) -> io::Result<Found> {
    let mut found = Found::default();
    for entry in fs::read_dir(format!("/proc/{process}/fd"))? {
        let path = entry?.path();
        let Ok(target) = fs::read_link(&path) else { continue };
        if target.to_string_lossy().ends_with(" (deleted)") && fs::metadata(&path)?.is_file() {
            found.add(&search.needles.in_reader(File::open(&path)?)?);
        }
    }
    Ok(found)
}

/// A stretch of memory as `/proc/PID/maps` describes it.
struct Stretch {
    start: u64,
    end: u64,
}

/// Everything readable but for what is a file's: code and constants of programs, which nothing is written to.
fn stretches(maps: &str) -> Vec<Stretch> {
    let stretch = |line: &str| {
        let mut words = line.split_whitespace();
        let (range, rights) = (words.next()?, words.next()?);
        let name = words.nth(3).unwrap_or_default();
        let of_a_file = name.starts_with('/') && !rights.contains('w');
        if !rights.starts_with('r') || of_a_file || name.starts_with("[vv") || name == "[vsyscall]" {
            return None;
        }
        let (start, end) = range.split_once('-')?;
        Some(Stretch { start: u64::from_str_radix(start, 16).ok()?, end: u64::from_str_radix(end, 16).ok()? })
    };
    maps.lines().filter_map(stretch).collect()
}

fn memory(process: u32, search: &Search) -> io::Result<Found> {
    let mut found = Found::default();
    each_stretch(process, |mut stretch| {
        found.add(&search.needles.in_reader(&mut stretch)?);
        Ok(())
    })?;
    if found.bytes == 0 {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "nothing of it can be read"));
    }
    Ok(found)
}

fn each_stretch(process: u32, mut look: impl FnMut(io::Take<&File>) -> io::Result<()>) -> io::Result<()> {
    let maps = fs::read_to_string(format!("/proc/{process}/maps"))?;
    let mut memory = File::open(format!("/proc/{process}/mem"))?;
    for Stretch { start, end } in stretches(&maps) {
        memory.seek(SeekFrom::Start(start))?;
        look((&memory).take(end - start))?;
    }
    Ok(())
}

/// Writes down what [`Places::memory`] is searched in.
pub(crate) fn dump_memory(process: u32, file: &Path) -> io::Result<()> {
    let mut written = File::create(file)?;
    each_stretch(process, |mut stretch| io::copy(&mut stretch, &mut written).map(drop))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_that_is_no_files_is_looked_through() {
        let maps = "\
55d0c0000000-55d0c0010000 r-xp 00001000 08:01 123 /usr/bin/vigil
55d0c0020000-55d0c0021000 rw-p 00021000 08:01 123 /usr/bin/vigil
55d0c1000000-55d0c1021000 rw-p 00000000 00:00 0 [heap]
7f0000000000-7f0000001000 ---p 00000000 00:00 0
7f0000001000-7f0000002000 rw-p 00000000 00:00 0
7ffc00000000-7ffc00021000 rw-p 00000000 00:00 0 [stack]
7ffc00030000-7ffc00034000 r--p 00000000 00:00 0 [vvar]
";
        let found = stretches(maps);
        assert_eq!(found.iter().map(|one| one.end - one.start).sum::<u64>(), 0x1000 + 0x21000 + 0x1000 + 0x21000);
    }
}
