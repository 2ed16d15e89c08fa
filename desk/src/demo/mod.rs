//! `vigil demo`: the real server and three devices, each a process of its own, work through a written scenario.
//! Everything here is built from parts that are useful alone: invented people, a byte search, a link that can be cut.

pub mod people;
pub mod network;
pub mod random;
pub mod search;
mod vocabulary;
