//! Weighted sums: the points, the band, and which items could still lead to a higher band.
//!
//! Points only add, so a band once reached stays; an item is open exactly if its points can carry the sum over a threshold.

use super::marked::{Marked, Reply};
use super::open::{Open, WHOLE};
use super::sitting::Sitting;
use crate::sheet::{AnswerKind, Choice, Item, Role, WeightedSum};

/// The points that the answer adds to this sum; none where it is no reason at all.
pub(crate) fn counted(sitting: &Sitting<'_>, rule: &WeightedSum, marked: &Marked<'_>) -> Option<u16> {
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
    let sums = Sums::new(sitting, rule, total);
    let top = rule.top().max(1);
    let mut found = Vec::new();
    for at in 0..sitting.marked.len() {
        let alone = match sums.change(at) {
            Change::Never => continue,
            Change::WithOthers => false,
            Change::Alone => true,
        };
        let strength = u32::try_from(sums.most(at)).unwrap_or(u32::MAX).saturating_mul(WHOLE) / top;
        found.push(Open { at, alone, strength });
    }
    found
}

/// How an item's answer could change the band.
enum Change {
    Never,
    WithOthers,
    Alone,
}

/// Which sums the signs not asked could still add.
struct Sums {
    /// Points still needed for each higher band.
    needs: Vec<usize>,
    /// For each item, what its answers could add: of each group, one.
    adds: Vec<Vec<Vec<usize>>>,
}

impl Sums {
    fn new(sitting: &Sitting<'_>, rule: &WeightedSum, total: u32) -> Self {
        let needs = rule.bands.iter().filter_map(|band| u32::from(band.from).checked_sub(total));
        let adds =
            sitting.marked.iter().map(|m| if m.could_be_asked() { can_add(sitting, rule, m.item) } else { vec![] });
        Self { needs: needs.filter(|need| *need > 0).map(|need| need as usize).collect(), adds: adds.collect() }
    }

    /// The most that one item's answer adds.
    fn most(&self, at: usize) -> usize {
        self.adds.get(at).into_iter().flatten().filter_map(|group| group.iter().max()).sum()
    }

    fn change(&self, at: usize) -> Change {
        let most = self.most(at);
        let (Some(lowest), Some(highest)) = (self.needs.iter().min().copied(), self.needs.iter().max().copied()) else {
            return Change::Never;
        };
        if most == 0 {
            Change::Never
        } else if most >= lowest {
            Change::Alone
        } else {
            let others = self.adds.iter().enumerate().filter(|(i, _)| *i != at).flat_map(|(_, groups)| groups);
            let others = Bits::sums(others.map(Vec::as_slice), highest);
            let crosses = |need: usize| (need.saturating_sub(most)..need).any(|sum| others.has(sum));
            if self.needs.iter().any(|need| crosses(*need)) { Change::WithOthers } else { Change::Never }
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
    /// Every sum below `bound` that these items can add up to.
    fn sums<'a>(items: impl Iterator<Item = &'a [usize]>, bound: usize) -> Self {
        let mut words = vec![0u64; bound / 64 + 1];
        if let Some(first) = words.first_mut() {
            *first = 1;
        }
        let mut next = words.clone();
        for adds in items {
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
