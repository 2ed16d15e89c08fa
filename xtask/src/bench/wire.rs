//! Bytes on the wire: whole request and answer bodies between a device and the real server, what they consist of, and what
//! the same content would need at least.

use super::figures::Figures;
use crate::committee::{Committee, Device, Exchange, Said};
use crate::dictionary::one_field;
use vigil::ScreeningInput;
use vigil::demo::bulk::Screenings;
use vigil::demo::people::{Corpus, People};
use vigil_core::measure::{TAG_BYTES, waiting_writes};
use vigil_core::records::{FieldName, FieldValue};
use vigil_core::{RecordId, Role};
use vigil_protocol::{Item, PushedItem, SyncRequest, canonical};

/// Records or edits in a batch.
const BATCH: usize = 100;
/// Edits that are each sent alone.
const ALONE: usize = 25;
const SIGNATURE_BYTES: usize = 64;

/// Bytes of what was sent, by what they are for.
#[derive(Clone, Copy, Debug, Default)]
struct Bytes {
    content: usize,
    padding: usize,
    tags: usize,
    capsules: usize,
    event_signatures: usize,
    total: usize,
    round_trips: u64,
    floor: usize,
}

/// Puts every figure of the wire.
pub(crate) fn run(figures: &mut Figures) -> Result<(), String> {
    figures.say("bytes on the wire");
    let mut committee = Committee::new("wire")?;
    let mut device = committee.admit(Role::Monitor)?;
    committee.sync(&mut device)?;

    let cases = inputs()?;
    let bare: Vec<_> = cases.iter().map(|input| ScreeningInput { persons: Vec::new(), ..input.clone() }).collect();
    let let_go = let_go()?;
    let (with_person, records) = new_screenings(&committee, &mut device, &cases)?;
    put(figures, "wire.new_screening_with_person", with_person, BATCH);
    let (alone, _) = new_screenings(&committee, &mut device, &bare)?;
    put(figures, "wire.new_screening", alone, BATCH);
    let (let_go, _) = new_screenings(&committee, &mut device, &let_go)?;
    put(figures, "wire.new_screening_let_go", let_go, BATCH);

    let mut people = People::new(Corpus::Bench, 41);
    let mut one_by_one = Bytes::default();
    for record in records.iter().take(ALONE) {
        let sent = edits(&committee, &mut device, &[*record], &mut people)?;
        one_by_one.add(sent);
    }
    put(figures, "wire.one_edit_alone", one_by_one, ALONE);
    let batched = edits(&committee, &mut device, &records, &mut people)?;
    put(figures, "wire.one_edit_batched", batched, records.len());

    let idle = push(&committee, &mut device, 0)?;
    put(figures, "wire.idle", idle, 1);
    Ok(())
}

/// Screenings of people who stay, with a note, one decision and one person each.
fn inputs() -> Result<Vec<ScreeningInput>, String> {
    let mut screenings = Screenings::new(Corpus::Bench, 21);
    (0..BATCH)
        .map(|_| {
            let mut input: ScreeningInput = serde_json::from_value(screenings.draw_with_people().input).said()?;
            input.persons.truncate(1);
            Ok(input)
        })
        .collect()
}

/// Screenings of people who travel on: most of what a checkpoint records.
fn let_go() -> Result<Vec<ScreeningInput>, String> {
    let mut screenings = Screenings::new(Corpus::Bench, 22);
    (0..BATCH).map(|_| serde_json::from_value(screenings.draw_alone().input).said()).collect()
}

fn new_screenings(
    committee: &Committee,
    device: &mut Device,
    inputs: &[ScreeningInput],
) -> Result<(Bytes, Vec<RecordId>), String> {
    let mut records = Vec::new();
    let mut floor = 0;
    for input in inputs {
        records.push(device.record(input)?.0);
        floor += smallest(&serde_json::to_vec(input).said()?);
    }
    Ok((push(committee, device, floor)?, records))
}

fn edits(
    committee: &Committee,
    device: &mut Device,
    records: &[RecordId],
    people: &mut People,
) -> Result<Bytes, String> {
    let mut floor = 0;
    for record in records {
        let (name, value) = one_field(people);
        floor += smallest(&serde_json::to_vec(&serde_json::json!({name: json(&value)})).said()?);
        device.vault.edit(record, &[(FieldName::new(name).said()?, Some(value))]).said()?;
    }
    push(committee, device, floor)
}

fn json(value: &FieldValue) -> serde_json::Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// The same content as JSON, compressed with the same dictionary at the highest level, without anything around it.
fn smallest(json: &[u8]) -> usize {
    vigil_core::compress(json, b"").len()
}

/// Sends what waits and takes the bytes apart.
fn push(committee: &Committee, device: &mut Device, floor: usize) -> Result<Bytes, String> {
    let mut bytes = Bytes { floor, ..Bytes::default() };
    let mut sealed = 0;
    for write in waiting_writes(&device.vault, usize::MAX >> 1).said()? {
        let signatures = write.events * SIGNATURE_BYTES;
        bytes.content += write.compressed.saturating_sub(signatures);
        bytes.event_signatures += signatures;
        bytes.tags += TAG_BYTES;
        bytes.padding += write.sealed - write.compressed - TAG_BYTES;
        sealed += write.sealed;
    }
    let (report, exchanges) = committee.sync(device)?;
    bytes.round_trips = report.round_trips;
    bytes.total = exchanges.iter().map(|exchange| exchange.request.len() + exchange.answer.len()).sum();
    let mut seen = 0;
    for item in exchanges.iter().map(items).collect::<Result<Vec<_>, _>>()?.into_iter().flatten() {
        bytes.capsules += item.0;
        seen += item.1;
    }
    if seen != sealed {
        return Err(format!("{seen} sealed bytes were sent where {sealed} were expected"));
    }
    Ok(bytes)
}

/// Bytes of the capsule and of the sealed content of each item in a request.
fn items(exchange: &Exchange) -> Result<Vec<(usize, usize)>, String> {
    let request = SyncRequest::from_body(&exchange.request).said()?;
    let items = request.batches.iter().flat_map(|batch| &batch.items);
    Ok(items
        .map(|item| match item {
            PushedItem::Whole(item) => {
                let capsule = item.capsule().map_or(0, |capsule| canonical::encode(capsule).len());
                let sealed = if let Item::Write(_, sealed) = item { sealed.len() } else { 0 };
                (capsule, sealed)
            }
            PushedItem::Write(_, sealed) => (0, sealed.len()),
            // Only in what is pushed again: a hash.
            PushedItem::Gone(_) => (0, 0),
        })
        .collect())
}

impl Bytes {
    fn add(&mut self, other: Self) {
        self.content += other.content;
        self.padding += other.padding;
        self.tags += other.tags;
        self.capsules += other.capsules;
        self.event_signatures += other.event_signatures;
        self.total += other.total;
        self.round_trips += other.round_trips;
        self.floor += other.floor;
    }
}

fn put(figures: &mut Figures, name: &str, bytes: Bytes, count: usize) {
    let each = |sum: usize| sum as f64 / count as f64;
    let parts = bytes.content + bytes.padding + bytes.tags + bytes.capsules + bytes.event_signatures;
    figures.put(name, each(bytes.total), "bytes");
    figures.put(format!("{name}.unpadded"), each(bytes.total - bytes.padding), "bytes");
    for (part, sum) in [
        ("content", bytes.content),
        ("padding", bytes.padding),
        ("tags", bytes.tags),
        ("capsules", bytes.capsules),
        ("event_signatures", bytes.event_signatures),
        ("batch", bytes.total - parts),
        ("floor", bytes.floor),
    ] {
        figures.put(format!("{name}.{part}"), each(sum), "bytes");
    }
    // One sync each: of a hundred records, of one edit, of nothing.
    let syncs = if name.ends_with("alone") { count } else { 1 };
    figures.put(format!("{name}.round_trips"), bytes.round_trips as f64 / syncs as f64, "round trips");
}
