//! Entry point of `koff-analyze`: hands over, nothing else.

use std::{io::Write, process::ExitCode};

fn main() -> ExitCode {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let code = koff_analyze::cli::run(std::env::args_os(), &mut out, &mut std::io::stderr().lock());
    // A reader that went away (a closed pipe) is no failure of the report.
    let _ = out.flush();
    ExitCode::from(code)
}
