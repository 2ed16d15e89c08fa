//! The command line: from arguments to the facade, and from its answers to words or JSON.
//! It promises a documented exit status for every outcome, and nothing on standard output but the answer.

pub mod arguments;
mod asking;
mod audit;
mod consent;
mod erasing;
mod evidence;
mod instrument;
mod interview;
mod items;
mod motions;
mod opinions;
mod output;
mod progress;
mod questions;
mod reader;
mod reading;
mod records;
mod recovery;
mod serve;
pub mod session;
mod sharing;
mod space;
pub(crate) mod unlock;

use std::process::ExitCode;

use clap::Parser;

use crate::error::DeskError;
use crate::{agent, demo};
use arguments::{Arguments, Command, Space};
pub use instrument::InstrumentProblem;
pub use output::Output;
pub(crate) use reading::value_words;
pub(crate) use records::recorded_json;

/// The whole program: parses, runs, and gives the exit status.
#[must_use]
pub fn main() -> ExitCode {
    // Where the system does not know how, the program works all the same.
    let _ = vigil_core::keep_memory_private();
    let arguments = Arguments::parse();
    let output = Output::new(arguments.json);
    match run(&arguments, &output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output.error(&error);
            ExitCode::from(error.exit_status())
        }
    }
}

/// The agent alone: what the positive control's program is.
#[must_use]
pub fn agent_main() -> ExitCode {
    let _ = vigil_core::keep_memory_private();
    let arguments = Arguments::parse();
    let output = Output::new(arguments.json);
    let result = match &arguments.command {
        Command::Agent { .. } => run(&arguments, &output),
        _ => Err(DeskError::Usage("this build has no encryption and knows only `agent`".to_owned())),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output.error(&error);
            ExitCode::from(error.exit_status())
        }
    }
}

fn run(arguments: &Arguments, output: &Output) -> Result<(), DeskError> {
    match &arguments.command {
        Command::Init { name, stretching } => space::init(arguments, output, name, stretching.stretching()),
        Command::Passphrase(command) => unlock::passphrase(arguments, output, command),
        Command::Duress(command) => unlock::duress(arguments, output, command),
        Command::Panic { yes } => unlock::panic(arguments, output, *yes),
        Command::WipeAfter { limit } => unlock::wipe_after(arguments, output, *limit),
        Command::Space(Space::Create { server_card }) => space::create(arguments, output, server_card.as_deref()),
        Command::Space(Space::Server { card }) => space::server(arguments, output, card),
        Command::Space(Space::Log { log }) => space::log(arguments, output, log.as_deref()),
        Command::JoinRequest => space::join_request(arguments, output),
        Command::Add { request, signed: true, .. } => space::add_signed(arguments, output, request),
        Command::Add { request, role, name, certified, .. } => {
            space::add(arguments, output, request, (*role, name, certified))
        }
        Command::Join { welcome, face_to_face, number } => {
            space::join(arguments, output, welcome, (*face_to_face, number.as_deref()))
        }
        Command::Members => space::members(arguments, output),
        Command::Assign { record, devices, .. } => space::assign(arguments, output, record, devices),
        Command::Intake { devices } => space::intake(arguments, output, devices),
        Command::RemoveMember { device } => motions::remove(arguments, output, device),
        Command::Membership(command) => motions::run(arguments, output, command),
        Command::Screen { file: Some(file), .. } => records::screen(arguments, output, file),
        Command::Screen { file: None, instrument, languages } => {
            interview::run(arguments, output, instrument.as_deref(), languages)
        }
        Command::Instrument(command) => instrument::run(arguments, output, command),
        Command::Sighting { place, description, people } => {
            records::sighting(arguments, output, place, description.as_deref(), *people)
        }
        Command::Edit { record, fields, unset } => records::edit(arguments, output, record, fields, unset),
        Command::Decide { record, decision } => records::decide(arguments, output, record, decision),
        Command::Note { record, text, opinion } => records::note(arguments, output, record, text, *opinion),
        Command::Judge { record, view, reasons } => {
            opinions::judge(arguments, output, record, view.as_deref().zip(reasons.as_deref()))
        }
        Command::Consent(command) => consent::consents(arguments, output, command),
        Command::Basis(command) => consent::bases(arguments, output, command),
        Command::Authority(command) => consent::authority(arguments, output, command),
        Command::Share(command) => sharing::share(arguments, output, command),
        Command::Allege(allegation) => sharing::allege(arguments, output, allegation),
        Command::Allegations { due } => sharing::allegations(arguments, output, *due),
        Command::HandOver { record, to, to_other } => {
            records::hand_over(arguments, output, record, to.as_deref(), to_other.as_deref())
        }
        Command::Settle { record, field, choose, decision } => {
            records::settle(arguments, output, record, field.as_deref(), *choose, decision.as_deref())
        }
        Command::Evidence(command) => evidence::run(arguments, output, command),
        Command::Recovery(command) => recovery::run(arguments, output, command),
        Command::Archive(command) => recovery::archive(arguments, output, command),
        Command::Audit { command } => audit::run(arguments, output, command.as_ref()),
        Command::Complain { text, what_is_kept } => audit::complain(arguments, output, text, *what_is_kept),
        Command::Erase { record, reason } => erasing::erase(arguments, output, record, reason),
        Command::Hide { record } => erasing::hide(arguments, output, record, true),
        Command::Unhide { record } => erasing::hide(arguments, output, record, false),
        Command::EraseField { record, field } => erasing::erase_field(arguments, output, record, field),
        Command::Erasures => erasing::erasures(arguments, output),
        Command::List(list) => reading::list(arguments, output, list),
        Command::Show { record, purpose } => reading::show(arguments, output, record, purpose.as_deref()),
        Command::Search { text, limit } => reading::search(arguments, output, text, *limit),
        Command::Conflicts => reading::conflicts(arguments, output),
        Command::Status => reading::status(arguments, output),
        Command::Sync { attempts } => serve::sync(arguments, output, *attempts),
        Command::Serve(serve) => serve::serve(output, serve),
        Command::Demo(demo) => demo::run(output, demo),
        Command::AgentServer { data } => agent::serve(output, data),
        Command::Agent { record_bodies } => agent::run(arguments, record_bodies.as_deref()),
    }
}
