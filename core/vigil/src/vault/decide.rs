//! Changing what stands: editing fields, deciding, settling what people differ on, consent, erasing after "let go".
//! Decisions are events under the decider's own name; nobody's earlier word is overwritten by one.

use super::Vault;
use super::erasure::Erased;
use super::save::Open;
use super::screening::{check_agreement, travels_on};
use crate::error::{Result, VigilError};
use crate::records::{
    ChangeHash, EventBody, EventId, FieldName, FieldSettlement, FieldValue, Outcome, OutcomeSettlement, Standing,
    resolve_field,
};
use crate::store::records;
use crate::sync::Save;
use vigil_protocol::{DeviceId, RecordId, Role};

/// Fields of a screening that was let go: links of persons whose records the decider did not hold.
pub(super) const LET_GO_PREFIX: &str = "let_go.";

/// Which of a field's values holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// The value with this number, as [`super::FieldView::values`] lists them, from 0.
    Number(usize),
    /// The value that this change wrote.
    Change(ChangeHash),
}

/// Whether rules of their own hold for such an event.
const fn is_about_sharing(body: &EventBody) -> bool {
    matches!(
        body,
        EventBody::ConsentGiven(_)
            | EventBody::ConsentWithdrawn(_)
            | EventBody::ChildConsentGiven(_)
            | EventBody::BasisDeclared(_)
            | EventBody::BasisSeconded { .. }
            | EventBody::BasisEnded { .. }
            | EventBody::AuthorityChosen(_)
            | EventBody::Shared(_)
            | EventBody::Recall(_)
            | EventBody::Received(_)
            | EventBody::Allegation(_)
            | EventBody::Hiding(_)
    )
}

impl Vault {
    /// Writes fields of a record; `None` removes a field. Fields that this app does not know stay as they are.
    ///
    /// # Errors
    /// [`VigilError::NotFound`], [`VigilError::Invalid`].
    pub fn edit(&mut self, record: &RecordId, fields: &[(FieldName, Option<FieldValue>)]) -> Result<()> {
        let mut open = self.open_to_change(record)?;
        for (name, value) in fields {
            if let Some(value) = value {
                let check = self.summariser.kinds().check(&open.kind, name, value);
                check.map_err(|error| VigilError::invalid(name.as_str(), error))?;
            }
        }
        self.write_fields(&mut open, fields)?;
        self.save(vec![open], |_| Ok(()))
    }

    /// Adds an event of any kind but a decision, which [`Self::decide`] takes, a second opinion, which
    /// [`Self::give_opinion`] takes, and what is about consent, sharing and allegations, each of which has its own call. An
    /// addendum can also be added to a record whose content was handed over.
    ///
    /// # Errors
    /// [`VigilError::NotFound`], [`VigilError::Invalid`].
    pub fn add_event(&mut self, record: &RecordId, body: EventBody) -> Result<EventId> {
        if matches!(body, EventBody::Decision(_)) {
            return Err(VigilError::invalid("event", "a decision is taken, not added"));
        }
        if matches!(body, EventBody::OpinionCommitted { .. } | EventBody::OpinionOpened(_)) {
            return Err(VigilError::invalid("event", "a second opinion is given, not added"));
        }
        if matches!(body, EventBody::Read(_) | EventBody::ComplaintAnswered { .. }) {
            return Err(VigilError::invalid("event", "a read notes itself, and an answer is an auditor's"));
        }
        if is_about_sharing(&body) {
            return Err(VigilError::invalid(
                "event",
                "consent, shares, allegations and hiding have calls of their own",
            ));
        }
        if let Some(stub) = self.stub(record)? {
            return self.add_to_gone(&stub, body);
        }
        let mut open = self.open_to_change(record)?;
        let id = self.write_event(&mut open, body);
        self.save(vec![open], |_| Ok(()))?;
        Ok(id)
    }

    /// Decides what comes of a record. After "let go" a screening is replaced by one that names nobody, and the persons'
    /// records are erased, unless the person wants a follow-up (CARE 9); the record that stands then is the one returned.
    ///
    /// # Errors
    /// [`VigilError::NotFound`], [`VigilError::Invalid`] for a ground that the age does not allow.
    pub fn decide(&mut self, record: &RecordId, outcome: Outcome) -> Result<RecordId> {
        let mut open = self.open_to_change(record)?;
        let fields = open.fields();
        let view = |name: &str| fields.get(&FieldName::new(name).ok()?);
        // While people differ on the age, it is not known, and counts as under 18.
        let age = view("age_band").filter(|age| !age.open).and_then(|age| age.shown.as_ref()?.as_text());
        check_agreement(&outcome, age)?;
        let follow_up = view("wants_follow_up").is_some_and(|wish| {
            let wanted = |value: &FieldValue| value.as_boolean() == Some(true);
            // Her wish to be called is kept as long as anybody wrote it down and nobody settled otherwise.
            wish.shown.as_ref().is_some_and(wanted)
                || (wish.open && wish.values.iter().any(|written| wanted(&written.value)))
        });
        if open.kind == "screening" && travels_on(&outcome) && !follow_up {
            return self.let_go(open, outcome);
        }
        self.write_event(&mut open, EventBody::Decision(outcome));
        self.save(vec![open], |_| Ok(()))?;
        Ok(*record)
    }

    /// Replaces a screening by what statistics need, under a new key, and erases it and the persons linked to it.
    fn let_go(&mut self, old: Open, outcome: Outcome) -> Result<RecordId> {
        let kinds = self.summariser.kinds();
        let shown = old.fields().into_iter().filter_map(|(name, view)| Some((name, view.shown?)));
        let kept: Vec<(FieldName, Option<FieldValue>)> =
            kinds.reduced_for_let_go(&old.kind, shown).into_iter().map(|(name, value)| (name, Some(value))).collect();
        let is_case = self.erasure_takes_two(&old.record)?;
        let mut gone = if is_case { Vec::new() } else { vec![old.record] };
        let mut cases = if is_case { vec![old.record] } else { Vec::new() };
        let mut away = Vec::new();
        for (name, value) in old.facts.fields().filter(|(name, _)| name.as_str().starts_with("link.")) {
            let Some(link) = value.as_bytes() else { continue };
            match records::persons_with_link(self.store.read(), link)?.as_slice() {
                // Her record is not on this device: whoever holds it erases it when this word arrives there.
                [] => away.push((FieldName::new(name.as_str().replace("link.", LET_GO_PREFIX)), value)),
                persons => {
                    for person in persons {
                        if self.erasure_takes_two(person)? { cases.push(*person) } else { gone.push(*person) }
                    }
                }
            }
        }
        if is_case {
            return self.let_go_case(old, outcome, (&gone, &cases));
        }
        let away_count = away.len();
        let away = away.into_iter().filter_map(|(name, value)| Some((name.ok()?, Some(value))));
        let kept: Vec<_> = kept.into_iter().chain(away).collect();
        let mut new = self.new_record(&old.kind)?;
        self.write_fields(&mut new, &kept)?;
        self.write_event(&mut new, EventBody::Decision(outcome));
        let record = new.record;
        // Who may hold her record: the officers on duty, and the monitor who wrote it. What they get names nobody.
        let holders = if away_count > 0 { self.holders(&old.creator)? } else { Vec::new() };
        // One transaction: there is no moment with both, nor with neither.
        let mut erased = Erased::default();
        self.save(vec![new], |tx| {
            if !holders.is_empty() {
                erased.copies.push(self.enqueue(tx, &record, &Save::LetGo(holders))?);
            }
            self.erase_in(tx, &gone, &mut erased)
        })?;
        self.after_erasing(erased)?;
        self.propose_all(&cases)?;
        Ok(record)
    }

    /// A case keeps its history until two persons have decided that it goes (PROTOCOL 19): the outcome stands in it at once,
    /// whoever of it is nobody's case goes at once, and the rest is hidden and proposed.
    fn let_go_case(
        &mut self,
        mut old: Open,
        outcome: Outcome,
        (gone, cases): (&[RecordId], &[RecordId]),
    ) -> Result<RecordId> {
        let record = old.record;
        self.write_event(&mut old, EventBody::Decision(outcome));
        let mut erased = Erased::default();
        self.save(vec![old], |tx| self.erase_in(tx, gone, &mut erased))?;
        self.after_erasing(erased)?;
        self.propose_all(cases)?;
        Ok(record)
    }

    fn holders(&self, creator: &DeviceId) -> Result<Vec<DeviceId>> {
        let membership = &self.space()?.membership;
        let mut holders = membership.intake().to_vec();
        if membership.active_member(creator).is_some_and(|member| member.role == Role::Monitor) {
            holders.push(*creator);
        }
        holders.retain(|device| *device != self.device);
        holders.sort_unstable();
        holders.dedup();
        Ok(holders)
    }

    /// Settles a field on which people differ. The values that were not chosen stay in the record's history.
    ///
    /// # Errors
    /// [`VigilError::NotFound`] if there is no such record or value, [`VigilError::Invalid`] if nobody differs.
    pub fn settle(&mut self, record: &RecordId, field: &FieldName, choice: Choice) -> Result<EventId> {
        let mut open = self.open_record(record)?;
        let standing = Standing::of(open.events.iter().map(|(id, event)| (*id, &event.event)));
        let view = resolve_field(&open.facts, &standing, field);
        if view.values.len() < 2 {
            return Err(VigilError::invalid("field", "nobody differs on it"));
        }
        let chosen = match choice {
            Choice::Number(number) => view.values.get(number).map(|written| written.change),
            Choice::Change(change) => view.values.iter().find(|written| written.change == change).map(|w| w.change),
        };
        let chosen = chosen.ok_or(VigilError::NotFound { what: "value" })?;
        let over = view.values.iter().map(|written| written.change).filter(|change| *change != chosen).collect();
        let body = EventBody::Settled(FieldSettlement { field: field.clone(), chosen, over });
        let id = self.write_event(&mut open, body);
        self.save(vec![open], |_| Ok(()))?;
        Ok(id)
    }

    /// Settles contradictory decisions: `chosen` is one of [`super::RecordView::open_outcomes`].
    ///
    /// # Errors
    /// [`VigilError::NotFound`] if there is no such record or open decision.
    pub fn settle_outcome(&mut self, record: &RecordId, chosen: &EventId) -> Result<EventId> {
        let mut open = self.open_record(record)?;
        let standing = Standing::of(open.events.iter().map(|(id, event)| (*id, &event.event)));
        let candidates = standing.open_outcomes();
        if !candidates.contains(chosen) {
            return Err(VigilError::NotFound { what: "open decision" });
        }
        let over = candidates.into_iter().filter(|id| id != chosen).collect();
        let body = EventBody::OutcomeSettled(OutcomeSettlement { chosen: *chosen, over });
        let id = self.write_event(&mut open, body);
        self.save(vec![open], |_| Ok(()))?;
        Ok(id)
    }
}
