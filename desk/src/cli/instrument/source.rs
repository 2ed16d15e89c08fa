//! From what was typed to an instrument: one that comes with Vigil, a file, or standard input.
//! Reading promises to stop at the limits of the format, however long a file or stream is.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use vigil_screening::{Id, Instrument, InstrumentError, is_shipped, limits, shipped, shipped_list};

use super::problem::InstrumentProblem;
use crate::error::DeskError;

/// The instrument for practice. It is never screened by.
pub(in crate::cli) const PRACTICE: &str = "practice_border";

/// An instrument and where it came from.
pub(super) struct Loaded {
    pub(super) instrument: Instrument,
    /// Whether it is, byte for byte, one that comes with Vigil.
    pub(super) is_shipped: bool,
}

impl Loaded {
    fn of(instrument: Instrument) -> Self {
        Self { is_shipped: instrument.comes_with_vigil(), instrument }
    }

    /// Whether it bears the name of one that comes with Vigil, and is another.
    pub(super) fn takes_a_name(&self) -> bool {
        !self.is_shipped && is_shipped(self.instrument.id().as_str())
    }
}

/// The INSTRUMENT of the command line.
pub(super) fn load(given: &str) -> Result<Loaded, DeskError> {
    if let Some(instrument) = shipped_as(given)? {
        return Ok(Loaded { instrument, is_shipped: true });
    }
    if given != "-" && !Path::new(given).exists() && looks_like_a_name(given) {
        return Err(not_found(given));
    }
    let text = text(given)?;
    let instrument = Instrument::from_json(&text).map_err(InstrumentProblem::from)?;
    Ok(Loaded::of(instrument))
}

/// One that comes with Vigil, as `id` or `id@version`; none if it is not named like one.
fn shipped_as(given: &str) -> Result<Option<Instrument>, DeskError> {
    let (id, version) = match given.split_once('@') {
        Some((id, version)) if is_shipped(id) => (id, Some(version.parse::<u32>().map_err(|_| not_found(given))?)),
        None if is_shipped(given) => (given, None),
        _ => return Ok(None),
    };
    let newest = || shipped_list().filter(|(have, _)| *have == id).map(|(_, version)| version).max();
    let found = version.or_else(newest).and_then(|version| shipped(id, version)).ok_or_else(|| not_found(given))?;
    Ok(Some(found.map_err(InstrumentProblem::from)?))
}

/// One that comes with Vigil, by name.
pub(in crate::cli) fn shipped_named(given: &str) -> Result<Instrument, DeskError> {
    shipped_as(given)?.ok_or_else(|| not_found(given))
}

fn not_found(given: &str) -> DeskError {
    let versions = shipped_list().filter(|(id, _)| given.split('@').next() == Some(id));
    let versions: Vec<String> = versions.map(|(id, version)| format!("{id}@{version}")).collect();
    let words = match versions.is_empty() {
        true => format!("no instrument and no file is called {given}"),
        false => format!("no instrument is called {given}; there is {}", versions.join(", ")),
    };
    InstrumentProblem::NotFound(words).into()
}

fn looks_like_a_name(given: &str) -> bool {
    Id::new(given.split('@').next().unwrap_or_default()).is_ok()
}

/// The text of an instrument file.
pub(super) fn text(given: &str) -> Result<String, DeskError> {
    let bytes = bytes(given, limits::FILE_BYTES)?;
    if bytes.len() > limits::FILE_BYTES {
        let error = InstrumentError::TooLarge { bytes: bytes.len(), max: limits::FILE_BYTES };
        return Err(InstrumentProblem::from(error).into());
    }
    let text = String::from_utf8(bytes)
        .map_err(|error| InstrumentProblem::NotText { byte: error.utf8_error().valid_up_to() })?;
    // Some editors write a mark before the text.
    Ok(text.strip_prefix('\u{feff}').map_or_else(|| text.clone(), str::to_owned))
}

/// At most one byte more than `most`, so that the caller sees that there is more.
pub(super) fn bytes(given: &str, most: usize) -> Result<Vec<u8>, DeskError> {
    let problem = |error| DeskError::file(if given == "-" { "standard input" } else { given }, error);
    let most = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    let read = match given {
        "-" => io::stdin().lock().take(most).read_to_end(&mut bytes),
        path => File::open(path).map_err(problem)?.take(most).read_to_end(&mut bytes),
    };
    read.map_err(problem)?;
    Ok(bytes)
}

/// Writes a whole file or leaves the old one as it was.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), DeskError> {
    let problem = |error| DeskError::file(path.display().to_string(), error);
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.part", std::process::id()));
    let written = File::create(&beside).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    let done = written.and_then(|()| std::fs::rename(&beside, path));
    if done.is_err() {
        std::fs::remove_file(&beside).ok();
    }
    done.map_err(problem)
}
