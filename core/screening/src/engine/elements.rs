//! Rules over yes/no items and earlier rules: any-of, counts, and act, means and purpose with the rule for children.
//!
//! All of them only grow with a yes, so what holds stays held and nothing more is asked for it.

use super::open::{Open, WHOLE, merged};
use super::rules::Read;
use super::sitting::Sitting;
use crate::expression::{Missing, Value};
use crate::id::Id;
use crate::plan::Name;
use crate::sheet::ActMeansPurpose;

/// Items of a list, by what was answered.
#[derive(Default)]
pub(crate) struct Sorted {
    pub(crate) yes: Vec<usize>,
    pub(crate) unknown: Vec<usize>,
    pub(crate) open: Vec<usize>,
}

/// The items of a list that were answered yes, those that stay unknown, and those that could still be asked.
pub(crate) fn sorted(sitting: &Sitting<'_>, items: &[usize]) -> Sorted {
    let mut sorted = Sorted::default();
    for at in items {
        match sitting.marked.get(*at) {
            Some(marked) if marked.is_sign() => sorted.yes.push(*at),
            Some(marked) if marked.is_unknown() => sorted.unknown.push(*at),
            Some(marked) if marked.could_be_asked() => sorted.open.push(*at),
            _ => {}
        }
    }
    sorted
}

/// One of act, means and purpose.
#[derive(Default)]
struct Element {
    holds: bool,
    /// Something unknown could show it.
    unknown: bool,
    because: Vec<usize>,
    open: Vec<Open>,
}

fn element(sitting: &Sitting<'_>, earlier: &[Read], ids: &[Id]) -> Element {
    let mut element = Element::default();
    for id in ids {
        match sitting.instrument.plan().name(id.as_str()) {
            Some(Name::Item(at)) => {
                let sorted = sorted(sitting, &[at]);
                element.holds |= !sorted.yes.is_empty();
                element.unknown |= !sorted.unknown.is_empty();
                element.because.extend(sorted.yes);
                element.open.extend(sorted.open.into_iter().map(|at| Open { at, alone: true, strength: WHOLE / 2 }));
            }
            Some(Name::Rule(at)) => {
                if let Some(read) = earlier.get(at) {
                    match read.value {
                        Value::Truth(true) => {
                            element.holds = true;
                            element.because.extend(&read.because);
                        }
                        Value::Missing(Missing::Unknown) => element.unknown = true,
                        _ => {}
                    }
                    element.open.extend(read.open.iter().map(|open| Open { strength: open.strength / 2, ..*open }));
                }
            }
            _ => {}
        }
    }
    element
}

/// What the three elements come to.
pub(crate) struct Elements {
    pub(crate) met: bool,
    /// Whether what is unknown or was not asked could make it so.
    pub(crate) could_be: bool,
    pub(crate) because: Vec<usize>,
    pub(crate) open: Vec<Open>,
}

/// Reads act, means and purpose. Under 18 means are not needed (Palermo Protocol, Article 3(c)).
pub(crate) fn act_means_purpose(sitting: &Sitting<'_>, rule: &ActMeansPurpose, earlier: &[Read]) -> Elements {
    let mut needed = vec![element(sitting, earlier, &rule.act), element(sitting, earlier, &rule.purpose)];
    let means = element(sitting, earlier, &rule.means);
    let mut because: Vec<usize> = needed.iter().flat_map(|element| element.because.iter().copied()).collect();
    because.extend(&means.because);
    if !sitting.as_child {
        needed.push(means);
    }
    because.sort_unstable();
    because.dedup();
    let lacking: Vec<&Element> = needed.iter().filter(|element| !element.holds).collect();
    let open = lacking.iter().flat_map(|element| {
        let open = element.open.iter().filter(|open| can_settle(open.at, element, &lacking));
        open.map(|open| Open { alone: open.alone && lacking.len() == 1, ..*open })
    });
    let open = merged(open);
    let could_be = lacking.iter().all(|element| element.unknown || !element.open.is_empty());
    Elements { met: lacking.is_empty(), could_be, because, open }
}

/// Whether the item can be what an element still lacks, with every other one shown by something that does not show this
/// one as well.
fn can_settle(at: usize, element: &Element, lacking: &[&Element]) -> bool {
    let shows_it = |other: &Open| element.open.iter().any(|open| open.at == other.at && open.alone);
    lacking
        .iter()
        .filter(|other| !std::ptr::eq(**other, element))
        .all(|other| other.open.iter().any(|open| open.at == at || !shows_it(open)))
}
