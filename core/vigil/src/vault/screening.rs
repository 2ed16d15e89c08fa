//! Recording: a screening from its first answer to its decision, the persons in it, and sightings.
//! Every answer is durable when given; a person who is let go leaves no name behind (CARE 9).

use super::Vault;
use super::save::Open;
use crate::error::{Result, VigilError};
use crate::keys::random_bytes;
use crate::records::{EventBody, FieldName, FieldValue, NewPerson, NewScreening, NewSighting, Outcome};
use crate::store::drafts;
use serde::{Deserialize, Serialize};
use vigil_protocol::RecordId;
use vigil_screening::AgeBand;

/// Most persons that one screening names.
const MAX_PERSONS: usize = 64;
/// Largest draft, in bytes of JSON.
const MAX_DRAFT_BYTES: usize = 256 * 1024;

/// A screening in progress.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct DraftId(pub [u8; 16]);

/// What a screening in progress holds. It stays on the device until it is finished or thrown away.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScreeningDraft {
    /// The screening so far.
    pub screening: NewScreening,
    /// The persons so far.
    #[serde(default)]
    pub persons: Vec<NewPerson>,
}

/// What was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The screening.
    pub screening: RecordId,
    /// The persons' own records, in the order given; none after "let go".
    pub persons: Vec<RecordId>,
}

/// Whether the person travels on after this outcome, so that CARE 9 applies.
pub(super) fn travels_on(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::LetGo | Outcome::DeclinedInformed)
}

/// Refuses a ground that does not exist at this age (CARE 1, 5). An age that is not known counts as under 18.
pub(super) fn check_agreement(outcome: &Outcome, age_band: Option<&str>) -> Result<()> {
    let Outcome::Intercepted { agreement } = outcome else { return Ok(()) };
    let age = age_band.and_then(|code| AgeBand::parse(code).ok()).unwrap_or(AgeBand::Unknown);
    if agreement.suits(age.counts_as_under_18()) {
        Ok(())
    } else if age.counts_as_under_18() {
        Err(VigilError::invalid("agreement", "under 18, or of unknown age: record the guardian or child protection"))
    } else {
        Err(VigilError::invalid("agreement", "an adult agrees herself, or it is one of the closed list of grounds"))
    }
}

impl Vault {
    /// Records a screening with the persons in it and, if one was taken, the decision. After "let go" names, phones,
    /// documents and narrative are not kept, unless the person wants a follow-up.
    ///
    /// # Errors
    /// [`VigilError::Invalid`] for a value over its limit, a ground that the age does not allow; [`VigilError::NotInSpace`].
    pub fn record_screening(
        &mut self,
        screening: &NewScreening,
        persons: &[NewPerson],
        outcome: Option<Outcome>,
    ) -> Result<Recorded> {
        self.record_finished(screening, persons, outcome, |_| Ok(()))
    }

    fn record_finished(
        &mut self,
        screening: &NewScreening,
        persons: &[NewPerson],
        outcome: Option<Outcome>,
        also: impl FnOnce(&rusqlite::Transaction<'_>) -> Result<()>,
    ) -> Result<Recorded> {
        if persons.len() > MAX_PERSONS {
            return Err(VigilError::invalid("persons", format!("at most {MAX_PERSONS}")));
        }
        if let Some(outcome) = &outcome {
            check_agreement(outcome, Some(&screening.age_band))?;
        }
        let reduce = outcome.as_ref().is_some_and(travels_on) && !screening.wants_follow_up;
        let links: Vec<[u8; 16]> = if reduce { Vec::new() } else { persons.iter().map(|_| random_bytes()).collect() };
        let invalid = |error: crate::records::InputError| VigilError::invalid(error.code(), &error);
        let fields = if reduce { screening.reduced_for_let_go() } else { screening.clone() }
            .to_fields(&links)
            .map_err(invalid)?;
        let mut opens = vec![self.filled("screening", fields)?];
        for (person, link) in persons.iter().zip(&links) {
            opens.push(self.filled("person", person.to_fields(link).map_err(invalid)?)?);
        }
        if let (Some(outcome), Some(open)) = (outcome, opens.first_mut()) {
            self.write_event(open, EventBody::Decision(outcome));
        }
        let mut ids = opens.iter().map(|open| open.record);
        let recorded = Recorded { screening: ids.next().unwrap_or(RecordId([0; 16])), persons: ids.collect() };
        self.save(opens, also)?;
        Ok(recorded)
    }

    /// Records a sighting.
    ///
    /// # Errors
    /// [`VigilError::Invalid`], [`VigilError::NotInSpace`].
    pub fn record_sighting(&mut self, sighting: &NewSighting) -> Result<RecordId> {
        let fields = sighting.to_fields().map_err(|error| VigilError::invalid(error.code(), &error))?;
        self.record("sighting", fields)
    }

    /// Records something of any kind, known to this app or not.
    ///
    /// # Errors
    /// [`VigilError::Invalid`], [`VigilError::NotInSpace`].
    pub fn record(&mut self, kind: &str, fields: Vec<(FieldName, FieldValue)>) -> Result<RecordId> {
        let open = self.filled(kind, fields)?;
        let record = open.record;
        self.save(vec![open], |_| Ok(()))?;
        Ok(record)
    }

    fn filled(&self, kind: &str, fields: Vec<(FieldName, FieldValue)>) -> Result<Open> {
        let mut open = self.new_record(kind)?;
        let fields: Vec<_> = fields.into_iter().map(|(name, value)| (name, Some(value))).collect();
        self.write_fields(&mut open, &fields)?;
        Ok(open)
    }

    /// Starts a screening, in a space or before there is one. It is durable, and stays on this device until it is finished
    /// or thrown away.
    ///
    /// # Errors
    /// [`VigilError::Invalid`].
    pub fn start_screening(&mut self, draft: &ScreeningDraft) -> Result<DraftId> {
        let id = DraftId(random_bytes());
        self.keep_draft(&id, draft)?;
        Ok(id)
    }

    /// Keeps a screening as it is now; durable when this returns.
    ///
    /// # Errors
    /// [`VigilError::NotFound`] if it was finished or thrown away.
    pub fn update_draft(&mut self, id: &DraftId, draft: &ScreeningDraft) -> Result<()> {
        self.draft(id)?;
        self.keep_draft(id, draft)
    }

    fn keep_draft(&mut self, id: &DraftId, draft: &ScreeningDraft) -> Result<()> {
        let content = serde_json::to_string(draft).map_err(|error| VigilError::invalid("draft", error))?;
        if content.len() > MAX_DRAFT_BYTES {
            return Err(VigilError::invalid("draft", format!("at most {MAX_DRAFT_BYTES} bytes")));
        }
        let now = self.now().0;
        Ok(self.store.in_transaction(|tx| drafts::save(tx, &id.0, now, &content))?)
    }

    /// A screening in progress.
    ///
    /// # Errors
    /// [`VigilError::NotFound`].
    pub fn draft(&self, id: &DraftId) -> Result<ScreeningDraft> {
        let content = drafts::get(self.store.read(), &id.0)?.ok_or(VigilError::NotFound { what: "draft" })?;
        serde_json::from_str(&content).map_err(|_| VigilError::DatabaseDamaged { detail: "a draft" })
    }

    /// All screenings in progress, newest first.
    ///
    /// # Errors
    /// [`VigilError::DatabaseDamaged`].
    pub fn drafts(&self) -> Result<Vec<(DraftId, ScreeningDraft)>> {
        drafts::all(self.store.read())?
            .into_iter()
            .map(|(id, content)| {
                let draft =
                    serde_json::from_str(&content).map_err(|_| VigilError::DatabaseDamaged { detail: "a draft" })?;
                Ok((DraftId(id), draft))
            })
            .collect()
    }

    /// Finishes a screening: records it and removes the draft, both or neither.
    ///
    /// # Errors
    /// As [`Self::record_screening`], and [`VigilError::NotFound`].
    pub fn finish_screening(&mut self, id: &DraftId, outcome: Option<Outcome>) -> Result<Recorded> {
        let draft = self.draft(id)?;
        let recorded =
            self.record_finished(&draft.screening, &draft.persons, outcome, |tx| Ok(drafts::delete(tx, &id.0)?))?;
        self.store.forget_deleted()?;
        Ok(recorded)
    }

    /// Throws a screening in progress away.
    ///
    /// # Errors
    /// [`VigilError::NotFound`].
    pub fn discard_draft(&mut self, id: &DraftId) -> Result<()> {
        self.draft(id)?;
        self.store.in_transaction(|tx| drafts::delete(tx, &id.0))?;
        Ok(self.store.forget_deleted()?)
    }
}
