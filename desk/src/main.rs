//! The `vigil` program; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    vigil::cli::main()
}
