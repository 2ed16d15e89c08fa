//! Counts a form on its own sheets, before anything is made of it.
//!
//! The same counting is done on what is exported, so that both can be held against each other.

use std::collections::BTreeSet;

use crate::form::{Form, Row};
use crate::heading::{Column, Field, Wording};
use crate::kind::Kind;
use crate::report::Counts;

/// Counts a form.
pub(crate) fn counts(form: &Form) -> Counts {
    let mut counts = Counts { languages: languages(form), ..Counts::default() };
    for entry in &form.entries {
        match entry.kind {
            Kind::Question(_) => counts.questions += 1,
            Kind::BeginGroup => counts.groups += 1,
            Kind::BeginRepeat => counts.repeats += 1,
            Kind::BeginLoop | Kind::End(_) | Kind::Setting => {}
        }
        if let Some(row) = form.row(entry) {
            for field in expressions(form, row) {
                counts.expressions += 1;
                *counts.expressions_by_column.entry(field.header().to_owned()).or_default() += 1;
            }
        }
    }
    let choices = &form.choices;
    let is_choice = |row: &&Row| choices.get(row, Field::ListName).is_some() && choices.get(row, Field::Name).is_some();
    counts.choices = choices.rows.iter().filter(is_choice).count();
    counts
}

/// The cells of a row that hold an expression.
pub(crate) fn expressions<'a>(form: &'a Form, row: &'a Row) -> impl Iterator<Item = Field> + 'a {
    let question_type = form.survey.get(row, Field::Type).unwrap_or_default();
    form.survey.cells(row).filter_map(move |(_, column, text)| match column {
        Column::Field(
            field @ (Field::Relevant
            | Field::Constraint
            | Field::Calculation
            | Field::ChoiceFilter
            | Field::RepeatCount),
        ) => Some(*field),
        Column::Field(field @ (Field::Required | Field::ReadOnly)) if !is_constant(text) => Some(*field),
        Column::Field(Field::Default) if is_dynamic(text, question_type) => Some(Field::Default),
        _ => None,
    })
}

/// A plain yes or no, in any of the ways in which forms write it.
pub(crate) fn is_constant(text: &str) -> bool {
    yes_or_no(text).is_some() || !is_dynamic(text, "")
}

/// What a plain yes or no says.
pub(crate) fn yes_or_no(text: &str) -> Option<bool> {
    match text.to_lowercase().replace(' ', "").as_str() {
        "yes" | "true" | "true()" | "1" => Some(true),
        "no" | "false" | "false()" | "0" => Some(false),
        _ => None,
    }
}

/// Whether a default is computed, as pyxform decides it: it names a question, calls a function or calculates.
fn is_dynamic(text: &str, question_type: &str) -> bool {
    let calls = text.char_indices().any(|(at, c)| {
        c == '(' && text[..at].chars().next_back().is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
    });
    let dated = matches!(question_type, "date" | "dateTime" | "datetime" | "geopoint" | "geotrace" | "geoshape");
    let calculates = text.contains(['*', '+', '|'])
        || [" - ", " div ", " mod ", " = ", " != ", " and ", " or "].iter().any(|operator| text.contains(operator));
    text.contains("${") || calls || (calculates && !dated)
}

/// Languages of the columns; texts without a language are one of their own if there are labels among them.
fn languages(form: &Form) -> usize {
    let mut named: BTreeSet<&str> = form.survey.languages().chain(form.choices.languages()).collect();
    let unnamed = |wording| form.survey.is_unnamed_filled(wording) || form.choices.is_unnamed_filled(wording);
    let any_unnamed =
        [Wording::Label, Wording::Hint, Wording::ConstraintMessage, Wording::RequiredMessage].into_iter().any(unnamed);
    if unnamed(Wording::Label) || (named.is_empty() && any_unnamed) {
        named.insert(form.setting("default_language").map_or("", |setting| setting.value.as_str()));
    }
    named.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::tests::workbook;
    use crate::report::Report;

    fn count(survey: &str, choices: &str, settings: &str) -> Counts {
        let sheets = workbook(&[("survey", survey), ("choices", choices), ("settings", settings)]);
        counts(&Form::read(sheets, &mut Report::default()).unwrap())
    }

    #[test]
    fn everything_with_a_type_that_is_no_group_is_a_question() {
        let counts = count(
            "type | name | label
             start | start |
             begin group | g | G
             note | n | N
             begin_repeat | r | R
             select_one yn | q | Q
             end_repeat | |
             end group | |
             calculate | c |",
            "list_name | name | label\nyn | yes | Yes\nyn | no | No\n | x | X",
            "",
        );
        assert_eq!((counts.questions, counts.groups, counts.repeats), (4, 1, 1));
        assert_eq!((counts.choices, counts.languages), (2, 1));
    }

    #[test]
    fn constants_are_no_expressions() {
        let counts = count(
            "type | name | required | readonly | default | relevant | constraint
             text | a | yes | TRUE | plain words | |
             text | b | ${a} != '' | false() | ${a} | ${a} = 'x' | . != ''
             text | c | true() | | concat('x', 'y') | |
             date | d | | | 2020-01-01 | |
             text | e | | | well-known | |",
            "",
            "",
        );
        let by_column: Vec<(&str, usize)> =
            counts.expressions_by_column.iter().map(|(column, count)| (column.as_str(), *count)).collect();
        assert_eq!(by_column, [("constraint", 1), ("default", 2), ("relevant", 1), ("required", 1)]);
        assert_eq!(counts.expressions, 5);
    }

    #[test]
    fn labels_without_a_language_are_the_default_language() {
        let survey = "type | name | label | label::French (fr) | hint::Nepali\ntext | q | Q | F |";
        assert_eq!(count(survey, "", "").languages, 3);
        assert_eq!(count(survey, "", "default_language\nFrench (fr)").languages, 2);
        assert_eq!(count(survey, "", "default_language\nEnglish").languages, 3);
        assert_eq!(count("type | name\ntext | q", "", "").languages, 0);
    }
}
