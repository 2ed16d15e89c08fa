//! Commands of recovery and of the archive. They promise to say who has to do what next, and that a paper key is read from a
//! file or a stream and never from the command line, where other programs see it.

use std::io::Write;
use std::path::Path;

use serde_json::json;
use vigil_core::{DeviceId, read_archive};
use zeroize::Zeroizing;

use super::arguments::{ArchiveCommand, Arguments, RecoveryCommand};
use super::evidence::create;
use super::output::Output;
use super::progress::Line;
use super::session;
use super::space::show_second_code;
use crate::error::DeskError;
use crate::text::{count, plain};

pub(super) fn run(arguments: &Arguments, output: &Output, command: &RecoveryCommand) -> Result<(), DeskError> {
    match command {
        RecoveryCommand::Status => status(arguments, output),
        RecoveryCommand::Deal { officers, threshold, key } => deal(arguments, output, officers, *threshold, key),
        RecoveryCommand::Propose { request, name } => propose(arguments, output, request, name),
        RecoveryCommand::Welcome { request } => {
            let request = session::code(request)?;
            let code = session::open(arguments)?.welcome_again(&request)?;
            show_second_code(output, &request, &code)
        }
        RecoveryCommand::Give { desk } => {
            let mut vault = session::open(arguments)?;
            let desk = vault.find_member(desk)?;
            vault.give_recovery_share(&desk)?;
            output.answer(
                &json!({"given_to": desk.to_string()}),
                ["The share is sealed to that desk and to nobody else. It goes out with the next sync."],
            )
        }
        RecoveryCommand::Run => {
            let recovered = session::open(arguments)?.recover()?;
            let words = format!(
                "This desk reads again: {}, {}. The recovery key itself is forgotten.",
                count(recovered.epochs, "epoch"),
                count(recovered.records, "record")
            );
            output.answer(&recovered, [words.as_str(), "Sync and run it again if records were still on their way."])
        }
    }
}

fn status(arguments: &Arguments, output: &Output) -> Result<(), DeskError> {
    let vault = session::open(arguments)?;
    let view = vault.recovery()?;
    let mut lines = match view.threshold {
        Some(threshold) => vec![format!("{threshold} of {} restore the recovery key:", view.holders.len())],
        None => {
            vec!["The recovery key stands on its sheet of paper only; `vigil recovery deal` deals it out.".to_owned()]
        }
    };
    for (device, is_member) in &view.holders {
        let who = DeviceId::from_hex(device).map_or_else(|| Ok(device.clone()), |device| vault.call(&device))?;
        lines.push(format!("  {}{}", plain(&who), if *is_member { "" } else { " (no member any more: deal anew)" }));
    }
    match view.mine_opens {
        Some(true) => lines.push("The share of this device opens.".to_owned()),
        Some(false) => lines.push("The share of this device DOES NOT OPEN: have the key dealt anew.".to_owned()),
        None => {}
    }
    for waiting in &view.waiting {
        let desk = waiting.desk.get(..8).unwrap_or(&waiting.desk);
        lines.push(format!("Desk {desk} was admitted for recovery; {} given to it.", count(waiting.given, "share")));
    }
    output.answer(&view, lines)
}

fn deal(
    arguments: &Arguments,
    output: &Output,
    officers: &[String],
    threshold: u8,
    key: &str,
) -> Result<(), DeskError> {
    let key = Zeroizing::new(session::text(key)?);
    let mut vault = session::open(arguments)?;
    let officers =
        officers.iter().map(|prefix| Ok(vault.find_member(prefix)?)).collect::<Result<Vec<_>, DeskError>>()?;
    vault.deal_recovery_key(&key, &officers, threshold)?;
    let names: Vec<String> = officers.iter().map(DeviceId::to_string).collect();
    output.answer(
        &json!({"threshold": threshold, "holders": names}),
        [
            format!(
                "Any {threshold} of {} restore the recovery key together; fewer learn nothing of it.",
                officers.len()
            ),
            "Sync; then let each of them run `vigil recovery status`.".to_owned(),
            "The sheet of paper opens everything alone: burn it, or keep it where nobody gets at it alone.".to_owned(),
        ],
    )
}

fn propose(arguments: &Arguments, output: &Output, request: &str, name: &str) -> Result<(), DeskError> {
    let request = session::code(request)?;
    let motion = session::open(arguments)?.propose_recovery(&request, name)?.to_string();
    output.answer(
        &json!({"motion": motion}),
        [
            format!("Moved: {}. Sync; others second it with `vigil motion second`.", motion.get(..8).unwrap_or(&motion)),
            "Once it is carried, `vigil motion carry-out` admits the desk and `vigil recovery welcome` answers a new code of it."
                .to_owned(),
        ],
    )
}

pub(super) fn archive(arguments: &Arguments, output: &Output, command: &ArchiveCommand) -> Result<(), DeskError> {
    match command {
        ArchiveCommand::Propose => {
            let (motion, key) = session::open(arguments)?.propose_export()?;
            let motion = motion.to_string();
            output.answer(
                &json!({"motion": motion, "archive_key": key.text()}),
                [
                    format!("Moved: {}. Sync; a second person seconds it.", motion.get(..8).unwrap_or(&motion)),
                    "This key opens the archive. It is shown once and kept nowhere: write it on paper.".to_owned(),
                    String::new(),
                    key.text().to_owned(),
                ],
            )
        }
        ArchiveCommand::Write { motion, out } => write(arguments, output, motion, out),
        ArchiveCommand::Read { file, key } => {
            let key = Zeroizing::new(session::text(key)?);
            let name = file.display().to_string();
            let input = std::fs::File::open(file).map_err(|error| DeskError::file(name, error))?;
            let stdout = std::io::stdout();
            read_archive(std::io::BufReader::new(input), &key, &mut stdout.lock())?;
            Ok(())
        }
    }
}

fn write(arguments: &Arguments, output: &Output, motion: &str, out: &Path) -> Result<(), DeskError> {
    let mut vault = session::open(arguments)?;
    let motion = vault.find_motion(motion)?;
    let mut file = create(out)?;
    let mut line = Line::new();
    let mut progress = |done: u64, all: u64| line.show(&format!("{done} of {all} records"));
    let written = vault.export(&motion, std::io::BufWriter::new(&file), &mut progress).map_err(DeskError::from);
    let written = written.and_then(|report| {
        let synced = file.flush().and_then(|()| file.sync_all());
        synced.map_err(|error| DeskError::file(out.display().to_string(), error))?;
        Ok(report)
    });
    line.end();
    if written.is_err() {
        // Half an archive is none.
        std::fs::remove_file(out).ok();
    }
    let report = written?;
    let mut lines = vec![format!("{} in {}.", count(report.records, "record"), out.display())];
    if report.not_readable > 0 {
        lines.push(format!(
            "{} on this device cannot be opened here. Identities are with the officers whom they are assigned to: each writes \
             an archive on the same motion.",
            count(report.not_readable, "item")
        ));
    }
    output.answer(&report, lines)
}
