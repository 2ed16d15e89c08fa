//! Allegations: saying something of somebody, taking it back, and what must be looked at again (CARE 10).
//! They stay in the record that they were made in and promise a day of review.

use super::Vault;
use super::consent::standing_of;
use crate::error::{Result, VigilError};
use crate::records::{
    Accused, Allegation, AllegationState, AllegationStep, Code, EventBody, EventId, LongText, ReviewDay,
};
use serde::Serialize;
use vigil_protocol::RecordId;
use vigil_screening::Date;

const MILLISECONDS_A_DAY: i64 = 24 * 60 * 60 * 1000;

/// Of whom something is said.
#[derive(Clone)]
pub enum AccusedBy {
    /// Somebody with a record of a person on this device.
    Record(RecordId),
    /// Somebody who has none, by role.
    Role(Code),
}

/// An allegation as it is made.
#[derive(Clone)]
pub struct NewAllegation {
    /// Of whom.
    pub about: AccusedBy,
    /// What it rests on, as a code: `seen`, `told_by_her`, `document`, ...
    pub basis: Code,
    /// When it is looked at again.
    pub review_on: Date,
    /// The words.
    pub words: LongText,
}

/// An allegation as people should see it.
#[derive(Clone, PartialEq, Serialize)]
pub struct AllegationView {
    /// The event: what takes it back.
    pub id: String,
    /// The record that it was made in.
    pub record: String,
    /// Of whom: a person's link, or a role.
    pub about: Accused,
    /// What it rests on.
    pub basis: String,
    /// When it is looked at again.
    pub review_on: String,
    /// The words.
    pub words: String,
    /// Who said it.
    pub author: String,
    /// When, by the author's clock.
    pub time: i64,
    /// Why it was taken back, if it was.
    pub withdrawn: Option<String>,
}

impl Vault {
    /// Says something of somebody, in the record that it is about.
    ///
    /// # Errors
    /// [`VigilError::NotFound`], [`VigilError::Invalid`] for a person without a link.
    pub fn allege(&mut self, record: &RecordId, given: NewAllegation) -> Result<EventId> {
        let about = match given.about {
            AccusedBy::Role(role) => Accused::Role(role),
            AccusedBy::Record(person) => {
                let facts = self.open_person(&person)?.facts;
                let link = facts.fields().find(|(name, _)| name.as_str() == "link").map(|(_, value)| value);
                let link = link.as_ref().and_then(|value| <[u8; 16]>::try_from(value.as_bytes()?).ok());
                let link = link.ok_or_else(|| VigilError::invalid("person", "the record has no link; name a role"))?;
                Accused::Person(link.into())
            }
        };
        let review_on = ReviewDay::new(given.review_on);
        let allegation = Allegation { about, basis: given.basis, review_on, words: given.words };
        let mut open = self.open_record(record)?;
        let id = self.write_event(&mut open, EventBody::Allegation(AllegationStep::Alleged(allegation)));
        self.save(vec![open], |_| Ok(()))?;
        Ok(id)
    }

    /// Takes an allegation back. It stays readable as one that was taken back.
    ///
    /// # Errors
    /// [`VigilError::NotFound`].
    pub fn withdraw_allegation(&mut self, record: &RecordId, allegation: &EventId, reason: Code) -> Result<EventId> {
        let mut open = self.open_record(record)?;
        if !standing_of(&open).allegations().iter().any(|made| made.said.event == *allegation) {
            return Err(VigilError::NotFound { what: "allegation" });
        }
        let step = AllegationStep::Withdrawn { allegation: *allegation, reason };
        let id = self.write_event(&mut open, EventBody::Allegation(step));
        self.save(vec![open], |_| Ok(()))?;
        Ok(id)
    }

    /// The allegations in the records of this device; with `only_due` those that stand and whose day of review has come.
    ///
    /// # Errors
    /// [`VigilError::DatabaseDamaged`].
    pub fn allegations(&self, only_due: bool) -> Result<Vec<AllegationView>> {
        let today = Date::from_days(self.now().0.div_euclid(MILLISECONDS_A_DAY));
        let is_wanted = |made: &AllegationState| !only_due || today.is_ok_and(|today| made.is_due(today));
        let mut views = Vec::new();
        for (record, standing) in self.standings(None)? {
            for made in standing.allegations().iter().filter(|made| is_wanted(made)) {
                views.push(AllegationView {
                    id: made.said.event.to_string(),
                    record: record.to_string(),
                    about: made.allegation.about.clone(),
                    basis: made.allegation.basis.to_string(),
                    review_on: made.allegation.review_on.to_string(),
                    words: made.allegation.words.as_str().to_owned(),
                    author: self.call(&made.said.author)?,
                    time: made.said.time.0,
                    withdrawn: made.withdrawn.first().map(|(reason, _)| reason.to_string()),
                });
            }
        }
        Ok(views)
    }
}
