//! Evidence: writing a bundle, and checking one. It promises that checking opens no home and asks for no passphrase, and
//! that a bundle's file is readable by its owner alone.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use serde_json::json;
use vigil_core::{EvidenceRecord, EvidenceReport, EvidenceStatement, MAX_EVIDENCE_BYTES, verify_evidence};

use super::arguments::{Arguments, EvidenceCommand};
use super::output::Output;
use super::session;
use crate::error::DeskError;
use crate::text::{count, plain, time};

pub(super) fn run(arguments: &Arguments, output: &Output, command: &EvidenceCommand) -> Result<(), DeskError> {
    match command {
        EvidenceCommand::Export { record, out, with_persons } => export(arguments, output, record, out, *with_persons),
        EvidenceCommand::Verify { file } => verify(output, file),
    }
}

fn export(
    arguments: &Arguments,
    output: &Output,
    record: &str,
    out: &Path,
    with_persons: bool,
) -> Result<(), DeskError> {
    let vault = session::open(arguments)?;
    let record = vault.find(record)?;
    // Before anything is read: an export that has nowhere to go is none.
    let mut file = create(out)?;
    let written = vault.export_evidence(&record, with_persons).map_err(DeskError::from).and_then(|evidence| {
        let written = file.write_all(evidence.bytes()).and_then(|()| file.sync_all());
        written.map_err(|error| DeskError::file(out.display().to_string(), error))?;
        Ok(evidence)
    });
    let evidence = match written {
        Ok(evidence) => evidence,
        Err(error) => {
            drop(file);
            // What is left of it is no bundle; if it cannot be removed, the error below says more.
            std::fs::remove_file(out).ok();
            return Err(error);
        }
    };
    let (bytes, waiting) = (evidence.bytes().len() as u64, evidence.not_acknowledged());
    let records: Vec<String> = evidence.records().iter().map(ToString::to_string).collect();
    let mut lines = vec![format!(
        "{}: {}, signed batches that carry them: {}, the membership log; {bytes} bytes",
        out.display(),
        count(records.len() as u64, "record"),
        evidence.batches(),
    )];
    if waiting > 0 {
        lines.push(format!("{waiting} of them not yet acknowledged by the server: sync and export again."));
    }
    lines.push("Whoever has this file reads everything in it. The auditor is told of the export.".to_owned());
    let value = json!({
        "file": out.display().to_string(), "bytes": bytes, "records": records,
        "batches": evidence.batches(), "not_acknowledged": waiting,
    });
    output.answer(&value, lines)
}

/// A new file that only its owner reads.
pub(super) fn create(path: &Path) -> Result<File, DeskError> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|error| DeskError::file(path.display().to_string(), error))
}

fn verify(output: &Output, path: &Path) -> Result<(), DeskError> {
    let problem = |error| DeskError::file(path.display().to_string(), error);
    let mut bytes = Vec::new();
    // One byte more than any bundle has: then it is told as too large.
    let limit = MAX_EVIDENCE_BYTES as u64 + 1;
    File::open(path).map_err(problem)?.take(limit).read_to_end(&mut bytes).map_err(problem)?;
    let report = verify_evidence(&bytes);
    output.answer(&report, report_lines(&report))?;
    if report.holds {
        Ok(())
    } else {
        let first = report.faults.first().map_or("", |fault| fault.code);
        Err(DeskError::DoesNotHold(format!("the bundle does not hold: {first}")))
    }
}

/// A report as a person reads it.
fn report_lines(report: &EvidenceReport) -> Vec<String> {
    let mut lines = vec![if report.holds { "HOLDS" } else { "DOES NOT HOLD" }.to_owned()];
    for fault in &report.faults {
        lines.push(format!("  {}  {}  {}", fault.code, plain(&fault.place), plain(&fault.words)));
    }
    if let (Some(exporter), Some(exported)) = (&report.exporter, report.exported_at) {
        lines.push(format!("exported by {} {}, {} by its clock", exporter.role, exporter.device, time(exported)));
    }
    if let (Some(first), Some(last)) = (&report.log_first, &report.log_last) {
        let (entries, confirmed) = report.log_entries;
        lines.push(format!("membership log: {entries} entries, {confirmed} taken by a server\n  {first} to\n  {last}"));
    }
    for member in &report.members {
        let until = member.removed_at.map_or_else(String::new, |entry| format!(", removed by entry {entry}"));
        lines.push(format!(
            "signed by {} {}: member since entry {}{until}",
            member.role, member.device, member.added_at
        ));
    }
    for double in &report.doubles {
        lines.push(format!(
            "CONTRADICTS ITSELF: {} signed two batches under number {}\n  {}\n  {}",
            double.author, double.number, double.hashes[0], double.hashes[1]
        ));
    }
    for record in &report.records {
        lines.push(String::new());
        record_lines(record, &mut lines);
    }
    for (heading, points) in [("Proven:", &report.proves), ("Not proven:", &report.does_not_prove)] {
        if !points.is_empty() {
            lines.push(format!("\n{heading}"));
            lines.extend(points.iter().map(|point| format!("  {point}")));
        }
    }
    lines
}

fn record_lines(record: &EvidenceRecord, lines: &mut Vec<String>) {
    let outcome = record.outcome.as_deref().map_or_else(String::new, |outcome| format!(", {}", plain(outcome)));
    lines.push(format!("{} {}{outcome}", plain(&record.kind), record.record));
    for field in &record.fields {
        let open = if field.open { " (people differ)" } else { "" };
        lines.push(format!("  {}{open}", plain(&field.label)));
        for value in &field.values {
            lines.push(format!(
                "    {}  by {} {}, {}",
                plain(&super::value_words(&value.value)),
                value.role,
                value.author,
                time(value.claimed_time)
            ));
        }
    }
    lines.push("  stated, each after what it follows:".to_owned());
    for statement in &record.statements {
        lines.push(format!("    {}", statement_line(statement)));
    }
    for chain in &record.chains {
        let mut line = format!("  chain of {} {}: numbers {} to {}", chain.role, chain.author, chain.first, chain.last);
        if !chain.missing.is_empty() {
            let gaps: Vec<_> = chain.missing.iter().map(|(first, last)| format!("{first}-{last}")).collect();
            line.push_str(&format!(", not here: {}", gaps.join(", ")));
        }
        if !chain.not_counted.is_empty() {
            line.push_str(&format!(", {} after what its removal counts", chain.not_counted.len()));
        }
        lines.push(line);
    }
    lines.push(format!("  keys disclosed: {}; attachments: {}", record.keys, record.attachments.len()));
    if record.left_out > 0 {
        lines.push(format!("  the exporter could not read {}", count(record.left_out, "more item")));
    }
}

fn statement_line(statement: &EvidenceStatement) -> String {
    let what = match (&statement.fields, &statement.event) {
        (Some(fields), _) => fields.keys().map(|name| plain(name)).collect::<Vec<_>>().join(", "),
        (None, Some(event)) => {
            let name = event.get("event").and_then(|name| name.as_str()).unwrap_or("event");
            plain(&name.replace('_', " "))
        }
        (None, None) => String::new(),
    };
    let mark = match (statement.not_counted, statement.acknowledged) {
        (true, _) => "  NOT COUNTED BY THE REMOVAL OF ITS AUTHOR",
        (false, true) => "",
        (false, false) => "  NOT YET ACKNOWLEDGED",
    };
    let id = statement.id.get(..8).unwrap_or(&statement.id);
    format!("{id}  {}  {} {}  {what}{mark}", time(statement.claimed_time), statement.role, statement.author)
}
