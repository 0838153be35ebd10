//! What can be typed.

mod rules;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::Timestamp;
use koff_bundle::limits::What;

pub(super) use self::rules::{LinePlace, RuleFormat, RulesArgs, RulesCommand};
use crate::{
    dll_table::DllFormat,
    finding::Level,
    render::{CheckFormat, ComparisonFormat, Format},
};

/// Says why Outlook does not load its profile with the Kerio Outlook Connector (KOFF), offline, from a bundle.
#[derive(Debug, Parser)]
#[command(
    name = "koff-analyze",
    version,
    max_term_width = 100,
    after_help = "\
Examples:
  koff-analyze report x.zip                              what is wrong, why, and what to do
  koff-analyze report x.zip --format html --output x.html
  koff-analyze report tickets/ --format html --output fleet.html
  koff-analyze explain connector-bitness-mismatch x.zip  why a rule came to its verdict
  koff-analyze diff old.zip new.zip                      what changed in between"
)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    /// File with the secret key that opens sealed bundles (age, AGE-SECRET-KEY-1…); may be given several times
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) identity: Vec<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Analyse a bundle, or a zip or folder of loose evidence
    Report(ReportArgs),
    /// Judge any DLL or EXE by the connector's indicator table
    Dll(DllArgs),
    /// List, show and check rules
    Rules(RulesArgs),
    /// Why a rule came to its verdict on a bundle: the evaluation tree
    Explain(ExplainArgs),
    /// Kinds of facts and their fields; with a bundle, what it says
    Facts(FactsArgs),
    /// Changes and failures by time
    Timeline(TimelineArgs),
    /// Look every quotation of a JSON report up again in its bundle
    Verify(VerifyArgs),
    /// What changed from one bundle to another of the same PC
    Diff(DiffArgs),
    /// Compare every bundle of a folder with the expected file beside it
    Check(CheckArgs),
    /// Print the completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write one per command
    Man {
        /// Folder for a page per command
        #[arg(long, short, value_name = "DIR")]
        output: Option<PathBuf>,
    },
}

/// Text or JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ListFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// What every judgement rests on beside the bundle.
#[derive(Debug, Args)]
pub(super) struct Knowledge {
    /// Folder with rules that add to the built-in ones, or override them by id
    #[arg(long, value_name = "DIR")]
    pub(super) rules: Vec<PathBuf>,
    /// PEM file with further root certificates to trust for signatures
    #[arg(long, value_name = "PEM")]
    pub(super) trust_anchor: Vec<PathBuf>,
}

/// Which documents are written, and where to.
#[derive(Debug, Args)]
pub(super) struct Documents<F: ValueEnum + Clone + Send + Sync + 'static> {
    /// Format; repeat it, with one --output each, for several
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: Vec<F>,
    /// Where to write it; standard output where left out
    #[arg(long, short, value_name = "FILE")]
    pub(super) output: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// Rule id; `dll` for the indicator tables of the connector's DLLs and how their overall words follow
    pub(super) rule: String,
    /// The bundle
    pub(super) bundle: PathBuf,
    #[command(flatten)]
    pub(super) knowledge: Knowledge,
}

#[derive(Debug, Args)]
pub(super) struct FactsArgs {
    /// The bundle; the kinds and fields themselves where left out
    pub(super) bundle: Option<PathBuf>,
    /// Only this kind
    #[arg(long)]
    pub(super) kind: Option<String>,
    /// How facts are written
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: ListFormat,
    #[command(flatten)]
    pub(super) knowledge: Knowledge,
}

#[derive(Debug, Args)]
pub(super) struct TimelineArgs {
    /// The bundle
    pub(super) bundle: PathBuf,
    /// Only the day before and after this moment (RFC 3339)
    #[arg(long, value_name = "TIME")]
    pub(super) around: Option<Timestamp>,
    #[command(flatten)]
    pub(super) knowledge: Knowledge,
}

#[derive(Debug, Args)]
#[command(after_help = "Exit codes: 0 all confirmed, 1 something refuted, 2 could not be checked.")]
pub(super) struct VerifyArgs {
    /// The report (`--format json`)
    pub(super) report: PathBuf,
    /// The bundle that it speaks of
    pub(super) bundle: PathBuf,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  koff-analyze diff before.zip after.zip
  koff-analyze diff before.zip after.zip --format html --output changes.html --format json --output changes.json

Exit codes: 0 nothing new, 1 new findings, 2 could not be compared.")]
pub(super) struct DiffArgs {
    /// The older bundle
    pub(super) old: PathBuf,
    /// The newer bundle
    pub(super) new: PathBuf,
    #[command(flatten)]
    pub(super) documents: Documents<ComparisonFormat>,
    #[command(flatten)]
    pub(super) knowledge: Knowledge,
}

#[derive(Debug, Args)]
#[command(after_help = "\
A bundle is a zip file, sealed or in volumes too, or a folder with manifest.json; evidence gathered by hand is whatever \
NAME.expected.txt stands beside. The expected file of NAME.zip or the folder NAME is NAME.expected.txt, or expected.txt \
where the bundle is alone in its folder. It has a line per rule, VERDICT RULE, and notes behind #. With --bundles the \
bundles stand in a folder of their own: NAME.zip belongs to NAME/expected.txt or NAME.expected.txt, and NAME.KIND.zip to \
NAME/expected.KIND.txt. The [check] table of DIR/koff-diag.toml may give bundles, at, rules and trust_anchors.

Examples:
  koff-analyze check cases                                    what differs, rule by rule
  koff-analyze check cases --format junit --output check.xml  for CI
  koff-analyze check cases --rules my-rules --update          write what comes out now; read the difference
  koff-analyze check expectations --bundles /srv/tickets      texts in git, bundles elsewhere

Exit codes: 0 all as expected, 1 something differs or could not be compared, 2 nothing to check.")]
pub(super) struct CheckArgs {
    /// Folder of bundles with expected files
    pub(super) dir: PathBuf,
    /// Folder of the bundles, where only the expected files are in DIR
    #[arg(long, value_name = "DIR")]
    pub(super) bundles: Option<PathBuf>,
    /// Only bundles whose name holds this text
    #[arg(long, value_name = "TEXT")]
    pub(super) only: Option<String>,
    /// Write the expected files anew
    #[arg(long)]
    pub(super) update: bool,
    #[command(flatten)]
    pub(super) documents: Documents<CheckFormat>,
    #[command(flatten)]
    pub(super) knowledge: Knowledge,
    /// Moment to judge every bundle at (RFC 3339), whatever it says of itself
    #[arg(long, value_name = "TIME")]
    pub(super) at: Option<Timestamp>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Several bundles, or a folder that holds bundles, make one document with a table by bundle and by rule.

Examples:
  koff-analyze report x.zip
  koff-analyze report x.zip --format html --output x.html --format json --output x.json
  koff-analyze report tickets/ --format html --output fleet.html --findings findings.parquet
  koff-analyze report evidence/ --at 2026-05-04T08:00:00Z        logs, exports and DLLs gathered by hand
  koff-analyze report x.zip.age --identity desk.key              sealed by koff-collect --encrypt-to
  koff-analyze report x.zip --format sarif --output x.sarif --fail-on never

Exit codes: 0 nothing at or above --fail-on, 1 findings, 2 no report, or none on one of several bundles.")]
pub(super) struct ReportArgs {
    /// Bundle of koff-collect, or a zip, folder or file of evidence gathered by hand; several, or a folder of bundles
    #[arg(required = true, value_name = "BUNDLE")]
    pub(super) bundles: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) documents: Documents<Format>,
    /// Write the findings as a table too, .ndjson or .parquet by the name
    #[arg(long, value_name = "FILE")]
    pub(super) findings: Option<PathBuf>,
    /// Write the facts as a table too, .ndjson or .parquet by the name
    #[arg(long, value_name = "FILE")]
    pub(super) facts: Option<PathBuf>,
    #[command(flatten)]
    pub(super) knowledge: Knowledge,
    /// Raise a limit for bundles that are larger than any healthy one: entries, entry_bytes, total_bytes, ratio,
    /// name_bytes, depth, memory_bytes or manifest_bytes
    #[arg(long, value_name = "NAME=VALUE", value_parser = limit)]
    pub(super) limit: Vec<(String, u64)>,
    /// Read members in spite of a problem with them, e.g. name-parent; the list is in bundle/README.md
    #[arg(long, value_name = "PROBLEM", value_parser = acceptable)]
    pub(super) accept: Vec<What>,
    /// Accepted findings; koff-diag.toml of the working folder where left out
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Moment of the evidence (RFC 3339), where it does not say so itself
    #[arg(long, value_name = "TIME")]
    pub(super) at: Option<Timestamp>,
    /// Lowest level of a finding that makes the exit code 1
    #[arg(long, value_name = "LEVEL", default_value = "high")]
    pub(super) fail_on: FailOn,
}

/// A level, or never.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOn {
    Informational,
    Low,
    Medium,
    High,
    Critical,
    Never,
}

impl FailOn {
    /// The lowest level that counts; `None` for never.
    pub(super) fn level(self) -> Option<Level> {
        Some(match self {
            Self::Informational => Level::Informational,
            Self::Low => Level::Low,
            Self::Medium => Level::Medium,
            Self::High => Level::High,
            Self::Critical => Level::Critical,
            Self::Never => return None,
        })
    }
}

#[derive(Debug, Args)]
pub(super) struct DllArgs {
    /// PE files to judge; a .cat among them may sign the others
    #[arg(required = true)]
    pub(super) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) knowledge: Knowledge,
    /// Moment to judge at (RFC 3339), for signatures whose time nothing proves
    #[arg(long, value_name = "TIME")]
    pub(super) at: Option<Timestamp>,
    /// How the tables are written
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: DllFormat,
}

/// The name of a problem that may be accepted.
fn acceptable(text: &str) -> Result<What, String> {
    let known = What::ACCEPTABLE.into_iter().find(|what| what.id() == text);
    known.ok_or_else(|| format!("expected {}", What::ACCEPTABLE.map(What::id).join(", ")))
}

/// `NAME=VALUE` of a limit.
fn limit(text: &str) -> Result<(String, u64), String> {
    let (name, value) = text.split_once('=').ok_or_else(|| format!("expected NAME=VALUE, found {text}"))?;
    let value = value.parse().map_err(|_| format!("{name}: expected a whole number, found {value}"))?;
    Ok((name.to_owned(), value))
}
