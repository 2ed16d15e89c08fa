//! What has to hold at the end of a run: nothing lost, all devices agree, nothing readable lies anywhere.
//! It promises to compare what devices really hold - heads, events and everything shown - and to search real files.

use std::collections::BTreeMap;

use serde_json::Value;

use super::folder::RunFolder;
use super::run::{Run, string};
use super::search::{Found, Needles};
use super::seeds::Seeds;
use crate::DeskError;
use crate::agent::{AgentCommand, RecordState};

/// What came of a run, before its files are searched.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Records on the desk's list.
    pub(crate) records: u64,
    /// Acknowledged records that the desk does not list.
    pub(crate) lost: u64,
    /// Whether every device holds what it shall, and agrees with the desk on it as far as its role reads.
    pub(crate) converged: bool,
    /// Questions that are open at the end.
    pub(crate) open: u64,
    /// How many of the names, phones and notes the opened homes of devices that keep nothing still hold.
    pub(crate) left_after_hand_over: u64,
    /// The desk's list, newest first.
    pub(crate) desk_list: Vec<Value>,
}

/// Where seeded strings were found.
#[derive(Debug, Default)]
pub(crate) struct Searched {
    pub(crate) server: Found,
    pub(crate) wire: Found,
    pub(crate) disk: Found,
}

impl Searched {
    /// The three places with their names.
    pub(crate) fn places(&self) -> [(&'static str, &Found); 3] {
        [("server", &self.server), ("wire", &self.wire), ("disk", &self.disk)]
    }

    /// How many of the first `count` needles were found in each of the three places.
    pub(crate) fn in_all_places(&self, count: usize) -> usize {
        let found = |number: usize, found: &Found| {
            found.hits.range((number, super::search::Form::Utf8)..).next().is_some_and(|(needle, _)| *needle == number)
        };
        (0..count).filter(|number| self.places().iter().all(|(_, place)| found(*number, place))).count()
    }
}

impl Run<'_> {
    /// Compares the devices at the end. Writes `NAME.list.json` beside the homes.
    pub(crate) async fn outcome(&mut self) -> Result<Outcome, DeskError> {
        let scenario = self.scenario;
        let desk = scenario.devices.iter().find(|device| device.role == "desk");
        let desk = desk.ok_or_else(|| DeskError::Usage("the scenario has no desk".to_owned()))?;
        let mut outcome = Outcome::default();
        let failures = self.failures.len();
        let mut states = BTreeMap::new();
        for device in &scenario.devices {
            let list = self.ask(&device.id, &AgentCommand::List {}).await?;
            let bytes = serde_json::to_vec_pretty(&list).unwrap_or_default();
            self.folder.write(&format!("{}.list.json", device.id), &bytes)?;
            if device.id == desk.id {
                let status = self.ask(&device.id, &AgentCommand::Status {}).await?;
                outcome.open = status.get("conflicts").and_then(Value::as_u64).unwrap_or_default();
                outcome.desk_list = list.as_array().cloned().unwrap_or_default();
            }
            let status = self.ask(&device.id, &AgentCommand::Status {}).await?;
            let left = |name: &str| status.get(name).and_then(Value::as_u64).unwrap_or_default();
            let (waiting, set_aside) = (left("waiting"), left("set_aside"));
            self.hold(waiting + set_aside == 0, || {
                format!("{}: {waiting} saves wait and {set_aside} were refused after the last sync", device.id)
            })?;
            // Last: looking at records of persons leaves reads for the auditor to be sent.
            states.insert(device.id.clone(), self.states(&device.id).await?);
        }
        let listed: BTreeMap<String, &Value> = outcome.desk_list.iter().map(|row| (string(row, "id"), row)).collect();
        outcome.records = listed.len() as u64;
        outcome.lost = self.standing.keys().filter(|record| !listed.contains_key(*record)).count() as u64;
        let lost = outcome.lost;
        self.hold(lost == 0, || format!("{lost} acknowledged records are not on the desk's list"))?;
        let strange = listed.keys().filter(|record| !self.standing.contains_key(*record)).count();
        self.hold(strange == 0, || format!("{strange} records on the desk's list were acknowledged by nobody"))?;
        self.compare_scores(&listed)?;
        let at_desk = states.get(&desk.id).cloned().unwrap_or_default();
        for (device, here) in states.iter().filter(|(device, _)| **device != desk.id) {
            let readable = self.readable_by(device);
            let opens_nothing = self.opens_nothing(device);
            let handed_over = &self.handed_over;
            let agrees = |id: &String, state: &RecordState| {
                let before = handed_over.get(&(device.clone(), id.clone()));
                let state = if state.gone { before.unwrap_or(state) } else { state };
                at_desk.get(id).is_some_and(|there| match opens_nothing {
                    true => is_at(there, state, self.changed_by_others(id, device)),
                    false => there == state,
                })
            };
            let differing: Vec<_> = here.iter().filter(|(id, state)| !agrees(id, state)).collect();
            let names: Vec<_> = differing.iter().take(5).map(|(id, _)| self.name_of(id)).collect();
            self.hold(names.is_empty(), || {
                format!(
                    "{device} and the desk do not agree on {} records, such as {}",
                    differing.len(),
                    names.join(", ")
                )
            })?;
            let holds = readable.len() == here.len() && readable.iter().all(|record| here.contains_key(record));
            self.hold(holds, || format!("{device} holds {} records and shall hold {}", here.len(), readable.len()))?;
        }
        outcome.left_after_hand_over = self.left_after_hand_over(&desk.id).await?;
        outcome.converged = self.failures.len() == failures;
        Ok(outcome)
    }

    /// Notes what a device that keeps nothing has before it hands it over: all of that must be at the desk in the end.
    pub(super) async fn note_before_hand_over(&mut self, device: &str) -> Result<(), DeskError> {
        if self.opens_nothing(device) {
            let states = self.states(device).await?;
            let here = states.into_iter().filter(|(_, state)| !state.gone);
            self.handed_over.extend(here.map(|(record, state)| ((device.to_owned(), record), state)));
        }
        Ok(())
    }

    /// A device that keeps nothing holds stubs only, and none of the words that stand in records; the desk holds them all.
    async fn left_after_hand_over(&mut self, desk: &str) -> Result<u64, DeskError> {
        let mut all_left = 0;
        let words: Vec<String> = self.seeds.kept().map(str::to_owned).collect();
        let scenario = self.scenario;
        for device in scenario.devices.iter().map(|device| device.id.as_str()) {
            let keeps = match self.opens_nothing(device) {
                true => 0,
                false if device == desk => words.len() as u64,
                false => continue,
            };
            let answer = self.ask(device, &AgentCommand::HoldsWords { words: words.clone() }).await?;
            let found = answer.get("found").and_then(Value::as_u64).unwrap_or(u64::MAX);
            self.hold(found == keeps, || {
                format!("{device} holds {found} of the {} names, phones and notes, not {keeps}", words.len())
            })?;
            if keeps == 0 {
                let left = self.states(device).await?.values().filter(|state| !state.gone).count();
                self.hold(left == 0, || format!("{device} keeps the content of {left} records that it handed over"))?;
                all_left += found;
            }
        }
        Ok(all_left)
    }

    fn changed_by_others(&self, record: &str, device: &str) -> bool {
        self.standing.get(record).is_some_and(|standing| standing.changed_by.iter().any(|who| who != device))
    }

    async fn states(&mut self, device: &str) -> Result<BTreeMap<String, RecordState>, DeskError> {
        let states = self.ask(device, &AgentCommand::States {}).await?;
        serde_json::from_value(states).map_err(|error| DeskError::file(format!("the states of {device}"), error.into()))
    }

    fn compare_scores(&mut self, listed: &BTreeMap<String, &Value>) -> Result<(), DeskError> {
        let expected: Vec<_> =
            self.standing.iter().filter_map(|(id, s)| Some((id.clone(), s.score.clone()?))).collect();
        for (record, (points, band)) in expected {
            let Some(row) = listed.get(&record) else { continue };
            let found = (row.get("points").and_then(Value::as_i64), string(row, "band"));
            let name = self.name_of(&record);
            self.hold(found == (Some(points), band.clone()), || {
                format!("{name} has {found:?} on the desk's list, not {points} points and {band}")
            })?;
        }
        Ok(())
    }
}

/// Whether all that a device has of a record is at the desk too. What the desk has beside it - its own events, and
/// fields that others changed - is no difference for a device that opens nothing of others.
fn is_at(desk: &RecordState, here: &RecordState, changed_by_others: bool) -> bool {
    let events = here.events.iter().all(|event| desk.events.contains(event));
    events && (changed_by_others || (desk.heads == here.heads && desk.facts == here.facts))
}

/// Searches the files of a run for what was written: first all that stands in records, then the rest.
pub(crate) fn search(folder: &RunFolder, seeds: &Seeds) -> Result<Searched, DeskError> {
    let needles = Needles::new(seeds.kept().chain(seeds.not_kept()))
        .map_err(|error| DeskError::DoesNotHold(format!("the search could not be prepared: {error}")))?;
    let search = |path: std::path::PathBuf| {
        needles.in_folder(&path).map_err(|error| DeskError::file(path.display().to_string(), error))
    };
    Ok(Searched { server: search(folder.server())?, wire: search(folder.wire())?, disk: search(folder.devices())? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(heads: &[&str], events: &[&str], facts: &str) -> RecordState {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        RecordState {
            heads: owned(heads),
            events: owned(events),
            facts: facts.to_owned(),
            shown: String::new(),
            gone: false,
        }
    }

    #[test]
    fn all_that_a_volunteer_wrote_must_be_at_the_desk() {
        let hers = state(&["a"], &["1"], "f");
        // What the desk added is no difference.
        assert!(is_at(&state(&["a"], &["1", "2"], "f"), &hers, false));
        assert!(is_at(&state(&["b"], &["1"], "g"), &hers, true));
        // What is missing there is one, and so are fields that nobody else changed.
        assert!(!is_at(&state(&["a"], &["2"], "f"), &hers, false));
        assert!(!is_at(&state(&["b"], &[], "g"), &hers, true));
        assert!(!is_at(&state(&["b"], &["1"], "f"), &hers, false));
        assert!(!is_at(&state(&["a"], &["1"], "g"), &hers, false));
    }
}
