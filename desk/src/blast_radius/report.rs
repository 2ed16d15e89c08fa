//! What the measure came to: for each party how many people it reads, who they may be, and what does not hold.
//! It compares sets and not only numbers: one person too many is not made good by one too few.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::attacker::{People, Read};
use super::party::{Identity, Part, Place};

const DAY: i64 = 24 * 60 * 60 * 1000;
/// How long a monitor keeps what was acknowledged.
const MONITOR_KEEPS: i64 = 30 * DAY;

const NOTES: [&str; 5] = [
    "each attacker has all weekly images of the party's files (before and after hand-overs), its PIN, its process's memory, \
     and every sealed item that the server ever held, which is more than the party has",
    "the folder HOME.hardware stands for the phone's key store and is taken as it is at the end: a chip has no earlier image",
    "officer_phone and desk: the largest single device; allowed are people for whom the device was ever on duty, recorded \
     them, or was named, also people who were erased or reassigned since: a device's private key opens capsules that the \
     server kept",
    "monitor: the largest single device; allowed are its own people of the last 30 days",
    "positive_control: all keys together on sealed items alone; erased people need not be found",
];

/// The people of a run by number, whom each party reads, and when it ended.
#[derive(Debug)]
pub struct Report {
    server: People,
    all: People,
    devices: Vec<Device>,
    identities: usize,
    alive: People,
    weeks: usize,
    images: usize,
}

#[derive(Debug)]
struct Device {
    place: Place,
    found: Read,
    /// Whom it reads anywhere.
    read: People,
    /// Whom it may read.
    may: People,
    /// Whom it must read: what it has not sent.
    unsent: People,
    /// People recorded after it was removed.
    new: People,
    removed: bool,
}

/// What a report is made of.
pub(super) struct Findings<'a> {
    pub(super) identities: &'a [Identity],
    pub(super) now: i64,
    pub(super) removed: Option<Place>,
    pub(super) server: Read,
    pub(super) devices: Vec<(Place, Read)>,
    pub(super) all: People,
    pub(super) weeks: usize,
    pub(super) images: usize,
}

impl Report {
    pub(super) fn new(findings: Findings<'_>) -> Self {
        let Findings { identities, now, removed, server, devices, all, weeks, images } = findings;
        let those = |belongs: &dyn Fn(&Identity) -> bool| -> People {
            identities.iter().enumerate().filter(|(_, identity)| belongs(identity)).map(|(number, _)| number).collect()
        };
        let device = |(place, found): (Place, Read)| {
            let own = |identity: &Identity| identity.recorded_by == place;
            let unsent = those(&|identity| own(identity) && !identity.sent);
            let may = match place.part {
                Part::Volunteer => unsent.clone(),
                Part::Monitor => those(&|identity| own(identity) && identity.recorded_at > now - MONITOR_KEEPS),
                Part::Auditor => People::new(),
                Part::Desk | Part::FirstOfficer | Part::SecondOfficer => {
                    those(&|identity| identity.readers.contains(&place))
                }
            };
            let removed = removed == Some(place);
            let new = if removed { those(&|identity| identity.after_removal) } else { People::new() };
            Device { place, read: found.anywhere(), found, may, unsent, new, removed }
        };
        Self {
            server: server.anywhere(),
            all,
            devices: devices.into_iter().map(device).collect(),
            identities: identities.len(),
            alive: those(&|identity| !identity.erased),
            weeks,
            images,
        }
    }

    fn of(&self, parts: &'static [Part]) -> impl Iterator<Item = &Device> {
        self.devices.iter().filter(|device| parts.contains(&device.place.part))
    }

    fn figures(&self) -> BTreeMap<&'static str, (usize, usize)> {
        const OFFICERS: &[Part] = &[Part::FirstOfficer, Part::SecondOfficer];
        const VOLUNTEERS: &[Part] = &[Part::Volunteer];
        let largest = |parts| {
            let read = self.of(parts).map(|device| device.read.len()).max();
            let may = self.of(parts).map(|device| device.may.len()).max();
            (read.unwrap_or(0), may.unwrap_or(0))
        };
        let volunteers = |count: fn(&Device) -> usize| self.of(VOLUNTEERS).map(count).sum();
        let removed = self.devices.iter().filter(|device| device.removed);
        BTreeMap::from([
            ("server", (self.server.len(), 0)),
            ("volunteer_after_ack", (volunteers(|device| device.read.difference(&device.unsent).count()), 0)),
            (
                "volunteer_unsent",
                (
                    volunteers(|device| device.read.intersection(&device.unsent).count()),
                    volunteers(|device| device.unsent.len()),
                ),
            ),
            ("monitor", largest(&[Part::Monitor])),
            ("officer_phone", largest(OFFICERS)),
            ("desk", largest(&[Part::Desk])),
            ("auditor", (self.of(&[Part::Auditor]).map(|device| device.read.len()).sum(), 0)),
            (
                "removed_member_new_records",
                (removed.map(|device| device.read.intersection(&device.new).count()).sum(), 0),
            ),
            ("positive_control", (self.all.len(), self.alive.len())),
        ])
    }

    /// What has to hold and does not, in words; nothing if everything holds.
    #[must_use]
    pub fn failures(&self) -> Vec<String> {
        let mut failures = Vec::new();
        if !self.server.is_empty() {
            failures.push(format!("the server reads {} people", self.server.len()));
        }
        for device in &self.devices {
            let (name, too_many) = (device.place.name(), device.read.difference(&device.may).count());
            if too_many > 0 {
                let those = |people: &People| people.difference(&device.may).count();
                let Read { files, memory, opened } = &device.found;
                let places = [those(files), those(memory), those(opened)];
                failures.push(format!(
                    "{name} reads {too_many} people whom it may not read: {} in files, {} in memory, {} with keys",
                    places[0], places[1], places[2]
                ));
            }
            let missed = device.unsent.difference(&device.read).count();
            if missed > 0 {
                failures.push(format!("{name} does not hold {missed} people whom it has not sent"));
            }
            let new = device.read.intersection(&device.new).count();
            if new > 0 {
                failures.push(format!("{name} was removed and reads {new} people recorded since"));
            }
            if device.removed && device.new.is_empty() {
                failures.push(format!("nobody was recorded after {name} was removed"));
            }
        }
        let missed = self.alive.difference(&self.all).count();
        if missed > 0 {
            failures.push(format!("positive control: all keys together do not find {missed} people"));
        }
        failures
    }

    /// How many people were recorded, and how many of them were erased.
    #[must_use]
    pub fn identities(&self) -> (usize, usize) {
        (self.identities, self.identities - self.alive.len())
    }

    /// The report as one value.
    #[must_use]
    pub fn as_json(&self) -> Value {
        let (mut report, mut expected) = (Map::new(), Map::new());
        for (name, (read, may)) in self.figures() {
            report.insert(name.to_owned(), json!(read));
            expected.insert(name.to_owned(), json!(may));
        }
        let device = |device: &Device| {
            let Device { place, read, may, .. } = device;
            (place.name(), json!({"reads": read.len(), "may_read": may.len()}))
        };
        report.insert("expected".to_owned(), Value::Object(expected));
        report.insert("identities".to_owned(), json!(self.identities));
        report.insert("erased".to_owned(), json!(self.identities().1));
        report.insert("weeks".to_owned(), json!(self.weeks));
        report.insert("images".to_owned(), json!(self.images));
        report.insert("devices".to_owned(), Value::Object(self.devices.iter().map(device).collect()));
        report.insert("notes".to_owned(), json!(NOTES));
        report.insert("failures".to_owned(), json!(self.failures()));
        Value::Object(report)
    }

    /// The report in words.
    #[must_use]
    pub fn as_text(&self) -> String {
        let (identities, erased) = self.identities();
        let mut text =
            format!("{identities} people in {} weeks, {erased} erased. Read by (may at most):\n", self.weeks);
        for (name, (read, may)) in self.figures() {
            // Writing to a string does not fail.
            writeln!(text, "{name:<28} {read} ({may})").ok();
        }
        for failure in self.failures() {
            writeln!(text, "does not hold: {failure}").ok();
        }
        text
    }
}
