//! What can be typed about consent, other bases, authorities, shares and allegations.
//! Parsing promises to touch no file; whether something may be shared is asked of the facade alone.

use clap::{Args, Subcommand, ValueEnum};
use vigil_core::records::{BasisKind, Guardian};

/// To what somebody consents.
#[derive(Debug, Args)]
pub struct ConsentTo {
    /// The beginning of the id of the person's record.
    pub person: String,
    /// What for, for example referral.
    #[arg(long, value_name = "CODE")]
    pub purpose: String,
    /// To which kind of recipient, for example shelter or police.
    #[arg(long, value_name = "CODE")]
    pub recipient: String,
    /// The language that she was asked in.
    #[arg(long, value_name = "LANG")]
    pub language: String,
    /// Who was there.
    #[arg(long, value_name = "WORDS")]
    pub witness: Option<String>,
}

/// Consent.
#[derive(Debug, Subcommand)]
pub enum ConsentCommand {
    /// Record that a person consents.
    #[command(
        after_help = "Examples:\n  vigil consent give 3fa2 --purpose referral --recipient shelter --language ne\n  vigil consent give 3fa2 --purpose referral --recipient shelter --language ne --assent yes --for-child child-protection\n\nFor somebody under 18, or of unknown or disputed age, say whether the child assents and who consents beside it."
    )]
    Give {
        /// To what.
        #[command(flatten)]
        to: ConsentTo,
        /// For a child: whether it assents.
        #[arg(long, value_enum, requires = "for_child")]
        assent: Option<YesOrNo>,
        /// For a child: who consents beside it.
        #[arg(long, value_enum, requires = "assent")]
        for_child: Option<GuardianName>,
    },
    /// Record that consent is withdrawn: at any time, without a reason.
    #[command(
        after_help = "Example:\n  vigil consent withdraw 3fa2 --purpose referral --recipient shelter --language ne\n\nWhat was shared on it must be called back: `vigil share list` shows it."
    )]
    Withdraw(ConsentTo),
    /// Show what a person has consented to, which authorities she chose, and other bases.
    #[command(after_help = "Example:\n  vigil consent list 3fa2 --json")]
    List {
        /// The beginning of the id of the person's record.
        person: String,
    },
}

/// Yes or no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum YesOrNo {
    /// Yes.
    Yes,
    /// No.
    No,
}

/// Who consents for a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GuardianName {
    /// A guardian who is neither suspected nor travelling along.
    Guardian,
    /// Child protection.
    ChildProtection,
}

impl GuardianName {
    /// The guardian in a record.
    #[must_use]
    pub fn guardian(self) -> Guardian {
        match self {
            Self::Guardian => Guardian::NotSuspected,
            Self::ChildProtection => Guardian::ChildProtection,
        }
    }
}

/// What stands in for consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum BasisName {
    /// A child is in danger.
    ChildInDanger,
    /// A life is at risk.
    LifeAtRisk,
    /// A court ordered it.
    CourtOrder,
}

impl BasisName {
    /// The kind in a record.
    #[must_use]
    pub fn kind(self) -> BasisKind {
        match self {
            Self::ChildInDanger => BasisKind::ChildInDanger,
            Self::LifeAtRisk => BasisKind::LifeAtRisk,
            Self::CourtOrder => BasisKind::CourtOrder,
        }
    }
}

/// A basis beside consent: one officer declares it, another seconds it.
#[derive(Debug, Subcommand)]
pub enum BasisCommand {
    /// Declare one of the closed list.
    #[command(
        after_help = "Example:\n  vigil basis declare 3fa2 life-at-risk --purpose referral --recipient police --reason threat_heard --reference 'file 7'"
    )]
    Declare {
        /// The beginning of the id of the person's record.
        person: String,
        /// Which.
        #[arg(value_enum)]
        kind: BasisName,
        /// What for.
        #[arg(long, value_name = "CODE")]
        purpose: String,
        /// To which kind of recipient.
        #[arg(long, value_name = "CODE")]
        recipient: String,
        /// Why, as a code.
        #[arg(long, value_name = "CODE")]
        reason: String,
        /// What it can be looked up by.
        #[arg(long, value_name = "WORDS")]
        reference: Option<String>,
    },
    /// Second what another officer declared.
    #[command(after_help = "Example:\n  vigil basis second 3fa2 91ab")]
    Second {
        /// The beginning of the id of the person's record.
        person: String,
        /// The beginning of the declaration's id, as `vigil consent list` shows it.
        declaration: String,
    },
    /// End a declaration. It does not come back.
    #[command(after_help = "Example:\n  vigil basis end 3fa2 91ab")]
    End {
        /// The beginning of the id of the person's record.
        person: String,
        /// The beginning of the declaration's id.
        declaration: String,
    },
    /// Count how often each was used.
    Count,
}

/// The person's own choice of authorities.
#[derive(Debug, Subcommand)]
pub enum AuthorityCommand {
    /// Record which authorities she wants to deal with.
    #[command(
        after_help = "Examples:\n  vigil authority choose 3fa2 shelter social-welfare --language ne\n  vigil authority choose 3fa2 --nobody --language ne\n\nAuthorities: police, labour-office, immigration, social-welfare, shelter, another-district, or one of your programme's own, which has its prefix and a dot."
    )]
    Choose {
        /// The beginning of the id of the person's record.
        person: String,
        /// The authorities.
        #[arg(required_unless_present = "nobody")]
        kinds: Vec<String>,
        /// She wants to deal with none.
        #[arg(long, conflicts_with = "kinds")]
        nobody: bool,
        /// The language that she was asked in.
        #[arg(long, value_name = "LANG")]
        language: String,
        /// Who was there.
        #[arg(long, value_name = "WORDS")]
        witness: Option<String>,
    },
}

/// Sharing with another space.
#[derive(Debug, Subcommand)]
pub enum ShareCommand {
    /// Show this space's card, for others who share with it. The number goes to standard error: read it to them.
    #[command(after_help = "Example:\n  vigil share card --name 'Shelter' --kind shelter > card")]
    Card {
        /// What the others should call this space.
        #[arg(long, value_name = "WORDS")]
        name: String,
        /// What kind of recipient it is.
        #[arg(long, value_name = "CODE")]
        kind: String,
    },
    /// Take the card of another space in. It serves once the number that they read to you is given.
    #[command(
        after_help = "Examples:\n  vigil share import-card card\n  vigil share import-card card --number '12345 67890 ...'"
    )]
    ImportCard {
        /// The card: the code itself, a file, or - for standard input.
        card: String,
        /// The sixty digits, as the other side reads them.
        #[arg(long, value_name = "DIGITS")]
        number: Option<String>,
    },
    /// List the cards of other spaces.
    Cards,
    /// Share named fields of a person with another space. The answer is the message to carry there.
    #[command(
        after_help = "Examples:\n  vigil share send 3fa2 --to 77ab --purpose referral > message\n  vigil share send 3fa2 --to 77ab --purpose referral --field person.name --field person.phone\n  vigil share send --again 5c0e... > message\n\nWithout --field it is what the purpose usually needs."
    )]
    Send {
        /// The beginning of the id of the person's record.
        #[arg(required_unless_present = "again")]
        person: Option<String>,
        /// The beginning of the id of the recipient's space, as `vigil share cards` shows it.
        #[arg(long, value_name = "SPACE", required_unless_present = "again")]
        to: Option<String>,
        /// What for.
        #[arg(long, value_name = "CODE", required_unless_present = "again")]
        purpose: Option<String>,
        /// A screening of hers that goes along; may be given several times.
        #[arg(long, value_name = "RECORD")]
        screening: Vec<String>,
        /// A field, as kind.field; may be given several times.
        #[arg(long, value_name = "KIND.FIELD")]
        field: Vec<String>,
        /// Give the message of an earlier share once more.
        #[arg(long, value_name = "SHARE", conflicts_with_all = ["person", "to", "purpose", "screening", "field"])]
        again: Option<String>,
    },
    /// Take in what another space shared with this one.
    #[command(after_help = "Example:\n  vigil share accept message")]
    Accept {
        /// The message: the code itself, a file, or - for standard input.
        message: String,
    },
    /// List what was shared, and what must be called back.
    #[command(after_help = "Example:\n  vigil share list --json")]
    List,
    /// Call a share back. The answer is the message to carry to the recipient.
    #[command(after_help = "Example:\n  vigil share recall 5c0e > recall")]
    Recall {
        /// The beginning of the share's id.
        share: String,
    },
    /// Follow a recall, or take in the answer to one's own.
    #[command(
        after_help = "Examples:\n  vigil share accept-recall recall > answer\n  vigil share accept-recall answer"
    )]
    AcceptRecall {
        /// The recall or the answer: the code itself, a file, or - for standard input.
        message: String,
    },
}

/// An allegation.
#[derive(Debug, Args)]
pub struct Allege {
    /// The beginning of the id of the record that it is about.
    pub record: String,
    /// What is said.
    #[arg(required_unless_present = "withdraw")]
    pub words: Option<String>,
    /// Of somebody with a record: the beginning of its id.
    #[arg(long, value_name = "RECORD", conflicts_with = "role")]
    pub person: Option<String>,
    /// Of somebody without one: who, as a code, for example driver.
    #[arg(long, value_name = "CODE")]
    pub role: Option<String>,
    /// What it rests on, as a code, for example seen or told-by-her.
    #[arg(long, value_name = "CODE", required_unless_present = "withdraw")]
    pub basis: Option<String>,
    /// When it is looked at again, as YYYY-MM-DD.
    #[arg(long, value_name = "DAY", required_unless_present = "withdraw")]
    pub review: Option<String>,
    /// Take an allegation back: the beginning of its id.
    #[arg(long, value_name = "EVENT", requires = "reason", conflicts_with_all = ["words", "person", "role", "basis", "review"])]
    pub withdraw: Option<String>,
    /// Why it is taken back, as a code.
    #[arg(long, value_name = "CODE", requires = "withdraw")]
    pub reason: Option<String>,
}
