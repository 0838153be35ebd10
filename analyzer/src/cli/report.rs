//! `koff-analyze report`: one bundle, one report, in as many formats as asked for.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use koff_bundle::limits::Limits;

use super::{EXIT_CLEAN, EXIT_FAILED, EXIT_FINDINGS, args::ReportArgs, rules};
use crate::{
    analysis::{Analyst, Options},
    error::{Error, Result},
    finding::Level,
    render::{Format, render, render_failure},
    report::Report,
    suppress::{Config, FILE_NAME},
};

pub(super) fn run(args: &ReportArgs, out: &mut dyn Write, err: &mut dyn Write) -> Result<u8> {
    let jobs = jobs(args)?;
    match analyse(args) {
        Ok(report) => {
            write_all(&jobs, out, &|format, out| render(&report, format, out))?;
            Ok(if fails(&report, args.fail_on.level()) { EXIT_FINDINGS } else { EXIT_CLEAN })
        }
        Err(error) => {
            let bundle = args.bundle.file_name().unwrap_or(args.bundle.as_os_str()).to_string_lossy().into_owned();
            let text = error.to_string();
            // A document that says that there is none, so that whoever reads it next does not take silence for health.
            let machine: Vec<_> =
                jobs.iter().filter(|(format, to)| *format != Format::Text || to.is_some()).cloned().collect();
            write_all(&machine, out, &|format, out| render_failure(&bundle, &text, format, out))?;
            let _ = writeln!(err, "koff-analyze: {text}");
            Ok(EXIT_FAILED)
        }
    }
}

fn analyse(args: &ReportArgs) -> Result<Report> {
    let config = match &args.config {
        Some(path) => Config::read(path)?,
        None if Path::new(FILE_NAME).is_file() => Config::read(Path::new(FILE_NAME))?,
        None => Config::default(),
    };
    let limits = limits(&args.limit)?;
    let options =
        Options { anchors: args.trust_anchor.clone(), folders: args.rules.clone(), at: args.at, config, limits };
    let analyst = Analyst::new(rules::load(&args.rules)?, options)?;
    Ok(analyst.analyse(&args.bundle)?.report)
}

/// The published limits with those raised that were asked for.
fn limits(raised: &[(String, u64)]) -> Result<Limits> {
    let mut limits = Limits::default();
    for (name, value) in raised {
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
fn jobs(args: &ReportArgs) -> Result<Vec<(Format, Option<PathBuf>)>> {
    let (formats, outputs) = (args.format.len(), args.output.len());
    if outputs != formats && !(outputs == 0 && formats == 1) {
        return Err(Error::Usage(format!(
            "expected one --output for each --format, found {outputs} for {formats}; without --output there is one --format"
        )));
    }
    let outputs = args.output.iter().cloned().map(Some).chain(std::iter::repeat(None));
    Ok(args.format.iter().copied().zip(outputs).collect())
}

type Renderer<'a> = dyn Fn(Format, &mut dyn Write) -> std::io::Result<()> + 'a;

fn write_all(jobs: &[(Format, Option<PathBuf>)], out: &mut dyn Write, render: &Renderer<'_>) -> Result<()> {
    for (format, to) in jobs {
        match to {
            None => render(*format, out).map_err(|error| Error::io("standard output", error))?,
            Some(path) => {
                let place = path.display().to_string();
                let mut bytes = Vec::new();
                render(*format, &mut bytes).map_err(|error| Error::io(&place, error))?;
                fs::write(path, bytes).map_err(|error| Error::io(&place, error))?;
            }
        }
    }
    Ok(())
}
