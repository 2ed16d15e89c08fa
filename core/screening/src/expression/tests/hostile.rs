//! Whatever is written, reading it ends, and what was read can be run, printed and read again.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;

const REAL: [&str; 8] = [
    "travels_alone and age < 16",
    "not answered(passport) or selected(documents, 'id_card') and count_selected(documents) >= 2",
    "int((today() - born) div 365.25) < 18",
    "at_least(2, debt, phone_taken, met(threat)) and not (consent = no)",
    "regex(phone, '^\\+?[0-9]{7,15}$')",
    "if(coalesce(wage, 0) * 12 > 1000.5, 'high', \"it's low\")",
    "round(sum(points) div max(count(points), 1), 2) mod 3 != -1",
    "concat(substr(name, 0, 2), '-', string(year(date('2026-01-31'))))",
];

const FRAGMENTS: [&str; 40] = [
    "a",
    "b",
    "some",
    "and",
    "or",
    "not",
    "div",
    "mod",
    "yes",
    "no",
    "(",
    ")",
    ",",
    "+",
    "-",
    "*",
    "=",
    "!=",
    "<",
    ">=",
    "1",
    "2.5",
    "99999999999999999999",
    "'x'",
    "''",
    "\"",
    "'",
    "if(",
    "max(",
    "regex(a, '(x|y)*')",
    "at_least(2,",
    "sum(a)",
    "date('2024-02-29')",
    "selected(some, 'bus')",
    "today()",
    "é",
    "\u{202e}",
    "\0",
    "true",
    "coalesce(",
];

/// What holds for any source at all.
fn holds(source: &str) {
    match Expression::parse(source) {
        Ok(expression) => {
            let value = expression.evaluate(&given());
            let again = parse(&expression.to_string());
            assert_eq!(again, expression, "{source}");
            assert_eq!(again.evaluate(&given()), value, "{source}");
            if let Value::Number(number) = value {
                assert!(number.get().is_finite());
            }
        }
        Err(error) => {
            assert!(source.is_char_boundary(error.at), "{source:?}: {error}");
            assert!(error.code().starts_with("expression_"));
            assert!(error.to_string().len() < 300, "{error}");
        }
    }
}

#[test]
fn the_seeds_are_read() {
    for source in REAL {
        parse(source);
        holds(source);
    }
}

#[test]
fn every_part_of_a_real_expression_is_read_or_refused() {
    for source in REAL {
        for end in 0..=source.len() {
            for start in 0..=end {
                holds(&source[start..end]);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_text_is_read_or_refused(source in any::<String>()) {
        holds(&source);
    }

    #[test]
    fn any_row_of_fragments_is_read_or_refused(
        fragments in prop::collection::vec(select(FRAGMENTS.to_vec()), 0..30),
        between in select(vec!["", " ", "\n"]),
    ) {
        holds(&fragments.join(between));
    }

    #[test]
    fn any_mutation_of_a_real_expression_is_read_or_refused(
        source in select(REAL.to_vec()),
        changes in prop::collection::vec(
            (any::<prop::sample::Index>(), 0u8..4, any::<char>(), select(FRAGMENTS.to_vec())), 1..6
        ),
    ) {
        let mut chars: Vec<char> = source.chars().collect();
        for (place, kind, c, fragment) in changes {
            let at = place.index(chars.len() + 1);
            match kind {
                0 if at < chars.len() => drop(chars.remove(at)),
                1 => chars.insert(at, c),
                2 => drop(chars.splice(at..at, fragment.chars())),
                _ if at < chars.len() => chars[at] = c,
                _ => {}
            }
        }
        holds(&chars.into_iter().collect::<String>());
    }
}
