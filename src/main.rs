//! The `wavetank` binary: hands over to [`wavetank::cli`] and does nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    wavetank::cli::main()
}
