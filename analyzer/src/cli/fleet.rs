//! `koff-analyze report` over many bundles: side by side, a few at a time, so that memory does not grow with their number;
//! one that cannot be read never stops the rest.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use indicatif::{ProgressBar, ProgressStyle};
use koff_bundle::seal::Identity;
use rayon::prelude::*;

use super::{EXIT_CLEAN, EXIT_FAILED, EXIT_FINDINGS, Screen, args::ReportArgs, report};
use crate::{
    analysis::{Analyst, find},
    error::{Error, Result},
    finding::Level,
    fleet::Fleet,
    render::{Format, render, render_failure, render_fleet},
    tables::{self, Table},
};

/// Bundles in the air at a time.
const TOGETHER: usize = 32;

/// The bundles that were meant: several names, or a folder that holds bundles; `None` where it is one.
pub(super) fn meant(args: &ReportArgs) -> Result<Option<Vec<PathBuf>>> {
    match args.bundles.as_slice() {
        [one] if find::holds_bundles(one)? => Ok(Some(find::bundles(one)?)),
        [_] => Ok(None),
        many => {
            let mut all = Vec::new();
            for path in many {
                if find::holds_bundles(path)? { all.extend(find::bundles(path)?) } else { all.push(path.clone()) }
            }
            Ok(Some(all))
        }
    }
}

/// What is kept of one bundle until it has been written.
struct Step {
    fleet: Fleet,
    lines: Vec<u8>,
    findings: Vec<tables::Row>,
    facts: Vec<tables::Row>,
    worst: Option<Level>,
}

/// What grows while bundles are read.
struct Sinks<'a> {
    lines: Option<Box<dyn Write + 'a>>,
    findings: Option<Box<dyn Table>>,
    facts: Option<Box<dyn Table>>,
}

pub(super) fn run(
    args: &ReportArgs,
    keys: &[Identity],
    paths: &[PathBuf],
    screen: Screen,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Result<u8> {
    let outputs = report::Outputs::new(&args.format, &args.output)?;
    if args.format.contains(&Format::Sarif) {
        return Err(Error::Usage("--format sarif: expected one bundle; for many, json, ndjson or junit".to_owned()));
    }
    let analyst = report::analyst(args, keys)?;
    let documents = outputs.only(|format, _| format != Format::Ndjson);
    let lines = outputs.only(|format, _| format == Format::Ndjson);
    let mut fleet = Fleet::default();
    let mut worst = None;
    {
        let mut sinks = Sinks {
            lines: match lines.first() {
                None => None,
                Some(None) => Some(Box::new(&mut *out)),
                Some(Some(path)) => Some(Box::new(create(path)?)),
            },
            findings: args.findings.as_deref().map(|path| tables::create(path, tables::FINDINGS)).transpose()?,
            facts: args.facts.as_deref().map(|path| tables::create(path, tables::FACTS)).transpose()?,
        };
        let names = names(paths);
        let bar = progress(screen, paths.len());
        for (paths, names) in paths.chunks(TOGETHER).zip(names.chunks(TOGETHER)) {
            let wanted = (sinks.lines.is_some(), sinks.findings.is_some(), sinks.facts.is_some());
            let steps: Vec<Step> =
                paths.par_iter().zip(names).map(|(path, name)| step(&analyst, path, name, wanted)).collect();
            bar.inc(steps.len() as u64);
            for step in steps {
                worst = worst.max(step.worst);
                sinks.write(&step).map_err(|error| Error::io("the table", error))?;
                fleet.add(step.fleet);
            }
        }
        bar.finish_and_clear();
        sinks.finish().map_err(|error| Error::io("the table", error))?;
    }
    let fleet = fleet.finish();
    documents.write(out, &|format, file, to| {
        report::dressed(format == Format::Text && file.is_none(), screen, to, &|to| render_fleet(&fleet, format, to))
    })?;
    for one in &fleet.unread {
        let _ = writeln!(err, "koff-analyze: {}: {}", one.bundle, one.error);
    }
    let found = args.fail_on.level().is_some_and(|level| worst.is_some_and(|worst| worst >= level));
    Ok(match (fleet.unread.is_empty(), found) {
        (false, _) => EXIT_FAILED,
        (true, true) => EXIT_FINDINGS,
        (true, false) => EXIT_CLEAN,
    })
}

fn create(path: &Path) -> Result<BufWriter<File>> {
    Ok(BufWriter::new(File::create(path).map_err(|error| Error::io(path.display().to_string(), error))?))
}

/// One bundle: a pure function of it, the rules and what is wanted.
fn step(analyst: &Analyst, path: &Path, name: &str, (lines, findings, facts): (bool, bool, bool)) -> Step {
    let mut step =
        Step { fleet: Fleet::default(), lines: Vec::new(), findings: Vec::new(), facts: Vec::new(), worst: None };
    // Writing into memory does not fail.
    match analyst.analyse(path) {
        Err(error) => {
            let error = error.to_string();
            // The name stands beside it already, and the folder does not belong into a document.
            let error = error.strip_prefix(&format!("{}: ", path.display())).unwrap_or(&error);
            if lines {
                let _ = render_failure(name, error, Format::Ndjson, &mut step.lines);
            }
            step.fleet = Fleet::unread(name, error);
        }
        Ok(mut analysis) => {
            name.clone_into(&mut analysis.report.bundle.name);
            let report = &analysis.report;
            step.fleet = Fleet::of(name, report, &analysis.facts);
            step.worst = report.findings.iter().map(|finding| finding.level).max();
            if lines {
                let _ = render(report, Format::Ndjson, &mut step.lines);
            }
            if findings {
                step.findings = tables::findings(name, report);
            }
            if facts {
                step.facts = tables::facts(name, report.bundle.sha256.as_deref(), &analysis.facts);
            }
        }
    }
    step
}

impl Sinks<'_> {
    fn write(&mut self, step: &Step) -> std::io::Result<()> {
        if let Some(lines) = &mut self.lines {
            lines.write_all(&step.lines)?;
        }
        if let Some(table) = &mut self.findings {
            table.add(step.findings.clone())?;
        }
        if let Some(table) = &mut self.facts {
            table.add(step.facts.clone())?;
        }
        Ok(())
    }

    fn finish(self) -> std::io::Result<()> {
        if let Some(mut lines) = self.lines {
            lines.flush()?;
        }
        for table in [self.findings, self.facts].into_iter().flatten() {
            table.finish()?;
        }
        Ok(())
    }
}

/// Names as short as they stay unique: paths below the folder that all have in common, with `/`.
fn names(paths: &[PathBuf]) -> Vec<String> {
    let mut common = paths.first().and_then(|path| path.parent()).map(Path::to_path_buf).unwrap_or_default();
    while !paths.iter().all(|path| path.starts_with(&common)) {
        if !common.pop() {
            break;
        }
    }
    let name = |path: &PathBuf| {
        let path = path.strip_prefix(&common).unwrap_or(path);
        path.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
    };
    paths.iter().map(name).collect()
}

fn progress(screen: Screen, length: usize) -> ProgressBar {
    if !screen.progress || length < TOGETHER {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(length as u64);
    match ProgressStyle::with_template("{pos}/{len} bundles {wide_bar} {eta} left") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
