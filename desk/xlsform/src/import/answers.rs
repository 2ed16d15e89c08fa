//! What can be answered to a question, by its type, its list and its parameters.
//!
//! A type that is not asked here becomes a kind that is kept, under its own name.

use vigil_screening::sheet::{Htcds, Kept};
use vigil_screening::{AnswerKind, Choice, Id, Item, Text, limits};

use super::bag::{ADDED, keep};
use super::survey::{Builder, Pending, plain_item};
use crate::form::Row;
use crate::heading::Field;
use crate::htcds;
use crate::ids::Ids;
use crate::kind::{List, Question};

impl<'a> Builder<'a> {
    /// What can be answered, and whether `or_other` asks for words beside it.
    pub(super) fn answer(&mut self, row: &'a Row, question: &Question, bag: &mut Kept) -> (AnswerKind, bool) {
        let written = self.rows().get(row, Field::Type).unwrap_or_default();
        let (answer, usual) = match question {
            Question::Text => (AnswerKind::Text, "text"),
            Question::Integer => (AnswerKind::Number { min: i64::MIN, max: i64::MAX }, "integer"),
            Question::Decimal => (AnswerKind::Decimal, "decimal"),
            Question::Date => (AnswerKind::Date, "date"),
            Question::Time => (AnswerKind::Time, "time"),
            Question::Note => (AnswerKind::Note, "note"),
            Question::Calculate => (AnswerKind::Kept("calculate".to_owned()), "calculate"),
            Question::Range => (self.range(row), ""),
            Question::Kept("datetime") => (AnswerKind::Time, ""),
            Question::One(list) => return self.select(row, list, false, bag),
            Question::Several(list) => return self.select(row, list, true, bag),
            Question::Kept(kind) => {
                let words = match *kind {
                    "start"
                    | "end"
                    | "today"
                    | "deviceid"
                    | "subscriberid"
                    | "simserial"
                    | "phonenumber"
                    | "username"
                    | "email"
                    | "audit"
                    | "hidden"
                    | "start-geopoint"
                    | "background-geopoint"
                    | "background-audio" => "it is filled in without asking, in ODK and not here; kept for export",
                    _ => "a type that is not asked here; kept for export",
                };
                self.name(row, Field::Type, words);
                (AnswerKind::Kept((*kind).to_owned()), *kind)
            }
            Question::Unknown => {
                self.name(row, Field::Type, "not a type of any XLSForm; kept for export and not asked");
                (AnswerKind::Kept("unknown".to_owned()), "")
            }
        };
        if written != usual {
            keep(bag, Field::Type.header(), written);
        }
        (answer, false)
    }

    /// `start=1 end=10 step=1`: whole steps are a number within bounds.
    fn range(&mut self, row: &'a Row) -> AnswerKind {
        let (mut start, mut end, mut step) = (0.0, 10.0, 1.0);
        let parameters = self.rows().get(row, Field::Parameters).unwrap_or_default();
        let mut unread = false;
        for pair in parameters.split([' ', ',', ';']).filter(|pair| !pair.is_empty()) {
            let place = match pair.split_once('=').map(|(name, value)| (name.trim(), value.parse::<f64>())) {
                Some(("start", Ok(number))) => (&mut start, number),
                Some(("end", Ok(number))) => (&mut end, number),
                Some(("step", Ok(number))) => (&mut step, number),
                _ => {
                    unread = true;
                    continue;
                }
            };
            *place.0 = place.1;
        }
        if unread {
            self.name(row, Field::Parameters, "it says more than start, end and step; kept for export");
        }
        let whole = |number: f64| number.fract() == 0.0 && number.abs() < 1e15;
        #[allow(clippy::cast_possible_truncation, reason = "whole and far below 2^53")]
        if whole(start) && whole(end) && step.abs() == 1.0 {
            AnswerKind::Number { min: start.min(end) as i64, max: start.max(end) as i64 }
        } else {
            self.name(row, Field::Parameters, "bounds and steps with fractions are not kept to here; kept for export");
            AnswerKind::Decimal
        }
    }

    fn select(&mut self, row: &'a Row, list: &List, several: bool, bag: &mut Kept) -> (AnswerKind, bool) {
        let words = if several { "select_multiple" } else { "select_one" };
        let written = self.rows().get(row, Field::Type).unwrap_or_default();
        if written != format!("{words} {}", list.name) {
            keep(bag, Field::Type.header(), written);
        }
        let Some((id, options)) = self.lists.get(&list.name) else {
            keep(bag, Field::Type.header(), written);
            self.name(row, Field::Type, "its list is not on the choices sheet; kept for export and not asked");
            return (AnswerKind::Kept(words.to_owned()), false);
        };
        if !list.or_other {
            let id = id.clone();
            return (if several { AnswerKind::ChoicesFrom(id) } else { AnswerKind::ChoiceFrom(id) }, false);
        }
        // A copy of the options for each such question: a hostile form could have very many.
        if self.copied + options.len() > limits::ALL_OPTIONS {
            let id = id.clone();
            self.name(row, Field::Type, "too many lists with other words; they are not asked here; kept for export");
            return (if several { AnswerKind::ChoicesFrom(id) } else { AnswerKind::ChoiceFrom(id) }, false);
        }
        self.copied += options.len();
        // pyxform adds the option and a question for the words; both are added here as well.
        let mut options = options.to_vec();
        if !options.iter().any(|option| option.source_name.as_deref().unwrap_or(option.id.as_str()) == "other") {
            let mut ids = Ids::default();
            options.iter().for_each(|option| drop(ids.make(option.id.as_str(), "n")));
            let text = Text::in_one(self.languages.own.clone(), "Other");
            let (id, xlsform) = (ids.make("other", "n"), Kept::from([(ADDED.to_owned(), "or_other".to_owned())]));
            let source_name = (id.as_str() != "other").then(|| "other".to_owned());
            options.push(Choice { id, text, points: 0, htcds: None, media: Vec::new(), source_name, xlsform });
        }
        (if several { AnswerKind::Choices(options) } else { AnswerKind::Choice(options) }, true)
    }

    /// The words of `or_other`, asked where `other` was chosen.
    pub(super) fn other_words(&mut self, source: &str, asked: &Id) {
        let (section, at) = self.place();
        let id = self.items.make(&format!("{asked}_other"), "q_");
        let text = Text::in_one(self.languages.own.clone(), "Specify other.");
        let mut item = plain_item(id, AnswerKind::Text, text);
        keep(&mut item.xlsform, ADDED, "or_other");
        item.source_name = Some(format!("{source}_other"));
        self.push(section, item);
        let text = format!("selected(${{{source}}}, 'other')");
        self.pending.push(Pending {
            section,
            item: Some(at),
            field: Field::Relevant,
            text,
            row: 0,
            header: String::new(),
        });
    }

    /// The field of the HTCDS under whose name a question goes, and its options' values.
    pub(super) fn standard(&mut self, source: &str, item: &mut Item) {
        let Some(field) = htcds::field(source) else { return };
        item.htcds = Some(Htcds { field: field.name.to_owned(), values: Default::default() });
        let options = match &mut item.answer {
            AnswerKind::Choice(options) | AnswerKind::Choices(options) => Some(options),
            AnswerKind::ChoiceFrom(list) | AnswerKind::ChoicesFrom(list) => {
                // A list that two fields share has the values of the first.
                let matched = *self.matched.entry(list.clone()).or_insert(field.name);
                self.lists.lists.get_mut(list).filter(|_| matched == field.name)
            }
            _ => None,
        };
        for option in options.into_iter().flatten() {
            option.htcds = field.value(option.source_name.as_deref().unwrap_or(option.id.as_str()));
        }
    }
}
