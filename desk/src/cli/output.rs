//! What goes to standard output: words for people, or one JSON value.
//! Words from records promise to be made harmless first; a reader that went away ends the program quietly.

use std::io::{self, Write};

use serde::Serialize;

use crate::error::DeskError;

/// Standard output, in one of two forms.
#[derive(Debug)]
pub struct Output {
    json: bool,
}

impl Output {
    /// Words, or JSON.
    #[must_use]
    pub fn new(json: bool) -> Self {
        Self { json }
    }

    /// Whether JSON was asked for.
    #[must_use]
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// The answer: the value if JSON was asked for, else the lines.
    ///
    /// # Errors
    /// If standard output cannot be written.
    pub fn answer<L: AsRef<str>>(
        &self,
        value: &impl Serialize,
        lines: impl IntoIterator<Item = L>,
    ) -> Result<(), DeskError> {
        self.write(value, lines).map_err(problem)
    }

    /// One acknowledged save among several, on one line that is out when this returns.
    ///
    /// # Errors
    /// If standard output cannot be written; also if its reader went away, for what follows is then not to be done unseen.
    pub fn acknowledge(&self, value: &impl Serialize, line: &str) -> Result<(), DeskError> {
        self.write(value, [line]).map_err(|error| DeskError::file("standard output", error))
    }

    fn write<L: AsRef<str>>(&self, value: &impl Serialize, lines: impl IntoIterator<Item = L>) -> io::Result<()> {
        let mut out = io::stdout().lock();
        if self.json {
            serde_json::to_writer(&mut out, value).map_err(io::Error::from)?;
            out.write_all(b"\n")?;
        } else {
            lines.into_iter().try_for_each(|line| writeln!(out, "{}", line.as_ref()))?;
        }
        out.flush()
    }

    /// What a person reads beside an answer that goes to a file: always to standard error.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn aside(&self, text: &str) -> Result<(), DeskError> {
        if self.json { Ok(()) } else { writeln!(io::stderr().lock(), "{text}").map_err(problem) }
    }

    /// A line beside the answer: to standard output for people, to standard error beside JSON.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn say(&self, line: &str) -> Result<(), DeskError> {
        let written = if self.json {
            writeln!(io::stderr().lock(), "{line}")
        } else {
            let mut out = io::stdout().lock();
            writeln!(out, "{line}").and_then(|()| out.flush())
        };
        written.map_err(problem)
    }

    /// An error, to standard error.
    pub fn error(&self, error: &DeskError) {
        let mut err = io::stderr().lock();
        // Nothing is left to do if standard error is gone too.
        let _ = if self.json {
            let mut value = serde_json::json!({
                "error": {"code": error.code(), "message": error.to_string(), "next_step": error.next_step()}
            });
            if let Some(place) = error.place() {
                value["error"]["place"] = place.into();
            }
            writeln!(err, "{value}")
        } else {
            writeln!(err, "vigil: {error} [{}]\n{}", error.code(), error.next_step())
        };
    }
}

fn problem(error: io::Error) -> DeskError {
    if error.kind() == io::ErrorKind::BrokenPipe {
        // As any filter: `vigil list | head` is no failure.
        std::process::exit(0);
    }
    DeskError::file("standard output", error)
}
