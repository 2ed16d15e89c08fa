//! What becomes of two events whose authors did not know of each other: a table, and nothing but the table.
//! It promises an answer for every pair, the same from both sides; the fold of the standing reads it.
//!
//! | | decision | consent given | consent withdrawn | settled | outcome settled | erased | statement | judged | unknown |
//! |---|---|---|---|---|---|---|---|---|---|
//! | **decision** | agree or open | - | - | - | opens again | erased | - | - | - |
//! | **consent given** | | agree | withdrawn | - | - | erased | - | - | - |
//! | **consent withdrawn** | | | agree | - | - | erased | - | - | - |
//! | **settled** | | | | agree or open | - | erased | - | - | - |
//! | **outcome settled** | | | | | agree or open | erased | - | - | - |
//! | **erased** | | | | | | agree | erased | erased | erased |
//! | **statement** | | | | | | | - | - | - |
//! | **judged** | | | | | | | | counted apart | - |
//! | **unknown** | | | | | | | | | - |
//!
//! A dash means that both stand, each for itself. The rules other than "erased" hold between events about the same thing:
//! the outcome, one field, one purpose and kind of recipient. "Erased" also holds against what its author had seen, and
//! against every edit of the facts, before or after. "Opens again": a decision that a settlement did not know is not settled
//! by it. "Counted apart": second opinions stand beside each other, and `opinion_standing` says what they amount to.

use super::event_body::EventBody;

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
}

impl Sort {
    #[cfg(test)]
    pub(super) const ALL: [Self; 9] = [
        Self::Decision,
        Self::ConsentGiven,
        Self::ConsentWithdrawn,
        Self::Settled,
        Self::OutcomeSettled,
        Self::Erased,
        Self::Statement,
        Self::Judged,
        Self::Unknown,
    ];

    pub(super) fn of(body: &EventBody) -> Self {
        match body {
            EventBody::Decision(_) => Self::Decision,
            EventBody::ConsentGiven(_) => Self::ConsentGiven,
            EventBody::ConsentWithdrawn(_) => Self::ConsentWithdrawn,
            EventBody::Settled(_) => Self::Settled,
            EventBody::OutcomeSettled(_) => Self::OutcomeSettled,
            EventBody::Erased { .. } => Self::Erased,
            EventBody::Opinion { .. } | EventBody::Addendum { .. } => Self::Statement,
            EventBody::Read(_) | EventBody::ComplaintAnswered { .. } => Self::Statement,
            EventBody::OpinionCommitted { .. } | EventBody::OpinionOpened(_) => Self::Judged,
            EventBody::Unknown { .. } => Self::Unknown,
        }
    }
}

use Rule::{AgreeOrOpen, BothStand, FirstStands, SecondStands};

/// One row and one column for each [`Sort`], in the order of their declaration.
const TABLE: [[Rule; 9]; 9] = [
    [AgreeOrOpen, BothStand, BothStand, BothStand, BothStand, SecondStands, BothStand, BothStand, BothStand],
    [BothStand, BothStand, SecondStands, BothStand, BothStand, SecondStands, BothStand, BothStand, BothStand],
    [BothStand, FirstStands, BothStand, BothStand, BothStand, SecondStands, BothStand, BothStand, BothStand],
    [BothStand, BothStand, BothStand, AgreeOrOpen, BothStand, SecondStands, BothStand, BothStand, BothStand],
    [BothStand, BothStand, BothStand, BothStand, AgreeOrOpen, SecondStands, BothStand, BothStand, BothStand],
    [FirstStands, FirstStands, FirstStands, FirstStands, FirstStands, BothStand, FirstStands, FirstStands, FirstStands],
    [BothStand, BothStand, BothStand, BothStand, BothStand, SecondStands, BothStand, BothStand, BothStand],
    [BothStand, BothStand, BothStand, BothStand, BothStand, SecondStands, BothStand, BothStand, BothStand],
    [BothStand, BothStand, BothStand, BothStand, BothStand, SecondStands, BothStand, BothStand, BothStand],
];

/// What becomes of two events about the same thing whose authors did not know of each other.
pub(super) fn rule(first: Sort, second: Sort) -> Rule {
    TABLE[first as usize][second as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

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
