//! What a record stands for: a pure fold over the set of its events.
//! It promises the same standing for every order of arrival and every duplication; clocks never decide, and what
//! contradicts itself stays open until a person settles it. Who may say what is for the caller: it leaves out events whose
//! author may not.

use super::causality::Causality;
use super::change::ChangeHash;
use super::concurrent::{Rule, Sort, rule};
use super::event::{Event, EventId};
use super::event_body::{Consent, EventBody, Outcome};
use super::field::FieldName;
use super::settling::{Settled, Settlement, settle};
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

/// Whether there is consent to one purpose and one kind of recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConsentState {
    /// It was given, and nobody withdrew it since. All that stand beside each other, by id.
    Given(Vec<(Consent, Said)>),
    /// It was withdrawn.
    Withdrawn(Vec<(Consent, Said)>),
}

/// What the events of a record amount to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    outcome: OutcomeState,
    consents: BTreeMap<(Code, Code), ConsentState>,
    fields: BTreeMap<FieldName, Vec<Settlement<ChangeHash>>>,
    erasures: Vec<(Code, Said)>,
    not_understood: Vec<EventId>,
    settlers: BTreeMap<EventId, DeviceId>,
}

/// An event with its number in the causality.
#[derive(Clone, Copy)]
struct Entry<'e> {
    number: usize,
    id: EventId,
    event: &'e Event,
}

impl Entry<'_> {
    fn said(&self) -> Said {
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
        let mut consents: BTreeMap<(&Code, &Code), Vec<Entry<'_>>> = BTreeMap::new();
        for (number, (id, event)) in events.iter().enumerate() {
            let entry = Entry { number, id: *id, event };
            if matches!(event.body, EventBody::Settled(_) | EventBody::OutcomeSettled(_)) {
                standing.settlers.insert(*id, event.author);
            }
            match &event.body {
                EventBody::Decision(_) => decisions.push(entry),
                EventBody::OutcomeSettled(_) => settlements.push(entry),
                EventBody::Settled(settlement) => field_questions.entry(&settlement.field).or_default().push(entry),
                EventBody::ConsentGiven(consent) | EventBody::ConsentWithdrawn(consent) => {
                    consents.entry((&consent.purpose, &consent.recipient)).or_default().push(entry);
                }
                EventBody::Erased { reason } => standing.erasures.push((reason.clone(), entry.said())),
                EventBody::Unknown { .. } => standing.not_understood.push(*id),
                // Second opinions have a fold of their own: `opinion_standing`.
                EventBody::OpinionCommitted { .. } | EventBody::OpinionOpened(_) => {}
                EventBody::Opinion { .. } | EventBody::Addendum { .. } => {}
                // Reads have a fold of their own, too: `audit`.
                EventBody::Read(_) | EventBody::ComplaintAnswered { .. } => {}
            }
        }
        standing.outcome =
            outcome(standing_of(decisions, &causality), outcome_settlements(standing_of(settlements, &causality)));
        for (field, entries) in field_questions {
            standing.fields.insert(field.clone(), field_settlements(standing_of(entries, &causality)));
        }
        for ((purpose, recipient), entries) in consents {
            let state = consent_state(standing_of(entries, &causality));
            standing.consents.insert((purpose.clone(), recipient.clone()), state);
        }
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

    /// Every erasure, by id. One is enough: nothing that was written before, beside or after it brings the record back.
    pub fn erasures(&self) -> &[(Code, Said)] {
        &self.erasures
    }

    /// Whether the record was erased.
    pub fn is_erased(&self) -> bool {
        !self.erasures.is_empty()
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
fn standing_of<'e>(entries: Vec<Entry<'e>>, causality: &Causality) -> Vec<Entry<'e>> {
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

fn consent_state(entries: Vec<Entry<'_>>) -> ConsentState {
    let withdrawn = entries.iter().any(|entry| Sort::of(&entry.event.body) == Sort::ConsentWithdrawn);
    let consent = |entry: &Entry<'_>| match &entry.event.body {
        EventBody::ConsentGiven(consent) | EventBody::ConsentWithdrawn(consent) => {
            Some((consent.clone(), entry.said()))
        }
        _ => None,
    };
    let consents = entries.iter().filter_map(consent).collect();
    if withdrawn { ConsentState::Withdrawn(consents) } else { ConsentState::Given(consents) }
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

#[cfg(test)]
mod tests {
    use super::super::event_body::{FieldSettlement, OutcomeSettlement};
    use super::super::fixtures::{device, event, event_id, judgement, name, time};
    use super::super::{Agreement, LongText};
    use super::*;
    use vigil_protocol::RecordId;

    fn standing(events: &[(EventId, Event)]) -> Standing {
        Standing::of(events.iter().map(|(id, event)| (*id, event)))
    }

    fn settled_outcome(chosen: u8, over: &[u8]) -> EventBody {
        let over = over.iter().map(|id| event_id(*id)).collect();
        EventBody::OutcomeSettled(OutcomeSettlement { chosen: event_id(chosen), over })
    }

    fn consent(given: bool) -> EventBody {
        let code = |code: &str| Code::new(code).unwrap();
        let consent =
            Consent { purpose: code("referral"), recipient: code("shelter"), language: code("ne"), witness: None };
        if given { EventBody::ConsentGiven(consent) } else { EventBody::ConsentWithdrawn(consent) }
    }

    const INTERCEPTED: Outcome = Outcome::Intercepted { agreement: Agreement::Agreed };

    fn holds(events: &[(EventId, Event)]) -> Option<&'static str> {
        match standing(events).outcome() {
            OutcomeState::None => None,
            OutcomeState::One { outcome, .. } => Some(outcome.name()),
            OutcomeState::Open(_) => Some("open"),
        }
    }

    #[test]
    fn a_decision_replaces_those_that_its_author_had_seen() {
        let first = event(1, &[], Outcome::LetGo);
        let between = event(2, &[1], EventBody::Addendum { text: LongText::new("She called back.").unwrap() });
        let last = event(3, &[2], INTERCEPTED);
        assert_eq!(holds(&[]), None);
        assert_eq!(holds(std::slice::from_ref(&first)), Some("let_go"));
        assert_eq!(holds(&[last.clone(), first.clone(), between]), Some("intercepted"));
        // Without the event between, nobody knows that it was seen.
        assert_eq!(holds(&[first, last]), Some("open"));
    }

    #[test]
    fn contradictory_decisions_stay_open_until_somebody_settles_them() {
        let mut events = vec![event(1, &[], Outcome::LetGo), event(2, &[], INTERCEPTED)];
        assert_eq!(standing(&events).open_outcomes(), [event_id(1), event_id(2)]);
        events.push(event(3, &[1, 2], settled_outcome(2, &[1])));
        match standing(&events).outcome() {
            OutcomeState::One { outcome, decided, settled_by } => {
                assert_eq!((outcome, decided.len(), *settled_by), (&INTERCEPTED, 1, Some(event_id(3))));
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(standing(&events).author_of(&event_id(3)), Some(device(3)));
        // A decision that the settlement did not know opens the question again; the same decision does not.
        assert_eq!(holds(&[events.clone(), vec![event(4, &[], INTERCEPTED)]].concat()), Some("intercepted"));
        assert_eq!(holds(&[events.clone(), vec![event(4, &[], Outcome::DeclinedInformed)]].concat()), Some("open"));
        // One in knowledge of it does not contradict: it decides anew.
        assert_eq!(holds(&[events, vec![event(4, &[3], Outcome::LetGo)]].concat()), Some("let_go"));
    }

    #[test]
    fn settlements_that_contradict_each_other_settle_nothing_and_a_later_one_does() {
        let mut events = vec![
            event(1, &[], Outcome::LetGo),
            event(2, &[], INTERCEPTED),
            event(3, &[1, 2], settled_outcome(2, &[1])),
            event(4, &[1, 2], settled_outcome(1, &[2])),
        ];
        assert_eq!(holds(&events), Some("open"));
        events.push(event(5, &[3, 4], settled_outcome(1, &[2])));
        assert_eq!(holds(&events), Some("let_go"));
    }

    #[test]
    fn a_settlement_in_favour_of_nothing_known_settles_nothing() {
        let events = [
            event(1, &[], Outcome::LetGo),
            event(2, &[], INTERCEPTED),
            event(3, &[], settled_outcome(9, &[1, 2])),
            event(4, &[], settled_outcome(1, &[])),
        ];
        assert_eq!(holds(&events), Some("open"));
    }

    #[test]
    fn consent_that_was_withdrawn_anywhere_is_withdrawn_until_it_is_given_anew() {
        let state = |events: &[(EventId, Event)]| {
            let code = |code: &str| Code::new(code).unwrap();
            let standing = standing(events);
            assert!(standing.consent(&code("photo"), &code("shelter")).is_none());
            matches!(standing.consent(&code("referral"), &code("shelter")), Some(ConsentState::Given(_)))
        };
        let given = event(1, &[], consent(true));
        let beside = event(2, &[], consent(false));
        let after = event(3, &[1], consent(false));
        let anew = event(4, &[2], consent(true));
        assert!(state(std::slice::from_ref(&given)));
        assert!(!state(&[given.clone(), beside.clone()]));
        assert!(!state(&[given.clone(), after]));
        assert!(state(&[beside.clone(), anew.clone()]));
        assert!(state(&[given, beside, anew]));
    }

    /// One event of each sort that could be said beside any other about the same thing; two bodies where it can differ.
    fn bodies(sort: Sort) -> Vec<EventBody> {
        let settled = |chosen: u8, over: u8| {
            EventBody::Settled(FieldSettlement {
                field: name("station"),
                chosen: ChangeHash([chosen; 32]),
                over: vec![ChangeHash([over; 32])],
            })
        };
        match sort {
            Sort::Decision => vec![Outcome::LetGo.into(), INTERCEPTED.into()],
            Sort::ConsentGiven => vec![consent(true)],
            Sort::ConsentWithdrawn => vec![consent(false)],
            Sort::Settled => vec![settled(1, 2), settled(2, 1)],
            Sort::OutcomeSettled => vec![settled_outcome(1, &[2]), settled_outcome(2, &[1])],
            Sort::Erased => vec![EventBody::Erased { reason: Code::new("asked").unwrap() }],
            Sort::Statement => vec![EventBody::Opinion { text: LongText::new("coached").unwrap() }],
            Sort::Judged => vec![
                judgement("high_risk", 1).committed(&RecordId([1; 16]), &device(11)),
                EventBody::OpinionOpened(judgement("does_not_count", 2).opened(event_id(3))),
            ],
            Sort::Unknown => vec![EventBody::Unknown { number: 77, bytes: vec![] }],
        }
    }

    #[test]
    fn every_pair_of_concurrent_events_follows_the_table_in_every_order() {
        for (one, other) in Sort::ALL.into_iter().flat_map(|one| Sort::ALL.map(|other| (one, other))) {
            for (first, second) in
                bodies(one).into_iter().flat_map(|a| bodies(other).into_iter().map(move |b| (a.clone(), b)))
            {
                let (a, b) = (event(11, &[], first.clone()), event(12, &[], second.clone()));
                let both = standing(&[a.clone(), b.clone()]);
                for order in [vec![&b, &a], vec![&a, &b, &a], vec![&b, &a, &b, &a]] {
                    assert_eq!(
                        Standing::of(order.into_iter().map(|(id, event)| (*id, event))),
                        both,
                        "{one:?} {other:?}"
                    );
                }
                let pair = [a.clone(), b.clone()];
                let alone = [standing(&[a]), standing(&[b])];
                match rule(one, other) {
                    Rule::BothStand => {
                        assert_eq!(both.is_erased(), alone.iter().any(Standing::is_erased));
                        assert_eq!(
                            both.not_understood().len(),
                            alone.iter().map(|alone| alone.not_understood().len()).sum::<usize>()
                        );
                        for alone in &alone {
                            let says_nothing = alone.outcome == OutcomeState::None;
                            assert!(says_nothing || alone.outcome == both.outcome, "{one:?} {other:?}");
                            for (purpose, recipient, state) in alone.consents() {
                                let given = |state: &ConsentState| matches!(state, ConsentState::Given(_));
                                assert_eq!(both.consent(purpose, recipient).map(given), Some(given(state)));
                            }
                            for (field, settlements) in &alone.fields {
                                assert!(settlements.iter().all(|settlement| both.fields[field].contains(settlement)));
                            }
                        }
                    }
                    Rule::AgreeOrOpen => assert_eq!(is_open(&pair, one), first != second, "{one:?} {other:?}"),
                    Rule::FirstStands => assert!(stands(&both, one), "{one:?} {other:?}"),
                    Rule::SecondStands => assert!(stands(&both, other), "{one:?} {other:?}"),
                }
            }
        }
    }

    /// Whether the question that two events of this sort are about is open. Two settlements need something to choose from.
    fn is_open(pair: &[(EventId, Event)], sort: Sort) -> bool {
        let candidates = [(ChangeHash([1; 32]), &1), (ChangeHash([2; 32]), &2)];
        match sort {
            Sort::Settled => {
                matches!(settle(&candidates, &standing(pair).fields[&name("station")]), Settled::Open { .. })
            }
            Sort::OutcomeSettled => {
                let decisions = [event(1, &[], Outcome::LetGo), event(2, &[], INTERCEPTED)];
                holds(&[decisions.as_slice(), pair].concat()) == Some("open")
            }
            _ => holds(pair) == Some("open"),
        }
    }

    fn stands(standing: &Standing, sort: Sort) -> bool {
        match sort {
            Sort::Erased => standing.is_erased(),
            _ => standing.consents().all(|(_, _, state)| matches!(state, ConsentState::Withdrawn(_))),
        }
    }

    #[test]
    fn nothing_written_before_beside_or_after_brings_an_erased_record_back() {
        let erased = event(2, &[1], EventBody::Erased { reason: Code::new("asked").unwrap() });
        for other in [event(1, &[], INTERCEPTED), event(3, &[], INTERCEPTED), event(4, &[2], INTERCEPTED)] {
            assert!(standing(&[other, erased.clone()]).is_erased());
        }
    }

    #[test]
    fn a_flood_of_events_leaves_contradictions_open_and_withdrawals_in_force() {
        let flood = (0..=super::super::limits::MAX_EVENTS).map(|number| {
            let mut id = [0xee; 32];
            id[..8].copy_from_slice(&(number as u64).to_be_bytes());
            let body = EventBody::Unknown { number: 900, bytes: vec![] };
            (EventId(vigil_protocol::Hash(id)), Event::new(device(9), time(0), [], body))
        });
        let mut events = vec![
            event(1, &[], Outcome::LetGo),
            event(2, &[1], INTERCEPTED),
            event(3, &[], consent(false)),
            event(4, &[3], consent(true)),
        ];
        assert_eq!(holds(&events), Some("intercepted"));
        events.extend(flood);
        let standing = standing(&events);
        assert_eq!(standing.open_outcomes().len(), 2);
        assert!(standing.consents().all(|(_, _, state)| matches!(state, ConsentState::Withdrawn(_))));
    }

    #[test]
    fn agreeing_decisions_hold_together_and_each_says_who_and_when() {
        let events = [event(1, &[], INTERCEPTED), event(2, &[], INTERCEPTED)];
        let said = |number: u8| Said { event: event_id(number), author: device(number), time: time(0) };
        let expected = OutcomeState::One { outcome: INTERCEPTED, decided: vec![said(1), said(2)], settled_by: None };
        assert_eq!(*standing(&events).outcome(), expected);
        assert!(standing(&events).open_outcomes().is_empty());
    }

    #[test]
    fn each_erasure_says_who_and_why_and_what_is_not_understood_is_listed() {
        let reason = |code: &str| Code::new(code).unwrap();
        let events = [
            event(1, &[], EventBody::Erased { reason: reason("asked") }),
            event(2, &[], EventBody::Erased { reason: reason("let_go") }),
            event(3, &[], EventBody::Unknown { number: 900, bytes: vec![1] }),
            event(4, &[], EventBody::Unknown { number: 901, bytes: vec![] }),
        ];
        let said = |number: u8| Said { event: event_id(number), author: device(number), time: time(0) };
        let standing = standing(&events);
        assert_eq!(standing.erasures(), [(reason("asked"), said(1)), (reason("let_go"), said(2))]);
        assert_eq!(standing.not_understood(), [event_id(3), event_id(4)]);
        assert_eq!(standing.author_of(&event_id(1)), None);
        let nothing = Standing::of([]);
        assert!(!nothing.is_erased() && nothing.erasures().is_empty() && nothing.not_understood().is_empty());
        assert_eq!(nothing.consents().count(), 0);
    }

    #[test]
    fn consents_are_told_apart_by_purpose_and_recipient_and_keep_what_was_said() {
        let consent = |purpose: &str, recipient: &str| Consent {
            purpose: Code::new(purpose).unwrap(),
            recipient: Code::new(recipient).unwrap(),
            language: Code::new("ne").unwrap(),
            witness: None,
        };
        let (photo, referral) = (consent("photo", "police"), consent("referral", "shelter"));
        let events = [
            event(1, &[], EventBody::ConsentGiven(photo.clone())),
            event(2, &[], EventBody::ConsentGiven(referral.clone())),
            event(3, &[2], EventBody::ConsentWithdrawn(referral.clone())),
        ];
        let said = |number: u8| Said { event: event_id(number), author: device(number), time: time(0) };
        let standing = standing(&events);
        let (given, withdrawn) = (
            ConsentState::Given(vec![(photo.clone(), said(1))]),
            ConsentState::Withdrawn(vec![(referral.clone(), said(3))]),
        );
        assert_eq!(standing.consent(&photo.purpose, &photo.recipient), Some(&given));
        assert_eq!(standing.consent(&referral.purpose, &referral.recipient), Some(&withdrawn));
        assert_eq!(standing.consent(&photo.purpose, &referral.recipient), None);
        let all: Vec<_> = standing.consents().map(|(purpose, recipient, _)| (purpose, recipient)).collect();
        assert_eq!(all, [(&photo.purpose, &photo.recipient), (&referral.purpose, &referral.recipient)]);
    }

    #[test]
    fn settlements_of_a_field_keep_what_was_chosen_over_what() {
        let settled = |field: &str, chosen: u8, over: u8| {
            EventBody::Settled(FieldSettlement {
                field: name(field),
                chosen: ChangeHash([chosen; 32]),
                over: vec![ChangeHash([over; 32])],
            })
        };
        let events = [event(1, &[], settled("station", 1, 2)), event(2, &[1], settled("station", 2, 1))];
        let standing = standing(&[events.as_slice(), &[event(3, &[], settled("sex", 3, 4))]].concat());
        let [settlement] = standing.settlements_of(&name("station")) else { panic!("one stands") };
        assert_eq!(settlement.said.event, event_id(2));
        assert_eq!((settlement.chosen, settlement.over.clone()), (ChangeHash([2; 32]), vec![ChangeHash([1; 32])]));
        assert_eq!(standing.settlements_of(&name("sex")).len(), 1);
        assert!(standing.settlements_of(&name("minutes")).is_empty());
    }
}
