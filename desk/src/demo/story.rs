//! What a run prints: who did what, in the words that a person would use.
//! It promises to print nothing for a muted run, and to make stored text harmless.

use serde_json::Value;

use crate::cli::Output;
use crate::text::{plain, short, time};
use crate::{DeskError, cli::value_words};

/// Tells what happens.
#[derive(Debug)]
pub(crate) struct Story<'a> {
    output: Option<&'a Output>,
}

impl<'a> Story<'a> {
    /// Tells it on standard output, or beside JSON on standard error.
    pub(crate) fn told(output: &'a Output) -> Self {
        Self { output: Some(output) }
    }

    /// Keeps quiet.
    pub(crate) fn muted() -> Self {
        Self { output: None }
    }

    /// One line.
    pub(crate) fn line(&self, line: &str) -> Result<(), DeskError> {
        self.output.map_or(Ok(()), |output| output.say(line))
    }

    /// A heading.
    pub(crate) fn heading(&self, words: &str) -> Result<(), DeskError> {
        self.line("")?;
        self.line(words)?;
        self.line(&"-".repeat(words.chars().count()))
    }

    /// What somebody did, and below it what one would say about it.
    pub(crate) fn step(&self, when: &str, who: &str, did: &str, say: Option<&str>) -> Result<(), DeskError> {
        self.line(&format!("{when:<10} {who:<10} {did}"))?;
        say.map_or(Ok(()), |words| self.line(&format!("{:21} {}", "", plain(words))))
    }
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A screening of the desk's list on one line.
pub(crate) fn row(name: &str, row: &Value) -> String {
    let points = row.get("points").and_then(Value::as_i64).unwrap_or_default();
    let band = text(row, "band").replace('_', " ");
    let outcome = match text(row, "outcome") {
        "" => "nothing decided yet".to_owned(),
        outcome => outcome.replace('_', " "),
    };
    let place = short(&plain(text(row, "place")), 28);
    let mut line = format!("{name:<13} {points:>3} points, {band:<15} {outcome:<18} {place}");
    if row.get("conflicts").and_then(Value::as_u64).unwrap_or_default() > 0 {
        line.push_str(" (people differ)");
    }
    line
}

/// Why a screening has the points it has, in a few words: what comes first, red flags with their points, green lights,
/// what stays unknown. The items' names stand for their wording, which `vigil show` has in full.
pub(crate) fn reasons(view: &Value) -> Option<String> {
    let assessment = view.get("assessment").filter(|assessment| assessment.is_object())?;
    let list = |name: &str| assessment.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let item = |value: &Value| plain(&text(value, "item").replace('_', " "));
    let mut reasons = Vec::new();
    let concerns: Vec<_> = list("concerns").iter().map(item).collect();
    if !concerns.is_empty() {
        reasons.push(format!("comes first: {}", concerns.join(", ")));
    }
    for flag in list("red_flags") {
        let points = flag.get("points").and_then(Value::as_i64).unwrap_or_default();
        reasons.push(format!("+{points} {}", item(&flag)));
    }
    for light in list("green_lights").iter().chain(&list("contacts")) {
        let verified = light.get("verified").filter(|way| way.is_object());
        let how = verified.map_or_else(|| "not verified".to_owned(), |way| plain(&text(way, "id").replace('_', " ")));
        reasons.push(format!("green light: {} ({how})", item(light)));
    }
    let unknown: Vec<_> =
        list("unknown").iter().map(|item| plain(&item.as_str().unwrap_or_default().replace('_', " "))).collect();
    if !unknown.is_empty() {
        reasons.push(format!("unknown: {}", unknown.join(", ")));
    }
    (!reasons.is_empty()).then(|| reasons.join("; "))
}

/// An open question of a record: the field and all values, with who and when.
pub(crate) fn open_question(field: &Value) -> Vec<String> {
    let mut lines = vec![format!("people differ on \"{}\":", plain(text(field, "label")))];
    for written in field.get("values").and_then(Value::as_array).into_iter().flatten() {
        let value = written.get("value").unwrap_or(&Value::Null);
        let at = time(written.get("time").and_then(Value::as_i64).unwrap_or_default());
        lines.push(format!("  {}  ({}, {at})", value_words(value), plain(text(written, "author"))));
    }
    lines
}

/// A decision in words.
pub(crate) fn decision(decision: &Value) -> String {
    let mut words = text(decision, "outcome").replace('_', " ");
    for name in ["agreement", "reason", "to"] {
        match decision.get(name) {
            Some(Value::String(detail)) => words.push_str(&format!(" ({})", plain(&detail.replace('_', " ")))),
            Some(Value::Object(to)) => {
                let to = to.values().next().map_or_else(String::new, value_words);
                words.push_str(&format!(" ({to})"));
            }
            _ => {}
        }
    }
    words
}

/// Bytes as a person reads them.
pub(crate) fn bytes(bytes: u64) -> String {
    match bytes {
        0..10_000 => format!("{bytes} bytes"),
        10_000..10_000_000 => format!("{} kB", bytes.div_ceil(1000)),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}
