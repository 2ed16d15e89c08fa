//! What can be typed about evidence and to an auditor's device.
//! Checking a bundle promises to need neither home nor passphrase.

use std::path::PathBuf;

use clap::Subcommand;

/// What to do with evidence.
#[derive(Debug, Subcommand)]
pub enum EvidenceCommand {
    /// Write a bundle: everything signed about a record, its keys in the clear, and the membership log. The auditor is told.
    #[command(
        after_help = "Examples:\n  vigil evidence export 3fa2 --out case.evidence\n  vigil evidence export 3fa2 --out case.evidence --with-persons\n\nWhoever has the file reads all of it. Without --with-persons no name goes into it."
    )]
    Export {
        /// The beginning of the record's id.
        record: String,
        /// The file to write; it must not be there yet.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// With the persons linked to the record: their names and addresses, too.
        #[arg(long)]
        with_persons: bool,
    },
    /// Check a bundle, and say what it proves and what it does not. Needs no network, home, passphrase or keys.
    #[command(
        after_help = "Examples:\n  vigil evidence verify case.evidence\n  vigil evidence verify case.evidence --json\n\nExit status 1 if anything in it does not hold."
    )]
    Verify {
        /// The bundle.
        file: PathBuf,
    },
}

/// What else an auditor does.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Answer a complaint. Auditors alone read the answer.
    Answer {
        /// The beginning of the complaint's id.
        record: String,
        /// The words.
        text: String,
    },
}
