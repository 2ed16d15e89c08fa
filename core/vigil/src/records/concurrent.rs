//! What becomes of two events whose authors did not know of each other: a table, and nothing but the table.
//! It promises an answer for every pair, the same from both sides; the fold of the standing reads it.
//!
//! Two events whose pair is not in the table both stand, each for itself.
//!
//! | one | other | what becomes of them |
//! |---|---|---|
//! | decision | decision | they agree, or it is open |
//! | settled, outcome settled | the same | they agree, or it is open |
//! | authority chosen | authority chosen | they agree, or it is open: what both name is chosen |
//! | consent given, also for a child | consent withdrawn | withdrawn |
//! | basis declared, basis seconded | basis ended | ended |
//! | alleged | allegation withdrawn | withdrawn |
//! | put back into the lists | hidden | hidden |
//! | shared | consent withdrawn, authority chosen, basis ended | both stand, and the copy is called back |
//! | anything | erased | erased |
//!
//! The rules other than "erased" hold between events about the same thing: the outcome, one field, one purpose and kind of
//! recipient, one declaration, one allegation. "Erased" also holds against what its author had seen, and against every edit
//! of the facts, before or after. A decision that a settlement did not know is not settled by it. A choice of authorities
//! calls back what rests on consent and goes to one that it leaves out. Second opinions are counted apart: they stand beside
//! each other, and `opinion_standing` says what they amount to.

use super::allegation::AllegationStep;
use super::event_body::EventBody;
use super::hiding::Hiding;

/// What an event is, as far as other events are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sort {
    Decision,
    ConsentGiven,
    ConsentWithdrawn,
    Settled,
    OutcomeSettled,
    Erased,
    /// Opinions, addenda, reads, answers to complaints.
    Statement,
    /// A second opinion: committed or opened.
    Judged,
    Unknown,
    AuthorityChosen,
    BasisDeclared,
    BasisSeconded,
    BasisEnded,
    Shared,
    /// A recall sent or answered.
    Recalled,
    /// What came from another space.
    Received,
    Alleged,
    AllegationWithdrawn,
    Hidden,
    Shown,
}

/// What becomes of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// Both stand.
    BothStand,
    /// If they say the same they stand together; if not, the question is open until somebody settles it.
    AgreeOrOpen,
    /// The first stands, the second does not.
    FirstStands,
    /// The second stands, the first does not.
    SecondStands,
    /// Both stand, and what was shared is called back.
    CalledBack,
}

impl Sort {
    #[cfg(test)]
    pub(super) const ALL: [Self; 20] = [
        Self::Decision,
        Self::ConsentGiven,
        Self::ConsentWithdrawn,
        Self::Settled,
        Self::OutcomeSettled,
        Self::Erased,
        Self::Statement,
        Self::Judged,
        Self::Unknown,
        Self::AuthorityChosen,
        Self::BasisDeclared,
        Self::BasisSeconded,
        Self::BasisEnded,
        Self::Shared,
        Self::Recalled,
        Self::Received,
        Self::Alleged,
        Self::AllegationWithdrawn,
        Self::Hidden,
        Self::Shown,
    ];

    pub(super) fn of(body: &EventBody) -> Self {
        match body {
            EventBody::Decision(_) => Self::Decision,
            EventBody::ConsentGiven(_) | EventBody::ChildConsentGiven(_) => Self::ConsentGiven,
            EventBody::ConsentWithdrawn(_) => Self::ConsentWithdrawn,
            EventBody::Settled(_) => Self::Settled,
            EventBody::OutcomeSettled(_) => Self::OutcomeSettled,
            EventBody::Erased { .. } => Self::Erased,
            EventBody::Opinion { .. } | EventBody::Addendum { .. } => Self::Statement,
            EventBody::Read(_) | EventBody::ComplaintAnswered { .. } => Self::Statement,
            EventBody::OpinionCommitted { .. } | EventBody::OpinionOpened(_) => Self::Judged,
            EventBody::Unknown { .. } => Self::Unknown,
            EventBody::AuthorityChosen(_) => Self::AuthorityChosen,
            EventBody::BasisDeclared(_) => Self::BasisDeclared,
            EventBody::BasisSeconded { .. } => Self::BasisSeconded,
            EventBody::BasisEnded { .. } => Self::BasisEnded,
            EventBody::Shared(_) => Self::Shared,
            EventBody::Recall(_) => Self::Recalled,
            EventBody::Received(_) => Self::Received,
            EventBody::Allegation(AllegationStep::Alleged(_)) => Self::Alleged,
            EventBody::Allegation(AllegationStep::Withdrawn { .. }) => Self::AllegationWithdrawn,
            EventBody::Hiding(Hiding::Hidden) => Self::Hidden,
            EventBody::Hiding(Hiding::Shown) => Self::Shown,
        }
    }
}

use Rule::{AgreeOrOpen, BothStand, CalledBack, FirstStands, SecondStands};

/// The pairs that do not simply both stand; each is named once, and holds from both sides.
const TABLE: [(Sort, Sort, Rule); 12] = [
    (Sort::Decision, Sort::Decision, AgreeOrOpen),
    (Sort::Settled, Sort::Settled, AgreeOrOpen),
    (Sort::OutcomeSettled, Sort::OutcomeSettled, AgreeOrOpen),
    (Sort::AuthorityChosen, Sort::AuthorityChosen, AgreeOrOpen),
    (Sort::ConsentGiven, Sort::ConsentWithdrawn, SecondStands),
    (Sort::BasisDeclared, Sort::BasisEnded, SecondStands),
    (Sort::BasisSeconded, Sort::BasisEnded, SecondStands),
    (Sort::Alleged, Sort::AllegationWithdrawn, SecondStands),
    (Sort::Shown, Sort::Hidden, SecondStands),
    (Sort::Shared, Sort::ConsentWithdrawn, CalledBack),
    (Sort::Shared, Sort::AuthorityChosen, CalledBack),
    (Sort::Shared, Sort::BasisEnded, CalledBack),
];

/// What becomes of two events about the same thing whose authors did not know of each other.
pub(super) fn rule(first: Sort, second: Sort) -> Rule {
    let named = |a: Sort, b: Sort| TABLE.iter().find(|(one, other, _)| (*one, *other) == (a, b)).map(|row| row.2);
    match (first, second) {
        (Sort::Erased, Sort::Erased) => BothStand,
        (Sort::Erased, _) => FirstStands,
        (_, Sort::Erased) => SecondStands,
        _ => named(first, second)
            .or_else(|| {
                named(second, first).map(|rule| match rule {
                    FirstStands => SecondStands,
                    SecondStands => FirstStands,
                    same => same,
                })
            })
            .unwrap_or(BothStand),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_stands_in_the_table_once() {
        for (number, (one, other, _)) in TABLE.iter().enumerate() {
            assert!(TABLE[number + 1..].iter().all(|(a, b, _)| (a, b) != (one, other) && (b, a) != (one, other)));
        }
    }

    #[test]
    fn the_table_says_the_same_from_both_sides() {
        for (number, sort) in Sort::ALL.into_iter().enumerate() {
            assert_eq!(sort as usize, number);
            for other in Sort::ALL {
                let mirrored = match rule(other, sort) {
                    FirstStands => SecondStands,
                    SecondStands => FirstStands,
                    same => same,
                };
                assert_eq!(rule(sort, other), mirrored, "{sort:?} {other:?}");
            }
        }
    }

    #[test]
    fn withdrawn_beats_given_and_erased_beats_everything() {
        assert_eq!(rule(Sort::ConsentWithdrawn, Sort::ConsentGiven), FirstStands);
        for other in Sort::ALL.into_iter().filter(|other| *other != Sort::Erased) {
            assert_eq!(rule(Sort::Erased, other), FirstStands, "{other:?}");
        }
        for same in [Sort::Decision, Sort::Settled, Sort::OutcomeSettled] {
            assert_eq!(rule(same, same), AgreeOrOpen, "{same:?}");
        }
    }
}
