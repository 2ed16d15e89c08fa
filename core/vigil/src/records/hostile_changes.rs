//! What a member with a modified app could send, and what becomes of it: refused with a reason, or admitted and sound.
//! Changes are forged at three heights: other meaning in honest spelling, hand-made chunks, and bytes mutated at random.

use super::chunk::from_body;
use super::containment::contained;
use super::fixtures::{actor, device, edit, name, screening, set, time, unset};
use super::{Actor, ChangeBytes, Facts, FieldValue, GuardError, GuardLimits, admit, limits};
use automerge::legacy::{Key, ObjectId, Op, OpId, OpType};
use automerge::{Automerge, Change, ExpandedChange, ObjType, ScalarValue};
use vigil_protocol::DeviceId;

fn admit_one(facts: &Facts, change: &ChangeBytes, from: &DeviceId) -> Result<Facts, GuardError> {
    admit(facts, std::slice::from_ref(change), from, &GuardLimits::default()).map(|admitted| admitted.facts)
}

/// An honest change with another meaning, in canonical form.
fn forge(change: &ChangeBytes, with: impl FnOnce(&mut ExpandedChange)) -> ChangeBytes {
    let mut expanded = Change::from_bytes(change.0.clone()).unwrap().decode();
    with(&mut expanded);
    ChangeBytes(Change::from(expanded).raw_bytes().to_vec())
}

/// A record of device 1 and an honest edit of device 2 that replaces one field, removes one and adds one.
fn record_and_edit() -> (Facts, ChangeBytes) {
    let (facts, _) = screening(1);
    let mut hers = facts.clone();
    let change = edit(&mut hers, 2, &[set("station", "Birgunj"), unset("minutes"), set("note", "seen again")]);
    (facts, change)
}

fn first_op(change: &mut ExpandedChange) -> &mut Op {
    &mut change.operations[0]
}

#[test]
fn the_honest_edit_is_admitted_and_a_forgery_that_changes_nothing_too() {
    let (facts, change) = record_and_edit();
    assert_eq!(forge(&change, |_| ()), change);
    assert!(admit_one(&facts, &change, &device(2)).is_ok());
}

#[test]
fn a_change_that_honest_software_would_not_write_is_refused_with_its_reason() {
    type Forgery = (&'static str, fn(&mut ExpandedChange));
    let forgeries: [Forgery; 23] = [
        ("guard.out_of_order", |change| change.seq = 2),
        ("guard.out_of_order", |change| change.seq = u64::MAX),
        ("guard.out_of_order", |change| change.start_op = 1000.try_into().unwrap()),
        ("guard.out_of_order", |change| change.start_op = 2.try_into().unwrap()),
        ("guard.out_of_order", |change| change.deps.clear()),
        ("guard.out_of_order", |change| first_op(change).pred = Vec::new().into()),
        ("guard.out_of_order", |change| first_op(change).pred = vec![OpId(1, actor(1).as_bytes()[..].into())].into()),
        ("guard.out_of_order", |change| first_op(change).pred = vec![OpId(900, actor(1).as_bytes()[..].into())].into()),
        ("guard.out_of_order", |change| first_op(change).pred = vec![OpId(1, actor(9).as_bytes()[..].into())].into()),
        ("guard.out_of_order", |change| change.operations.push(change.operations[0].clone())),
        ("guard.bad_field", |change| first_op(change).key = Key::Map("Sita Tamang".into())),
        ("guard.bad_field", |change| first_op(change).key = Key::Map("".into())),
        ("guard.bad_field", |change| first_op(change).action = OpType::Put(ScalarValue::Null)),
        ("guard.bad_field", |change| first_op(change).action = OpType::Put(ScalarValue::F64(0.5))),
        ("guard.bad_field", |change| first_op(change).action = OpType::Put(ScalarValue::Uint(5))),
        ("guard.bad_field", |change| first_op(change).action = OpType::Put(ScalarValue::Timestamp(5))),
        ("guard.bad_field", |change| first_op(change).action = OpType::Put(ScalarValue::counter(5))),
        ("guard.bad_field", |change| {
            first_op(change).action = OpType::Put("a".repeat(limits::MAX_TEXT_BYTES + 1).into());
        }),
        ("guard.not_flat", |change| first_op(change).action = OpType::Make(ObjType::Map)),
        ("guard.not_flat", |change| first_op(change).action = OpType::Increment(1)),
        ("guard.not_flat", |change| {
            first_op(change).obj = ObjectId::Id(OpId(1, actor(1).as_bytes()[..].into()));
        }),
        ("guard.not_flat", |change| change.message = Some("Sita Tamang".to_owned())),
        ("guard.not_flat", |change| change.extra_bytes = b"Sita Tamang".to_vec()),
    ];
    let (facts, change) = record_and_edit();
    for (at, (code, forgery)) in forgeries.into_iter().enumerate() {
        let refusal = admit_one(&facts, &forge(&change, forgery), &device(2)).unwrap_err();
        assert_eq!(refusal.code(), code, "forgery {at}");
        assert!(!format!("{refusal} {refusal:?}").contains("Sita"));
    }
    assert!(admit_one(&facts, &change, &device(2)).is_ok());
}

#[test]
fn nobody_writes_in_the_name_of_another_device() {
    let (facts, change) = record_and_edit();
    assert_eq!(admit_one(&facts, &change, &device(3)).unwrap_err(), GuardError::NotTheSigner);
    let with_ff = forge(&change, |change| change.actor_id = [0xff; 24].as_slice().into());
    assert_eq!(admit_one(&facts, &with_ff, &device(2)).unwrap_err(), GuardError::NotTheSigner);
    let short = forge(&change, |change| change.actor_id = [2; 16].as_slice().into());
    assert_eq!(admit_one(&facts, &short, &device(2)).unwrap_err(), GuardError::Malformed);
}

#[test]
fn a_change_number_used_twice_is_refused_and_the_record_keeps_working() {
    let (facts, _) = screening(1);
    let (mut one, mut other) = (facts.clone(), facts.clone());
    let first = edit(&mut one, 2, &[set("station", "Birgunj")]);
    let second = edit(&mut other, 2, &[set("station", "Sonauli")]);
    let facts = admit_one(&facts, &first, &device(2)).unwrap();
    assert_eq!(admit_one(&facts, &second, &device(2)).unwrap_err(), GuardError::Reused);
    // Together in one write, neither comes in.
    let both = [first.clone(), second];
    let (before, _) = screening(1);
    assert_eq!(admit(&before, &both, &device(2), &GuardLimits::default()).unwrap_err(), GuardError::Reused);
    let mut hers = facts.clone();
    let honest = edit(&mut hers, 3, &[set("minutes", 9)]);
    assert_eq!(admit_one(&facts, &honest, &device(3)).unwrap().get(&name("minutes")), Some(FieldValue::Integer(9)));
}

#[test]
fn an_author_cannot_write_as_if_it_did_not_know_its_own_change_before() {
    let (facts, _) = screening(1);
    let mut hers = facts.clone();
    let first = edit(&mut hers, 2, &[set("note", "one")]);
    let second = edit(&mut hers, 2, &[set("place", "two")]);
    let facts = admit_one(&facts, &first, &device(2)).unwrap();
    let root = Change::from_bytes(first.0).unwrap().deps().to_vec();
    let blind = forge(&second, |change| {
        change.deps = root;
        change.start_op = (change.start_op.get() - 1).try_into().unwrap();
    });
    assert_eq!(admit_one(&facts, &blind, &device(2)).unwrap_err(), GuardError::OutOfOrder);
    assert!(admit_one(&facts, &second, &device(2)).is_ok());
}

#[test]
fn documents_compressed_chunks_and_bundles_are_refused_before_they_are_read() {
    let (facts, change) = screening(1);
    let mut document = automerge::AutoCommit::new();
    automerge::transaction::Transactable::put(&mut document, automerge::ROOT, "a", "b".repeat(4000)).unwrap();
    let compressed = document.get_last_local_change().unwrap().bytes().into_owned();
    assert_eq!((compressed[8], facts.save()[8]), (2, 0));
    let mut bundle = change.0.clone();
    bundle[8] = 3;
    let mut newer = change.0;
    newer[8] = 4;
    for bytes in [compressed, facts.save(), bundle, newer] {
        assert_eq!(admit_one(&facts, &ChangeBytes(bytes), &device(1)).unwrap_err(), GuardError::OtherChunk);
    }
}

/// A chunk by hand: one field `a` with the text `x`, in columns that `with` may replace.
fn by_hand(with: impl FnOnce(&mut Vec<(u8, Vec<u8>)>)) -> ChangeBytes {
    let mut columns = vec![
        (0x15, vec![0x7f, 1, b'a']),
        (0x34, vec![1]),
        (0x42, vec![0x7f, 1]),
        (0x56, vec![0x7f, 0x16]),
        (0x57, vec![b'x']),
        (0x70, vec![0x7f, 0]),
    ];
    with(&mut columns);
    // No parents, the actor, number 1, first operation 1, time 0, no message, no other actors.
    let mut body = [&[0, 24], actor(1).as_bytes().as_slice(), &[1, 1, 0, 0, 0]].concat();
    body.push(columns.len() as u8);
    body.extend(columns.iter().flat_map(|(specification, data)| [*specification, data.len() as u8]));
    body.extend(columns.into_iter().flat_map(|(_, data)| data));
    ChangeBytes(from_body(&body))
}

const A_BILLION: [u8; 5] = [0x80, 0x80, 0x80, 0x80, 0x04];

#[test]
fn a_few_bytes_that_stand_for_a_billion_rows_are_refused_at_once() {
    assert!(admit_one(&Facts::new(), &by_hand(|_| ()), &device(1)).is_ok());
    let run = |value: &[u8]| [&A_BILLION, value].concat();
    let rows = by_hand(|columns| {
        *columns = vec![
            (0x15, run(&[1, b'a'])),
            (0x34, A_BILLION.to_vec()),
            (0x42, run(&[1])),
            (0x56, run(&[0x02])),
            (0x70, run(&[0])),
        ];
    });
    let replaced = by_hand(|columns| {
        columns[5].1 = [&[0x7f], A_BILLION.as_slice()].concat();
        columns.extend([(0x71, run(&[0])), (0x73, run(&[1]))]);
    });
    let one_column = by_hand(|columns| columns[1].1 = A_BILLION.to_vec());
    for bomb in [rows, replaced, one_column] {
        assert!(bomb.0.len() < 100);
        assert_eq!(admit_one(&Facts::new(), &bomb, &device(1)).unwrap_err().code(), "guard.too_large");
    }
    let too_large = ChangeBytes(vec![0; limits::MAX_CHANGE_BYTES + 1]);
    assert_eq!(admit_one(&Facts::new(), &too_large, &device(1)).unwrap_err().code(), "guard.too_large");
}

#[test]
fn columns_that_a_flat_map_does_not_need_are_refused() {
    for specification in [0x01, 0x02, 0x11, 0x13, 0x1d, 0x4a, 0x5f, 0x94, 0xa5, 0x7c] {
        let change = by_hand(|columns| {
            columns.push((specification, vec![0x7f, 0]));
            columns.sort();
        });
        let code = admit_one(&Facts::new(), &change, &device(1)).unwrap_err().code();
        assert!(["guard.not_flat", "guard.malformed"].contains(&code), "{specification:#x} {code}");
    }
    let inserts = by_hand(|columns| columns[1].1 = vec![0, 1]);
    assert_eq!(admit_one(&Facts::new(), &inserts, &device(1)).unwrap_err(), GuardError::NotFlat);
}

#[test]
fn a_second_spelling_of_a_change_is_refused() {
    let whole = by_hand(|_| ()).0;
    let mut checksum = whole.clone();
    checksum[5] ^= 1;
    let mut longer_length = whole.clone();
    longer_length[9] |= 0x80;
    longer_length.insert(10, 0);
    let mut trailing = whole;
    trailing.push(0);
    let runs = by_hand(|columns| columns[2].1 = vec![1, 1]);
    for spelling in [checksum, longer_length, trailing, runs.0] {
        let code = admit_one(&Facts::new(), &ChangeBytes(spelling), &device(1)).unwrap_err().code();
        assert!(["guard.malformed", "guard.not_canonical"].contains(&code), "{code}");
    }
}

/// A small generator, so that the same mutations come every time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }

    /// Bytes that matter to a reader of numbers, and any.
    fn byte(&mut self) -> u8 {
        const TELLING: [u8; 10] = [0, 1, 2, 0x3f, 0x40, 0x7e, 0x7f, 0x80, 0x81, 0xff];
        if self.below(2) == 0 { TELLING[self.below(TELLING.len())] } else { self.below(256) as u8 }
    }

    /// One to three mutations of a change's body, with length and checksum made to fit again.
    fn mutate(&mut self, change: &ChangeBytes) -> ChangeBytes {
        let mut body = super::chunk::body_of(&change.0).unwrap().to_vec();
        for _ in 0..=self.below(3) {
            let at = self.below(body.len());
            match self.below(5) {
                0 => body[at] ^= 1 << self.below(8),
                1 => body[at] = self.byte(),
                2 => body.insert(at, self.byte()),
                3 => drop(body.remove(at)),
                _ => body[at] = body[at].wrapping_add(if self.below(2) == 0 { 1 } else { 0xff }),
            }
        }
        ChangeBytes(from_body(&body))
    }
}

/// Records with an honest change that could follow: a first write, an edit, a resolution of a conflict.
fn bases() -> Vec<(Facts, ChangeBytes, DeviceId)> {
    let (record, first) = screening(1);
    let (facts, change) = record_and_edit();
    let (mut one, mut other) = (record.clone(), record);
    edit(&mut one, 1, &[set("station", "Raxaul"), set("note", "a")]);
    let hers = edit(&mut other, 2, &[set("station", "Birgunj"), set("note", "b")]);
    let conflict = admit_one(&one, &hers, &device(2)).unwrap();
    let resolution = edit(&mut conflict.clone(), 2, &[set("station", "Sonauli"), set("note", "b")]);
    vec![(Facts::new(), first, device(1)), (facts, change, device(2)), (conflict, resolution, device(2))]
}

const MUTATIONS: usize = 4000;

#[test]
fn mutated_changes_are_refused_or_leave_a_sound_record() {
    let mut chance = Chance(0x5eed_cafe_f00d_1234);
    let (mut admitted, mut refused) = (0, 0);
    for (facts, change, signer) in bases() {
        for _ in 0..MUTATIONS {
            let mutated = chance.mutate(&change);
            let Ok(one) = admit(&facts, std::slice::from_ref(&mutated), &signer, &GuardLimits::default()) else {
                refused += 1;
                continue;
            };
            admitted += 1;
            let mut loaded = Facts::load(&one.saved).unwrap();
            assert_eq!(loaded.heads(), one.facts.heads());
            assert_eq!(
                loaded.changes().len(),
                facts.change_count() + usize::from(mutated != change || !one.added.is_empty())
            );
            let next = loaded.edit(&actor(7), time(0), &[set("after", "still works")]).unwrap().unwrap();
            let further = admit_one(&one.facts, &next, &device(7)).unwrap();
            assert_eq!(Facts::load(&further.save()).unwrap().heads(), further.heads());
        }
    }
    assert!(admitted > 0 && refused > MUTATIONS, "{admitted} admitted, {refused} refused");
}

/// Shows that the test above could fail: without the guard the same kind of bytes breaks records.
#[test]
fn the_same_mutations_break_automerge_alone() {
    let mut chance = Chance(0x5eed_cafe_f00d_1234);
    let (mut panicked, mut unloadable) = (0, 0);
    for (facts, change, _) in bases() {
        for _ in 0..MUTATIONS {
            let mutated = chance.mutate(&change);
            let saved = contained(|| {
                let mut document = facts.0.clone();
                let change = Change::from_bytes(mutated.0).ok()?;
                document.apply_changes([change]).ok()?;
                Some(document.save())
            });
            match saved {
                Err(_) => panicked += 1,
                Ok(Some(saved)) => match contained(|| Automerge::load(&saved).is_ok()) {
                    Ok(true) => {}
                    _ => unloadable += 1,
                },
                Ok(None) => {}
            }
        }
    }
    assert!(panicked > 0 && unloadable > 0, "{panicked} panics, {unloadable} unloadable");
}

#[test]
fn an_actor_of_the_device_with_another_random_part_is_another_writer() {
    let (facts, _) = screening(1);
    let mut reinstalled = facts.clone();
    let change = reinstalled.edit(&Actor::new(&device(1), [99; 8]), time(0), &[set("minutes", 8)]).unwrap().unwrap();
    assert_eq!(admit_one(&facts, &change, &device(1)).unwrap().heads(), reinstalled.heads());
}
