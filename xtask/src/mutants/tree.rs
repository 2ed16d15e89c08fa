//! The copy of the tree that is broken: always in the same place, so that what was compiled for it serves again.
//! It promises to hold, after [`refresh`], exactly what the working tree holds, whatever a stopped run left in it.

use crate::process;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Where it is.
pub(super) fn place() -> PathBuf {
    process::target().join("mutants").join("tree")
}

/// Makes the copy what the working tree is.
pub(super) fn refresh() -> Result<(), String> {
    let (root, copy) = (process::root(), place());
    let listed = process::answer(
        "git",
        ["-C", &root.to_string_lossy(), "ls-files", "--cached", "--others", "--exclude-standard"],
    )
    .ok_or("the files of the tree are not known: this needs git")?;
    let files: BTreeSet<PathBuf> = listed.lines().map(PathBuf::from).filter(|file| root.join(file).is_file()).collect();
    let failed = |path: &Path| {
        let path = path.to_path_buf();
        move |error: std::io::Error| format!("{}: {error}", path.display())
    };
    std::fs::create_dir_all(&copy).map_err(failed(&copy))?;
    for old in walk(&copy).map_err(failed(&copy))? {
        if old.strip_prefix(&copy).is_ok_and(|file| !files.contains(file)) {
            std::fs::remove_file(&old).map_err(failed(&old))?;
        }
    }
    for file in files {
        let from = root.join(&file);
        put(&copy.join(file), &std::fs::read(&from).map_err(failed(&from))?)?;
    }
    Ok(())
}

/// Writes a file of the copy. One that is the same already is not touched: it would be compiled anew.
pub(super) fn put(path: &Path, bytes: &[u8]) -> Result<(), String> {
    if std::fs::read(path).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    let failed = |error: std::io::Error| format!("{}: {error}", path.display());
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    std::fs::write(path, bytes).map_err(failed)
}

fn walk(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            files.extend(walk(&entry.path())?);
        } else {
            files.push(entry.path());
        }
    }
    Ok(files)
}
