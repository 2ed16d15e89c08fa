//! From the options to an open home: where it is, how the passphrase is asked for, how files and codes are read.
//! A passphrase promises to be wiped from memory after use and never to show on the terminal.

use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal, Read};
use std::path::{Path, PathBuf};

use vigil_core::{Passphrase, Vault};
use zeroize::Zeroizing;

use super::arguments::Arguments;
use super::progress::with_sign_of_life;
use super::unlock;
use crate::error::DeskError;

/// The environment variable that a passphrase is taken from.
pub const PASSPHRASE_VARIABLE: &str = "VIGIL_PASSPHRASE";
/// Longest passphrase and longest code that is read from a file.
const MAX_PASSPHRASE_BYTES: u64 = 4096;
const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;

/// Where this device's home is.
///
/// # Errors
/// [`DeskError::Usage`] if nobody said.
pub fn home(arguments: &Arguments) -> Result<PathBuf, DeskError> {
    arguments
        .home
        .clone()
        .ok_or_else(|| DeskError::Usage("name this device's home with --home DIR or VIGIL_HOME".to_owned()))
}

/// Opens this device's home.
///
/// # Errors
/// What [`Vault::open`] says, or that there is no passphrase.
pub fn open(arguments: &Arguments) -> Result<Vault, DeskError> {
    let home = home(arguments)?;
    Vault::look_for(&home)?;
    let passphrase = passphrase(arguments, false)?;
    let options = unlock::options(arguments);
    Ok(with_sign_of_life("unlocking", || Vault::open_with(&home, &passphrase, &options))?)
}

/// The passphrase: from the file named, from the environment, or asked for; a new one is asked for twice.
///
/// # Errors
/// If none of them gives one.
pub fn passphrase(arguments: &Arguments, is_new: bool) -> Result<Passphrase, DeskError> {
    if let Some(path) = &arguments.passphrase_file {
        return from_file(path);
    }
    if let Ok(text) = std::env::var(PASSPHRASE_VARIABLE) {
        let text = Zeroizing::new(text);
        if text.is_empty() {
            return Err(DeskError::Usage(format!("{PASSPHRASE_VARIABLE} is empty; the passphrase must not be empty")));
        }
        return Ok(Passphrase::new(text.as_str()));
    }
    if !io::stdin().is_terminal() {
        let how = format!("give the passphrase in {PASSPHRASE_VARIABLE} or with --passphrase-file");
        return Err(DeskError::Usage(how));
    }
    if is_new {
        return typed_twice("Passphrase: ");
    }
    Ok(Passphrase::new(prompt("Passphrase: ")?.as_str()))
}

/// A passphrase or PIN that is not the one that opens: from the file named, or asked for twice.
///
/// # Errors
/// If neither gives one.
pub fn new_passphrase(file: Option<&Path>, words: &str) -> Result<Passphrase, DeskError> {
    if let Some(path) = file {
        return from_file(path);
    }
    if !io::stdin().is_terminal() {
        return Err(DeskError::Usage("name a file with the new passphrase or PIN on its first line".to_owned()));
    }
    typed_twice(words)
}

fn typed_twice(words: &str) -> Result<Passphrase, DeskError> {
    let first = prompt(words)?;
    if first.is_empty() {
        return Err(DeskError::Usage("the passphrase must not be empty".to_owned()));
    }
    if *first != *prompt("The same again: ")? {
        return Err(DeskError::Usage("the two passphrases differ".to_owned()));
    }
    Ok(Passphrase::new(first.as_str()))
}

fn prompt(words: &str) -> Result<Zeroizing<String>, DeskError> {
    let typed = rpassword::prompt_password(words).map_err(|error| DeskError::file("the terminal", error))?;
    Ok(Zeroizing::new(typed))
}

fn from_file(path: &Path) -> Result<Passphrase, DeskError> {
    let problem = |error| DeskError::file(path.display().to_string(), error);
    let mut line = Zeroizing::new(String::new());
    let file = File::open(path).map_err(problem)?;
    BufReader::new(file.take(MAX_PASSPHRASE_BYTES)).read_line(&mut line).map_err(problem)?;
    let text = line.trim_end_matches(['\n', '\r']);
    if text.is_empty() {
        return Err(DeskError::Usage(format!("{}: the first line is empty", path.display())));
    }
    Ok(Passphrase::new(text))
}

/// A code that passes by hand: the code itself, a file that holds it, or `-` for standard input.
///
/// # Errors
/// If the file or stream cannot be read.
pub fn code(given: &str) -> Result<String, DeskError> {
    if given.trim_start().starts_with("vigil-") && !Path::new(given).exists() {
        return Ok(given.to_owned());
    }
    text(given)
}

/// A whole file, or standard input for `-`.
///
/// # Errors
/// If it cannot be read, is not text, or is larger than anything that this program takes.
pub fn text(given: &str) -> Result<String, DeskError> {
    let problem = |error| DeskError::file(if given == "-" { "standard input" } else { given }, error);
    let mut text = String::new();
    let read = if given == "-" {
        io::stdin().lock().take(MAX_FILE_BYTES + 1).read_to_string(&mut text)
    } else {
        File::open(given).map_err(problem)?.take(MAX_FILE_BYTES + 1).read_to_string(&mut text)
    };
    let bytes = read.map_err(problem)?;
    if bytes as u64 > MAX_FILE_BYTES {
        return Err(DeskError::Usage(format!("{given}: larger than {MAX_FILE_BYTES} bytes")));
    }
    Ok(text)
}
