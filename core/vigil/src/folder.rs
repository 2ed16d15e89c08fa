//! Folders that are there after a power cut. A name is certain once the folder that holds it was synced: syncing the file
//! or folder itself says nothing about it.

use std::io::{ErrorKind, Result, Write};
use std::path::{Path, PathBuf};

/// Makes a folder for its owner alone, and those above it that are missing, for good.
pub(crate) fn create_private(path: &Path) -> Result<()> {
    let missing = path.ancestors().take_while(|folder| !folder.exists()).count().max(1);
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)?;
    for holder in path.ancestors().skip(1).take(missing) {
        match sync(if holder.as_os_str().is_empty() { Path::new(".") } else { holder }) {
            // Somebody else's folder: it may be passed through and not opened.
            Err(error) if error.kind() != ErrorKind::PermissionDenied => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Makes the names in a folder certain.
pub(crate) fn sync(path: &Path) -> Result<()> {
    // Elsewhere a folder cannot be opened like a file, and renaming is durable or nothing can make it so.
    #[cfg(unix)]
    std::fs::File::open(path)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// Where a file lies that is not in its place yet.
pub(crate) fn aside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    name.into()
}

/// Writes a file of the owner's durably beside its place.
pub(crate) fn write_aside(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(aside(path))?;
    file.write_all(bytes)?;
    file.sync_all()?;
    path.parent().map_or(Ok(()), sync)
}

/// Puts what was written aside in its place, durably and in one step.
pub(crate) fn put_in_place(path: &Path) -> Result<()> {
    std::fs::rename(aside(path), path)?;
    path.parent().map_or(Ok(()), sync)
}

/// Writes a file whole or not at all, durably.
pub(crate) fn write_durably(path: &Path, bytes: &[u8]) -> Result<()> {
    write_aside(path, bytes)?;
    put_in_place(path)
}
