//! One file a target.

use crate::Target;

mod answer;
mod answer_sheet;
mod batch;
mod content;
mod evidence;
mod expression;
mod guard;
mod inflate;
mod instrument;
mod join_request;
mod key_file;
mod membership;
mod ranges;
mod share;
mod spreadsheet;
mod sync_request;
mod welcome;

pub(crate) const ALL: &[Target] = &[
    sync_request::TARGET,
    answer::TARGET,
    batch::TARGET,
    membership::TARGET,
    join_request::TARGET,
    welcome::TARGET,
    share::TARGET,
    ranges::TARGET,
    instrument::TARGET,
    expression::TARGET,
    answer_sheet::TARGET,
    spreadsheet::TARGET,
    content::TARGET,
    guard::TARGET,
    inflate::TARGET,
    key_file::TARGET,
    evidence::TARGET,
];
