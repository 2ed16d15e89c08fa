//! Kinds of record as data: which fields they have, what may stand in them, what is searched, what stays after "let go".
//! Kinds and fields that the data does not describe are tolerated: they are kept and synced, not searched, and do not
//! outlive "let go".

use super::field::{FieldName, FieldValue};
use super::limits::MAX_CODE_BYTES;
use super::names::is_plain_name;
use super::text::Code;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::OnceLock;
use thiserror::Error;
use vigil_screening::Answer;

const BUILTIN: &str = include_str!("kinds.json");
const FORMAT: u32 = 1;
const HOUR_MILLISECONDS: i64 = 60 * 60 * 1000;

/// Why a file of kinds or a value was refused. It never repeats a value.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KindError {
    /// Not a file of kinds of this format.
    #[error("not a file of kinds of format {FORMAT}")]
    Malformed,
    /// A kind or a field stands in the file twice, or a field has neither or both of name and prefix.
    #[error("the kind {kind} is described ambiguously")]
    Ambiguous {
        /// The kind.
        kind: Code,
    },
    /// The value is of another type than the field.
    #[error("the field {field} holds values of another type")]
    WrongType {
        /// The field.
        field: FieldName,
    },
    /// A text or byte string longer than the field allows.
    #[error("the field {field} holds at most {limit} bytes")]
    TooLong {
        /// The field.
        field: FieldName,
        /// The limit.
        limit: i64,
    },
    /// A number that the field does not allow.
    #[error("the field {field} holds numbers from {min} to {max}")]
    OutOfRange {
        /// The field.
        field: FieldName,
        /// The smallest.
        min: i64,
        /// The largest.
        max: i64,
    },
}

impl KindError {
    /// A code that never changes, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed => "kind.malformed",
            Self::Ambiguous { .. } => "kind.ambiguous",
            Self::WrongType { .. } => "kind.wrong_type",
            Self::TooLong { .. } => "kind.too_long",
            Self::OutOfRange { .. } => "kind.out_of_range",
        }
    }
}

/// What type of value a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueType {
    /// Words.
    Text,
    /// One of a few words that stand for something: lower-case letters, digits, `_`, `.`, `-`. It cannot hold a name.
    Code,
    /// A whole number.
    Integer,
    /// Yes or no.
    Boolean,
    /// Bytes.
    Bytes,
}

/// What becomes of a field when a person was let go and wants no follow-up (CARE 9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AfterLetGo {
    /// It is erased.
    #[default]
    Gone,
    /// It stays for the statistics.
    Kept,
    /// It stays, as the hour that it lies in.
    KeptToTheHour,
    /// It stays, unless it is an answer in words: those can name somebody.
    KeptUnlessWords,
}

/// What is known of one field, or of all fields whose names begin alike.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldRule {
    #[serde(default)]
    name: Option<FieldName>,
    #[serde(default)]
    prefix: Option<FieldName>,
    /// The type of its values.
    #[serde(rename = "type")]
    pub value_type: ValueType,
    /// The smallest number.
    #[serde(default)]
    pub min: Option<i64>,
    /// The longest text or byte string, in bytes; the largest number.
    #[serde(default)]
    pub max: Option<i64>,
    /// What people call it.
    pub label: String,
    /// Whether search finds its words.
    #[serde(default)]
    pub searchable: bool,
    /// Whether it can tell who somebody is.
    #[serde(default)]
    pub identity: bool,
    /// Whether it leaves the space on the person's consent only, whatever else is alive (CARE 8).
    #[serde(default)]
    pub consent_only: bool,
    /// For which purposes a share copies it unless somebody names other fields.
    #[serde(default)]
    pub shared_for: Vec<Code>,
    /// What becomes of it after "let go".
    #[serde(default)]
    pub after_let_go: AfterLetGo,
}

impl FieldRule {
    fn check(&self, field: &FieldName, value: &FieldValue) -> Result<(), KindError> {
        let field = || field.clone();
        let max = self.max.unwrap_or(i64::MAX);
        let fits = |length: usize| i64::try_from(length).is_ok_and(|length| length <= max);
        match (self.value_type, value) {
            (ValueType::Code, FieldValue::Text(text)) if is_plain_name(text, MAX_CODE_BYTES) && fits(text.len()) => {
                Ok(())
            }
            (ValueType::Text, FieldValue::Text(text)) if !fits(text.len()) => {
                Err(KindError::TooLong { field: field(), limit: max })
            }
            (ValueType::Bytes, FieldValue::Bytes(bytes)) if !fits(bytes.len()) => {
                Err(KindError::TooLong { field: field(), limit: max })
            }
            (ValueType::Integer, FieldValue::Integer(number)) => {
                let min = self.min.unwrap_or(i64::MIN);
                if (min..=max).contains(number) {
                    Ok(())
                } else {
                    Err(KindError::OutOfRange { field: field(), min, max })
                }
            }
            (ValueType::Text, FieldValue::Text(_))
            | (ValueType::Bytes, FieldValue::Bytes(_))
            | (ValueType::Boolean, FieldValue::Boolean(_)) => Ok(()),
            _ => Err(KindError::WrongType { field: field() }),
        }
    }
}

/// Who reads records of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Readers {
    /// Those of a case: desks, or for an identity the officers assigned or on duty.
    #[default]
    Case,
    /// Auditors, and nobody else: neither desk nor officer (ADR 0017).
    Auditor,
}

/// A kind of record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kind {
    /// Its name in records.
    pub id: Code,
    /// What people call it.
    pub label: String,
    /// Whether it tells who somebody is: then it is sealed to officers and never to the epoch (PROTOCOL 3).
    pub identity: bool,
    /// Who reads it.
    pub readers: Readers,
    named: BTreeMap<FieldName, FieldRule>,
    prefixed: Vec<(FieldName, FieldRule)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: u32,
    kinds: Vec<KindInFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KindInFile {
    id: Code,
    label: String,
    identity: bool,
    #[serde(default)]
    readers: Readers,
    fields: Vec<FieldRule>,
}

impl Kind {
    fn from_file(read: KindInFile) -> Result<Self, KindError> {
        let mut kind = Self {
            id: read.id,
            label: read.label,
            identity: read.identity,
            readers: read.readers,
            named: BTreeMap::new(),
            prefixed: Vec::new(),
        };
        for rule in read.fields {
            let twice = match (&rule.name, &rule.prefix) {
                (Some(name), None) => kind.named.insert(name.clone(), rule).is_some(),
                (None, Some(prefix)) if kind.prefixed.iter().all(|(known, _)| known != prefix) => {
                    kind.prefixed.push((prefix.clone(), rule));
                    false
                }
                _ => true,
            };
            if twice {
                return Err(KindError::Ambiguous { kind: kind.id });
            }
        }
        // The longest first: it says most about a field.
        kind.prefixed.sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.as_str().len()));
        Ok(kind)
    }

    /// What is known of a field of this kind.
    pub fn field_rule(&self, field: &FieldName) -> Option<&FieldRule> {
        self.named.get(field).or_else(|| {
            let of_prefix = |(prefix, _): &&(FieldName, FieldRule)| {
                field.as_str().strip_prefix(prefix.as_str()).is_some_and(|rest| !rest.is_empty())
            };
            self.prefixed.iter().find(of_prefix).map(|(_, rule)| rule)
        })
    }
}

/// The kinds of record that this device knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kinds(BTreeMap<Code, Kind>);

impl Kinds {
    /// The kinds that come with the app.
    ///
    /// # Errors
    /// [`KindError`] if the file that was built in is not one.
    pub fn builtin() -> Result<Self, KindError> {
        Self::shared().cloned()
    }

    /// The same, read once.
    pub(super) fn shared() -> Result<&'static Self, KindError> {
        static SHARED: OnceLock<Result<Kinds, KindError>> = OnceLock::new();
        SHARED.get_or_init(|| Self::from_json(BUILTIN)).as_ref().map_err(Clone::clone)
    }

    /// Reads a file of kinds.
    ///
    /// # Errors
    /// [`KindError::Malformed`] or [`KindError::Ambiguous`].
    pub fn from_json(json: &str) -> Result<Self, KindError> {
        let file: File = serde_json::from_str(json).map_err(|_| KindError::Malformed)?;
        if file.format != FORMAT {
            return Err(KindError::Malformed);
        }
        let mut kinds = BTreeMap::new();
        for kind in file.kinds {
            let kind = Kind::from_file(kind)?;
            if let Some(twice) = kinds.insert(kind.id.clone(), kind) {
                return Err(KindError::Ambiguous { kind: twice.id });
            }
        }
        Ok(Self(kinds))
    }

    /// A kind, if it is known.
    pub fn kind(&self, id: &str) -> Option<&Kind> {
        self.0.get(&Code::new(id).ok()?)
    }

    /// Whether records of the kind tell who somebody is.
    pub fn is_identity(&self, kind: &str) -> bool {
        self.kind(kind).is_some_and(|kind| kind.identity)
    }

    /// Whether records of the kind are for auditors alone.
    pub fn is_for_auditors(&self, kind: &str) -> bool {
        self.kind(kind).is_some_and(|kind| kind.readers == Readers::Auditor)
    }

    /// Every kind that is known, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Kind> {
        self.0.values()
    }

    /// What is known of a field, if anything.
    pub fn field_rule(&self, kind: &str, field: &FieldName) -> Option<&FieldRule> {
        self.kind(kind)?.field_rule(field)
    }

    /// Whether search finds the field's words.
    pub fn is_searchable(&self, kind: &str, field: &FieldName) -> bool {
        self.field_rule(kind, field).is_some_and(|rule| rule.searchable)
    }

    /// What people call the field; its name where nothing is known of it.
    pub fn label(&self, kind: &str, field: &FieldName) -> String {
        let Some(rule) = self.field_rule(kind, field) else { return field.as_str().to_owned() };
        match rule.prefix.as_ref().and_then(|prefix| field.as_str().strip_prefix(prefix.as_str())) {
            Some(rest) => format!("{}: {}", rule.label, rest.replace('_', " ")),
            None => rule.label.clone(),
        }
    }

    /// Checks a value against what is known of its field. What is not known may hold anything.
    ///
    /// # Errors
    /// [`KindError::WrongType`], [`KindError::TooLong`] or [`KindError::OutOfRange`].
    pub fn check(&self, kind: &str, field: &FieldName, value: &FieldValue) -> Result<(), KindError> {
        self.field_rule(kind, field).map_or(Ok(()), |rule| rule.check(field, value))
    }

    /// The fields that a share for this purpose copies unless somebody names others.
    pub fn shared_for(&self, kind: &str, purpose: &Code) -> Vec<FieldName> {
        let Some(kind) = self.kind(kind) else { return Vec::new() };
        let shared = kind.named.iter().filter(|(_, rule)| rule.shared_for.contains(purpose));
        shared.map(|(name, _)| name.clone()).collect()
    }

    /// What stays of a record after "let go" (CARE 9): enough for the statistics, nothing that names or tells about anybody.
    pub fn reduced_for_let_go(
        &self,
        kind: &str,
        fields: impl IntoIterator<Item = (FieldName, FieldValue)>,
    ) -> Vec<(FieldName, FieldValue)> {
        let reduced = |(field, value): (FieldName, FieldValue)| {
            let rule = self.field_rule(kind, &field)?;
            // A value that the field should not hold may be anything, a name too.
            rule.check(&field, &value).ok()?;
            let value = match (rule.after_let_go, value) {
                (AfterLetGo::Gone, _) => return None,
                (AfterLetGo::KeptToTheHour, FieldValue::Integer(time)) => {
                    FieldValue::Integer(time.div_euclid(HOUR_MILLISECONDS).saturating_mul(HOUR_MILLISECONDS))
                }
                (AfterLetGo::KeptUnlessWords, FieldValue::Text(code)) => match Answer::parse(&code) {
                    // A day of birth or an hour of departure can tell who it was.
                    Ok(Answer::Text(_) | Answer::Date(_) | Answer::Time(_)) | Err(_) => return None,
                    Ok(_) => FieldValue::Text(code),
                },
                (_, value) => value,
            };
            Some((field, value))
        };
        fields.into_iter().filter_map(reduced).collect()
    }
}

/// [`Kinds::is_for_auditors`] of the kinds that come with the app.
pub(crate) fn is_for_auditors(kind: &str) -> bool {
    Kinds::shared().is_ok_and(|kinds| kinds.is_for_auditors(kind))
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{name, screening_fields};
    use super::*;

    fn kinds() -> Kinds {
        Kinds::builtin().unwrap()
    }

    #[test]
    fn the_builtin_kinds_are_read_and_only_a_person_is_an_identity() {
        let kinds = kinds();
        let identities: Vec<_> = kinds.iter().map(|kind| (kind.id.as_str(), kind.identity)).collect();
        let expected =
            [("audit", false), ("complaint", false), ("person", true), ("screening", false), ("sighting", false)];
        assert_eq!(identities, expected);
    }

    #[test]
    fn what_is_for_auditors_is_not_searched_and_does_not_outlive_let_go() {
        let kinds = kinds();
        let for_auditors: Vec<_> = kinds.iter().filter(|kind| kinds.is_for_auditors(kind.id.as_str())).collect();
        assert_eq!(for_auditors.iter().map(|kind| kind.id.as_str()).collect::<Vec<_>>(), ["audit", "complaint"]);
        for rule in for_auditors.iter().flat_map(|kind| kind.named.values()) {
            assert!(!rule.searchable && rule.after_let_go == AfterLetGo::Gone);
        }
        assert!(!kinds.is_for_auditors("kind_of_2030") && !kinds.is_for_auditors("screening"));
        assert!(is_for_auditors("audit") && !is_for_auditors("person"));
    }

    #[test]
    fn only_records_of_persons_have_fields_that_tell_who_somebody_is() {
        for kind in kinds().iter().filter(|kind| !kind.identity) {
            assert!(kind.named.values().chain(kind.prefixed.iter().map(|(_, rule)| rule)).all(|rule| !rule.identity));
        }
    }

    #[test]
    fn no_purpose_shares_immigration_status_or_a_link_by_default() {
        let mut count = 0;
        for kind in kinds().iter() {
            for (field, rule) in &kind.named {
                count += usize::from(rule.consent_only);
                let kept_back = rule.consent_only || rule.value_type == ValueType::Bytes;
                assert!(!kept_back || rule.shared_for.is_empty(), "{field}");
            }
            assert!(kind.prefixed.iter().all(|(_, rule)| rule.shared_for.is_empty()));
        }
        assert_eq!(count, 1);
        let referral = kinds().shared_for("person", &Code::new("referral").unwrap());
        assert_eq!(referral, ["birth_year", "name", "phone", "role"].map(name));
        assert!(kinds().shared_for("person", &Code::new("gossip").unwrap()).is_empty());
    }

    #[test]
    fn what_is_not_described_is_tolerated_not_searched_and_does_not_outlive_let_go() {
        let kinds = kinds();
        for (kind, field) in [("screening", "a_newer_field"), ("visit", "station"), ("", "station"), ("Bad Kind", "x")]
        {
            assert!(kinds.field_rule(kind, &name(field)).is_none());
            assert!(kinds.check(kind, &name(field), &FieldValue::from("anything")).is_ok());
            assert!(!kinds.is_searchable(kind, &name(field)));
            assert!(kinds.reduced_for_let_go(kind, [(name(field), FieldValue::from("anything"))]).is_empty());
            assert_eq!(kinds.label(kind, &name(field)), field);
        }
        assert!(kinds.field_rule("screening", &name("answer.")).is_none());
    }

    #[test]
    fn labels_say_what_a_field_of_a_family_is_about() {
        assert_eq!(kinds().label("screening", &name("station")), "Station");
        assert_eq!(kinds().label("screening", &name("answer.debt_bondage")), "Answer: debt bondage");
    }

    #[test]
    fn a_value_that_its_field_does_not_allow_is_refused_with_a_stable_code() {
        let code = |kind, field, value| kinds().check(kind, &name(field), &value).unwrap_err().code();
        assert_eq!(code("screening", "minutes", FieldValue::from("four")), "kind.wrong_type");
        assert_eq!(code("screening", "minutes", FieldValue::from(-1)), "kind.out_of_range");
        assert_eq!(code("screening", "sex", FieldValue::from("Sita")), "kind.wrong_type");
        assert_eq!(code("screening", "station", "a".repeat(201).into()), "kind.too_long");
        assert_eq!(code("person", "link", FieldValue::Bytes(vec![0; 17])), "kind.too_long");
        assert!(kinds().check("person", &name("birth_year"), &2007.into()).is_ok());
    }

    #[test]
    fn after_let_go_only_what_statistics_need_stays() {
        let mut fields: Vec<_> =
            screening_fields().into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        fields.extend([
            (name("answer.observations"), FieldValue::from("text:Sita from Hetauda")),
            (name("answer.forged"), FieldValue::from("Sita from Hetauda")),
            (name("answer.born"), FieldValue::from("date:2009-06-01")),
            (name("answer.departs"), FieldValue::from("time:2026-11-22T07:30")),
            (name("answer.journey_purpose"), FieldValue::from("choice:work")),
            (name("a_newer_field"), FieldValue::from("Sita")),
            (name("exploitation"), FieldValue::from("labour")),
        ]);
        let reduced = kinds().reduced_for_let_go("screening", fields);
        let mut left: Vec<&str> = reduced.iter().map(|(name, _)| name.as_str()).collect();
        left.sort_unstable();
        assert_eq!(
            left,
            [
                "age_band",
                "answer.contradiction",
                "answer.debt_owed",
                "answer.job_address_missing",
                "answer.journey_purpose",
                "answer.phone_withheld",
                "exploitation",
                "instrument",
                "minutes",
                "people",
                "sex",
                "started_at",
                "station",
            ]
        );
        let hour = reduced.iter().find(|(name, _)| name.as_str() == "started_at").unwrap().1.as_integer().unwrap();
        assert_eq!((hour % HOUR_MILLISECONDS, 1_795_000_000_000 - hour < HOUR_MILLISECONDS), (0, true));
    }

    #[test]
    fn an_ambiguous_file_is_refused() {
        let file = |fields: &str| {
            let kind = format!(r#"{{"id":"visit","label":"Visit","identity":false,"fields":[{fields}]}}"#);
            Kinds::from_json(&format!(r#"{{"format":1,"kinds":[{kind}]}}"#)).map(|_| ()).map_err(|error| error.code())
        };
        let field = r#"{"name":"a","type":"text","label":"A"}"#;
        assert_eq!(file(field), Ok(()));
        assert_eq!(file(&format!("{field},{field}")), Err("kind.ambiguous"));
        assert_eq!(file(r#"{"type":"text","label":"A"}"#), Err("kind.ambiguous"));
        assert_eq!(file(r#"{"name":"a","prefix":"a","type":"text","label":"A"}"#), Err("kind.ambiguous"));
        assert_eq!(Kinds::from_json(r#"{"format":2,"kinds":[]}"#).unwrap_err().code(), "kind.malformed");
    }
}
