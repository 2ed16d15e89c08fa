//! One file a target.

use crate::Target;

mod answer;
mod batch;
mod content;
mod guard;
mod inflate;
mod instrument;
mod join_request;
mod membership;
mod ranges;
mod sync_request;
mod welcome;

pub(crate) const ALL: &[Target] = &[
    sync_request::TARGET,
    answer::TARGET,
    batch::TARGET,
    membership::TARGET,
    join_request::TARGET,
    welcome::TARGET,
    ranges::TARGET,
    instrument::TARGET,
    content::TARGET,
    guard::TARGET,
    inflate::TARGET,
];
