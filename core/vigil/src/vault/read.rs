//! Reading: lists, search, one record, and how the device stands.
//! Lists and search read columns only; names appear in search and in the record itself, never in a list (PROTOCOL 23).

use super::Vault;
use super::summary::Fields;
use super::views::{EventView, FieldView, RecordSummary, RecordView, Status, SyncState, ValueView};
use crate::error::{Result, VigilError};
use crate::records::{EventBody, EventId, SignedEvent, Standing, resolve_fields};
use crate::store::{ListFilter, Row, chains, drafts, outbox, records};
use std::collections::BTreeMap;
use vigil_protocol::RecordId;

/// Which records to list.
#[derive(Clone, Debug)]
pub struct ListQuery {
    /// Only this kind.
    pub kind: Option<String>,
    /// Only records on which people differ.
    pub only_conflicts: bool,
    /// At most this many.
    pub limit: u32,
    /// Skip this many, newest first.
    pub offset: u32,
}

impl Default for ListQuery {
    fn default() -> Self {
        Self { kind: None, only_conflicts: false, limit: 50, offset: 0 }
    }
}

impl Vault {
    /// Records, newest first.
    ///
    /// # Errors
    /// [`VigilError::DatabaseDamaged`].
    pub fn list(&self, query: &ListQuery) -> Result<Vec<RecordSummary>> {
        let filter = ListFilter {
            kind: query.kind.clone(),
            only_conflicts: query.only_conflicts,
            limit: query.limit,
            offset: query.offset,
        };
        self.summaries(records::list(self.store.read(), &filter)?)
    }

    /// Records in which every word of `text` occurs, or begins a word, in any script. Newest first.
    ///
    /// # Errors
    /// [`VigilError::DatabaseDamaged`].
    pub fn search(&self, text: &str, limit: u32) -> Result<Vec<RecordSummary>> {
        self.summaries(records::search(self.store.read(), text, limit)?)
    }

    fn summaries(&self, rows: Vec<Row>) -> Result<Vec<RecordSummary>> {
        let mut names = BTreeMap::new();
        rows.into_iter()
            .map(|row| {
                let creator = row.columns.creator;
                let author = match names.get(&creator) {
                    Some(name) => String::clone(name),
                    None => {
                        let name = self.call(&creator)?;
                        names.insert(creator, name.clone());
                        name
                    }
                };
                Ok(summary(row, author))
            })
            .collect()
    }

    /// The record whose id begins like this.
    ///
    /// # Errors
    /// [`VigilError::NotFound`] or [`VigilError::Ambiguous`].
    pub fn find(&self, prefix: &str) -> Result<RecordId> {
        let prefix = prefix.trim();
        let filled = |digit: &str| RecordId::from_hex(&format!("{prefix}{}", digit.repeat(32 - prefix.len())));
        if prefix.is_empty() || prefix.len() > 32 {
            return Err(VigilError::NotFound { what: "record" });
        }
        let (Some(first), Some(last)) = (filled("0"), filled("f")) else {
            return Err(VigilError::NotFound { what: "record" });
        };
        match records::between(self.store.read(), (&first, &last), 2)?.as_slice() {
            [] => Err(VigilError::NotFound { what: "record" }),
            [one] => Ok(*one),
            _ => Err(VigilError::Ambiguous { what: "record" }),
        }
    }

    /// A record with its fields, events, open questions and reasons.
    ///
    /// # Errors
    /// [`VigilError::NotFound`].
    pub fn show(&self, record: &RecordId) -> Result<RecordView> {
        let row = records::get(self.store.read(), record)?.ok_or(VigilError::NotFound { what: "record" })?;
        let open = self.open_record(record)?;
        let standing = Standing::of(open.events.iter().map(|(id, event)| (*id, &event.event)));
        let author = self.call(&row.columns.creator)?;
        let fields = resolve_fields(&open.facts, &standing);
        let second_opinion = self.opinion_view(record, &open.creator, &open.events)?;
        Ok(RecordView {
            summary: summary(row, author),
            assessment: self.summariser.assess(&open.kind, &fields),
            fields: self.field_views(&open.kind, fields, &standing)?,
            events: self.event_views(&open.events, second_opinion.may_judge)?,
            open_outcomes: standing.open_outcomes().into_iter().map(|id| id.to_string()).collect(),
            linked: records::linked(self.store.read(), record)?.iter().map(RecordId::to_string).collect(),
            second_opinion: Some(second_opinion).filter(|view| !view.opinions.is_empty()),
            heads: open.facts.heads().iter().map(ToString::to_string).collect(),
        })
    }

    fn field_views(&self, kind: &str, fields: Fields, standing: &Standing) -> Result<Vec<FieldView>> {
        let kinds = self.summariser.kinds();
        let mut views = Vec::with_capacity(fields.len());
        for (name, view) in fields {
            let json = |value| serde_json::to_value(value).unwrap_or(serde_json::Value::Null);
            let values = if view.values.len() > 1 {
                view.values
                    .iter()
                    .map(|written| {
                        Ok(ValueView {
                            value: json(&written.value),
                            author: self.call(&written.author)?,
                            time: written.time.0,
                            change: written.change.to_string(),
                        })
                    })
                    .collect::<Result<_>>()?
            } else {
                Vec::new()
            };
            let settled_by = match view.settled_by {
                Some(id) => self.settler(standing, &id)?,
                None => None,
            };
            views.push(FieldView {
                label: kinds.label(kind, &name),
                name: name.as_str().to_owned(),
                value: view.shown.as_ref().map_or(serde_json::Value::Null, json),
                open: view.open,
                values,
                settled_by,
            });
        }
        Ok(views)
    }

    fn settler(&self, standing: &Standing, id: &EventId) -> Result<Option<String>> {
        standing.author_of(id).map(|device| self.call(&device)).transpose()
    }

    /// `may_judge` says that this device may still judge the record: then what others opened is left out.
    fn event_views(&self, events: &BTreeMap<EventId, SignedEvent>, may_judge: bool) -> Result<Vec<EventView>> {
        let body = |body: &EventBody| match body {
            EventBody::OpinionOpened(opened) if may_judge => {
                serde_json::json!({"event": body.name(), "of": opened.of.to_string(), "hidden": true})
            }
            body => serde_json::to_value(body).unwrap_or(serde_json::Value::Null),
        };
        let mut views = events
            .iter()
            .map(|(id, signed)| {
                Ok(EventView {
                    id: id.to_string(),
                    author: self.call(&signed.event.author)?,
                    time: signed.event.time.0,
                    body: body(&signed.event.body),
                })
            })
            .collect::<Result<Vec<_>>>()?;
        views.sort_by(|a, b| (a.time, &a.id).cmp(&(b.time, &b.id)));
        Ok(views)
    }

    /// How this device stands.
    ///
    /// # Errors
    /// [`VigilError::NotInSpace`].
    pub fn status(&self) -> Result<Status> {
        let store = self.store.read();
        let space = self.space()?;
        Ok(Status {
            device: self.device.to_string(),
            role: self.role()?.name().to_owned(),
            records: records::count(store)?,
            waiting: outbox::count(store)?,
            set_aside: outbox::count_set_aside(store)?,
            conflicts: records::count_conflicts(store)?,
            drafts: drafts::all(store)?.len() as u64,
            parked: chains::parked_reasons(store)?,
            suspended_authors: chains::equivocators(store)?.iter().map(ToString::to_string).collect(),
            log_waiting: (space.log.len() - space.confirmed) as u64,
            hardware: self.hardware_level()?.name().to_owned(),
        })
    }
}

fn summary(row: Row, author: String) -> RecordSummary {
    let columns = row.columns;
    RecordSummary {
        id: row.id.to_string(),
        kind: columns.kind,
        title: columns.title,
        place: columns.place,
        author,
        created_at: columns.created_at.0,
        updated_at: columns.updated_at.0,
        outcome: columns.outcome,
        points: columns.points,
        band: columns.band,
        people: columns.people,
        minutes: columns.minutes,
        conflicts: columns.conflicts,
        sync: if row.unsent > 0 { SyncState::Waiting } else { SyncState::Sent },
    }
}
