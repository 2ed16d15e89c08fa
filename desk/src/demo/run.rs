//! One run of a scenario: processes, network, and what has been acknowledged so far.
//! It promises to hold devices to what they acknowledged, step by step, and to list every expectation that did not hold.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use super::folder::RunFolder;
use super::network::Link;
use super::processes::{AgentProcess, ServerProcess};
use super::scenario::{Scenario, Step};
use super::seeds::Seeds;
use super::story::Story;
use crate::DeskError;
use crate::agent::{AgentCommand, RecordState};

/// A record that was acknowledged and stands.
#[derive(Debug, Clone)]
pub(crate) struct Standing {
    /// The device that wrote it.
    pub(crate) writer: String,
    /// Points and band that it shall have.
    pub(crate) score: Option<(i64, String)>,
    /// The devices that it is assigned to.
    pub(crate) assigned: BTreeSet<String>,
    /// The devices that changed its fields since.
    pub(crate) changed_by: BTreeSet<String>,
}

/// What all syncs together took.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Totals {
    pub(crate) syncs: u64,
    pub(crate) round_trips: u64,
    pub(crate) bytes_up: u64,
    pub(crate) bytes_down: u64,
}

/// A device of the run.
#[derive(Debug)]
pub(crate) struct DeviceState {
    /// Its id in the space, in hexadecimal.
    pub(crate) id: String,
    /// Its process; none while it is off.
    pub(crate) agent: Option<AgentProcess>,
    /// What was being saved when it was killed, and how far it was acknowledged.
    pub(crate) interrupted: Option<Interrupted>,
}

/// A queue of screenings that a kill interrupted.
#[derive(Debug)]
pub(crate) struct Interrupted {
    pub(crate) queue: Vec<Value>,
    pub(crate) acknowledged: usize,
}

/// A run.
pub(crate) struct Run<'a> {
    pub(crate) scenario: &'a Scenario,
    pub(crate) story: Story<'a>,
    pub(crate) folder: &'a RunFolder,
    pub(crate) link: Link,
    pub(crate) server: Option<ServerProcess>,
    pub(crate) devices: BTreeMap<String, DeviceState>,
    /// The records that the scenario speaks of.
    pub(crate) named: BTreeMap<String, String>,
    /// What was typed for them.
    pub(crate) typed: BTreeMap<String, Value>,
    /// Every record that was acknowledged and stands.
    pub(crate) standing: BTreeMap<String, Standing>,
    pub(crate) seeds: Seeds,
    pub(crate) totals: Totals,
    /// Questions that were seen open, and those that were settled.
    pub(crate) questions: BTreeSet<(String, String)>,
    pub(crate) settled: BTreeSet<(String, String)>,
    /// What records were like, by device and id, before a device that keeps nothing handed them over.
    pub(crate) handed_over: BTreeMap<(String, String), RecordState>,
    /// How many records the generator has to add.
    pub(crate) to_generate: u64,
    pub(crate) failures: Vec<String>,
    program: &'a Path,
}

impl<'a> Run<'a> {
    /// Starts the server and the devices. `server_program` is the real one in every run; `program` is the devices'.
    pub(crate) async fn start(
        scenario: &'a Scenario,
        story: Story<'a>,
        folder: &'a RunFolder,
        (server_program, program): (&Path, &'a Path),
        to_generate: u64,
    ) -> Result<Self, DeskError> {
        let network = |error| DeskError::file("the network on loopback", error);
        let link = Link::open().await.map_err(network)?;
        let server = ServerProcess::start(server_program, &folder.server(), link.address()).await?;
        link.lead_to(server.address);
        let mut run = Self {
            scenario,
            story,
            folder,
            link,
            server: Some(server),
            devices: BTreeMap::new(),
            named: BTreeMap::new(),
            typed: BTreeMap::new(),
            standing: BTreeMap::new(),
            seeds: Seeds::default(),
            totals: Totals::default(),
            questions: BTreeSet::new(),
            settled: BTreeSet::new(),
            handed_over: BTreeMap::new(),
            to_generate,
            failures: Vec::new(),
            program,
        };
        for device in &scenario.devices {
            let mut agent = run.process(&device.id)?;
            let answer = agent.ask(&AgentCommand::Init { name: device.name.clone() }).await?;
            let state = DeviceState { id: string(&answer, "device"), agent: Some(agent), interrupted: None };
            run.devices.insert(device.id.clone(), state);
            run.seeds.beside(&device.name);
        }
        Ok(run)
    }

    /// A process for a device's home.
    pub(crate) fn process(&self, device: &str) -> Result<AgentProcess, DeskError> {
        AgentProcess::start(self.program, device, &self.folder.home(device), &self.folder.wire())
    }

    /// Plays the scenario.
    pub(crate) async fn play(&mut self) -> Result<(), DeskError> {
        let scenario = self.scenario;
        let mut day = "";
        for step in &scenario.steps {
            let this_day = step.when.split(' ').next().unwrap_or_default();
            if this_day != day {
                day = this_day;
                self.story.line("")?;
            }
            self.step(step).await?;
        }
        Ok(())
    }

    async fn step(&mut self, step: &Step) -> Result<(), DeskError> {
        // An error that ends the run says at which step.
        self.act(step).await.map_err(|error| match error {
            DeskError::DoesNotHold(why) => DeskError::DoesNotHold(format!("{}: {why}", step.when)),
            other => other,
        })
    }

    /// Notes whether something holds; a run goes on, so that all that does not hold is seen.
    pub(crate) fn hold(&mut self, holds: bool, words: impl FnOnce() -> String) -> Result<(), DeskError> {
        if !holds {
            let words = words();
            self.story.line(&format!("           DOES NOT HOLD: {words}"))?;
            self.failures.push(words);
        }
        Ok(())
    }

    /// The process of a device that is on.
    pub(crate) fn agent(&mut self, device: &str) -> Result<&mut AgentProcess, DeskError> {
        self.devices
            .get_mut(device)
            .and_then(|state| state.agent.as_mut())
            .ok_or_else(|| DeskError::Usage(format!("the scenario tells {device}, which is off")))
    }

    /// Tells a device something that must work.
    pub(crate) async fn ask(&mut self, device: &str, command: &AgentCommand) -> Result<Value, DeskError> {
        self.agent(device)?.ask(command).await
    }

    /// The id of a record that the scenario speaks of.
    pub(crate) fn record(&self, name: &str) -> Result<String, DeskError> {
        self.named
            .get(name)
            .cloned()
            .ok_or_else(|| DeskError::Usage(format!("the scenario speaks of {name}, which is not there yet")))
    }

    /// What the scenario calls a record, or the beginning of its id.
    pub(crate) fn name_of(&self, record: &str) -> String {
        let named = self.named.iter().find(|(_, id)| *id == record).map(|(name, _)| name.clone());
        named.unwrap_or_else(|| record.chars().take(8).collect())
    }

    /// A device's id in the space.
    pub(crate) fn device_id(&self, device: &str) -> Result<String, DeskError> {
        let state = self.devices.get(device);
        state.map(|state| state.id.clone()).ok_or_else(|| DeskError::Usage(format!("there is no device {device}")))
    }

    /// Ends all processes in good order, so that every file is closed and every home locked.
    pub(crate) async fn end(&mut self) -> Result<(), DeskError> {
        for state in self.devices.values_mut() {
            if let Some(agent) = state.agent.take() {
                agent.end().await?;
            }
        }
        match self.server.take() {
            Some(server) => server.stop().await,
            None => Ok(()),
        }
    }
}

/// A text of an answer.
pub(crate) fn string(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Texts of an answer.
pub(crate) fn strings(value: &Value, name: &str) -> Vec<String> {
    let list = value.get(name).and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|item| item.as_str().map(str::to_owned)).collect()
}
