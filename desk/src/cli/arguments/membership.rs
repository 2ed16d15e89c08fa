//! What can be typed about members: certificates, suspension, motions, a caseload that changes hands.

use clap::{Args, Subcommand};

use super::RoleName;

/// What a certificate says besides role and name.
#[derive(Debug, Args)]
pub struct Certified {
    /// On probation: the device writes, and reads nothing of others.
    #[arg(long)]
    pub probation: bool,
    /// The area that the person works in.
    #[arg(long, default_value = "")]
    pub area: String,
    /// Who vouches for the person; may be given several times.
    #[arg(long = "sponsor", value_name = "NAME")]
    pub sponsors: Vec<String>,
    /// A device of the same person, if she has one already: the beginning of its id.
    #[arg(long, value_name = "DEVICE")]
    pub person: Option<String>,
    /// For how many days, at most 90.
    #[arg(long, default_value_t = 90)]
    pub days: u16,
}

/// What to do about members.
#[derive(Debug, Subcommand)]
pub enum Membership {
    /// Sign a certificate as the second person, where the policy asks for two. It shows what it says first.
    #[command(
        after_help = "Example:\n  vigil cosign certificate > signed\n\n`vigil add` gives the certificate, and takes the signed one."
    )]
    Cosign {
        /// The certificate: the code itself, a file, or - for standard input.
        certificate: String,
    },
    /// Close a device out at once. One officer's word is enough; it comes back by a motion only.
    #[command(after_help = "Example:\n  vigil suspend 91c0 && vigil sync")]
    Suspend {
        /// The beginning of the device's id.
        device: String,
    },
    /// What takes two persons, or one and 72 hours without objection.
    #[command(subcommand)]
    Motion(Motion),
    /// Give a member's certificate new dates, from now on.
    #[command(
        after_help = "Examples:\n  vigil renew 91c0\n  vigil renew 91c0 --days 30\n  vigil renew --signed signed"
    )]
    Renew {
        /// The beginning of the device's id.
        #[arg(required_unless_present = "signed")]
        device: Option<String>,
        /// For how many days, at most 90.
        #[arg(long, default_value_t = 90)]
        days: u16,
        /// A renewal that a second person has signed: the code itself, a file, or - for standard input.
        #[arg(long, value_name = "CODE", conflicts_with = "device")]
        signed: Option<String>,
    },
    /// Hand all cases of one device over to another, with the keys that this device holds.
    #[command(after_help = "Example:\n  vigil hand-over-caseload 91c0 77ab")]
    HandOverCaseload {
        /// Whose cases: the beginning of the device's id.
        from: String,
        /// Who takes them over.
        to: String,
    },
}

/// What to do about motions.
#[derive(Debug, Subcommand)]
#[command(
    after_help = "Examples:\n  vigil motion list\n  vigil motion remove 91c0\n  vigil motion second 4f2a\n  vigil motion carry-out 4f2a"
)]
pub enum Motion {
    /// The motions, and how far each has come.
    List,
    /// Move that a device is removed for ever.
    Remove {
        /// The beginning of its id.
        device: String,
    },
    /// Move that a member gets a higher role.
    Raise {
        /// The beginning of the device's id.
        device: String,
        /// The new role.
        #[arg(long, value_enum)]
        role: RoleName,
    },
    /// Move that a member's probation ends.
    EndProbation {
        /// The beginning of the device's id.
        device: String,
    },
    /// Move that a suspended member comes back.
    Reinstate {
        /// The beginning of the device's id.
        device: String,
    },
    /// Move that a case is erased, and hide it until that is decided. Carrying it out erases it.
    EraseCase {
        /// The beginning of the record's id.
        record: String,
    },
    /// Move another policy. What is not given stays.
    Policy {
        /// How many persons sign a certificate: 1 or 2.
        #[arg(long)]
        admission_signatures: Option<u8>,
        /// How many persons carry a removal.
        #[arg(long)]
        removal_persons: Option<u8>,
        /// How many persons carry a recovery.
        #[arg(long)]
        recovery_persons: Option<u8>,
        /// How many days a device may read without contact.
        #[arg(long)]
        lease_days: Option<u16>,
        /// After how many wrong attempts a device wipes itself, unless its district says otherwise; 0 for never.
        #[arg(long)]
        wipe_after: Option<u16>,
        /// How many days a monitor's device keeps what has arrived.
        #[arg(long)]
        monitor_days: Option<u16>,
    },
    /// Join a motion.
    Second {
        /// The beginning of its name.
        motion: String,
    },
    /// Object to a motion: one person alone cannot carry it any more.
    Object {
        /// The beginning of its name.
        motion: String,
    },
    /// Carry out a motion that is carried.
    CarryOut {
        /// The beginning of its name.
        motion: String,
    },
}
