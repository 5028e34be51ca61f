//! The `kaibiao` command: see the library for everything.

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::commands::main()
}
