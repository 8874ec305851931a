//! The program: reads its arguments and hands them on.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    parvis::command::run(parvis::command::Arguments::parse())
}
