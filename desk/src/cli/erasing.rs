//! Erasing for good, and what came of it. It promises to name no content: a record by the beginning of its id, a reason by
//! its code, a device by its role.

use serde_json::json;
use vigil_core::records::{Code, FieldName};
use vigil_core::{ErasureView, RecordId};

use super::arguments::Arguments;
use super::output::Output;
use super::session;
use crate::error::DeskError;
use crate::text::{plain, time};

/// Erases a record.
pub(super) fn erase(arguments: &Arguments, output: &Output, record: &str, reason: &str) -> Result<(), DeskError> {
    let reason = Code::new(reason.replace('-', "_")).map_err(|error| DeskError::Usage(format!("--reason: {error}")))?;
    let mut vault = session::open(arguments)?;
    let record = vault.find(record)?;
    if vault.erasure_takes_two(&record)? {
        let motion = vault.propose_erasure(&record)?;
        return output.answer(
            &json!({"record": record.to_string(), "motion": motion.to_string(), "hidden": true}),
            proposed(&record, &motion.to_string()),
        );
    }
    vault.erase_record(&record, &reason)?;
    output.answer(&json!({"record": record.to_string()}), [erased(&record)])
}

fn erased(record: &RecordId) -> String {
    format!(
        "{} is erased here, with every key. Other devices erase it when they sync; `vigil erasures` shows which have.",
        record.short()
    )
}

/// What was done instead of erasing a case, and what comes next.
pub(super) fn proposed(record: &RecordId, motion: &str) -> Vec<String> {
    let motion = motion.get(..8).unwrap_or(motion);
    vec![
        format!("{} is a case, and two persons erase a case. Nothing is destroyed yet.", record.short()),
        "It is proposed, and hidden at once: after the next sync it is in no list of any device.".to_owned(),
        "Another officer or desk joins, or nobody objects for 72 hours; then carrying it out erases it:".to_owned(),
        format!("    vigil motion second {motion}      vigil motion carry-out {motion}"),
        format!(
            "Who is against it says so, and puts it back:  vigil motion object {motion}   vigil unhide {}",
            record.short()
        ),
    ]
}

/// Takes a record out of the lists, or puts it back.
pub(super) fn hide(arguments: &Arguments, output: &Output, record: &str, hide: bool) -> Result<(), DeskError> {
    let mut vault = session::open(arguments)?;
    let record = vault.find(record)?;
    let words = if hide {
        vault.hide(&record)?;
        "is hidden: after the next sync it is in no list of any device. Nothing is destroyed; `vigil list --hidden` shows it."
    } else {
        vault.unhide(&record)?;
        "is in the lists again, on other devices after the next sync."
    };
    output.answer(&json!({"record": record.to_string(), "hidden": hide}), [format!("{} {words}", record.short())])
}

/// Erases one field of a record.
pub(super) fn erase_field(arguments: &Arguments, output: &Output, record: &str, field: &str) -> Result<(), DeskError> {
    let field = FieldName::new(field).map_err(|error| DeskError::Usage(error.to_string()))?;
    let mut vault = session::open(arguments)?;
    let record = vault.find(record)?;
    let stands = vault.erase_field(&record, &field)?;
    let line = format!("{} What else stood in it stands as {}.", erased(&record), stands.short());
    output.answer(&json!({"record": stands.to_string(), "erased": record.to_string()}), [line])
}

/// Shows how far erasures have come.
pub(super) fn erasures(arguments: &Arguments, output: &Output) -> Result<(), DeskError> {
    let erasures = session::open(arguments)?.erasures()?;
    let lines = match erasures.is_empty() {
        true => vec!["Nothing was erased on this device.".to_owned()],
        false => erasures.iter().flat_map(erasure_lines).collect(),
    };
    output.answer(&erasures, lines)
}

fn erasure_lines(erasure: &ErasureView) -> Vec<String> {
    let mut lines = vec![format!(
        "{}  {}  {:<20}  {} of {} confirmed",
        erasure.record.get(..8).unwrap_or(&erasure.record),
        time(erasure.erased_at),
        plain(&erasure.reason.replace('_', " ")),
        erasure.confirmed,
        erasure.expected,
    )];
    if !erasure.waiting_for.is_empty() {
        lines.push(format!("    not yet: {}", plain(&erasure.waiting_for.join(", "))));
    }
    if !erasure.complete {
        lines.push("    others may have been given it without this device knowing".to_owned());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_not_confirmed_is_named_by_role_and_what_is_not_known_is_said() {
        let erasure = ErasureView {
            record: "3fa2c1d0".repeat(4),
            reason: "asked_by_person".to_owned(),
            erased_at: 0,
            confirmed: 5,
            expected: 7,
            waiting_for: vec!["monitor 91c0aa".to_owned(), "officer 77ab01 (removed)".to_owned()],
            complete: false,
        };
        let lines = erasure_lines(&erasure).join("\n");
        assert!(lines.contains("3fa2c1d0 ") && lines.contains("asked by person") && lines.contains("5 of 7 confirmed"));
        assert!(lines.contains("not yet: monitor 91c0aa, officer 77ab01 (removed)"), "{lines}");
        assert!(lines.contains("without this device knowing"), "{lines}");
    }
}
