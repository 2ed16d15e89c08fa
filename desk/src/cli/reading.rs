//! Commands that read: list, show, search, conflicts, status.
//! Lists promise to name nobody; every stored text is made harmless before it reaches the terminal.

use serde_json::Value;
use vigil_core::records::Code;
use vigil_core::{FieldView, Gone, ListQuery, RecordSummary, RecordView, Status, SyncState, Vault};

use super::arguments::{Arguments, List};
use super::opinions::opinion_lines;
use super::output::Output;
use super::session;
use super::unlock::level_words;
use crate::error::DeskError;
use crate::text::{count, plain, short, time};

/// More open questions than anybody settles in a day.
const MOST_CONFLICTS: u32 = 10_000;

pub(super) fn list(arguments: &Arguments, output: &Output, list: &List) -> Result<(), DeskError> {
    let query = ListQuery {
        kind: list.kind.clone(),
        only_conflicts: list.conflicts,
        hidden: list.hidden,
        limit: list.limit,
        offset: list.offset,
    };
    let records = session::open(arguments)?.list(&query)?;
    output.answer(&records, summary_lines(&records))
}

pub(super) fn search(arguments: &Arguments, output: &Output, text: &str, limit: u32) -> Result<(), DeskError> {
    let records = session::open(arguments)?.search(text, limit)?;
    output.answer(&records, summary_lines(&records))
}

fn summary_lines(records: &[RecordSummary]) -> Vec<String> {
    if records.is_empty() { vec!["Nothing found.".to_owned()] } else { records.iter().map(summary_line).collect() }
}

/// A row of a list: id, time, what, where, points, outcome, who.
pub(crate) fn summary_line(record: &RecordSummary) -> String {
    let points = match (record.points, &record.band) {
        (Some(points), Some(band)) => format!("{points:>3} {}", plain(&band.replace('_', " "))),
        _ => String::new(),
    };
    if let Some(gone) = record.gone {
        return format!(
            "{}  {}  {:<18}  {}",
            record.id.get(..8).unwrap_or(&record.id),
            time(record.created_at),
            short(&plain(&record.title), 18),
            gone_words(gone, record.sync)
        );
    }
    let outcome = record.outcome.as_deref().map_or_else(|| "-".to_owned(), |outcome| outcome.replace('_', " "));
    let mut line = format!(
        "{}  {}  {:<18}  {:<24}  {:<20}  {:<17}  {}",
        record.id.get(..8).unwrap_or(&record.id),
        time(record.created_at),
        short(&plain(&record.title), 18),
        short(&plain(record.place.as_deref().unwrap_or_default()), 24),
        points,
        short(&plain(&outcome), 17),
        plain(&record.author),
    );
    if record.conflicts > 0 {
        line.push_str("  (people differ)");
    }
    line
}

/// What is said in the place of a content that is not here any more.
fn gone_words(gone: Gone, sync: SyncState) -> String {
    let why = match gone {
        Gone::HandedOver => "content gone: handed over",
        Gone::Aged => "content gone: older than this device keeps",
        Gone::Unassigned => "content gone: assigned to others",
    };
    let how_far = match sync {
        SyncState::Waiting => "an addition waits for the next sync",
        SyncState::Sent => "the server has it",
        SyncState::Received => "received",
    };
    format!("{why}; {how_far}")
}

pub(super) fn show(
    arguments: &Arguments,
    output: &Output,
    record: &str,
    purpose: Option<&str>,
) -> Result<(), DeskError> {
    let purpose = purpose.map(|code| Code::new(code.replace('-', "_"))).transpose();
    let purpose = purpose.map_err(|error| DeskError::Usage(format!("--purpose: {error}")))?;
    let vault = session::open(arguments)?;
    let record = vault.find(record)?;
    let view = match purpose {
        Some(purpose) => vault.show_for(&record, &purpose)?,
        None => vault.show(&record)?,
    };
    output.answer(&view, view_lines(&view, &|device| call(&vault, device)))
}

/// What a device is called here, if it is known.
fn call(vault: &Vault, device: &str) -> Option<String> {
    let device = vault.find_member(device).ok()?;
    vault.call(&device).ok().map(|name| plain(&name))
}

/// A record as a person reads it; `call` names a device.
fn view_lines(view: &RecordView, call: &dyn Fn(&str) -> Option<String>) -> Vec<String> {
    let summary = &view.summary;
    if let Some(gone) = summary.gone {
        return vec![
            format!("{} {}", plain(&summary.title), summary.id),
            gone_words(gone, summary.sync),
            "Nothing is lost: others have it. `vigil note` adds what comes to mind later.".to_owned(),
        ];
    }
    let mut lines = vec![
        format!("{} {}", plain(&summary.title), summary.id),
        format!(
            "recorded by {} {}, last changed {}",
            plain(&summary.author),
            time(summary.created_at),
            time(summary.updated_at)
        ),
        String::new(),
    ];
    // A link says nothing to a person; what it leads to stands below.
    for field in view.fields.iter().filter(|field| field.name != "link" && !field.name.starts_with("link.")) {
        lines.extend(field_lines(field));
    }
    if !view.events.is_empty() {
        lines.push(String::new());
    }
    for event in &view.events {
        let mark = if view.open_outcomes.contains(&event.id) { "  (contradicts another)" } else { "" };
        lines.push(format!(
            "{}  {}  {}  {}{mark}",
            time(event.time),
            event.id.get(..8).unwrap_or(&event.id),
            plain(&event.author),
            event_words(&event.body, call)
        ));
    }
    if let Some(opinion) = &view.second_opinion {
        lines.push(String::new());
        lines.extend(opinion_lines(opinion));
    }
    if let Some(assessment) = &view.assessment {
        lines.push(String::new());
        lines.extend(assessment.explain().iter().map(|line| plain(line)));
    }
    if !view.linked.is_empty() {
        let linked: Vec<_> = view.linked.iter().map(|id| id.get(..8).unwrap_or(id)).collect();
        lines.push(String::new());
        lines.push(format!("belongs together with: {}", linked.join(", ")));
    }
    lines
}

/// A field with its value, or with all values that people differ on.
pub(crate) fn field_lines(field: &FieldView) -> Vec<String> {
    let label = plain(&field.label);
    if field.values.len() < 2 {
        let words = match field.value.as_i64() {
            Some(milliseconds) if field.name.ends_with("_at") => time(milliseconds),
            _ => value_words(&field.value),
        };
        return vec![format!("{label:<26}  {words}")];
    }
    let head = match (&field.settled_by, field.open) {
        (Some(name), false) => format!("{label:<26}  {} (settled by {})", value_words(&field.value), plain(name)),
        _ => format!("{label:<26}  people differ:"),
    };
    let mut lines = vec![head];
    for (number, value) in field.values.iter().enumerate() {
        let (words, author) = (value_words(&value.value), plain(&value.author));
        lines.push(format!("{:>28}  {words}  ({author}, {})", format!("{}.", number + 1), time(value.time)));
    }
    lines
}

/// A value as words.
pub(crate) fn value_words(value: &Value) -> String {
    match value {
        Value::String(text) => plain(text),
        Value::Null => "(nothing)".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        other => plain(&other.to_string()),
    }
}

/// An event's body as words.
fn event_words(body: &Value, call: &dyn Fn(&str) -> Option<String>) -> String {
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(plain).unwrap_or_default();
    let kind = text("event");
    let mut words = match kind.as_str() {
        "decision" => text("outcome").replace('_', " "),
        other => other.replace('_', " "),
    };
    let details =
        ["agreement", "text", "reason", "field", "step", "what", "kind", "purpose", "recipient", "basis", "words"];
    for name in details.into_iter().filter(|name| *name != "basis" || kind == "allegation") {
        let more = text(name);
        if !more.is_empty() {
            words.push_str(": ");
            words.push_str(&more.replace('_', " "));
        }
    }
    if let Some(to) = body.get("to") {
        words.push_str(" to ");
        let device = to.get("device").and_then(Value::as_str).and_then(call);
        let inner = to.as_object().and_then(|to| to.values().next()).unwrap_or(to);
        words.push_str(&device.unwrap_or_else(|| value_words(inner)));
    }
    words
}

pub(super) fn conflicts(arguments: &Arguments, output: &Output) -> Result<(), DeskError> {
    let vault = session::open(arguments)?;
    let query = ListQuery { only_conflicts: true, limit: MOST_CONFLICTS, ..ListQuery::default() };
    let views =
        vault.list(&query)?.iter().map(|record| vault.show(&vault.find(&record.id)?)).collect::<Result<Vec<_>, _>>()?;
    let mut lines = Vec::new();
    for view in &views {
        lines.push(summary_line(&view.summary));
        lines.extend(view.fields.iter().filter(|field| field.open).flat_map(field_lines));
        for event in view.events.iter().filter(|event| view.open_outcomes.contains(&event.id)) {
            let id = event.id.get(..8).unwrap_or(&event.id);
            lines.push(format!(
                "  decision {id}: {} ({})",
                event_words(&event.body, &|device| call(&vault, device)),
                plain(&event.author)
            ));
        }
    }
    if lines.is_empty() {
        lines.push("Nobody differs on anything.".to_owned());
    }
    output.answer(&views, lines)
}

pub(super) fn status(arguments: &Arguments, output: &Output) -> Result<(), DeskError> {
    let status = session::open(arguments)?.status()?;
    output.answer(&status, status_lines(&status))
}

fn status_lines(status: &Status) -> Vec<String> {
    let mut lines = vec![
        format!("{} here; this device's role is {}", count(status.records, "record"), plain(&status.role)),
        match status.waiting {
            1 => "1 save waits for the next sync".to_owned(),
            more => format!("{more} saves wait for the next sync"),
        },
    ];
    for (number, one, several) in [
        (
            status.set_aside,
            "save was refused by the server and stays here",
            "saves were refused by the server and stay here",
        ),
        (
            status.handed_over,
            "record was handed over, its content is gone here",
            "records were handed over, their content is gone here",
        ),
        (
            status.unreceived,
            "batch is sent and not received yet; it stays, sealed",
            "batches are sent and not received yet; they stay, sealed",
        ),
        (status.conflicts, "field or decision on which people differ", "fields or decisions on which people differ"),
        (
            status.recalls_due,
            "share is to be called back: `vigil shares` shows it",
            "shares are to be called back: `vigil shares` shows them",
        ),
        (
            status.motions_waiting,
            "motion waits for your word: `vigil motion list`",
            "motions wait for your word: `vigil motion list`",
        ),
        (
            status.erasures_unconfirmed,
            "erasure is not confirmed by every device yet",
            "erasures are not confirmed by every device yet",
        ),
        (status.drafts, "screening in progress", "screenings in progress"),
        (status.log_waiting, "change of members waits for the next sync", "changes of members wait for the next sync"),
    ] {
        if number > 0 {
            lines.push(format!("{number} {}", if number == 1 { one } else { several }));
        }
    }
    lines.extend(status.parked.iter().map(|(reason, items)| match items {
        1 => format!("1 item waits: {}", plain(reason)),
        more => format!("{more} items wait: {}", plain(reason)),
    }));
    lines.extend(status.certificate_days.map(|days| match days {
        0 => "your certificate ends today or has ended: ask an officer or a desk to renew it".to_owned(),
        days => format!("your certificate lasts for {}", count(days.unsigned_abs(), "more day")),
    }));
    lines.extend(status.lease_days.map(|days| match days {
        0 => "without a sync, records can not be read from today on; recording and sending go on".to_owned(),
        days => format!("without a sync, records can be read for {}", count(days.unsigned_abs(), "more day")),
    }));
    let by = if status.wipe_after_set_here { "set on this device" } else { "the committee's policy" };
    lines.extend(status.wipe_after.map(|limit| format!("wiped after {limit} wrong attempts ({by})")));
    lines.push(level_words(&status.hardware));
    lines.extend(status.suspended_authors.iter().map(|author| format!("suspended: {}", plain(author))));
    lines
}
