//! Second opinions under any schedule: devices that follow the rules judge, hear of each other and open; some do not
//! follow them. Whatever the order, everybody reads the same, and nobody who follows the rules shows a view too early.

use super::fixtures::{device, judgement, time};
use super::opinion_cases::{RECORD, judge};
use super::{Event, EventBody, EventId, Judgement, OpinionState, Opinions, SecondOpinion};
use proptest::prelude::*;
use proptest::sample::Index;
use std::collections::{BTreeMap, BTreeSet};

/// Four who may judge; the last breaks the rules.
const DEVICES: usize = 4;
const VIEWS: [&str; 3] = ["signs_of_trafficking", "high_risk", "does_not_count"];

#[derive(Debug, Clone)]
enum Step {
    /// Judges, if the device follows the rules only once.
    Judge(usize, usize),
    /// Takes in what another has, and opens what may be opened.
    Hear(usize, usize),
    /// The last device does something else: copies, contradicts itself, opens what does not fit, hides what it saw.
    Cheat(usize, Index, usize, bool),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..DEVICES, 0..VIEWS.len()).prop_map(|(who, view)| Step::Judge(who, view)),
        6 => (0..DEVICES, 0..DEVICES).prop_map(|(who, from)| Step::Hear(who, from)),
        2 => (0..4usize, any::<Index>(), 0..VIEWS.len(), any::<bool>())
            .prop_map(|(how, which, view, hides)| Step::Cheat(how, which, view, hides)),
    ]
}

#[derive(Clone, Default)]
struct Replica {
    events: BTreeMap<EventId, Event>,
    sealed: Option<(EventId, Judgement)>,
}

impl Replica {
    fn opinions(&self) -> Opinions {
        Opinions::of(&RECORD, self.events.iter().map(|(id, event)| (*id, event)), judge)
    }

    fn state(&mut self, who: usize, body: EventBody, hides: bool) -> EventId {
        let seen: BTreeSet<&EventId> = self.events.values().flat_map(|event| &event.after).collect();
        let newest: Vec<EventId> = self.events.keys().filter(|id| !seen.contains(id) && !hides).copied().collect();
        let event = Event::new(device(who as u8 + 1), time(self.events.len() as i64), newest, body);
        let id = event.id(&RECORD);
        self.events.insert(id, event);
        id
    }

    fn judge(&mut self, who: usize, view: usize) {
        let me = device(who as u8 + 1);
        if self.opinions().has_given(&vigil_protocol::PersonId::of_device(&me)) {
            return;
        }
        let judgement = judgement(VIEWS[view], who as u8);
        let id = self.state(who, judgement.committed(&RECORD, &me), false);
        self.sealed = Some((id, judgement));
        self.open(who);
    }

    fn open(&mut self, who: usize) {
        let opinions = self.opinions();
        if let Some((id, judgement)) = self.sealed.take_if(|(id, _)| opinions.may_open(id)) {
            self.state(who, EventBody::OpinionOpened(judgement.opened(id)), false);
        }
    }

    fn cheat(&mut self, how: usize, which: Index, view: usize, hides: bool) {
        let who = DEVICES - 1;
        let others: Vec<(EventId, EventBody)> =
            self.events.iter().map(|(id, event)| (*id, event.body.clone())).collect();
        let mine = judgement(VIEWS[view], 99);
        let body = match (how, others.is_empty()) {
            (0, _) | (_, true) => mine.committed(&RECORD, &device(who as u8 + 1)),
            (1, _) => EventBody::OpinionOpened(mine.opened(which.get(&others).0)),
            // Word for word what somebody stated, under the own name.
            _ => which.get(&others).1.clone(),
        };
        self.state(who, body, hides);
    }
}

fn live_through(steps: &[Step]) -> Vec<Replica> {
    let mut replicas = vec![Replica::default(); DEVICES];
    for step in steps {
        match step {
            Step::Judge(who, view) => replicas[*who].judge(*who, *view),
            Step::Hear(who, from) => {
                let events = replicas[*from].events.clone();
                replicas[*who].events.extend(events);
                replicas[*who].open(*who);
            }
            Step::Cheat(how, which, view, hides) => replicas[DEVICES - 1].cheat(*how, *which, *view, *hides),
        }
    }
    replicas
}

/// Everything that somebody had seen when they stated this.
fn past(events: &BTreeMap<EventId, Event>, of: &EventId) -> BTreeSet<EventId> {
    let mut past = BTreeSet::new();
    let mut left = vec![*of];
    while let Some(event) = left.pop().and_then(|id| events.get(&id)) {
        left.extend(event.after.iter().filter(|id| past.insert(**id)));
    }
    past
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_order_and_any_duplication_give_the_same_opinions(
        steps in prop::collection::vec(step(), 1..40),
        picks in prop::collection::vec(any::<Index>(), 8..16),
    ) {
        let mut replicas = live_through(&steps);
        // Everybody hears everybody until nothing is left to open.
        for _ in 0..3 {
            for (who, from) in (0..DEVICES).flat_map(|who| (0..DEVICES).map(move |from| (who, from))) {
                let events = replicas[from].events.clone();
                replicas[who].events.extend(events);
                replicas[who].open(who);
            }
        }
        let wanted = replicas[0].opinions();
        for replica in &replicas {
            prop_assert_eq!(&replica.opinions(), &wanted);
        }
        let events: Vec<(EventId, &Event)> = replicas[0].events.iter().map(|(id, event)| (*id, event)).collect();
        let mut shuffled = events.clone();
        for (at, pick) in picks.iter().enumerate().filter(|_| !events.is_empty()) {
            shuffled.swap(at % events.len(), pick.index(events.len()));
            shuffled.push(shuffled[pick.index(shuffled.len())]);
        }
        prop_assert_eq!(&Opinions::of(&RECORD, shuffled, judge), &wanted);

        let all = &replicas[0].events;
        for (id, event) in all {
            let EventBody::OpinionOpened(opened) = &event.body else { continue };
            if event.author == device(DEVICES as u8) {
                continue;
            }
            // Who follows the rules opens once, and had seen another's commitment that is not a copy of theirs.
            let openings = all.values().filter(|other| {
                other.author == event.author && matches!(other.body, EventBody::OpinionOpened(_))
            });
            prop_assert_eq!(openings.count(), 1);
            let own = &all[&opened.of].body;
            let drew_it_out = past(all, id).into_iter().any(|seen| {
                all.get(&seen).is_some_and(|seen| {
                    seen.author != event.author
                        && matches!(seen.body, EventBody::OpinionCommitted { .. })
                        && seen.body != *own
                })
            });
            prop_assert!(drew_it_out);
        }

        // Among those who follow the rules nobody is left out: with two of them everything is open in the end.
        let honest: Vec<&OpinionState> = wanted
            .all()
            .iter()
            .filter(|opinion| opinion.given.author != device(DEVICES as u8))
            .map(|opinion| &opinion.state)
            .collect();
        if honest.len() >= 2 {
            let all_open = honest.iter().all(|state| matches!(state, OpinionState::Open { .. }));
            prop_assert!(all_open);
        }
        // A single cheat cannot settle anything against all the others, nor keep them from it.
        let views: Vec<&str> = honest
            .iter()
            .filter_map(|state| match state {
                OpinionState::Open { view, .. } => Some(view.as_str()),
                _ => None,
            })
            .collect();
        if views.len() == 3 && views.iter().all(|view| *view == views[0]) {
            let holds = matches!(wanted.outcome(), SecondOpinion::Agreed { view, .. } if view.as_str() == views[0]);
            prop_assert!(holds);
        }
    }
}
