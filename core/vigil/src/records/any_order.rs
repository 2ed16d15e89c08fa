//! The promise of the merge: whatever the order, and however often changes and events arrive, everybody reads the same.
//! Histories are made up at random: devices write, decide, settle and consent, and hear from each other now and then.

use super::fixtures::{actor, device, event_id, judgement, name, one_of_each_about_sharing, set, time, unset};
use super::{
    Agreement, ChangeBytes, ChangeHash, Code, Consent, Event, EventBody, EventId, Facts, FieldName, FieldSettlement,
    FieldValue, GuardError, GuardLimits, Outcome, OutcomeSettlement, Standing, admit, resolve_fields,
};
use proptest::prelude::*;
use proptest::sample::Index;
use std::collections::{BTreeMap, BTreeSet};
use vigil_protocol::RecordId;

const DEVICES: usize = 3;
const FIELDS: [&str; 4] = ["station", "minutes", "note", "people"];
const RECORD: RecordId = RecordId([1; 16]);

/// One thing that a device does.
#[derive(Debug, Clone)]
enum Step {
    /// Writes one or two fields, or removes one.
    Write(usize, usize, Option<u8>, Option<u8>),
    /// Takes in everything that another device has.
    Hear(usize, usize),
    /// States something.
    State(usize, Statement),
}

#[derive(Debug, Clone)]
enum Statement {
    Decide(bool),
    Consent(bool, bool),
    SettleField(usize, Index),
    SettleOutcome(Index),
    Erase,
    Judge(bool),
    /// One of the bodies about sharing, about whatever it names.
    Sharing(Index),
    Newer(u16),
}

fn statement() -> impl Strategy<Value = Statement> {
    prop_oneof![
        4 => any::<bool>().prop_map(Statement::Decide),
        2 => any::<(bool, bool)>().prop_map(|(given, to_police)| Statement::Consent(given, to_police)),
        3 => (0..FIELDS.len(), any::<Index>()).prop_map(|(field, chosen)| Statement::SettleField(field, chosen)),
        2 => any::<Index>().prop_map(Statement::SettleOutcome),
        1 => Just(Statement::Erase),
        1 => any::<bool>().prop_map(Statement::Judge),
        3 => any::<Index>().prop_map(Statement::Sharing),
        1 => (100u16..200).prop_map(Statement::Newer),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => (0..DEVICES, 0..FIELDS.len(), any::<Option<u8>>(), any::<Option<u8>>())
            .prop_map(|(who, field, value, other)| Step::Write(who, field, value, other)),
        4 => (0..DEVICES, 0..DEVICES).prop_map(|(who, from)| Step::Hear(who, from)),
        3 => (0..DEVICES, statement()).prop_map(|(who, what)| Step::State(who, what)),
    ]
}

/// What one device holds.
#[derive(Clone, Default)]
struct Replica {
    facts: Facts,
    changes: Vec<(u8, ChangeBytes)>,
    events: BTreeMap<EventId, Event>,
}

impl Replica {
    fn write(&mut self, number: u8, fields: &[(FieldName, Option<FieldValue>)]) {
        let change = self.facts.edit(&actor(number), time(0), fields).unwrap();
        self.changes.extend(change.map(|change| (number, change)));
    }

    fn hear(&mut self, other: &Self) {
        take_in(&mut self.facts, other.changes.clone());
        let more: Vec<_> = other.changes.iter().filter(|change| !self.changes.contains(change)).cloned().collect();
        self.changes.extend(more);
        self.events.extend(other.events.clone());
    }

    fn state(&mut self, number: u8, statement: &Statement) {
        let standing = self.standing();
        let code = |code: &str| Code::new(code).unwrap();
        let body = match statement {
            Statement::Decide(true) => Outcome::LetGo.into(),
            Statement::Decide(false) => Outcome::Intercepted { agreement: Agreement::Agreed }.into(),
            Statement::Consent(given, to_police) => {
                let recipient = code(if *to_police { "police" } else { "shelter" });
                let consent = Consent { purpose: code("referral"), recipient, language: code("ne"), witness: None };
                if *given { EventBody::ConsentGiven(consent) } else { EventBody::ConsentWithdrawn(consent) }
            }
            Statement::SettleField(field, chosen) => {
                let field = name(FIELDS[*field]);
                let changes: Vec<ChangeHash> = self.facts.values(&field).iter().map(|written| written.change).collect();
                if changes.is_empty() {
                    return;
                }
                let chosen = *chosen.get(&changes);
                let over = changes.into_iter().filter(|change| *change != chosen).collect();
                EventBody::Settled(FieldSettlement { field, chosen, over })
            }
            Statement::SettleOutcome(chosen) => {
                let open = standing.open_outcomes();
                if open.is_empty() {
                    return;
                }
                let chosen = *chosen.get(&open);
                let over = open.into_iter().filter(|id| *id != chosen).collect();
                EventBody::OutcomeSettled(OutcomeSettlement { chosen, over })
            }
            Statement::Erase => EventBody::Erased { reason: code("asked") },
            Statement::Judge(false) => judgement("high_risk", number).committed(&RECORD, &device(number)),
            Statement::Judge(true) => EventBody::OpinionOpened(judgement("high_risk", number).opened(event_id(1))),
            Statement::Sharing(which) => which.get(&one_of_each_about_sharing()).clone(),
            Statement::Newer(number) => EventBody::Unknown { number: *number, bytes: vec![1] },
        };
        let seen: BTreeSet<&EventId> = self.events.values().flat_map(|event| &event.after).collect();
        let newest: Vec<EventId> = self.events.keys().filter(|id| !seen.contains(id)).copied().collect();
        let event = Event::new(device(number), time(0), newest, body);
        self.events.insert(event.id(&RECORD), event);
    }

    fn standing(&self) -> Standing {
        Standing::of(self.events.iter().map(|(id, event)| (*id, event)))
    }
}

/// Takes changes in, one write each; what came early waits. None may be left over.
fn take_in(facts: &mut Facts, mut waiting: Vec<(u8, ChangeBytes)>) {
    while !waiting.is_empty() {
        let before = waiting.len();
        waiting.retain(|(from, change)| {
            match admit(facts, std::slice::from_ref(change), &device(*from), &GuardLimits::default()) {
                Ok(admitted) => {
                    *facts = admitted.facts;
                    false
                }
                Err(GuardError::MissingDependencies { .. }) => true,
                Err(refusal) => panic!("{refusal}"),
            }
        });
        assert!(waiting.len() < before, "changes wait for what is not there");
    }
}

fn live_through(steps: &[Step]) -> Vec<Replica> {
    let mut origin = Replica::default();
    origin.write(1, &[set("station", "Raxaul"), set("minutes", 3)]);
    let mut replicas = vec![origin; DEVICES];
    for step in steps {
        match step {
            Step::Write(who, field, value, other) => {
                let field = FIELDS[*field];
                let mut fields = vec![value.map_or(unset(field), |value| set(field, i64::from(value % 4)))];
                if let (Some(value), true) = (other, field != "people") {
                    fields.push(set("people", i64::from(value % 4)));
                }
                replicas[*who].write(*who as u8 + 1, &fields);
            }
            Step::Hear(who, from) => {
                let from = replicas[*from].clone();
                replicas[*who].hear(&from);
            }
            Step::State(who, statement) => replicas[*who].state(*who as u8 + 1, statement),
        }
    }
    replicas
}

/// Everything, in another order and partly twice.
fn shuffle<T: Clone>(things: &[T], picks: &[Index]) -> Vec<T> {
    let mut left = things.to_vec();
    let mut shuffled = Vec::new();
    for pick in picks.iter().cycle().take(things.len()) {
        let at = pick.index(left.len());
        shuffled.push(left.swap_remove(at));
        if pick.index(3) == 0 {
            shuffled.push(shuffled[pick.index(shuffled.len())].clone());
        }
    }
    shuffled
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn any_order_and_any_duplication_give_the_same_record(
        steps in prop::collection::vec(step(), 1..24),
        picks in prop::collection::vec(any::<Index>(), 8..16),
    ) {
        let replicas = live_through(&steps);
        let mut one = Replica::default();
        for replica in &replicas {
            one.hear(replica);
        }
        let wanted = resolve_fields(&one.facts, &one.standing());

        // Each device hears the others in its own order.
        for at in 0..DEVICES {
            let mut mine = replicas[at].clone();
            for other in (1..DEVICES).map(|step| &replicas[(at + step) % DEVICES]) {
                mine.hear(other);
            }
            prop_assert_eq!(mine.facts.heads(), one.facts.heads());
            prop_assert_eq!(mine.standing(), one.standing());
            prop_assert_eq!(resolve_fields(&mine.facts, &mine.standing()), wanted.clone());
        }

        // A stranger gets everything shuffled and partly twice, loaded and saved in between.
        let mut facts = Facts::new();
        for (from, change) in &shuffle(&one.changes, &picks) {
            match admit(&facts, std::slice::from_ref(change), &device(*from), &GuardLimits::default()) {
                Ok(admitted) => facts = Facts::load(&admitted.saved).unwrap(),
                Err(refusal) => prop_assert!(refusal.is_waiting()),
            }
        }
        take_in(&mut facts, one.changes.clone());
        let events: Vec<(EventId, &Event)> = one.events.iter().map(|(id, event)| (*id, event)).collect();
        let standing = Standing::of(shuffle(&events, &picks));
        prop_assert_eq!(&standing, &one.standing());
        prop_assert_eq!(facts.heads(), one.facts.heads());
        prop_assert_eq!(resolve_fields(&facts, &standing), wanted);
    }

    /// Events of strangers may name anything as seen, themselves and each other included.
    #[test]
    fn hostile_events_have_a_standing_that_does_not_depend_on_their_order(
        events in prop::collection::vec((0u8..2, prop::collection::vec(0u8..14, 0..5), 0u8..14), 1..12),
        picks in prop::collection::vec(any::<Index>(), 8..16),
    ) {
        let events: Vec<(EventId, Event)> = events
            .into_iter()
            .enumerate()
            .map(|(number, (kind, after, chosen))| {
                let body = match kind {
                    0 => EventBody::from(if chosen % 2 == 0 { Outcome::LetGo } else { Outcome::DeclinedInformed }),
                    _ => EventBody::OutcomeSettled(OutcomeSettlement {
                        chosen: event_id(chosen),
                        over: after.iter().map(|id| event_id(*id)).collect(),
                    }),
                };
                let after = after.into_iter().map(event_id);
                (event_id(number as u8), Event::new(device(1), time(0), after, body))
            })
            .collect();
        let events: Vec<(EventId, &Event)> = events.iter().map(|(id, event)| (*id, event)).collect();
        prop_assert_eq!(Standing::of(shuffle(&events, &picks)), Standing::of(events));
    }
}
