//! The positive control: a device without encryption, compression and padding, for tests only. The demo searches its
//! files to show that the search would find what it looks for. It is a program of its own, never a switch in another.

use std::process::ExitCode;

use vigil::WipingAllocator;

// What is freed is wiped: names pass through the hands of many libraries.
#[global_allocator]
static ALLOCATOR: WipingAllocator = WipingAllocator;

fn main() -> ExitCode {
    vigil::cli::agent_main()
}
