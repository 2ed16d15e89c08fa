//! An expression is bounded before it runs, and while it does.

use std::time::{Duration, Instant};

use super::*;

fn code(source: &str) -> &'static str {
    Expression::parse(source).map_or_else(|error| error.code(), |_| "ok")
}

fn nested(depth: usize, open: &str, close: &str) -> String {
    format!("{}a{}", open.repeat(depth), close.repeat(depth))
}

#[test]
fn a_long_source_is_refused() {
    let long = |bytes: usize| format!("'{}'", "x".repeat(bytes - 2));
    assert_eq!(code(&long(limits_of::SOURCE_BYTES)), "ok");
    assert_eq!(refused(&long(limits_of::SOURCE_BYTES + 1)), ("expression_too_long", limits_of::SOURCE_BYTES));
}

#[test]
fn a_source_whose_canonical_form_would_be_too_long_is_refused() {
    let quotes = format!("a = \"{}\"", "'".repeat(limits_of::SOURCE_BYTES - 10));
    assert_eq!(code(&quotes), "expression_too_long");
}

#[test]
fn many_parts_are_refused() {
    let sum = |terms: usize| format!("a{}", "+a".repeat(terms - 1));
    assert_eq!(code(&sum(limits_of::PARTS - 1)), "ok", "the sum itself is a part");
    assert_eq!(code(&sum(limits_of::PARTS)), "expression_too_many_parts");
}

#[test]
fn deep_nesting_is_refused_however_it_is_made() {
    let depth = limits_of::DEPTH;
    for (open, close) in [("(", ")"), ("abs(", ")"), ("not ", ""), ("-", ""), ("1 + (", ")"), ("yes and not (", ")")] {
        assert_eq!(code(&nested(depth / 2 - 1, open, close)), "ok", "{open}");
        assert_eq!(code(&nested(depth + 1, open, close)), "expression_too_deep", "{open}");
        assert_eq!(
            code(&nested(limits_of::SOURCE_BYTES / (open.len() + close.len()) - 1, open, close)),
            "expression_too_deep"
        );
    }
    assert_eq!(code(&nested(depth, "(", ")")), "ok", "parentheses alone add no depth");
    assert_eq!(code(&nested(depth - 1, "abs(", ")")), "ok");
    assert_eq!(code(&nested(depth, "abs(", ")")), "expression_too_deep");
    assert_eq!(code(&"(".repeat(limits_of::SOURCE_BYTES)), "expression_too_deep");
}

#[test]
fn the_deepest_expression_needs_little_stack() {
    let work = || {
        for (open, close) in [("(", ")"), ("abs(", ")"), ("yes and not (1 + -(", "))"), ("if(a, max(1, ", "), 1)")] {
            for depth in [limits_of::DEPTH / 5, limits_of::DEPTH - 1, 1_000] {
                if let Ok(expression) = Expression::parse(&nested(depth, open, close)) {
                    assert_eq!(parse(&expression.to_string()), expression);
                    let _ = expression.evaluate(&given());
                }
            }
        }
    };
    // What a thread on a phone has; a release build needs a fraction of what this one does.
    std::thread::Builder::new().stack_size(1024 * 1024).spawn(work).unwrap().join().unwrap();
}

#[test]
fn a_chain_costs_no_depth() {
    for step in [" and ", " or ", " + ", " - ", " * ", " div ", " mod "] {
        let chain = format!("a{}", format!("{step}a").repeat(400));
        let expression = parse(&chain);
        assert_eq!(expression.to_string(), chain);
        assert_eq!(expression.node().children().len(), 401);
    }
}

#[test]
fn a_tree_that_was_built_is_bounded_too() {
    let mut deep = Node::Truth(true);
    for _ in 0..10_000 {
        deep = Node::negated(deep);
    }
    assert_eq!(Expression::from_node(&deep).unwrap_err().code(), "expression_too_deep");
    // Taken apart by hand: dropping it would go as deep as it is.
    while let Node::Not(inner) = deep {
        deep = *inner;
    }
    let wide = Node::Any(vec![Node::Truth(true); limits_of::PARTS]);
    assert_eq!(Expression::from_node(&wide).unwrap_err().code(), "expression_too_many_parts");
}

#[test]
fn a_text_beyond_the_limit_is_not_computable() {
    assert_eq!(value("string_length(concat(long, ''))"), number(4096.0));
    assert_eq!(value("concat(long, 'x')"), NOT_COMPUTABLE);
    assert_eq!(value("concat(long, long, long)"), NOT_COMPUTABLE);
    assert_eq!(value("regex(long, 'x*')"), YES);
    let too_long = Given([("long".to_owned(), vec![text(&"x".repeat(limits_of::TEXT_BYTES + 1))])].into());
    for source in ["regex(long, 'x*')", "string(long)", "substr(long, 0)", "substr(long, 0, 4097)"] {
        assert_eq!(parse(source).evaluate(&too_long), NOT_COMPUTABLE, "{source}");
    }
    assert_eq!(parse("substr(long, 0, 2)").evaluate(&too_long), text("xx"));
}

#[test]
fn patterns_are_bounded_in_length_in_groups_and_in_what_they_compile_to() {
    let pattern = |pattern: &str| code(&format!("regex(a, '{pattern}')"));
    assert_eq!(pattern(&"x".repeat(limits_of::PATTERN_BYTES)), "ok");
    assert_eq!(pattern(&"x".repeat(limits_of::PATTERN_BYTES + 1)), "expression_pattern_too_large");
    assert_eq!(pattern(&"(x)".repeat(limits_of::PATTERN_GROUPS)), "ok");
    assert_eq!(pattern(&"(x)".repeat(limits_of::PATTERN_GROUPS + 1)), "expression_pattern_too_large");
    for bomb in ["(((x{100}){100}){100}){100}", "(?:){4000000000}", "((?:a?){999}){999}", "[a-z]{1000000}"] {
        assert_eq!(pattern(bomb), "expression_pattern_too_large", "{bomb}");
    }
    for bad in ["(", "[", "*", "\\p{L}", "(?=a)", "x{2,1}", &"(".repeat(500), "(?x)a # comment"] {
        assert_eq!(pattern(bad), "expression_bad_pattern", "{bad}");
    }
    assert_eq!(pattern(".{1,1000}"), "ok", "a long answer can be bounded by a pattern");
    let many = ["regex(a, '.{200}')"; 20].join(" or ");
    assert_eq!(code(&many), "expression_pattern_too_large", "all patterns together");
    assert_eq!(parse("regex(a, 'x') or regex(b, 'y')").pattern_weight(), 2 * 1024);
    assert_eq!(parse("a").pattern_weight(), 0);
}

#[test]
fn the_costliest_expression_runs_in_bounded_time() {
    let patterns = "regex(long, '(?:x?){300}x{300}y') or regex(long, '(?:x*y?){200}z')";
    let expression = parse(&format!("{patterns}{}", " or contains(long, 'xxxy')".repeat(200)));
    assert_eq!(expression.pattern_weight(), limits_of::PATTERN_WEIGHT);
    let start = Instant::now();
    assert_eq!(expression.evaluate(&given()), NO);
    // Generous, for a debug build on a busy machine; backtracking would take longer than anybody's patience.
    assert!(start.elapsed() < Duration::from_secs(30));
}
