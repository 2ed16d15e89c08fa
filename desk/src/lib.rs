//! The district committee's program: the `vigil` command line, the agent that tests drive, and the demo.
//!
//! It promises to reach records only through the facade of `vigil-core`, to show nothing of a record in an error, and to
//! make stored text harmless before it reaches a terminal.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod agent;
pub mod blast_radius;
pub mod cli;
pub mod demo;
mod error;
pub mod forensic;
mod screenings;
pub mod text;

pub use error::{DeskError, EXIT_STATUSES};
pub use screenings::ScreeningInput;
pub use vigil_core::WipingAllocator;
