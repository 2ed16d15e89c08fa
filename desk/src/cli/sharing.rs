//! Sharing with another space and allegations, on the command line. Messages go to standard output alone, so that they can be
//! put into a file; what a person must know beside them goes to standard error.

use serde_json::json;
use std::collections::BTreeMap;
use vigil_core::records::{Code, FieldName, LongText, ShareId};
use vigil_core::{
    AccusedBy, AllegationView, CardView, NewAllegation, SentShareView, ShareOrder, ShareState, Vault, VigilError,
};
use vigil_screening::Date;

use super::arguments::{Allege, Arguments, ShareCommand};
use super::consent::{code, one_of, short};
use super::output::Output;
use super::session;
use crate::error::DeskError;
use crate::text::{plain, time};

pub(super) fn share(arguments: &Arguments, output: &Output, command: &ShareCommand) -> Result<(), DeskError> {
    match command {
        ShareCommand::Card { name, kind } => {
            let (name, kind) = (short("--name", name)?, code("--kind", kind)?);
            let (card, view) = session::open(arguments)?.space_card(name, kind)?;
            beside(output, &format!("Read this number to whoever takes the card in: {}", view.number));
            output.answer(&json!({"card": card, "number": view.number, "space": view.space}), [card.as_str()])
        }
        ShareCommand::ImportCard { card, number } => {
            let card = session::code(card)?;
            let view = session::open(arguments)?.import_card(&card, number.as_deref())?;
            let next = if view.confirmed {
                "Confirmed: shares may go there.".to_owned()
            } else {
                format!("Compare this number, then give it with --number: {}", view.number)
            };
            output.answer(&view, [card_line(&view), next])
        }
        ShareCommand::Cards => {
            let cards = session::open(arguments)?.cards()?;
            output.answer(&cards, cards.iter().map(card_line))
        }
        ShareCommand::Send { again: Some(share), .. } => {
            let vault = session::open(arguments)?;
            let share = find(&vault, share)?;
            let message = vault.share_message(&share)?;
            output.answer(&json!({"share": share.to_string(), "message": message}), [message.as_str()])
        }
        ShareCommand::Send { person, to, purpose, screening, field, again: None } => {
            let missing = || DeskError::Usage("name the person, --to and --purpose".to_owned());
            let (person, to) = (person.as_deref().ok_or_else(missing)?, to.clone().ok_or_else(missing)?);
            let purpose = code("--purpose", purpose.as_deref().ok_or_else(missing)?)?;
            let fields = fields(field)?;
            let mut vault = session::open(arguments)?;
            let person = vault.find(person)?;
            let screenings = screening.iter().map(|id| vault.find(id)).collect::<Result<_, _>>()?;
            let sent = vault.share(&ShareOrder { person, screenings, fields, space: to, purpose })?;
            beside(output, &format!("Share {} rests on: {}.", sent.share, sent.ground.replace('_', " ")));
            if sent.against_choice {
                beside(output, "She chose her authorities and left this one out: tell her.");
            }
            let value = json!({
                "share": sent.share.to_string(), "message": sent.message, "ground": sent.ground,
                "against_choice": sent.against_choice,
            });
            output.answer(&value, [sent.message.as_str()])
        }
        ShareCommand::Accept { message } => {
            let message = session::code(message)?;
            let accepted = session::open(arguments)?.accept_share(&message)?;
            let records: Vec<String> = accepted.records.iter().map(ToString::to_string).collect();
            let value = json!({
                "share": accepted.share.to_string(), "records": records, "already": accepted.already,
                "from": accepted.from,
            });
            let from = accepted.from.as_deref().map_or_else(
                || "from a space whose card nobody has compared here".to_owned(),
                |name| format!("from {}", plain(name)),
            );
            let what = if accepted.already { "It was taken in before" } else { "Taken in" };
            output.answer(&value, std::iter::once(format!("{what}, {from}:")).chain(records))
        }
        ShareCommand::List => {
            let shares = session::open(arguments)?.shares()?;
            output.answer(&shares, shares.iter().map(share_line))
        }
        ShareCommand::Recall { share } => {
            let mut vault = session::open(arguments)?;
            let share = find(&vault, share)?;
            let recall = vault.recall(&share)?;
            output.answer(&json!({"share": share.to_string(), "recall": recall}), [recall.as_str()])
        }
        ShareCommand::AcceptRecall { message } => accept_recall(arguments, output, &session::code(message)?),
    }
}

fn accept_recall(arguments: &Arguments, output: &Output, message: &str) -> Result<(), DeskError> {
    let mut vault = session::open(arguments)?;
    if message.trim_start().starts_with("vigil-recall-answer-") {
        let (share, erased) = vault.accept_recall_answer(message)?;
        let line = if erased {
            "The recipient says that its copy is erased."
        } else {
            "The recipient keeps its copy on a basis of its own."
        };
        return output.answer(&json!({"share": share.to_string(), "erased": erased}), [line]);
    }
    let answered = vault.accept_recall(message)?;
    beside(
        output,
        if answered.erased { "The copy is erased here." } else { "The copy stays, on a basis of this space's own." },
    );
    let value = json!({"share": answered.share.to_string(), "erased": answered.erased, "answer": answered.answer});
    output.answer(&value, [answered.answer.as_str()])
}

/// Says something to the person beside a message that goes to standard output; JSON holds it anyway.
fn beside(output: &Output, line: &str) {
    if !output.is_json() {
        eprintln!("{line}");
    }
}

/// Fields as typed, `kind.field`, by kind.
fn fields(typed: &[String]) -> Result<BTreeMap<Code, Vec<FieldName>>, DeskError> {
    let mut fields: BTreeMap<Code, Vec<FieldName>> = BTreeMap::new();
    for typed in typed {
        let usage = || DeskError::Usage(format!("--field {}: give it as kind.field", plain(typed)));
        let (kind, field) = typed.split_once('.').ok_or_else(usage)?;
        let field = FieldName::new(field).map_err(|_| usage())?;
        fields.entry(code("--field", kind)?).or_default().push(field);
    }
    Ok(fields)
}

/// The share whose name begins like this.
fn find(vault: &Vault, prefix: &str) -> Result<ShareId, DeskError> {
    let prefix = prefix.trim().to_ascii_lowercase();
    let shares = vault.shares()?;
    let mut fitting = shares.iter().filter(|share| !prefix.is_empty() && share.share.starts_with(&prefix));
    let found = fitting.next().and_then(|share| ShareId::from_hex(&share.share));
    let found = found.ok_or(VigilError::NotFound { what: "share" })?;
    if fitting.next().is_some() {
        return Err(VigilError::Ambiguous { what: "share" }.into());
    }
    Ok(found)
}

fn card_line(card: &CardView) -> String {
    let state = if card.confirmed { "confirmed" } else { "not compared yet" };
    let space = card.space.get(..8).unwrap_or(&card.space);
    format!("{space}  {}, {}: {state}", plain(&card.name), plain(&card.kind.replace('_', " ")))
}

fn share_line(share: &SentShareView) -> String {
    let state = match share.state {
        ShareState::Out => "out",
        ShareState::RecallDue => "MUST BE CALLED BACK",
        ShareState::RecallSent => "called back, the answer is waited for",
        ShareState::Erased => "called back, erased there",
        ShareState::Kept => "called back, kept there on a basis of theirs",
    };
    format!(
        "{}  {}  {} to {} ({}), on {}{}: {state}",
        share.share.get(..8).unwrap_or(&share.share),
        time(share.time),
        plain(&share.purpose.replace('_', " ")),
        plain(share.name.as_deref().unwrap_or("a space without a card here")),
        plain(&share.recipient.replace('_', " ")),
        share.ground.replace('_', " "),
        if share.against_choice { ", against her choice" } else { "" },
    )
}

pub(super) fn allege(arguments: &Arguments, output: &Output, allege: &Allege) -> Result<(), DeskError> {
    let mut vault = session::open(arguments)?;
    let record = vault.find(&allege.record)?;
    let event = if let (Some(allegation), Some(reason)) = (&allege.withdraw, &allege.reason) {
        let made = vault.allegations(false)?;
        let allegation = one_of(made.iter().map(|made| made.id.as_str()), allegation, "allegation")?;
        vault.withdraw_allegation(&record, &allegation, code("--reason", reason)?)?
    } else {
        let given = given(&vault, allege)?;
        vault.allege(&record, given)?
    };
    let line = if allege.withdraw.is_some() { "Taken back." } else { "Recorded; it will come up for review." };
    output.answer(&json!({"record": record.to_string(), "event": event.to_string()}), [line])
}

fn given(vault: &Vault, allege: &Allege) -> Result<NewAllegation, DeskError> {
    let missing = |what: &str| DeskError::Usage(format!("give {what}"));
    let about = match (&allege.person, &allege.role) {
        (Some(person), _) => AccusedBy::Record(vault.find(person)?),
        (None, Some(role)) => AccusedBy::Role(code("--role", role)?),
        (None, None) => return Err(missing("--person or --role")),
    };
    let words = allege.words.as_deref().ok_or_else(|| missing("the words"))?;
    let review = allege.review.as_deref().ok_or_else(|| missing("--review"))?;
    Ok(NewAllegation {
        about,
        basis: code("--basis", allege.basis.as_deref().ok_or_else(|| missing("--basis"))?)?,
        review_on: Date::parse(review).map_err(|_| DeskError::Usage("--review: give it as YYYY-MM-DD".to_owned()))?,
        words: LongText::new(words).map_err(|error| DeskError::Usage(error.to_string()))?,
    })
}

pub(super) fn allegations(arguments: &Arguments, output: &Output, due: bool) -> Result<(), DeskError> {
    let views = session::open(arguments)?.allegations(due)?;
    let line = |view: &AllegationView| {
        let state = view.withdrawn.as_deref().map_or_else(
            || format!("review on {}", view.review_on),
            |reason| format!("taken back: {}", plain(&reason.replace('_', " "))),
        );
        format!(
            "{}  in {}  {}: {} ({}, {})",
            view.id.get(..8).unwrap_or(&view.id),
            view.record.get(..8).unwrap_or(&view.record),
            plain(&view.basis.replace('_', " ")),
            plain(&view.words),
            plain(&view.author),
            state
        )
    };
    output.answer(&views, views.iter().map(line))
}
