//! Strength counts: whether enough strong, medium and weak signs of one dimension were noted.
//!
//! More signs never undo it, so an item is open exactly if, with some of the others, it completes a pattern.

use super::open::{Open, WHOLE};
use super::sitting::Sitting;
use crate::sheet::{Pattern, Strength, StrengthCount};

/// How many signs of each strength.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Signs {
    strong: usize,
    medium: usize,
    weak: usize,
}

impl Signs {
    fn of(strength: Strength, count: usize) -> Self {
        let mut signs = Self::default();
        match strength {
            Strength::Strong => signs.strong = count,
            Strength::Medium => signs.medium = count,
            Strength::Weak => signs.weak = count,
        }
        signs
    }

    fn and(self, more: Self) -> Self {
        Self { strong: self.strong + more.strong, medium: self.medium + more.medium, weak: self.weak + more.weak }
    }

    fn reach(self, patterns: &[Pattern]) -> bool {
        patterns.iter().any(|pattern| pattern.is_reached(self.strong, self.medium, self.weak))
    }
}

/// What one dimension comes to.
pub(crate) struct Dimension {
    pub(crate) positive: bool,
    /// Whether what is unknown, together with what was not asked, could make it so.
    pub(crate) could_be: bool,
    pub(crate) because: Vec<usize>,
    pub(crate) open: Vec<Open>,
}

/// Reads one dimension. `items` are those that it counts.
pub(crate) fn dimension(sitting: &Sitting<'_>, rule: &StrengthCount, items: &[usize]) -> Dimension {
    let (mut have, mut could, mut unknown) = (Signs::default(), Signs::default(), Signs::default());
    let (mut because, mut candidates) = (Vec::new(), Vec::new());
    for at in items {
        let Some(marked) = sitting.marked.get(*at) else { continue };
        let Some(strength) = marked.item.strength(sitting.kind_id()) else { continue };
        if marked.is_sign() {
            have = have.and(Signs::of(strength, 1));
            because.push(*at);
        } else if marked.could_be_asked() {
            could = could.and(Signs::of(strength, 1));
            candidates.push((*at, strength));
        } else if marked.is_unknown() {
            unknown = unknown.and(Signs::of(strength, 1));
        }
    }
    let positive = have.reach(&rule.patterns);
    let open = if positive { Vec::new() } else { open(&rule.patterns, have, could, &candidates) };
    Dimension { positive, could_be: have.and(could).and(unknown).reach(&rule.patterns), because, open }
}

fn open(patterns: &[Pattern], have: Signs, could: Signs, candidates: &[(usize, Strength)]) -> Vec<Open> {
    let change = [Strength::Weak, Strength::Medium, Strength::Strong]
        .map(|strength| (strength, completes(patterns, have, could, strength)));
    let of = |strength| change.iter().find(|(known, _)| *known == strength).and_then(|(_, change)| *change);
    let open = candidates.iter().filter_map(|(at, strength)| {
        let alone = of(*strength)?;
        let weight = match strength {
            Strength::Strong => WHOLE,
            Strength::Medium => WHOLE / 2,
            Strength::Weak => WHOLE / 4,
        };
        Some(Open { at: *at, alone, strength: weight })
    });
    open.collect()
}

/// Whether one more sign of this strength can complete a pattern, and whether it does so alone; none if it cannot.
fn completes(patterns: &[Pattern], have: Signs, could: Signs, strength: Strength) -> Option<bool> {
    let one = Signs::of(strength, 1);
    if have.and(one).reach(patterns) {
        return Some(true);
    }
    // More signs than a pattern asks for make no difference, so a long list costs no more than a short one.
    let most = patterns.iter().map(Pattern::signs).max().unwrap_or(0);
    let left = |count: usize, own: bool| count.saturating_sub(usize::from(own)).min(most);
    let (strong, medium, weak) = (
        left(could.strong, strength == Strength::Strong),
        left(could.medium, strength == Strength::Medium),
        left(could.weak, strength == Strength::Weak),
    );
    for strong in 0..=strong {
        for medium in 0..=medium {
            for weak in 0..=weak {
                let with = have.and(Signs { strong, medium, weak });
                if !with.reach(patterns) && with.and(one).reach(patterns) {
                    return Some(false);
                }
            }
        }
    }
    None
}
