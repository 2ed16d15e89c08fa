//! What can be typed around what opens a home.
//! It promises to know no secret: passphrases and PINs are asked for, or read from files.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Subcommand, ValueEnum};
use vigil_core::Stretching;

/// Around the passphrase.
#[derive(Debug, Subcommand)]
pub enum PassphraseCommand {
    /// Change the passphrase of this home.
    #[command(after_help = "Example:\n  vigil --home ~/vigil passphrase change")]
    Change {
        /// Read the new passphrase from the first line of this file, instead of a prompt.
        #[arg(long, value_name = "FILE")]
        new_passphrase_file: Option<PathBuf>,
    },
}

/// Around the duress PIN.
#[derive(Debug, Subcommand)]
pub enum Duress {
    /// Set the PIN that opens a small profile without records. It destroys nothing.
    #[command(after_help = "Example:\n  vigil --home ~/vigil duress set")]
    Set {
        /// Read the PIN from the first line of this file, instead of a prompt.
        #[arg(long, value_name = "FILE")]
        pin_file: Option<PathBuf>,
    },
    /// Take the duress PIN away.
    Clear,
}

/// A number of wrong attempts, or never.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WipeAfter(pub Option<u32>);

impl FromStr for WipeAfter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "never" => Ok(Self(None)),
            number => {
                number.parse().map(|limit| Self(Some(limit))).map_err(|_| "a number of attempts, or never".to_owned())
            }
        }
    }
}

/// How the cost of trying a passphrase is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StretchingName {
    /// Measured on this device: one to three seconds.
    Calibrated,
    /// The least that is allowed, for trying things out.
    Floor,
}

impl StretchingName {
    /// As the core calls it.
    #[must_use]
    pub fn stretching(self) -> Stretching {
        match self {
            Self::Calibrated => Stretching::Calibrated,
            Self::Floor => Stretching::Floor,
        }
    }
}
