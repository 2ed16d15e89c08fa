//! A whole instrument for a person to read: notice, origin, safety page, items, cards; rules have a file of their own.
//! It promises to leave out nothing that changes a result or that a reviewer has to see.

use serde_json::json;
use vigil_screening::sheet::{CheckedHow, ProfileAge, Strength};
use vigil_screening::{AnswerKind, Applies, Card, Choice, Concern, Item, Role, Section, YesOrNo, coverage};

use super::list::{origin, spoken_list, status_words};
use super::rules;
use super::source::{self, Loaded};
use crate::cli::arguments::Languages;
use crate::cli::output::Output;
use crate::cli::reader::Reader;
use crate::error::DeskError;
use crate::text::plain;

pub(super) fn show(output: &Output, given: &str, languages: &Languages) -> Result<(), DeskError> {
    let loaded = source::load(given)?;
    let instrument = &loaded.instrument;
    let reader = Reader::new(instrument, languages.tags());
    let value = json!({
        "instrument": instrument.id(),
        "version": instrument.version(),
        "digest": instrument.digest().to_string(),
        "pin": instrument.pin(),
        "shipped": loaded.is_shipped,
        "signed_by": instrument.signed_by(),
        "languages": coverage(instrument),
        "sheet": instrument.sheet(),
    });
    let lines = if output.is_json() { Vec::new() } else { lines(&loaded, &reader) };
    output.answer(&value, lines.iter().map(|line| plain(line)))
}

fn lines(loaded: &Loaded, reader: &Reader<'_>) -> Vec<String> {
    let mut lines = head(loaded, reader);
    let sheet = reader.instrument.sheet();
    lines.extend([String::new(), format!("== {}", reader.words(&sheet.safety.title))]);
    lines.extend(sheet.safety.lines.iter().map(|line| format!("- {}", reader.words(line))));
    lines.extend(sheet.safety.items.iter().flat_map(|item| item_lines(reader, item)));
    for section in &sheet.sections {
        lines.extend(section_lines(reader, section));
    }
    for (id, options) in &sheet.lists {
        lines.extend([String::new(), format!("== List {id}")]);
        lines.extend(options.iter().map(|option| option_line(reader, option)));
    }
    lines.extend(rules::lines(reader));
    for (what, cards) in [("Help card", &sheet.help_cards), ("Advice card", &sheet.advice_cards)] {
        lines.extend(cards.iter().flat_map(|card| card_lines(reader, what, card)));
    }
    if !sheet.cases.is_empty() {
        lines.extend([String::new(), "== Worked cases (`vigil instrument practice`)".to_owned()]);
        lines.extend(sheet.cases.iter().map(|case| format!("{}: {}", case.id, reader.words(&case.title))));
    }
    lines
}

fn head(loaded: &Loaded, reader: &Reader<'_>) -> Vec<String> {
    let instrument = reader.instrument;
    let sheet = instrument.sheet();
    let (it, needs) = (&sheet.provenance, &sheet.needs);
    let mut lines = vec![
        reader.words(&sheet.title),
        format!("{}@{}, {}", instrument.id(), instrument.version(), origin(loaded)),
        format!("digest {}", instrument.digest()),
        String::new(),
        reader.words(&sheet.notice),
    ];
    lines.extend(sheet.disabled.as_ref().map(|why| format!("SWITCHED OFF: {}", reader.words(why))));
    lines.extend([
        String::new(),
        "== Where it comes from".to_owned(),
        format!("source: {}", it.source),
        format!("licence of the source: {}", it.source_licence),
        format!("licence: {}", it.licence),
        format!("{}: {}", status_words(it.status), it.status_note),
    ]);
    lines.extend(it.changes.iter().map(|change| format!("- differs: {change}")));
    let roles: Vec<String> = needs.roles.iter().map(ToString::to_string).collect();
    lines.extend([String::new(), "== Who may use it".to_owned(), spoken_list(&roles)]);
    lines.extend(needs.training.iter().map(|training| format!("- training: {}", reader.words(training))));
    for kind in &sheet.profiles {
        let age = match kind.age {
            None => "any age",
            Some(ProfileAge::Under18) => "under 18 or age unknown",
            Some(ProfileAge::Adult) => "18 or over",
        };
        lines.push(format!("- profile {}: {} ({age})", kind.id, reader.words(&kind.text)));
        lines.extend(kind.disabled.as_ref().map(|why| format!("  SWITCHED OFF: {}", reader.words(why))));
    }
    lines.extend([String::new(), "== Languages".to_owned()]);
    for language in coverage(instrument) {
        let alone = if language.is_ready() { "may be used alone" } else { "stands beside the original" };
        lines.push(format!(
            "{}: {} of {} texts, {} original or reviewed; {alone}",
            language.language, language.translated, language.texts, language.reviewed
        ));
    }
    lines
}

fn section_lines(reader: &Reader<'_>, section: &Section) -> Vec<String> {
    let title = section.title.as_ref().map_or_else(|| section.id.to_string(), |title| reader.words(title));
    let mut lines = vec![String::new(), format!("== {title}")];
    lines.extend(section.part_of.as_ref().map(|id| format!("part of {id}")));
    lines.extend(section.continues.as_ref().map(|id| format!("goes on with {id}")));
    lines.extend(section.when.as_ref().map(|when| format!("asked only if: {when}")));
    lines.extend(section.repeat.as_ref().map(|repeat| match &repeat.count {
        Some(count) => format!("asked as often as {count} says, at most {} times", repeat.most),
        None => format!("asked for each of several, at most {}", repeat.most),
    }));
    lines.extend(section.lines.iter().map(|line| format!("- {}", reader.words(line))));
    lines.extend(section.items.iter().flat_map(|item| item_lines(reader, item)));
    lines
}

fn item_lines(reader: &Reader<'_>, item: &Item) -> Vec<String> {
    let mut lines = vec![String::new(), format!("  {}  [{}]", reader.words(&item.text), item.id)];
    lines.extend(item.hint.as_ref().map(|hint| format!("    ({})", reader.words(hint))));
    lines.push(format!("    {}", facts(reader, item).join("; ")));
    lines.extend(match &item.answer {
        AnswerKind::Choice(options) | AnswerKind::Choices(options) => {
            options.iter().map(|option| format!("    {}", option_line(reader, option))).collect()
        }
        _ => Vec::new(),
    });
    lines.extend(item.when.as_ref().map(|when| format!("    asked only if: {when}")));
    if let Some(constraint) = &item.constraint {
        let words = item.constraint_text.as_ref().map(|text| format!(" ({})", reader.words(text)));
        lines.push(format!("    must fulfil: {constraint}{}", words.unwrap_or_default()));
    }
    if !item.verified_by.is_empty() {
        let ways: Vec<String> = item.verified_by.iter().map(|way| reader.way(way.as_str())).collect();
        lines.push(format!("    verified by: {}", ways.join("; ")));
    }
    if let Some(checked) = &item.checked {
        let note = checked.note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
        lines.push(format!("    {}{note}", checked_words(checked.status)));
    }
    if !item.source_items.is_empty() {
        lines.push(format!("    from: {}", item.source_items.join(", ")));
    }
    lines
}

/// What an item is and does, in a few words each.
fn facts(reader: &Reader<'_>, item: &Item) -> Vec<String> {
    let mut facts = vec![kind_words(&item.answer)];
    facts.extend(match item.role {
        Role::RedFlag => Some("a sign".to_owned()),
        Role::GreenLight => Some("a green light".to_owned()),
        Role::Contact => Some("a contact".to_owned()),
        Role::Question => None,
    });
    if item.points > 0 {
        facts.push(rules::points(u32::from(item.points)));
    }
    facts.extend(item.points_for.iter().map(|(kind, points)| format!("{kind}: {}", rules::points(u32::from(*points)))));
    facts.extend(item.strengths.iter().map(|(kind, strength)| {
        let words = strength_words(*strength);
        if kind.as_str() == "any" { words.to_owned() } else { format!("{kind}: {words}") }
    }));
    facts.extend(match item.applies {
        Applies::Everyone => None,
        Applies::Under18 => Some("under 18 or age unknown only".to_owned()),
        Applies::Adult => Some("18 or over only".to_owned()),
    });
    facts.extend(item.concern.map(|concern| {
        let what = match concern {
            Concern::RequestForHelp => "a request for help",
            Concern::Injury => "an injury",
            Concern::Danger => "danger",
        };
        format!("{what}, which no green light overrides")
    }));
    let card = item.help_card.as_ref().and_then(|id| reader.instrument.card(id.as_str()));
    facts.extend(card.map(|card| format!("yes opens the card \"{}\"", reader.words(&card.title))));
    facts.extend(item.ends_when.map(|end| match end {
        YesOrNo::Yes => "yes ends the talk".to_owned(),
        YesOrNo::No => "no ends the talk".to_owned(),
    }));
    facts.extend(item.only_if_raised.then(|| "never asked, noted if the person brings it up".to_owned()));
    facts.extend(item.important.then(|| "asked before others".to_owned()));
    facts.extend(item.icon.as_ref().map(|icon| format!("icon {icon}")));
    facts.extend(item.voice.as_ref().map(|voice| format!("voice {voice}")));
    facts.extend(item.htcds.as_ref().map(|htcds| format!("HTCDS {}", htcds.field)));
    facts
}

fn kind_words(kind: &AnswerKind) -> String {
    match kind {
        AnswerKind::YesNo => "yes or no".to_owned(),
        AnswerKind::Choice(_) => "one of these".to_owned(),
        AnswerKind::Choices(_) => "any of these".to_owned(),
        AnswerKind::ChoiceFrom(list) => format!("one of the list {list}"),
        AnswerKind::ChoicesFrom(list) => format!("any of the list {list}"),
        AnswerKind::Number { min: i64::MIN, max: i64::MAX } => "a whole number".to_owned(),
        AnswerKind::Number { min, max: i64::MAX } => format!("a whole number from {min}"),
        AnswerKind::Number { min: i64::MIN, max } => format!("a whole number up to {max}"),
        AnswerKind::Number { min, max } => format!("a whole number from {min} to {max}"),
        AnswerKind::Decimal => "a number".to_owned(),
        AnswerKind::Date => "a day".to_owned(),
        AnswerKind::Time => "a time".to_owned(),
        AnswerKind::Text => "words".to_owned(),
        AnswerKind::Note => "only read".to_owned(),
        AnswerKind::Kept(kind) => format!("not asked here, kept for export: {kind}"),
        _ => "another kind".to_owned(),
    }
}

fn option_line(reader: &Reader<'_>, option: &Choice) -> String {
    let points =
        if option.points > 0 { format!(", {}", rules::points(u32::from(option.points))) } else { String::new() };
    format!("* {} [{}{points}]", reader.words(&option.text), option.id)
}

fn card_lines(reader: &Reader<'_>, what: &str, card: &Card) -> Vec<String> {
    let mut lines = vec![String::new(), format!("== {what}: {} [{}]", reader.words(&card.title), card.id)];
    lines.extend(card.lines.iter().map(|line| format!("- {}", reader.words(line))));
    lines
}

pub(super) fn strength_words(strength: Strength) -> &'static str {
    match strength {
        Strength::Weak => "weak",
        Strength::Medium => "medium",
        Strength::Strong => "strong",
    }
}

fn checked_words(how: CheckedHow) -> &'static str {
    match how {
        CheckedHow::ReadInSource => "read in the source",
        CheckedHow::ReadInSecondary => "read in a text that reproduces the source",
        CheckedHow::Disputed => "DISPUTED: sources say different things",
        CheckedHow::Recalled => "NOT CHECKED: from memory",
        CheckedHow::Own => "an addition of this instrument's",
    }
}
