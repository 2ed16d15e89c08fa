//! The data folder and the files in it that only their owner may read.
//! Every secret promises to be written with mode 0600 from its first byte, whole or not at all.

use crate::error::ServerError;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The folder with a server's files.
#[derive(Clone, Debug)]
pub(crate) struct DataFolder(PathBuf);

impl DataFolder {
    /// Opens the folder; makes it, for its owner alone, if it is not there.
    pub(crate) fn open(path: &Path) -> Result<Self, ServerError> {
        make_folder(path).map_err(|source| ServerError::File { path: path.to_owned(), source })?;
        let path = path.canonicalize().map_err(|source| ServerError::File { path: path.to_owned(), source })?;
        Ok(Self(path))
    }

    /// The path of a file in the folder.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// A file's content, if it is there and not absurdly large.
    pub(crate) fn read(&self, name: &str, limit: u64) -> Result<Option<Vec<u8>>, ServerError> {
        let path = self.file(name);
        match fs::metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(ServerError::File { path, source }),
            Ok(metadata) if metadata.len() > limit => {
                return Err(ServerError::DamagedFile { path, why: "it is too large" });
            }
            Ok(_) => {}
        }
        fs::read(&path).map(Some).map_err(|source| ServerError::File { path, source })
    }

    /// Writes a file in one step: a crash leaves the old one or the new one.
    pub(crate) fn write(&self, name: &str, content: &[u8]) -> Result<(), ServerError> {
        let path = self.file(name);
        let beside = self.file(&format!("{name}.new"));
        let write = || {
            match fs::remove_file(&beside) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            let mut file = private(&beside)?;
            file.write_all(content)?;
            file.sync_all()?;
            fs::rename(&beside, &path)?;
            sync_names(&self.0)
        };
        write().map_err(|source| ServerError::File { path: path.clone(), source })
    }

    /// Makes an empty file for its owner alone, if it is not there yet.
    pub(crate) fn reserve(&self, name: &str) -> Result<PathBuf, ServerError> {
        let path = self.file(name);
        match private(&path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                Err(ServerError::File { path, source: error })
            }
            _ => Ok(path),
        }
    }
}

/// Makes a folder and those above it that are missing, for good: a name is certain once the folder that holds it was synced.
fn make_folder(path: &Path) -> io::Result<()> {
    let missing = path.ancestors().take_while(|folder| !folder.exists()).count().max(1);
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)?;
    for holder in path.ancestors().skip(1).take(missing) {
        match sync_names(if holder.as_os_str().is_empty() { Path::new(".") } else { holder }) {
            // Somebody else's folder: it may be passed through and not opened.
            Err(error) if error.kind() != io::ErrorKind::PermissionDenied => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

fn sync_names(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
