//! What can be typed about recovery and about the archive of the last day.
//! Reading an archive promises to need neither home nor passphrase: the paper key is enough.

use std::path::PathBuf;

use clap::Subcommand;

/// What to do so that a committee gets its data back.
#[derive(Debug, Subcommand)]
pub enum RecoveryCommand {
    /// How the recovery key is dealt out, and whether this device's own share opens: the drill.
    #[command(after_help = "Example:\n  vigil recovery status")]
    Status,
    /// Deal the recovery key out to officers, of whom so many together restore it. Needs the sheet of paper once.
    #[command(
        after_help = "Example:\n  vigil recovery deal 91c0 77ab 3c55 --threshold 2 --key paper.txt\n\nAfterwards the sheet may be burnt: whoever finds it needs nobody else."
    )]
    Deal {
        /// The officers' devices: the beginnings of their ids. One device a person.
        #[arg(required = true)]
        officers: Vec<String>,
        /// How many of them are needed.
        #[arg(long)]
        threshold: u8,
        /// The recovery key, as it stands on the sheet: a file, or - for standard input.
        #[arg(long, value_name = "FILE")]
        key: String,
    },
    /// Move that a new desk is admitted to restore the committee's access. Others second it, one carries it out.
    #[command(
        after_help = "Example, when every desk is lost:\n  vigil --home ./new init && vigil --home ./new join-request > request\n  vigil recovery propose request --name 'New desk' && vigil sync     (an officer)\n  vigil sync && vigil motion second 5d && vigil motion carry-out 5d  (another officer)\n  vigil --home ./new join-request > request && vigil recovery welcome request > welcome\n  vigil --home ./new join welcome --face-to-face && vigil --home ./new sync\n  vigil recovery give 91c0 && vigil sync                             (each of the officers needed)\n  vigil --home ./new sync && vigil --home ./new recovery run"
    )]
    Propose {
        /// The new desk's first code: the code itself, a file, or - for standard input.
        request: String,
        /// The desk's name for the committee.
        #[arg(long, default_value = "")]
        name: String,
    },
    /// Show the second code for a device that a motion has admitted, or whose first code ended too early.
    Welcome {
        /// A new first code of it: the code itself, a file, or - for standard input.
        request: String,
    },
    /// Give this device's share to a desk that was admitted for recovery. Nobody else can open it.
    Give {
        /// The beginning of the desk's id.
        desk: String,
    },
    /// Restore the committee's access on this desk, once enough officers have given their shares.
    #[command(after_help = "Example:\n  vigil sync && vigil recovery run")]
    Run,
}

/// What to do with the archive.
#[derive(Debug, Subcommand)]
pub enum ArchiveCommand {
    /// Move that the whole committee's data is exported. The key that opens it is shown once: write it on paper.
    #[command(
        after_help = "Example, for the day the project ends:\n  vigil archive propose && vigil sync\n  vigil sync && vigil motion second 5d && vigil sync                 (another person)\n  vigil sync && vigil archive write 5d --out committee.archive"
    )]
    Propose,
    /// Write the archive, once two persons have decided it, or one and nobody objected for 72 hours. The auditor is told.
    Write {
        /// The beginning of the motion's name.
        motion: String,
        /// The file to write; it must not be there yet.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Read an archive with its paper key, and write what is in it to standard output, one JSON value a line.
    #[command(after_help = "Example:\n  vigil archive read committee.archive --key paper.txt > everything.jsonl")]
    Read {
        /// The archive.
        file: PathBuf,
        /// The key, as it stands on the sheet: a file, or - for standard input.
        #[arg(long, value_name = "FILE")]
        key: String,
    },
}
