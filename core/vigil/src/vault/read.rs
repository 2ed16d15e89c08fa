//! Reading: lists, search, one record, and how the device stands.
//! Lists and search read columns only; names appear in search and in the record itself, never in a list (PROTOCOL 23).

use super::Vault;
use super::audit::{ReadClass, Showing};
use super::summary::Fields;
use super::views::{EventView, FieldView, Gone, RecordSummary, RecordView, Status, SyncState, ValueView};
use crate::error::{Result, VigilError};
use crate::records::{AUDIT, Code, EventBody, EventId, SignedEvent, Standing, resolve_fields};
use crate::store::handed_over::{self, Stub, Why};
use crate::store::{ListFilter, Row, carried, chains, drafts, outbox, records};
use std::collections::BTreeMap;
use vigil_protocol::{RecordId, limits};

/// Which records to list.
#[derive(Clone, Debug)]
pub struct ListQuery {
    /// Only this kind.
    pub kind: Option<String>,
    /// Only records on which people differ.
    pub only_conflicts: bool,
    /// Also those that somebody took out of the lists ([`Vault::hide`]).
    pub hidden: bool,
    /// At most this many.
    pub limit: u32,
    /// Skip this many, newest first.
    pub offset: u32,
}

impl Default for ListQuery {
    fn default() -> Self {
        Self { kind: None, only_conflicts: false, hidden: false, limit: 50, offset: 0 }
    }
}

impl Vault {
    /// Records, newest first.
    ///
    /// # Errors
    /// [`VigilError::ReadingClosed`] for a kind that holds identities, [`VigilError::DatabaseDamaged`].
    pub fn list(&self, query: &ListQuery) -> Result<Vec<RecordSummary>> {
        let kind = query.kind.as_deref().and_then(|kind| self.summariser.kinds().kind(kind));
        if kind.is_some_and(|kind| kind.identity) {
            self.may_read()?;
        }
        let filter = ListFilter {
            kind: query.kind.clone(),
            only_conflicts: query.only_conflicts,
            hidden: query.hidden,
            without: Some(AUDIT).filter(|kind| query.kind.as_deref() != Some(*kind)),
            limit: query.limit,
            offset: query.offset,
        };
        let store = self.store.read();
        if filter.only_conflicts || handed_over::count(store)? == 0 {
            return self.summaries(records::list(store, &filter)?);
        }
        // Two lists in the same order become one.
        let most = filter.limit.saturating_add(filter.offset);
        let stubs = handed_over::list(store, filter.kind.as_deref(), most)?;
        let rows = records::list(store, &ListFilter { limit: most, offset: 0, ..filter })?;
        let mut all = self.summaries(rows)?;
        for stub in stubs {
            all.push(self.stub_summary(stub)?);
        }
        all.sort_by_key(|row| std::cmp::Reverse(row.created_at));
        let (skip, take) = (query.offset as usize, query.limit as usize);
        Ok(all.into_iter().skip(skip).take(take).collect())
    }

    /// Records in which every word of `text` occurs, or begins a word, in any script. Newest first.
    ///
    /// # Errors
    /// [`VigilError::ReadingClosed`], [`VigilError::DatabaseDamaged`].
    pub fn search(&self, text: &str, limit: u32) -> Result<Vec<RecordSummary>> {
        self.may_read()?;
        self.summaries(records::search(self.store.read(), text, limit)?)
    }

    fn stub_summary(&self, stub: Stub) -> Result<RecordSummary> {
        let sync = if handed_over::waits(self.store.read(), &stub.record)? {
            SyncState::Waiting
        } else if stub.received {
            SyncState::Received
        } else {
            SyncState::Sent
        };
        Ok(RecordSummary {
            id: stub.record.to_string(),
            title: stub.kind.replace('_', " "),
            kind: stub.kind,
            place: None,
            author: self.call(&stub.creator)?,
            created_at: stub.created_at.0,
            updated_at: stub.created_at.0,
            outcome: None,
            points: None,
            band: None,
            people: None,
            minutes: None,
            conflicts: 0,
            hidden: false,
            sync,
            gone: Some(match stub.why {
                Why::HandedOver => Gone::HandedOver,
                Why::Aged => Gone::Aged,
                Why::Unassigned => Gone::Unassigned,
            }),
        })
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
        let mut fitting = records::between(self.store.read(), (&first, &last), 2)?;
        fitting.extend(handed_over::between(self.store.read(), (&first, &last), 2)?);
        match fitting.as_slice() {
            [] => Err(VigilError::NotFound { what: "record" }),
            [one] => Ok(*one),
            _ => Err(VigilError::Ambiguous { what: "record" }),
        }
    }

    /// A record with its fields, events, open questions and reasons. That a record which tells who somebody is was shown
    /// is committed as an event for the auditor first (ADR 0017). What is for auditors shows here, once it was sent, that
    /// it is there. Of a record whose content was handed over there is the summary, which says so.
    ///
    /// # Errors
    /// [`VigilError::NotFound`], [`VigilError::ReadingClosed`]; [`VigilError::Disk`] if the read of an identity cannot be noted: then nothing is shown.
    pub fn show(&self, record: &RecordId) -> Result<RecordView> {
        self.show_noted(record, ReadClass::Identity, None)
    }

    /// As [`Self::show`], for the archive.
    pub(super) fn show_for_archive(&self, record: &RecordId) -> Result<RecordView> {
        self.show_noted(record, ReadClass::Archive, None)
    }

    /// As [`Self::show`], and the event says what for.
    ///
    /// # Errors
    /// As [`Self::show`].
    pub fn show_for(&self, record: &RecordId, purpose: &Code) -> Result<RecordView> {
        self.show_noted(record, ReadClass::Identity, Some(purpose))
    }

    fn show_noted(&self, record: &RecordId, class: ReadClass, purpose: Option<&Code>) -> Result<RecordView> {
        if let Some(stub) = self.stub(record)? {
            return Ok(RecordView {
                summary: self.stub_summary(stub)?,
                fields: Vec::new(),
                events: Vec::new(),
                open_outcomes: Vec::new(),
                second_opinion: None,
                assessment: None,
                linked: Vec::new(),
                heads: Vec::new(),
            });
        }
        self.may_read()?;
        let row = self.row(record)?;
        let showing = self.before_showing(&row, class, purpose)?;
        self.view(record, row, showing)
    }

    fn view(&self, record: &RecordId, row: Row, showing: Showing) -> Result<RecordView> {
        if matches!(showing, Showing::Withheld) {
            return self.withheld_view(row);
        }
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

    /// That a record is there, and nothing of what it says.
    fn withheld_view(&self, row: Row) -> Result<RecordView> {
        let author = self.call(&row.columns.creator)?;
        Ok(RecordView {
            summary: summary(row, author),
            fields: Vec::new(),
            events: Vec::new(),
            open_outcomes: Vec::new(),
            second_opinion: None,
            assessment: None,
            linked: Vec::new(),
            heads: Vec::new(),
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
        let (lease, at) = (self.lease()?, self.judged_time()?);
        let days_left = |end: i64| end.saturating_sub(at.0).max(0) / limits::DAY_MS;
        Ok(Status {
            device: self.device.to_string(),
            role: self.role()?.name().to_owned(),
            records: records::count(store, Some(AUDIT))?,
            handed_over: handed_over::count(store)?,
            unreceived: self.unreceived()?,
            waiting: outbox::count(store)?,
            set_aside: outbox::count_set_aside(store)?,
            conflicts: records::count_conflicts(store)?,
            recalls_due: self.count_recalls_due()?,
            motions_waiting: self.motions_waiting()?,
            erasures_unconfirmed: self.erasures()?.iter().filter(|view| view.confirmed < view.expected).count() as u64,
            certificate_days: lease.certificate_ends.map(days_left),
            lease_days: lease.lease_ends.map(days_left),
            wipe_after: self.wipe_after(),
            wipe_after_set_here: self.wipe_after_is_set_here()?,
            drafts: drafts::all(store)?.len() as u64,
            parked: chains::parked_reasons(store)?,
            suspended_authors: chains::equivocators(store)?.iter().map(ToString::to_string).collect(),
            provisional: space.membership.is_provisional(),
            carried: carried::count(store)?,
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
        hidden: columns.hidden,
        sync: if row.unsent > 0 { SyncState::Waiting } else { SyncState::Sent },
        gone: None,
    }
}
