//! The command line: what was typed, what it means, a short run. Exit 0: the bundle is written; 2: there is none.

use std::{
    ffi::OsString,
    io::{IsTerminal, Write},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use clap::{CommandFactory, FromArgMatches, Parser, ValueEnum};
use jiff::Timestamp;
use koff_bundle::artifact::Artifact;

use crate::{
    collect::{self, Session},
    error::{Error, Result},
    messages::Messages,
    plan::{Caps, Plan, Selection},
    window,
};

use self::{help::Mistake, sending::Sending};

mod consent;
mod deliver;
mod door;
mod errand;
mod existing;
mod help;
mod language;
mod listing;
mod place;
mod progress;
mod sending;
mod units;
mod words;

/// The bundle was written, even if some items failed.
pub const WRITTEN: i32 = 0;
/// No bundle.
pub const NO_BUNDLE: i32 = 2;

/// Gathers what a diagnosis of the Kerio Outlook Connector needs into one zip file. Changes nothing on the PC, sends
/// nothing anywhere, never collects mail or passwords.
#[derive(Debug, Parser)]
#[command(name = "koff-collect", version, max_term_width = 100, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    existing: Option<existing::Command>,
    /// Read the Windows system disk mounted here instead of the running PC.
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// Collect for this account only: its name, SID or the name of its profile folder.
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Write the bundle here. Default: koff-bundle-….zip on the Desktop, or in the current folder with --root.
    #[arg(long, short, value_name = "FILE.zip")]
    output: Option<PathBuf>,
    /// Say what would be collected, and collect nothing.
    #[arg(long)]
    plan: bool,
    /// Open a window to choose, look and collect in, as a double click does.
    #[arg(long)]
    window: bool,
    /// Form of the result on standard output.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// End by then with whatever was collected.
    #[arg(long, value_name = "TIME", default_value = "120s", value_parser = units::time)]
    deadline: Duration,
    /// Keep head and tail only of files above this size.
    #[arg(long, value_name = "SIZE", default_value = "64MB", value_parser = units::size)]
    max_file_size: u64,
    /// Leave out events older than this.
    #[arg(long, value_name = "TIME", default_value = "14d", value_parser = units::time)]
    since: Duration,
    /// Answer every question with yes, and ask none.
    #[arg(long, short)]
    yes: bool,
    /// Speak this language; without it the system's. JSON and the bundle are the same in every language.
    #[arg(long, value_name = "LANG", global = true, value_parser = language::known)]
    lang: Option<String>,
    /// Show no progress; print where the bundle is and nothing else.
    #[arg(long, short)]
    quiet: bool,
    /// Collect this artifact and no other; may be given several times. --plan lists the ids.
    #[arg(long, value_name = "ID", value_parser = artifact)]
    only: Vec<Artifact>,
    /// Leave this artifact out; may be given several times.
    #[arg(long, value_name = "ID", value_parser = artifact)]
    exclude: Vec<Artifact>,
    /// Leave names of people and machines as they are. Passwords are removed in any case.
    #[arg(long)]
    no_redact: bool,
    /// Key file for the stand-ins of names, so that several bundles agree; made if it is not there. Keep it to yourself.
    #[arg(long, alias = "key", value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Collect this as well, which needs a yes: pictures (of Outlook's window and the icons beside the clock),
    /// reachability (one contact with the mail server that the profile names), connector-dlls;
    /// may be given several times. --yes is that yes.
    #[arg(long, value_name = "ID", value_parser = consent::artifact)]
    with: Vec<Artifact>,
    /// Put connector DLLs into the bundle as they are, beside their summaries.
    #[arg(long)]
    include_dll: bool,
    #[command(flatten)]
    sending: sending::Options,
}

/// Form of the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Sentences for a person.
    Text,
    /// One JSON document for a program.
    Json,
}

/// Runs the command line `args`, program name first, and gives the exit code. Results go to `out`, mistakes to `err`.
pub fn run(args: impl IntoIterator<Item = OsString>, out: &mut dyn Write, err: &mut dyn Write) -> i32 {
    let args: Vec<OsString> = args.into_iter().collect();
    let double_click = args.len() <= 1 && window::is_wanted();
    let messages = language::messages(help::asked(&args));
    let read = help::told(Cli::command(), &messages).try_get_matches_from(args);
    let cli = match read.and_then(|read| Cli::from_arg_matches(&read)) {
        Ok(cli) => cli,
        // Help and version are answers, everything else is a mistake.
        Err(shown) if !shown.use_stderr() => {
            let _ = write!(out, "{shown}");
            return WRITTEN;
        }
        Err(shown) => {
            let _ = write!(err, "{}", help::mistake(&shown, &messages));
            return NO_BUNDLE;
        }
    };
    let done = match &cli.existing {
        Some(command) => existing::run(command, &messages, out),
        None if cli.window || double_click => match show(&cli, &messages) {
            // Better without a window than not at all.
            Err(Error::NoWindow) if !cli.window => go(&cli, &messages, out),
            done => done,
        },
        None => go(&cli, &messages, out),
    };
    match done {
        Ok(()) => WRITTEN,
        Err(error) => {
            let _ = writeln!(err, "koff-collect: {}", messages.error(&error));
            NO_BUNDLE
        }
    }
}

fn go(cli: &Cli, messages: &Messages, out: &mut dyn Write) -> Result<()> {
    let clock = fixed_clock();
    let sending = Sending::new(&cli.sending)?;
    let plan = Arc::new(plan(cli, clock));
    let (host, kind) = door::open(cli.root.as_deref(), clock)?;
    if cli.plan {
        let planned = collect::plan(&host, &plan)?;
        let text = match cli.format {
            Format::Text => listing::text(&planned, messages),
            Format::Json => listing::json(&planned),
        };
        return say(out, &text);
    }
    if !cli.yes {
        agree(cli, messages)?;
    }
    let now = clock.unwrap_or_else(Timestamp::now);
    let target = place::choose(cli.output.as_deref(), &door::desktops(cli.root.is_some(), host.as_ref()), now);
    let mut bar = progress::Bar::new(!cli.quiet && std::io::stderr().is_terminal(), messages);
    let session = Session::open(&host, &plan, kind)?;
    let done = deliver::deliver(&session, &target, &sending, &mut bar)?;
    bar.end();
    match cli.format {
        Format::Text => say(out, &words::summary(&done, messages, cli.quiet)),
        Format::Json => {
            let outcome = words::Outcome::new(&done);
            say(out, &format!("{}\n", serde_json::to_string_pretty(&outcome).unwrap_or_default()))
        }
    }
}

/// Asks everything that the options bring up.
fn agree(cli: &Cli, messages: &Messages) -> Result<()> {
    if cli.no_redact {
        consent::ask("--no-redact", &messages.text("consent.names"), messages)?;
    }
    for (artifact, question) in consent::QUESTIONS {
        if cli.with.contains(artifact) {
            consent::ask(&format!("--with {}", artifact.id()), &messages.text(question), messages)?;
        }
    }
    Ok(())
}

/// Opens the window. A yes to readable names cannot be given there, only beforehand; the rest is asked by its ticks.
fn show(cli: &Cli, messages: &Messages) -> Result<()> {
    if cli.no_redact && !cli.yes {
        consent::ask("--no-redact", &messages.text("consent.names"), messages)?;
    }
    let plan = Arc::new(plan(cli, fixed_clock()));
    let sending = Sending::new(&cli.sending)?;
    let desk = errand::Desk::new(cli.root.clone(), cli.output.clone(), plan, sending, messages.clone());
    window::open(Box::new(desk), messages)
}

/// A reader that has gone away (a closed pipe) does not turn a written bundle into a failure.
fn say(out: &mut dyn Write, text: &str) -> Result<()> {
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    Ok(())
}

fn plan(cli: &Cli, clock: Option<Timestamp>) -> Plan {
    Plan {
        deadline: cli.deadline,
        caps: Caps::default().with_file_size(cli.max_file_size),
        since: cli.since,
        user: cli.user.clone(),
        selection: Selection {
            only: cli.only.iter().copied().collect(),
            skipped: cli.exclude.iter().copied().collect(),
            withheld: std::collections::BTreeSet::new(),
        },
        mask_names: !cli.no_redact,
        key_file: cli.key_file.clone(),
        agreed: cli.with.iter().copied().chain(cli.include_dll.then_some(Artifact::ConnectorDlls)).collect(),
        clock,
    }
}

/// `SOURCE_DATE_EPOCH`: seconds since 1970, for bundles that must not depend on when they were made.
fn fixed_clock() -> Option<Timestamp> {
    let text = std::env::var("SOURCE_DATE_EPOCH").ok()?;
    Timestamp::from_second(text.trim().parse().ok()?).ok()
}

fn artifact(text: &str) -> std::result::Result<Artifact, Mistake> {
    Artifact::from_id(text).ok_or_else(|| {
        let near = Artifact::ALL.iter().map(|known| known.id()).filter(|id| id.contains(text) || text.contains(id));
        let near: Vec<&str> = near.take(3).collect();
        match near.as_slice() {
            [] => Mistake::new("expected.artifact", text),
            near => Mistake { known: near.join(", "), ..Mistake::new("expected.artifact-near", text) },
        }
    })
}
