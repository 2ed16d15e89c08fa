//! `vigil demo`: the real server and three devices, each a process of its own, work through a written scenario.
//! Everything here is built from parts that are useful alone: invented people, a byte search, a link that can be cut.
//!
//! The demo promises to fail, with exit status 1, if anything that it shows failed to hold.

mod acts;
pub mod bulk;
mod checks;
mod control;
mod folder;
pub mod network;
pub mod people;
pub(crate) mod processes;
pub mod random;
mod readings;
mod report;
mod run;
mod scenario;
pub mod search;
mod seeds;
mod story;
mod vocabulary;

pub(crate) use report::run;
