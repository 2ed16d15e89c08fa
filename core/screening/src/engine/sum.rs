//! Weighted sums: the points, the band, and which items could still lead to a higher band.
//!
//! Points only add, so a band once reached stays; an item is open exactly if its points can carry the sum over a threshold.

use super::marked::{Marked, Reply, Shown};
use super::open::{Open, WHOLE};
use super::sitting::Sitting;
use crate::sheet::{AnswerKind, Choice, Item, Role, WeightedSum};

/// The points that the answer adds to this sum; none where it is no reason at all.
pub(crate) fn counted(sitting: &Sitting<'_>, rule: &WeightedSum, marked: &Marked<'_>) -> Option<u16> {
    if marked.shown == Shown::No {
        return None;
    }
    match &marked.reply {
        Reply::Yes | Reply::Verified(_) => points_of_yes(sitting, rule, marked.item),
        Reply::Chosen(options) if rule.points.is_empty() && marked.item.role == Role::RedFlag => {
            let points = options.iter().map(|option| u32::from(option.points)).sum::<u32>();
            let points = u16::try_from(points).unwrap_or(u16::MAX);
            (points > 0).then_some(points)
        }
        _ => None,
    }
}

fn points_of_yes(sitting: &Sitting<'_>, rule: &WeightedSum, item: &Item) -> Option<u16> {
    if rule.points.is_empty() {
        (item.role == Role::RedFlag).then(|| item.points_for(sitting.kind_id()))
    } else {
        rule.points.get(&item.id).copied()
    }
}

/// The sum.
pub(crate) fn total(sitting: &Sitting<'_>, rule: &WeightedSum) -> u32 {
    sitting.marked.iter().filter_map(|marked| counted(sitting, rule, marked)).map(u32::from).sum()
}

/// What could still lead to a higher band.
pub(crate) fn open(sitting: &Sitting<'_>, rule: &WeightedSum, total: u32) -> Vec<Open> {
    let needs = rule.bands.iter().filter_map(|band| u32::from(band.from).checked_sub(total));
    let needs: Vec<usize> = needs.filter(|need| *need > 0).map(|need| need as usize).collect();
    let (Some(lowest), Some(highest)) = (needs.iter().min().copied(), needs.iter().max().copied()) else {
        return Vec::new();
    };
    let candidates = could_add(sitting, rule);
    let alone = |most: usize| most >= lowest;
    let mut matters = vec![false; candidates.len()];
    let crosses = |most: usize, others: &Bits| {
        needs.iter().any(|need| (need.saturating_sub(most)..*need).any(|sum| others.has(sum)))
    };
    all_but_one(&candidates, 0, Bits::nothing(highest), &mut |at, others| {
        let most = candidates.get(at).map_or(0, |candidate| candidate.most);
        if let Some(place) = matters.get_mut(at) {
            *place = alone(most) || crosses(most, others);
        }
    });
    let top = rule.top().max(1);
    let open = candidates.iter().zip(matters).filter(|(_, matters)| *matters).map(|(candidate, _)| {
        let strength = u32::try_from(candidate.most).unwrap_or(u32::MAX).saturating_mul(WHOLE) / top;
        Open { at: candidate.at, alone: alone(candidate.most), strength }
    });
    open.collect()
}

/// The items whose answers could still add points, whether or not that leads to another band.
pub(crate) fn growing(sitting: &Sitting<'_>, rule: &WeightedSum) -> Vec<usize> {
    could_add(sitting, rule).into_iter().map(|candidate| candidate.at).collect()
}

/// An item that was not asked, and what its answers could add: of each group, one.
struct Candidate {
    at: usize,
    most: usize,
    adds: Vec<Vec<usize>>,
}

fn could_add(sitting: &Sitting<'_>, rule: &WeightedSum) -> Vec<Candidate> {
    let unasked = sitting.marked.iter().enumerate().filter(|(_, marked)| marked.could_be_asked());
    let candidates = unasked.filter_map(|(at, marked)| {
        let adds = can_add(sitting, rule, marked.item);
        let most = adds.iter().filter_map(|group| group.iter().max()).sum();
        (most > 0).then_some(Candidate { at, most, adds })
    });
    candidates.collect()
}

/// Tells for each candidate which sums all the others could add: halves by halves, so that nothing is added up anew for each.
fn all_but_one(candidates: &[Candidate], first: usize, others: Bits, tell: &mut dyn FnMut(usize, &Bits)) {
    match candidates {
        [] => {}
        [_] => tell(first, &others),
        _ => {
            let (left, right) = candidates.split_at(candidates.len() / 2);
            all_but_one(left, first, others.with(right), tell);
            all_but_one(right, first + left.len(), others.with(left), tell);
        }
    }
}

/// The different points that answers to an item add, none of them 0.
fn can_add(sitting: &Sitting<'_>, rule: &WeightedSum, item: &Item) -> Vec<Vec<usize>> {
    let own = |option: &Choice| usize::from(option.points);
    let groups: Vec<Vec<usize>> = match &item.answer {
        AnswerKind::YesNo => vec![points_of_yes(sitting, rule, item).map(usize::from).into_iter().collect()],
        AnswerKind::Choice(options) if rule.points.is_empty() && item.role == Role::RedFlag => {
            vec![options.iter().map(own).collect()]
        }
        AnswerKind::Choices(options) if rule.points.is_empty() && item.role == Role::RedFlag => {
            options.iter().map(|option| vec![own(option)]).collect()
        }
        _ => Vec::new(),
    };
    let tidy = |mut adds: Vec<usize>| {
        adds.sort_unstable();
        adds.dedup();
        adds.retain(|points| *points > 0);
        adds
    };
    groups.into_iter().map(tidy).filter(|adds| !adds.is_empty()).collect()
}

/// A set of sums below a bound, one bit each: a hostile instrument has thousands of items.
struct Bits {
    words: Vec<u64>,
}

impl Bits {
    /// The sum of nothing, with room for sums up to `bound`.
    fn nothing(bound: usize) -> Self {
        let mut words = vec![0u64; bound / 64 + 1];
        if let Some(first) = words.first_mut() {
            *first = 1;
        }
        Self { words }
    }

    /// Every sum that these items could add to those that are here.
    fn with(&self, items: &[Candidate]) -> Self {
        let mut words = self.words.clone();
        let mut next = words.clone();
        for adds in items.iter().flat_map(|item| &item.adds) {
            for points in adds {
                shift_into(&words, *points, &mut next);
            }
            words.copy_from_slice(&next);
        }
        Self { words }
    }

    fn has(&self, sum: usize) -> bool {
        self.words.get(sum / 64).is_some_and(|word| word >> (sum % 64) & 1 == 1)
    }
}

/// Adds `points` to every sum in `from` and puts the results into `into`; what passes the end is dropped.
fn shift_into(from: &[u64], points: usize, into: &mut [u64]) {
    let (words, bits) = (points / 64, points % 64);
    for (i, word) in from.iter().enumerate() {
        if let Some(target) = into.get_mut(i + words) {
            *target |= word << bits;
        }
        if bits > 0
            && let Some(target) = into.get_mut(i + words + 1)
        {
            *target |= word >> (64 - bits);
        }
    }
}
