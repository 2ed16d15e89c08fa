//! From a record that was read and checked to what the report says of it: fields as they stand, and every statement.
//! Statements come after those that their authors had provably seen; where nothing proves an order, claimed times only
//! decide which is printed first.

use super::bundle::{BatchEvidence, RecordEvidence};
use super::report::{EvidenceField, EvidenceRecord, EvidenceStatement, EvidenceValue};
use super::verify::{Read, batch_name};
use crate::records::{Kinds, OutcomeState, Standing, resolve_fields};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use vigil_protocol::{Chain, DeviceId, Membership};

/// What the report says of a record.
pub(super) fn describe(evidence: &RecordEvidence, read: &Read, membership: &Membership) -> EvidenceRecord {
    let standing = Standing::of(read.events.iter().map(|(id, event)| (*id, &event.event)));
    let outcome = match standing.outcome() {
        OutcomeState::None => None,
        OutcomeState::One { outcome, .. } => Some(outcome.name().to_owned()),
        OutcomeState::Open(_) => Some("open".to_owned()),
    };
    EvidenceRecord {
        record: evidence.record.to_string(),
        kind: read.kind.clone(),
        outcome,
        fields: fields(read, &standing, membership),
        statements: ordered(statements(evidence, read, membership)),
        chains: read.chains.clone(),
        keys: evidence.keys.len() as u64,
        attachments: evidence.attachments.iter().map(|attachment| attachment.hash.to_string()).collect(),
        left_out: evidence.left_out,
    }
}

fn role(membership: &Membership, device: &DeviceId) -> String {
    membership.member(device).map_or("unknown", |member| member.role.name()).to_owned()
}

fn json(value: &impl serde::Serialize) -> Value {
    serde_json::to_value(value).unwrap_or(Value::Null)
}

fn fields(read: &Read, standing: &Standing, membership: &Membership) -> Vec<EvidenceField> {
    let kinds = Kinds::builtin().ok();
    resolve_fields(&read.facts, standing)
        .into_iter()
        .map(|(name, view)| EvidenceField {
            label: kinds.as_ref().map_or_else(|| name.as_str().to_owned(), |kinds| kinds.label(&read.kind, &name)),
            name: name.as_str().to_owned(),
            open: view.open,
            settled_by: view.settled_by.map(|id| id.to_string()),
            values: view
                .values
                .iter()
                .map(|written| EvidenceValue {
                    value: json(&written.value),
                    author: written.author.to_string(),
                    role: role(membership, &written.author),
                    claimed_time: written.time.0,
                    statement: written.change.to_string(),
                })
                .collect(),
        })
        .collect()
}

/// Whether the removal or suspension of its author, if there was one, counts a batch.
fn counts(batch: &BatchEvidence, membership: &Membership) -> bool {
    let lapse = membership.member(&batch.header.device).and_then(|member| member.lapse());
    lapse.is_none_or(|lapse| lapse.counts(&batch.header.chain))
}

/// A statement and where it stands in its author's chain, if it stands there.
type Placed = (EvidenceStatement, Option<(DeviceId, u64)>);

fn statements(evidence: &RecordEvidence, read: &Read, membership: &Membership) -> Vec<Placed> {
    let mut placed = Vec::new();
    let mut add = |mut statement: EvidenceStatement, author: DeviceId, batches: &[usize], named: Vec<String>| {
        let batches: Vec<_> = batches.iter().filter_map(|number| evidence.batches.get(*number)).collect();
        statement.signed_in = batches.iter().map(|batch| batch_name(batch)).collect();
        statement.acknowledged = batches.iter().any(|batch| batch.acknowledged);
        statement.not_counted = batches.iter().all(|batch| !counts(batch, membership));
        statement.follows = named;
        let at = batches.iter().find_map(|batch| match batch.header.chain {
            Chain::Sync { counter, .. } if batch.header.device == author => Some((author, counter)),
            _ => None,
        });
        placed.push((statement, at));
    };
    let statement = |id: String, author: &DeviceId, time: i64| EvidenceStatement {
        id,
        author: author.to_string(),
        role: role(membership, author),
        claimed_time: time,
        signed_in: Vec::new(),
        acknowledged: false,
        not_counted: false,
        follows: Vec::new(),
        names_unseen: 0,
        fields: None,
        event: None,
    };
    for note in read.facts.history() {
        let mut said = statement(note.change.to_string(), &note.author, note.time.0);
        said.fields = Some(note.fields.iter().map(|(name, value)| (name.as_str().to_owned(), json(value))).collect());
        let batches = read.changes_in.get(&note.change).map(Vec::as_slice).unwrap_or_default();
        add(said, note.author, batches, note.parents.iter().map(ToString::to_string).collect());
    }
    for (id, signed) in &read.events {
        let event = &signed.event;
        let mut said = statement(id.to_string(), &event.author, event.time.0);
        said.event = Some(json(&event.body));
        let seen = event.after.iter().filter(|seen| read.events.contains_key(seen));
        let follows: Vec<String> = seen.map(ToString::to_string).collect();
        said.names_unseen = (event.after.len() - follows.len()) as u64;
        let batches = read.events_in.get(id).map(Vec::as_slice).unwrap_or_default();
        add(said, event.author, batches, follows);
    }
    placed
}

/// Each statement after those that it follows, and after what its author's chain has before.
fn ordered(placed: Vec<Placed>) -> Vec<EvidenceStatement> {
    let mut last_of: BTreeMap<(DeviceId, u64), Vec<usize>> = BTreeMap::new();
    for (number, (_, at)) in placed.iter().enumerate() {
        if let Some(at) = at {
            last_of.entry(*at).or_default().push(number);
        }
    }
    let numbers: BTreeMap<&str, usize> =
        placed.iter().enumerate().map(|(number, (statement, _))| (statement.id.as_str(), number)).collect();
    let mut waits_for = vec![0usize; placed.len()];
    let mut children = vec![Vec::new(); placed.len()];
    let mut edge = |before: usize, after: usize| {
        if let (Some(waits), Some(children)) = (waits_for.get_mut(after), children.get_mut(before)) {
            *waits += 1;
            children.push(after);
        }
    };
    for (number, (statement, _)) in placed.iter().enumerate() {
        for before in statement.follows.iter().filter_map(|id| numbers.get(id.as_str())) {
            edge(*before, number);
        }
    }
    // From one statement of each batch to all of the author's next batch: a chain, not every pair.
    let groups: Vec<(&(DeviceId, u64), &Vec<usize>)> = last_of.iter().collect();
    for pair in groups.windows(2) {
        let [((author, _), before), ((next_author, _), after)] = pair else { continue };
        if author == next_author {
            for number in *after {
                before.iter().for_each(|before| edge(*before, *number));
            }
        }
    }
    let key =
        |number: usize| placed.get(number).map(|(statement, _)| (statement.claimed_time, statement.id.clone(), number));
    let mut ready: BTreeSet<_> =
        (0..placed.len()).filter(|number| waits_for.get(*number) == Some(&0)).filter_map(key).collect();
    let mut order = Vec::with_capacity(placed.len());
    let mut done = vec![false; placed.len()];
    while let Some((_, _, number)) = ready.pop_first() {
        order.push(number);
        if let Some(done) = done.get_mut(number) {
            *done = true;
        }
        for child in children.get(number).into_iter().flatten() {
            if let Some(waits) = waits_for.get_mut(*child) {
                *waits -= 1;
                if *waits == 0 {
                    ready.extend(key(*child));
                }
            }
        }
    }
    // An author can sign what it wrote in another order than it wrote it; those come last.
    order.extend(done.iter().enumerate().filter(|(_, done)| !**done).map(|(number, _)| number));
    let mut statements: Vec<Option<EvidenceStatement>> =
        placed.into_iter().map(|(statement, _)| Some(statement)).collect();
    order.into_iter().filter_map(|number| statements.get_mut(number)?.take()).collect()
}
