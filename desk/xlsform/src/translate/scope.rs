//! What the names of a form stand for while its expressions are translated.
//!
//! A name that two questions share, or whose values the engine does not have, is known as such and refused with a
//! reason.

use std::collections::HashMap;
use std::rc::Rc;

use vigil_screening::expression::{Function as F, Node};
use vigil_screening::{AnswerKind, Choice, Id, Item, Sheet};

use super::outward::option_name;
use super::{Out, refuse};

const SHARED: &str = "is the name of more than one row";

/// What kind of value something has.
#[derive(Debug, Clone)]
pub(crate) enum Type {
    Truth,
    Number,
    Text,
    Date,
    /// One option of a list, as its id.
    One(Rc<Options>),
    /// Several options of a list.
    Several(Rc<Options>),
}

/// The options of a list: their names in the spreadsheet and their ids here.
#[derive(Debug, Default)]
pub(crate) struct Options {
    /// Which list; the same list in two questions can be compared.
    pub(crate) list: String,
    pub(crate) options: Vec<(String, Id)>,
    by_name: HashMap<String, usize>,
    same_names: bool,
}

impl Options {
    /// The id of an option.
    pub(crate) fn id(&self, name: &str) -> Option<&Id> {
        self.options.get(*self.by_name.get(name)?).map(|(_, id)| id)
    }

    fn of(list: String, choices: &[Choice]) -> Rc<Self> {
        let options: Vec<(String, Id)> =
            choices.iter().map(|choice| (option_name(choice), choice.id.clone())).collect();
        let mut by_name = HashMap::new();
        for (at, (name, _)) in options.iter().enumerate() {
            by_name.entry(name.clone()).or_insert(at);
        }
        let same_names = options.iter().all(|(name, id)| name == id.as_str());
        Rc::new(Self { list, options, by_name, same_names })
    }

    /// Whether every option is called here as it is in the spreadsheet.
    pub(crate) fn keep_their_names(&self) -> bool {
        self.same_names
    }
}

/// What a name stands for.
#[derive(Debug, Clone)]
pub(crate) enum Known {
    /// A question or a computed value, and the repeats around it.
    Value {
        id: Id,
        of: Type,
        repeats: Vec<usize>,
        /// Whether it is computed: then it may be an empty text without being missing.
        computed: bool,
    },
    /// A repeat, by its first question.
    Repeat(Id),
    /// Something without a value here, and why.
    Without(&'static str),
}

/// The names of a form.
#[derive(Debug, Default)]
pub(crate) struct Scope {
    names: HashMap<String, Known>,
}

impl Scope {
    /// The names of a sheet: items, computed values and repeats, by the names that the spreadsheet has for them.
    pub(crate) fn of(sheet: &Sheet) -> Self {
        let mut scope = Self::default();
        let repeats = Repeats::of(sheet);
        let mut first_in: HashMap<usize, &Id> = HashMap::new();
        let mut lists = Lists::default();
        for (at, section) in sheet.sections.iter().enumerate() {
            for item in &section.items {
                let around = repeats.around(at);
                if item.is_asked() {
                    for repeat in &around {
                        first_in.entry(*repeat).or_insert(&item.id);
                    }
                }
                let known = match lists.item_type(item, sheet) {
                    Ok(of) => Known::Value { id: item.id.clone(), of, repeats: around, computed: false },
                    Err(why) => Known::Without(why),
                };
                scope.add(item.source_name.as_deref().unwrap_or(item.id.as_str()), known);
            }
        }
        for derived in &sheet.derived {
            let known = match type_of(derived.value.node(), sheet) {
                Some(of) => Known::Value { id: derived.id.clone(), of, repeats: Vec::new(), computed: true },
                None => Known::Without("has no kind that is known"),
            };
            scope.add(derived.source_name.as_deref().unwrap_or(derived.id.as_str()), known);
        }
        for (at, section) in sheet.sections.iter().enumerate().filter(|(_, section)| section.repeat.is_some()) {
            let name = section.source_name.as_deref().unwrap_or(section.id.as_str());
            match first_in.get(&at) {
                Some(first) if !scope.names.contains_key(name) => scope.add(name, Known::Repeat((*first).clone())),
                _ => {}
            }
        }
        scope
    }

    /// Adds a name; a second one of the same name makes both ambiguous.
    pub(crate) fn add(&mut self, name: &str, known: Known) {
        let known =
            if self.names.contains_key(name) { Known::Without("is the name of more than one row") } else { known };
        self.names.insert(name.to_owned(), known);
    }

    /// Says what a name stands for now, unless several rows have it.
    pub(crate) fn settle(&mut self, name: &str, known: Known) {
        if !matches!(self.names.get(name), Some(Known::Without(SHARED))) {
            self.names.insert(name.to_owned(), known);
        }
    }

    /// The kind of the answer of a question.
    pub(crate) fn type_of(&self, name: &str) -> Option<Type> {
        match self.names.get(name)? {
            Known::Value { of, .. } => Some(of.clone()),
            Known::Repeat(_) | Known::Without(_) => None,
        }
    }

    pub(crate) fn get(&self, name: &str) -> Out<&Known> {
        match self.names.get(name) {
            Some(Known::Without(why)) => refuse(format!("${{{name}}} {why}")),
            Some(known) => Ok(known),
            None => refuse(format!("there is no ${{{name}}}")),
        }
    }
}

/// Which repeats stand around each section, by the position of the section that repeats.
pub(crate) struct Repeats(Vec<Vec<usize>>);

impl Repeats {
    pub(crate) fn of(sheet: &Sheet) -> Self {
        let at: HashMap<&Id, usize> = sheet.sections.iter().enumerate().map(|(at, s)| (&s.id, at)).collect();
        let mut all: Vec<Vec<usize>> = Vec::with_capacity(sheet.sections.len());
        for (number, section) in sheet.sections.iter().enumerate() {
            let outer = section.continues.as_ref().or(section.part_of.as_ref()).and_then(|id| at.get(id));
            let mut around = outer.and_then(|outer| all.get(*outer)).cloned().unwrap_or_default();
            if section.repeat.is_some() {
                around.push(number);
            }
            all.push(around);
        }
        Self(all)
    }

    pub(crate) fn around(&self, section: usize) -> Vec<usize> {
        self.0.get(section).cloned().unwrap_or_default()
    }
}

/// The shared lists that were looked at: each is read once, however many questions have it.
#[derive(Debug, Default)]
struct Lists(HashMap<Id, Rc<Options>>);

impl Lists {
    fn item_type(&mut self, item: &Item, sheet: &Sheet) -> Result<Type, &'static str> {
        let mut options = || match &item.answer {
            AnswerKind::ChoiceFrom(list) | AnswerKind::ChoicesFrom(list) => {
                let read = || Options::of(format!("list {list}"), sheet.options(item));
                self.0.entry(list.clone()).or_insert_with(read).clone()
            }
            _ => Options::of(format!("item {}", item.id), sheet.options(item)),
        };
        match &item.answer {
            AnswerKind::YesNo => Ok(Type::Truth),
            AnswerKind::Number { .. } | AnswerKind::Decimal => Ok(Type::Number),
            AnswerKind::Date => Ok(Type::Date),
            AnswerKind::Time | AnswerKind::Text => Ok(Type::Text),
            AnswerKind::Choice(_) | AnswerKind::ChoiceFrom(_) => Ok(Type::One(options())),
            AnswerKind::Choices(_) | AnswerKind::ChoicesFrom(_) => Ok(Type::Several(options())),
            AnswerKind::Note => Err("is only read and has no answer"),
            AnswerKind::Kept(kind) if kind == "calculate" => Err("is a calculation that is not done here"),
            _ => Err("is not asked here"),
        }
    }
}

/// The kind of value that an expression has, as far as its shape tells.
pub(crate) fn type_of(node: &Node, sheet: &Sheet) -> Option<Type> {
    type_within(node, sheet, 16)
}

fn type_within(node: &Node, sheet: &Sheet, depth: usize) -> Option<Type> {
    let depth = depth.checked_sub(1)?;
    Some(match node {
        Node::Truth(_) | Node::Not(_) | Node::All(_) | Node::Any(_) | Node::Compare(..) | Node::Matches(..) => {
            Type::Truth
        }
        Node::Number(_) | Node::Negate(_) | Node::Product(..) => Type::Number,
        Node::Text(_) => Type::Text,
        Node::Sum(first, rest) => {
            let parts = std::iter::once(first.as_ref()).chain(rest.iter().map(|(_, node)| node));
            let dates = parts.filter(|part| matches!(type_within(part, sheet, depth), Some(Type::Date))).count();
            if dates == 1 { Type::Date } else { Type::Number }
        }
        Node::Name(id) => match sheet.items().find(|item| item.id == *id) {
            Some(item) => Lists::default().item_type(item, sheet).ok()?,
            None => match sheet.derived.iter().find(|derived| derived.id == *id) {
                Some(derived) => type_within(derived.value.node(), sheet, depth)?,
                None if id.as_str() == "under_18" => Type::Truth,
                None => Type::Text,
            },
        },
        Node::Call(function, arguments) => match function {
            F::Selected
            | F::Answered
            | F::Asked
            | F::Unknown
            | F::Met
            | F::Contains
            | F::StartsWith
            | F::EndsWith
            | F::AtLeast => Type::Truth,
            F::String | F::Concat | F::Substr => Type::Text,
            F::Today | F::Date => Type::Date,
            F::If => type_of_either(arguments.get(1)?, arguments.get(2)?, sheet, depth)?,
            F::Coalesce => type_of_either(arguments.first()?, arguments.last()?, sheet, depth)?,
            F::Min | F::Max => type_within(arguments.first()?, sheet, depth)?,
            _ => Type::Number,
        },
    })
}

/// `number('')` is how a value that is missing is written, beside a value of any kind.
fn type_of_either(one: &Node, other: &Node, sheet: &Sheet, depth: usize) -> Option<Type> {
    let nothing = |node: &Node| matches!(node, Node::Call(F::Number, of) if *of == [Node::Text(String::new())]);
    type_within(if nothing(one) { other } else { one }, sheet, depth)
}
