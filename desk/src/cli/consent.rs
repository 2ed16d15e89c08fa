//! Consent, other bases and the choice of authorities, on the command line. What may be recorded is the facade's to say.
//! It promises to show who said what, when, in which language, and before whom.

use serde_json::json;
use vigil_core::records::{AuthorityChoice, BasisDeclaration, Code, Consent, EventId, ShortText};
use vigil_core::{ConsentsView, RecordId, Vault, VigilError};

use super::arguments::{Arguments, AuthorityCommand, BasisCommand, ConsentCommand, ConsentTo, YesOrNo};
use super::output::Output;
use super::session;
use crate::error::DeskError;
use crate::text::{plain, time};

/// A code as typed; hyphens are as good as the underscores that codes have.
pub(super) fn code(what: &str, typed: &str) -> Result<Code, DeskError> {
    Code::new(typed.trim().replace('-', "_")).map_err(|error| DeskError::Usage(format!("{what}: {error}")))
}

pub(super) fn short(what: &str, typed: &str) -> Result<ShortText, DeskError> {
    ShortText::new(typed).map_err(|error| DeskError::Usage(format!("{what}: {error}")))
}

fn consent(to: &ConsentTo) -> Result<Consent, DeskError> {
    Ok(Consent {
        purpose: code("--purpose", &to.purpose)?,
        recipient: code("--recipient", &to.recipient)?,
        language: code("--language", &to.language)?,
        witness: to.witness.as_deref().map(|words| short("--witness", words)).transpose()?,
    })
}

fn recorded(output: &Output, person: &RecordId, event: &EventId, line: &str) -> Result<(), DeskError> {
    output.answer(&json!({"record": person.to_string(), "event": event.to_string()}), [line])
}

pub(super) fn consents(arguments: &Arguments, output: &Output, command: &ConsentCommand) -> Result<(), DeskError> {
    match command {
        ConsentCommand::Give { to, assent, for_child } => {
            let consent = consent(to)?;
            let child = assent.zip(*for_child).map(|(assent, by)| (assent == YesOrNo::Yes, by.guardian()));
            let mut vault = session::open(arguments)?;
            let person = vault.find(&to.person)?;
            let event = vault.give_consent(&person, consent, child)?;
            recorded(output, &person, &event, "Recorded.")
        }
        ConsentCommand::Withdraw(to) => {
            let consent = consent(to)?;
            let mut vault = session::open(arguments)?;
            let person = vault.find(&to.person)?;
            let event = vault.withdraw_consent(&person, consent)?;
            recorded(
                output,
                &person,
                &event,
                "Withdrawn. What was shared on it must be called back: `vigil share list`.",
            )
        }
        ConsentCommand::List { person } => {
            let vault = session::open(arguments)?;
            let view = vault.consents(&vault.find(person)?)?;
            output.answer(&view, lines(&view))
        }
    }
}

fn lines(view: &ConsentsView) -> Vec<String> {
    let spoken = |code: &str| plain(&code.replace('_', " "));
    let mut lines = Vec::new();
    if view.under_18 {
        lines.push("under 18, or of unknown or disputed age".to_owned());
    }
    for consent in &view.consents {
        let mut line = format!(
            "{}  {} to {}: {}, asked in {}",
            time(consent.time),
            spoken(&consent.purpose),
            spoken(&consent.recipient),
            spoken(&consent.state),
            plain(&consent.language)
        );
        if let Some(by) = consent.by.as_deref().filter(|by| *by != "herself") {
            line.push_str(&format!(", by {}", spoken(by)));
            line.push_str(if consent.assent == Some(true) { " with the child's assent" } else { " without assent" });
        }
        if let Some(witness) = &consent.witness {
            line.push_str(&format!(", before {}", plain(witness)));
        }
        lines.push(format!("{line} ({})", plain(&consent.author)));
    }
    for choice in &view.authorities {
        let kinds: Vec<String> = choice.kinds.iter().map(|kind| spoken(kind)).collect();
        let kinds = if kinds.is_empty() { "nobody".to_owned() } else { kinds.join(", ") };
        lines.push(format!("{}  she chose: {kinds} ({})", time(choice.time), plain(&choice.author)));
    }
    for basis in &view.bases {
        let seconds: Vec<String> = basis.seconded_by.iter().map(|name| plain(name)).collect();
        lines.push(format!(
            "{}  {}, {} to {}: {}; declared by {}{}",
            basis.id.get(..8).unwrap_or(&basis.id),
            spoken(&basis.kind),
            spoken(&basis.purpose),
            spoken(&basis.recipient),
            spoken(&basis.state),
            plain(&basis.declared_by),
            if seconds.is_empty() { String::new() } else { format!(", seconded by {}", seconds.join(", ")) },
        ));
    }
    if view.consents.is_empty() && view.bases.is_empty() {
        lines.push("Nothing may be shared: there is no consent and no other basis.".to_owned());
    }
    lines
}

pub(super) fn bases(arguments: &Arguments, output: &Output, command: &BasisCommand) -> Result<(), DeskError> {
    match command {
        BasisCommand::Declare { person, kind, purpose, recipient, reason, reference } => {
            let declaration = BasisDeclaration {
                kind: kind.kind(),
                purpose: code("--purpose", purpose)?,
                recipient: code("--recipient", recipient)?,
                reason: code("--reason", reason)?,
                reference: reference.as_deref().map(|words| short("--reference", words)).transpose()?,
            };
            let mut vault = session::open(arguments)?;
            let person = vault.find(person)?;
            let event = vault.declare_basis(&person, declaration)?;
            recorded(output, &person, &event, "Declared. It serves once another officer has seconded it.")
        }
        BasisCommand::Second { person, declaration } => {
            let mut vault = session::open(arguments)?;
            let person = vault.find(person)?;
            let declaration = declared(&vault, &person, declaration)?;
            let event = vault.second_basis(&person, &declaration)?;
            recorded(output, &person, &event, "Seconded.")
        }
        BasisCommand::End { person, declaration } => {
            let mut vault = session::open(arguments)?;
            let person = vault.find(person)?;
            let declaration = declared(&vault, &person, declaration)?;
            let event = vault.end_basis(&person, &declaration)?;
            recorded(output, &person, &event, "Ended.")
        }
        BasisCommand::Count => {
            let counts = session::open(arguments)?.basis_counts()?;
            let line = |count: &vigil_core::BasisCount| {
                format!("{}: {} signed, {} shares", count.kind.replace('_', " "), count.signed, count.shares)
            };
            output.answer(&counts, counts.iter().map(line))
        }
    }
}

/// The declaration whose id begins like this.
fn declared(vault: &Vault, person: &RecordId, prefix: &str) -> Result<EventId, DeskError> {
    let view = vault.consents(person)?;
    one_of(view.bases.iter().map(|basis| basis.id.as_str()), prefix, "declaration")
}

/// The one event whose id begins like this.
pub(super) fn one_of<'a>(
    ids: impl Iterator<Item = &'a str>,
    prefix: &str,
    what: &'static str,
) -> Result<EventId, DeskError> {
    let prefix = prefix.trim().to_ascii_lowercase();
    let mut fitting = ids.filter(|id| !prefix.is_empty() && id.starts_with(&prefix));
    let found = fitting.next().and_then(EventId::from_hex).ok_or(VigilError::NotFound { what })?;
    if fitting.next().is_some() {
        return Err(VigilError::Ambiguous { what }.into());
    }
    Ok(found)
}

pub(super) fn authority(arguments: &Arguments, output: &Output, command: &AuthorityCommand) -> Result<(), DeskError> {
    let AuthorityCommand::Choose { person, kinds, nobody: _, language, witness } = command;
    let choice = AuthorityChoice {
        kinds: kinds.iter().map(|kind| code("authority", kind)).collect::<Result<_, _>>()?,
        language: code("--language", language)?,
        witness: witness.as_deref().map(|words| short("--witness", words)).transpose()?,
    };
    let mut vault = session::open(arguments)?;
    let person = vault.find(person)?;
    let event = vault.choose_authorities(&person, choice)?;
    recorded(output, &person, &event, "Recorded.")
}
