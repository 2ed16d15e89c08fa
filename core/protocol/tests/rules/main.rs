//! The rules of a space with a policy: each has a test that fails when the rule is dropped, on both sides of its boundary.
#![allow(clippy::unwrap_used, missing_docs, unreachable_pub)]

mod admission;
mod assignment;
mod bystanders;
mod committee;
mod exclusion;
mod matrix;
mod motions;
mod random;
mod recovery;
mod view;
