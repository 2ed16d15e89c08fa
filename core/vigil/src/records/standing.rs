//! What a record stands for: a pure fold over the set of its events.
//! It promises the same standing for every order of arrival and every duplication; clocks never decide, and what
//! contradicts itself stays open until a person settles it. Who may say what is for the caller: it leaves out events whose
//! author may not.

#[cfg(test)]
mod cases;

use super::allegation::{AllegationState, fold_allegations};
use super::basis::{DeclaredBasis, fold_bases};
use super::causality::Causality;
use super::change::ChangeHash;
use super::concurrent::{Rule, Sort, rule};
use super::consent::{Authorities, ConsentState, fold_choices, fold_consents};
use super::event::{Event, EventId};
use super::event_body::EventBody;
use super::field::FieldName;
use super::hiding::Hiding;
use super::outcome::Outcome;
use super::settling::{Settled, Settlement, settle};
use super::share::{ShareState, fold_shares};
use super::text::Code;
use std::collections::{BTreeMap, BTreeSet};
use vigil_protocol::{DeviceId, Timestamp};

/// Who said something, and when by their clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Said {
    /// The event.
    pub event: EventId,
    /// Its author.
    pub author: DeviceId,
    /// When: a hint for people.
    pub time: Timestamp,
}

/// What came of a record.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum OutcomeState {
    /// Nothing has been decided.
    #[default]
    None,
    /// One outcome holds.
    One {
        /// The outcome.
        outcome: Outcome,
        /// The decisions that agree on it, by id.
        decided: Vec<Said>,
        /// The settlement that chose it, if others contradicted.
        settled_by: Option<EventId>,
    },
    /// Decisions that contradict each other and that nobody has settled, by id.
    Open(Vec<(Outcome, Said)>),
}

/// What the events of a record amount to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    outcome: OutcomeState,
    consents: BTreeMap<(Code, Code), ConsentState>,
    authorities: Authorities,
    bases: Vec<DeclaredBasis>,
    shares: Vec<ShareState>,
    allegations: Vec<AllegationState>,
    fields: BTreeMap<FieldName, Vec<Settlement<ChangeHash>>>,
    erasures: Vec<(Code, Said)>,
    hidden_by: Vec<Said>,
    not_understood: Vec<EventId>,
    settlers: BTreeMap<EventId, DeviceId>,
}

/// An event with its number in the causality.
#[derive(Clone, Copy)]
pub(super) struct Entry<'e> {
    pub(super) number: usize,
    pub(super) id: EventId,
    pub(super) event: &'e Event,
}

impl Entry<'_> {
    pub(super) fn said(&self) -> Said {
        Said { event: self.id, author: self.event.author, time: self.event.time }
    }
}

impl Standing {
    /// Folds the events, in whatever order and however often they come.
    pub fn of<'e>(events: impl IntoIterator<Item = (EventId, &'e Event)>) -> Self {
        let events: BTreeMap<EventId, &Event> = events.into_iter().collect();
        if events.is_empty() {
            return Self::default();
        }
        let causality = Causality::of(&events);
        let mut standing = Self::default();
        let mut decisions = Vec::new();
        let mut settlements = Vec::new();
        let mut field_questions: BTreeMap<&FieldName, Vec<Entry<'_>>> = BTreeMap::new();
        // Consent, other bases, shares and allegations: each has a fold of its own.
        let mut matters = Vec::new();
        let mut hidings = Vec::new();
        for (number, (id, event)) in events.iter().enumerate() {
            let entry = Entry { number, id: *id, event };
            if matches!(event.body, EventBody::Settled(_) | EventBody::OutcomeSettled(_)) {
                standing.settlers.insert(*id, event.author);
            }
            match &event.body {
                EventBody::Decision(_) => decisions.push(entry),
                EventBody::OutcomeSettled(_) => settlements.push(entry),
                EventBody::Settled(settlement) => field_questions.entry(&settlement.field).or_default().push(entry),
                EventBody::ConsentGiven(_)
                | EventBody::ChildConsentGiven(_)
                | EventBody::ConsentWithdrawn(_)
                | EventBody::AuthorityChosen(_)
                | EventBody::BasisDeclared(_)
                | EventBody::BasisSeconded { .. }
                | EventBody::BasisEnded { .. }
                | EventBody::Shared(_)
                | EventBody::Recall(_)
                | EventBody::Allegation(_) => matters.push(entry),
                EventBody::Erased { reason } => standing.erasures.push((reason.clone(), entry.said())),
                EventBody::Hiding(_) => hidings.push(entry),
                EventBody::Unknown { .. } => standing.not_understood.push(*id),
                // Second opinions have a fold of their own: `opinion_standing`.
                EventBody::OpinionCommitted { .. } | EventBody::OpinionOpened(_) => {}
                EventBody::Opinion { .. } | EventBody::Addendum { .. } | EventBody::Received(_) => {}
                // Reads have a fold of their own, too: `audit`.
                EventBody::Read(_) | EventBody::ComplaintAnswered { .. } => {}
            }
        }
        standing.outcome =
            outcome(standing_of(decisions, &causality), outcome_settlements(standing_of(settlements, &causality)));
        for (field, entries) in field_questions {
            standing.fields.insert(field.clone(), field_settlements(standing_of(entries, &causality)));
        }
        standing.consents = fold_consents(&matters, &causality);
        standing.authorities = fold_choices(&matters, &causality);
        standing.bases = fold_bases(&matters);
        standing.shares = fold_shares(&matters, &causality);
        standing.allegations = fold_allegations(&matters);
        let hides = |entry: &&Entry<'_>| entry.event.body == EventBody::Hiding(Hiding::Hidden);
        let hidings = standing_of(hidings, &causality);
        standing.hidden_by = hidings.iter().filter(hides).map(Entry::said).collect();
        standing
    }

    /// What came of the record.
    pub fn outcome(&self) -> &OutcomeState {
        &self.outcome
    }

    /// The decisions between which somebody has to choose; none if nothing is open.
    pub fn open_outcomes(&self) -> Vec<EventId> {
        match &self.outcome {
            OutcomeState::Open(open) => open.iter().map(|(_, said)| said.event).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether there is consent to this purpose and kind of recipient; nothing if it was never asked.
    pub fn consent(&self, purpose: &Code, recipient: &Code) -> Option<&ConsentState> {
        self.consents.get(&(purpose.clone(), recipient.clone()))
    }

    /// Every consent that was given or withdrawn, by purpose and kind of recipient.
    pub fn consents(&self) -> impl Iterator<Item = (&Code, &Code, &ConsentState)> {
        self.consents.iter().map(|((purpose, recipient), state)| (purpose, recipient, state))
    }

    /// Which authorities she chose, if she was asked.
    pub fn authorities(&self) -> &Authorities {
        &self.authorities
    }

    /// Every declaration of a basis beside consent, by id.
    pub fn bases(&self) -> &[DeclaredBasis] {
        &self.bases
    }

    /// Every share with another space, by its name.
    pub fn shares(&self) -> &[ShareState] {
        &self.shares
    }

    /// Shares whose copies must be called back and that nobody has called back yet.
    pub fn recalls_due(&self) -> impl Iterator<Item = &ShareState> {
        self.shares.iter().filter(|share| share.recall_due && share.recall_sent.is_empty() && share.confirmed.is_none())
    }

    /// Every allegation, by id.
    pub fn allegations(&self) -> &[AllegationState] {
        &self.allegations
    }

    /// Every erasure, by id. One is enough: nothing that was written before, beside or after it brings the record back.
    pub fn erasures(&self) -> &[(Code, Said)] {
        &self.erasures
    }

    /// Whether the record was erased.
    pub fn is_erased(&self) -> bool {
        !self.erasures.is_empty()
    }

    /// Who took the record out of the lists, by id; nobody if it is in them.
    pub fn hidden_by(&self) -> &[Said] {
        &self.hidden_by
    }

    /// Events that this version cannot read, by id: somebody with a newer one said more than is shown here.
    pub fn not_understood(&self) -> &[EventId] {
        &self.not_understood
    }

    /// The settlements of a field that stand.
    pub(super) fn settlements_of(&self, field: &FieldName) -> &[Settlement<ChangeHash>] {
        self.fields.get(field).map_or(&[], Vec::as_slice)
    }

    /// The author of a settlement.
    pub fn author_of(&self, settlement: &EventId) -> Option<DeviceId> {
        self.settlers.get(settlement).copied()
    }
}

/// The events about one thing that stand: those that no other about the same thing had seen, less those that the table lets
/// another of them beat. In the order of their ids.
pub(super) fn standing_of<'e>(entries: Vec<Entry<'e>>, causality: &Causality) -> Vec<Entry<'e>> {
    let sort = |entry: &Entry<'_>| Sort::of(&entry.event.body);
    let newest = causality.newest(entries, |entry| entry.number);
    let sorts: BTreeSet<Sort> = newest.iter().map(sort).collect();
    let beaten = |mine: Sort| sorts.iter().any(|other| rule(mine, *other) == Rule::SecondStands);
    newest.into_iter().filter(|entry| !beaten(sort(entry))).collect()
}

fn field_settlements(entries: Vec<Entry<'_>>) -> Vec<Settlement<ChangeHash>> {
    let settlement = |entry: &Entry<'_>| match &entry.event.body {
        EventBody::Settled(body) => {
            Some(Settlement { said: entry.said(), chosen: body.chosen, over: body.over.clone() })
        }
        _ => None,
    };
    entries.iter().filter_map(settlement).collect()
}

fn outcome_settlements(entries: Vec<Entry<'_>>) -> Vec<Settlement<EventId>> {
    let settlement = |entry: &Entry<'_>| match &entry.event.body {
        EventBody::OutcomeSettled(body) => {
            Some(Settlement { said: entry.said(), chosen: body.chosen, over: body.over.clone() })
        }
        _ => None,
    };
    entries.iter().filter_map(settlement).collect()
}

fn outcome(decisions: Vec<Entry<'_>>, settlements: Vec<Settlement<EventId>>) -> OutcomeState {
    let decisions: Vec<(&Outcome, Said)> = decisions
        .iter()
        .filter_map(|entry| match &entry.event.body {
            EventBody::Decision(outcome) => Some((outcome, entry.said())),
            _ => None,
        })
        .collect();
    let Some((first, _)) = decisions.first() else { return OutcomeState::None };
    let candidates: Vec<(EventId, &Outcome)> = decisions.iter().map(|(outcome, said)| (said.event, *outcome)).collect();
    let (holds, settled_by) = match settle(&candidates, &settlements) {
        Settled::Agreed => (*first, None),
        Settled::By { chosen, settlement } => (candidates[chosen].1, Some(settlement)),
        Settled::Open { .. } => {
            return OutcomeState::Open(decisions.into_iter().map(|(outcome, said)| (outcome.clone(), said)).collect());
        }
    };
    let decided = decisions.iter().filter(|(outcome, _)| *outcome == holds).map(|(_, said)| *said).collect();
    OutcomeState::One { outcome: holds.clone(), decided, settled_by }
}
