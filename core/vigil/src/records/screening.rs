//! A screening: who was met where and when, what was asked, how long it took.
//! It holds nobody's name; the persons in it are records of their own, tied to it by a random link and nothing else.

use super::facts::Facts;
use super::field::{FieldName, FieldValue};
use super::kind::Kinds;
use super::names::is_plain_name;
use super::standing::Standing;
use super::typed::{Fields, InputError, Values, milliseconds};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use vigil_protocol::Timestamp;
use vigil_screening::{AgeBand, Answer, Exploitation, Id};

/// The id of this kind of record.
const KIND: &str = "screening";
/// Most answers in one screening: as many as an instrument may have items.
const MAX_ANSWERS: usize = vigil_screening::limits::ITEMS;
/// Most persons tied to one screening.
const MAX_LINKS: usize = 64;

/// Where somebody was going. Trafficking needs no movement, so all of it is optional.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Journey {
    /// Where it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Where it was to end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// What for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    /// By what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transport: Option<String>,
}

/// A screening as it is given and as it is read back. Every question can be skipped.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewScreening {
    /// The station: a place's name, no coordinates.
    pub station: String,
    /// When it began.
    #[serde(with = "milliseconds")]
    pub started_at: Timestamp,
    /// How many minutes the person was held up.
    #[serde(default)]
    pub minutes: Option<u32>,
    /// How many people were screened together.
    #[serde(default)]
    pub people: Option<u32>,
    /// `under_18`, `adult`, `unknown` or `disputed`; the last two count as under 18 (CARE 5).
    #[serde(default = "unknown_age")]
    pub age_band: String,
    /// A code such as `female`, `male` or `other`.
    #[serde(default)]
    pub sex: Option<String>,
    /// `labour`, `sexual`, `other` or `unknown`, for instruments that tell kinds of exploitation apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exploitation: Option<String>,
    /// The journey, if there was one.
    #[serde(default)]
    pub journey: Option<Journey>,
    /// The instrument that was used, as `id@version`; one that a programme brought as `id@version.digest`.
    #[serde(default)]
    pub instrument: Option<String>,
    /// Answers by item, as [`vigil_screening::Answer`] codes: `yes`, `yes:document_seen`, `no`, `unknown`, `choice:work`.
    #[serde(default)]
    pub answers: BTreeMap<String, String>,
    /// What was noticed.
    #[serde(default)]
    pub observations: Option<String>,
    /// Whether the person wants to hear from the committee again; only then are names kept after "let go".
    #[serde(default)]
    pub wants_follow_up: bool,
}

fn unknown_age() -> String {
    AgeBand::Unknown.code().to_owned()
}

impl fmt::Debug for NewScreening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NewScreening({} answers)", self.answers.len())
    }
}

impl fmt::Debug for Journey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Journey(..)")
    }
}

impl NewScreening {
    /// The fields of its record. `links` are random, one for each person's record that belongs to it.
    ///
    /// # Errors
    /// [`InputError`] for a value that its field does not allow.
    pub fn to_fields(&self, links: &[[u8; 16]]) -> Result<Vec<(FieldName, FieldValue)>, InputError> {
        self.check(links)?;
        self.as_fields(links)?.checked(KIND)
    }

    fn check(&self, links: &[[u8; 16]]) -> Result<(), InputError> {
        if self.station.trim().is_empty() {
            return Err(InputError::Empty { field: "station" });
        }
        AgeBand::parse(&self.age_band).map_err(|_| InputError::NotACode { field: "age_band" })?;
        if self.sex.as_ref().is_some_and(|sex| !is_plain_name(sex, 16)) {
            return Err(InputError::NotACode { field: "sex" });
        }
        if self.exploitation.as_ref().is_some_and(|code| Self::read_exploitation(code).is_none()) {
            return Err(InputError::NotACode { field: "exploitation" });
        }
        if self.instrument.as_ref().is_some_and(|instrument| !is_instrument(instrument)) {
            return Err(InputError::NotACode { field: "instrument" });
        }
        for (item, code) in &self.answers {
            Id::new(item.as_str()).map_err(|error| InputError::NotAnAnswer { code: error.code() })?;
            Answer::parse(code).map_err(|error| InputError::NotAnAnswer { code: error.code() })?;
        }
        if self.answers.len() > MAX_ANSWERS {
            return Err(InputError::TooMany { what: "answers", limit: MAX_ANSWERS });
        }
        if links.len() > MAX_LINKS {
            return Err(InputError::TooMany { what: "persons", limit: MAX_LINKS });
        }
        Ok(())
    }

    fn as_fields(&self, links: &[[u8; 16]]) -> Result<Fields, InputError> {
        let mut fields = Fields::new();
        fields.put("station", Some(self.station.as_str()))?;
        fields.put("started_at", Some(self.started_at.0))?;
        fields.put("minutes", self.minutes.map(i64::from))?;
        fields.put("people", self.people.map(i64::from))?;
        fields.put("age_band", Some(self.age_band.as_str()))?;
        fields.words("sex", self.sex.as_ref())?;
        fields.words("exploitation", self.exploitation.as_ref())?;
        if let Some(journey) = &self.journey {
            fields.words("journey.from", journey.from.as_ref())?;
            fields.words("journey.to", journey.to.as_ref())?;
            fields.words("journey.purpose", journey.purpose.as_ref())?;
            fields.words("journey.transport", journey.transport.as_ref())?;
        }
        fields.words("instrument", self.instrument.as_ref())?;
        for (item, code) in &self.answers {
            // An item that was not asked is absent: that is shorter, and the same.
            if Answer::parse(code) != Ok(Answer::NotAsked) {
                fields.put(&format!("answer.{item}"), Some(code.as_str()))?;
            }
        }
        fields.words("observations", self.observations.as_ref())?;
        fields.put("wants_follow_up", self.wants_follow_up.then_some(true))?;
        for (number, link) in links.iter().enumerate() {
            fields.put(&format!("link.{number}"), Some(FieldValue::Bytes(link.to_vec())))?;
        }
        Ok(fields)
    }

    /// Reads a screening back, as people should see it.
    pub fn from_facts(facts: &Facts, standing: &Standing) -> Self {
        Self::from_values(&Values::of(facts, standing))
    }

    fn from_values(values: &Values) -> Self {
        let journey = Journey {
            from: values.text("journey.from"),
            to: values.text("journey.to"),
            purpose: values.text("journey.purpose"),
            transport: values.text("journey.transport"),
        };
        Self {
            station: values.text("station").unwrap_or_default(),
            started_at: values.time("started_at"),
            minutes: values.number("minutes"),
            people: values.number("people"),
            age_band: values.text("age_band").unwrap_or_else(unknown_age),
            sex: values.text("sex"),
            exploitation: values.text("exploitation"),
            journey: Some(journey).filter(|journey| *journey != Journey::default()),
            instrument: values.text("instrument"),
            answers: values.family("answer."),
            observations: values.text("observations"),
            wants_follow_up: values.boolean("wants_follow_up").unwrap_or(false),
        }
    }

    /// Reads the code of a kind of exploitation.
    pub(crate) fn read_exploitation(code: &str) -> Option<Exploitation> {
        let all = [Exploitation::Labour, Exploitation::Sexual, Exploitation::Other, Exploitation::Unknown];
        all.into_iter().find(|kind| kind.code() == code)
    }

    /// What stays of it after "let go" without a follow-up (CARE 9).
    pub fn reduced_for_let_go(&self) -> Self {
        let (Ok(fields), Ok(kinds)) = (self.as_fields(&[]), Kinds::shared()) else {
            // What could not be recorded anyway leaves nothing behind.
            return Self::from_values(&Values::from_iter([]));
        };
        Self::from_values(&kinds.reduced_for_let_go(KIND, fields.unchecked()).into_iter().collect())
    }
}

/// Whether it is `id@version`, or `id@version.digest` with the first eight bytes of the digest in hexadecimal.
fn is_instrument(text: &str) -> bool {
    let Some((id, rest)) = text.split_once('@') else { return false };
    let (version, digest) = rest.split_once('.').map_or((rest, None), |(version, digest)| (version, Some(digest)));
    let is_hex =
        |digest: &str| digest.len() == 16 && digest.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    let is_version = version.parse::<u32>().is_ok_and(|number| number > 0 && number.to_string() == version);
    Id::new(id).is_ok() && is_version && digest.is_none_or(is_hex)
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{actor, time};
    use super::*;

    fn full() -> NewScreening {
        serde_json::from_str(
            r#"{"station":"Raxaul border gate","started_at":1795000000000,"minutes":4,"people":2,"age_band":"adult",
            "sex":"female","exploitation":"labour",
            "journey":{"from":"Hetauda","to":"Delhi","purpose":"work","transport":"bus"},
            "instrument":"border_interception@1",
            "answers":{"debt_bondage":"yes","job_confirmed":"yes:employer_called_back","threats":"unknown",
                       "passport_withheld":"not_asked","observations":"text:Sita from Hetauda"},
            "observations":"सानो झोला मात्र","wants_follow_up":true}"#,
        )
        .unwrap()
    }

    fn minimal() -> NewScreening {
        serde_json::from_str(r#"{"station":"Raxaul","started_at":0}"#).unwrap()
    }

    fn record(screening: &NewScreening, links: &[[u8; 16]]) -> Facts {
        let fields = screening.to_fields(links).unwrap();
        let fields: Vec<_> = fields.into_iter().map(|(name, value)| (name, Some(value))).collect();
        let mut facts = Facts::new();
        facts.edit(&actor(1), time(0), &fields).unwrap().unwrap();
        facts
    }

    #[test]
    fn a_screening_is_read_back_as_given_and_what_was_not_asked_is_absent() {
        let mut given = full();
        let read = NewScreening::from_facts(&record(&given, &[[1; 16], [2; 16]]), &Standing::default());
        given.answers.remove("passport_withheld");
        assert_eq!(read, given);
        assert_eq!(NewScreening::from_facts(&record(&minimal(), &[]), &Standing::default()), minimal());
        let json = serde_json::to_string(&given).unwrap();
        assert_eq!(serde_json::from_str::<NewScreening>(&json).unwrap(), given);
    }

    #[test]
    fn every_question_can_be_skipped_and_an_age_that_was_not_given_is_unknown() {
        assert_eq!(minimal().age_band, "unknown");
        assert!(minimal().to_fields(&[]).is_ok());
    }

    #[test]
    fn persons_are_tied_by_their_links_and_nothing_else() {
        let facts = record(&minimal(), &[[1; 16], [2; 16]]);
        let links: Vec<_> = facts.fields().filter(|(name, _)| name.as_str().starts_with("link.")).collect();
        assert_eq!(links.len(), 2);
        assert_eq!(links[1].1.as_bytes(), Some([2; 16].as_slice()));
    }

    #[test]
    fn what_is_no_screening_is_refused_with_a_stable_code_that_repeats_nothing() {
        type Spoil = fn(&mut NewScreening);
        let cases: [(&str, Spoil); 11] = [
            ("input.empty", |screening| screening.station = " ".into()),
            ("kind.too_long", |screening| screening.station = "Sita".repeat(100)),
            ("input.not_a_code", |screening| screening.age_band = "Sita".into()),
            ("input.not_a_code", |screening| screening.sex = Some("Sita Tamang".into())),
            ("input.not_a_code", |screening| screening.exploitation = Some("Sita".into())),
            ("input.not_a_code", |screening| screening.exploitation = Some(String::new())),
            ("input.not_a_code", |screening| screening.instrument = Some("border@Sita".into())),
            ("input.not_an_answer", |screening| drop(screening.answers.insert("debt".into(), "Sita".into()))),
            ("input.not_an_answer", |screening| drop(screening.answers.insert("Sita T".into(), "yes".into()))),
            ("kind.out_of_range", |screening| screening.minutes = Some(u32::MAX)),
            ("input.too_many", |screening| {
                screening.answers = (0..=MAX_ANSWERS).map(|i| (format!("q{i}"), "yes".into())).collect();
            }),
        ];
        for (code, spoil) in cases {
            let mut screening = full();
            spoil(&mut screening);
            let refusal = screening.to_fields(&[]).unwrap_err();
            assert_eq!(refusal.code(), code);
            assert!(!format!("{refusal} {refusal:?} {screening:?}").contains("Sita"));
        }
        assert_eq!(full().to_fields(&[[0; 16]; MAX_LINKS + 1]).unwrap_err().code(), "input.too_many");
        assert!(serde_json::from_str::<NewScreening>(r#"{"station":"a","started_at":0,"caste":"x"}"#).is_err());
    }

    #[test]
    fn after_let_go_nothing_is_left_that_names_or_tells_about_anybody() {
        let reduced = full().reduced_for_let_go();
        let json = serde_json::to_string(&reduced).unwrap();
        for gone in ["Hetauda", "Delhi", "Sita", "झोला", "bus"] {
            assert!(!json.contains(gone), "{json}");
        }
        assert_eq!((reduced.minutes, reduced.people, reduced.sex.as_deref()), (Some(4), Some(2), Some("female")));
        assert_eq!((reduced.station, reduced.started_at.0 % 3_600_000), ("Raxaul border gate".into(), 0));
        assert_eq!(
            (reduced.answers["debt_bondage"].as_str(), reduced.exploitation.as_deref()),
            ("yes", Some("labour"))
        );
        assert!(reduced.journey.is_none() && reduced.observations.is_none() && !reduced.wants_follow_up);
        // What is refused elsewhere does not keep the rest from the statistics.
        let spoilt = NewScreening { observations: Some("Sita".repeat(9000)), sex: Some("Sita T".into()), ..full() };
        let reduced = spoilt.reduced_for_let_go();
        assert_eq!((reduced.sex.clone(), reduced.minutes), (None, Some(4)));
        assert!(reduced.to_fields(&[]).is_ok());
    }
}
