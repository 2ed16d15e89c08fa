//! The survey as sections of items: groups and repeats become sections, everything else an item.
//!
//! Expressions are set aside for later, when every name is known.

use std::collections::HashMap;

use vigil_screening::sheet::{Kept, Repeat};
use vigil_screening::{AnswerKind, Id, Item, Role, Section, Text, limits};

use super::bag::{AFTER, OUTSIDE, keep};
use super::choices::{Lists, media};
use super::texts::{named, text};
use crate::form::{Form, Row, Rows};
use crate::heading::{Field, Wording};
use crate::ids::Ids;
use crate::kind::{Kind, Question};
use crate::language::Languages;
use crate::report::Report;

/// An expression that is read once every name is known.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) section: usize,
    /// The item in the section; none: the section itself.
    pub(crate) item: Option<usize>,
    pub(crate) field: Field,
    pub(crate) text: String,
    pub(crate) row: u32,
    pub(crate) header: String,
}

/// Builds sections from rows.
pub(crate) struct Builder<'a> {
    form: &'a Form,
    pub(super) languages: &'a Languages,
    pub(super) lists: &'a mut Lists,
    pub(super) report: &'a mut Report,
    pub(super) items: Ids,
    names: Ids,
    open: Vec<Level>,
    /// The fields of the standard that each list's options were matched with.
    pub(super) matched: HashMap<Id, &'static str>,
    /// Options that were copied for `or_other`.
    pub(super) copied: usize,
    pub(crate) sections: Vec<Section>,
    pub(crate) pending: Vec<Pending>,
}

/// A group that is open, or the form itself.
struct Level {
    /// Its first section.
    first: Option<usize>,
    /// The section that takes the next item; none after an inner group.
    current: Option<usize>,
    /// The row before, for computed values.
    last: String,
}

impl<'a> Builder<'a> {
    pub(crate) fn new(
        form: &'a Form,
        languages: &'a Languages,
        lists: &'a mut Lists,
        report: &'a mut Report,
        items: Ids,
    ) -> Self {
        let open = vec![Level { first: None, current: None, last: String::new() }];
        let (names, matched) = (Ids::default(), HashMap::new());
        Self {
            form,
            languages,
            lists,
            report,
            items,
            names,
            open,
            matched,
            copied: 0,
            sections: Vec::new(),
            pending: Vec::new(),
        }
    }

    /// Reads every row.
    pub(crate) fn all(&mut self) {
        let form = self.form;
        for entry in &form.entries {
            match (&entry.kind, form.row(entry)) {
                (Kind::End(_), row) => {
                    let ended = if self.open.len() > 1 { self.open.pop().and_then(|level| level.first) } else { None };
                    if let Some(row) = row {
                        self.keep_end(row, ended);
                    }
                }
                (Kind::BeginGroup | Kind::BeginRepeat | Kind::BeginLoop, Some(row)) => self.begin(row, &entry.kind),
                (Kind::Question(question), Some(row)) => self.question(row, question),
                _ => {}
            }
        }
    }

    pub(super) fn rows(&self) -> &'a Rows {
        &self.form.survey
    }

    fn begin(&mut self, row: &'a Row, kind: &Kind) {
        let rows = self.rows();
        let source = rows.get(row, Field::Name).unwrap_or_default();
        self.check_name(row, source);
        let id = self.names.make(source, "section_");
        let mut bag = Kept::new();
        let title = text(rows, row, Wording::Label, self.languages, &mut bag, self.report);
        let repeat = (*kind == Kind::BeginRepeat).then(|| self.repeat(row, &mut bag));
        if *kind == Kind::BeginLoop {
            let type_of_row = rows.get(row, Field::Type).unwrap_or_default();
            keep(&mut bag, Field::Type.header(), type_of_row);
            self.name(row, Field::Type, "a loop over options is not gone through here; it is taken as a group");
        }
        self.keep_rest(row, &mut bag, true);
        let part_of = self.open.iter().rev().find_map(|level| level.first).and_then(|at| self.sections.get(at));
        let part_of = part_of.map(|section| section.id.clone());
        let at = self.sections.len();
        let source_name = (id.as_str() != source).then(|| source.to_owned());
        let (lines, items) = (Vec::new(), Vec::new());
        self.sections.push(Section {
            id,
            title,
            lines,
            when: None,
            part_of,
            continues: None,
            repeat,
            items,
            source_name,
            xlsform: bag,
        });
        self.expect(row, at, None, Field::Relevant);
        if let Some(level) = self.open.last_mut() {
            level.current = None;
            level.last = String::new();
        }
        self.open.push(Level { first: Some(at), current: Some(at), last: String::new() });
    }

    /// How often a repeat is asked: a number is used as it is, anything else is an expression.
    fn repeat(&mut self, row: &'a Row, bag: &mut Kept) -> Repeat {
        const WITHOUT_COUNT: u16 = 20;
        let Some(text) = self.rows().get(row, Field::RepeatCount) else {
            return Repeat { most: WITHOUT_COUNT, count: None };
        };
        keep(bag, Field::RepeatCount.header(), text);
        let most = match text.parse::<u16>() {
            Ok(count) if (1..=limits::ROUNDS).contains(&count) => count,
            Ok(_) => {
                self.name(row, Field::RepeatCount, "more rounds, or fewer, than are asked here; kept for export");
                limits::ROUNDS
            }
            Err(_) => {
                self.expect(row, self.sections.len(), None, Field::RepeatCount);
                limits::ROUNDS
            }
        };
        Repeat { most, count: None }
    }

    fn question(&mut self, row: &'a Row, question: &Question) {
        let rows = self.rows();
        let source = match rows.get(row, Field::Name) {
            Some(name) => name.to_owned(),
            None if *question == Question::Note => format!("generated_note_name_{}", row.number),
            None => {
                self.name(row, Field::Name, "a question without a name gets one here");
                format!("row_{}", row.number)
            }
        };
        self.check_name(row, &source);
        let id = self.items.make(&source, "q_");
        let mut bag = Kept::new();
        let (answer, or_other) = self.answer(row, question, &mut bag);
        let label = text(rows, row, Wording::Label, self.languages, &mut bag, self.report);
        let label = label.unwrap_or_else(|| named(&source, self.languages, &mut bag));
        let hint = text(rows, row, Wording::Hint, self.languages, &mut bag, self.report);
        let message = text(rows, row, Wording::ConstraintMessage, self.languages, &mut bag, self.report);
        let media = media(rows, row, self.languages, &mut bag, self.report);
        self.keep_rest(row, &mut bag, false);
        if answer == AnswerKind::Kept("calculate".to_owned()) {
            let last = self.open.last().map(|level| level.last.clone()).unwrap_or_default();
            keep(&mut bag, AFTER, &last);
        }
        let (section, at) = self.place();
        for field in [Field::Relevant, Field::Constraint] {
            self.expect(row, section, Some(at), field);
        }
        if *question == Question::Calculate {
            self.expect(row, section, Some(at), Field::Calculation);
        }
        let mut item = Item {
            source_name: (id.as_str() != source).then(|| source.clone()),
            ..plain_item(id.clone(), answer, label)
        };
        (item.hint, item.constraint_text, item.media, item.xlsform) = (hint, message, media, bag);
        self.standard(&source, &mut item);
        self.push(section, item);
        if let Some(level) = self.open.last_mut() {
            level.last.clone_from(&source);
        }
        if or_other {
            self.other_words(&source, &id);
        }
    }

    /// The section that takes the next item, and the item's place in it.
    pub(super) fn place(&mut self) -> (usize, usize) {
        let Some(level) = self.open.last() else { return (0, 0) };
        let (first, current) = (level.first, level.current);
        let section = current.unwrap_or_else(|| self.go_on(first));
        (section, self.sections.get(section).map_or(0, |section| section.items.len()))
    }

    /// A section for what follows an inner group, or for what stands outside of all.
    fn go_on(&mut self, first: Option<usize>) -> usize {
        let begun = first.and_then(|at| self.sections.get(at));
        let (id, continues, bag) = match begun {
            Some(section) => (self.names.make(section.id.as_str(), "section_"), Some(section.id.clone()), Kept::new()),
            None => {
                let before = self.sections.iter().find(|section| section.xlsform.contains_key(OUTSIDE));
                let continues = before.map(|section| section.id.clone());
                (self.names.make("form", "section_"), continues, Kept::from([(OUTSIDE.to_owned(), String::new())]))
            }
        };
        let at = self.sections.len();
        self.sections.push(Section {
            id,
            title: None,
            lines: Vec::new(),
            when: None,
            part_of: None,
            continues,
            repeat: None,
            items: Vec::new(),
            source_name: None,
            xlsform: bag,
        });
        if let Some(level) = self.open.last_mut() {
            level.current = Some(at);
        }
        at
    }

    pub(super) fn push(&mut self, section: usize, item: Item) {
        if let Some(section) = self.sections.get_mut(section) {
            section.items.push(item);
        }
    }

    fn check_name(&mut self, row: &Row, source: &str) {
        let starts = source.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_');
        if !starts || source.chars().any(|c| c.is_whitespace() || "()[]{}<>=\"'/\\,;!?*+&#@$%^|~`".contains(c)) {
            self.name(row, Field::Name, "not a name that pyxform accepts");
        }
        if source.chars().count() > limits::TEXT_CHARS {
            self.name(row, Field::Name, "a very long name");
        }
    }

    pub(super) fn name(&mut self, row: &Row, field: Field, why: &str) {
        let rows = self.rows();
        self.report.name(&rows.sheet, row.number, rows.header(field), why);
    }

    fn expect(&mut self, row: &'a Row, section: usize, item: Option<usize>, field: Field) {
        let rows = self.rows();
        if let Some(text) = rows.get(row, field) {
            let (text, header) = (text.to_owned(), rows.header(field).to_owned());
            self.pending.push(Pending { section, item, field, text, row: row.number, header });
        }
    }
}

/// An item of which only the essential is known.
pub(super) fn plain_item(id: Id, answer: AnswerKind, text: Text) -> Item {
    Item {
        id,
        role: Role::Question,
        answer,
        text,
        hint: None,
        when: None,
        constraint: None,
        constraint_text: None,
        group: None,
        points: 0,
        points_for: Default::default(),
        strengths: Default::default(),
        applies: Default::default(),
        verified_by: Vec::new(),
        concern: None,
        help_card: None,
        ends_when: None,
        only_if_raised: false,
        important: false,
        icon: None,
        voice: None,
        media: Vec::new(),
        checked: None,
        htcds: None,
        source_items: Vec::new(),
        source_name: None,
        xlsform: Kept::new(),
    }
}
