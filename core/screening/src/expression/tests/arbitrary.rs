//! Expressions and answers at random.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;

const NAMES: [&str; 5] = ["a", "b", "c", "d", "e_1"];

fn name() -> impl Strategy<Value = Node> {
    select(NAMES.to_vec()).prop_map(|name| Node::Name(Id::new(name).unwrap()))
}

fn leaf() -> impl Strategy<Value = Node> {
    let numbers = prop_oneof![
        (-5i32..20).prop_map(|n| Number::from(n).get()),
        Just(0.1),
        Just(-2.5),
        any::<f64>().prop_filter("short when printed", |n| n.is_finite() && n.to_string().len() < 40),
    ];
    let texts = select(vec!["", "bus", "it's", "\"", "''", "\\d+\n", "a'b\"c", "नाम", "2024-02-29", "12", "and"]);
    prop_oneof![
        4 => name(),
        1 => any::<bool>().prop_map(Node::Truth),
        1 => numbers.prop_map(|n| Node::Number(Number::new(n).unwrap())),
        1 => texts.prop_map(|text| Node::Text(text.to_owned())),
        1 => Just(Node::Call(Function::Date, vec![Node::Text("2024-02-29".into())])),
        1 => Just(Node::Call(Function::Today, vec![])),
        1 => (select(vec![Function::Sum, Function::Count, Function::Min]), name())
            .prop_map(|(function, name)| Node::Call(function, vec![name])),
    ]
}

/// Any tree, made of these functions and every operator. A chain of one is left out: it stands for what is in it.
fn tree(functions: Vec<Function>) -> impl Strategy<Value = Node> {
    let functions: Vec<_> = functions
        .into_iter()
        .filter(|f| !matches!(f, Function::Today | Function::Sum | Function::Count | Function::Date))
        .collect();
    leaf().prop_recursive(6, 40, 4, move |inner| {
        let several = || prop::collection::vec(inner.clone(), 0..4).prop_filter("no chain of one", |v| v.len() != 1);
        let boxed = || inner.clone().prop_map(Box::new);
        let comparisons = select(vec![
            Comparison::Equal,
            Comparison::NotEqual,
            Comparison::Less,
            Comparison::LessOrEqual,
            Comparison::Greater,
            Comparison::GreaterOrEqual,
        ]);
        let plus = (select(vec![Plus::Plus, Plus::Minus]), inner.clone());
        let times = (select(vec![Times::Times, Times::Div, Times::Mod]), inner.clone());
        let patterns = select(vec!["", "a|b", "[0-9]{2,3}", "it's", "(?i)BUS"]);
        let call = (select(functions.clone()), prop::collection::vec(inner.clone(), 4), 0usize..3);
        prop_oneof![
            boxed().prop_map(Node::Not),
            boxed().prop_map(Node::Negate),
            several().prop_map(Node::All),
            several().prop_map(Node::Any),
            (comparisons, boxed(), boxed()).prop_map(|(c, l, r)| Node::Compare(c, l, r)),
            (boxed(), prop::collection::vec(plus, 0..3)).prop_map(|(first, rest)| Node::Sum(first, rest)),
            (boxed(), prop::collection::vec(times, 0..3)).prop_map(|(first, rest)| Node::Product(first, rest)),
            (boxed(), patterns).prop_map(|(text, p)| Node::Matches(text, Pattern::new(p).unwrap())),
            call.prop_map(|(function, mut arguments, more)| {
                let (least, most) = function.arity();
                arguments.truncate((least + more).min(most.unwrap_or(usize::MAX)));
                Node::Call(function, arguments)
            }),
        ]
    })
}

pub(super) fn any_node() -> impl Strategy<Value = Node> {
    tree(Function::all().collect())
}

/// Without the functions that look at why something is missing, or count what is there as it stands.
pub(super) fn monotone() -> impl Strategy<Value = Node> {
    use Function as F;
    let looks = [F::Answered, F::Asked, F::Unknown, F::Met, F::Coalesce, F::CountYes];
    // Twice, so that conditions come up often enough to be settled with something missing.
    tree(Function::all().chain([F::AtLeast, F::AtLeast, F::If]).filter(|f| !looks.contains(f)).collect())
}

fn concrete() -> impl Strategy<Value = Value> {
    prop_oneof![
        3 => any::<bool>().prop_map(Value::Truth),
        2 => (-3i32..4).prop_map(|n| Value::Number(n.into())),
        1 => select(vec!["", "bus", "12", "it's"]).prop_map(text),
        1 => (-1_000i64..20_000).prop_map(|days| Value::Date(Date::from_days(days).unwrap())),
        1 => prop::collection::btree_set(select(vec!["bus".to_owned(), "a".to_owned()]), 0..3).prop_map(Value::Choices),
    ]
}

fn missing() -> impl Strategy<Value = Value> {
    select(vec![NOT_ASKED, UNKNOWN, NOT_COMPUTABLE])
}

fn all(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Given> {
    prop::collection::vec(value, NAMES.len()).prop_map(|values| {
        Given(NAMES.iter().zip(values).map(|(name, value)| ((*name).to_owned(), vec![value])).collect())
    })
}

/// Every name has a value.
pub(super) fn valued() -> impl Strategy<Value = Given> {
    all(concrete())
}

/// Some names have a value.
pub(super) fn partly() -> impl Strategy<Value = Given> {
    all(prop_oneof![concrete(), missing()])
}
