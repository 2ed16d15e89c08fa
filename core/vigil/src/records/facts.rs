//! The facts of a record: one Automerge document, a flat map from field name to value.
//! It promises that concurrent values of a field all stay readable with author and time, that an edit touches only what it
//! names, so that fields of newer versions survive, and that a panic inside Automerge leaves the facts as they were.

use super::change::{Actor, ChangeBytes, ChangeHash};
use super::containment::contained;
use super::field::{FieldError, FieldName, FieldValue};
use super::limits;
use automerge::transaction::{CommitOptions, Transactable};
use automerge::{Automerge, ObjId, ROOT, ReadDoc, ScalarValue, Value, ValueRef};
use std::collections::BTreeMap;
use std::fmt;
use thiserror::Error;
use vigil_protocol::{DeviceId, Timestamp};

/// Why facts could not be read or edited. It never repeats content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FactsError {
    /// The stored bytes are not facts.
    #[error("the stored facts of a record are damaged")]
    Damaged,
    /// A name or a value that cannot stand in a record.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// One edit names a field twice.
    #[error("an edit names a field twice")]
    FieldTwice,
    /// The edit would make the record larger than an own edit may.
    #[error("the record has reached its limit of {limit} {what}")]
    Full {
        /// What there are too many of.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// Automerge failed; nothing was changed.
    #[error("the edit failed inside; nothing was changed")]
    Failed,
}

impl FactsError {
    /// A code that never changes, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Damaged => "facts.damaged",
            Self::Field(error) => error.code(),
            Self::FieldTwice => "facts.field_twice",
            Self::Full { .. } => "facts.full",
            Self::Failed => "facts.failed",
        }
    }
}

/// One of the values that a field has now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The value.
    pub value: FieldValue,
    /// The device that wrote it.
    pub author: DeviceId,
    /// When, by its clock: a hint for people.
    pub time: Timestamp,
    /// The change that wrote it; a settlement names it.
    pub change: ChangeHash,
}

/// Who made a change, and when.
type Writers = BTreeMap<automerge::ChangeHash, (DeviceId, Timestamp)>;

/// The facts of one record.
#[derive(Clone)]
pub struct Facts(pub(super) Automerge);

impl Default for Facts {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Facts({} changes)", self.change_count())
    }
}

impl Facts {
    /// The facts of a record that nobody has written in.
    pub fn new() -> Self {
        Self(Automerge::new())
    }

    /// Reads what [`Self::save`] wrote. Only for the own store: bytes from outside go through [`super::admit`].
    ///
    /// # Errors
    /// [`FactsError::Damaged`].
    pub fn load(saved: &[u8]) -> Result<Self, FactsError> {
        if saved.is_empty() {
            return Err(FactsError::Damaged);
        }
        match contained(|| Automerge::load(saved)) {
            Ok(Ok(document)) => Ok(Self(document)),
            _ => Err(FactsError::Damaged),
        }
    }

    /// The bytes to store. Equal facts may have different bytes: compare [`Self::heads`].
    ///
    /// They are not compressed: for records of this size that would cost time and win next to nothing.
    pub fn save(&self) -> Vec<u8> {
        self.0.save_nocompress()
    }

    /// Writes fields in one change; `None` as a value removes the field. Gives nothing if nothing would differ. A field in
    /// conflict has one value afterwards, also if it is one of those it had.
    ///
    /// # Errors
    /// [`FactsError`]; the facts are then as before.
    pub fn edit(
        &mut self,
        actor: &Actor,
        time: Timestamp,
        fields: &[(FieldName, Option<FieldValue>)],
    ) -> Result<Option<ChangeBytes>, FactsError> {
        let mut wanted = BTreeMap::new();
        for (name, value) in fields {
            value.as_ref().map_or(Ok(()), FieldValue::check)?;
            if wanted.insert(name, value.as_ref()).is_some() {
                return Err(FactsError::FieldTwice);
            }
        }
        let before = &self.0;
        let (document, change) =
            contained(move || write(before, actor, time, wanted)).map_err(|_| FactsError::Failed)??;
        let Some(change) = change else { return Ok(None) };
        let edited = Self(document);
        edited.check_size()?;
        if change.as_slice().len() > limits::MAX_CHANGE_BYTES_OF_EDIT {
            return Err(FactsError::Full { what: "bytes in one change", limit: limits::MAX_CHANGE_BYTES_OF_EDIT });
        }
        *self = edited;
        Ok(Some(change))
    }

    fn check_size(&self) -> Result<(), FactsError> {
        let full = |what, limit| Err(FactsError::Full { what, limit });
        let fields = self.0.length(ROOT);
        if fields > limits::MAX_FIELDS_OF_EDIT {
            return full("fields", limits::MAX_FIELDS_OF_EDIT);
        }
        if self.change_count() > limits::MAX_CHANGES_OF_EDIT {
            return full("changes", limits::MAX_CHANGES_OF_EDIT);
        }
        if self.save().len() > limits::MAX_RECORD_BYTES_OF_EDIT {
            return full("bytes", limits::MAX_RECORD_BYTES_OF_EDIT);
        }
        Ok(())
    }

    /// How many changes there are.
    pub fn change_count(&self) -> usize {
        usize::try_from(self.0.stats().num_changes).unwrap_or(usize::MAX)
    }

    /// Whether nobody has written here.
    pub fn is_empty(&self) -> bool {
        self.change_count() == 0
    }

    /// The value of a field. Where there are several it is the first of [`Self::values`]: some value, not the truth.
    pub fn get(&self, name: &FieldName) -> Option<FieldValue> {
        let found = self.0.get_all(ROOT, name.as_str()).ok()?;
        match found.as_slice() {
            [(value, _)] => from_value(value),
            _ => self.values(name).into_iter().next().map(|written| written.value),
        }
    }

    /// Every field with its value, by name; a field in conflict with the first of its values.
    pub fn fields(&self) -> impl Iterator<Item = (FieldName, FieldValue)> + '_ {
        self.0.map_range(ROOT, ..).filter_map(|item| {
            let name = FieldName::new(item.key.clone()).ok()?;
            let value = if item.conflict { self.get(&name)? } else { from_value_ref(&item.value)? };
            Some((name, value))
        })
    }

    /// Every value that a field has now, by the hash of the change that wrote it. More than one means that people wrote it
    /// without knowing of each other.
    pub fn values(&self, name: &FieldName) -> Vec<Written> {
        self.values_with(name, &mut BTreeMap::new())
    }

    /// Every field with all its values, by name: [`Self::values`] of each, in one pass.
    pub fn all_values(&self) -> BTreeMap<FieldName, Vec<Written>> {
        let mut writers = BTreeMap::new();
        let mut all = BTreeMap::new();
        for item in self.0.map_range(ROOT, ..) {
            let Ok(name) = FieldName::new(item.key.clone()) else { continue };
            let values = if item.conflict {
                self.values_with(&name, &mut writers)
            } else {
                let value = from_value_ref(&item.value);
                value.and_then(|value| self.written(value, &item.id(), &mut writers)).into_iter().collect()
            };
            all.insert(name, values);
        }
        all
    }

    fn values_with(&self, name: &FieldName, writers: &mut Writers) -> Vec<Written> {
        let found = self.0.get_all(ROOT, name.as_str()).unwrap_or_default();
        let mut values: Vec<Written> =
            found.iter().filter_map(|(value, id)| self.written(from_value(value)?, id, writers)).collect();
        values.sort_by_key(|written| written.change);
        values
    }

    fn written(&self, value: FieldValue, id: &ObjId, writers: &mut Writers) -> Option<Written> {
        let hash = self.0.hash_for_opid(id)?;
        let (author, time) = match writers.get(&hash) {
            Some(writer) => *writer,
            None => {
                let change = self.0.get_change_meta_by_hash(&hash)?;
                let writer = (Actor::from_slice(change.actor.to_bytes())?.device(), Timestamp(change.timestamp));
                writers.insert(hash, writer);
                writer
            }
        };
        Some(Written { value, author, time, change: ChangeHash(hash.0) })
    }

    /// The fields with more than one value, by name. Whether a settlement closes the question is for the standing.
    #[cfg(test)]
    pub(super) fn conflicted_fields(&self) -> Vec<FieldName> {
        self.0
            .map_range(ROOT, ..)
            .filter(|item| item.conflict)
            .filter_map(|item| FieldName::new(item.key).ok())
            .collect()
    }

    /// The changes that no other change follows, sorted. Equal heads mean equal facts.
    pub fn heads(&self) -> Vec<ChangeHash> {
        self.0.get_heads().into_iter().map(|hash| ChangeHash(hash.0)).collect()
    }

    /// Whether this change is here.
    pub fn has_change(&self, hash: &ChangeHash) -> bool {
        self.0.get_missing_deps(&[automerge::ChangeHash(hash.0)]).is_empty()
    }

    /// The hashes of all changes, each after those that it builds on.
    pub fn change_hashes(&self) -> Vec<ChangeHash> {
        self.0.get_changes_meta(&[]).into_iter().map(|change| ChangeHash(change.hash.0)).collect()
    }

    /// All changes with who wrote them, each after those that it builds on.
    pub fn changes(&self) -> Vec<(Actor, ChangeBytes)> {
        self.0
            .get_changes(&[])
            .into_iter()
            .filter_map(|change| {
                Some((Actor::from_slice(change.actor_id().to_bytes())?, ChangeBytes(change.raw_bytes().to_vec())))
            })
            .collect()
    }

    /// One change.
    pub fn change(&self, hash: &ChangeHash) -> Option<ChangeBytes> {
        let change = self.0.get_change_by_hash(&automerge::ChangeHash(hash.0))?;
        Some(ChangeBytes(change.raw_bytes().to_vec()))
    }
}

/// Writes in a copy, so that a panic half-way leaves the original alone.
fn write(
    before: &Automerge,
    actor: &Actor,
    time: Timestamp,
    wanted: BTreeMap<&FieldName, Option<&FieldValue>>,
) -> Result<(Automerge, Option<ChangeBytes>), FactsError> {
    let mut document = before.clone();
    document.set_actor(actor.as_bytes().as_slice().into());
    let mut transaction = document.transaction();
    for (name, value) in wanted {
        let now = transaction.get_all(ROOT, name.as_str()).map_err(|_| FactsError::Failed)?;
        let differs = match (now.as_slice(), value) {
            ([], None) => false,
            ([(now, _)], Some(value)) => from_value(now).as_ref() != Some(value),
            _ => true,
        };
        if !differs {
            continue;
        }
        match value {
            Some(value) => transaction.put(ROOT, name.as_str(), to_scalar(value)),
            None => transaction.delete(ROOT, name.as_str()),
        }
        .map_err(|_| FactsError::Failed)?;
    }
    if transaction.pending_ops() == 0 {
        transaction.rollback();
        return Ok((document, None));
    }
    transaction.commit_with(CommitOptions::default().with_time(time.0));
    let change = document.get_last_local_change().ok_or(FactsError::Failed)?;
    let change = ChangeBytes(change.raw_bytes().to_vec());
    Ok((document, Some(change)))
}

fn to_scalar(value: &FieldValue) -> ScalarValue {
    match value {
        FieldValue::Text(text) => ScalarValue::Str(text.as_str().into()),
        FieldValue::Integer(number) => ScalarValue::Int(*number),
        FieldValue::Boolean(boolean) => ScalarValue::Boolean(*boolean),
        FieldValue::Bytes(bytes) => ScalarValue::Bytes(bytes.clone()),
    }
}

/// The value of a scalar of one of the four types, within its limits.
pub(super) fn from_scalar(scalar: &ScalarValue) -> Option<FieldValue> {
    let value = match scalar {
        ScalarValue::Str(text) => FieldValue::Text(text.to_string()),
        ScalarValue::Int(number) => FieldValue::Integer(*number),
        ScalarValue::Boolean(boolean) => FieldValue::Boolean(*boolean),
        ScalarValue::Bytes(bytes) => FieldValue::Bytes(bytes.clone()),
        _ => return None,
    };
    value.check().ok().map(|()| value)
}

fn from_value(value: &Value<'_>) -> Option<FieldValue> {
    match value {
        Value::Scalar(scalar) => from_scalar(scalar),
        Value::Object(_) => None,
    }
}

fn from_value_ref(value: &ValueRef<'_>) -> Option<FieldValue> {
    match value {
        ValueRef::Scalar(scalar) => from_scalar(&scalar.clone().into()),
        ValueRef::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{actor, device, edit, name, screening, screening_fields, set, time, unset};
    use super::super::{GuardLimits, admit};
    use super::*;

    fn exchange(facts: &Facts, change: &ChangeBytes, from: u8) -> Facts {
        admit(facts, std::slice::from_ref(change), &device(from), &GuardLimits::default()).unwrap().facts
    }

    #[test]
    fn what_is_saved_is_loaded_with_every_field() {
        let (facts, _) = screening(1);
        let loaded = Facts::load(&facts.save()).unwrap();
        assert_eq!(loaded.heads(), facts.heads());
        let mut wanted = screening_fields();
        wanted.sort();
        assert_eq!(loaded.fields().map(|(name, value)| (name, Some(value))).collect::<Vec<_>>(), wanted);
        assert_eq!(loaded.get(&name("minutes")), Some(FieldValue::Integer(4)));
        assert_eq!(loaded.get(&name("nothing")), None);
    }

    #[test]
    fn an_edit_that_changes_nothing_writes_nothing() {
        let (mut facts, _) = screening(1);
        let before = facts.heads();
        assert_eq!(facts.edit(&actor(1), time(9), &screening_fields()), Ok(None));
        assert_eq!(facts.edit(&actor(1), time(9), &[unset("nothing")]), Ok(None));
        assert_eq!(facts.edit(&actor(1), time(9), &[]), Ok(None));
        assert_eq!(facts.heads(), before);
    }

    #[test]
    fn an_edit_touches_only_what_it_names() {
        let (mut facts, _) = screening(1);
        edit(&mut facts, 1, &[set("a_newer_versions_field", 7)]);
        let mut other = facts.clone();
        edit(&mut other, 2, &[set("station", "Birgunj"), unset("minutes")]);
        assert_eq!(other.get(&name("a_newer_versions_field")), Some(FieldValue::Integer(7)));
        assert_eq!(other.get(&name("minutes")), None);
        assert_eq!(facts.get(&name("station")), Some("Raxaul border gate".into()));
    }

    #[test]
    fn two_values_written_apart_are_both_kept_with_author_and_time() {
        let (origin, _) = screening(1);
        let (mut mine, mut hers) = (origin.clone(), origin);
        let my_change = edit(&mut mine, 1, &[set("station", "Raxaul"), set("minutes", 5)]);
        let her_change = edit(&mut hers, 2, &[set("station", "Birgunj"), set("people", 3)]);
        let mine = exchange(&mine, &her_change, 2);
        let hers = exchange(&hers, &my_change, 1);
        assert_eq!(mine.heads(), hers.heads());
        assert_eq!(mine.conflicted_fields(), [name("station")]);
        let values = mine.values(&name("station"));
        assert_eq!(values, hers.values(&name("station")));
        assert_eq!(values.len(), 2);
        for (number, value) in [(1, "Raxaul"), (2, "Birgunj")] {
            let written = values.iter().find(|written| written.author == device(number)).unwrap();
            assert_eq!((written.value.as_text(), written.time), (Some(value), time(i64::from(number))));
            assert!(mine.has_change(&written.change));
        }
        assert_eq!(mine.get(&name("station")), Some(values[0].value.clone()));
        assert_eq!(mine.get(&name("minutes")), Some(FieldValue::Integer(5)));
        assert_eq!(mine.get(&name("people")), Some(FieldValue::Integer(3)));
    }

    #[test]
    fn writing_a_field_in_conflict_resolves_it_also_with_one_of_its_values() {
        for choice in ["Raxaul", "Birgunj", "Sonauli"] {
            let (origin, _) = screening(1);
            let (mut mine, mut hers) = (origin.clone(), origin);
            edit(&mut mine, 1, &[set("station", "Raxaul")]);
            let her_change = edit(&mut hers, 2, &[set("station", "Birgunj")]);
            let mut both = exchange(&mine, &her_change, 2);
            let resolved = edit(&mut both, 1, &[set("station", choice)]);
            assert_eq!(both.conflicted_fields(), []);
            assert_eq!(both.get(&name("station")), Some(choice.into()));
            let theirs = exchange(&exchange(&hers, &mine.change(&mine.heads()[0]).unwrap(), 1), &resolved, 1);
            assert_eq!(theirs.get(&name("station")), Some(choice.into()));
        }
    }

    #[test]
    fn a_value_written_while_another_removes_the_field_stays() {
        let (origin, _) = screening(1);
        let (mut mine, mut hers) = (origin.clone(), origin);
        edit(&mut mine, 1, &[unset("observations")]);
        let her_change = edit(&mut hers, 2, &[set("observations", "seen again")]);
        assert_eq!(exchange(&mine, &her_change, 2).get(&name("observations")), Some("seen again".into()));
    }

    #[test]
    fn a_refused_edit_leaves_the_facts_as_they_were() {
        let (mut facts, _) = screening(1);
        let before = facts.heads();
        let too_long = "a".repeat(limits::MAX_TEXT_BYTES + 1);
        let twice = [set("station", "a"), set("station", "b")];
        let many: Vec<_> = (0..=limits::MAX_FIELDS_OF_EDIT).map(|i| set(&format!("answer.q{i}"), "yes")).collect();
        let much: Vec<_> = (0..4).map(|i| set(&format!("note.{i}"), "न".repeat(5000))).collect();
        for (fields, code) in [
            (vec![set("station", "x"), set("observations", too_long.as_str())], "field.text_too_long"),
            (much, "facts.full"),
            (twice.to_vec(), "facts.field_twice"),
            (many, "facts.full"),
        ] {
            assert_eq!(facts.edit(&actor(1), time(9), &fields).unwrap_err().code(), code);
            assert_eq!(facts.heads(), before);
        }
    }

    #[test]
    fn damaged_bytes_are_an_error_and_not_a_panic() {
        let saved = screening(1).0.save();
        assert_eq!(Facts::load(&[]).unwrap_err(), FactsError::Damaged);
        for cut in 0..saved.len() {
            assert!(Facts::load(&saved[..cut]).is_err());
        }
        for at in 0..saved.len() {
            let mut damaged = saved.clone();
            damaged[at] ^= 0x55;
            assert!(Facts::load(&damaged).is_err());
        }
    }

    #[test]
    fn debug_shows_no_content() {
        let (facts, change) = screening(1);
        let shown = format!("{facts:?} {change:?} {:?}", facts.values(&name("station")));
        assert!(!shown.contains("Raxaul"), "{shown}");
    }
}
