//! What was typed, what it means, a short run. Each command is a file; none of them prints but through the writers
//! that it is given.

mod args;
mod check;
mod dll;
mod fleet;
mod inspect;
mod report;
mod rules;
mod screen;
mod shell;

use std::{ffi::OsString, io::Write, path::PathBuf};

use clap::Parser;
use koff_bundle::seal::{self, Identity};

use self::args::{Cli, Command};
pub use self::screen::Screen;
use crate::error::{Error, Result};

/// Nothing at or above `--fail-on`.
pub const EXIT_CLEAN: u8 = 0;
/// Findings at or above `--fail-on`.
pub const EXIT_FINDINGS: u8 = 1;
/// No report.
pub const EXIT_FAILED: u8 = 2;

/// Runs `koff-analyze` with `args` (program name first) as in a pipe, and gives its exit code.
pub fn run(args: impl IntoIterator<Item = OsString>, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    run_on(Screen::default(), args, out, err)
}

/// The same on a `screen`.
pub fn run_on(
    screen: Screen,
    args: impl IntoIterator<Item = OsString>,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> u8 {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(usage) => {
            let (to, code): (&mut dyn Write, u8) =
                if usage.use_stderr() { (err, EXIT_FAILED) } else { (out, EXIT_CLEAN) };
            let _ = write!(to, "{usage}");
            return code;
        }
    };
    match dispatch(cli, screen, out, err) {
        Ok(code) => code,
        // Whoever read the output has seen enough of it: nothing failed.
        Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::BrokenPipe => EXIT_CLEAN,
        Err(error) => {
            let _ = writeln!(err, "koff-analyze: {error}");
            EXIT_FAILED
        }
    }
}

fn dispatch(cli: Cli, screen: Screen, out: &mut dyn Write, err: &mut dyn Write) -> Result<u8> {
    let keys = &identities(&cli.identity)?;
    match cli.command {
        None => tour(out),
        Some(Command::Report(args)) => report::run(&args, keys, screen, out, err),
        Some(Command::Dll(args)) => dll::run(&args, out),
        Some(Command::Rules(args)) => rules::run(&args.command, out),
        Some(Command::Explain(args)) => inspect::explain_rule(&args, keys, out),
        Some(Command::Facts(args)) => inspect::facts(&args, keys, out),
        Some(Command::Timeline(args)) => inspect::timeline(&args, keys, out),
        Some(Command::Verify(args)) => inspect::verify_report(&args, keys, out),
        Some(Command::Diff(args)) => inspect::diff(&args, keys, screen, out),
        Some(Command::Check(args)) => check::run(&args, keys, screen, out),
        Some(Command::Completions { shell }) => shell::completions(shell, out),
        Some(Command::Man { output }) => shell::manual(output.as_deref(), out),
    }
}

/// The keys in `files`, which open sealed bundles.
fn identities(files: &[PathBuf]) -> Result<Vec<Identity>> {
    let mut all = Vec::new();
    for file in files {
        let place = file.display().to_string();
        let text = std::fs::read_to_string(file).map_err(|error| Error::io(&place, error))?;
        all.extend(seal::keys::<Identity>(&place, &text)?);
    }
    Ok(all)
}

/// What a person sees who runs the program bare.
const TOUR: &str = "\
koff-analyze reads what koff-collect gathered and says why Outlook does not load its profile.

  1. On the PC, koff-collect.exe writes a bundle, one zip, to the Desktop.

  2. Here:
     koff-analyze report BUNDLE.zip                 most likely cause, what to do, evidence, what could not be told
     koff-analyze report BUNDLE.zip --format html --output report.html
     koff-analyze report FOLDER                     the same for logs, exports and DLLs gathered by hand
     koff-analyze report TICKETS/                   many bundles in one table

  3. To look deeper:
     koff-analyze explain RULE BUNDLE.zip           why a rule came to its verdict
     koff-analyze timeline BUNDLE.zip               changes and failures by time
     koff-analyze diff OLD.zip NEW.zip              what changed in between
     koff-analyze dll KofMsp32.dll                  is this DLL what it says it is?
     koff-analyze rules list                        what can be diagnosed

Nothing is sent anywhere and nothing is changed. `koff-analyze help` lists every command, `koff-analyze help report` its options.
";

fn tour(out: &mut dyn Write) -> Result<u8> {
    out.write_all(TOUR.as_bytes()).map_err(|error| Error::io("standard output", error))?;
    Ok(EXIT_CLEAN)
}
