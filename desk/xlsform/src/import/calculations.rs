//! In which order the calculations of a form can be read: each after those that it needs.
//!
//! Takes time in proportion to what is written, however long a chain of calculations is.

use std::collections::HashMap;

use vigil_screening::Sheet;

use super::expressions::whole;
use super::survey::Pending;
use crate::heading::Field;
use crate::xpath;

/// The calculations among the pending expressions, by their positions.
pub(crate) struct Order {
    /// Name and position, each behind what it needs.
    pub(crate) ready: Vec<(String, usize)>,
    /// Those that need themselves.
    pub(crate) circular: Vec<usize>,
}

impl Order {
    pub(crate) fn of<'a>(
        sheet: &Sheet,
        pending: &'a [Pending],
        condition: impl Fn(&'a Pending) -> Option<&'a str>,
    ) -> Self {
        let calculations: Vec<(usize, &Pending)> =
            pending.iter().enumerate().filter(|(_, one)| one.field == Field::Calculation).collect();
        let name_of = |one: &Pending| {
            let item = one.item.and_then(|at| sheet.sections.get(one.section)?.items.get(at));
            item.map(|item| item.source_name.clone().unwrap_or_else(|| item.id.to_string())).unwrap_or_default()
        };
        let names: Vec<String> = calculations.iter().map(|(_, one)| name_of(one)).collect();
        let by_name: HashMap<&str, usize> = names.iter().enumerate().map(|(at, name)| (name.as_str(), at)).collect();
        // Who waits for each, and for how many each still waits.
        let (mut waiters, mut open) = (vec![Vec::new(); names.len()], vec![0usize; names.len()]);
        for (at, (_, one)) in calculations.iter().enumerate() {
            let Ok(tree) = xpath::parse(&whole(&one.text, condition(one))) else { continue };
            for needed in tree.questions().into_iter().filter_map(|name| by_name.get(name)) {
                if let (Some(waiters), Some(open)) = (waiters.get_mut(*needed), open.get_mut(at)) {
                    waiters.push(at);
                    *open += 1;
                }
            }
        }
        let mut queue: Vec<usize> = (0..names.len()).rev().filter(|at| open.get(*at) == Some(&0)).collect();
        let (mut ready, mut is_ready) = (Vec::new(), vec![false; names.len()]);
        while let Some(at) = queue.pop() {
            if let (Some((position, _)), Some(name), Some(flag)) =
                (calculations.get(at), names.get(at), is_ready.get_mut(at))
            {
                ready.push((name.clone(), *position));
                *flag = true;
            }
            for waiter in waiters.get(at).into_iter().flatten() {
                if let Some(left) = open.get_mut(*waiter) {
                    *left -= 1;
                    if *left == 0 {
                        queue.push(*waiter);
                    }
                }
            }
        }
        let circular = calculations.iter().zip(is_ready).filter(|(_, ready)| !ready);
        Self { ready, circular: circular.map(|((position, _), _)| *position).collect() }
    }
}
