//! The agent's lines: read and written without the buffers of the standard library, which keep what passed last.
//! They promise that a line is wiped when its command is done, and that an answer leaves in one piece.

use std::fs::File;
use std::io::{self, Read, Write};

use zeroize::{Zeroize, Zeroizing};

use crate::DeskError;

/// Longest line that is taken; a screening with all its people is far below.
const MAX_LINE_BYTES: usize = 4 * 1024 * 1024;
/// How much is read at a time.
const CHUNK_BYTES: usize = 16 * 1024;

/// Standard input and output.
pub(super) struct Lines {
    input: File,
    output: File,
    chunk: Zeroizing<Vec<u8>>,
    /// What was read and belongs to the next lines.
    ahead: Zeroizing<Vec<u8>>,
}

impl Lines {
    /// Takes standard input and output over.
    pub(super) fn take_over() -> Result<Self, DeskError> {
        let problem = |error| DeskError::file("standard input and output", error);
        Ok(Self {
            input: unbuffered(io::stdin()).map_err(problem)?,
            output: unbuffered(io::stdout()).map_err(problem)?,
            chunk: Zeroizing::new(vec![0; CHUNK_BYTES]),
            ahead: Zeroizing::default(),
        })
    }

    /// The next line, without its end; nothing at the end of input.
    pub(super) fn next(&mut self) -> Result<Option<Zeroizing<Vec<u8>>>, DeskError> {
        let problem = |error| DeskError::file("standard input", error);
        let cut_off = || DeskError::Usage("a line is too long, or was cut off".to_owned());
        loop {
            if let Some(end) = self.ahead.iter().position(|byte| *byte == b'\n') {
                let rest = Zeroizing::new(self.ahead.get(end + 1..).unwrap_or_default().to_vec());
                let mut line = std::mem::replace(&mut self.ahead, rest);
                line.truncate(end);
                return Ok(Some(line));
            }
            if self.ahead.len() > MAX_LINE_BYTES {
                return Err(cut_off());
            }
            let read = match self.input.read(&mut self.chunk) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                read => read.map_err(problem)?,
            };
            match (read, self.ahead.is_empty()) {
                (0, true) => return Ok(None),
                (0, false) => return Err(cut_off()),
                _ => self.keep(read),
            }
        }
    }

    /// Adds what was read. A vector that grows by itself would leave its old place as it was.
    fn keep(&mut self, read: usize) {
        let (kept, new) = (self.ahead.len(), self.chunk.get_mut(..read).unwrap_or_default());
        if self.ahead.capacity() < kept + new.len() {
            let mut larger = Zeroizing::new(Vec::with_capacity((kept + new.len()) * 2));
            larger.extend_from_slice(&self.ahead);
            self.ahead = larger;
        }
        self.ahead.extend_from_slice(new);
        new.zeroize();
    }

    /// Writes an answer as one line.
    pub(super) fn answer(&mut self, answer: &serde_json::Value) -> Result<(), DeskError> {
        let line = Zeroizing::new(format!("{answer}\n"));
        self.output.write_all(line.as_bytes()).map_err(|error| DeskError::file("standard output", error))
    }
}

#[cfg(unix)]
fn unbuffered(stream: impl std::os::fd::AsFd) -> io::Result<File> {
    stream.as_fd().try_clone_to_owned().map(File::from)
}

#[cfg(windows)]
fn unbuffered(stream: impl std::os::windows::io::AsHandle) -> io::Result<File> {
    stream.as_handle().try_clone_to_owned().map(File::from)
}
