//! The agent: one device as a process of its own, told what to do line by line. The demo and the tests drive it.
//! It promises to answer every line with exactly one line, and to answer a save only after it is durable.

mod clock;
mod command;
mod lines;
mod membership;
mod recording;
mod server;
mod sharing;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};
use vigil_core::records::{EventBody, LongText};
use vigil_core::sync::{Cancel, HttpTransport, SyncOptions};
use vigil_core::{
    Choice, DraftId, HomeOptions, ListQuery, RecordId, RecordView, Role, Stretching, Timestamp, Vault, VigilError,
};

use crate::cli::arguments::Arguments;
use crate::cli::{recorded_json, session, unlock};
use crate::demo::search::{Found, Needles};
use crate::error::DeskError;
use clock::SetClock;
pub use command::{AgentCommand, RecordState};
use lines::Lines;
use recording::Recording;
pub(crate) use server::serve;
pub use sharing::SharingCommand;

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
    let bodies = record_bodies.map(Path::to_owned);
    let mut agent = Agent { arguments, home, clock: Arc::default(), vault: None, transport: None, runtime, bodies };
    let mut lines = Lines::take_over()?;
    while let Some(line) = lines.next()? {
        lines.answer(&match agent.answer(&line) {
            Ok(value) => json!({"ok": value}),
            Err(error) => json!({"error": {"code": error.code(), "message": error.to_string()}}),
        })?;
    }
    Ok(())
}

struct Agent<'a> {
    arguments: &'a Arguments,
    home: PathBuf,
    clock: Arc<SetClock>,
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
    fn answer(&mut self, line: &[u8]) -> Result<Value, DeskError> {
        let command = serde_json::from_slice(line)
            .map_err(|error| DeskError::Usage(format!("not a command: column {}", error.column())))?;
        match command {
            AgentCommand::Init { name } => {
                let passphrase = session::passphrase(self.arguments, true)?;
                // The agent is for demonstrations and tests.
                let options = HomeOptions { stretching: Stretching::Floor, ..self.options() };
                let vault = Vault::create_with(&self.home, &passphrase, &name, &options)?;
                let device = vault.device().to_string();
                self.vault = Some(vault);
                Ok(json!({"device": device}))
            }
            AgentCommand::Open {} => {
                let passphrase = session::passphrase(self.arguments, false)?;
                let vault = Vault::open_with(&self.home, &passphrase, &self.options())?;
                let device = vault.device().to_string();
                self.vault = Some(vault);
                Ok(json!({"device": device}))
            }
            AgentCommand::Lock {} => {
                self.lock();
                Ok(Value::Null)
            }
            AgentCommand::Panic {} => {
                let erased = Vault::panic_erase(&self.home, self.options().hardware_of(&self.home)?.as_ref())?;
                self.lock();
                Ok(
                    json!({"hardware_key": erased.hardware_key, "key_file": erased.key_file, "databases": erased.databases}),
                )
            }
            AgentCommand::Clock { now } => {
                self.clock.set(Timestamp(now));
                Ok(Value::Null)
            }
            AgentCommand::Sync { attempts } => self.sync(attempts),
            other => with_vault(self.vault.as_mut().ok_or(VigilError::NoHome)?, other),
        }
    }

    fn options(&self) -> HomeOptions {
        HomeOptions { clock: Arc::clone(&self.clock) as _, ..unlock::options(self.arguments) }
    }

    fn lock(&mut self) {
        self.vault = None;
        // What the link still buffers was on the wire.
        self.transport = None;
        vigil_core::wipe_unused_stack();
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
            // The demo keeps none: a person would write it on paper.
            Ok(json!({"recovery_key": vault.create_space(server_card.as_deref())?.text()}))
        }
        AgentCommand::JoinRequest {} => Ok(json!({"request": vault.join_request()?})),
        AgentCommand::Admit { request, role, name } => {
            let role = Role::from_name(&role).ok_or_else(|| DeskError::Usage("no such role".to_owned()))?;
            Ok(json!({"welcome": vault.admit(&request, role, &name)?}))
        }
        AgentCommand::Join { welcome } => {
            // Both devices stand beside each other here.
            let invitation = vault.second_code(&welcome)?;
            vault.join(invitation.seen_face_to_face())?;
            Ok(Value::Null)
        }
        AgentCommand::Members {} => Ok(value(&vault.members()?)),
        AgentCommand::Suspend { .. }
        | AgentCommand::MoveRemoval { .. }
        | AgentCommand::Second { .. }
        | AgentCommand::Object { .. }
        | AgentCommand::CarryOut { .. }
        | AgentCommand::Motions {}
        | AgentCommand::AdmitAs { .. }
        | AgentCommand::Cosign { .. }
        | AgentCommand::AdmitCosigned { .. }
        | AgentCommand::Raise { .. }
        | AgentCommand::EndProbation { .. }
        | AgentCommand::Reinstate { .. }
        | AgentCommand::EraseCase { .. }
        | AgentCommand::ChangePolicy { .. }
        | AgentCommand::Policy {}
        | AgentCommand::Renew { .. }
        | AgentCommand::HandOverCaseload { .. } => membership::run(vault, command),
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
            Ok(recorded_json(&vault.record_screening(&input.screening, &input.persons, input.decision)?))
        }
        // A draft is named as a record is: by 16 bytes.
        AgentCommand::Draft(draft) => Ok(json!({"draft": RecordId(vault.start_screening(&draft)?.0).to_string()})),
        AgentCommand::Finish { draft, decision } => {
            let draft = RecordId::from_hex(&draft).ok_or(VigilError::NotFound { what: "draft" })?;
            Ok(recorded_json(&vault.finish_screening(&DraftId(draft.0), decision)?))
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
        AgentCommand::Erase { record: id, reason } => {
            vault.erase_record(&record(&id)?, &reason)?;
            Ok(Value::Null)
        }
        AgentCommand::Hide { record: id } => {
            vault.hide(&record(&id)?)?;
            Ok(Value::Null)
        }
        AgentCommand::Unhide { record: id } => {
            vault.unhide(&record(&id)?)?;
            Ok(Value::Null)
        }
        AgentCommand::EraseField { record: id, field } => {
            Ok(json!({"record": vault.erase_field(&record(&id)?, &field)?.to_string()}))
        }
        AgentCommand::Erasures {} => Ok(value(&vault.erasures()?)),
        AgentCommand::HoldsWords { words } => {
            let needles = Needles::new(words.iter().map(String::as_str))
                .map_err(|error| DeskError::DoesNotHold(format!("the search could not be prepared: {error}")))?;
            let mut found = Found::default();
            for piece in vigil_core::readable::everything(vault)? {
                found.add(&needles.in_bytes(&piece));
            }
            Ok(json!({"words": words.len(), "found": found.needles()}))
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
        AgentCommand::Sharing(command) => sharing::run(vault, *command),
        AgentCommand::Init { .. }
        | AgentCommand::Open {}
        | AgentCommand::Lock {}
        | AgentCommand::Panic {}
        | AgentCommand::Clock { .. }
        | AgentCommand::Sync { .. } => Err(DeskError::Usage("not here".to_owned())),
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
    let gone = view.summary.gone.is_some();
    RecordState { heads, events, facts: hexadecimal(facts), shown: hexadecimal(digest), gone }
}
