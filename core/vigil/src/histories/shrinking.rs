//! A history that fails, made as short as it can be by leaving steps out.
//! The short one promises to fail in the same way.

use super::{Fault, Step, replay};

/// Leaves out steps as long as the same kind of fault shows. Gives what is left, and the fault in it.
pub fn shrink(steps: &[Step], fault: &Fault) -> (Vec<Step>, Fault) {
    let mut shown = fault.clone();
    let kept = shorten(steps, &mut |steps| {
        let found =
            replay(steps, None).ok().and_then(|(faults, _)| faults.into_iter().find(|one| one.name() == fault.name()));
        if let Some(found) = &found {
            shown = found.clone();
        }
        found.is_some()
    });
    (kept, shown)
}

/// The same for a history in which the machinery breaks.
pub(super) fn shrink_broken(steps: &[Step]) -> Vec<Step> {
    shorten(steps, &mut |steps| replay(steps, None).is_err())
}

fn shorten(steps: &[Step], fails: &mut dyn FnMut(&[Step]) -> bool) -> Vec<Step> {
    let mut kept = steps.to_vec();
    let mut size = kept.len().div_ceil(2);
    while size > 0 {
        let mut at = 0;
        let mut shorter = false;
        while at < kept.len() {
            let mut fewer = kept.clone();
            fewer.drain(at..(at + size).min(kept.len()));
            if fails(&fewer) {
                kept = fewer;
                shorter = true;
            } else {
                at += size;
            }
        }
        if size == 1 && !shorter {
            break;
        }
        size = if size == 1 { 1 } else { size / 2 };
    }
    kept
}
