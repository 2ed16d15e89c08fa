//! How much it costs to try one PIN: Argon2id's memory and passes, measured when a home is made.
//! It promises a cost between a floor and a ceiling whatever the device, and never less than was chosen once.

use super::secret::Secret;
use argon2::{Algorithm, Argon2, Params, Version};
use std::time::{Duration, Instant};

/// OWASP's minimum, and the least that a key file may ask for.
pub(crate) const FLOOR: Cost = Cost { memory_kib: 19 * 1024, passes: 2 };
/// What a key file may ask this device to spend: a hostile file must not exhaust it.
pub(super) const CEILING: Cost = Cost { memory_kib: 64 * 1024, passes: 64 };
/// Memory in MiB that a measurement chooses from, most first.
const MEMORY_MIB: [u32; 5] = [64, 48, 32, 24, 19];
const LANES: u32 = 1;
/// One try takes so long on the device, if that is possible between floor and ceiling.
const SHORTEST: Duration = Duration::from_secs(1);
const AIM: Duration = Duration::from_millis(1500);
const LONGEST: Duration = Duration::from_secs(3);
/// How often a choice is measured and corrected.
const CORRECTIONS: usize = 4;

/// What one try costs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Cost {
    pub(crate) memory_kib: u32,
    pub(crate) passes: u32,
}

impl Cost {
    /// Whether neither memory nor passes is below another's.
    pub(crate) fn is_at_least(&self, other: &Self) -> bool {
        self.memory_kib >= other.memory_kib && self.passes >= other.passes
    }
}

/// How a new home's cost is chosen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum Stretching {
    /// Measured on this device: one try takes one to three seconds.
    #[default]
    Calibrated,
    /// The least that is allowed. For tests, demonstrations and benchmarks, which open homes by the hundred.
    Floor,
}

impl Stretching {
    pub(crate) fn cost(self) -> Cost {
        match self {
            Self::Floor => FLOOR,
            Self::Calibrated => calibrate(|cost| {
                let start = Instant::now();
                // A measurement that fails (no memory) took too long.
                stretch(cost, b"measuring", &[7; 16]).map_or(Duration::MAX, |_| start.elapsed())
            }),
        }
    }
}

/// The stretched PIN. `None` if the cost is not one that Argon2 knows, or there is no memory for it.
pub(super) fn stretch(cost: Cost, passphrase: &[u8], salt: &[u8; 16]) -> Option<Secret<32>> {
    let params = Params::new(cost.memory_kib, cost.passes, LANES, Some(32)).ok()?;
    let mut bytes = [0; 32];
    let derived =
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into(passphrase, salt, &mut bytes);
    let stretched = Secret::take(&mut bytes);
    derived.ok().map(|()| stretched)
}

/// Chooses a cost by measuring: as much memory as two passes can use in time, then as many passes as fit.
fn calibrate(mut measure: impl FnMut(Cost) -> Duration) -> Cost {
    let floor = measure(FLOOR);
    let passes_in = |memory_mib: u32, time: Duration| {
        let pass =
            floor.as_secs_f64() / f64::from(FLOOR.passes) * f64::from(memory_mib * 1024) / f64::from(FLOOR.memory_kib);
        // A clock too coarse to see one pass asks for as many as there are.
        (time.as_secs_f64() / pass.max(1e-9)) as u32
    };
    let memory_mib = MEMORY_MIB.into_iter().find(|memory| passes_in(*memory, AIM) >= FLOOR.passes).unwrap_or(19);
    let bounded = |passes: u32| passes.clamp(FLOOR.passes, CEILING.passes);
    let mut cost = Cost { memory_kib: memory_mib * 1024, passes: bounded(passes_in(memory_mib, AIM)) };
    for _ in 0..CORRECTIONS {
        let took = measure(cost);
        if (SHORTEST..=LONGEST).contains(&took) {
            break;
        }
        let fitting = f64::from(cost.passes) * AIM.as_secs_f64() / took.as_secs_f64().max(1e-9);
        let next = bounded(fitting.min(f64::from(CEILING.passes)) as u32);
        if next == cost.passes {
            break;
        }
        cost.passes = next;
    }
    cost
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A device that takes so long for one pass over one MiB, and some time for each try.
    fn device(per_mib: Duration, each: Duration) -> impl Fn(Cost) -> Duration {
        move |cost| per_mib * (cost.memory_kib / 1024) * cost.passes + each
    }

    #[test]
    fn a_try_takes_one_to_three_seconds_from_a_laptop_to_a_slow_phone() {
        // The first is a laptop (64 MiB, one pass: 80 ms), the last forty times as slow.
        for factor in [1, 2, 4, 8, 16, 20] {
            let device = device(Duration::from_micros(1250) * factor, Duration::from_millis(3));
            let cost = calibrate(&device);
            let took = device(cost);
            assert!((SHORTEST..=LONGEST).contains(&took), "{factor}: {cost:?} takes {took:?}");
            assert!(cost.is_at_least(&FLOOR) && CEILING.is_at_least(&cost));
        }
        assert_eq!(calibrate(device(Duration::from_micros(1250), Duration::ZERO)).memory_kib, 64 * 1024);
    }

    #[test]
    fn a_device_that_is_too_slow_gets_the_floor_and_one_too_fast_the_ceiling() {
        assert_eq!(calibrate(device(Duration::from_secs(1), Duration::ZERO)), FLOOR);
        assert_eq!(calibrate(|_| Duration::MAX), FLOOR);
        assert_eq!(calibrate(|_| Duration::ZERO), CEILING);
    }

    proptest! {
        #[test]
        fn no_measurement_leads_out_of_the_bounds(times in prop::collection::vec(any::<u32>(), 8)) {
            let mut next = times.iter().cycle().map(|micros| Duration::from_micros(u64::from(*micros)));
            let cost = calibrate(|_| next.next().unwrap_or_default());
            prop_assert!(cost.is_at_least(&FLOOR) && CEILING.is_at_least(&cost));
        }
    }

    #[test]
    fn lower_in_memory_or_in_passes_is_lower() {
        let cost = Cost { memory_kib: 32 * 1024, passes: 4 };
        assert!(cost.is_at_least(&cost));
        assert!(!Cost { passes: 3, memory_kib: 64 * 1024 }.is_at_least(&cost));
        assert!(!Cost { passes: 60, memory_kib: 19 * 1024 }.is_at_least(&cost));
    }

    #[test]
    fn the_stretched_pin_depends_on_pin_salt_and_cost() {
        let of = |cost, pin: &[u8], salt| *stretch(cost, pin, &[salt; 16]).unwrap().expose();
        let cheap = Cost { memory_kib: 8, passes: 1 };
        let one = of(cheap, b"1234", 1);
        assert_eq!(one, of(cheap, b"1234", 1));
        for other in [of(cheap, b"1235", 1), of(cheap, b"1234", 2), of(Cost { passes: 2, ..cheap }, b"1234", 1)] {
            assert_ne!(one, other);
        }
        assert!(stretch(Cost { memory_kib: 0, passes: 0 }, b"1234", &[1; 16]).is_none());
    }
}
