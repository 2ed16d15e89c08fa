//! Writes of invented records, as a device of a committee packs them: new screenings with their persons and decisions,
//! sightings, and edits of what was sent before.

use crate::committee::{Committee, Device, Said, drawn};
use vigil::demo::bulk::Screenings;
use vigil::demo::people::{Corpus, People};
use vigil_core::measure::waiting_writes;
use vigil_core::records::{FieldName, FieldValue};
use vigil_core::{NewSighting, RecordId, Role, Timestamp};

/// One write before compression.
pub(crate) struct Write {
    /// Its content.
    pub(crate) content: Vec<u8>,
    /// What both ends know of it.
    pub(crate) context: Vec<u8>,
}

/// Writes of so many screenings and what goes with them, drawn with this seed.
pub(crate) fn of_records(corpus: Corpus, (seed, count): (u64, u64)) -> Result<Vec<Write>, String> {
    let mut committee = Committee::new("dictionary")?;
    let mut device = committee.admit(Role::Monitor)?;
    let mut screenings = Screenings::new(corpus, seed);
    let mut people = People::new(corpus, seed);
    let mut records = Vec::new();
    for number in 0..count {
        let input = drawn(&mut screenings)?;
        records.push(device.record(&input)?.0);
        if number % 12 == 0 {
            device.vault.record_sighting(&sighting(&mut people)).said()?;
        }
    }
    let mut writes = waiting(&device)?;
    committee.sync(&mut device)?;
    for record in records.iter().step_by(3) {
        edit(&mut device, record, &mut people)?;
    }
    writes.extend(waiting(&device)?);
    Ok(writes)
}

fn waiting(device: &Device) -> Result<Vec<Write>, String> {
    let writes = waiting_writes(&device.vault, usize::MAX >> 1).said()?;
    Ok(writes.into_iter().map(|write| Write { content: write.content, context: write.context }).collect())
}

fn sighting(people: &mut People) -> NewSighting {
    let script = people.script();
    NewSighting {
        place: people.village(script),
        seen_at: Timestamp(1_793_600_000_000),
        description: Some(people.note(script)),
        people: Some(2),
    }
}

/// Edits one field, another one each time.
fn edit(device: &mut Device, record: &RecordId, people: &mut People) -> Result<(), String> {
    let (name, value) = one_field(people);
    let field = FieldName::new(name).said()?;
    device.vault.edit(record, &[(field, Some(value))]).said()
}

/// A field of a screening that somebody corrects later, with its new value.
pub(crate) fn one_field(people: &mut People) -> (&'static str, FieldValue) {
    let script = people.script();
    match people.random().below(6) {
        0 => ("observations", FieldValue::Text(people.sentence(script))),
        1 => ("journey.to", FieldValue::Text(people.journey(script).to)),
        2 => ("journey.from", FieldValue::Text(people.journey(script).from)),
        3 => ("minutes", FieldValue::Integer(i64::try_from(people.random().between(31, 90)).unwrap_or(31))),
        4 => ("answer.threats", FieldValue::Text("yes".to_owned())),
        _ => ("station", FieldValue::Text(people.station(script))),
    }
}
