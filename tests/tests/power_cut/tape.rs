//! A tape: everything that was done to the files below one folder, in order, with what was acknowledged in between.
//! It promises to be complete: [`Recording::finish`] compares what it heard with what lies on the disk.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};

/// A file, whatever its name is at the moment.
pub(crate) type FileNumber = usize;
/// Files and folders (`None`) by their path below the recorded folder.
pub(crate) type Tree = BTreeMap<PathBuf, Option<Vec<u8>>>;

/// One thing that was done. Paths are below the recorded folder, which is itself `""`.
#[derive(Clone)]
pub(crate) enum Step {
    Created(PathBuf, FileNumber),
    FolderMade(PathBuf),
    Renamed(PathBuf, PathBuf, FileNumber),
    Removed(PathBuf, FileNumber),
    Written(FileNumber, u64, Vec<u8>),
    Resized(FileNumber, u64),
    Synced(FileNumber),
    FolderSynced(PathBuf),
    /// What was asked for is done, and whoever asked was told so.
    Acknowledged,
}

enum Handle {
    File(FileNumber),
    Folder(PathBuf),
}

struct Tape {
    number: usize,
    root: PathBuf,
    names: BTreeMap<PathBuf, FileNumber>,
    folders: BTreeSet<PathBuf>,
    files: Vec<Vec<u8>>,
    handles: HashMap<i32, Handle>,
    steps: Vec<Step>,
}

static TAPES: Mutex<Vec<Tape>> = Mutex::new(Vec::new());
static RUNNING: AtomicUsize = AtomicUsize::new(0);
/// Which file descriptors a tape wants to hear of: all other calls pass without a lock.
static HEARD: [AtomicBool; 4096] = [const { AtomicBool::new(false) }; 4096];

fn tapes() -> MutexGuard<'static, Vec<Tape>> {
    TAPES.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn heard(fd: i32) -> Option<&'static AtomicBool> {
    usize::try_from(fd).ok().and_then(|fd| HEARD.get(fd))
}

pub(crate) fn is_heard(fd: i32) -> bool {
    heard(fd).is_some_and(|flag| flag.load(Ordering::Acquire))
}

impl Tape {
    fn below(&self, path: &Path) -> Option<PathBuf> {
        path.strip_prefix(&self.root).ok().map(Path::to_owned)
    }

    fn new_file(&mut self, path: PathBuf) -> FileNumber {
        let file = self.files.len();
        self.files.push(Vec::new());
        self.names.insert(path.clone(), file);
        self.steps.push(Step::Created(path, file));
        file
    }

    fn resize(&mut self, file: FileNumber, length: u64) {
        self.files[file].resize(usize::try_from(length).unwrap(), 0);
        self.steps.push(Step::Resized(file, length));
    }
}

/// Does something with the tape that a path belongs to.
fn with_path(path: &Path, work: impl FnOnce(&mut Tape, PathBuf)) {
    if RUNNING.load(Ordering::Acquire) == 0 {
        return;
    }
    for tape in tapes().iter_mut() {
        if let Some(below) = tape.below(path) {
            return work(tape, below);
        }
    }
}

/// Does something with the tape that an open file belongs to.
fn with_file(fd: i32, work: impl FnOnce(&mut Tape, FileNumber)) {
    if !is_heard(fd) {
        return;
    }
    for tape in tapes().iter_mut() {
        if let Some(Handle::File(file)) = tape.handles.get(&fd) {
            let file = *file;
            return work(tape, file);
        }
    }
}

pub(crate) fn opened(fd: i32, path: &Path, emptied: bool) {
    with_path(path, |tape, below| {
        let handle = if tape.folders.contains(&below) {
            Handle::Folder(below)
        } else {
            let known = tape.names.get(&below).copied();
            let file = known.unwrap_or_else(|| tape.new_file(below));
            if known.is_some() && emptied {
                tape.resize(file, 0);
            }
            Handle::File(file)
        };
        tape.handles.insert(fd, handle);
        heard(fd).unwrap().store(true, Ordering::Release);
    });
}

pub(crate) fn closed(fd: i32) {
    if is_heard(fd) {
        heard(fd).unwrap().store(false, Ordering::Release);
        for tape in tapes().iter_mut() {
            tape.handles.remove(&fd);
        }
    }
}

pub(crate) fn written(fd: i32, at: i64, bytes: &[u8]) {
    with_file(fd, |tape, file| {
        let start = usize::try_from(at).unwrap();
        let content = &mut tape.files[file];
        content.resize(content.len().max(start + bytes.len()), 0);
        content[start..start + bytes.len()].copy_from_slice(bytes);
        tape.steps.push(Step::Written(file, start as u64, bytes.to_vec()));
    });
}

pub(crate) fn resized(fd: i32, length: i64) {
    with_file(fd, |tape, file| tape.resize(file, u64::try_from(length).unwrap()));
}

pub(crate) fn synced(fd: i32) {
    if !is_heard(fd) {
        return;
    }
    for tape in tapes().iter_mut() {
        let step = match tape.handles.get(&fd) {
            Some(Handle::File(file)) => Step::Synced(*file),
            Some(Handle::Folder(path)) => Step::FolderSynced(path.clone()),
            None => continue,
        };
        tape.steps.push(step);
    }
}

pub(crate) fn folder_made(path: &Path) {
    with_path(path, |tape, below| {
        tape.folders.insert(below.clone());
        tape.steps.push(Step::FolderMade(below));
    });
}

pub(crate) fn removed(path: &Path) {
    with_path(path, |tape, below| {
        if let Some(file) = tape.names.remove(&below) {
            tape.steps.push(Step::Removed(below, file));
        }
    });
}

pub(crate) fn renamed(from: &Path, to: &Path) {
    with_path(from, |tape, below| {
        if let (Some(file), Some(to)) = (tape.names.remove(&below), tape.below(to)) {
            tape.names.insert(to.clone(), file);
            tape.steps.push(Step::Renamed(below, to, file));
        }
    });
}

/// What is being recorded.
pub(crate) struct Recording {
    number: usize,
}

impl Recording {
    /// Starts with what lies in the folder now; its first steps make that, for certain.
    pub(crate) fn start(folder: &Path) -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let mut tape = Tape {
            number,
            root: folder.to_owned(),
            names: BTreeMap::new(),
            folders: [PathBuf::new()].into(),
            files: Vec::new(),
            handles: HashMap::new(),
            steps: Vec::new(),
        };
        for (path, content) in tree(folder) {
            let Some(content) = content else {
                tape.folders.insert(path.clone());
                tape.steps.push(Step::FolderMade(path));
                continue;
            };
            let file = tape.new_file(path);
            tape.files[file].clone_from(&content);
            tape.steps.extend([Step::Written(file, 0, content), Step::Synced(file)]);
        }
        tape.steps.extend(tape.folders.iter().cloned().map(Step::FolderSynced));
        tapes().push(tape);
        RUNNING.fetch_add(1, Ordering::AcqRel);
        Self { number }
    }

    fn with<T>(&self, work: impl FnOnce(&mut Tape) -> T) -> T {
        work(tapes().iter_mut().find(|tape| tape.number == self.number).unwrap())
    }

    /// Notes that what was asked for has been acknowledged.
    pub(crate) fn acknowledge(&self) {
        self.with(|tape| tape.steps.push(Step::Acknowledged));
    }

    /// How many steps there are by now.
    pub(crate) fn length(&self) -> usize {
        self.with(|tape| tape.steps.len())
    }

    /// Whether a file was synced since this step.
    pub(crate) fn synced_since(&self, from: usize, path: &str) -> bool {
        self.with(|tape| {
            let file = tape.names[Path::new(path)];
            tape.steps[from..].iter().any(|step| matches!(step, Step::Synced(synced) if *synced == file))
        })
    }

    /// Stops, once everything is closed.
    pub(crate) fn finish(self) -> Vec<Step> {
        let tape = {
            let mut tapes = tapes();
            let place = tapes.iter().position(|tape| tape.number == self.number).unwrap();
            RUNNING.fetch_sub(1, Ordering::AcqRel);
            tapes.remove(place)
        };
        assert!(tape.handles.is_empty(), "something is still open");
        let folders = tape.folders.iter().filter(|path| *path != Path::new("")).map(|path| (path.clone(), None));
        let files = tape.names.iter().map(|(path, file)| (path.clone(), Some(tape.files[*file].clone())));
        // Shared memory is written without any call; nobody reads it after a cut.
        let told = |(path, _): &(PathBuf, _)| !is_shared_memory(path);
        let heard: Tree = folders.chain(files).filter(told).collect();
        assert!(tree(&tape.root).into_iter().filter(told).eq(heard), "something was done past the tape");
        tape.steps
    }
}

/// Whether this is the file in which SQLite's connections share memory.
pub(crate) fn is_shared_memory(path: &Path) -> bool {
    path.to_string_lossy().ends_with("-shm")
}

/// Everything below a folder.
pub(crate) fn tree(folder: &Path) -> Tree {
    fn walk(root: &Path, folder: &Path, tree: &mut Tree) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let below = path.strip_prefix(root).unwrap().to_owned();
            if path.is_dir() {
                tree.insert(below, None);
                walk(root, &path, tree);
            } else {
                tree.insert(below, Some(std::fs::read(&path).unwrap()));
            }
        }
    }
    let mut found = Tree::new();
    walk(folder, folder, &mut found);
    found
}

/// Lays everything out in an empty folder.
pub(crate) fn lay_out(tree: &Tree, folder: &Path) {
    for (path, content) in tree {
        match content {
            None => std::fs::create_dir_all(folder.join(path)).unwrap(),
            Some(bytes) => std::fs::write(folder.join(path), bytes).unwrap(),
        }
    }
}
