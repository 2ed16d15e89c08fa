//! What can be typed: commands, options, and help with examples.
//! Parsing promises to touch no file and to open no home.

mod evidence;
mod instrument;
mod membership;
mod recovery;
mod sharing;
mod unlock;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use vigil_core::Role;

use crate::error::EXIT_STATUSES;
pub use evidence::{AuditCommand, EvidenceCommand};
pub use instrument::{InstrumentCommand, Languages, Practice};
pub use membership::{Certified, Membership, Motion};
pub use recovery::{ArchiveCommand, RecoveryCommand};
pub use sharing::{Allege, AuthorityCommand, BasisCommand, ConsentCommand, ConsentTo, ShareCommand, YesOrNo};
pub use unlock::{Duress, PassphraseCommand, StretchingName, WipeAfter};

const EXAMPLES: &str = "\
Examples:
  vigil serve --data ./server                     a server on this machine, for trying things out
  vigil --home ./desk init --name 'Front desk'    a home for this device
  vigil --home ./desk space create --server-card ./server/server-card
  vigil --home ./phone init --name 'Monitor'
  vigil --home ./phone join-request > request
  vigil --home ./desk add request --role monitor --name 'Monitor' > welcome
  vigil --home ./phone join welcome --face-to-face
  vigil --home ./phone screen                     asks question by question
  vigil --home ./phone screen screenings.json     from a file; - for standard input
  vigil --home ./phone sync
  vigil --home ./desk list
  vigil instrument practice                       a worked case for practice, without a home
  vigil demo                                      the whole way, in one command";

/// Vigil, the committee's program: records that work without network and that only the committee can read.
#[derive(Debug, Parser)]
#[command(name = "vigil", version, after_help = format!("{EXAMPLES}\n\n{EXIT_STATUSES}"))]
pub struct Arguments {
    /// The folder of this device's home.
    #[arg(long, global = true, value_name = "DIR", env = "VIGIL_HOME")]
    pub home: Option<PathBuf>,
    /// Read the passphrase from the first line of this file, instead of VIGIL_PASSPHRASE or a prompt.
    #[arg(long, global = true, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
    /// The folder that stands in for this device's hardware key store; without it, HOME.hardware.
    #[arg(long, global = true, value_name = "DIR", env = "VIGIL_HARDWARE")]
    pub hardware: Option<PathBuf>,
    /// Answer in JSON, one value on standard output (`screen`: one a save); errors too, on standard error.
    #[arg(long, global = true)]
    pub json: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a home for this device, with new keys.
    #[command(after_help = "Example:\n  vigil --home ~/vigil init --name 'Maya, east gate'")]
    Init {
        /// Your name for the committee. It is never sent in the clear.
        #[arg(long, default_value = "")]
        name: String,
        /// How the cost of trying a passphrase is chosen. Only `calibrated` protects anybody.
        #[arg(long, value_enum, default_value = "calibrated", env = "VIGIL_STRETCHING", hide = true)]
        stretching: StretchingName,
    },
    /// Change what opens this home.
    #[command(subcommand)]
    Passphrase(PassphraseCommand),
    /// A second PIN that opens a small profile without records, for when somebody is made to open.
    #[command(subcommand)]
    Duress(Duress),
    /// Destroy this home at once: keys first. Needs no passphrase. Sealed copies of what was not sent stay.
    #[command(after_help = "Example:\n  vigil --home ~/vigil panic --yes")]
    Panic {
        /// Without this, nothing is done.
        #[arg(long)]
        yes: bool,
    },
    /// Wipe this home after so many wrong passphrases in a row, or never. The district decides.
    #[command(after_help = "Examples:\n  vigil wipe-after 10\n  vigil wipe-after never")]
    WipeAfter {
        /// From 5 to 100, or never.
        limit: WipeAfter,
    },
    /// Create the committee's space, or name its server.
    #[command(subcommand)]
    Space(Space),
    /// Show the first code, with which this device asks to be admitted. It is good once, for ten minutes.
    #[command(after_help = "Example:\n  vigil --home ./phone join-request > request")]
    JoinRequest,
    /// Admit a device that shows its first code, and show the second one for it. Works without network.
    #[command(
        visible_alias = "invite",
        after_help = "Examples:\n  vigil add request --role monitor --name 'Birendra'\n  vigil add - --role volunteer < request\n  vigil add welcome            append what an officer showed whose phone was lost before it synced\n\nThe sixty digits are shown beside the code: the new device has to show the same."
    )]
    Add {
        /// The device's first code, or another officer's second code: the code itself, a file, or - for standard input.
        request: String,
        /// What the device is for.
        #[arg(long, value_enum)]
        role: Option<RoleName>,
        /// The person's name for the committee.
        #[arg(long, default_value = "")]
        name: String,
        /// What else the certificate says.
        #[command(flatten)]
        certified: Certified,
        /// Instead of a request, a certificate that a second person has signed.
        #[arg(long)]
        signed: bool,
    },
    /// Join by the second code, which an officer shows. Works without network.
    #[command(
        after_help = "Examples:\n  vigil join welcome --face-to-face\n  vigil join welcome                       shows sixty digits, and does not join yet\n  vigil join welcome --number '12345 ...'  with the digits that the officer reads aloud"
    )]
    Join {
        /// The second code: the code itself, a file, or - for standard input.
        welcome: String,
        /// The code came straight from the officer's screen, face to face: nobody could have changed it.
        #[arg(long, conflicts_with = "number")]
        face_to_face: bool,
        /// The sixty digits that the officer's device shows, where the code came by any other way.
        #[arg(long, value_name = "DIGITS")]
        number: Option<String>,
    },
    /// Record a screening: from a file, or question by question.
    #[command(
        after_help = "Examples:\n  vigil screen\n  vigil screen --instrument border_interception_long --language ne\n  vigil screen one.json\n  vigil screen - < many.jsonl\n\nA file holds one or several values like\n  {\"screening\":{\"station\":\"East gate\",\"started_at\":1793583600000,\"age_band\":\"adult\",\n    \"instrument\":\"border_interception@1\",\"answers\":{\"job_confirmed\":\"yes:employer_called_back\"}},\n   \"persons\":[],\"decision\":{\"outcome\":\"let_go\"}}\nstarted_at counts milliseconds since 1970. Each is recorded on its own, and its id is printed at once, with --json as one value a line; a broken one stops there, and what came before it is saved."
    )]
    Screen {
        /// A file with screenings in JSON, or - for standard input. Without it, questions are asked.
        file: Option<String>,
        /// The instrument to ask by: one that comes with Vigil, in its newest version or in this one.
        #[arg(long, value_name = "ID[@VERSION]", conflicts_with = "file")]
        instrument: Option<String>,
        /// The reader's languages.
        #[command(flatten)]
        languages: Languages,
    },
    /// Screening instruments: look, check, translate, sign, score, practise.
    #[command(
        subcommand,
        after_help = "An INSTRUMENT is the name of one that comes with Vigil (border_interception, or border_interception@1 for a certain version), a file, or - for standard input. None of these commands needs a home or a passphrase."
    )]
    Instrument(InstrumentCommand),
    /// Record a sighting.
    #[command(
        after_help = "Example:   vigil sighting 'Rice mill guest house' --description 'Six tickets, one payer' --people 2"
    )]
    Sighting {
        /// Where.
        place: String,
        /// What was seen.
        #[arg(long)]
        description: Option<String>,
        /// How many people.
        #[arg(long)]
        people: Option<u32>,
    },
    /// List records, newest first. Lists name nobody.
    #[command(
        after_help = "Examples:   vigil list   vigil list --conflicts   vigil list --kind person --limit 200 --json"
    )]
    List(List),
    /// Show one record with its fields, decisions, open questions and reasons.
    #[command(after_help = "Examples:   vigil show 3fa2   vigil show 3fa2 --json")]
    Show {
        /// The beginning of the record's id.
        record: String,
        /// What for, as a code: it stands beside the read that the auditor sees.
        #[arg(long, value_name = "CODE")]
        purpose: Option<String>,
    },
    /// Find records by words, in any script.
    #[command(after_help = "Examples:\n  vigil search kopila\n  vigil search 'सुन्तली'")]
    Search {
        /// The words.
        text: String,
        /// At most so many.
        #[arg(long, default_value_t = 20)]
        limit: u32,
    },
    /// Change fields of a record.
    #[command(
        after_help = "Examples:\n  vigil edit 3fa2 station='East gate'\n  vigil edit 3fa2 minutes:=12 --unset note\n\nname=words writes words; name:=12 or name:=true writes a number, true or false."
    )]
    Edit {
        /// The beginning of the record's id.
        record: String,
        /// Fields to write.
        fields: Vec<String>,
        /// A field to remove; may be given several times.
        #[arg(long, value_name = "FIELD")]
        unset: Vec<String>,
    },
    /// Decide what comes of a record. All outcomes are of equal rank.
    #[command(
        after_help = "Examples:\n  vigil decide 3fa2 let-go\n  vigil decide 3fa2 intercepted --ground agreed\n  vigil decide 3fa2 referred --to 'Safe migration centre'\n\nAfter let-go and declined, names, phones and the story are erased here, and on other devices when they sync, unless the person wants a follow-up."
    )]
    Decide {
        /// The beginning of the record's id.
        record: String,
        /// The decision.
        #[command(flatten)]
        decision: Decision,
    },
    /// Add what came to mind later, or an opinion. Nothing that stands is changed. What came to mind can also be added to a
    /// record that was handed over.
    #[command(
        after_help = "Examples:\n  vigil note 3fa2 'The plate ended in 4409'\n  vigil note 3fa2 --opinion 'The paper will not stand in court'"
    )]
    Note {
        /// The beginning of the record's id.
        record: String,
        /// The words.
        text: String,
        /// As an opinion.
        #[arg(long)]
        opinion: bool,
    },
    /// Judge a record, blind: nobody reads what you think before somebody else has judged it, too. Without --view it shows
    /// how the second opinion stands.
    #[command(
        after_help = "Examples:\n  vigil judge 3fa2 --view signs-of-trafficking --reasons 'Debt, and nobody knew the employer'\n  vigil judge 3fa2\n  vigil judge 3fa2 --json\n\nViews: signs-of-trafficking, high-risk, does-not-count, or one of your programme's own, which has its prefix and a dot.\nAn opinion is given once. Two equal views settle it; different ones call a third."
    )]
    Judge {
        /// The beginning of the record's id.
        record: String,
        /// What you think.
        #[arg(long, requires = "reasons")]
        view: Option<String>,
        /// Why.
        #[arg(long, value_name = "WORDS", requires = "view")]
        reasons: Option<String>,
    },
    /// Consent: to which purpose, and to which kind of recipient.
    #[command(subcommand)]
    Consent(ConsentCommand),
    /// A basis beside consent: a child in danger, a life at risk, a court order. Two officers sign it.
    #[command(subcommand)]
    Basis(BasisCommand),
    /// The person's own choice of authorities.
    #[command(subcommand)]
    Authority(AuthorityCommand),
    /// Share named fields with another space, call back, take in.
    #[command(subcommand)]
    Share(ShareCommand),
    /// Record what is said of somebody, with what it rests on and a day of review; or take it back.
    #[command(
        after_help = "Examples:\n  vigil allege 3fa2 'He held their tickets' --role driver --basis seen --review 2027-02-01\n  vigil allege 3fa2 --withdraw 91ab --reason mistaken"
    )]
    Allege(Allege),
    /// List allegations; with --due those whose day of review has come.
    #[command(after_help = "Example:\n  vigil allegations --due")]
    Allegations {
        /// Only those whose day of review has come.
        #[arg(long)]
        due: bool,
    },
    /// List what people differ on, with all values, who wrote them and when.
    #[command(
        after_help = "Examples:\n  vigil conflicts\n  vigil conflicts --json\n\n`vigil settle` settles one of them."
    )]
    Conflicts,
    /// Settle what people differ on. Without --choose it shows the values.
    #[command(
        after_help = "Examples:\n  vigil settle 3fa2 station\n  vigil settle 3fa2 station --choose 2\n  vigil settle 3fa2 --decision 91ab"
    )]
    Settle {
        /// The beginning of the record's id.
        record: String,
        /// The field.
        field: Option<String>,
        /// The number of the value that holds, as shown.
        #[arg(long, value_name = "NUMBER")]
        choose: Option<usize>,
        /// For contradictory decisions: the beginning of the id of the one that holds.
        #[arg(long, value_name = "EVENT", conflicts_with_all = ["field", "choose"])]
        decision: Option<String>,
    },
    /// Hand a record over to a device of the space, or to somebody without one.
    #[command(
        after_help = "Examples:\n  vigil hand-over 3fa2 --to 91c0\n  vigil hand-over 3fa2 --to-other 'Child protection officer'"
    )]
    HandOver {
        /// The beginning of the record's id.
        record: String,
        /// The device that takes over: the beginning of its id, as `vigil members` shows it.
        #[arg(long, value_name = "DEVICE", required_unless_present = "to_other", conflicts_with = "to_other")]
        to: Option<String>,
        /// Somebody without a device.
        #[arg(long, value_name = "WORDS")]
        to_other: Option<String>,
    },
    /// Evidence of a record: a file that a stranger can check.
    #[command(subcommand)]
    Evidence(EvidenceCommand),
    /// Restore a committee's access when every desk is lost: officers do it together.
    #[command(subcommand)]
    Recovery(RecoveryCommand),
    /// The whole committee's data in one file, for the day the project ends: two persons decide it.
    #[command(subcommand)]
    Archive(ArchiveCommand),
    /// For auditors: who read what, with gaps and silence, and how many complaints there are.
    #[command(
        after_help = "Examples:\n  vigil audit\n  vigil audit --json\n  vigil audit answer 3fa2 'We spoke to the officer'"
    )]
    Audit {
        /// What else to do.
        #[command(subcommand)]
        command: Option<AuditCommand>,
    },
    /// Record a complaint, or the question what is kept about somebody. It goes to the auditor and to nobody else.
    #[command(
        after_help = "Examples:\n  vigil complain 'They kept my phone for two hours'\n  vigil complain --what-is-kept 'I was stopped here in May'\n\nAny role may, without network. Once it is sent, this device lists it and shows no text."
    )]
    Complain {
        /// In the person's own words.
        text: String,
        /// She asks what is kept about her.
        #[arg(long)]
        what_is_kept: bool,
    },
    /// Erase a record for good: every key and every copy, here at once and on other devices when they sync.
    #[command(
        after_help = "Examples:\n  vigil erase 3fa2 --reason asked-by-person\n  vigil erasures\n\nThe reason is a code of your programme's; what is erased is not told again. Of a person's record the screening stays,\nwithout its link to her. Two persons erase a case: then it is hidden and proposed, and nothing is destroyed yet."
    )]
    Erase {
        /// The beginning of the record's id.
        record: String,
        /// Why, as a code.
        #[arg(long, value_name = "CODE")]
        reason: String,
    },
    /// Take a record out of the lists of all devices, without destroying anything. `vigil list --hidden` shows it.
    #[command(after_help = "Examples:\n  vigil hide 3fa2\n  vigil unhide 3fa2")]
    Hide {
        /// The beginning of the record's id.
        record: String,
    },
    /// Put a hidden record back into the lists.
    #[command(after_help = "Example:\n  vigil unhide 3fa2")]
    Unhide {
        /// The beginning of the record's id.
        record: String,
    },
    /// Erase one field of a record for good. What else stands in it stands in a new record, without history.
    #[command(after_help = "Example:\n  vigil erase-field 3fa2 phone")]
    EraseField {
        /// The beginning of the record's id.
        record: String,
        /// The field.
        field: String,
    },
    /// What was erased here, and which devices have confirmed it.
    #[command(after_help = "Examples:\n  vigil erasures\n  vigil erasures --json")]
    Erasures,
    /// Send what waits and take in what is new.
    #[command(after_help = "Examples:\n  vigil sync\n  vigil sync --attempts 1 --json")]
    Sync {
        /// How often a broken link is tried.
        #[arg(long, default_value_t = 5)]
        attempts: u32,
    },
    /// How this device stands.
    #[command(after_help = "Examples:\n  vigil status\n  vigil status --json")]
    Status,
    /// The members of the space.
    #[command(after_help = "Examples:\n  vigil members\n  vigil members --json")]
    Members,
    /// Name all devices that may read a record besides the desks. Who was named before and is not now reads no more of it.
    #[command(after_help = "Examples:\n  vigil assign 3fa2 91c0 77ab\n  vigil assign 3fa2 --nobody")]
    Assign {
        /// The beginning of the record's id.
        record: String,
        /// The beginnings of the devices' ids.
        #[arg(required_unless_present = "nobody")]
        devices: Vec<String>,
        /// Nobody besides the desks.
        #[arg(long, conflicts_with = "devices")]
        nobody: bool,
    },
    /// Name the devices on duty: identities of newly recorded people are sealed to them.
    #[command(after_help = "Example:\n  vigil intake 91c0")]
    Intake {
        /// The beginnings of the devices' ids.
        #[arg(required = true)]
        devices: Vec<String>,
    },
    /// Suspend a device at once, and move that it is removed. Sync first: what that device saved and this desk does not hold
    /// yet will wait for an officer.
    #[command(
        after_help = "Example:\n  vigil sync && vigil remove-member 91c0\n\nIf the device is at hand, let it sync before. Its saves that this desk does not hold when it is removed are not taken in by themselves: they wait for an officer."
    )]
    RemoveMember {
        /// The beginning of the device's id.
        device: String,
    },
    /// Certificates, suspension, motions, and a caseload that changes hands.
    #[command(flatten)]
    Membership(Membership),
    /// Run the sync server.
    #[command(
        after_help = "Examples:\n  vigil serve --data ./server\n  vigil serve --data /var/lib/vigil --listen 0.0.0.0:8443 --public-url https://sync.example.org:8443\n\nThe file `server-card` in the data folder is what `vigil space create --server-card` takes."
    )]
    Serve(Serve),
    /// The whole way in one command: the real server and three devices work through a written week.
    #[command(
        after_help = "Examples:\n  vigil demo\n  vigil demo --records 10000 --json\n  vigil demo --keep ./kept\n\nWith --json the last line is one JSON object. With --keep, everything stays for counting again: server/, devices/NAME/\n(they open with the passphrase `demo passphrase of NAME`), wire/, seeded.txt, NAME.list.json."
    )]
    Demo(Demo),
    /// Serve devices of tests, under a clock that standard input sets.
    #[command(hide = true)]
    AgentServer {
        /// Folder with all the server's files.
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
    },
    /// Answer JSON commands line by line on standard input and output. For the demo and for tests.
    #[command(hide = true)]
    Agent {
        /// Keep every request and response body in this folder.
        #[arg(long, value_name = "DIR")]
        record_bodies: Option<PathBuf>,
    },
}

/// What to do with the space.
#[derive(Debug, Subcommand)]
pub enum Space {
    /// Create the committee's space. The recovery key is shown once: write it on paper.
    #[command(after_help = "Examples:\n  vigil space create\n  vigil space create --server-card ./server/server-card")]
    Create {
        /// The server's card: the text itself, a file, or - for standard input.
        #[arg(long, value_name = "CARD")]
        server_card: Option<String>,
    },
    /// Name the server of the space, or another one.
    Server {
        /// The server's card: the text itself, a file, or - for standard input.
        card: String,
    },
    /// Show the log, for a new device that reaches no server; or take it in there.
    #[command(after_help = "Examples:\n  vigil --home ./desk space log > log\n  vigil --home ./phone space log log")]
    Log {
        /// The log that another device showed: the text itself, a file, or - for standard input.
        log: Option<String>,
    },
}

/// Which records to list.
#[derive(Debug, Args)]
pub struct List {
    /// Only this kind: screening, person, sighting.
    #[arg(long)]
    pub kind: Option<String>,
    /// Only records on which people differ.
    #[arg(long)]
    pub conflicts: bool,
    /// Also records that somebody hid until two persons have decided whether they are erased.
    #[arg(long)]
    pub hidden: bool,
    /// At most so many.
    #[arg(long, default_value_t = 50)]
    pub limit: u32,
    /// Skip so many, newest first.
    #[arg(long, default_value_t = 0)]
    pub offset: u32,
}

/// A decision as typed.
#[derive(Debug, Args)]
pub struct Decision {
    /// The outcome.
    #[arg(value_enum)]
    pub outcome: OutcomeName,
    /// For intercepted: on what ground.
    #[arg(long, value_enum)]
    pub ground: Option<Ground>,
    /// For referred: where to.
    #[arg(long, value_name = "WORDS")]
    pub to: Option<String>,
    /// For closed: why, in a few words.
    #[arg(long, value_name = "WORDS")]
    pub reason: Option<String>,
}

/// The outcomes that `decide` takes; `hand-over` is a command of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OutcomeName {
    /// No concern, or one that was cleared: the person travelled on.
    LetGo,
    /// Told of the concern and of help, and chose to travel on.
    Declined,
    /// The person did not travel on.
    Intercepted,
    /// Help was found elsewhere.
    Referred,
    /// Nothing more will be done.
    Closed,
}

/// On what ground somebody did not travel on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Ground {
    /// An adult agreed.
    Agreed,
    /// A child assented, and a guardian who is neither suspected nor travelling along consented.
    ChildWithGuardian,
    /// A child assented, and child protection consented.
    ChildWithProtection,
    /// Without agreement: a child in danger.
    ChildInDanger,
    /// Without agreement: a life at risk.
    LifeAtRisk,
    /// Without agreement: a court ordered it.
    CourtOrder,
}

impl Ground {
    /// The agreement in a record.
    #[must_use]
    pub fn agreement(self) -> vigil_core::records::Agreement {
        use vigil_core::records::Agreement;
        match self {
            Self::Agreed => Agreement::Agreed,
            Self::ChildWithGuardian => Agreement::ChildWithGuardian,
            Self::ChildWithProtection => Agreement::ChildWithProtection,
            Self::ChildInDanger => Agreement::ChildInDanger,
            Self::LifeAtRisk => Agreement::LifeAtRisk,
            Self::CourtOrder => Agreement::CourtOrder,
        }
    }
}

/// What a device is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RoleName {
    /// Screens at a checkpoint; opens nothing of others.
    Volunteer,
    /// Records in a village; reads own and assigned records.
    Monitor,
    /// Takes over, refers and follows cases; reads assigned records.
    Officer,
    /// The committee's laptop; reads the space's screenings.
    Desk,
    /// Another body; reads audit events, no cases.
    Auditor,
}

impl RoleName {
    /// The role in the log.
    #[must_use]
    pub fn role(self) -> Role {
        match self {
            Self::Volunteer => Role::Volunteer,
            Self::Monitor => Role::Monitor,
            Self::Officer => Role::Officer,
            Self::Desk => Role::Desk,
            Self::Auditor => Role::Auditor,
        }
    }
}

/// How to run the server.
#[derive(Debug, Args)]
pub struct Serve {
    /// Folder with all the server's files; made at the first start.
    #[arg(long, value_name = "DIR", default_value = "vigil-server")]
    pub data: PathBuf,
    /// Address and port to listen on; port 0 takes a free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8443")]
    pub listen: SocketAddr,
    /// Address that devices use, if it is another than the one it listens on.
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,
    /// How much to log on standard error, as JSON lines: off, error, warn or info.
    #[arg(long, value_name = "LEVEL", default_value = "warn")]
    pub log: String,
}

/// How to run the demo.
#[derive(Debug, Args)]
pub struct Demo {
    /// How many records there shall be in the end. The written week alone has about two hundred.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub records: u64,
    /// Leave everything in this folder, which must be empty or missing.
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
    /// Another scenario than the first week.
    #[arg(long, value_name = "FILE")]
    pub scenario: Option<PathBuf>,
    /// The test-only build to compare with, instead of building it.
    #[arg(long, value_name = "FILE", hide = true)]
    pub positive_control: Option<PathBuf>,
}
