//! Erasing: a record, one of its fields, or the persons whom somebody let go - and who has confirmed it.
//! It promises that nothing of an erased record stays or comes back here, and that whoever erased it sees which devices
//! have not said so yet; what this device cannot know, it says.

use super::save::Open;
use super::{Proposal, Vault};
use crate::error::{Result, VigilError};
use crate::records::{
    Code, EventBody, FieldName, FieldValue, LongText, OutcomeState, SignedEvent, Standing, resolve_fields,
};
use crate::store::{Setting, StoreError, chains, erasures, receipts, records, settings};
use crate::sync::{About, MayNot, Save, erase, look_at, may_erase, reading_devices};
use rusqlite::Transaction;
use serde::Serialize;
use std::collections::BTreeSet;
use vigil_protocol::{DeviceId, Hash, Item, LogBody, Motion, Recipient, RecordId, Role, canonical};

const MAY_NOT: VigilError = VigilError::NotAllowed { why: "only its author, an officer or a desk may erase a record" };
const TAKES_TWO: VigilError = VigilError::NotAllowed {
    why: "two persons decide that a case is erased, or one and three days; propose it, and it is hidden until then",
};
/// Why an erasure that two persons decided was done, as a code.
const DECIDED: &str = "two_persons";

fn refusal(why: MayNot) -> VigilError {
    match why {
        MayNot::NotTheirs => MAY_NOT,
        MayNot::TakesTwo => TAKES_TWO,
    }
}

/// What goes with erased records, outside the database.
#[derive(Default)]
pub(super) struct Erased {
    saves: Vec<u64>,
    pub(super) copies: Vec<(u64, Vec<u8>)>,
}

/// An erasure that was ordered on this device, and how far it has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ErasureView {
    /// The record, in hexadecimal.
    pub record: String,
    /// Why, as a code.
    pub reason: String,
    /// When, in milliseconds since 1970 by this device's clock.
    pub erased_at: i64,
    /// How many of the devices that could read it have destroyed it; this one is among them.
    pub confirmed: u64,
    /// How many could read it.
    pub expected: u64,
    /// Those that have not confirmed, by role and short id. One that was removed since is named as such: nothing will come.
    pub waiting_for: Vec<String>,
    /// Whether this device knew all who could read it. Where it did not, others may hold it who are not counted.
    pub complete: bool,
}

/// A record as far as erasing needs to know it.
struct Known {
    kind: String,
    creator: Option<DeviceId>,
    is_here: bool,
}

impl Vault {
    /// Erases a record: every key and every copy, here at once and on other devices when they sync, which they confirm. The
    /// erasure of a person leaves the screening, without its link to the person. The reason is a code of the programme's
    /// and stays on this device.
    ///
    /// # Errors
    /// [`VigilError::NotFound`], [`VigilError::NotAllowed`] unless this device created it, or is an officer's or a desk's, and
    /// for a case that two persons have not decided to erase: see [`Self::propose_erasure`].
    pub fn erase_record(&mut self, record: &RecordId, reason: &Code) -> Result<()> {
        let known = self.known(record)?;
        self.erase_known(record, &known, reason)
    }

    /// Whether erasing this record takes two persons: it is a case, and nobody has decided it yet.
    ///
    /// # Errors
    /// [`VigilError::NotFound`].
    pub fn erasure_takes_two(&self, record: &RecordId) -> Result<bool> {
        let space = self.space()?;
        let Some(known) = look_at(self.store.read(), space, record)? else {
            return Err(VigilError::NotFound { what: "record" });
        };
        let author = (&self.device, space.membership.length());
        Ok(may_erase(&space.membership, (record, Some(&known)), author) == Err(MayNot::TakesTwo))
    }

    /// Proposes to erase a case, and takes it out of the lists of all devices until that is decided. Gives the motion's name;
    /// whoever carries it out erases ([`Self::carry_out`]).
    ///
    /// # Errors
    /// [`VigilError::NotFound`], [`VigilError::NotAllowed`] unless this device leads.
    pub fn propose_erasure(&mut self, record: &RecordId) -> Result<Hash> {
        let motion = self.propose(Proposal::EraseCase(*record))?;
        if records::get(self.store.read(), record)?.is_some_and(|row| !row.columns.hidden) {
            self.hide(record)?;
        }
        Ok(motion)
    }

    /// Erases a case as two persons decided. The word of it leaves also from a device that does not hold the case.
    pub(super) fn erase_as_decided(&mut self, record: &RecordId) -> Result<()> {
        if records::is_erased(self.store.read(), record)? {
            // It was erased here before it was a case elsewhere, and the server refused the word of that.
            let tx = self.store.begin()?;
            let copy = self.enqueue(&tx, record, &Save::Tombstone)?;
            tx.commit().map_err(StoreError::from)?;
            return self.keep_copies(vec![copy]);
        }
        let reason = Code::new(DECIDED).map_err(|error| VigilError::invalid("reason", error))?;
        let known = match self.known(record) {
            Err(VigilError::NotFound { .. }) => Known { kind: String::new(), creator: None, is_here: false },
            known => known?,
        };
        self.erase_known(record, &known, &reason)
    }

    fn erase_known(&mut self, record: &RecordId, known: &Known, reason: &Code) -> Result<()> {
        let unlinked = if known.is_here { self.without_link_to(record)? } else { Vec::new() };
        let readers = self.readers(record, known)?;
        let now = self.now();
        let mut erased = Erased::default();
        self.save(unlinked, |tx| {
            erasures::add(tx, record, (reason.as_str(), now, known.is_here), &readers)?;
            erasures::confirm(tx, record, &self.device)?;
            self.erase_in(tx, &[*record], &mut erased)
        })?;
        self.after_erasing(erased)
    }

    /// Erases one field of a record: a new record without it and without history replaces the old one, which is erased. What
    /// stands in the old one is stated again under this device's name. Gives the new record.
    ///
    /// # Errors
    /// As [`Self::erase_record`]; [`VigilError::NotAllowed`] while people differ on something in the record;
    /// [`VigilError::NotFound`] if it has no such field.
    pub fn erase_field(&mut self, record: &RecordId, field: &FieldName) -> Result<RecordId> {
        // Of a case, too: another record stands in its place, and the log says which.
        let known = self.known_to_replace(record)?;
        let old = self.open_record(record)?;
        let standing = Standing::of(old.events.iter().map(|(id, event)| (*id, &event.event)));
        let fields = resolve_fields(&old.facts, &standing);
        if !fields.contains_key(field) {
            return Err(VigilError::NotFound { what: "field" });
        }
        let differ = fields.iter().any(|(name, view)| view.open && name != field);
        if differ || matches!(standing.outcome(), OutcomeState::Open(_)) {
            return Err(VigilError::NotAllowed { why: "people differ on something in this record; settle it first" });
        }
        let mut new = self.new_record(&old.kind)?;
        let kept: Vec<(FieldName, Option<FieldValue>)> = fields
            .into_iter()
            .filter(|(name, _)| name != field)
            .filter_map(|(name, view)| Some((name, Some(view.shown?))))
            .collect();
        self.write_fields(&mut new, &kept)?;
        for body in self.restated(&old, &standing)? {
            self.write_event(&mut new, body);
        }
        self.assign_as(record, &known, &new.record)?;
        let (stands, readers, now) = (new.record, self.readers(record, &known)?, self.now());
        let reason = Code::new("field_erased").map_err(|error| VigilError::invalid("reason", error))?;
        let mut erased = Erased::default();
        // One transaction: there is no moment with both, nor with neither.
        self.save(vec![new], |tx| {
            erasures::add(tx, record, (reason.as_str(), now, true), &readers)?;
            erasures::confirm(tx, record, &self.device)?;
            self.erase_in(tx, &[*record], &mut erased)
        })?;
        self.after_erasing(erased)?;
        Ok(stands)
    }

    /// The erasures that were ordered on this device, newest first.
    ///
    /// # Errors
    /// [`VigilError::NotInSpace`].
    pub fn erasures(&self) -> Result<Vec<ErasureView>> {
        let membership = &self.space()?.membership;
        let call = |device: &DeviceId| {
            let role = membership.member(device).map_or("unknown device", |member| member.role.name());
            let gone = if membership.active_member(device).is_some() { "" } else { " (removed)" };
            format!("{role} {}{gone}", device.short())
        };
        let view = |erasure: erasures::Erasure| ErasureView {
            record: erasure.record.to_string(),
            reason: erasure.reason,
            erased_at: erasure.erased_at.0,
            confirmed: erasure.readers.iter().filter(|(_, confirmed)| *confirmed).count() as u64,
            expected: erasure.readers.len() as u64,
            waiting_for: erasure.readers.iter().filter(|(_, done)| !done).map(|(device, _)| call(device)).collect(),
            complete: erasure.complete,
        };
        Ok(erasures::all(self.store.read())?.into_iter().map(view).collect())
    }

    fn known(&self, record: &RecordId) -> Result<Known> {
        let (space, store) = (self.space()?, self.store.read());
        let known = look_at(store, space, record)?.ok_or(VigilError::NotFound { what: "record" })?;
        may_erase(&space.membership, (record, Some(&known)), (&self.device, space.membership.length()))
            .map_err(refusal)?;
        let is_here = records::get(store, record)?.is_some();
        Ok(Known { kind: known.kind, creator: Some(known.creator), is_here })
    }

    /// As [`Self::known`], for a record that is replaced and so is not gone.
    fn known_to_replace(&self, record: &RecordId) -> Result<Known> {
        let (space, store) = (self.space()?, self.store.read());
        let known = look_at(store, space, record)?.ok_or(VigilError::NotFound { what: "record" })?;
        match may_erase(&space.membership, (record, Some(&known)), (&self.device, space.membership.length())) {
            Err(MayNot::NotTheirs) => Err(MAY_NOT),
            Ok(()) | Err(MayNot::TakesTwo) => {
                let is_here = records::get(store, record)?.is_some();
                Ok(Known { kind: known.kind, creator: Some(known.creator), is_here })
            }
        }
    }

    /// The members who could read a record, as far as it can be known here: its creator, those whom its capsules name, those
    /// whom the log names, and the desks unless it is an identity. A server's word on it is not asked.
    fn readers(&self, record: &RecordId, known: &Known) -> Result<Vec<DeviceId>> {
        let space = self.space()?;
        let identity = self.summariser.kinds().kind(&known.kind).is_some_and(|kind| kind.identity);
        let creator = known.creator.unwrap_or(self.device);
        let mut readers: BTreeSet<DeviceId> = [self.device, creator].into();
        readers.extend(reading_devices(&space.membership, About { record, identity, creator: &creator }));
        if !identity {
            let desks = space.membership.active_members().filter(|member| member.role == Role::Desk);
            readers.extend(desks.map(|desk| desk.device));
        }
        let mut items = chains::envelopes(self.store.read(), record)?;
        items.extend(receipts::kept_of_record(self.store.read(), record)?.into_iter().map(|item| (self.device, item)));
        for (author, item) in items {
            readers.insert(author);
            let Ok(item) = canonical::decode::<Item>(&item) else { continue };
            let copies = item.capsule().into_iter().flat_map(|capsule| &capsule.sealed);
            readers.extend(copies.filter_map(|copy| match copy.to {
                Recipient::Device(device) => Some(device),
                _ => None,
            }));
        }
        readers.retain(|device| space.membership.active_member(device).is_some());
        Ok(readers.into_iter().collect())
    }

    /// The screenings that link to a person, without that link; not saved yet.
    fn without_link_to(&self, person: &RecordId) -> Result<Vec<Open>> {
        let open = self.open_record(person)?;
        let links: Vec<FieldValue> =
            open.facts.fields().filter(|(name, _)| name.as_str() == "link").map(|(_, value)| value).collect();
        let mut unlinked = Vec::new();
        for linked in records::linked(self.store.read(), person)? {
            let mut screening = self.open_record(&linked)?;
            let gone: Vec<_> = screening
                .facts
                .fields()
                .filter(|(name, value)| name.as_str().starts_with("link.") && links.contains(value))
                .map(|(name, _)| (name, None))
                .collect();
            if !gone.is_empty() {
                self.write_fields(&mut screening, &gone)?;
                unlinked.push(screening);
            }
        }
        Ok(unlinked)
    }

    /// What the events of a record amount to, to be stated again where its history does not go along. Words of others name
    /// their author.
    fn restated(&self, old: &Open, standing: &Standing) -> Result<Vec<EventBody>> {
        let mut bodies = Vec::new();
        if let OutcomeState::One { outcome, .. } = standing.outcome() {
            bodies.push(EventBody::Decision(outcome.clone()));
        }
        let mut events: Vec<&SignedEvent> = old.events.values().collect();
        events.sort_by_key(|event| event.event.time);
        for SignedEvent { event, .. } in events {
            bodies.push(match &event.body {
                EventBody::ConsentGiven(consent) => EventBody::ConsentGiven(consent.clone()),
                EventBody::ConsentWithdrawn(consent) => EventBody::ConsentWithdrawn(consent.clone()),
                EventBody::Addendum { text } => EventBody::Addendum { text: self.as_said(&event.author, text)? },
                EventBody::Opinion { text } => EventBody::Opinion { text: self.as_said(&event.author, text)? },
                _ => continue,
            });
        }
        Ok(bodies)
    }

    fn as_said(&self, author: &DeviceId, text: &LongText) -> Result<LongText> {
        if *author == self.device {
            return Ok(text.clone());
        }
        // Words that fill the limit stay whole; only who said them is then left out.
        Ok(LongText::new(format!("{}: {}", self.call(author)?, text.as_str())).unwrap_or_else(|_| text.clone()))
    }

    /// Lets those read a new record who could read the one that it replaces by name.
    fn assign_as(&mut self, old: &RecordId, known: &Known, new: &RecordId) -> Result<()> {
        let space = self.space()?;
        let mut officers = space.membership.assigned(old).unwrap_or_default().to_vec();
        let takes_two = self.erasure_takes_two(old)?;
        if let Some(creator) = known.creator.filter(|creator| *creator != self.device)
            && space.membership.active_member(&creator).is_some_and(|member| member.role == Role::Monitor)
            && !officers.contains(&creator)
        {
            officers.push(creator);
        }
        if officers.is_empty() && !takes_two {
            return Ok(());
        }
        if !matches!(self.role()?, Role::Officer | Role::Desk) {
            return Err(VigilError::NotAllowed { why: "the record is assigned to others; ask an officer or a desk" });
        }
        self.write_log(match takes_two {
            true => LogBody::Replace { record: *old, by: *new, officers },
            false => LogBody::Assign { record: *new, officers },
        })
    }

    /// Erases the records of persons whom somebody let go without holding their records (CARE 9). Gives how many. Where one
    /// has become a case, that is proposed instead, once.
    pub(crate) fn erase_let_go(&mut self) -> Result<u64> {
        let (mut gone, mut cases) = (Vec::new(), Vec::new());
        for person in records::persons_let_go(self.store.read())? {
            if self.erasure_takes_two(&person)? { cases.push(person) } else { gone.push(person) }
        }
        self.propose_all(&cases)?;
        if gone.is_empty() {
            return Ok(0);
        }
        let mut erased = Erased::default();
        let tx = self.store.begin()?;
        self.erase_in(&tx, &gone, &mut erased)?;
        tx.commit().map_err(StoreError::from)?;
        self.after_erasing(erased)?;
        Ok(gone.len() as u64)
    }

    pub(super) fn propose_all(&mut self, cases: &[RecordId]) -> Result<()> {
        cases.iter().try_for_each(|case| self.propose_once(case))
    }

    /// Proposes to erase a case, unless somebody has, or this device does not lead.
    fn propose_once(&mut self, record: &RecordId) -> Result<()> {
        let (now, view) = (self.now(), &self.space()?.membership);
        let leads = view.active_member(&self.device).is_some_and(|me| me.leads(now));
        let motion = Motion::EraseCase { record: *record };
        if !leads || view.motions().iter().any(|moved| moved.motion == motion) {
            return Ok(());
        }
        match self.propose_erasure(record) {
            // There are too many motions of this device's person; a later sync tries again.
            Ok(_) | Err(VigilError::NotAllowed { .. } | VigilError::Invalid { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    pub(super) fn erase_in(&self, tx: &Transaction<'_>, gone: &[RecordId], erased: &mut Erased) -> Result<()> {
        let seen = self.space()?.membership.length();
        for record in gone {
            let saves = erase(tx, self.space.as_ref(), record, (&self.device, seen))?.map_err(refusal)?;
            erased.saves.extend(saves);
            // Also where nothing was sent: a sealed copy may have been handed over.
            erased.copies.push(self.enqueue(tx, record, &Save::Tombstone)?);
        }
        Ok(settings::set(tx, Setting::Destroying, &[1])?)
    }

    pub(super) fn after_erasing(&mut self, erased: Erased) -> Result<()> {
        self.keep_copies(erased.copies)?;
        self.copies.forget(&erased.saves)?;
        self.after_destroying()
    }
}
