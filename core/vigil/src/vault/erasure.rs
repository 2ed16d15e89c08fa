//! Erasing: a record, one of its fields, or the persons whom somebody let go - and who has confirmed it.
//! It promises that nothing of an erased record stays or comes back here, and that whoever erased it sees which devices
//! have not said so yet; what this device cannot know, it says.

use super::Vault;
use super::save::Open;
use crate::error::{Result, VigilError};
use crate::records::{
    Code, EventBody, FieldName, FieldValue, LongText, OutcomeState, SignedEvent, Standing, resolve_fields,
};
use crate::store::{Setting, StoreError, chains, erasures, receipts, records, settings};
use crate::sync::{About, Save, erase, may_erase, reading_devices};
use rusqlite::Transaction;
use serde::Serialize;
use std::collections::BTreeSet;
use vigil_protocol::{DeviceId, Item, LogBody, Recipient, RecordId, Role, canonical};

const MAY_NOT: VigilError = VigilError::NotAllowed { why: "only its author, an officer or a desk may erase a record" };

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
    creator: DeviceId,
    is_here: bool,
}

impl Vault {
    /// Erases a record: every key and every copy, here at once and on other devices when they sync, which they confirm. The
    /// erasure of a person leaves the screening, without its link to the person. The reason is a code of the programme's
    /// and stays on this device.
    ///
    /// # Errors
    /// [`VigilError::NotFound`], [`VigilError::NotAllowed`] unless this device created it, or is an officer's or a desk's.
    pub fn erase_record(&mut self, record: &RecordId, reason: &Code) -> Result<()> {
        let known = self.known(record)?;
        let unlinked = if known.is_here { self.without_link_to(record)? } else { Vec::new() };
        let readers = self.readers(record, &known)?;
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
        let known = self.known(record)?;
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
        let known = match (records::get(self.store.read(), record)?, self.stub(record)?) {
            (Some(row), _) => Known { kind: row.columns.kind, creator: row.columns.creator, is_here: true },
            (None, Some(stub)) => Known { kind: stub.kind, creator: stub.creator, is_here: false },
            (None, None) => return Err(VigilError::NotFound { what: "record" }),
        };
        let membership = &self.space()?.membership;
        let asked = Some((known.kind.as_str(), &known.creator));
        if may_erase(membership, asked, (&self.device, membership.length())) { Ok(known) } else { Err(MAY_NOT) }
    }

    /// The members who could read a record, as far as it can be known here: its creator, those whom its capsules name, those
    /// whom the log names, and the desks unless it is an identity. A server's word on it is not asked.
    fn readers(&self, record: &RecordId, known: &Known) -> Result<Vec<DeviceId>> {
        let space = self.space()?;
        let identity = self.summariser.kinds().kind(&known.kind).is_some_and(|kind| kind.identity);
        let mut readers: BTreeSet<DeviceId> = [self.device, known.creator].into();
        let about = About { record, identity, creator: &known.creator };
        readers.extend(reading_devices(&space.membership, about));
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
        if known.creator != self.device
            && space.membership.active_member(&known.creator).is_some_and(|member| member.role == Role::Monitor)
            && !officers.contains(&known.creator)
        {
            officers.push(known.creator);
        }
        if officers.is_empty() {
            return Ok(());
        }
        if !matches!(self.role()?, Role::Officer | Role::Desk) {
            return Err(VigilError::NotAllowed { why: "the record is assigned to others; ask an officer or a desk" });
        }
        self.write_log(LogBody::Assign { record: *new, officers })
    }

    /// Erases the records of persons whom somebody let go without holding their records (CARE 9). Gives how many.
    pub(crate) fn erase_let_go(&mut self) -> Result<u64> {
        let gone = records::persons_let_go(self.store.read())?;
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

    pub(super) fn erase_in(&self, tx: &Transaction<'_>, gone: &[RecordId], erased: &mut Erased) -> Result<()> {
        let length = self.space()?.membership.length();
        for record in gone {
            let Some(saves) = erase(tx, self.space.as_ref(), record, (&self.device, length))? else {
                return Err(MAY_NOT);
            };
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
