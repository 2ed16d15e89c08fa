//! Second opinions: two people judge the same record, and neither reads what the other thinks before both are bound.
//! Until somebody else's commitment is here, what this device was told lies in its own store and in nothing that leaves
//! it; then it is opened by itself, once (ADR 0012).

#[cfg(test)]
mod tests;

use super::Vault;
use super::views::{OpinionView, SecondOpinionView};
use crate::error::{Result, VigilError};
use crate::keys::random_bytes;
use crate::records::{
    Code, EventBody, EventId, Judge, Judgement, LongText, OpinionSalt, OpinionState, Opinions, SecondOpinion,
    SignedEvent, Standing, is_view,
};
use crate::store::{chains, opinions};
use std::collections::{BTreeMap, BTreeSet};
use vigil_protocol::{DeviceId, Hash, Member, RecordId, canonical};
use zeroize::Zeroizing;

/// Who reads cases by role: a member on probation reads none.
fn may_judge(member: &Member) -> bool {
    member.role.leads() && !member.probation
}

/// The events of a record by id.
type Events = BTreeMap<EventId, SignedEvent>;

impl Vault {
    /// Judges a record. The view and its reasons stay on this device until somebody else who may judge is bound to an
    /// opinion of their own; then every device opens its own by itself. An opinion is given once and not changed.
    ///
    /// # Errors
    /// [`VigilError::NotFound`], [`VigilError::Invalid`] for a view that no programme has, [`VigilError::NotAllowed`]
    /// unless this device is an officer's or a desk's, has not recorded the record, has not judged it, and it is not
    /// settled.
    pub fn give_opinion(&mut self, record: &RecordId, view: Code, reasons: LongText) -> Result<EventId> {
        if !is_view(&view) {
            return Err(VigilError::invalid("view", "a view of your programme's own has its prefix and a dot"));
        }
        let mut open = self.open_record(record)?;
        let given = self.opinions(record, &open.creator, &open.events)?;
        if let Some(why) = self.may_not_judge(&open.creator, &open.events, &given)? {
            return Err(VigilError::NotAllowed { why });
        }
        let judgement = Judgement { view, reasons, salt: OpinionSalt(random_bytes()) };
        let id = self.write_event(&mut open, judgement.committed(record, &self.device));
        if self.opinions(record, &open.creator, &open.events)?.may_open(&id) {
            self.write_event(&mut open, EventBody::OpinionOpened(judgement.opened(id)));
            self.save(vec![open], |_| Ok(()))?;
        } else {
            let bytes = Zeroizing::new(canonical::encode(&judgement));
            self.save(vec![open], |tx| Ok(opinions::keep(tx, record, id.as_bytes(), &bytes)?))?;
        }
        Ok(id)
    }

    /// How a record's second opinion stands: who has judged; what they say once that may be shown here.
    ///
    /// # Errors
    /// [`VigilError::NotFound`].
    pub fn second_opinion(&self, record: &RecordId) -> Result<SecondOpinionView> {
        self.may_read()?;
        let row = self.row(record)?;
        self.opinion_view(record, &row.columns.creator, &self.events_of(record)?)
    }

    /// Opens what this device may open by now. Gives how many; the next sync carries them.
    ///
    /// It runs whenever something was taken in, when a home is opened and when a sync begins, so that an interruption
    /// between a commitment's arrival and the opening costs nothing.
    pub(crate) fn open_opinions(&mut self) -> Result<u64> {
        let mut count = 0;
        for record in opinions::records(self.store.read())? {
            match self.open_opinions_of(&record) {
                Ok(opened) => count += opened,
                // A record that cannot be read stops no other, and keeps what waits with it.
                Err(VigilError::DatabaseDamaged { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(count)
    }

    fn open_opinions_of(&self, record: &RecordId) -> Result<u64> {
        let row = self.row(record)?;
        let given = self.opinions(record, &row.columns.creator, &self.events_of(record)?)?;
        let (mut due, mut done) = (Vec::new(), Vec::new());
        for (commitment, bytes) in opinions::of_record(self.store.read(), record)? {
            let damaged = |_| VigilError::DatabaseDamaged { detail: "an opinion" };
            let judgement: Judgement = canonical::decode(&bytes).map_err(damaged)?;
            let id = EventId(Hash(commitment));
            if given.may_open(&id) {
                done.push(id);
                due.push((id, judgement));
            } else if given.is_open(&id) {
                // As after a home was put back from a copy.
                done.push(id);
            }
        }
        if done.is_empty() {
            return Ok(0);
        }
        let mut open = self.open_record(record)?;
        let opened = due.len() as u64;
        for (id, judgement) in due {
            self.write_event(&mut open, EventBody::OpinionOpened(judgement.opened(id)));
        }
        // The event and the forgetting are one: no commitment is opened twice, and none is forgotten unopened.
        self.save(vec![open], |tx| Ok(done.iter().try_for_each(|id| opinions::forget(tx, id.as_bytes()))?))?;
        Ok(opened)
    }

    /// How the opinions on a record stand, from what is here.
    fn opinions(&self, record: &RecordId, creator: &DeviceId, events: &Events) -> Result<Opinions> {
        let is_judged = events.values().any(|event| matches!(event.event.body, EventBody::OpinionCommitted { .. }));
        if !is_judged {
            return Ok(Opinions::default());
        }
        let suspended: BTreeSet<DeviceId> = chains::equivocators(self.store.read())?.into_iter().collect();
        let membership = &self.space()?.membership;
        let recorded_by = membership.member(creator).map(|member| member.person);
        let judge = |device: &DeviceId| match membership.member(device) {
            Some(member) if Some(member.person) != recorded_by && device != creator && may_judge(member) => {
                let is_active = member.is_active() && !suspended.contains(device);
                if is_active { Judge::Active(member.person) } else { Judge::Former(member.person) }
            }
            _ => Judge::No,
        };
        Ok(Opinions::of(record, events.iter().map(|(id, event)| (*id, &event.event)), judge))
    }

    /// Why this device may not judge a record, in words; nothing if it may.
    fn may_not_judge(&self, creator: &DeviceId, events: &Events, given: &Opinions) -> Result<Option<&'static str>> {
        let membership = &self.space()?.membership;
        let Some(me) = membership.active_member(&self.device).filter(|me| may_judge(me)) else {
            return Ok(Some("officers and desks judge records"));
        };
        if membership.member(creator).is_some_and(|creator| creator.person == me.person) {
            return Ok(Some("who recorded it does not judge it"));
        }
        if given.has_given(&me.person) {
            return Ok(Some("you have judged this record, and nobody judges twice"));
        }
        if matches!(given.outcome(), SecondOpinion::Agreed { .. }) {
            return Ok(Some("it is settled: two have judged it alike"));
        }
        let erased = Standing::of(events.iter().map(|(id, event)| (*id, &event.event))).is_erased();
        Ok(erased.then_some("the record was erased"))
    }

    pub(super) fn opinion_view(
        &self,
        record: &RecordId,
        creator: &DeviceId,
        events: &Events,
    ) -> Result<SecondOpinionView> {
        let given = self.opinions(record, creator, events)?;
        let may_judge = self.may_not_judge(creator, events, &given)?.is_none();
        // One that cannot be read is not shown, and hides nothing of the record.
        let mine: BTreeMap<EventId, Judgement> = opinions::of_record(self.store.read(), record)?
            .into_iter()
            .filter_map(|(commitment, bytes)| Some((EventId(Hash(commitment)), canonical::decode(&bytes).ok()?)))
            .collect();
        let mut views = Vec::with_capacity(given.all().len());
        for opinion in given.all() {
            let words = match &opinion.state {
                // Who may still judge does not read what others think (facade only: ADR 0012 says what that is worth).
                OpinionState::Open { view, reasons } if !may_judge => Some((view, reasons)),
                OpinionState::Open { .. } => None,
                _ => mine.get(&opinion.given.event).map(|mine| (&mine.view, &mine.reasons)),
            };
            views.push(OpinionView {
                author: self.call(&opinion.given.author)?,
                time: opinion.given.time.0,
                mine: opinion.given.author == self.device,
                state: opinion.state.name().to_owned(),
                view: words.map(|(view, _)| view.to_string()),
                reasons: words.map(|(_, reasons)| reasons.as_str().to_owned()),
            });
        }
        let (view, blind) = match given.outcome() {
            SecondOpinion::Agreed { view, blind } => (Some(view.to_string()), *blind),
            _ => (None, false),
        };
        let state = given.outcome().name().to_owned();
        Ok(SecondOpinionView { state, view, blind, may_judge, opinions: views })
    }
}
