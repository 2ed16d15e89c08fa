//! Folders that are there after a power cut. A name is certain once the folder that holds it was synced: syncing the file
//! or folder itself says nothing about it.

use std::io::{ErrorKind, Result};
use std::path::Path;

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
