//! The positive control: a device without encryption, compression and padding, for tests only. The demo searches its
//! files to show that the search would find what it looks for. It is a program of its own, never a switch in another.

use std::process::ExitCode;

fn main() -> ExitCode {
    vigil::cli::agent_main()
}
