//! A person: who somebody in a screening is, as a record of its own.
//! Nothing but the role is mandatory, and nothing in it says which screening it belongs to except a random link.

use super::facts::Facts;
use super::field::{FieldName, FieldValue};
use super::standing::Standing;
use super::text::Code;
use super::typed::{Fields, InputError, Values};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The id of this kind of record.
const KIND: &str = "person";

/// What somebody was in what happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PersonRole {
    /// The person who was screened.
    Traveller,
    /// Somebody who was with her.
    Companion,
    /// Somebody of whom it is said that he recruited her. Said, not proven (CARE 10).
    AllegedRecruiter,
}

impl PersonRole {
    /// Every role.
    pub const ALL: [Self; 3] = [Self::Traveller, Self::Companion, Self::AllegedRecruiter];

    /// The word that stands for it in records.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Traveller => "traveller",
            Self::Companion => "companion",
            Self::AllegedRecruiter => "alleged_recruiter",
        }
    }

    /// Reads the word that stands in records.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }
}

/// A person as given and as read back.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewPerson {
    /// What the person was in what happened.
    pub role: PersonRole,
    /// The name, as it was given.
    #[serde(default)]
    pub name: Option<String>,
    /// A phone number.
    #[serde(default)]
    pub phone: Option<String>,
    /// An address.
    #[serde(default)]
    pub address: Option<String>,
    /// A document and its number.
    #[serde(default)]
    pub document: Option<String>,
    /// The year of birth.
    #[serde(default)]
    pub birth_year: Option<u32>,
    /// Her immigration status, as a code: shared on her consent only (CARE 8).
    #[serde(default)]
    pub immigration_status: Option<Code>,
    /// Anything else that would tell who it is.
    #[serde(default)]
    pub note: Option<String>,
}

impl fmt::Debug for NewPerson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NewPerson({})", self.role.code())
    }
}

impl NewPerson {
    /// The fields of its record. `link` is the one that its screening holds.
    ///
    /// # Errors
    /// [`InputError`] for a value that its field does not allow.
    pub fn to_fields(&self, link: &[u8; 16]) -> Result<Vec<(FieldName, FieldValue)>, InputError> {
        let mut fields = Fields::new();
        fields.put("role", Some(self.role.code()))?;
        fields.words("name", self.name.as_ref())?;
        fields.words("phone", self.phone.as_ref())?;
        fields.words("address", self.address.as_ref())?;
        fields.words("document", self.document.as_ref())?;
        fields.put("birth_year", self.birth_year.map(i64::from))?;
        fields.put("immigration_status", self.immigration_status.as_ref().map(Code::as_str))?;
        fields.words("note", self.note.as_ref())?;
        fields.put("link", Some(FieldValue::Bytes(link.to_vec())))?;
        fields.checked(KIND)
    }

    /// Reads a person back, as people should see it; nothing if the record says no role that this version knows.
    pub fn from_facts(facts: &Facts, standing: &Standing) -> Option<Self> {
        let values = Values::of(facts, standing);
        Some(Self {
            role: PersonRole::parse(&values.text("role")?)?,
            name: values.text("name"),
            phone: values.text("phone"),
            address: values.text("address"),
            document: values.text("document"),
            birth_year: values.number("birth_year"),
            immigration_status: values.text("immigration_status").and_then(|code| Code::new(code).ok()),
            note: values.text("note"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{actor, time};
    use super::*;

    fn record(person: &NewPerson) -> Facts {
        let fields = person.to_fields(&[7; 16]).unwrap();
        let fields: Vec<_> = fields.into_iter().map(|(name, value)| (name, Some(value))).collect();
        let mut facts = Facts::new();
        facts.edit(&actor(1), time(0), &fields).unwrap().unwrap();
        facts
    }

    #[test]
    fn nothing_but_the_role_is_mandatory() {
        for role in PersonRole::ALL {
            let json = format!(r#"{{"role":"{}"}}"#, role.code());
            let person: NewPerson = serde_json::from_str(&json).unwrap();
            assert_eq!(person.role, role);
            assert_eq!(NewPerson::from_facts(&record(&person), &Standing::default()), Some(person));
        }
        assert!(serde_json::from_str::<NewPerson>("{}").is_err());
        assert!(serde_json::from_str::<NewPerson>(r#"{"role":"traveller","caste":"x"}"#).is_err());
    }

    #[test]
    fn a_person_is_read_back_as_given() {
        let person = NewPerson {
            role: PersonRole::Traveller,
            name: Some("सुनिता तामाङ".into()),
            phone: Some("+977-9841000001".into()),
            address: Some("Hetauda 4".into()),
            document: Some("citizenship 12-34".into()),
            birth_year: Some(2008),
            immigration_status: Some(Code::new("undocumented").unwrap()),
            note: Some("scar on the left hand".into()),
        };
        assert_eq!(NewPerson::from_facts(&record(&person), &Standing::default()), Some(person.clone()));
        let shown = format!("{person:?} {:?}", person.to_fields(&[7; 16]).unwrap());
        for content in ["तामाङ", "9841", "Hetauda", "12-34", "2008", "scar"] {
            assert!(!shown.contains(content), "{shown}");
        }
    }

    #[test]
    fn what_is_too_long_is_refused_by_the_name_of_its_field() {
        let person: NewPerson = serde_json::from_str(r#"{"role":"companion"}"#).unwrap();
        let long = NewPerson { phone: Some("9".repeat(101)), ..person.clone() };
        assert_eq!(long.to_fields(&[7; 16]).unwrap_err().code(), "kind.too_long");
        assert!(long.to_fields(&[7; 16]).unwrap_err().to_string().contains("phone"));
        let year = NewPerson { birth_year: Some(19), ..person };
        assert_eq!(year.to_fields(&[7; 16]).unwrap_err().code(), "kind.out_of_range");
    }
}
