//! What auditors do: see who read what, and answer complaints. And how anybody records a complaint.
//! It promises to show pseudonyms of records, never what stands in one.

use serde_json::json;
use vigil_core::AuditTrail;
use vigil_core::records::{ComplaintAsks, LongText, NewComplaint};

use super::arguments::{Arguments, AuditCommand};
use super::output::Output;
use super::session;
use crate::error::DeskError;
use crate::text::{plain, time};

pub(super) fn run(arguments: &Arguments, output: &Output, command: Option<&AuditCommand>) -> Result<(), DeskError> {
    match command {
        None => trail(arguments, output),
        Some(AuditCommand::Answer { record, text }) => answer(arguments, output, record, text),
    }
}

fn trail(arguments: &Arguments, output: &Output) -> Result<(), DeskError> {
    let trail = session::open(arguments)?.audit_trail()?;
    output.answer(&trail, trail_lines(&trail))
}

fn answer(arguments: &Arguments, output: &Output, record: &str, text: &str) -> Result<(), DeskError> {
    let text = LongText::new(text).map_err(|error| DeskError::Usage(error.to_string()))?;
    let mut vault = session::open(arguments)?;
    let record = vault.find(record)?;
    let event = vault.answer_complaint(&record, text)?;
    output.answer(
        &json!({"record": record.to_string(), "event": event.to_string()}),
        ["Answered. Auditors read it; tell the person yourself."],
    )
}

pub(super) fn complain(
    arguments: &Arguments,
    output: &Output,
    text: &str,
    what_is_kept: bool,
) -> Result<(), DeskError> {
    let asks = if what_is_kept { ComplaintAsks::WhatIsKept } else { ComplaintAsks::Review };
    let record = session::open(arguments)?.complain(&NewComplaint { asks, text: text.to_owned() })?;
    let line = format!("{record}\nIt goes to the auditor with the next sync. Nobody else reads it.");
    output.answer(&json!({"record": record.to_string()}), [line])
}

fn trail_lines(trail: &AuditTrail) -> Vec<String> {
    let mut lines = Vec::new();
    for device in &trail.devices {
        let mut head = format!("{} {}: {} reads", device.role, device.device, device.reads.len());
        if let Some(last) = device.last {
            head.push_str(&format!(", last {}", time(last)));
        }
        if device.removed {
            head.push_str(", removed");
        }
        if device.silent {
            head.push_str(", SILENT");
        }
        lines.push(head);
        lines.extend(device.gaps.iter().map(|(first, last)| format!("  MISSING: numbers {first} to {last}")));
        lines.extend(device.forks.iter().map(|number| format!("  CONTRADICTS ITSELF at number {number}")));
        for read in &device.reads {
            let purpose =
                read.purpose.as_deref().map_or_else(String::new, |purpose| format!(", for {}", plain(purpose)));
            let record = read.record.get(..8).unwrap_or(&read.record);
            lines.push(format!("  {:>5}  {}  {record}  {}{purpose}", read.number, time(read.time), plain(&read.what)));
        }
    }
    lines.push("complaints:".to_owned());
    if trail.complaints.is_empty() {
        lines.push("  none".to_owned());
    }
    let count =
        |count: &vigil_core::ComplaintCount| format!("  {}  {}: {}", plain(&count.month), count.state, count.count);
    lines.extend(trail.complaints.iter().map(count));
    if trail.erased_unread > 0 {
        lines.push(format!("ERASED before they were read here: {}", trail.erased_unread));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use vigil_core::{ComplaintCount, DeviceTrail, ReadView};

    #[test]
    fn gaps_forks_and_silence_stand_out() {
        let read = ReadView { number: 7, time: 0, record: "ab".repeat(16), what: "identity".to_owned(), purpose: None };
        let device = DeviceTrail {
            device: "91".repeat(16),
            role: "desk".to_owned(),
            removed: false,
            reads: vec![read],
            gaps: vec![(1, 6)],
            forks: vec![7],
            last: Some(0),
            silent: true,
        };
        let complaints = vec![ComplaintCount { month: "2026-11".to_owned(), state: "open".to_owned(), count: 2 }];
        let lines = trail_lines(&AuditTrail { devices: vec![device], complaints, erased_unread: 1 }).join("\n");
        for words in
            ["SILENT", "MISSING: numbers 1 to 6", "CONTRADICTS ITSELF at number 7", "2026-11  open: 2", "ERASED"]
        {
            assert!(lines.contains(words), "{lines}");
        }
    }
}
