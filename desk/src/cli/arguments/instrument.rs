//! What can be typed after `vigil instrument`, and how a reader names languages.
//! Parsing promises to touch no file; that an instrument exists is found out later, with an error of its own.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use vigil_screening::Lang;

/// Screening instruments: look, check, translate, sign, score, practise. Only `add` needs a home and a passphrase.
///
/// An INSTRUMENT is the name of one that comes with Vigil (`border_interception`, or `border_interception@1` for a certain
/// version), a file, or - for standard input.
#[derive(Debug, Subcommand)]
pub enum InstrumentCommand {
    /// List the instruments that come with Vigil.
    #[command(after_help = "Examples:\n  vigil instrument list\n  vigil instrument list --json")]
    List(Languages),
    /// Show a whole instrument: where it comes from, its safety page, items, rules and cards.
    #[command(
        after_help = "Examples:\n  vigil instrument show border_interception\n  vigil instrument show ours.json --language ne"
    )]
    Show {
        /// An INSTRUMENT: a shipped id or id@version, a file, or -.
        instrument: String,
        /// The reader's languages.
        #[command(flatten)]
        languages: Languages,
    },
    /// Check a file, and say what a reviewer would say.
    #[command(
        after_help = "Examples:\n  vigil instrument lint ours.json\n  vigil instrument lint ours.json --strict\n\nA file that cannot be used is refused with a code and the place (exit status 2). Advice stops nothing (0); with --strict, advice that concerns the rules of care does (1)."
    )]
    Lint {
        /// An INSTRUMENT: a shipped id or id@version, a file, or -.
        #[arg(value_name = "FILE")]
        instrument: String,
        /// Exit status 1 if there is advice that concerns the rules of care.
        #[arg(long)]
        strict: bool,
    },
    /// Make a publisher's key, with which instruments are signed.
    #[command(
        after_help = "Example:\n  vigil instrument new-key committee.key\n\nThe file is the key itself: whoever has it can sign in your name. Keep it off the network, and a copy in another house. The public half, which is printed, is what others give to `vigil instrument verify --publisher`."
    )]
    NewKey {
        /// The new file. One that exists is never written over.
        file: PathBuf,
    },
    /// Sign an instrument: from then on nobody can change it unseen.
    #[command(
        after_help = "Examples:\n  vigil instrument sign ours.json --key committee.key --name 'District committee'\n  vigil instrument sign ours.json --key committee.key --name 'District committee' --out signed.json\n\nWithout --out the file itself becomes the signed one."
    )]
    Sign {
        /// The instrument's file, or - for standard input; then it is written to standard output.
        file: String,
        /// The publisher's key, as `vigil instrument new-key` wrote it.
        #[arg(long, value_name = "KEY")]
        key: PathBuf,
        /// Who answers for the instrument.
        #[arg(long)]
        name: String,
        /// Write the signed instrument to this file.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Say who signed an instrument, and whether it was changed since.
    #[command(
        after_help = "Examples:\n  vigil instrument verify ours.json\n  vigil instrument verify ours.json --publisher 4a1f...\n\nExit status: 0 signed, and by whom it was expected; 1 not signed, or by somebody else; 2 changed after it was signed."
    )]
    Verify {
        /// An INSTRUMENT: a shipped id or id@version, a file, or -.
        #[arg(value_name = "FILE")]
        instrument: String,
        /// The public key that it should be signed with: 64 hexadecimal digits.
        #[arg(long, value_name = "HEXKEY")]
        publisher: Option<String>,
    },
    /// Add an instrument to this device's home, so that `vigil screen --instrument` asks by it.
    #[command(
        after_help = "Examples:\n  vigil --home ./phone instrument add ours.json --publisher 4a1f...\n  vigil --home ./phone instrument add draft.json --unsigned\n\nA record pins the exact file that it was filled in with; a newer version stands beside the older one and changes nothing of it. Every device that shows such records needs the file."
    )]
    Add {
        /// The instrument's file, or - for standard input.
        #[arg(value_name = "FILE")]
        file: String,
        /// The public key that it must be signed with: 64 hexadecimal digits.
        #[arg(long, value_name = "HEXKEY", required_unless_present = "unsigned", conflicts_with = "unsigned")]
        publisher: Option<String>,
        /// Take a file that nobody signed, or whoever signed it.
        #[arg(long)]
        unsigned: bool,
    },
    /// Make an instrument of an XLSForm spreadsheet (ODK, Kobo, CommCare).
    #[command(
        after_help = "Examples:\n  vigil instrument import form.xlsx --out ours.json\n  vigil instrument import form.xlsx --id village_visit --out ours.json\n  vigil instrument import form.xlsx --json\n\nWhat is not understood is named with its sheet, row and column; nothing is dropped in silence."
    )]
    Import {
        /// The spreadsheet.
        #[arg(value_name = "FILE.xlsx")]
        file: PathBuf,
        /// Name of the instrument; else the form's own.
        #[arg(long)]
        id: Option<String>,
        /// Language of labels without a language, where the form does not say it.
        #[arg(long = "labels-in", value_name = "TAG", value_parser = tag)]
        labels: Option<Lang>,
        /// Write the instrument to this file.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Write an instrument as an XLSForm spreadsheet.
    #[command(after_help = "Example:\n  vigil instrument export border_interception border.xlsx")]
    Export {
        /// An INSTRUMENT: a shipped id or id@version, a file, or -.
        instrument: String,
        /// The spreadsheet to write.
        #[arg(value_name = "FILE.xlsx")]
        file: PathBuf,
    },
    /// Say what an instrument makes of answers, and why.
    #[command(
        after_help = "Examples:\n  vigil instrument score border_interception answers.json\n  vigil instrument score ours.json - --json < many.jsonl\n\nAnswers are {\"profile\":{\"age\":17},\"answers\":{\"threats\":true,\"job_confirmed\":\"yes:employer_called_back\"}}. An item that is absent, null or \"not_asked\" was not asked; \"unknown\" was asked and is not known; neither is ever a no. From - one such object a line is read, of at most 1 MiB, and each line gets its answer at once. A line that cannot be read gets {\"error\":{\"code\",\"place\",\"message\"}}, the next one goes on, and the exit status in the end is 2."
    )]
    Score {
        /// An INSTRUMENT: a shipped id or id@version, a file, or -.
        instrument: String,
        /// A file with answers in JSON, or - for one JSON object a line on standard input.
        answers: String,
        /// The reader's languages.
        #[command(flatten)]
        languages: Languages,
    },
    /// Practise on a worked case. Nothing is recorded.
    #[command(
        after_help = "Examples:\n  vigil instrument practice\n  vigil instrument practice --list\n  vigil instrument practice home_safety --case ten_points_adult\n  vigil instrument practice --case nine_points --answers mine.json --json"
    )]
    Practice(Practice),
    /// Show how much of an instrument is translated and reviewed, language by language.
    #[command(after_help = "Examples:\n  vigil instrument coverage\n  vigil instrument coverage ours.json --json")]
    Coverage {
        /// An INSTRUMENT: a shipped id or id@version, a file, or -. Else all that come with Vigil.
        instrument: Option<String>,
    },
    /// Print the JSON Schema of the instrument file.
    #[command(after_help = "Example:\n  vigil instrument schema > instrument.schema.json")]
    Schema,
}

/// How to practise.
#[derive(Debug, Args)]
pub struct Practice {
    /// An INSTRUMENT: a shipped id or id@version, a file, or -. Else the practice set that comes with Vigil.
    pub instrument: Option<String>,
    /// The case; else you choose.
    #[arg(long, value_name = "ID")]
    pub case: Option<String>,
    /// List the cases.
    #[arg(long, conflicts_with_all = ["case", "answers"])]
    pub list: bool,
    /// Take the learner's answers from a file like that of `score`, instead of asking.
    #[arg(long, value_name = "FILE", requires = "case")]
    pub answers: Option<String>,
    /// The reader's languages.
    #[command(flatten)]
    pub languages: Languages,
}

/// The languages of whoever reads.
#[derive(Debug, Clone, Default, Args)]
pub struct Languages {
    /// Languages to show texts in, the preferred one first. What nobody has reviewed stands with the original behind it.
    #[arg(long = "language", value_name = "TAG,..", env = "VIGIL_LANGUAGE", value_parser = tags)]
    tags: Option<Tags>,
}

#[derive(Debug, Clone)]
struct Tags(Vec<Lang>);

impl Languages {
    /// The tags, the preferred one first.
    #[must_use]
    pub fn tags(&self) -> Vec<&str> {
        self.tags.iter().flat_map(|tags| &tags.0).map(Lang::as_str).collect()
    }
}

fn tags(words: &str) -> Result<Tags, vigil_screening::BadLang> {
    let tags = words.split(',').map(str::trim).filter(|word| !word.is_empty());
    tags.map(Lang::new).collect::<Result<_, _>>().map(Tags)
}

fn tag(word: &str) -> Result<Lang, vigil_screening::BadLang> {
    Lang::new(word.trim())
}
