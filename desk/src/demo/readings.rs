//! The steps that look: sync, conflicts, show, search, list. What a device says is held against what was acknowledged.
//! They promise to compare whole sets: what is there too much counts as what is missing does.

use std::collections::BTreeSet;

use serde_json::Value;

use super::run::{Run, string};
use super::scenario::{OpenQuestion, Step};
use super::story;
use crate::DeskError;
use crate::agent::AgentCommand;
use crate::text::{count, plain};

impl Run<'_> {
    pub(super) async fn sync(&mut self, step: &Step, device: &str, attempts: u32) -> Result<(), DeskError> {
        self.note_before_hand_over(device).await?;
        let answer = self.ask(device, &AgentCommand::Sync { attempts }).await?;
        let number = |path: &str| answer.pointer(path).and_then(Value::as_u64).unwrap_or_default();
        let (trips, up, down) =
            (number("/traffic/requests"), number("/traffic/bytes_up"), number("/traffic/bytes_down"));
        self.totals.syncs += 1;
        self.totals.round_trips += trips;
        self.totals.bytes_up += up;
        self.totals.bytes_down += down;
        let outcome = string(&answer, "outcome");
        let mut did = format!("syncs: {} up, {} down, ", story::bytes(up), story::bytes(down));
        did.push_str(&count(trips, "round trip"));
        if outcome == "complete" {
            let report = |name: &str| number(&format!("/report/{name}"));
            let parts = [
                (report("sent"), count(report("sent"), "save") + " sent"),
                (report("new_records"), count(report("new_records"), "record") + " new here"),
                (report("changed_records"), count(report("changed_records"), "record") + " changed"),
                (report("erased_records"), count(report("erased_records"), "record") + " erased"),
                (report("parked"), count(report("parked"), "item") + " waiting for something else"),
                (report("set_aside"), count(report("set_aside"), "save") + " refused"),
            ];
            for (_, words) in parts.iter().filter(|(number, _)| *number > 0) {
                did.push_str("; ");
                did.push_str(words);
            }
        } else {
            did.push_str("; the connection broke, and everything is still here");
        }
        self.tell(step, &did)?;
        if let Some(expected) = &step.expect.outcome {
            let why = string(&answer, "why");
            self.hold(outcome == *expected, || format!("the sync of {device} was {outcome}, not {expected} {why}"))?;
        }
        for name in &step.expect.reads {
            let record = self.record(name)?;
            let said = self.agent(device)?.tell(&AgentCommand::Show { record }).await?;
            self.hold(said.is_ok(), || format!("{device} cannot read {name}, which was assigned to it"))?;
        }
        Ok(())
    }

    pub(super) async fn conflicts(&mut self, step: &Step, device: &str) -> Result<(), DeskError> {
        let views = self.ask(device, &AgentCommand::Conflicts {}).await?;
        let mut found = BTreeSet::new();
        let mut lines = Vec::new();
        for view in views.as_array().into_iter().flatten() {
            let record = string(&view["summary"], "id");
            for field in view["fields"].as_array().into_iter().flatten() {
                if field["open"].as_bool() != Some(true) {
                    continue;
                }
                let mut values: Vec<String> = field["values"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .map(|written| written["value"].to_string())
                    .collect();
                values.sort();
                self.questions.insert((record.clone(), string(field, "name")));
                found.insert((record.clone(), string(field, "name"), values));
                lines.push(format!("{}: {}", self.name_of(&record), story::open_question(field).join("\n")));
            }
        }
        let questions = count(found.len() as u64, "open question");
        self.tell(step, &format!("sees {questions}"))?;
        for line in lines.iter().flat_map(|lines| lines.lines()) {
            self.story.line(&format!("{:23}{line}", ""))?;
        }
        let Some(expected) = &step.expect.open else { return Ok(()) };
        let expected = expected.iter().map(|question| self.expected(question)).collect::<Result<BTreeSet<_>, _>>()?;
        self.hold(found == expected, || format!("{device} sees {found:?}, not {expected:?}"))
    }

    fn expected(&self, question: &OpenQuestion) -> Result<(String, String, Vec<String>), DeskError> {
        let mut values: Vec<String> = question.values.iter().map(Value::to_string).collect();
        values.sort();
        Ok((self.record(&question.record)?, question.field.clone(), values))
    }

    pub(super) async fn show(&mut self, step: &Step, device: &str, name: &str) -> Result<(), DeskError> {
        let record = self.record(name)?;
        let said = self.agent(device)?.tell(&AgentCommand::Show { record }).await?;
        let view = match (said, &step.expect.error) {
            (Err(refusal), Some(code)) => {
                self.tell(step, &format!("looks for {name}: {}", refusal.message))?;
                return self.hold(refusal.code == *code, || format!("{name}: {} and not {code}", refusal.code));
            }
            (Ok(_), Some(code)) => {
                self.tell(step, &format!("looks at {name}"))?;
                return self.hold(false, || format!("{device} can read {name}, and {code} was to come"));
            }
            (Err(refusal), None) => {
                self.tell(step, &format!("looks for {name}"))?;
                return self.hold(false, || format!("{device} cannot read {name}: {}", refusal.code));
            }
            (Ok(answer), None) => answer["view"].clone(),
        };
        let summary = &view["summary"];
        let mut shown = Vec::new();
        for (field, expected) in &step.expect.fields {
            let fields = view["fields"].as_array().into_iter().flatten();
            let found =
                fields.filter(|shown| string(shown, "name") == *field).map(|shown| shown["value"].clone()).next();
            let found = found.unwrap_or(Value::Null);
            shown.push(format!("{field} is {}", crate::cli::value_words(&found)));
            self.hold(found == *expected, || format!("{name}: {field} is {found}, not {expected}"))?;
        }
        if let Some(expected) = &step.expect.outcome {
            let outcome = string(summary, "outcome");
            shown.push(outcome.replace('_', " "));
            self.hold(outcome == *expected, || format!("{name}: the outcome is {outcome:?}, not {expected:?}"))?;
        }
        self.tell(step, &format!("looks at {name}: {}", shown.join(", ")))
    }

    pub(super) async fn search(&mut self, step: &Step, device: &str, text: &str) -> Result<(), DeskError> {
        let rows = self.ask(device, &AgentCommand::Search { text: text.to_owned() }).await?;
        let found: BTreeSet<String> = rows.as_array().into_iter().flatten().map(|row| string(row, "id")).collect();
        let names: Vec<String> = found.iter().map(|record| self.name_of(record)).collect();
        let result = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
        self.tell(step, &format!("searches for \"{}\" and finds {result}", plain(text)))?;
        let Some(expected) = &step.expect.found else { return Ok(()) };
        let expected = expected.iter().map(|name| self.record(name)).collect::<Result<BTreeSet<_>, _>>()?;
        // Among ten thousand invented people some have the same name: what is expected must be found, and nothing must be
        // found where nothing is expected.
        let holds = expected.is_subset(&found) && (expected.is_empty() == found.is_empty());
        self.hold(holds, || format!("the search of {device} for \"{text}\" finds {result}"))
    }

    pub(super) async fn list(&mut self, step: &Step, device: &str) -> Result<(), DeskError> {
        let rows = self.ask(device, &AgentCommand::List {}).await?;
        let listed: BTreeSet<String> = rows.as_array().into_iter().flatten().map(|row| string(row, "id")).collect();
        self.tell(step, &format!("has {} records", listed.len()))?;
        if step.expect.holds_everything {
            let missing = self.standing.keys().filter(|record| !listed.contains(*record)).count();
            let strange = listed.iter().filter(|record| !self.standing.contains_key(*record)).count();
            self.hold(missing == 0, || format!("{device} lacks {missing} records that were acknowledged"))?;
            self.hold(strange == 0, || format!("{device} has {strange} records that nobody acknowledged"))?;
        }
        if let Some(reader) = &step.expect.only_written_by_or_assigned_to {
            let readable = self.readable_by(reader);
            self.hold(listed == readable, || {
                let (more, less) = (listed.difference(&readable).count(), readable.difference(&listed).count());
                format!("{device} has {more} records that it shall not have and lacks {less} of its own")
            })?;
        }
        Ok(())
    }

    /// Whether a device opens nothing that others wrote (PROTOCOL 1), not even what they add to its own records.
    pub(super) fn opens_nothing(&self, device: &str) -> bool {
        self.scenario.devices.iter().any(|member| member.id == device && member.role == "volunteer")
    }

    /// What a device shall have: what it wrote and, if it may open it, what is assigned to it.
    pub(super) fn readable_by(&self, device: &str) -> BTreeSet<String> {
        let opens_assigned = !self.opens_nothing(device);
        let readable = self.standing.iter().filter(|(_, standing)| {
            standing.writer == device || (opens_assigned && standing.assigned.contains(device))
        });
        readable.map(|(record, _)| record.clone()).collect()
    }
}
