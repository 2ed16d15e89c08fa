//! Conditions that lead back to themselves: a form may have them, an instrument may not.
//!
//! One condition of each circle is taken out, until none is left.

use std::collections::{BTreeSet, HashMap};

use vigil_screening::{Expression, Sheet};

type Where = (usize, Option<usize>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Step {
    Section(usize),
    Item(usize, usize),
    Derived(usize),
}

/// Breaks every circle; the places whose conditions were taken out.
pub(crate) fn broken(sheet: &mut Sheet, computed: &BTreeSet<Where>) -> Vec<Where> {
    let mut taken = Vec::new();
    // Each turn takes conditions out, and there is an end to them.
    loop {
        let found = find(sheet, computed);
        if found.is_empty() {
            return taken;
        }
        taken.extend(found.into_iter().filter(|place| take(sheet, *place)));
    }
}

fn take(sheet: &mut Sheet, (section, item): Where) -> bool {
    let Some(section) = sheet.sections.get_mut(section) else { return false };
    match item {
        None => section.when.take().is_some(),
        Some(item) => section.items.get_mut(item).is_some_and(|item| item.when.take().is_some()),
    }
}

fn has_condition(sheet: &Sheet, step: Step) -> Option<Where> {
    match step {
        Step::Section(at) => sheet.sections.get(at)?.when.as_ref().map(|_| (at, None)),
        Step::Item(at, item) => sheet.sections.get(at)?.items.get(item)?.when.as_ref().map(|_| (at, Some(item))),
        Step::Derived(_) => None,
    }
}

/// One place in each circle that one walk meets: depth first without recursion.
fn find(sheet: &Sheet, computed: &BTreeSet<Where>) -> BTreeSet<Where> {
    let mut names: HashMap<&str, Step> = HashMap::new();
    let mut starts = Vec::new();
    for (at, section) in sheet.sections.iter().enumerate() {
        starts.push(Step::Section(at));
        for (number, item) in section.items.iter().enumerate() {
            if !computed.contains(&(at, Some(number))) {
                names.insert(item.id.as_str(), Step::Item(at, number));
                starts.push(Step::Item(at, number));
            }
        }
    }
    for (at, derived) in sheet.derived.iter().enumerate() {
        names.insert(derived.id.as_str(), Step::Derived(at));
    }
    let sections: HashMap<&str, usize> = sheet.sections.iter().enumerate().map(|(at, s)| (s.id.as_str(), at)).collect();
    let before = |step: Step| -> Vec<Step> {
        let named = |expression: Option<&Expression>| -> Vec<Step> {
            let used = expression.into_iter().flat_map(Expression::names);
            used.filter_map(|name| names.get(name.as_str()).copied()).collect()
        };
        match step {
            Step::Section(at) => sheet.sections.get(at).map_or_else(Vec::new, |section| {
                let outer = section.continues.as_ref().or(section.part_of.as_ref());
                let outer = outer.and_then(|id| sections.get(id.as_str()).copied()).map(Step::Section);
                named(section.when.as_ref()).into_iter().chain(outer).collect()
            }),
            Step::Item(at, number) => {
                let item = sheet.sections.get(at).and_then(|section| section.items.get(number));
                let mut all = named(item.and_then(|item| item.when.as_ref()));
                all.push(Step::Section(at));
                all
            }
            Step::Derived(at) => named(sheet.derived.get(at).map(|derived| &derived.value)),
        }
    };
    let mut found = BTreeSet::new();
    // Steps on the way are false, finished ones true.
    let mut seen: HashMap<Step, bool> = HashMap::new();
    for start in starts {
        if seen.contains_key(&start) {
            continue;
        }
        seen.insert(start, false);
        let mut path = vec![(start, before(start))];
        while let Some((step, left)) = path.last_mut() {
            let step = *step;
            match left.pop() {
                None => {
                    seen.insert(step, true);
                    path.pop();
                }
                Some(next) => match seen.get(&next) {
                    Some(true) => {}
                    Some(false) => {
                        let circle = path.iter().skip_while(|(step, _)| *step != next);
                        let places: Vec<Where> = circle.filter_map(|(step, _)| has_condition(sheet, *step)).collect();
                        // One condition less may break several.
                        if !places.iter().any(|place| found.contains(place)) {
                            found.extend(places.first());
                        }
                    }
                    None => {
                        seen.insert(next, false);
                        path.push((next, before(next)));
                    }
                },
            }
        }
    }
    found
}
