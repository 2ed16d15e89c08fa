//! The steps of a scenario: each told to its device, and held against what the scenario expects of it.
//! A step promises to note what was acknowledged before anything else can go wrong.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use vigil_core::records::{FieldName, FieldValue};

use super::bulk::{Screenings, records_of};
use super::network::Direction;
use super::people::Corpus;
use super::run::{Interrupted, Run, Standing, string, strings};
use super::scenario::{Act, Expect, Generated, LinkState, Network, Scenario, Step, Way};
use super::story;
use crate::DeskError;
use crate::agent::AgentCommand;

/// How often a broken link is tried where the scenario says nothing.
const ATTEMPTS: u32 = 8;

impl Run<'_> {
    /// Does one step.
    pub(super) async fn act(&mut self, step: &Step) -> Result<(), DeskError> {
        let device = step.device.as_deref().unwrap_or_default();
        match &step.act {
            Act::Network(network) => self.network(step, *network),
            Act::CreateSpace {} => self.create_space(step, device).await,
            Act::Admit { device: newcomer } => self.admit(step, device, newcomer).await,
            Act::Intake { devices } => {
                let devices = devices.iter().map(|id| self.device_id(id)).collect::<Result<_, _>>()?;
                self.ask(device, &AgentCommand::Intake { devices }).await?;
                self.tell(step, "names who is on duty")?;
                self.expect_members(device, &step.expect).await
            }
            Act::Assign { record, devices } => self.assign(step, device, record, devices).await,
            Act::Screen { screening, persons, decision } => {
                self.screen(step, device, screening, persons, decision.as_ref()).await
            }
            Act::Sighting(sighting) => self.sighting(step, device, sighting).await,
            Act::Generate { seed, share } => self.generate(step, device, *seed, *share).await,
            Act::KillWhileSaving { generated, after_acknowledged } => {
                self.kill_while_saving(step, device, *generated, *after_acknowledged).await
            }
            Act::Kill {} => {
                if let Some(agent) = self.devices.get_mut(device).and_then(|state| state.agent.take()) {
                    agent.kill().await?;
                }
                self.tell(step, "is killed")
            }
            Act::Restart { enter_what_is_missing } => self.restart(step, device, *enter_what_is_missing).await,
            Act::Edit { record, set } => self.edit(step, device, record, set).await,
            Act::Decide { record, decision } => self.decide(step, device, record, decision).await,
            Act::HandOver { record, to } => {
                self.decide(step, device, record, &json!({"outcome": "handed_over", "to": to})).await
            }
            Act::AddOpinion { record, text } => {
                let command = AgentCommand::AddOpinion { record: self.record(record)?, text: text.clone() };
                self.add_words(step, device, &command, &format!("adds an opinion to {record}"), text).await
            }
            Act::AddAddendum { record, text } => {
                let command = AgentCommand::AddAddendum { record: self.record(record)?, text: text.clone() };
                self.add_words(step, device, &command, &format!("adds to {record} what came to mind"), text).await
            }
            Act::Settle { record, field, choose } => self.settle(step, device, record, field, choose).await,
            Act::Sync { attempts } => self.sync(step, device, attempts.unwrap_or(ATTEMPTS)).await,
            Act::Conflicts {} => self.conflicts(step, device).await,
            Act::Show { record } => self.show(step, device, record).await,
            Act::Search { text } => self.search(step, device, text).await,
            Act::List {} => self.list(step, device).await,
        }
    }

    pub(super) fn tell(&self, step: &Step, did: &str) -> Result<(), DeskError> {
        self.story.step(&step.when, step.device.as_deref().unwrap_or("network"), did, step.say.as_deref())
    }

    fn network(&mut self, step: &Step, network: Network) -> Result<(), DeskError> {
        match network {
            Network::State(LinkState::Cut) => {
                self.link.cut();
                self.tell(step, "is cut")
            }
            Network::State(LinkState::Restored) => {
                self.link.restore();
                self.tell(step, "is back")
            }
            Network::Drop { direction, after_bytes } => {
                let (direction, words) = match direction {
                    Way::Up => (Direction::Up, "to the server"),
                    Way::Down => (Direction::Down, "from the server"),
                };
                self.link.drop_after(direction, after_bytes);
                self.tell(step, &format!("will drop a connection after {after_bytes} more bytes {words}"))
            }
        }
    }

    async fn create_space(&mut self, step: &Step, device: &str) -> Result<(), DeskError> {
        let card = match &self.server {
            Some(server) => std::fs::read_to_string(&server.card)
                .map_err(|error| DeskError::file(server.card.display().to_string(), error))?,
            None => return Err(DeskError::Usage("there is no server".to_owned())),
        };
        self.ask(device, &AgentCommand::CreateSpace { server_card: Some(card) }).await?;
        self.tell(step, "creates the space")?;
        self.expect_members(device, &step.expect).await
    }

    async fn admit(&mut self, step: &Step, device: &str, newcomer: &str) -> Result<(), DeskError> {
        let scenario = self.scenario;
        let member = scenario.devices.iter().find(|member| member.id == newcomer);
        let member = member.ok_or_else(|| DeskError::Usage(format!("there is no device {newcomer}")))?;
        let request = string(&self.ask(newcomer, &AgentCommand::JoinRequest {}).await?, "request");
        let admit = AgentCommand::Admit { request, role: member.role.clone(), name: member.name.clone() };
        let welcome = string(&self.ask(device, &admit).await?, "welcome");
        self.ask(newcomer, &AgentCommand::Join { welcome }).await?;
        self.tell(step, &format!("admits {newcomer} ({})", member.is))?;
        self.expect_members(device, &step.expect).await
    }

    async fn expect_members(&mut self, device: &str, expect: &Expect) -> Result<(), DeskError> {
        let Some(count) = expect.members else { return Ok(()) };
        let members = self.ask(device, &AgentCommand::Members {}).await?;
        let known = members.as_array().map_or(0, Vec::len);
        self.hold(known == count, || format!("{device} knows {known} members, not {count}"))
    }

    async fn assign(&mut self, step: &Step, device: &str, name: &str, to: &[String]) -> Result<(), DeskError> {
        let record = self.record(name)?;
        let devices = to.iter().map(|id| self.device_id(id)).collect::<Result<_, _>>()?;
        self.ask(device, &AgentCommand::Assign { record: record.clone(), devices }).await?;
        if let Some(standing) = self.standing.get_mut(&record) {
            standing.assigned = to.iter().cloned().collect();
        }
        self.tell(step, &format!("assigns {name} to {}", to.join(", ")))
    }

    async fn screen(
        &mut self,
        step: &Step,
        device: &str,
        screening: &Value,
        persons: &[Value],
        decision: Option<&Value>,
    ) -> Result<(), DeskError> {
        let mut names = Vec::new();
        let mut plain_persons = persons.to_vec();
        for person in plain_persons.iter_mut().filter_map(Value::as_object_mut) {
            let name = person.remove("as");
            names.push(name.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned());
        }
        let mut input = json!({"screening": screening, "persons": plain_persons});
        if let (Some(decision), Some(fields)) = (decision, input.as_object_mut()) {
            fields.insert("decision".to_owned(), self.decision(decision)?);
        }
        let score = step.expect.total.zip(step.expect.band.clone());
        let (record, person_records) = self.save_screening(device, &input, score).await?;
        for (name, id) in names.into_iter().zip(person_records) {
            self.named.insert(name, id);
        }
        let (name, points) = (step.name.clone().unwrap_or_default(), step.expect.total.unwrap_or_default());
        let outcome = decision.map_or_else(|| "nothing decided yet".to_owned(), story::decision);
        let place = string(screening, "station");
        self.named.insert(name.clone(), record);
        self.typed.insert(name.clone(), input);
        self.tell(step, &format!("screens {name} at {place}: {points} points; {outcome}"))
    }

    /// Saves a screening and notes what was acknowledged.
    async fn save_screening(
        &mut self,
        device: &str,
        input: &Value,
        score: Option<(i64, String)>,
    ) -> Result<(String, Vec<String>), DeskError> {
        let screening = serde_json::from_value(input.clone())
            .map_err(|error| DeskError::Usage(format!("the scenario has a screening that is none: {error}")))?;
        self.seeds.written(input);
        let answer = self.ask(device, &AgentCommand::Screen(screening)).await?;
        Ok(self.acknowledge(device, &answer, score))
    }

    fn acknowledge(&mut self, device: &str, answer: &Value, score: Option<(i64, String)>) -> (String, Vec<String>) {
        let (screening, persons) = (string(answer, "screening"), strings(answer, "persons"));
        self.stands(&screening, device, score);
        for person in &persons {
            self.stands(person, device, None);
        }
        (screening, persons)
    }

    fn stands(&mut self, record: &str, device: &str, score: Option<(i64, String)>) {
        let standing =
            Standing { writer: device.to_owned(), score, assigned: BTreeSet::new(), changed_by: BTreeSet::new() };
        self.standing.insert(record.to_owned(), standing);
    }

    async fn sighting(&mut self, step: &Step, device: &str, sighting: &Value) -> Result<(), DeskError> {
        let command = serde_json::from_value(sighting.clone())
            .map_err(|error| DeskError::Usage(format!("the scenario has a sighting that is none: {error}")))?;
        self.seeds.written(sighting);
        let record = string(&self.ask(device, &AgentCommand::Sighting(command)).await?, "record");
        self.stands(&record, device, None);
        self.named.extend(step.name.clone().map(|name| (name, record)));
        self.tell(step, &format!("writes down a sighting: {}", crate::text::plain(&string(sighting, "place"))))
    }

    async fn generate(&mut self, step: &Step, device: &str, seed: u64, share: u64) -> Result<(), DeskError> {
        let wanted = self.to_generate * share.min(100) / 100;
        if wanted == 0 {
            return Ok(());
        }
        self.tell(step, &format!("records {wanted} more, for --records"))?;
        let mut screenings = Screenings::new(Corpus::Bench, seed);
        let mut left = wanted;
        while left > 0 {
            let mut drawn = screenings.draw();
            if drawn.records > left {
                drawn = screenings.draw_alone();
            }
            self.save_screening(device, &drawn.input, None).await?;
            left -= drawn.records;
        }
        self.to_generate -= wanted;
        Ok(())
    }

    async fn kill_while_saving(
        &mut self,
        step: &Step,
        device: &str,
        generated: Generated,
        after: usize,
    ) -> Result<(), DeskError> {
        let mut screenings = Screenings::new(Corpus::Bench, generated.seed);
        let queue: Vec<Value> = (0..generated.count).map(|_| screenings.draw_with_people().input).collect();
        let commands = queue
            .iter()
            .map(|input| serde_json::from_value(input.clone()).map(AgentCommand::Screen))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| DeskError::Usage(format!("the generator made a screening that is none: {error}")))?;
        for input in &queue {
            self.seeds.written(input);
        }
        let state = self.devices.get_mut(device);
        let agent = state.and_then(|state| state.agent.take());
        let agent = agent.ok_or_else(|| DeskError::Usage(format!("{device} is off")))?;
        let answers = agent.kill_while_working(&commands, after).await?;
        for answer in &answers {
            match answer {
                Ok(answer) => drop(self.acknowledge(device, answer, None)),
                Err(refusal) => self.hold(false, || format!("{device} refused a save: {}", refusal.code))?,
            }
        }
        let acknowledged = answers.len();
        if let Some(state) = self.devices.get_mut(device) {
            state.interrupted = Some(Interrupted { queue, acknowledged });
        }
        self.hold(acknowledged >= after, || format!("{device} acknowledged {acknowledged} saves, not {after}"))?;
        self.hold(acknowledged < generated.count, || format!("{device} was killed after its last save"))?;
        self.tell(
            step,
            &format!("is killed in the middle of a save, {acknowledged} of {} acknowledged", generated.count),
        )
    }

    async fn restart(&mut self, step: &Step, device: &str, enter_what_is_missing: bool) -> Result<(), DeskError> {
        let mut agent = self.process(device)?;
        agent.ask(&AgentCommand::Open {}).await?;
        let listed = agent.ask(&AgentCommand::List {}).await?;
        let Some(state) = self.devices.get_mut(device) else { return Ok(()) };
        state.agent = Some(agent);
        let interrupted = state.interrupted.take();
        let here: Vec<String> = listed.as_array().into_iter().flatten().map(|row| string(row, "id")).collect();
        let missing = self
            .standing
            .iter()
            .filter(|(record, standing)| standing.writer == device && !here.contains(record))
            .count();
        self.hold(missing == 0, || format!("{missing} acknowledged records are missing after the kill"))?;
        let Some(Interrupted { queue, acknowledged }) = interrupted else {
            return self.tell(step, &format!("starts again: all {} records are there", here.len()));
        };
        // What was saved and not acknowledged in time: whole, or not at all.
        let unknown: Vec<&String> = here.iter().filter(|record| !self.standing.contains_key(*record)).collect();
        let whole = queue.get(acknowledged).map_or(0, records_of);
        let found = unknown.len() as u64;
        let saved_too = found == whole && whole > 0;
        let records: Vec<String> = unknown.into_iter().cloned().collect();
        self.hold(found == 0 || saved_too, || format!("{device} has {found} records of half a save"))?;
        for record in records {
            self.stands(&record, device, None);
        }
        let next = acknowledged + usize::from(saved_too);
        let left: Vec<Value> = queue.into_iter().skip(next).collect();
        let more = match saved_too {
            true => "the one in the middle was saved, whole",
            false => "of the one in the middle there is nothing, not half of it",
        };
        let count = here.len();
        self.tell(step, &format!("starts again: {count} records, every acknowledged one among them; {more}"))?;
        if enter_what_is_missing {
            for input in left {
                self.save_screening(device, &input, None).await?;
            }
        }
        Ok(())
    }

    async fn edit(
        &mut self,
        step: &Step,
        device: &str,
        name: &str,
        set: &BTreeMap<String, Value>,
    ) -> Result<(), DeskError> {
        let problem = |field: &str| DeskError::Usage(format!("the scenario sets {field} to what is no value"));
        let mut fields: BTreeMap<FieldName, Option<FieldValue>> = BTreeMap::new();
        for (field, value) in set {
            let field_name = FieldName::new(field.as_str()).map_err(|_| problem(field))?;
            fields.insert(field_name, serde_json::from_value(value.clone()).map_err(|_| problem(field))?);
        }
        self.seeds.written(&json!(set));
        let record = self.record(name)?;
        self.ask(device, &AgentCommand::Edit { record: record.clone(), set: fields }).await?;
        if let Some(standing) = self.standing.get_mut(&record) {
            standing.changed_by.insert(device.to_owned());
            if set.keys().any(|field| field.starts_with("answer.")) {
                // Other answers, other points: the scenario says what they are where it matters.
                standing.score = step.expect.total.zip(step.expect.band.clone());
            }
        }
        let names: Vec<_> = set.keys().map(String::as_str).collect();
        self.tell(step, &format!("changes {} of {name}", names.join(", ")))
    }

    /// A decision with the devices in it by their ids.
    fn decision(&self, decision: &Value) -> Result<Value, DeskError> {
        let mut decision = decision.clone();
        if let Some(Value::String(device)) = decision.pointer_mut("/to/device") {
            *device = self.device_id(device)?;
        }
        Ok(decision)
    }

    async fn decide(&mut self, step: &Step, device: &str, name: &str, decision: &Value) -> Result<(), DeskError> {
        let record = self.record(name)?;
        let resolved = self.decision(decision)?;
        let outcome = serde_json::from_value(resolved)
            .map_err(|error| DeskError::Usage(format!("the scenario has a decision that is none: {error}")))?;
        let before = self.standing.get(&record).cloned();
        let linked = match step.expect.erased {
            true => strings(&self.ask(device, &AgentCommand::Show { record: record.clone() }).await?["view"], "linked"),
            false => Vec::new(),
        };
        let stands = string(
            &self.ask(device, &AgentCommand::Decide { record: record.clone(), decision: outcome }).await?,
            "record",
        );
        if step.expect.erased {
            self.hold(stands != record, || format!("{name} was let go and stands with its story"))?;
            for gone in linked.iter().chain([&record]) {
                self.standing.remove(gone);
                let said = self.agent(device)?.tell(&AgentCommand::Show { record: gone.clone() }).await?;
                self.hold(said.is_err(), || format!("{name} was let go, and {gone} is still there"))?;
            }
            if let Some(before) = before {
                self.standing.insert(stands.clone(), before);
            }
            if let Some(typed) = self.typed.get(name) {
                self.seeds.erased(typed);
            }
            self.named.insert(name.to_owned(), stands);
        } else {
            self.hold(stands == record, || format!("{name} was replaced by another record"))?;
        }
        self.tell(step, &format!("decides on {name}: {}", story::decision(decision)))
    }

    async fn add_words(
        &mut self,
        step: &Step,
        device: &str,
        command: &AgentCommand,
        did: &str,
        words: &str,
    ) -> Result<(), DeskError> {
        self.seeds.text(words);
        self.ask(device, command).await?;
        self.tell(step, did)
    }

    async fn settle(
        &mut self,
        step: &Step,
        device: &str,
        name: &str,
        field: &str,
        choose: &Value,
    ) -> Result<(), DeskError> {
        let record = self.record(name)?;
        let field_name = FieldName::new(field).map_err(|error| DeskError::Usage(error.to_string()))?;
        let command = AgentCommand::Settle { record: record.clone(), field: field_name, choose: choose.clone() };
        self.ask(device, &command).await?;
        self.settled.insert((record, field.to_owned()));
        self.tell(step, &format!("settles \"{field}\" of {name}: {}", crate::cli::value_words(choose)))
    }
}

/// How many records a scenario leaves, without what the generator adds.
pub(super) fn records_written(scenario: &Scenario) -> u64 {
    let mut by_name: BTreeMap<&str, u64> = BTreeMap::new();
    let mut records = 0;
    for step in &scenario.steps {
        match &step.act {
            Act::Screen { persons, decision, screening } => {
                let left = records_of(&json!({"screening": screening, "persons": persons, "decision": decision}));
                by_name.extend(step.name.as_deref().map(|name| (name, left)));
                records += left;
            }
            Act::Sighting(_) => records += 1,
            Act::KillWhileSaving { generated, .. } => {
                let mut screenings = Screenings::new(Corpus::Bench, generated.seed);
                records += (0..generated.count).map(|_| screenings.draw_with_people().records).sum::<u64>();
            }
            Act::Decide { record, .. } if step.expect.erased => {
                // What statistics need stays, the people in it go.
                let before = by_name.insert(record, 1).unwrap_or(1);
                records -= before - 1;
            }
            _ => {}
        }
    }
    records
}
