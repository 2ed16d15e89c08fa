//! Rules as calculations, as far as a spreadsheet can say them: sums of points, and the band that a sum falls in.
//!
//! Every other rule is told on the sheet of what is not in the form.

use vigil_screening::sheet::WeightedSum;
use vigil_screening::{AnswerKind, Item, Rule, Sheet};

use super::survey::Survey;
use super::table::Line;
use crate::translate::option_name;

/// Writes the rules behind the survey.
pub(crate) fn write(sheet: &Sheet, survey: &mut Survey<'_>) {
    for rule in &sheet.rules {
        let calculation = match rule {
            Rule::WeightedSum(rule) => sum(sheet, rule).map(|sum| (sum, rule)),
            _ => None,
        };
        match calculation {
            Some((sum, rule)) => {
                let row = |name: String, calculation: String| {
                    Line::from([
                        ("type".to_owned(), "calculate".to_owned()),
                        ("name".to_owned(), name),
                        ("calculation".to_owned(), calculation),
                    ])
                };
                survey.table.push(row(rule.id.to_string(), sum));
                survey.table.push(row(format!("{}_band", rule.id), band(rule)));
            }
            None => {
                let what = format!("a rule of the kind {} is not computed in the spreadsheet", rule.kind());
                survey.told.push((rule.id().to_string(), what));
            }
        }
    }
}

/// The sum; none where points depend on the person, or there are more than a cell holds.
fn sum(sheet: &Sheet, rule: &WeightedSum) -> Option<String> {
    let mut parts = Vec::new();
    for item in sheet.items() {
        if !item.points_for.is_empty() {
            return None;
        }
        let name = item.source_name.clone().unwrap_or_else(|| item.id.to_string());
        let points = if rule.points.is_empty() { item.points } else { rule.points.get(&item.id).copied().unwrap_or(0) };
        match &item.answer {
            AnswerKind::YesNo if points > 0 => parts.push(format!("if(${{{name}}} = 'yes', {points}, 0)")),
            AnswerKind::Choice(_) | AnswerKind::Choices(_) if rule.points.is_empty() => {
                parts.extend(of_options(item, &name))
            }
            _ => {}
        }
    }
    let sum = if parts.is_empty() { "0".to_owned() } else { parts.join(" + ") };
    (sum.len() <= crate::limits::CELL_CHARS).then_some(sum)
}

fn of_options(item: &Item, name: &str) -> Vec<String> {
    let (AnswerKind::Choice(options) | AnswerKind::Choices(options)) = &item.answer else { return Vec::new() };
    let counted = options.iter().filter(|option| option.points > 0);
    counted
        .map(|option| format!("if(selected(${{{name}}}, '{}'), {}, 0)", option_name(option), option.points))
        .collect()
}

fn band(rule: &WeightedSum) -> String {
    let mut text = "''".to_owned();
    for band in &rule.bands {
        text = format!("if(${{{}}} >= {}, '{}', {text})", rule.id, band.from, band.id);
    }
    text
}
