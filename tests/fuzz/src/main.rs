//! The one fuzzing program. `VIGIL_FUZZ_TARGET` names the target; with `VIGIL_FUZZ_SEEDS` it writes that target's seed
//! corpus into the folder named there and stops. `cargo xtask fuzz` sets both.
#![no_main]

use std::sync::OnceLock;

static TARGET: OnceLock<&'static vigil_fuzz::Target> = OnceLock::new();

libfuzzer_sys::fuzz_target!(
    init: {
        let target = TARGET.get_or_init(vigil_fuzz::chosen_target);
        vigil_fuzz::prepare(target);
    },
    |data: &[u8]| {
        if let Some(target) = TARGET.get() {
            (target.run)(data);
        }
    }
);
