//! Figures: collecting them, medians, and printing them for people or programs.

use std::time::{Duration, Instant};

/// Where figures go.
#[derive(Debug)]
pub(crate) struct Figures {
    json: bool,
    all: Vec<(String, f64)>,
}

impl Figures {
    /// No figures yet; `json` prints one object a line.
    pub(crate) fn new(json: bool) -> Self {
        Self { json, all: Vec::new() }
    }

    /// Prints and keeps one.
    pub(crate) fn put(&mut self, name: impl Into<String>, value: f64, unit: &str) {
        let name = name.into();
        // Three decimals say more than the measurement does.
        let value = (value * 1000.0).round() / 1000.0;
        if self.json {
            println!("{}", serde_json::json!({"name": name, "value": value, "unit": unit}));
        } else {
            println!("{name:<44} {value:>12.3} {unit}");
        }
        self.all.push((name, value));
    }

    /// A figure that was put before.
    pub(crate) fn get(&self, name: &str) -> Option<f64> {
        self.all.iter().find(|(known, _)| known == name).map(|(_, value)| *value)
    }

    /// Puts how many times larger one figure is than another, if there are both.
    pub(crate) fn put_growth(&mut self, name: &str, from: &str, to: &str) {
        if let (Some(from), Some(to)) = (self.get(from), self.get(to))
            && from > 0.0
        {
            self.put(name, to / from, "times");
        }
    }

    /// Says what is being done, where that disturbs nobody.
    pub(crate) fn say(&self, what: &str) {
        eprintln!("bench: {what}");
    }
}

/// The value in the middle.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.as_slice() {
        [] => f64::NAN,
        [.., _] if values.len() % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}

/// What came out and how long it took.
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let started = Instant::now();
    let result = work();
    (result, started.elapsed())
}

/// Milliseconds.
pub(crate) fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn the_median_is_the_middle_or_between_the_two_in_the_middle() {
        assert!((median(vec![3.0, 1.0, 2.0]) - 2.0).abs() < 1e-9);
        assert!((median(vec![4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < 1e-9);
        assert!(median(Vec::new()).is_nan());
    }
}
