//! The agent: one device as a process of its own, told what to do line by line. The demo and the tests drive it.
//! It promises to answer every line with exactly one line, and to answer a save only after it is durable.

mod command;
mod recording;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, BufRead, Read, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use vigil_core::records::{EventBody, LongText};
use vigil_core::sync::{Cancel, HttpTransport, SyncOptions};
use vigil_core::{Choice, HomeOptions, ListQuery, RecordId, RecordView, Role, Stretching, Vault, VigilError};

use crate::cli::arguments::Arguments;
use crate::cli::{session, unlock};
use crate::error::DeskError;
pub use command::{AgentCommand, RecordState};
use recording::Recording;

/// Longest line that is taken; a screening with all its people is far below.
const MAX_LINE_BYTES: u64 = 4 * 1024 * 1024;

/// Answers commands until standard input ends.
///
/// # Errors
/// If standard input or output fails, or no home or passphrase is given. What a command fails with is its answer.
pub fn run(arguments: &Arguments, record_bodies: Option<&Path>) -> Result<(), DeskError> {
    let home = session::home(arguments)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| DeskError::file("the network", error))?;
    let mut agent =
        Agent { arguments, home, vault: None, transport: None, runtime, bodies: record_bodies.map(Path::to_owned) };
    let mut input = io::stdin().lock();
    let mut output = io::stdout().lock();
    let mut line = String::new();
    loop {
        line.clear();
        let read = (&mut input).take(MAX_LINE_BYTES).read_line(&mut line);
        let read = read.map_err(|error| DeskError::file("standard input", error))?;
        if read == 0 {
            return Ok(());
        }
        if !line.ends_with('\n') {
            return Err(DeskError::Usage("a line is too long, or was cut off".to_owned()));
        }
        let answer = match agent.answer(&line) {
            Ok(value) => json!({"ok": value}),
            Err(error) => json!({"error": {"code": error.code(), "message": error.to_string()}}),
        };
        writeln!(output, "{answer}")
            .and_then(|()| output.flush())
            .map_err(|error| DeskError::file("standard output", error))?;
    }
}

struct Agent<'a> {
    arguments: &'a Arguments,
    home: PathBuf,
    vault: Option<Vault>,
    transport: Option<Recording<HttpTransport>>,
    runtime: tokio::runtime::Runtime,
    bodies: Option<PathBuf>,
}

fn ids(records: &[RecordId]) -> Vec<String> {
    records.iter().map(RecordId::to_string).collect()
}

fn record(hexadecimal: &str) -> Result<RecordId, VigilError> {
    RecordId::from_hex(hexadecimal).ok_or(VigilError::NotFound { what: "record" })
}

impl Agent<'_> {
    fn answer(&mut self, line: &str) -> Result<Value, DeskError> {
        let command = serde_json::from_str(line)
            .map_err(|error| DeskError::Usage(format!("not a command: column {}", error.column())))?;
        match command {
            AgentCommand::Init { name } => {
                let passphrase = session::passphrase(self.arguments, true)?;
                // The agent is for demonstrations and tests.
                let options = HomeOptions { stretching: Stretching::Floor, ..unlock::options(self.arguments) };
                let vault = Vault::create_with(&self.home, &passphrase, &name, &options)?;
                let device = vault.device().to_string();
                self.vault = Some(vault);
                Ok(json!({"device": device}))
            }
            AgentCommand::Open {} => {
                let passphrase = session::passphrase(self.arguments, false)?;
                let vault = Vault::open_with(&self.home, &passphrase, &unlock::options(self.arguments))?;
                let device = vault.device().to_string();
                self.vault = Some(vault);
                Ok(json!({"device": device}))
            }
            AgentCommand::Sync { attempts } => self.sync(attempts),
            other => with_vault(self.vault.as_mut().ok_or(VigilError::NoHome)?, other),
        }
    }

    fn sync(&mut self, attempts: u32) -> Result<Value, DeskError> {
        let vault = self.vault.as_mut().ok_or(VigilError::NoHome)?;
        let transport = match &mut self.transport {
            Some(transport) => transport,
            none => {
                let card = vault.server()?.ok_or(VigilError::NotFound { what: "server" })?;
                let name = self.home.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
                none.insert(Recording::new(HttpTransport::new(&card)?, self.bodies.clone(), name))
            }
        };
        let options = SyncOptions { attempts, ..SyncOptions::default() };
        let result = self.runtime.block_on(vault.sync(transport, &options, &mut |_| {}, &Cancel::new()));
        let traffic = transport.take_traffic();
        let traffic = json!({"requests": traffic.requests, "bytes_up": traffic.up, "bytes_down": traffic.down});
        match result {
            Ok(report) => Ok(json!({"outcome": "complete", "report": report, "traffic": traffic})),
            Err(VigilError::Offline { why }) => Ok(json!({"outcome": "interrupted", "why": why, "traffic": traffic})),
            Err(error) => Err(error.into()),
        }
    }
}

fn with_vault(vault: &mut Vault, command: AgentCommand) -> Result<Value, DeskError> {
    match command {
        AgentCommand::CreateSpace { server_card } => {
            // The demo keeps no recovery key: a person would write it on paper.
            vault.create_space(server_card.as_deref())?;
            Ok(Value::Null)
        }
        AgentCommand::JoinRequest {} => Ok(json!({"request": vault.join_request()?})),
        AgentCommand::Admit { request, role, name } => {
            let role = Role::from_name(&role).ok_or_else(|| DeskError::Usage("no such role".to_owned()))?;
            Ok(json!({"welcome": vault.admit(&request, role, &name)?}))
        }
        AgentCommand::Join { welcome } => {
            vault.join(&welcome)?;
            Ok(Value::Null)
        }
        AgentCommand::Members {} => Ok(value(&vault.members()?)),
        AgentCommand::Intake { devices } => {
            let devices = devices.iter().map(|device| vault.find_member(device)).collect::<Result<Vec<_>, _>>()?;
            vault.set_intake(&devices)?;
            Ok(Value::Null)
        }
        AgentCommand::Assign { record: id, devices } => {
            let devices = devices.iter().map(|device| vault.find_member(device)).collect::<Result<Vec<_>, _>>()?;
            vault.assign(&record(&id)?, &devices)?;
            Ok(Value::Null)
        }
        AgentCommand::Screen(input) => {
            let recorded = vault.record_screening(&input.screening, &input.persons, input.decision)?;
            Ok(json!({"screening": recorded.screening.to_string(), "persons": ids(&recorded.persons)}))
        }
        AgentCommand::Sighting(sighting) => Ok(json!({"record": vault.record_sighting(&sighting)?.to_string()})),
        AgentCommand::Edit { record: id, set } => {
            let fields: Vec<_> = set.into_iter().collect();
            vault.edit(&record(&id)?, &fields)?;
            Ok(Value::Null)
        }
        AgentCommand::Decide { record: id, decision } => {
            Ok(json!({"record": vault.decide(&record(&id)?, decision)?.to_string()}))
        }
        AgentCommand::AddAddendum { record: id, text } => {
            let text = long_text(text)?;
            Ok(json!({"event": vault.add_event(&record(&id)?, EventBody::Addendum { text })?.to_string()}))
        }
        AgentCommand::AddOpinion { record: id, text } => {
            let text = long_text(text)?;
            Ok(json!({"event": vault.add_event(&record(&id)?, EventBody::Opinion { text })?.to_string()}))
        }
        AgentCommand::Settle { record: id, field, choose } => {
            let id = record(&id)?;
            let view = vault.show(&id)?;
            let shown = view.fields.iter().find(|shown| shown.name == field.as_str());
            let number = shown.and_then(|shown| shown.values.iter().position(|written| written.value == choose));
            let number = number.ok_or(VigilError::NotFound { what: "value" })?;
            Ok(json!({"event": vault.settle(&id, &field, Choice::Number(number))?.to_string()}))
        }
        AgentCommand::List {} => Ok(value(&vault.list(&everything())?)),
        AgentCommand::Search { text } => Ok(value(&vault.search(&text, u32::MAX)?)),
        AgentCommand::Show { record: id } => {
            let view = vault.show(&record(&id)?)?;
            let reasons = view.assessment.as_ref().map(vigil_screening::Assessment::explain);
            Ok(json!({"view": view, "reasons": reasons}))
        }
        AgentCommand::Conflicts {} => {
            let open = vault.list(&ListQuery { only_conflicts: true, ..everything() })?;
            let views: Vec<RecordView> =
                open.iter().map(|row| vault.show(&record(&row.id)?)).collect::<Result<_, _>>()?;
            Ok(value(&views))
        }
        AgentCommand::States {} => states(vault),
        AgentCommand::Status {} => Ok(value(&vault.status()?)),
        AgentCommand::Init { .. } | AgentCommand::Open {} | AgentCommand::Sync { .. } => {
            Err(DeskError::Usage("not here".to_owned()))
        }
    }
}

fn value(answer: &impl serde::Serialize) -> Value {
    serde_json::to_value(answer).unwrap_or(Value::Null)
}

fn long_text(text: String) -> Result<LongText, DeskError> {
    LongText::new(text).map_err(|error| DeskError::Usage(error.to_string()))
}

fn everything() -> ListQuery {
    ListQuery { limit: u32::MAX, ..ListQuery::default() }
}

fn states(vault: &Vault) -> Result<Value, DeskError> {
    let mut states = serde_json::Map::new();
    for row in vault.list(&everything())? {
        let view = vault.show(&record(&row.id)?)?;
        states.insert(row.id, value(&state(&view)));
    }
    Ok(Value::Object(states))
}

/// Leaves out what belongs to the device and not to the record: whether it was sent, and the names of people, which not
/// every device may read.
fn state(view: &RecordView) -> RecordState {
    let (mut digest, mut facts) = (DefaultHasher::new(), DefaultHasher::new());
    for field in &view.fields {
        field.name.hash(&mut facts);
        (&field.name, field.value.to_string(), field.open, field.settled_by.is_some()).hash(&mut digest);
        for written in &field.values {
            let written = (written.value.to_string(), written.time, &written.change);
            written.hash(&mut facts);
            written.hash(&mut digest);
        }
    }
    for event in &view.events {
        (&event.id, event.time, event.body.to_string()).hash(&mut digest);
    }
    let mut open_outcomes = view.open_outcomes.clone();
    open_outcomes.sort();
    open_outcomes.hash(&mut digest);
    let (mut heads, mut events) =
        (view.heads.clone(), view.events.iter().map(|event| event.id.clone()).collect::<Vec<_>>());
    heads.sort();
    events.sort();
    let hexadecimal = |digest: DefaultHasher| format!("{:016x}", digest.finish());
    RecordState { heads, events, facts: hexadecimal(facts), shown: hexadecimal(digest) }
}
