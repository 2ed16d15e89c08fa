//! A written scenario: who has a device, what they do in which order, and what has to hold after each step.
//! The format is described in `tests/scenarios/README.md`; an unknown word is refused, so that no runner skips a step.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::DeskError;

/// The format that this runner reads.
const FORMAT: u32 = 1;
/// The scenario that the demo plays if no other is named.
const FIRST_WEEK: &str = include_str!("../../../tests/scenarios/first-week.json");

/// What a step may consist of.
const WORDS: [&str; 7] = ["device", "when", "do", "as", "say", "with", "expect"];

/// A scenario as it stands in its file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: u32,
    #[serde(rename = "name")]
    _name: String,
    title: String,
    about: String,
    devices: Vec<Device>,
    steps: Vec<serde_json::Map<String, Value>>,
}

/// A scenario.
#[derive(Debug)]
pub(crate) struct Scenario {
    pub(crate) title: String,
    pub(crate) about: String,
    pub(crate) devices: Vec<Device>,
    pub(crate) steps: Vec<Step>,
}

/// A device and who holds it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Device {
    pub(crate) id: String,
    pub(crate) role: String,
    pub(crate) name: String,
    pub(crate) is: String,
}

/// One step.
#[derive(Debug, Deserialize)]
pub(crate) struct Step {
    pub(crate) device: Option<String>,
    #[serde(default)]
    pub(crate) when: String,
    #[serde(flatten)]
    pub(crate) act: Act,
    /// The name under which later steps speak of the record.
    #[serde(rename = "as")]
    pub(crate) name: Option<String>,
    /// What a person would say about it.
    pub(crate) say: Option<String>,
    #[serde(default)]
    pub(crate) expect: Expect,
}

/// What is done.
#[derive(Debug, Deserialize)]
#[serde(tag = "do", content = "with", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Act {
    Network(Network),
    CreateSpace {},
    Admit {
        device: String,
    },
    Intake {
        devices: Vec<String>,
    },
    Assign {
        record: String,
        devices: Vec<String>,
    },
    Screen {
        screening: Value,
        #[serde(default)]
        persons: Vec<Value>,
        #[serde(default)]
        decision: Option<Value>,
    },
    Sighting(Value),
    Generate {
        seed: u64,
        share: u64,
    },
    KillWhileSaving {
        generated: Generated,
        after_acknowledged: usize,
    },
    Kill {},
    Restart {
        #[serde(default)]
        enter_what_is_missing: bool,
    },
    Edit {
        record: String,
        set: BTreeMap<String, Value>,
    },
    Decide {
        record: String,
        decision: Value,
    },
    HandOver {
        record: String,
        to: Value,
    },
    AddOpinion {
        record: String,
        text: String,
    },
    AddAddendum {
        record: String,
        text: String,
    },
    Settle {
        record: String,
        field: String,
        choose: Value,
    },
    Sync {
        #[serde(default)]
        attempts: Option<u32>,
    },
    Conflicts {},
    Show {
        record: String,
    },
    Search {
        text: String,
    },
    List {},
}

/// What becomes of the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Network {
    State(LinkState),
    Drop { direction: Way, after_bytes: u64 },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LinkState {
    Cut,
    Restored,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Way {
    Up,
    Down,
}

/// Screenings from the generator.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Generated {
    pub(crate) seed: u64,
    pub(crate) count: usize,
}

/// What has to hold after a step. What is not named is not checked.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Expect {
    /// The instrument's points, on the device and in the desk's list.
    pub(crate) total: Option<i64>,
    /// The instrument's band.
    pub(crate) band: Option<String>,
    /// How many members the device knows.
    pub(crate) members: Option<usize>,
    /// How a sync ends: `complete` or `interrupted`.
    pub(crate) outcome: Option<String>,
    /// Records that the device can read now.
    pub(crate) reads: Vec<String>,
    /// Fields and their values.
    pub(crate) fields: BTreeMap<String, Value>,
    /// The stable code that it fails with.
    pub(crate) error: Option<String>,
    /// The records found, no more and no less.
    pub(crate) found: Option<Vec<String>>,
    /// What people differ on, no more and no less.
    pub(crate) open: Option<Vec<OpenQuestion>>,
    /// Whether the record and the people in it are gone.
    pub(crate) erased: bool,
    /// Whether everything that was acknowledged before the device was killed is there.
    pub(crate) every_acknowledged_record_is_there: bool,
    /// Whether the list has every record that any device acknowledged.
    pub(crate) holds_everything: bool,
    /// Whether the list has exactly what this device wrote and what was assigned to it.
    pub(crate) only_written_by_or_assigned_to: Option<String>,
}

/// A field on which people differ.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpenQuestion {
    pub(crate) record: String,
    pub(crate) field: String,
    pub(crate) values: Vec<Value>,
}

impl Scenario {
    /// The first week.
    pub(crate) fn first_week() -> Result<Self, DeskError> {
        Self::read(FIRST_WEEK)
    }

    /// Reads a scenario.
    pub(crate) fn read(text: &str) -> Result<Self, DeskError> {
        let bad = |error: serde_json::Error| DeskError::Usage(format!("the scenario: {error}"));
        let mut file: File = serde_json::from_str(text).map_err(bad)?;
        if file.format != FORMAT {
            return Err(DeskError::Usage(format!(
                "the scenario has format {}, this runner reads {FORMAT}",
                file.format
            )));
        }
        let mut steps = Vec::with_capacity(file.steps.len());
        for (number, mut step) in (1..).zip(file.steps.drain(..)) {
            if let Some(word) = step.keys().find(|word| !WORDS.contains(&word.as_str())) {
                return Err(DeskError::Usage(format!("the scenario, step {number}: unknown word {word:?}")));
            }
            // A step that needs nothing more is written without it.
            step.entry("with").or_insert_with(|| Value::Object(serde_json::Map::new()));
            let read = serde_json::from_value(Value::Object(step));
            steps.push(read.map_err(|error| DeskError::Usage(format!("the scenario, step {number}: {error}")))?);
        }
        Ok(Self { title: file.title, about: file.about, devices: file.devices, steps })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_first_week_has_what_it_promises() {
        let scenario = Scenario::first_week().unwrap();
        let screenings = scenario.steps.iter().filter(|step| matches!(step.act, Act::Screen { .. })).count();
        assert!(screenings >= 40, "{screenings}");
        let mut outcomes = BTreeSet::new();
        for step in &scenario.steps {
            let decision = match &step.act {
                Act::Screen { decision: Some(decision), .. } | Act::Decide { decision, .. } => decision,
                Act::HandOver { .. } => &serde_json::json!({"outcome": "handed_over"}),
                _ => continue,
            };
            outcomes.insert(decision["outcome"].as_str().unwrap().to_owned());
        }
        for outcome in ["let_go", "declined_informed", "intercepted", "referred", "handed_over", "closed"] {
            assert!(outcomes.contains(outcome), "{outcome}");
        }
        let text = FIRST_WEEK;
        assert!(text.chars().any(|c| ('\u{900}'..='\u{97f}').contains(&c)));
        assert!(text.contains("\"agreed\"") && text.contains("\"child_with_protection\""));
    }

    #[test]
    fn every_step_names_devices_and_records_that_exist() {
        let scenario = Scenario::first_week().unwrap();
        let devices: BTreeSet<_> = scenario.devices.iter().map(|device| device.id.as_str()).collect();
        let mut records = BTreeSet::new();
        for step in &scenario.steps {
            assert!(step.device.as_deref().is_none_or(|id| devices.contains(id)), "{}", step.when);
            assert_eq!(step.device.is_none(), matches!(step.act, Act::Network(_)), "{}", step.when);
            if let Act::Screen { persons, .. } = &step.act {
                records.extend(persons.iter().filter_map(|person| person["as"].as_str()));
            }
            records.extend(step.name.as_deref());
            let named = match &step.act {
                Act::Assign { record, .. }
                | Act::Edit { record, .. }
                | Act::Decide { record, .. }
                | Act::HandOver { record, .. }
                | Act::AddOpinion { record, .. }
                | Act::AddAddendum { record, .. }
                | Act::Settle { record, .. }
                | Act::Show { record } => record,
                _ => continue,
            };
            assert!(records.contains(named.as_str()), "{named}");
        }
    }

    #[test]
    fn an_unknown_word_is_refused() {
        let scenario =
            |step: &str| format!(r#"{{"format":1,"name":"x","title":"x","about":"x","devices":[],"steps":[{step}]}}"#);
        assert!(Scenario::read(&scenario(r#"{"do":"kill","device":"a","with":{}}"#)).is_ok());
        for bad in [
            r#"{"do":"dance"}"#,
            r#"{"do":"kill","devices":"a"}"#,
            r#"{"do":"show","with":{"record":"a","colour":1}}"#,
            r#"{"do":"kill","with":{},"expect":{"x":1}}"#,
        ] {
            assert!(Scenario::read(&scenario(bad)).is_err(), "{bad}");
        }
        assert!(Scenario::read(&scenario("").replace("\"format\":1", "\"format\":2")).is_err());
    }
}
