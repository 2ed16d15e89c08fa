//! Saving: a change of facts, events, or both, for one record or several that belong together.
//! Everything of one save is in one transaction: document, columns, search text, events, outbox. It is durable when the call
//! returns.

use super::Vault;
use super::summary::Fields;
use crate::error::{Result, VigilError};
use crate::keys::random_bytes;
use crate::records::{
    AUDIT, Actor, Code, Event, EventBody, EventId, Facts, FieldName, FieldValue, RecordContent, SignedEvent, Standing,
    resolve_fields,
};
use crate::store::{StoreError, outbox, records};
use crate::sync::{Save, seal_copy};
use rusqlite::Transaction;
use std::collections::BTreeMap;
use vigil_protocol::{DeviceId, RecordId};

/// A record in memory, while it is changed.
pub(super) struct Open {
    pub(super) record: RecordId,
    pub(super) kind: String,
    pub(super) creator: DeviceId,
    pub(super) facts: Facts,
    pub(super) events: BTreeMap<EventId, SignedEvent>,
    actor: [u8; 8],
    is_new: bool,
    unsaved: RecordContent,
    new_events: Vec<EventId>,
}

impl Open {
    /// Its fields as people should see them, settlements applied.
    pub(super) fn fields(&self) -> Fields {
        let standing = Standing::of(self.events.iter().map(|(id, event)| (*id, &event.event)));
        resolve_fields(&self.facts, &standing)
    }

    /// The newest events: those that no other names as seen.
    fn newest_events(&self) -> Vec<EventId> {
        let seen: std::collections::BTreeSet<&EventId> =
            self.events.values().flat_map(|event| &event.event.after).collect();
        self.events.keys().filter(|id| !seen.contains(id)).copied().collect()
    }
}

impl Vault {
    /// A new record of a kind, not saved yet.
    pub(super) fn new_record(&self, kind: &str) -> Result<Open> {
        self.space()?;
        let code = Code::new(kind).map_err(|error| VigilError::invalid("kind", error))?;
        Ok(Open {
            record: RecordId(random_bytes()),
            kind: kind.to_owned(),
            creator: self.device,
            facts: Facts::new(),
            events: BTreeMap::new(),
            actor: random_bytes(),
            is_new: true,
            unsaved: RecordContent { kind: Some(code), ..RecordContent::default() },
            new_events: Vec::new(),
        })
    }

    /// A record of this device, to be read or changed.
    pub(super) fn open_record(&self, record: &RecordId) -> Result<Open> {
        let store = self.store.read();
        let row = self.row(record)?;
        let damaged = |detail| VigilError::DatabaseDamaged { detail };
        let bytes = records::facts(store, record)?.ok_or(damaged("a document is missing"))?;
        let facts = Facts::load(&bytes).map_err(|_| damaged("a document"))?;
        let events = self.events_of(record)?;
        // One actor for each install and record: used twice with other content it would wedge the record.
        let actor = records::actor(store, record)?.unwrap_or_else(random_bytes);
        Ok(Open {
            record: *record,
            kind: row.columns.kind,
            creator: row.columns.creator,
            facts,
            events,
            actor,
            is_new: false,
            unsaved: RecordContent::default(),
            new_events: Vec::new(),
        })
    }

    /// A record that a person changes: not one that the device writes by itself.
    pub(super) fn open_to_change(&self, record: &RecordId) -> Result<Open> {
        let open = self.open_record(record)?;
        if open.kind == AUDIT {
            return Err(VigilError::NotAllowed { why: "the device writes its reads down itself" });
        }
        Ok(open)
    }

    /// The signed events of a record.
    pub(super) fn events_of(&self, record: &RecordId) -> Result<BTreeMap<EventId, SignedEvent>> {
        let damaged = |_| VigilError::DatabaseDamaged { detail: "an event" };
        let event = |bytes: Vec<u8>| {
            let event = SignedEvent::from_bytes(&bytes).map_err(damaged)?;
            Ok((event.event.id(record), event))
        };
        records::events(self.store.read(), record)?.into_iter().map(event).collect()
    }

    /// Writes fields. Nothing is kept before [`Self::save`].
    pub(super) fn write_fields(&self, open: &mut Open, fields: &[(FieldName, Option<FieldValue>)]) -> Result<()> {
        let actor = Actor::new(&self.device, open.actor);
        let change =
            open.facts.edit(&actor, self.now(), fields).map_err(|error| VigilError::invalid(error.code(), error))?;
        open.unsaved.changes.extend(change);
        Ok(())
    }

    /// Adds an event. Nothing is kept before [`Self::save`].
    pub(super) fn write_event(&self, open: &mut Open, body: EventBody) -> EventId {
        let event =
            Event::new(self.device, self.now(), open.newest_events(), body).sign(&open.record, &self.keys.signing);
        let id = event.event.id(&open.record);
        open.unsaved.events.push(event.clone());
        open.events.insert(id, event);
        open.new_events.push(id);
        id
    }

    /// Saves records together, and does `also` in the same transaction.
    pub(super) fn save(&self, opens: Vec<Open>, also: impl FnOnce(&Transaction<'_>) -> Result<()>) -> Result<()> {
        let tx = self.store.begin()?;
        let mut copies = Vec::new();
        for open in opens {
            if open.unsaved.changes.is_empty() && open.unsaved.events.is_empty() && !open.is_new {
                continue;
            }
            let (columns, text) = self.summariser.summarise(&open.kind, open.creator, &open.facts, &open.events);
            records::put(&tx, &open.record, &columns, &open.facts.save(), Some(&open.actor), &text)?;
            for id in &open.new_events {
                if let Some(event) = open.events.get(id) {
                    records::put_event(&tx, &open.record, id.as_bytes(), &event.to_bytes())?;
                }
            }
            let save = Save::Content(open.unsaved.encode(&self.device).into());
            copies.push(self.enqueue(&tx, &open.record, &save)?);
        }
        also(&tx)?;
        tx.commit().map_err(StoreError::from)?;
        self.keep_copies(copies)
    }

    /// Puts a save into the outbox and seals its copy.
    pub(crate) fn enqueue(&self, tx: &Transaction<'_>, record: &RecordId, save: &Save) -> Result<(u64, Vec<u8>)> {
        let number = outbox::add(tx, record, &save.to_bytes())?;
        records::add_unsent(tx, record, 1)?;
        Ok((number, seal_copy(self, tx, record, save)?))
    }

    pub(crate) fn keep_copies(&self, copies: Vec<(u64, Vec<u8>)>) -> Result<()> {
        for (number, copy) in copies {
            self.copies.keep(number, &copy)?;
        }
        Ok(())
    }

    /// The sealed, signed copies of what has not been acknowledged: what a locked device can hand over. They are the same
    /// bytes that lie in `sealed.db`, and nothing in them opens on this device without its keys.
    ///
    /// # Errors
    /// [`VigilError::Disk`].
    pub fn sealed_copies(&self) -> Result<Vec<Vec<u8>>> {
        Ok(self.copies.all()?)
    }
}
