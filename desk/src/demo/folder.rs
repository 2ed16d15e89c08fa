//! The folder of a run: kept where it was asked for, or temporary and gone with the value that stands for it.
//! It promises never to write into a folder that has something in it.

use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::path::{Path, PathBuf};

use crate::DeskError;

/// The folder of a run.
#[derive(Debug)]
pub(crate) struct RunFolder {
    root: PathBuf,
    is_temporary: bool,
}

impl RunFolder {
    /// A folder to keep: missing or empty.
    pub(crate) fn kept(root: &Path) -> Result<Self, DeskError> {
        let problem = |error| DeskError::file(root.display().to_string(), error);
        fs::create_dir_all(root).map_err(problem)?;
        if fs::read_dir(root).map_err(problem)?.next().is_some() {
            return Err(DeskError::Usage(format!("{} is not empty", root.display())));
        }
        let root = root.canonicalize().map_err(problem)?;
        Self { root, is_temporary: false }.laid_out()
    }

    /// A temporary folder.
    pub(crate) fn temporary() -> Result<Self, DeskError> {
        // A hasher is seeded afresh for every value of this type, which is random enough for a name.
        let name = format!("vigil-demo-{:016x}", RandomState::new().hash_one(std::process::id()));
        let root = std::env::temp_dir().join(name);
        private_folder(&root).map_err(|error| DeskError::file(root.display().to_string(), error))?;
        Self { root, is_temporary: true }.laid_out()
    }

    fn laid_out(self) -> Result<Self, DeskError> {
        for folder in [self.server(), self.devices(), self.wire()] {
            fs::create_dir_all(&folder).map_err(|error| DeskError::file(folder.display().to_string(), error))?;
        }
        Ok(self)
    }

    /// The server's files.
    pub(crate) fn server(&self) -> PathBuf {
        self.root.join("server")
    }

    /// The devices' homes.
    pub(crate) fn devices(&self) -> PathBuf {
        self.root.join("devices")
    }

    /// One device's home.
    pub(crate) fn home(&self, device: &str) -> PathBuf {
        self.devices().join(device)
    }

    /// Request and response bodies.
    pub(crate) fn wire(&self) -> PathBuf {
        self.root.join("wire")
    }

    /// Writes a file beside the folders.
    pub(crate) fn write(&self, name: &str, content: &[u8]) -> Result<(), DeskError> {
        let path = self.root.join(name);
        fs::write(&path, content).map_err(|error| DeskError::file(path.display().to_string(), error))
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        if self.is_temporary {
            // What is left in the temporary folder is the system's to clean.
            fs::remove_dir_all(&self.root).ok();
        }
    }
}

fn private_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_temporary_folder_goes_and_a_full_one_is_refused() {
        let folder = RunFolder::temporary().unwrap();
        let root = folder.root.clone();
        folder.write("seeded.txt", b"x").unwrap();
        assert!(root.join("wire").is_dir());
        assert_eq!(RunFolder::kept(&root).unwrap_err().exit_status(), 2);
        drop(folder);
        assert!(!root.exists());
    }
}
