//! How expressions are read, and how they are refused.

use super::*;

#[test]
fn operators_bind_as_a_reader_expects() {
    for (source, expected) in [
        ("1 + 2 * 3", number(7.0)),
        ("(1 + 2) * 3", number(9.0)),
        ("10 - 4 - 3", number(3.0)),
        ("24 div 4 div 2", number(3.0)),
        ("2 * 3 mod 4", number(2.0)),
        ("-2 * -3", number(6.0)),
        ("-7 mod 3", number(-1.0)),
        ("2 - -3", number(5.0)),
        ("yes or yes and no", YES),
        ("(yes or yes) and no", NO),
        ("not no and no", NO),
        ("not (no and no)", YES),
        ("not 1 = 2", YES),
        ("1 + 1 = 4 - 2 and 2 < 3", YES),
        ("0.1 + 0.2 > 0.3", YES),
    ] {
        assert_eq!(value(source), expected, "{source}");
    }
}

#[test]
fn words_of_the_language_and_of_functions_do_not_get_in_each_others_way() {
    assert_eq!(value("not_asked"), NOT_ASKED, "a name may begin with a word");
    assert_eq!(value("answered(three)and answered(word)"), YES);
    assert_eq!(
        parse("date < date(born) and count > count(wages)").names().len(),
        4,
        "a name may be that of a function"
    );
    assert!(Expression::is_reserved("div") && Expression::is_reserved("true"));
    assert!(!Expression::is_reserved("if") && !Expression::is_reserved("regex"));
}

#[test]
fn names_come_once_each_in_the_order_of_appearance() {
    let expression = parse("b + sum(a) > 2 or regex(c, 'b') and selected(b, 'd')");
    assert_eq!(expression.names().map(Id::as_str).collect::<Vec<_>>(), ["b", "a", "c"]);
    assert_eq!(parse("1 + 1").names().len(), 0);
}

#[test]
fn values_compare_with_their_own_kind() {
    for (source, expected) in [
        ("t = yes", YES),
        ("t != yes", NO),
        ("three >= 3", YES),
        ("three < 3", NO),
        ("born = date('2010-02-28')", YES),
        ("born < date('2010-03-01')", YES),
        ("word = 'naïve'", YES),
        ("word != 'x'", YES),
        ("only = 'bus'", YES),
        ("'bus' = only", YES),
        ("some = 'bus'", NO),
        ("some != 'bus'", YES),
        ("none = ''", NO),
        ("some = some", YES),
        ("some = only", NO),
        ("digits = 12.5", NOT_COMPUTABLE),
        ("word < 'x'", NOT_COMPUTABLE),
        ("t < f", NOT_COMPUTABLE),
        ("only < 'bus'", NOT_COMPUTABLE),
        ("t = 1", NOT_COMPUTABLE),
        ("born > 1", NOT_COMPUTABLE),
        ("born = '2010-02-28'", NOT_COMPUTABLE),
    ] {
        assert_eq!(value(source), expected, "{source}");
    }
}

#[test]
fn days_are_counted_and_dates_move_by_days() {
    for (source, expected) in [
        ("born + 1", date("2010-03-01")),
        ("1 + born", date("2010-03-01")),
        ("born - 28", date("2010-01-31")),
        ("born + 0.9", date("2010-02-28")),
        ("born - 0.1", date("2010-02-27")),
        ("today() - born", number(5_845.0)),
        ("born - today()", number(-5_845.0)),
        ("int((today() - born) div 365.25)", number(16.0)),
        ("born + born", NOT_COMPUTABLE),
        ("1 - born", NOT_COMPUTABLE),
        ("born * 2", NOT_COMPUTABLE),
        ("-born", NOT_COMPUTABLE),
        ("date('9999-12-31') + 1", NOT_COMPUTABLE),
        ("born - 1000000000000000000000000", NOT_COMPUTABLE),
    ] {
        assert_eq!(value(source), expected, "{source}");
    }
}

#[test]
fn what_has_no_finite_result_is_not_computable() {
    for source in ["1 div 0", "0 div 0", "1 mod 0", "word + 1", "'1' + '1'", "pow(10, 1000)", "some - 1", "t + 1"] {
        assert_eq!(value(source), NOT_COMPUTABLE, "{source}");
    }
}

#[test]
fn every_refusal_has_a_code_and_a_place() {
    for (source, code, at) in [
        ("", "expression_unexpected", 0),
        ("  ", "expression_unexpected", 2),
        ("a and", "expression_unexpected", 5),
        ("a b", "expression_unexpected", 2),
        ("and a", "expression_unexpected", 0),
        ("a = not b", "expression_unexpected", 4),
        ("(a", "expression_unexpected", 2),
        ("a)", "expression_unexpected", 1),
        ("max(a,)", "expression_unexpected", 6),
        ("max(a b)", "expression_unexpected", 6),
        ("a < b < c", "expression_chained_comparison", 6),
        ("a = b = c", "expression_chained_comparison", 6),
        ("a = 'b", "expression_unclosed_text", 4),
        ("a = 'b''", "expression_unclosed_text", 4),
        ("a & b", "expression_unexpected_character", 2),
        ("a ! b", "expression_unexpected_character", 2),
        ("${a}", "expression_unexpected_character", 0),
        ("a\u{a0}= b", "expression_unexpected_character", 1),
        ("é", "expression_unexpected_character", 0),
        ("a\u{202e} = b", "expression_hidden_character", 1),
        ("a = 'b\u{0}'", "expression_hidden_character", 6),
        ("1 + .5", "expression_unexpected_character", 4),
        ("5. + 1", "expression_bad_number", 0),
        ("1.2.3", "expression_bad_number", 0),
        ("a + 12b", "expression_bad_number", 4),
        ("1e5", "expression_bad_number", 0),
        ("Age < 1", "expression_bad_name", 0),
        ("_a", "expression_bad_name", 0),
        ("a AND b", "expression_unexpected", 2),
        ("a = true", "expression_reserved_word", 4),
        ("false()", "expression_reserved_word", 0),
        ("a or foo(1)", "expression_unknown_function", 5),
        ("a or if(1, 2)", "expression_wrong_arity", 5),
        ("today(1)", "expression_wrong_arity", 0),
        ("regex(a)", "expression_wrong_arity", 0),
        ("sum(a + 1)", "expression_name_wanted", 4),
        ("count('a')", "expression_name_wanted", 6),
        ("regex(a, b)", "expression_pattern_not_literal", 9),
        ("regex(a, 'x' )or regex(a, '(')", "expression_bad_pattern", 26),
        ("regex(a, 'a)|(?:b')", "expression_bad_pattern", 9),
        ("regex(a, '(a)\\1')", "expression_bad_pattern", 9),
        ("a > date('2026-02-30')", "expression_bad_date", 9),
    ] {
        assert_eq!(refused(source), (code, at), "{source}");
    }
    let long = "a".repeat(crate::limits::ID_BYTES + 1);
    assert_eq!(refused(&long), ("expression_bad_name", 0));
    assert_eq!(refused(&"9".repeat(400)), ("expression_bad_number", 0));
}

#[test]
fn a_refusal_reads_as_a_sentence() {
    for (source, message) in [
        ("a < b < c", "byte 6: comparisons do not chain: join two of them with \"and\""),
        ("a or if(1, 2)", "byte 5: if takes 3 arguments, not 2"),
        ("int()", "byte 0: int takes 1 argument, not 0"),
        ("round()", "byte 0: round takes 1 to 2 arguments, not 0"),
        ("at_least(1)", "byte 0: at_least takes 2 arguments or more, not 1"),
        ("foo(1)", "byte 0: there is no function \"foo\""),
        ("a & b", "byte 2: '&' has no meaning here"),
    ] {
        assert_eq!(Expression::parse(source).unwrap_err().to_string(), message);
    }
}
