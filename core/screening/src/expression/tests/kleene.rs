//! What is missing is never "no".

use proptest::prelude::*;

use super::arbitrary::{monotone, partly, valued};
use super::*;

const NAMES: [&str; 5] = ["t", "f", "not_asked", "not_known", "broken"];

/// Row by row: yes, no, not asked, unknown, not computable.
fn table(operator: &str) -> Vec<Vec<Value>> {
    NAMES.iter().map(|left| NAMES.iter().map(|right| value(&format!("{left} {operator} {right}"))).collect()).collect()
}

#[test]
fn and_is_settled_by_one_no_and_otherwise_keeps_what_is_missing() {
    assert_eq!(
        table("and"),
        [
            [YES, NO, NOT_ASKED, UNKNOWN, NOT_COMPUTABLE],
            [NO, NO, NO, NO, NO],
            [NOT_ASKED, NO, NOT_ASKED, NOT_ASKED, NOT_ASKED],
            [UNKNOWN, NO, NOT_ASKED, UNKNOWN, UNKNOWN],
            [NOT_COMPUTABLE, NO, NOT_ASKED, UNKNOWN, NOT_COMPUTABLE],
        ]
    );
}

#[test]
fn or_is_settled_by_one_yes_and_otherwise_keeps_what_is_missing() {
    assert_eq!(
        table("or"),
        [
            [YES, YES, YES, YES, YES],
            [YES, NO, NOT_ASKED, UNKNOWN, NOT_COMPUTABLE],
            [YES, NOT_ASKED, NOT_ASKED, NOT_ASKED, NOT_ASKED],
            [YES, UNKNOWN, NOT_ASKED, UNKNOWN, UNKNOWN],
            [YES, NOT_COMPUTABLE, NOT_ASKED, UNKNOWN, NOT_COMPUTABLE],
        ]
    );
}

#[test]
fn not_turns_yes_and_no_and_leaves_the_rest() {
    let not: Vec<_> = NAMES.iter().map(|name| value(&format!("not {name}"))).collect();
    assert_eq!(not, [NO, YES, NOT_ASKED, UNKNOWN, NOT_COMPUTABLE]);
    assert_eq!(value("not three"), NOT_COMPUTABLE);
}

#[test]
fn what_is_missing_is_named_the_same_in_words_and_in_json() {
    for why in [Missing::NotAsked, Missing::Unknown, Missing::NotComputable] {
        assert_eq!(Value::Missing(why).to_string(), why.code());
        assert_eq!(serde_json::to_string(&why).unwrap(), format!("\"{}\"", why.code()));
    }
}

#[test]
fn other_kinds_of_values_are_neither_yes_nor_no() {
    assert_eq!(value("t and three"), NOT_COMPUTABLE);
    assert_eq!(value("f and three"), NO);
    assert_eq!(value("word or t"), YES);
    assert_eq!(value("word or f"), NOT_COMPUTABLE);
}

#[test]
fn comparing_or_calculating_with_what_is_missing_is_missing() {
    for operator in ["=", "!=", "<", "<=", ">", ">=", "+", "-", "*", "div", "mod"] {
        for (missing, why) in [("not_asked", NOT_ASKED), ("not_known", UNKNOWN), ("broken", NOT_COMPUTABLE)] {
            assert_eq!(value(&format!("{missing} {operator} three")), why);
            assert_eq!(value(&format!("three {operator} {missing}")), why);
            assert_eq!(value(&format!("{missing} {operator} not_asked")), NOT_ASKED);
        }
    }
    assert_eq!(value("-not_known"), UNKNOWN);
    assert_eq!(value("word + 1 + not_asked"), NOT_ASKED, "asking could still help more than mending");
}

#[test]
fn at_least_settles_as_soon_as_the_answers_do() {
    for (source, expected) in [
        ("at_least(2, t, not_asked, t)", YES),
        ("at_least(2, t, not_known, f)", UNKNOWN),
        ("at_least(2, t, not_known, not_asked)", NOT_ASKED),
        ("at_least(2, f, not_known, f)", NO),
        ("at_least(3, t, t)", NO),
        ("at_least(0, not_asked)", YES),
        ("at_least(not_known, t)", UNKNOWN),
        ("at_least(word, t)", NOT_COMPUTABLE),
        ("at_least(1, three, f)", NOT_COMPUTABLE),
    ] {
        assert_eq!(value(source), expected, "{source}");
    }
}

#[test]
fn a_name_is_looked_up_once_for_each_time_it_stands_there() {
    use std::cell::Cell;
    struct Counting(Cell<usize>);
    impl Names for Counting {
        fn value(&self, _: &Id) -> Value {
            self.0.set(self.0.get() + 1);
            number(1.0)
        }
        fn today(&self) -> Option<Date> {
            None
        }
    }
    let counting = Counting(Cell::new(0));
    let source = format!("max(a{}, 1) > 0 and if(a = 1, a, a) = 1", " + a".repeat(400));
    assert_eq!(parse(&source).evaluate(&counting), YES);
    assert_eq!(counting.0.get(), 401 + 2);
    assert_eq!(parse("today()").evaluate(&counting), NOT_COMPUTABLE, "without a day there is no today");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_later_answer_never_changes_what_was_settled_without_it(
        node in monotone(), before in partly(), answers in valued()
    ) {
        let Ok(expression) = Expression::from_node(&node) else { return Ok(()) };
        let settled = expression.evaluate(&before);
        if settled.missing().is_some() {
            return Ok(());
        }
        let mut after = before;
        for (name, value) in &mut after.0 {
            if value.iter().any(|value| value.missing().is_some()) {
                value.clone_from(&answers.0[name]);
            }
        }
        prop_assert_eq!(expression.evaluate(&after), settled, "{}", expression);
    }
}
