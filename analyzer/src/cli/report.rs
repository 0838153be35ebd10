//! `koff-analyze report`: one bundle, one report, in as many formats as asked for. Owns where documents go.

use std::{
    fs,
    io::Write,
    mem::ManuallyDrop,
    path::{Path, PathBuf},
};

use clap::ValueEnum;
use koff_bundle::{
    limits::{Accepted, Limits},
    seal::Identity,
};

use super::{
    EXIT_CLEAN, EXIT_FAILED, EXIT_FINDINGS, Screen,
    args::{Documents, ReportArgs},
    fleet, rules,
};
use crate::{
    analysis::{Analysis, Analyst, Options, file_digest::FileDigest},
    error::{Error, Result},
    facts::Facts,
    finding::Level,
    render::{Format, dress, render, render_failure},
    report::Report,
    suppress::{Config, FILE_NAME},
    tables,
};

pub(super) fn run(
    args: &ReportArgs,
    keys: &[Identity],
    screen: Screen,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Result<u8> {
    if let Some(paths) = fleet::meant(args)? {
        return fleet::run(args, keys, &paths, screen, out, err);
    }
    let outputs = Outputs::new(&args.documents)?;
    let bundle = args.bundles.first().map(PathBuf::as_path).unwrap_or(Path::new(""));
    // Offered before the rules are made ready, which leaves a core some time.
    let digest = FileDigest::begin(bundle);
    // The process ends with it: to give back the memory of all rules piece by piece would be work for nothing.
    let analyst = analyst(args, keys).map(ManuallyDrop::new);
    match analyst.and_then(|analyst| analyst.analyse_digested(bundle, digest)) {
        Ok(Analysis { report, facts, .. }) => {
            tables(args, &report, &facts)?;
            outputs.write(out, &|format, file, to| {
                dressed(format == Format::Text && file.is_none(), screen, to, &|to| render(&report, format, to))
            })?;
            Ok(if fails(&report, args.fail_on.level()) { EXIT_FINDINGS } else { EXIT_CLEAN })
        }
        Err(error) => {
            let name = bundle.file_name().unwrap_or(bundle.as_os_str()).to_string_lossy().into_owned();
            let text = error.to_string();
            // A document that says that there is none, so that whoever reads it next does not take silence for health.
            let documents = outputs.only(|format, to| format != Format::Text || to.is_some());
            documents.write(out, &|format, _, to| render_failure(&name, &text, format, to))?;
            let _ = writeln!(err, "koff-analyze: {text}");
            Ok(EXIT_FAILED)
        }
    }
}

/// What `render` writes, dressed for the `screen` where it goes there.
pub(super) fn dressed(
    there: bool,
    screen: Screen,
    out: &mut dyn Write,
    render: &dyn Fn(&mut dyn Write) -> std::io::Result<()>,
) -> std::io::Result<()> {
    if !there || screen == Screen::default() {
        return render(out);
    }
    let mut text = Vec::new();
    render(&mut text)?;
    out.write_all(dress(&String::from_utf8_lossy(&text), screen).as_bytes())
}

/// The tables that were asked for.
fn tables(args: &ReportArgs, report: &Report, facts: &Facts) -> Result<()> {
    let name = &report.bundle.name;
    let write = |path: &Path, columns, rows| {
        let failed = |error| Error::io(path.display().to_string(), error);
        let mut table = tables::create(path, columns)?;
        table.add(rows).map_err(failed)?;
        table.finish().map_err(failed)
    };
    if let Some(path) = &args.findings {
        write(path, tables::FINDINGS, tables::findings(name, report))?;
    }
    if let Some(path) = &args.facts {
        write(path, tables::FACTS, tables::facts(name, report.bundle.sha256.as_deref(), facts))?;
    }
    Ok(())
}

/// The rules and options that were asked for, made ready.
pub(super) fn analyst(args: &ReportArgs, keys: &[Identity]) -> Result<Analyst> {
    let config = match &args.config {
        Some(path) => Config::read(path)?,
        None if Path::new(FILE_NAME).is_file() => Config::read(Path::new(FILE_NAME))?,
        None => Config::default(),
    };
    let limits = limits(args)?;
    let (anchors, folders) = (args.knowledge.trust_anchor.clone(), args.knowledge.rules.clone());
    let identities = keys.to_vec();
    let options = Options { anchors, folders, at: args.at, always_at: false, config, limits, identities };
    Analyst::new(rules::load(&args.knowledge.rules)?, options)
}

/// The published limits with those raised, and those problems accepted, that were asked for.
fn limits(args: &ReportArgs) -> Result<Limits> {
    let accepted = args.accept.iter().fold(Accepted::default(), |accepted, what| accepted.and(*what));
    let mut limits = Limits { accepted, ..Limits::default() };
    for (name, value) in &args.limit {
        let limit = match name.as_str() {
            "entries" => &mut limits.entries,
            "entry_bytes" => &mut limits.entry_bytes,
            "total_bytes" => &mut limits.total_bytes,
            "ratio" => &mut limits.ratio,
            "name_bytes" => &mut limits.name_bytes,
            "depth" => &mut limits.depth,
            "memory_bytes" => &mut limits.memory_bytes,
            "manifest_bytes" => &mut limits.manifest_bytes,
            other => return Err(Error::Usage(format!("--limit: expected the name of a limit, found {other}"))),
        };
        *limit = *value;
    }
    Ok(limits)
}

/// Whether a finding is at or above `level`.
fn fails(report: &Report, level: Option<Level>) -> bool {
    level.is_some_and(|level| report.findings.iter().any(|finding| finding.level >= level))
}

/// Formats with where each goes; standard output where no file is named.
pub(super) struct Outputs<F>(Vec<(F, Option<PathBuf>)>);

/// Writes one format; the file is named where it does not go to standard output.
type Renderer<'a, F> = dyn Fn(F, Option<&Path>, &mut dyn Write) -> std::io::Result<()> + 'a;

impl<F: Copy + ValueEnum + Send + Sync + 'static> Outputs<F> {
    /// Each format with its file.
    pub(super) fn new(asked: &Documents<F>) -> Result<Self> {
        let Documents { format: formats, output: files } = asked;
        let (wanted, found) = (formats.len(), files.len());
        if found != wanted && !(found == 0 && wanted == 1) {
            return Err(Error::Usage(format!(
                "expected one --output for each --format, found {found} for {wanted}; without --output there is one --format"
            )));
        }
        let files = files.iter().cloned().map(Some).chain(std::iter::repeat(None));
        Ok(Self(formats.iter().copied().zip(files).collect()))
    }

    /// Only those that `test` picks, by format and file.
    pub(super) fn only(&self, test: impl Fn(F, Option<&Path>) -> bool) -> Self {
        Self(self.0.iter().filter(|(format, to)| test(*format, to.as_deref())).cloned().collect())
    }

    /// Format and file of each; `None` is standard output.
    pub(super) fn iter(&self) -> impl Iterator<Item = (F, Option<&Path>)> {
        self.0.iter().map(|(format, to)| (*format, to.as_deref()))
    }

    /// Renders each to its place; a file is written whole or not at all.
    pub(super) fn write(&self, out: &mut dyn Write, render: &Renderer<'_, F>) -> Result<()> {
        for (format, to) in &self.0 {
            match to {
                None => render(*format, None, out).map_err(|error| Error::io("standard output", error))?,
                Some(path) => {
                    let place = path.display().to_string();
                    let mut bytes = Vec::new();
                    render(*format, Some(path), &mut bytes).map_err(|error| Error::io(&place, error))?;
                    fs::write(path, bytes).map_err(|error| Error::io(&place, error))?;
                }
            }
        }
        Ok(())
    }
}
