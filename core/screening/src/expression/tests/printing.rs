//! One canonical form, and it means what was written.

use proptest::prelude::*;

use super::arbitrary::{any_node, partly};
use super::*;

#[test]
fn the_canonical_form_has_single_quotes_single_spaces_and_only_the_parentheses_it_needs() {
    for (source, canonical) in [
        ("travels_alone and age<16", "travels_alone and age < 16"),
        ("((a))", "a"),
        ("(a or b) or (c)", "a or b or c"),
        ("a or (b or c)", "a or b or c"),
        ("(a or b) and c", "(a or b) and c"),
        ("a or (b and c)", "a or b and c"),
        ("not (a and b)", "not (a and b)"),
        ("not(a = b)", "not a = b"),
        ("(not a) = b", "(not a) = b"),
        ("not  not a", "not not a"),
        ("(a + b) - c", "a + b - c"),
        ("a + (b - c)", "a + (b - c)"),
        ("(a * b) div c", "a * b div c"),
        ("a*(b div c)", "a * (b div c)"),
        ("(a + b) * c", "(a + b) * c"),
        ("a + (b * c)", "a + b * c"),
        ("-(a + b)", "-(a + b)"),
        ("(-a) * b", "-a * b"),
        ("- 5", "-5"),
        ("-(-5)", "5"),
        ("1.50", "1.5"),
        ("007", "7"),
        ("-0", "0"),
        ("\"it's\"", "'it''s'"),
        ("'say \"\"'", "'say \"\"'"),
        ("\"say \"\"\"", "'say \"'"),
        ("'a\\n'", "'a\\n'"),
        ("if( a,1 ,\n2 )", "if(a, 1, 2)"),
        ("regex(a, \"[a-z]+\")", "regex(a, '[a-z]+')"),
        ("(a < b) = (c < d)", "(a < b) = (c < d)"),
        ("today ()", "today()"),
    ] {
        let expression = parse(source);
        assert_eq!(expression.to_string(), canonical, "{source}");
        assert_eq!(parse(canonical), expression, "{source}");
    }
}

#[test]
fn in_a_file_an_expression_is_a_string() {
    let json = r#""travels_alone and age < 16""#;
    let expression: Expression = serde_json::from_str(json).unwrap();
    assert_eq!(serde_json::to_string(&expression).unwrap(), json);
    let error = serde_json::from_str::<Expression>(r#""age <""#).unwrap_err();
    assert!(error.to_string().contains("byte 5: expected a value"), "{error}");
}

#[test]
fn a_tree_that_was_built_comes_out_as_if_it_had_been_read() {
    let name = |name: &str| Node::Name(Id::new(name).unwrap());
    let inner = Node::All(vec![name("b"), name("c")]);
    let built = Node::All(vec![name("a"), inner, Node::All(vec![Node::negated(name("d"))]), Node::All(vec![])]);
    let expression = Expression::from_node(&built).unwrap();
    assert_eq!(expression, parse("a and b and c and not d and yes"));
    let sum = Node::Sum(Box::new(name("a")), vec![]);
    let comparison = Node::compare(sum, Comparison::Less, Node::Negate(Box::new(Node::Number(16.into()))));
    assert_eq!(Expression::from_node(&comparison).unwrap(), parse("a < -16"));
}

#[test]
fn a_tree_that_was_built_obeys_the_rules_of_what_is_read() {
    let code = |node: Node| Expression::from_node(&node).unwrap_err().code();
    assert_eq!(code(Node::Name(Id::new("yes").unwrap())), "expression_reserved_word");
    assert_eq!(code(Node::Call(Function::If, vec![])), "expression_wrong_arity");
    assert_eq!(code(Node::Call(Function::Sum, vec![Node::Truth(true)])), "expression_name_wanted");
    assert_eq!(code(Node::Text("\u{202e}".into())), "expression_hidden_character");
    assert_eq!(code(Node::Text("x".repeat(limits_of::SOURCE_BYTES))), "expression_too_long");
}

proptest! {
    #[test]
    fn reading_what_was_printed_gives_the_same_expression(node in any_node()) {
        let Ok(expression) = Expression::from_node(&node) else { return Ok(()) };
        let printed = expression.to_string();
        prop_assert_eq!(&parse(&printed), &expression, "{}", printed);
        prop_assert_eq!(parse(&printed).to_string(), printed);
        prop_assert_eq!(&Expression::from_node(expression.node()).unwrap(), &expression);
        let json = serde_json::to_string(&expression).unwrap();
        prop_assert_eq!(serde_json::from_str::<Expression>(&json).unwrap(), expression);
    }

    #[test]
    fn the_canonical_form_means_what_the_tree_meant(node in any_node(), given in partly()) {
        let Ok(expression) = Expression::from_node(&node) else { return Ok(()) };
        prop_assert_eq!(expression.evaluate(&given), super::evaluate::evaluate(&node, &given), "{}", expression);
    }
}
