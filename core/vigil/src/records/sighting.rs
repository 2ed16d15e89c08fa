//! A sighting: something that was seen and may matter, without anybody having been screened.
//! It needs a place and a time, and nothing else.

use super::facts::Facts;
use super::field::{FieldName, FieldValue};
use super::standing::Standing;
use super::typed::{Fields, InputError, Values, milliseconds};
use serde::{Deserialize, Serialize};
use std::fmt;
use vigil_protocol::Timestamp;

/// The id of this kind of record.
const KIND: &str = "sighting";

/// A sighting as given and as read back.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewSighting {
    /// Where: a place's name, no coordinates.
    pub place: String,
    /// When.
    #[serde(with = "milliseconds")]
    pub seen_at: Timestamp,
    /// What.
    #[serde(default)]
    pub description: Option<String>,
    /// How many people.
    #[serde(default)]
    pub people: Option<u32>,
}

impl fmt::Debug for NewSighting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewSighting(..)")
    }
}

impl NewSighting {
    /// The fields of its record.
    ///
    /// # Errors
    /// [`InputError`] for a value that its field does not allow.
    pub fn to_fields(&self) -> Result<Vec<(FieldName, FieldValue)>, InputError> {
        if self.place.trim().is_empty() {
            return Err(InputError::Empty { field: "place" });
        }
        let mut fields = Fields::new();
        fields.put("place", Some(self.place.as_str()))?;
        fields.put("seen_at", Some(self.seen_at.0))?;
        fields.words("description", self.description.as_ref())?;
        fields.put("people", self.people.map(i64::from))?;
        fields.checked(KIND)
    }

    /// Reads a sighting back, as people should see it.
    pub fn from_facts(facts: &Facts, standing: &Standing) -> Self {
        let values = Values::of(facts, standing);
        Self {
            place: values.text("place").unwrap_or_default(),
            seen_at: values.time("seen_at"),
            description: values.text("description"),
            people: values.number("people"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{actor, time};
    use super::*;

    #[test]
    fn a_sighting_is_read_back_as_given() {
        let json =
            r#"{"place":"Bus park, gate 2","seen_at":1795000000000,"people":4,"description":"collects passports"}"#;
        for sighting in [
            serde_json::from_str::<NewSighting>(json).unwrap(),
            serde_json::from_str(r#"{"place":"बस पार्क","seen_at":0}"#).unwrap(),
        ] {
            let fields = sighting.to_fields().unwrap();
            let fields: Vec<_> = fields.into_iter().map(|(name, value)| (name, Some(value))).collect();
            let mut facts = Facts::new();
            facts.edit(&actor(1), time(0), &fields).unwrap().unwrap();
            assert_eq!(NewSighting::from_facts(&facts, &Standing::default()), sighting);
            let json = serde_json::to_string(&sighting).unwrap();
            assert_eq!(serde_json::from_str::<NewSighting>(&json).unwrap(), sighting);
        }
    }

    #[test]
    fn a_sighting_needs_a_place_and_takes_nothing_unknown() {
        let sighting: NewSighting = serde_json::from_str(r#"{"place":" ","seen_at":0}"#).unwrap();
        assert_eq!(sighting.to_fields().unwrap_err().code(), "input.empty");
        assert!(serde_json::from_str::<NewSighting>(r#"{"place":"a","seen_at":0,"gps":"1,2"}"#).is_err());
    }
}
