//! What the second opinions on a record amount to: a pure fold over the set of its events, as the standing is. It
//! promises the same result for every order of arrival and every duplication, and that nobody gains by judging twice,
//! by copying a commitment, or by opening another view than the one committed to; clocks never decide.

use super::causality::Causality;
use super::event::{Event, EventId};
use super::event_body::EventBody;
use super::opinion::Judgement;
use super::standing::Said;
use super::text::{Code, LongText};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use vigil_protocol::{DeviceId, Hash, PersonId, RecordId};

/// Whether a device's opinion on a record counts, and as whose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judge {
    /// This person may judge with it.
    Active(PersonId),
    /// This person might, and the device was removed or suspended since: what it opened counts, what it has not opened
    /// does not.
    Former(PersonId),
    /// It may not: another role, or a record of the same person's.
    No,
}

impl Judge {
    fn person(self) -> Option<PersonId> {
        match self {
            Self::Active(person) | Self::Former(person) => Some(person),
            Self::No => None,
        }
    }
}

/// How one person's opinion stands.
#[derive(Clone, PartialEq, Eq)]
pub enum OpinionState {
    /// Given; its author is bound to it and nobody else can read it.
    Sealed,
    /// Opened, and it is what was committed to.
    Open {
        /// The view.
        view: Code,
        /// Why.
        reasons: LongText,
    },
    /// What was opened is not what was committed to. It does not count.
    DoesNotFit,
    /// The commitment is another's, copied, and can never be opened. It does not count.
    Copied,
    /// Two commitments of which neither came first. It does not count.
    Twice,
    /// Its author was removed or suspended before opening it. It does not count.
    Gone,
}

impl OpinionState {
    /// A code for programs, the same for ever.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Sealed => "sealed",
            Self::Open { .. } => "open",
            Self::DoesNotFit => "does_not_fit",
            Self::Copied => "copied",
            Self::Twice => "twice",
            Self::Gone => "gone",
        }
    }
}

impl fmt::Debug for OpinionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One person's opinion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opinion {
    /// The commitment that counts; of several that do not, the first by id.
    pub given: Said,
    /// How it stands.
    pub state: OpinionState,
    commitment: Hash,
    judge: Judge,
}

/// What the opinions amount to.
#[derive(Clone, PartialEq, Eq, Default)]
pub enum SecondOpinion {
    /// Nobody has judged.
    #[default]
    None,
    /// One has judged, and another is waited for.
    One,
    /// Enough have judged, and not all have opened yet.
    Waiting,
    /// Two say the same, and no other view has as many.
    Agreed {
        /// What they say.
        view: Code,
        /// Whether two of them were bound before either knew what the other says, by the signed word of both.
        blind: bool,
    },
    /// All are open and differ: somebody else is called.
    Differ,
}

impl SecondOpinion {
    /// A code for programs, the same for ever.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::One => "one",
            Self::Waiting => "waiting",
            Self::Agreed { .. } => "agreed",
            Self::Differ => "differ",
        }
    }
}

impl fmt::Debug for SecondOpinion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The opinions on a record, one for each person who gave one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Opinions {
    opinions: Vec<Opinion>,
    outcome: SecondOpinion,
}

/// An opening that fits its commitment.
struct Opening<'e> {
    number: usize,
    judge: Judge,
    judgement: &'e Judgement,
}

/// A commitment with what was opened under its name.
struct Commitment<'e> {
    number: usize,
    said: Said,
    hash: Hash,
    judge: Judge,
    openings: Vec<Opening<'e>>,
    was_opened_wrongly: bool,
}

impl Opinions {
    /// Folds the events of a record, in whatever order and however often they come. `judge` says whose opinion counts.
    pub fn of<'e>(
        record: &RecordId,
        events: impl IntoIterator<Item = (EventId, &'e Event)>,
        judge: impl Fn(&DeviceId) -> Judge,
    ) -> Self {
        let events: BTreeMap<EventId, &Event> = events.into_iter().collect();
        let commitments = commitments(record, &events, judge);
        if commitments.is_empty() {
            return Self::default();
        }
        let causality = Causality::of(&events);
        let fitting: Vec<&Opening<'_>> = commitments.iter().flat_map(|commitment| &commitment.openings).collect();
        let mut by_person: BTreeMap<Option<PersonId>, Vec<&Commitment<'_>>> = BTreeMap::new();
        for commitment in &commitments {
            by_person.entry(commitment.judge.person()).or_default().push(commitment);
        }
        let given: Vec<(&Commitment<'_>, bool)> = by_person
            .into_values()
            .filter_map(|of_one| {
                let counts = first(&of_one, &fitting, &causality);
                Some((counts.or(of_one.first().copied())?, counts.is_some()))
            })
            .collect();
        let opened: BTreeSet<Hash> = given
            .iter()
            .filter(|(commitment, counts)| *counts && !commitment.openings.is_empty())
            .map(|(commitment, _)| commitment.hash)
            .collect();
        let opinions: Vec<Opinion> = given
            .iter()
            .map(|(commitment, counts)| Opinion {
                given: commitment.said,
                state: if *counts { state(commitment, &opened) } else { OpinionState::Twice },
                commitment: commitment.hash,
                judge: commitment.judge,
            })
            .collect();
        let open: Vec<(&Commitment<'_>, &Code)> = given
            .iter()
            .zip(&opinions)
            .filter_map(|((commitment, _), opinion)| match &opinion.state {
                OpinionState::Open { view, .. } => Some((*commitment, view)),
                _ => None,
            })
            .collect();
        // Equal commitments are one at most: only one of them can be opened.
        let sealed: BTreeSet<Hash> = opinions
            .iter()
            .filter(|opinion| opinion.state == OpinionState::Sealed)
            .map(|opinion| opinion.commitment)
            .collect();
        let outcome = agreed(&open, &causality).unwrap_or(match (open.len() + sealed.len(), sealed.len()) {
            (0, _) => SecondOpinion::None,
            (1, _) => SecondOpinion::One,
            (_, 0) => SecondOpinion::Differ,
            _ => SecondOpinion::Waiting,
        });
        Self { opinions, outcome }
    }

    /// What they amount to.
    pub fn outcome(&self) -> &SecondOpinion {
        &self.outcome
    }

    /// Everybody's, by person.
    pub fn all(&self) -> &[Opinion] {
        &self.opinions
    }

    /// Whether this person has given one, on whichever device, whether it counts or not: nobody judges twice.
    pub fn has_given(&self, person: &PersonId) -> bool {
        self.opinions.iter().any(|opinion| opinion.judge.person() == Some(*person))
    }

    /// Whether this commitment has been opened.
    pub fn is_open(&self, commitment: &EventId) -> bool {
        let mine = self.opinions.iter().find(|opinion| opinion.given.event == *commitment);
        mine.is_some_and(|mine| matches!(mine.state, OpinionState::Open { .. }))
    }

    /// Whether the author of this commitment may open it now: somebody else who may judge is bound to an opinion of
    /// their own. A copy of this commitment binds nobody, nor does what somebody left who was removed.
    pub fn may_open(&self, commitment: &EventId) -> bool {
        let mine = self.opinions.iter().find(|opinion| opinion.given.event == *commitment);
        mine.filter(|mine| mine.state == OpinionState::Sealed).is_some_and(|mine| {
            self.opinions.iter().any(|other| {
                matches!(other.state, OpinionState::Sealed | OpinionState::Open { .. })
                    && other.commitment != mine.commitment
                    && matches!(other.judge, Judge::Active(_))
            })
        })
    }
}

/// Every commitment of somebody whose opinion counts, by id, with its author's openings of it.
fn commitments<'e>(
    record: &RecordId,
    events: &BTreeMap<EventId, &'e Event>,
    judge: impl Fn(&DeviceId) -> Judge,
) -> Vec<Commitment<'e>> {
    // What was erased is not judged.
    if events.values().any(|event| matches!(event.body, EventBody::Erased { .. })) {
        return Vec::new();
    }
    let mut found: BTreeMap<EventId, Commitment<'e>> = BTreeMap::new();
    for (number, (id, event)) in events.iter().enumerate() {
        if let EventBody::OpinionCommitted { commitment } = &event.body {
            let said = Said { event: *id, author: event.author, time: event.time };
            match judge(&event.author) {
                Judge::No => {}
                judge => {
                    let (hash, openings) = (*commitment, Vec::new());
                    found.insert(*id, Commitment { number, said, hash, judge, openings, was_opened_wrongly: false });
                }
            }
        }
    }
    for (number, event) in events.values().enumerate() {
        let EventBody::OpinionOpened(opened) = &event.body else { continue };
        let own = found.get_mut(&opened.of).filter(|commitment| commitment.said.author == event.author);
        let Some(commitment) = own else { continue };
        if opened.judgement.commitment(record, &event.author) == commitment.hash {
            commitment.openings.push(Opening { number, judge: commitment.judge, judgement: &opened.judgement });
        } else {
            commitment.was_opened_wrongly = true;
        }
    }
    found.into_values().collect()
}

/// Which of one person's commitments counts: the one that came before all others by the person's own word; if there is
/// none, the only one that somebody else had seen when they showed their own view. So nobody can replace an opinion,
/// nor take it back, by bringing out another one later.
fn first<'c, 'e>(
    of_one: &[&'c Commitment<'e>],
    fitting: &[&Opening<'e>],
    causality: &Causality,
) -> Option<&'c Commitment<'e>> {
    let is_earliest = |one: &&&Commitment<'_>| !of_one.iter().any(|other| causality.has_seen(one.number, other.number));
    let earliest: Vec<&'c Commitment<'e>> = of_one.iter().filter(is_earliest).copied().collect();
    if let [one] = earliest.as_slice() {
        return Some(one);
    }
    let is_witnessed = |one: &&&Commitment<'_>| {
        fitting.iter().any(|opening| {
            opening.judge.person() != one.judge.person() && causality.has_seen(opening.number, one.number)
        })
    };
    let witnessed: Vec<&'c Commitment<'e>> = earliest.iter().filter(is_witnessed).copied().collect();
    match witnessed.as_slice() {
        [one] => Some(one),
        _ => None,
    }
}

fn state(commitment: &Commitment<'_>, opened: &BTreeSet<Hash>) -> OpinionState {
    match commitment.openings.first() {
        // All that fit say the same.
        Some(opening) => {
            OpinionState::Open { view: opening.judgement.view.clone(), reasons: opening.judgement.reasons.clone() }
        }
        None if commitment.was_opened_wrongly => OpinionState::DoesNotFit,
        None if opened.contains(&commitment.hash) => OpinionState::Copied,
        None if matches!(commitment.judge, Judge::Former(_)) => OpinionState::Gone,
        None => OpinionState::Sealed,
    }
}

/// The view that holds: the one that two agree on who were bound before either knew what the other says, if there is
/// one such view; otherwise the one that more say than any other, and two at least.
fn agreed(open: &[(&Commitment<'_>, &Code)], causality: &Causality) -> Option<SecondOpinion> {
    let had_seen = |one: &Commitment<'_>, other: &Commitment<'_>| {
        one.openings.iter().all(|opening| causality.has_seen(opening.number, other.number))
    };
    let mut blind: BTreeSet<&Code> = BTreeSet::new();
    let mut votes: BTreeMap<&Code, usize> = BTreeMap::new();
    for (at, (one, view)) in open.iter().enumerate() {
        *votes.entry(*view).or_default() += 1;
        let partner =
            open.iter().skip(at + 1).find(|(other, same)| same == view && had_seen(one, other) && had_seen(other, one));
        blind.extend(partner.map(|_| *view));
    }
    if let (Some(view), 1) = (blind.first(), blind.len()) {
        return Some(SecondOpinion::Agreed { view: (*view).clone(), blind: true });
    }
    let most = votes.values().copied().max().filter(|most| *most >= 2)?;
    let mut leading = votes.iter().filter(|(_, count)| **count == most);
    match (leading.next(), leading.next()) {
        (Some((view, _)), None) => Some(SecondOpinion::Agreed { view: (*view).clone(), blind: false }),
        _ => None,
    }
}
