//! The rules of an instrument in words: what is counted, what is enough, and what each outcome means.
//! It promises to name every threshold and every condition as the engine applies them.

use vigil_screening::sheet::{Outcome, Pattern, StrengthCount};
use vigil_screening::{Id, Rule};

use crate::cli::reader::Reader;

pub(super) fn lines(reader: &Reader<'_>) -> Vec<String> {
    let sheet = reader.instrument.sheet();
    let mut lines = Vec::new();
    if !sheet.derived.is_empty() {
        lines.extend([String::new(), "== Computed values".to_owned()]);
        lines.extend(sheet.derived.iter().map(|derived| {
            let text = derived.text.as_ref().map(|text| format!("{}: ", reader.words(text))).unwrap_or_default();
            format!("{text}{} = {}", derived.id, derived.value)
        }));
    }
    lines.extend([String::new(), "== Rules".to_owned()]);
    if sheet.rules.is_empty() {
        lines.push("None: a result only shows what is unknown.".to_owned());
    }
    for rule in &sheet.rules {
        let title = rule.title().map(|title| format!("{} ", reader.words(title))).unwrap_or_default();
        lines.extend([String::new(), format!("  {title}[{}]", rule.id())]);
        lines.extend(rule_lines(reader, rule).into_iter().map(|line| format!("    {line}")));
    }
    lines
}

/// `1 point`, `2 points`.
pub(super) fn points(points: u32) -> String {
    crate::text::count(u64::from(points), "point")
}

fn rule_lines(reader: &Reader<'_>, rule: &Rule) -> Vec<String> {
    match rule {
        Rule::WeightedSum(rule) => {
            let mut lines = match rule.points.is_empty() {
                true => vec!["Adds up the points of the answers.".to_owned()],
                false => {
                    let own: Vec<String> = rule.points.iter().map(|(item, n)| format!("{item} {n}")).collect();
                    vec![format!("Adds up points of its own: {}.", own.join(", "))]
                }
            };
            lines.extend(
                rule.bands.iter().map(|band| format!("from {}: {} [{}]", band.from, reader.words(&band.text), band.id)),
            );
            lines
        }
        Rule::StrengthCount(rule) => strength(reader, rule),
        Rule::AnyOf(rule) => vec![
            format!("Any yes to {}.", counted(&rule.items, rule.group.as_ref())),
            format!("at least one: {}", outcome(reader, &rule.some)),
            format!("none so far: {}", outcome(reader, &rule.none)),
        ],
        Rule::Count(rule) => vec![
            format!("Counts each yes to {}, without a verdict.", counted(&rule.items, rule.group.as_ref())),
            reader.words(&rule.text),
        ],
        Rule::GreenLights(rule) => vec![
            "A verified green light proposes to let the person go; a request for help, an injury or danger comes first."
                .to_owned(),
            format!("under 18 or age unknown: one of these must be verified, too: {}", join(&rule.child_contacts)),
        ],
        Rule::ActMeansPurpose(rule) => vec![
            "Act, means and purpose; under 18, means are not needed.".to_owned(),
            format!("act: any of {}", join(&rule.act)),
            format!("means: any of {}", join(&rule.means)),
            format!("purpose: any of {}", join(&rule.purpose)),
            format!("met: {}", reader.words(&rule.met)),
            format!("not met: {}", reader.words(&rule.not_met)),
        ],
        Rule::CaseTable(rule) => {
            let mut lines = vec!["The first of these that holds:".to_owned()];
            lines.extend(rule.rows.iter().map(|row| format!("if {}: {}", row.when, outcome(reader, &row.outcome))));
            lines.push(format!("otherwise: {}", outcome(reader, &rule.otherwise)));
            lines
        }
        other => vec![format!("a rule of the kind {}", other.kind())],
    }
}

fn strength(reader: &Reader<'_>, rule: &StrengthCount) -> Vec<String> {
    let patterns: Vec<String> = rule.patterns.iter().map(pattern).collect();
    vec![
        format!("Counts the strength of each yes to {}.", counted(&rule.items, rule.group.as_ref())),
        format!("enough: {}; a stronger sign may stand in a weaker one's place", patterns.join(", or ")),
        format!("positive: {}", reader.words(&rule.positive)),
        format!("not positive: {}", reader.words(&rule.not_positive)),
    ]
}

fn pattern(pattern: &Pattern) -> String {
    let parts = [(pattern.strong, "strong"), (pattern.medium, "medium"), (pattern.weak, "weak")];
    let parts = parts.into_iter().filter(|(count, _)| *count > 0).map(|(count, name)| format!("{count} {name}"));
    parts.collect::<Vec<_>>().join(" and ")
}

fn outcome(reader: &Reader<'_>, outcome: &Outcome) -> String {
    format!("{} [{}]", reader.words(&outcome.text), outcome.id)
}

fn counted(items: &[Id], group: Option<&Id>) -> String {
    match group {
        Some(group) => format!("an item under the heading {group}"),
        None => join(items),
    }
}

fn join(ids: &[Id]) -> String {
    ids.iter().map(Id::as_str).collect::<Vec<_>>().join(", ")
}
