//! Promises about XPath: what is translated means the same, and what is not is named and comes out again.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod common;

use common::{imported, named};
use vigil_screening::expression::{Missing, Names, Value};
use vigil_screening::{Date, Expression, Id};
use vigil_xlsform::{Options, export, import};

const SURVEY: &str = "type | name | label | relevant | constraint | calculation
select_one sex | sex | Sex | | |
select_multiple needs | needs | Needs | | |
select_one rating | rating | Rating | | |
integer | age | Age | | |
decimal | weight | Weight | | |
date | dob | Born | | |
text | name | Name | | |
time | at | At | | |
geopoint | place | Place | | |
begin repeat | child | Child | | |
integer | child_age | Age of child | | |
end repeat | | | | |
calculate | years | | | | int((today() - ${dob}) div 365.25)
calculate | adult | | | | ${age} >= 18
calculate | greeting | | | | concat('Hello ', ${name})
";
const CHOICES: &str = "list_name | name | label
sex | f | Female
sex | M | Male
needs | food | Food
needs | 1 | Shelter
needs | none | None
rating | 0 | Bad
rating | 1 | Fair
rating | 2 | Good";

/// The condition of a question that is asked if the XPath holds; its text, or why it is not translated.
fn condition(xpath: &str) -> String {
    let survey = format!("{SURVEY}text | last | Last | {xpath} | |");
    let (imported, instrument) = imported(&survey, CHOICES, "");
    let when = &instrument.item("last").unwrap().when;
    when.as_ref().map_or_else(|| named(&imported, 17)[0].1.replace("; kept for export", ""), ToString::to_string)
}

#[test]
fn conditions_of_real_forms_are_translated() {
    for (xpath, expected) in [
        ("${sex} = 'f'", "sex = 'f'"),
        ("${sex} = 'M'", "sex = 'm'"),
        ("selected(${sex}, 'M')", "sex = 'm'"),
        ("selected(${needs}, '1')", "selected(needs, 'n1')"),
        ("${rating} = 1", "rating = 'n1'"),
        ("${age} >= 18 and ${sex} = 'f' or ${age} < 5", "age >= 18 and sex = 'f' or age < 5"),
        ("${age} > '17'", "age > 17"),
        ("${name} = ''", "not answered(name)"),
        ("${age} != ''", "answered(age)"),
        ("${sex} != 'f'", "not met(sex = 'f')"),
        ("not(selected(${needs}, 'food'))", "not met(selected(needs, 'food'))"),
        ("not(${sex} = 'f' and ${age} > 3)", "not met(sex = 'f' and age > 3)"),
        ("selected(${needs}, '')", "not answered(needs)"),
        ("count-selected(${needs}) > 1", "coalesce(count_selected(needs), 0) > 1"),
        ("string-length(${name}) = 0", "coalesce(string_length(name), 0) = 0"),
        ("regex(${name}, '^[A-Z]+$')", "regex(name, '^[A-Z]+$')"),
        ("${adult} = 'true'", "adult"),
        ("${adult} = false()", "not met(adult)"),
        ("${years} < 18", "years < 18"),
        ("int((today() - ${dob}) div 365.25) < 18", "int((today() - dob) div 365.25) < 18"),
        ("decimal-date-time(today()) - decimal-date-time(${dob}) > 30", "number(today()) - number(dob) > 30"),
        ("${dob} < date('2010-01-31')", "dob < date('2010-01-31')"),
        ("${dob} < '2010-01-31'", "dob < date('2010-01-31')"),
        ("number(format-date(${dob}, '%Y')) > 2000", "number(string(year(dob))) > 2000"),
        ("coalesce(${age}, 0) + 1 > 5", "coalesce(age, 0) + 1 > 5"),
        ("if(${sex} = 'f', ${age}, 0) > 5", "if(met(sex = 'f'), age, 0) > 5"),
        ("if(${age} > 3, 'x', '') = 'x'", "if(met(age > 3), 'x', '') = 'x'"),
        ("(${sex} = 'f') + (${age} > 3) >= 1", "count_yes(sex = 'f') + count_yes(age > 3) >= 1"),
        ("sum(${child_age}) > 10", "sum(child_age) > 10"),
        ("count(${child}) > 2", "count(child_age) > 2"),
        ("../age = 3", "age = 3"),
        ("/data/age = 3", "age = 3"),
        ("${age} mod 2 = -1", "age mod 2 = -1"),
        ("true()", "yes"),
        ("TRUE", "yes"),
        ("contains(${name}, 'x') or starts-with(${name}, \"y\")", "contains(name, 'x') or starts_with(name, 'y')"),
        ("round(${weight}, 1) > 2.5", "round(weight, 1) > 2.5"),
    ] {
        assert_eq!(condition(xpath), expected, "{xpath}");
    }
}

#[test]
fn a_choice_whose_names_are_numbers_can_be_added_up() {
    let expected = "if(rating = 'n0', 0, if(rating = 'n1', 1, if(rating = 'n2', 2, number('')))) + age > 3";
    assert_eq!(condition("${rating} + ${age} > 3"), expected);
}

#[test]
fn what_would_mean_something_else_is_named_and_not_guessed() {
    for (xpath, expected) in [
        ("${place} != ''", "${place} is not asked here"),
        ("${nobody} = 1", "there is no ${nobody}"),
        ("${sex} = 'x'", "the list has no option 'x'"),
        ("${child_age} > 3", "${child_age} is asked several times, and which answer is meant is not said"),
        ("pulldata('a', 'b', 'c', ${name}) = 'x'", "pulldata() with 4 arguments is not known here"),
        ("${dob} = ${sex}", "it compares values that do not go together"),
        ("${name}", "a text, a date or a choice is used as a condition"),
        ("indexed-repeat(${child_age}, ${child}, 1) > 3", "indexed-repeat() with 3 arguments is not known here"),
        ("instance('x')/root/item[a = 1]/b = 2", "a path is not followed"),
        ("${age} >", "character 9: it ends where a value was expected"),
        ("once(random()) > 0.5", "once() with 1 arguments is not known here"),
        ("concat(${sex}, 'x') = 'fx'", "a choice is used as a text, and its options have other names here"),
    ] {
        assert_eq!(condition(xpath), expected, "{xpath}");
    }
}

struct Answers<'a>(&'a [(&'a str, Value)]);

impl Names for Answers<'_> {
    fn value(&self, name: &Id) -> Value {
        let given = self.0.iter().find(|(known, _)| *known == name.as_str());
        given.map_or(Value::Missing(Missing::NotAsked), |(_, value)| value.clone())
    }

    fn today(&self) -> Option<Date> {
        Date::parse("2026-11-22").ok()
    }
}

fn holds(expression: &str, answers: &[(&str, Value)]) -> bool {
    let expression = Expression::parse(expression).unwrap();
    // What is asked if a condition holds is not asked while it is not known: just as in XPath.
    expression.evaluate(&Answers(answers)) == Value::Truth(true)
}

#[test]
fn a_missing_answer_is_an_empty_text_just_as_in_xpath() {
    let text = |text: &str| Value::Text(text.to_owned());
    let one = |name: &'static str, value: Value| vec![(name, value)];
    let f = one("sex", text("f"));
    for (xpath, answers, expected) in [
        ("${sex} != 'f'", vec![], true),
        ("${sex} != 'f'", f.clone(), false),
        ("${sex} != 'M'", f.clone(), true),
        ("not(${sex} = 'f')", vec![], true),
        ("not(${sex} != 'f')", vec![], false),
        ("not(${sex} != 'f')", f.clone(), true),
        ("${sex} = 'f'", vec![], false),
        ("${sex} = ''", vec![], true),
        ("${sex} != ''", f.clone(), true),
        ("not(${sex} = '')", vec![], false),
        ("not(${sex} = 'f' or selected(${needs}, 'food'))", vec![], true),
        ("count-selected(${needs}) < 1", vec![], true),
        ("string-length(${name}) < 3", vec![], true),
        ("if(${sex} = 'f', 1, 2) = 2", vec![], true),
        ("(${sex} = 'f') + 0 = 0", vec![], true),
        ("coalesce(${age}, 3) = 3", vec![], true),
    ] {
        let translated = condition(xpath);
        assert_eq!(holds(&translated, &answers), expected, "{xpath} as {translated}");
    }
}

#[test]
fn a_constraint_speaks_of_its_own_answer() {
    let survey = "type | name | label | constraint | constraint_message
        integer | age | Age | . >= 0 and . <= 120 | Between 0 and 120
        select_multiple needs | needs | Needs | not(selected(., 'none') and count-selected(.) > 1) | Either or
        date | day | Day | . <= today() |
        text | phone | Phone | regex(., '[0-9]{10}') |";
    let (_, instrument) = imported(survey, CHOICES, "");
    let constraint = |id: &str| instrument.item(id).unwrap().constraint.as_ref().unwrap().to_string();
    assert_eq!(constraint("age"), "value >= 0 and value <= 120");
    assert_eq!(constraint("needs"), "not met(selected(value, 'none') and coalesce(count_selected(value), 0) > 1)");
    assert_eq!(constraint("day"), "value <= today()");
    assert_eq!(constraint("phone"), "regex(value, '[0-9]{10}')");
    assert!(instrument.item("age").unwrap().constraint_text.is_some());
}

#[test]
fn a_calculation_is_a_computed_value_and_may_use_others_in_any_order() {
    let survey = "type | name | label | calculation | relevant
        calculate | total | | ${part} + 1 |
        integer | n | N | |
        calculate | part | | ${n} * 2 |
        calculate | maybe | | ${n} | ${n} > 3
        calculate | a | | ${b} |
        calculate | b | | ${a} |
        calculate | far | | pulldata('x', 'y', 'z', ${n}) |
        note | told | Total ${total} | | ${total} > 2
        note | lost | Lost | | ${far} = 'x'";
    let (imported, instrument) = imported(survey, "", "");
    let derived: Vec<String> =
        instrument.sheet().derived.iter().map(|derived| format!("{} = {}", derived.id, derived.value)).collect();
    assert_eq!(derived, ["total = part + 1", "part = n * 2", "maybe = if(met(n > 3), n, number(''))"]);
    assert_eq!(instrument.item("told").unwrap().when.as_ref().unwrap().to_string(), "total > 2");
    assert_eq!(named(&imported, 6)[0].1, "it depends on itself; kept for export");
    assert_eq!(named(&imported, 8)[0].1, "pulldata() with 4 arguments is not known here; kept for export");
    assert_eq!(named(&imported, 10)[0].1, "${far} is a calculation that is not done here; kept for export");
}

#[test]
fn conditions_in_a_circle_are_broken_up_and_named() {
    let survey = "type | name | label | relevant
        begin group | g | G | ${inside} = 1
        integer | inside | I |
        end group | | |
        integer | a | A | ${b} = 1
        integer | b | B | ${a} = 1";
    let (imported, _) = imported(survey, "", "");
    let circles = imported.not_understood.iter().filter(|entry| entry.why.starts_with("it depends on itself"));
    assert_eq!(circles.map(|entry| entry.row).collect::<Vec<_>>(), [2, 5]);
}

#[test]
fn an_expression_comes_out_as_it_went_in_whether_it_was_translated_or_not() {
    let survey = format!(
        "{SURVEY}text | l1 | L | ${{sex}}  !=  'M' and ${{age}}>3 | . != 'x' |
text | l2 | L | ${{place}} != '' | . = pulldata('a','b','c',.) |
text | l3 | L | ${{sex}} = 'M' | |"
    );
    let bytes = common::workbook(&[("survey", &survey), ("choices", CHOICES)]);
    let first = import(&bytes, &Options::default()).unwrap();
    let again = import(&export(&first.instrument().unwrap()).unwrap(), &Options::default()).unwrap();
    assert_eq!(again.counts, first.counts);
    let both = |id: &str| {
        let find = |sheet: &vigil_screening::Sheet| {
            let item = sheet.items().find(|item| item.id.as_str() == id).unwrap().clone();
            (item.when, item.constraint, item.xlsform)
        };
        (find(&first.sheet), find(&again.sheet))
    };
    for id in ["l1", "l2", "l3"] {
        let (one, other) = both(id);
        assert_eq!(one, other, "{id}");
    }
}
