//! Entry point of `koff-analyze`: hands over, nothing else.

use std::{io::Write, process::ExitCode};

use koff_analyze::cli::{Screen, run_on};

/// Facts of a bundle are tens of thousands of small texts, made on one thread and dropped on another.
#[cfg(target_os = "linux")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let code = run_on(Screen::detect(), std::env::args_os(), &mut out, &mut std::io::stderr());
    // A reader that went away (a closed pipe) is no failure of the report.
    let _ = out.flush();
    ExitCode::from(code)
}
