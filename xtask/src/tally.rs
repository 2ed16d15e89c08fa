//! Counting: what cargo's test programs said of themselves, and what our own steps came to.

/// How many checks held and how many did not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Checks that held.
    pub(crate) passed: u64,
    /// Checks that did not.
    pub(crate) failed: u64,
    /// Tests that were not run.
    pub(crate) ignored: u64,
}

impl Tally {
    /// One check.
    pub(crate) fn one(held: bool) -> Self {
        Self { passed: u64::from(held), failed: u64::from(!held), ignored: 0 }
    }

    /// Adds another count.
    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.ignored += other.ignored;
    }

    /// Sums up every `test result:` line of a run of `cargo test`. A run that failed without naming a failed test (it did
    /// not compile, or a test program died) counts as one failure.
    pub(crate) fn of_cargo_test(output: &str, success: bool) -> Self {
        let mut sum = Self::default();
        for line in output.lines() {
            let Some((_, counts)) = line.trim_start().strip_prefix("test result: ").and_then(|l| l.split_once(". "))
            else {
                continue;
            };
            for part in counts.split(';') {
                let mut words = part.split_whitespace();
                let (Some(number), Some(word)) = (words.next(), words.next()) else { continue };
                let Ok(number) = number.parse::<u64>() else { continue };
                match word {
                    "passed" => sum.passed += number,
                    "failed" => sum.failed += number,
                    "ignored" => sum.ignored += number,
                    _ => {}
                }
            }
        }
        if !success && sum.failed == 0 {
            sum.failed = 1;
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::Tally;

    const OUTPUT: &str = "\
running 3 tests
test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.02s

running 2 tests
test result: FAILED. 1 passed; 1 failed; 4 ignored; 0 measured; 0 filtered out; finished in 0.10s
";

    #[test]
    fn every_test_program_is_counted() {
        assert_eq!(Tally::of_cargo_test(OUTPUT, false), Tally { passed: 4, failed: 1, ignored: 4 });
    }

    #[test]
    fn a_build_that_fails_is_a_failure() {
        assert_eq!(Tally::of_cargo_test("", false), Tally { passed: 0, failed: 1, ignored: 0 });
        assert_eq!(Tally::of_cargo_test("", true), Tally::default());
    }
}
