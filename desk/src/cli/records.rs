//! Commands that write: screen, sighting, edit, decide, note, settle, hand over.
//! Each promises to be durable when it answers, and to leave everything as it was when it fails.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use vigil_core::records::{EventBody, EventId, FieldName, FieldValue, HandedTo, LongText, Outcome, ShortText};
use vigil_core::{Choice, NewSighting, RecordId, Recorded, Timestamp, Vault, VigilError};

use super::arguments::{Arguments, Decision, OutcomeName};
use super::output::Output;
use super::reading::field_lines;
use super::session;
use crate::error::DeskError;
use crate::screenings;
use crate::text::{count, plain};

/// What was recorded, as JSON.
pub(crate) fn recorded_json(recorded: &Recorded) -> Value {
    let persons: Vec<String> = recorded.persons.iter().map(RecordId::to_string).collect();
    json!({"screening": recorded.screening.to_string(), "persons": persons})
}

pub(super) fn screen(arguments: &Arguments, output: &Output, file: &str) -> Result<(), DeskError> {
    let text = session::text(file)?;
    let mut vault = session::open(arguments)?;
    let mut recorded = 0;
    for input in screenings::read(&text) {
        let one = input
            .and_then(|input| Ok(vault.record_screening(&input.screening, &input.persons, input.decision)?))
            .map_err(|error| stopped(recorded, error))?;
        recorded += 1;
        // At once: whatever happens next, whoever called knows what stands.
        acknowledge(output, &one).map_err(|error| stopped_after(recorded, error))?;
    }
    if recorded == 0 {
        return Err(DeskError::Usage("there is no screening in it".to_owned()));
    }
    Ok(())
}

fn stopped(recorded: u64, error: DeskError) -> DeskError {
    let before = match recorded {
        0 => "None was recorded before it".to_owned(),
        1 => "The one before it is saved, and its id was printed".to_owned(),
        more => format!("The {more} before it are saved, and their ids were printed"),
    };
    let words = format!("screening {}: {error}; it and what follows was not recorded. {before}.", recorded + 1);
    DeskError::Stopped { words, source: Box::new(error) }
}

/// The last one is saved too, and only its id could not be said.
fn stopped_after(recorded: u64, error: DeskError) -> DeskError {
    let words = format!("{} saved, the last one without its id printed: {error}", count(recorded, "screening"));
    DeskError::Stopped { words, source: Box::new(error) }
}

/// Says what was recorded: one line, and in JSON one value.
pub(super) fn acknowledge(output: &Output, recorded: &Recorded) -> Result<(), DeskError> {
    let words = match recorded.persons.len() {
        0 => recorded.screening.short(),
        persons => format!("{}, with {persons} of the people in it", recorded.screening.short()),
    };
    output.acknowledge(&recorded_json(recorded), &words)
}

pub(super) fn sighting(
    arguments: &Arguments,
    output: &Output,
    place: &str,
    description: Option<&str>,
    people: Option<u32>,
) -> Result<(), DeskError> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
    let sighting = NewSighting {
        place: place.to_owned(),
        seen_at: Timestamp(i64::try_from(now).unwrap_or(i64::MAX)),
        description: description.map(str::to_owned),
        people,
    };
    let record = session::open(arguments)?.record_sighting(&sighting)?;
    output.answer(&json!({"record": record.to_string()}), [record.short()])
}

pub(super) fn edit(
    arguments: &Arguments,
    output: &Output,
    record: &str,
    fields: &[String],
    unset: &[String],
) -> Result<(), DeskError> {
    let mut changes = Vec::new();
    for field in fields {
        changes.push(typed_field(field)?);
    }
    for name in unset {
        changes.push((field_name(name)?, None));
    }
    if changes.is_empty() {
        return Err(DeskError::Usage("name a field, as in station='East gate'".to_owned()));
    }
    let mut vault = session::open(arguments)?;
    let record = vault.find(record)?;
    vault.edit(&record, &changes)?;
    output.answer(&json!({"record": record.to_string()}), [format!("{} is changed.", record.short())])
}

fn field_name(name: &str) -> Result<FieldName, DeskError> {
    FieldName::new(name).map_err(|error| DeskError::Usage(format!("{}: {error}", plain(name))))
}

/// `name=words` or `name:=value`.
fn typed_field(typed: &str) -> Result<(FieldName, Option<FieldValue>), DeskError> {
    let (name, value) =
        typed.split_once('=').ok_or_else(|| DeskError::Usage("a field is written as name=words".to_owned()))?;
    let Some(name) = name.strip_suffix(':') else {
        return Ok((field_name(name)?, Some(FieldValue::Text(value.to_owned()))));
    };
    let value = serde_json::from_str::<FieldValue>(value)
        .map_err(|_| DeskError::Usage("after := comes a whole number, true, false or a text in quotes".to_owned()))?;
    Ok((field_name(name)?, Some(value)))
}

fn words<T>(text: &str, read: impl FnOnce(String) -> Option<T>) -> Result<T, DeskError> {
    read(text.to_owned()).ok_or_else(|| DeskError::Usage("the words are too long".to_owned()))
}

fn short_text(text: &str) -> Result<ShortText, DeskError> {
    words(text, |text| ShortText::new(text).ok())
}

fn outcome(decision: &Decision) -> Result<Outcome, DeskError> {
    let usage = |words: &str| DeskError::Usage(words.to_owned());
    let stray = match decision.outcome {
        OutcomeName::LetGo | OutcomeName::Declined => {
            decision.ground.is_some() || decision.to.is_some() || decision.reason.is_some()
        }
        OutcomeName::Intercepted => decision.to.is_some() || decision.reason.is_some(),
        OutcomeName::Referred => decision.ground.is_some() || decision.reason.is_some(),
        OutcomeName::Closed => decision.ground.is_some() || decision.to.is_some(),
    };
    if stray {
        return Err(usage("--ground goes with intercepted, --to with referred, --reason with closed"));
    }
    Ok(match decision.outcome {
        OutcomeName::LetGo => Outcome::LetGo,
        OutcomeName::Declined => Outcome::DeclinedInformed,
        OutcomeName::Intercepted => {
            let ground = decision.ground.ok_or_else(|| usage("say on what ground, with --ground"))?;
            Outcome::Intercepted { agreement: ground.agreement() }
        }
        OutcomeName::Referred => {
            let to = decision.to.as_deref().ok_or_else(|| usage("say where to, with --to"))?;
            Outcome::Referred { to: short_text(to)? }
        }
        OutcomeName::Closed => Outcome::Closed { reason: decision.reason.as_deref().map(short_text).transpose()? },
    })
}

pub(super) fn decide(
    arguments: &Arguments,
    output: &Output,
    record: &str,
    decision: &Decision,
) -> Result<(), DeskError> {
    let outcome = outcome(decision)?;
    let mut vault = session::open(arguments)?;
    let record = vault.find(record)?;
    let stands = vault.decide(&record, outcome)?;
    let line = if stands == record {
        format!("Decided; {} stands.", record.short())
    } else {
        format!(
            "Decided. Names, phones and the story are erased here; they will be erased on other devices when those sync. \
             What statistics need stands as {}.",
            stands.short()
        )
    };
    output.answer(&json!({"record": stands.to_string()}), [line])
}

pub(super) fn note(
    arguments: &Arguments,
    output: &Output,
    record: &str,
    text: &str,
    opinion: bool,
) -> Result<(), DeskError> {
    let text = words(text, |text| LongText::new(text).ok())?;
    let body = if opinion { EventBody::Opinion { text } } else { EventBody::Addendum { text } };
    let mut vault = session::open(arguments)?;
    let record = vault.find(record)?;
    let event = vault.add_event(&record, body)?;
    output.answer(
        &json!({"record": record.to_string(), "event": event.to_string()}),
        [format!("Added to {}.", record.short())],
    )
}

pub(super) fn hand_over(
    arguments: &Arguments,
    output: &Output,
    record: &str,
    to: Option<&str>,
    to_other: Option<&str>,
) -> Result<(), DeskError> {
    let mut vault = session::open(arguments)?;
    let record = vault.find(record)?;
    let (handed_to, who) = match (to, to_other) {
        (Some(prefix), _) => {
            let device = vault.find_member(prefix)?;
            (HandedTo::Device(device), plain(&vault.call(&device)?))
        }
        (None, Some(words)) => (HandedTo::Other(short_text(words)?), plain(words)),
        (None, None) => return Err(DeskError::Usage("say to whom, with --to or --to-other".to_owned())),
    };
    vault.decide(&record, Outcome::HandedOver { to: handed_to })?;
    output.answer(
        &json!({"record": record.to_string()}),
        [format!("{} is handed over to {who}; the next sync carries it.", record.short())],
    )
}

pub(super) fn settle(
    arguments: &Arguments,
    output: &Output,
    record: &str,
    field: Option<&str>,
    choose: Option<usize>,
    decision: Option<&str>,
) -> Result<(), DeskError> {
    let mut vault = session::open(arguments)?;
    let record = vault.find(record)?;
    let view = vault.show(&record)?;
    if let Some(prefix) = decision {
        return settle_decision(&mut vault, output, &record, &view.open_outcomes, prefix);
    }
    let open = view.fields.iter().filter(|shown| shown.values.len() > 1);
    let shown: Vec<_> = open.filter(|shown| field.is_none_or(|name| shown.name == name)).collect();
    let (Some(name), Some(number)) = (field, choose) else {
        let nothing = shown.is_empty() && view.open_outcomes.is_empty();
        let mut lines: Vec<String> = shown.iter().flat_map(|shown| field_lines(shown)).collect();
        lines.extend(view.open_outcomes.iter().map(|id| format!("open decision {id}: see `vigil show`")));
        if nothing {
            lines.push("Nobody differs on it.".to_owned());
        }
        return output.answer(&json!({"fields": shown, "open_outcomes": view.open_outcomes}), lines);
    };
    let index = number.checked_sub(1).ok_or_else(|| DeskError::Usage("values are numbered from 1".to_owned()))?;
    let name = field_name(name)?;
    let event = vault.settle(&record, &name, Choice::Number(index))?;
    output.answer(
        &json!({"record": record.to_string(), "event": event.to_string()}),
        [format!("Settled under your name; the other values stay in the history of {}.", record.short())],
    )
}

fn settle_decision(
    vault: &mut Vault,
    output: &Output,
    record: &RecordId,
    open: &[String],
    prefix: &str,
) -> Result<(), DeskError> {
    let mut fitting = open.iter().filter(|id| !prefix.is_empty() && id.starts_with(prefix));
    let found = fitting.next().ok_or(VigilError::NotFound { what: "open decision" })?;
    if fitting.next().is_some() {
        return Err(VigilError::Ambiguous { what: "decision" }.into());
    }
    let chosen = EventId::from_hex(found).ok_or(VigilError::NotFound { what: "open decision" })?;
    let event = vault.settle_outcome(record, &chosen)?;
    output.answer(
        &json!({"record": record.to_string(), "event": event.to_string()}),
        [format!("Settled under your name: {} stands as decided there.", record.short())],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_typed_as_words_or_values() {
        let read = |typed| typed_field(typed).map(|(name, value)| (name.as_str().to_owned(), value));
        let text = |words: &str| Some(FieldValue::Text(words.to_owned()));
        assert_eq!(read("station=a=b").unwrap(), ("station".to_owned(), text("a=b")));
        assert_eq!(read("minutes:=12").unwrap(), ("minutes".to_owned(), Some(FieldValue::Integer(12))));
        assert_eq!(read("note=").unwrap(), ("note".to_owned(), text("")));
        for bad in ["station", "Station=x", "minutes:=1.5", "=x", "a b=c"] {
            assert_eq!(read(bad).unwrap_err().exit_status(), 2, "{bad}");
        }
    }

    #[test]
    fn details_go_with_the_outcome_that_has_them() {
        let decision = |outcome| Decision { outcome, ground: None, to: None, reason: None };
        assert_eq!(outcome(&decision(OutcomeName::LetGo)).unwrap(), Outcome::LetGo);
        assert!(outcome(&decision(OutcomeName::Intercepted)).is_err());
        assert!(outcome(&decision(OutcomeName::Referred)).is_err());
        let stray = Decision { to: Some("x".to_owned()), ..decision(OutcomeName::LetGo) };
        assert!(outcome(&stray).is_err());
    }
}
