//! Every function, on every kind of value that it takes.

use super::*;

#[track_caller]
fn all(expected: &[(&str, Value)]) {
    for (source, expected) in expected {
        assert_eq!(value(source), *expected, "{source}");
    }
}

#[test]
fn choices_are_asked_for_one_by_one() {
    all(&[
        ("selected(some, 'bus')", YES),
        ("selected(some, 'plane')", NO),
        ("selected(none, 'bus')", NO),
        ("selected(word, 'naïve')", YES),
        ("selected(word, 'na')", NO),
        ("selected(some, only)", YES),
        ("selected(not_asked, 'bus')", NOT_ASKED),
        ("selected(not_known, 'bus')", UNKNOWN),
        ("selected(three, '3')", NOT_COMPUTABLE),
        ("selected(some, 3)", NOT_COMPUTABLE),
        ("count_selected(some)", number(2.0)),
        ("count_selected(none)", number(0.0)),
        ("count_selected(word)", number(1.0)),
        ("count_selected('')", number(0.0)),
        ("count_selected(not_asked)", NOT_ASKED),
        ("count_selected(t)", NOT_COMPUTABLE),
    ]);
}

#[test]
fn why_something_is_missing_can_be_asked() {
    for (name, answered, asked, unknown) in [
        ("t", true, true, false),
        ("f", true, true, false),
        ("none", true, true, false),
        ("not_asked", false, false, false),
        ("not_known", false, true, true),
        ("broken", false, true, false),
    ] {
        assert_eq!(value(&format!("answered({name})")), Value::Truth(answered), "{name}");
        assert_eq!(value(&format!("asked({name})")), Value::Truth(asked), "{name}");
        assert_eq!(value(&format!("unknown({name})")), Value::Truth(unknown), "{name}");
    }
}

#[test]
fn what_is_met_as_it_stands_is_only_a_yes() {
    for (name, met) in [("t", YES), ("f", NO), ("not_asked", NO), ("not_known", NO), ("broken", NO), ("three", NO)] {
        assert_eq!(value(&format!("met({name})")), met, "{name}");
    }
}

#[test]
fn one_value_is_picked_and_the_others_are_not_looked_at() {
    all(&[
        ("if(t, 1, 1 div 0)", number(1.0)),
        ("if(f, not_asked, 'x')", text("x")),
        ("if(not_known, 1, 1)", UNKNOWN),
        ("if(three, 1, 2)", NOT_COMPUTABLE),
        ("coalesce(not_asked, broken, three, word)", number(3.0)),
        ("coalesce(f, t)", NO),
        ("coalesce(broken, not_known, not_asked)", NOT_ASKED),
        ("coalesce(broken, not_known)", UNKNOWN),
    ]);
}

#[test]
fn the_least_and_the_greatest_are_of_numbers_or_of_dates() {
    all(&[
        ("min(3, -1, 2)", number(-1.0)),
        ("max(3, -1, 2)", number(3.0)),
        ("max(born, today())", date("2026-03-01")),
        ("min(born, today())", date("2010-02-28")),
        ("max(born, 1)", NOT_COMPUTABLE),
        ("max('a', 'b')", NOT_COMPUTABLE),
        ("max(word)", NOT_COMPUTABLE),
        ("max(1, not_known)", UNKNOWN),
        ("max(wages)", number(10.0)),
        ("min(wages)", number(-1.0)),
        ("max(wages, 3)", number(10.0)),
        ("max(gaps)", NOT_ASKED),
        ("max(empty)", NOT_COMPUTABLE),
    ]);
}

#[test]
fn rounds_are_added_up_and_counted() {
    all(&[
        ("sum(wages)", number(11.5)),
        ("sum(gaps)", NOT_ASKED),
        ("sum(empty)", number(0.0)),
        ("sum(three)", number(3.0)),
        ("sum(word)", NOT_COMPUTABLE),
        ("sum(born)", NOT_COMPUTABLE),
        ("count(wages)", number(3.0)),
        ("count(gaps)", number(3.0)),
        ("count(empty)", number(0.0)),
        ("count(not_asked)", number(1.0)),
    ]);
}

#[test]
fn numbers_are_rounded_cut_and_raised() {
    all(&[
        ("round(2.5)", number(3.0)),
        ("round(-2.5)", number(-3.0)),
        ("round(1.005, 2)", number(1.01)),
        ("round(1234, -2)", number(1200.0)),
        ("round(1, 100)", NOT_COMPUTABLE),
        ("round(1, 0.5)", NOT_COMPUTABLE),
        ("round(word)", NOT_COMPUTABLE),
        ("round(not_asked, 1)", NOT_ASKED),
        ("int(2.9)", number(2.0)),
        ("int(-2.9)", number(-2.0)),
        ("int(-0.5)", number(0.0)),
        ("abs(-3)", number(3.0)),
        ("abs(three)", number(3.0)),
        ("sqrt(2.25)", number(1.5)),
        ("sqrt(-1)", NOT_COMPUTABLE),
        ("pow(1.5, 2)", number(2.25)),
        ("pow(2, -1)", number(0.5)),
        ("pow(2, 0.5)", NOT_COMPUTABLE),
        ("pow(0, -1)", NOT_COMPUTABLE),
    ]);
}

#[test]
fn texts_become_numbers_only_when_asked_to() {
    all(&[
        ("number(digits)", number(12.5)),
        ("number('-3')", number(-3.0)),
        ("number('3 apples')", NOT_COMPUTABLE),
        ("number('')", NOT_COMPUTABLE),
        ("number('inf')", NOT_COMPUTABLE),
        ("number('1e3')", NOT_COMPUTABLE),
        ("number(three)", number(3.0)),
        ("number(t) + number(f)", number(1.0)),
        ("number(date('1970-01-02'))", number(1.0)),
        ("number(some)", NOT_COMPUTABLE),
        ("number(not_known)", UNKNOWN),
    ]);
}

#[test]
fn values_become_texts() {
    all(&[
        ("string(three)", text("3")),
        ("string(0.5)", text("0.5")),
        ("string(t)", text("yes")),
        ("string(f)", text("no")),
        ("string(born)", text("2010-02-28")),
        ("string(some)", text("bus train")),
        ("string(word)", text("naïve")),
        ("string(not_asked)", NOT_ASKED),
        ("concat('a', 1, '-', t)", text("a1-yes")),
        ("concat('a', not_known)", UNKNOWN),
    ]);
}

#[test]
fn texts_are_searched_and_cut_by_characters() {
    all(&[
        ("contains(word, 'ïv')", YES),
        ("contains(word, '')", YES),
        ("contains(word, 'x')", NO),
        ("starts_with(word, 'na')", YES),
        ("starts_with(word, 'aï')", NO),
        ("ends_with(word, 've')", YES),
        ("ends_with(only, 'us')", YES),
        ("ends_with(some, 'n')", NOT_COMPUTABLE),
        ("contains(three, '3')", NOT_COMPUTABLE),
        ("contains(not_asked, 'x')", NOT_ASKED),
        ("string_length(word)", number(5.0)),
        ("string_length('')", number(0.0)),
        ("string_length(three)", NOT_COMPUTABLE),
        ("substr(word, 1, 3)", text("aï")),
        ("substr(word, 3)", text("ve")),
        ("substr(word, -2)", text("ve")),
        ("substr(word, 0, -1)", text("naïv")),
        ("substr(word, -100, 100)", text("naïve")),
        ("substr(word, 3, 1)", text("")),
        ("substr(word, 100)", text("")),
        ("substr(word, 1.9, 3)", text("aï")),
        ("substr(word, -pow(10, 300), pow(10, 300))", text("naïve")),
        ("substr(three, 0)", NOT_COMPUTABLE),
        ("substr(word, 'a')", NOT_COMPUTABLE),
    ]);
}

#[test]
fn a_pattern_matches_the_whole_text_or_not() {
    all(&[
        ("regex(word, 'na.ve')", YES),
        ("regex(word, 'na')", NO),
        ("regex(word, '^na.ve$')", YES),
        ("regex('ab', 'a|ab')", YES),
        ("regex('a', 'a|b') and regex('b', 'a|b') and not regex('ab', 'a|b')", YES),
        ("regex('a\nb', '(?m)a$')", NO),
        ("regex('', '')", YES),
        ("regex('0771234567', '07[0-9]{8}')", YES),
        ("regex('\\d', '\\d')", NO),
        ("regex('\\d', '\\\\d')", YES),
        ("regex(\"it's\", 'it''s')", YES),
        ("regex(only, '[a-z]+')", YES),
        ("regex(some, '.*')", NOT_COMPUTABLE),
        ("regex(three, '3')", NOT_COMPUTABLE),
        ("regex(not_asked, '.*')", NOT_ASKED),
        ("regex(not_known, '.*')", UNKNOWN),
    ]);
}

#[test]
fn dates_are_read_and_taken_apart() {
    all(&[
        ("date('2026-01-31')", date("2026-01-31")),
        ("date(word)", NOT_COMPUTABLE),
        ("date(concat('2026-02-', 30))", NOT_COMPUTABLE),
        ("date(born)", date("2010-02-28")),
        ("date(0)", date("1970-01-01")),
        ("date(-0.5)", date("1969-12-31")),
        ("date(not_asked)", NOT_ASKED),
        ("date(t)", NOT_COMPUTABLE),
        ("year(born)", number(2010.0)),
        ("month(born)", number(2.0)),
        ("day(born)", number(28.0)),
        ("day(today())", number(1.0)),
        ("year('2010-02-28')", NOT_COMPUTABLE),
    ]);
}

#[test]
fn yes_is_counted_as_it_stands() {
    all(&[
        ("count_yes(t, f, not_asked, not_known, broken, three, t)", number(2.0)),
        ("count_yes(not_asked)", number(0.0)),
        ("count_yes(t, three > 2, f) >= 2", YES),
    ]);
}

#[test]
fn every_function_appears_in_these_tests() {
    let here = concat!(include_str!("functions.rs"), include_str!("kleene.rs"));
    for function in Function::all() {
        assert!(here.contains(&format!("{}(", function.name())), "{}", function.name());
    }
}
