//! Sections and items as rows of a survey.
//!
//! Every section that is no mere continuation is a group or a repeat, and every one is closed again.

use std::collections::BTreeSet;

use vigil_screening::sheet::{Derived, Kept};
use vigil_screening::{AgeBand, AnswerKind, Applies, Choice, Exploitation, Id, Item, Section, Sheet, Text, YesOrNo};

use super::expressions::Expressions;
use super::names::{Names, list_name, put_kept};
use super::table::{Line, Table};
use crate::heading::{Field, Wording};
use crate::import::{ADDED, AFTER, END, OUTSIDE};
use crate::kind::{Kind, Question, kind};

/// Name of the list of yes, no and unknown.
pub(crate) const YES_NO: &str = "yes_no_unknown";

/// A list that is not among the instrument's shared ones: its name, and the name of each option with what is known of
/// it.
pub(crate) type OwnLists = Vec<OwnList>;
type OwnList = (String, Vec<(String, Option<Choice>)>);

/// Writes the rows of a survey.
pub(crate) struct Survey<'a> {
    sheet: &'a Sheet,
    expressions: Expressions<'a>,
    pub(crate) names: Names,
    pub(crate) table: Table,
    /// Lists of single items, and lists of the program's own.
    pub(crate) lists: OwnLists,
    /// What a spreadsheet has no place for: where, and what.
    pub(crate) told: Vec<(String, String)>,
    written: BTreeSet<Id>,
    /// What ends the interview.
    ends: Vec<String>,
    open: Vec<(&'a Id, bool)>,
}

fn line<const N: usize>(cells: [(&str, String); N]) -> Line {
    cells.into_iter().map(|(header, cell)| (header.to_owned(), cell)).collect()
}

impl<'a> Survey<'a> {
    pub(crate) fn of(sheet: &'a Sheet) -> Self {
        Self {
            sheet,
            expressions: Expressions::of(sheet),
            names: Names::of(sheet),
            table: Table::with(&["type", "name"]),
            lists: Vec::new(),
            told: Vec::new(),
            written: BTreeSet::new(),
            ends: Vec::new(),
            open: Vec::new(),
        }
    }

    /// Every row, from the first.
    pub(crate) fn all(&mut self) {
        self.profile();
        self.safety();
        let sheet = self.sheet;
        for (at, section) in sheet.sections.iter().enumerate() {
            self.section(at, section);
        }
        while self.close_one() {}
        for derived in &sheet.derived {
            self.derived(derived);
        }
    }

    /// What the conditions read of the person beside the answers.
    fn profile(&mut self) {
        let sheet = self.sheet;
        let all = sheet.items().flat_map(|item| item.when.iter().chain(&item.constraint));
        let all = all.chain(sheet.sections.iter().filter_map(|section| section.when.as_ref()));
        let names: BTreeSet<&str> = all
            .chain(sheet.derived.iter().map(|derived| &derived.value))
            .flat_map(|expression| expression.names().map(Id::as_str))
            .collect();
        let by_age = sheet.items().any(|item| item.applies != Applies::Everyone);
        if by_age || names.contains("under_18") || names.contains("age_band") {
            let bands = AgeBand::ALL.iter().map(|band| (band.code().to_owned(), None)).collect();
            self.fact("age_band", "Age", bands);
        }
        if names.contains("exploitation") {
            let kinds = [Exploitation::Labour, Exploitation::Sexual, Exploitation::Other, Exploitation::Unknown];
            self.fact(
                "exploitation",
                "Exploitation",
                kinds.iter().map(|kind| (kind.code().to_owned(), None)).collect(),
            );
        }
    }

    fn fact(&mut self, name: &str, label: &str, options: Vec<(String, Option<Choice>)>) {
        let list = self.names.new_list(name);
        let header = self.names.header(Wording::Label.header(), &self.sheet.language);
        self.lists.push((list.clone(), options));
        let mut row = line([("type", format!("select_one {list}")), ("name", name.to_owned())]);
        row.insert(header, label.to_owned());
        self.table.push(row);
    }

    /// The safety page, unless the import added it.
    fn safety(&mut self) {
        let page = &self.sheet.safety;
        let added = !page.items.is_empty() && page.items.iter().all(|item| item.xlsform.contains_key(ADDED));
        if added {
            return;
        }
        let mut begin = line([("type", "begin_group".to_owned()), ("name", "safety".to_owned())]);
        self.names.put(&mut begin, Wording::Label, Some(&page.title), &Kept::new());
        self.table.push(begin);
        self.lines("safety", &page.lines);
        for item in &page.items {
            self.item(None, item);
        }
        self.table.push(line([("type", "end_group".to_owned())]));
    }

    /// Advice at the top of a page, as notes.
    fn lines(&mut self, page: &str, lines: &[Text]) {
        for (number, text) in (1u32..).zip(lines) {
            let mut row = line([("type", "note".to_owned()), ("name", format!("{page}_line_{number}"))]);
            self.names.put(&mut row, Wording::Label, Some(text), &Kept::new());
            self.table.push(row);
        }
    }

    fn section(&mut self, at: usize, section: &'a Section) {
        let outside = section.xlsform.contains_key(OUTSIDE);
        let wanted = if outside { None } else { section.continues.as_ref().or(section.part_of.as_ref()) };
        let goes_on = match wanted {
            Some(id) if self.open.iter().any(|(open, _)| *open == id) => {
                while self.open.last().is_some_and(|(open, _)| *open != id) {
                    self.close_one();
                }
                section.continues.is_some()
            }
            _ => {
                while self.close_one() {}
                outside
            }
        };
        if !goes_on {
            self.begin(at, section);
        }
        self.lines(section.id.as_str(), &section.lines);
        self.computed_after(section, "");
        for item in &section.items {
            self.item(Some(at), item);
            self.computed_after(section, item.source_name.as_deref().unwrap_or(item.id.as_str()));
        }
    }

    fn begin(&mut self, at: usize, section: &'a Section) {
        let repeat = section.repeat.as_ref();
        let kind = if repeat.is_some() { "begin_repeat" } else { "begin_group" };
        let name = section.source_name.clone().unwrap_or_else(|| section.id.to_string());
        let mut row = line([("type", kind.to_owned()), ("name", name)]);
        self.names.put(&mut row, Wording::Label, section.title.as_ref(), &section.xlsform);
        let when = self.expressions.section(at, section.when.as_ref(), &section.xlsform);
        let when = self.tell(section.id.as_str(), "relevant", when);
        // What ends the interview ends it for every page that does not stand within another.
        let ends = if section.part_of.is_none() { self.ends.clone() } else { Vec::new() };
        row.insert(Field::Relevant.header().to_owned(), join(when, ends));
        if let Some(repeat) = repeat {
            let count = self.expressions.count(at, repeat.count.as_ref(), &section.xlsform);
            let count = self.tell(section.id.as_str(), "repeat_count", count).unwrap_or_default();
            row.insert(Field::RepeatCount.header().to_owned(), count);
        }
        if let Some(kept) = section.xlsform.get(Field::Type.header()) {
            row.insert(Field::Type.header().to_owned(), kept.clone());
        }
        put_kept(&mut row, &section.xlsform);
        self.table.push(row);
        self.open.push((&section.id, repeat.is_some()));
    }

    fn close_one(&mut self) -> bool {
        let Some((id, repeat)) = self.open.pop() else { return false };
        let section = self.sheet.sections.iter().find(|section| section.id == *id);
        let looped = section.is_some_and(|section| section.xlsform.contains_key(Field::Type.header()));
        let kind = match (looped, repeat) {
            (true, _) => "end loop",
            (false, true) => "end_repeat",
            (false, false) => "end_group",
        };
        let mut row = line([("type", kind.to_owned())]);
        for (key, cell) in section.iter().flat_map(|section| &section.xlsform) {
            if let Some(header) = key.strip_prefix(END) {
                row.insert(header.to_owned(), cell.clone());
            }
        }
        self.table.push(row);
        true
    }

    fn item(&mut self, section: Option<usize>, item: &'a Item) {
        if item.xlsform.contains_key(ADDED) {
            return;
        }
        let name = item.source_name.clone().unwrap_or_else(|| item.id.to_string());
        let mut row = line([("name", name.clone())]);
        row.insert(Field::Type.header().to_owned(), self.type_of(item));
        self.names.put(&mut row, Wording::Label, Some(&item.text), &item.xlsform);
        self.names.put(&mut row, Wording::Hint, item.hint.as_ref(), &item.xlsform);
        self.names.put(&mut row, Wording::ConstraintMessage, item.constraint_text.as_ref(), &item.xlsform);
        self.names.put_media(&mut row, &item.media);
        let when = self.expressions.item(section, item, Field::Relevant);
        let mut all: Vec<String> = self.tell(&name, "relevant", when).into_iter().collect();
        match item.applies {
            Applies::Everyone => {}
            Applies::Under18 => all.extend(self.expressions.condition("under_18")),
            Applies::Adult => all.extend(self.expressions.condition("not under_18")),
        }
        if section.is_none() {
            all.extend(self.ends.clone());
        }
        row.insert(Field::Relevant.header().to_owned(), join(None, all));
        let constraint = self.expressions.item(section, item, Field::Constraint);
        let constraint = self.tell(&name, "constraint", constraint);
        let bounds = bounds(item, row.get(Field::Type.header()));
        row.insert(Field::Constraint.header().to_owned(), join(constraint, bounds));
        put_kept(&mut row, &item.xlsform);
        self.table.push(row);
        match item.ends_when {
            Some(YesOrNo::Yes) => self.ends.push(format!("not(${{{name}}} = 'yes')")),
            Some(YesOrNo::No) => self.ends.push(format!("not(${{{name}}} = 'no')")),
            None => {}
        }
        self.tell_rest(&name, item);
    }

    /// The type as the form had it, while it still is of that kind.
    fn type_of(&mut self, item: &Item) -> String {
        let kept = item.xlsform.get(Field::Type.header());
        if let Some(text) = kept.filter(|text| still_is(text, item)) {
            return text.clone();
        }
        match &item.answer {
            AnswerKind::YesNo => {
                if self.lists.iter().all(|(list, _)| list != YES_NO) {
                    let options = ["yes", "no", "unknown"].map(|option| (option.to_owned(), None));
                    self.lists.push((YES_NO.to_owned(), options.into()));
                }
                format!("select_one {YES_NO}")
            }
            AnswerKind::Choice(options) => format!("select_one {}", self.own_list(item, options)),
            AnswerKind::Choices(options) => format!("select_multiple {}", self.own_list(item, options)),
            AnswerKind::ChoiceFrom(list) => format!("select_one {}", self.shared_list(list)),
            AnswerKind::ChoicesFrom(list) => format!("select_multiple {}", self.shared_list(list)),
            AnswerKind::Number { .. } => "integer".to_owned(),
            AnswerKind::Decimal => "decimal".to_owned(),
            AnswerKind::Date => "date".to_owned(),
            AnswerKind::Time => "time".to_owned(),
            AnswerKind::Note => "note".to_owned(),
            AnswerKind::Kept(kind) => kind.clone(),
            _ => "text".to_owned(),
        }
    }

    fn own_list(&mut self, item: &Item, options: &[Choice]) -> String {
        let list = self.names.new_list(item.id.as_str());
        let name = |option: &Choice| crate::translate::option_name(option);
        self.lists.push((list.clone(), options.iter().map(|option| (name(option), Some(option.clone()))).collect()));
        list
    }

    fn shared_list(&self, list: &Id) -> String {
        list_name(list, self.sheet.lists.get(list).map_or(&[], Vec::as_slice))
    }

    /// Computed values that stood behind this row, and those that stood behind them.
    fn computed_after(&mut self, section: &Section, row: &str) {
        let mut after = vec![row.to_owned()];
        while let Some(row) = after.pop() {
            for derived in &self.sheet.derived {
                let here = derived.section.as_ref() == Some(&section.id)
                    && derived.xlsform.get(AFTER).is_some_and(|place| *place == row);
                if here && self.derived(derived) {
                    after.push(derived.source_name.clone().unwrap_or_else(|| derived.id.to_string()));
                }
            }
        }
    }

    fn derived(&mut self, derived: &Derived) -> bool {
        if !self.written.insert(derived.id.clone()) {
            return false;
        }
        let name = derived.source_name.clone().unwrap_or_else(|| derived.id.to_string());
        match self.expressions.derived(derived) {
            Ok((calculation, condition)) => {
                let mut row = line([("type", "calculate".to_owned()), ("name", name), ("calculation", calculation)]);
                row.insert(Field::Relevant.header().to_owned(), condition.unwrap_or_default());
                self.names.put(&mut row, Wording::Label, derived.text.as_ref(), &derived.xlsform);
                let mut bag = derived.xlsform.clone();
                [Field::Calculation, Field::Relevant].iter().for_each(|field| drop(bag.remove(field.header())));
                put_kept(&mut row, &bag);
                self.table.push(row);
            }
            Err(why) => self.told.push((name, format!("not computed in the spreadsheet: {why}"))),
        }
        true
    }

    fn tell(&mut self, place: &str, column: &str, written: crate::translate::Out<Option<String>>) -> Option<String> {
        written.unwrap_or_else(|why| {
            self.told.push((place.to_owned(), format!("no {column} in the spreadsheet: {why}")));
            None
        })
    }

    /// What a question of a spreadsheet cannot carry.
    fn tell_rest(&mut self, name: &str, item: &Item) {
        let mut tell = |what: &str| self.told.push((name.to_owned(), what.to_owned()));
        if item.only_if_raised {
            tell("never asked: noted only when the person brings it up");
        }
        if item.concern.is_some() {
            tell("a yes comes before everything else: open the card beside it");
        }
        if !item.verified_by.is_empty() {
            tell("a yes counts when it was verified; the spreadsheet does not ask how");
        }
        if !item.strengths.is_empty() || !item.points_for.is_empty() {
            tell("its weight depends on the person; the spreadsheet does not compute with it");
        }
    }
}

/// Conditions that all have to hold.
fn join(first: Option<String>, more: Vec<String>) -> String {
    let all: Vec<String> = first.into_iter().chain(more).filter(|one| !one.is_empty()).collect();
    match all.as_slice() {
        [one] => one.clone(),
        all => all.iter().map(|one| format!("({one})")).collect::<Vec<_>>().join(" and "),
    }
}

/// Bounds of a number, where the form does not say them in another way.
fn bounds(item: &Item, written: Option<&String>) -> Vec<String> {
    match item.answer {
        AnswerKind::Number { min, max }
            if written.is_some_and(|text| kind(text) == Kind::Question(Question::Integer)) =>
        {
            let least = (min != i64::MIN).then(|| format!(". >= {min}"));
            let most = (max != i64::MAX).then(|| format!(". <= {max}"));
            least.into_iter().chain(most).collect()
        }
        _ => Vec::new(),
    }
}

/// Whether a type in a bag says what the item asks.
fn still_is(text: &str, item: &Item) -> bool {
    let Kind::Question(question) = kind(text) else { return false };
    match (&item.answer, question) {
        (AnswerKind::Kept(_), _)
        | (AnswerKind::Text, Question::Text)
        | (AnswerKind::Number { .. }, Question::Integer | Question::Range)
        | (AnswerKind::Decimal, Question::Decimal | Question::Range)
        | (AnswerKind::Date, Question::Date)
        | (AnswerKind::Time, Question::Time | Question::Kept("datetime"))
        | (AnswerKind::Note, Question::Note) => true,
        (AnswerKind::Choice(_), Question::One(list)) | (AnswerKind::Choices(_), Question::Several(list)) => {
            list.or_other
        }
        (AnswerKind::ChoiceFrom(_), Question::One(_)) | (AnswerKind::ChoicesFrom(_), Question::Several(_)) => true,
        _ => false,
    }
}
