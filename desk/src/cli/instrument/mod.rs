//! `vigil instrument`: instruments as files that a programme reads, checks, translates, signs and practises with.
//! It promises to record nothing, and to need no home and no passphrase but where one is added to a home.

mod add;
mod compare;
mod forms;
mod keys;
mod lines;
mod lint;
mod list;
mod practice;
mod problem;
mod rules;
mod score;
mod show;
mod source;

use super::arguments::{Arguments, InstrumentCommand};
use super::output::Output;
use crate::error::DeskError;
pub use problem::InstrumentProblem;
pub(super) use source::{PRACTICE, shipped_named};

pub(super) fn run(arguments: &Arguments, output: &Output, command: &InstrumentCommand) -> Result<(), DeskError> {
    match command {
        InstrumentCommand::Add { file, publisher, unsigned } => {
            add::add(arguments, output, file, publisher.as_deref(), *unsigned)
        }
        InstrumentCommand::List(languages) => list::list(output, languages),
        InstrumentCommand::Show { instrument, languages } => show::show(output, instrument, languages),
        InstrumentCommand::Lint { instrument, strict } => lint::lint(output, instrument, *strict),
        InstrumentCommand::NewKey { file } => keys::new_key(output, file),
        InstrumentCommand::Sign { file, key, name, out } => keys::sign(output, file, key, name, out.as_deref()),
        InstrumentCommand::Verify { instrument, publisher } => keys::verify(output, instrument, publisher.as_deref()),
        InstrumentCommand::Import { file, id, labels, out } => {
            forms::import(output, file, id.as_deref(), labels.as_ref(), out.as_deref())
        }
        InstrumentCommand::Export { instrument, file } => forms::export(output, instrument, file),
        InstrumentCommand::Score { instrument, answers, languages } => {
            score::score(output, instrument, answers, languages)
        }
        InstrumentCommand::Practice(practice) => practice::practice(output, practice),
        InstrumentCommand::Coverage { instrument } => list::coverage(output, instrument.as_deref()),
        InstrumentCommand::Schema => schema(output),
    }
}

fn schema(output: &Output) -> Result<(), DeskError> {
    let schema = vigil_screening::schema();
    let pretty = serde_json::to_string_pretty(&schema)
        .map_err(|error| DeskError::DoesNotHold(format!("the schema cannot be written: {error}")))?;
    output.answer(&schema, [pretty])
}
