//! A spreadsheet from outside, imported as a form; and an expression of such a form, in the middle of a sound one.

use crate::Target;
use vigil_screening::shipped_once;
use vigil_xlsform::{Options, export, import};

pub(super) const TARGET: Target =
    Target { name: "spreadsheet", max_len: 256 * 1024, catches_panics: false, run, seeds };

fn run(data: &[u8]) {
    let Ok(imported) = import(data, &Options::default()) else { return };
    let Ok(instrument) = imported.instrument() else { return };
    std::hint::black_box(export(&instrument)).ok();
}

fn seeds() -> Vec<Vec<u8>> {
    ["ilo_forced_labour", "practice_border"].iter().filter_map(|id| export(shipped_once(id, 1)?).ok()).collect()
}
