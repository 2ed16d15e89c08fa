//! The page before every other, which no spreadsheet has and every instrument needs (CARE 6).
//!
//! It is the page of the shipped border instrument, marked as added: an export leaves it out again.

use vigil_screening::sheet::Card;
use vigil_screening::{InstrumentError, Lang, Review, SafetyPage, Text, Wording, border_interception};

use super::bag::{ADDED, keep};
use crate::language::Languages;

/// The page and the cards that it opens, in the languages of the form as far as they are there.
pub(crate) fn page(languages: &Languages) -> Result<(SafetyPage, Vec<Card>), InstrumentError> {
    let shipped = border_interception()?;
    let mut page = shipped.sheet().safety.clone();
    let used = |card: &&Card| page.items.iter().any(|item| item.help_card.as_ref() == Some(&card.id));
    let mut cards: Vec<Card> = shipped.sheet().help_cards.iter().filter(used).cloned().collect();
    let mut texts: Vec<&mut Text> = vec![&mut page.title];
    texts.extend(&mut page.lines);
    for item in &mut page.items {
        keep(&mut item.xlsform, ADDED, "safety");
        item.group = None;
        item.source_items.clear();
        texts.push(&mut item.text);
        texts.extend(&mut item.hint);
    }
    for card in &mut cards {
        texts.push(&mut card.title);
        texts.extend(&mut card.lines);
    }
    for text in texts {
        *text = within(text, languages);
    }
    Ok((page, cards))
}

/// The text in the form's languages; where its own is missing, the English stands in and says that nobody reviewed it.
fn within(text: &Text, languages: &Languages) -> Text {
    let mut out = Text::default();
    let has = |lang: &Lang| languages.all.iter().any(|(_, tag)| tag == lang);
    for (lang, wording) in text.wordings().filter(|(lang, _)| has(lang)) {
        let review = if *lang == languages.own { None } else { wording.review };
        out.put(lang.clone(), Wording { text: wording.text.clone(), review });
    }
    if out.get(languages.own.as_str()).is_none() {
        let words = text.get("en").or_else(|| text.wordings().next().map(|(_, words)| words));
        let text = words.map_or_else(|| "?".to_owned(), |words| words.text.clone());
        out.put(languages.own.clone(), Wording { text, review: Some(Review::Unreviewed) });
    }
    out
}
