//! The cells of a row that the engine does not use.
//!
//! Each goes into the bag, and each that would have changed something is named.

use vigil_screening::sheet::Kept;

use super::bag::{END, header_of, keep};
use super::survey::Builder;
use super::texts::why;
use crate::counts::yes_or_no;
use crate::form::Row;
use crate::heading::{Column, Field, Wording};
use crate::kind::Kind;

impl<'a> Builder<'a> {
    /// Puts what is not used into the bag, and names it.
    pub(super) fn keep_rest(&mut self, row: &'a Row, bag: &mut Kept, group: bool) {
        let rows = self.rows();
        let kind = rows.get(row, Field::Type).unwrap_or_default();
        for (header, column, cell) in rows.cells(row) {
            let reason = match column {
                Column::Field(Field::Type | Field::Name | Field::Relevant | Field::Disabled) => continue,
                Column::Text(Wording::Label, _) => continue,
                Column::Text(Wording::Hint | Wording::ConstraintMessage, _) | Column::Media(..) if !group => continue,
                Column::Field(Field::Constraint) if !group => continue,
                Column::Field(Field::RepeatCount) if group && crate::kind::kind(kind) == Kind::BeginRepeat => continue,
                Column::Field(Field::Calculation) if kind == "calculate" => continue,
                // Every question can be skipped (CARE 6): only a plain no says what holds here anyway.
                Column::Field(Field::Required | Field::ReadOnly) if yes_or_no(cell) == Some(false) => None,
                Column::Field(Field::Parameters) if kind == "range" => None,
                Column::Field(Field::Required) => Some("every question can be skipped here"),
                Column::Field(Field::ReadOnly) => Some("an answer can always be changed here"),
                Column::Field(Field::Appearance) => Some("how it looks in other apps is not used here"),
                Column::Field(Field::Default) => Some("nothing is filled in beforehand here"),
                Column::Field(Field::Calculation) => Some("the answer is asked for here and not computed"),
                Column::Field(Field::ChoiceFilter) => Some("options are not filtered here, all are offered"),
                Column::Text(Wording::GuidanceHint, _) => Some("a hint for training, which is not shown here"),
                Column::Text(..) | Column::Media(..) | Column::Field(_) => Some("not used here"),
                Column::Other(_) => Some("no column that is used here"),
            };
            let kept = keep(bag, &header_of(column), cell);
            match reason {
                None if kept => {}
                reason => {
                    self.report.name(&rows.sheet, row.number, header, why(kept, reason.unwrap_or("not used here")))
                }
            }
        }
    }

    /// What stands beside `end group` has no effect, in pyxform neither; it goes into the bag of what is ended.
    pub(super) fn keep_end(&mut self, row: &Row, ended: Option<usize>) {
        let rows = self.rows();
        for (header, column, cell) in rows.cells(row) {
            if *column == Column::Field(Field::Type) {
                continue;
            }
            let bag = ended.and_then(|at| self.sections.get_mut(at)).map(|section| &mut section.xlsform);
            let kept = bag.is_some_and(|bag| keep(bag, &format!("{END}{}", header_of(column)), cell));
            if !matches!(column, Column::Field(Field::Name) | Column::Text(Wording::Label, _)) || !kept {
                self.report.name(&rows.sheet, row.number, header, why(kept, "it has no effect at the end of a group"));
            }
        }
    }
}
