//! The `vigil` program; everything is in the library.

use std::process::ExitCode;

use vigil::WipingAllocator;

// What is freed is wiped: names pass through the hands of many libraries.
#[global_allocator]
static ALLOCATOR: WipingAllocator = WipingAllocator;

fn main() -> ExitCode {
    vigil::cli::main()
}
