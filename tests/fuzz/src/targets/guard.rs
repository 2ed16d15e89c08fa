//! Changes that a member signed, before the record that they are for: nothing may panic through, damage it or change it
//! when refused.

use crate::{Target, fixture};
use vigil_core::records::{
    Actor, ChangeBytes, Facts, FieldName, FieldValue, GuardLimits, admit, pack_change, unpack_change,
};
use vigil_protocol::Timestamp;

pub(super) const TARGET: Target = Target { name: "guard", max_len: 4 * 1024, catches_panics: true, run, seeds };

/// The input is packed changes, each behind its length in two bytes: packing leaves out the checksum, so a mutation is
/// never refused for that alone.
fn run(data: &[u8]) {
    let author = fixture::device(2);
    let (mut changes, mut rest) = (Vec::new(), data);
    while let Some((length, more)) = rest.split_first_chunk::<2>() {
        let (packed, more) = more.split_at(usize::from(u16::from_le_bytes(*length)).min(more.len()));
        rest = more;
        changes.extend(unpack_change(packed, &author));
    }
    let mut facts = Facts::new();
    let _ = attempt(&mut facts, &changes);
    for change in changes {
        let _ = attempt(&mut facts, &[change]);
    }
}

fn attempt(facts: &mut Facts, changes: &[ChangeBytes]) -> Option<()> {
    let heads = facts.heads();
    let admitted = admit(facts, changes, &fixture::device(2), &GuardLimits::default());
    assert_eq!(facts.heads(), heads, "the record is never touched");
    let admitted = admitted.ok()?;
    let loaded = Facts::load(&admitted.saved);
    assert!(loaded.is_ok_and(|loaded| loaded.heads() == admitted.facts.heads()), "what was admitted can be loaded");
    let fields: Vec<_> = admitted.facts.fields().collect();
    for (name, _) in &fields {
        assert!(!admitted.facts.values(name).is_empty(), "every field has a value with its author");
    }
    *facts = admitted.facts;
    Some(())
}

/// Two edits of one record, the second with a removal.
pub(super) fn changes() -> Vec<ChangeBytes> {
    let actor = Actor::new(&fixture::device(2), [3; 8]);
    let other = Actor::new(&fixture::device(2), [4; 8]);
    let name = |text: &str| FieldName::new(text).ok();
    let text = |text: &str| Some(FieldValue::Text(text.to_owned()));
    let edits = [
        (
            actor,
            vec![
                ("station", text("Belbari")),
                ("answer.debt_owed", text("yes")),
                ("people", Some(FieldValue::Integer(3))),
            ],
        ),
        (actor, vec![("station", text("बेलबारी")), ("under_18", Some(FieldValue::Boolean(true)))]),
        (other, vec![("people", None), ("link", Some(FieldValue::Bytes(vec![9; 16])))]),
    ];
    let mut facts = Facts::new();
    let mut changes = Vec::new();
    for (actor, fields) in edits {
        let fields: Vec<_> = fields.into_iter().filter_map(|(field, value)| Some((name(field)?, value))).collect();
        let time = Timestamp(1_790_000_000_000);
        changes.extend(facts.edit(&actor, time, &fields).ok().flatten());
    }
    changes
}

fn seeds() -> Vec<Vec<u8>> {
    let packed: Vec<Vec<u8>> = changes()
        .iter()
        .map(|change| {
            let packed = pack_change(change, &fixture::device(2));
            let length = u16::try_from(packed.len()).unwrap_or(u16::MAX).to_le_bytes();
            [length.as_slice(), &packed].concat()
        })
        .collect();
    let mut seeds: Vec<Vec<u8>> = (1..=packed.len()).map(|count| packed[..count].concat()).collect();
    seeds.push(packed.iter().rev().flatten().copied().collect());
    seeds
}
