//! The changes of a record one by one, as evidence shows them: who wrote which fields, building on what.
//! It promises each change after those that it builds on, and to add nothing that the change itself does not hold.

use super::change::{Actor, ChangeBytes, ChangeHash};
use super::chunk;
use super::containment::contained;
use super::facts::{Facts, from_scalar};
use super::field::{FieldName, FieldValue};
use automerge::legacy::{Key, OpType};
use std::collections::BTreeMap;
use vigil_protocol::{DeviceId, Timestamp};

/// One change of a record's facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeNote {
    /// Its name.
    pub change: ChangeHash,
    /// The device that wrote it.
    pub author: DeviceId,
    /// When, by its clock: a hint for people.
    pub time: Timestamp,
    /// The changes that it builds on.
    pub parents: Vec<ChangeHash>,
    /// What it wrote; nothing where it removed a field.
    pub fields: BTreeMap<FieldName, Option<FieldValue>>,
}

impl Facts {
    /// Every change, each after those that it builds on. Only for facts that the guard admitted.
    pub fn history(&self) -> Vec<ChangeNote> {
        contained(|| self.0.get_changes(&[]).iter().filter_map(note).collect()).unwrap_or_default()
    }
}

fn note(change: &automerge::Change) -> Option<ChangeNote> {
    let expanded = change.decode();
    let fields = expanded.operations.iter().filter_map(|operation| {
        let Key::Map(name) = &operation.key else { return None };
        let value = match &operation.action {
            OpType::Put(value) => Some(from_scalar(value)?),
            _ => None,
        };
        Some((FieldName::new(name.as_str()).ok()?, value))
    });
    Some(ChangeNote {
        change: ChangeHash(change.hash().0),
        author: Actor::from_slice(change.actor_id().to_bytes())?.device(),
        time: Timestamp(change.timestamp()),
        parents: change.deps().iter().map(|parent| ChangeHash(parent.0)).collect(),
        fields: fields.collect(),
    })
}

/// The name of a change and of those that it builds on, read without Automerge; `None` if it is not a plain change.
pub(crate) fn links(change: &ChangeBytes) -> Option<(ChangeHash, Vec<ChangeHash>)> {
    let chunk = chunk::read(change.as_slice()).ok()?;
    Some((chunk.hash, chunk.parents))
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{device, edit, name, screening, set, unset};
    use super::*;

    #[test]
    fn every_change_is_told_with_its_author_and_what_it_wrote() {
        let (mut facts, first) = screening(1);
        let second = edit(&mut facts, 2, &[set("minutes", 9), unset("observations")]);
        let history = facts.history();
        assert_eq!(history.len(), 2);
        assert_eq!((history[0].author, history[1].author), (device(1), device(2)));
        assert_eq!(history[1].fields[&name("minutes")], Some(9.into()));
        assert_eq!(history[1].fields[&name("observations")], None);
        assert_eq!(history[1].parents, [history[0].change]);
        assert_eq!(links(&first), Some((history[0].change, vec![])));
        assert_eq!(links(&second), Some((history[1].change, vec![history[0].change])));
        assert_eq!(links(&ChangeBytes(vec![1, 2, 3])), None);
    }
}
