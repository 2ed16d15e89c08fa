//! The functions of expressions: their names, and how many arguments each takes.
//!
//! One table; the parser, the printer and whoever translates expressions read it from here.

/// A function. `regex` is not among them: its pattern is compiled, see [`Node::Matches`](super::Node::Matches).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Function {
    /// `selected(x, 'choice')`: whether this option was chosen.
    Selected,
    /// `count_selected(x)`: how many options were chosen.
    CountSelected,
    /// `answered(x)`: whether there is a value.
    Answered,
    /// `asked(x)`: no only where nobody asked.
    Asked,
    /// `unknown(x)`: asked, and not known.
    Unknown,
    /// `met(x)`: whether it holds as it stands; no where that is not known.
    Met,
    /// `if(condition, then, else)`.
    If,
    /// `coalesce(a, b, ..)`: the first that has a value.
    Coalesce,
    /// `min(a, b, ..)` of numbers or of dates; `min(name)` over the rounds of an item.
    Min,
    /// `max(a, b, ..)` of numbers or of dates; `max(name)` over the rounds of an item.
    Max,
    /// `sum(name)` over the rounds of an item.
    Sum,
    /// `count(name)`: how many rounds an item has.
    Count,
    /// `round(x)` or `round(x, places)`, halves away from zero.
    Round,
    /// `int(x)`: without what follows the point.
    Int,
    /// `abs(x)`.
    Abs,
    /// `sqrt(x)`.
    Sqrt,
    /// `pow(x, whole)`.
    Pow,
    /// `number(x)`: a text read as a number; yes and no as 1 and 0; a date as days since 1970-01-01.
    Number,
    /// `string(x)`: a value as a text.
    String,
    /// `concat(a, b, ..)`: values as texts, one after the other.
    Concat,
    /// `contains(text, part)`.
    Contains,
    /// `starts_with(text, part)`.
    StartsWith,
    /// `ends_with(text, part)`.
    EndsWith,
    /// `string_length(text)` in characters.
    StringLength,
    /// `substr(text, start)` or `substr(text, start, end)`: characters from 0, without the end; negative from the end.
    Substr,
    /// `today()`.
    Today,
    /// `date(x)`: a text read as `YYYY-MM-DD`, or a number of days since 1970-01-01.
    Date,
    /// `year(date)`.
    Year,
    /// `month(date)`, from 1.
    Month,
    /// `day(date)` of the month, from 1.
    Day,
    /// `count_yes(a, b, ..)`: how many are yes as it stands.
    CountYes,
    /// `at_least(n, a, b, ..)`: whether so many are yes, as soon as that is settled.
    AtLeast,
}

/// Name of the one function that is not a [`Function`].
pub(crate) const REGEX: &str = "regex";

type Entry = (Function, &'static str, usize, Option<usize>);

const TABLE: [Entry; 32] = [
    (Function::Selected, "selected", 2, Some(2)),
    (Function::CountSelected, "count_selected", 1, Some(1)),
    (Function::Answered, "answered", 1, Some(1)),
    (Function::Asked, "asked", 1, Some(1)),
    (Function::Unknown, "unknown", 1, Some(1)),
    (Function::Met, "met", 1, Some(1)),
    (Function::If, "if", 3, Some(3)),
    (Function::Coalesce, "coalesce", 1, None),
    (Function::Min, "min", 1, None),
    (Function::Max, "max", 1, None),
    (Function::Sum, "sum", 1, Some(1)),
    (Function::Count, "count", 1, Some(1)),
    (Function::Round, "round", 1, Some(2)),
    (Function::Int, "int", 1, Some(1)),
    (Function::Abs, "abs", 1, Some(1)),
    (Function::Sqrt, "sqrt", 1, Some(1)),
    (Function::Pow, "pow", 2, Some(2)),
    (Function::Number, "number", 1, Some(1)),
    (Function::String, "string", 1, Some(1)),
    (Function::Concat, "concat", 1, None),
    (Function::Contains, "contains", 2, Some(2)),
    (Function::StartsWith, "starts_with", 2, Some(2)),
    (Function::EndsWith, "ends_with", 2, Some(2)),
    (Function::StringLength, "string_length", 1, Some(1)),
    (Function::Substr, "substr", 2, Some(3)),
    (Function::Today, "today", 0, Some(0)),
    (Function::Date, "date", 1, Some(1)),
    (Function::Year, "year", 1, Some(1)),
    (Function::Month, "month", 1, Some(1)),
    (Function::Day, "day", 1, Some(1)),
    (Function::CountYes, "count_yes", 1, None),
    (Function::AtLeast, "at_least", 2, None),
];

impl Function {
    /// Every function.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|(function, ..)| *function)
    }

    /// The function of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        TABLE.iter().find(|(_, known, ..)| *known == name).map(|(function, ..)| *function)
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.entry().1
    }

    /// The fewest arguments that it takes, and the most; none where there is no end.
    #[must_use]
    pub fn arity(self) -> (usize, Option<usize>) {
        let (_, _, least, most) = self.entry();
        (*least, *most)
    }

    fn entry(self) -> &'static Entry {
        // The test below walks the table: the functions stand in it in their own order.
        &TABLE[self as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_is_found_by_its_own_name() {
        for (i, function) in Function::all().enumerate() {
            assert_eq!(function as usize, i, "{function:?} stands at its place");
            assert_eq!(Function::named(function.name()), Some(function));
            let (least, most) = function.arity();
            assert!(most.is_none_or(|most| least <= most));
        }
        assert_eq!(Function::AtLeast as usize + 1, TABLE.len());
        assert_eq!(Function::named(REGEX), None);
    }
}
