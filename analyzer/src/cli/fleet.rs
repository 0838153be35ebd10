//! `koff-analyze report` over many bundles: side by side, a few at a time, so that memory does not grow with their number;
//! one that cannot be read never stops the rest.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use koff_bundle::seal::Identity;
use rayon::prelude::*;

use super::{EXIT_CLEAN, EXIT_FAILED, EXIT_FINDINGS, Screen, args::ReportArgs, report, screen::progress};
use crate::{
    analysis::{Analyst, find},
    error::{Error, Result},
    finding::Level,
    fleet::Fleet,
    render::{Format, Growing, render_failed_part, render_fleet, render_part},
    tables::{self, Table},
};

/// Bundles in the air at a time.
const TOGETHER: usize = 64;

/// Of which so many are added up where they are read.
const ADDED: usize = 4;

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
#[derive(Default)]
struct Step {
    /// What each growing document says of it.
    parts: Vec<Vec<u8>>,
    findings: Vec<tables::Row>,
    facts: Vec<tables::Row>,
    worst: Option<Level>,
}

/// What grows while bundles are read.
struct Sinks<'a> {
    growing: Vec<Growing<'a>>,
    findings: Option<Box<dyn Table>>,
    facts: Option<Box<dyn Table>>,
}

/// What is asked of each bundle.
struct Wanted {
    parts: Vec<Format>,
    findings: bool,
    facts: bool,
}

pub(super) fn run(
    args: &ReportArgs,
    keys: &[Identity],
    paths: &[PathBuf],
    screen: Screen,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Result<u8> {
    let outputs = report::Outputs::new(&args.documents)?;
    let analyst = report::analyst(args, keys)?;
    let documents = outputs.only(|format, _| !Growing::grows(format));
    let mut fleet = Fleet::default();
    let mut worst = None;
    {
        let mut sinks = Sinks {
            growing: growing(&outputs, out)?,
            findings: args.findings.as_deref().map(|path| tables::create(path, tables::FINDINGS)).transpose()?,
            facts: args.facts.as_deref().map(|path| tables::create(path, tables::FACTS)).transpose()?,
        };
        let wanted = Wanted {
            parts: sinks.growing.iter().map(Growing::format).collect(),
            findings: sinks.findings.is_some(),
            facts: sinks.facts.is_some(),
        };
        let names = names(paths);
        let bar = progress(screen, paths.len());
        for (paths, names) in paths.chunks(TOGETHER).zip(names.chunks(TOGETHER)) {
            let groups = paths.par_chunks(ADDED).zip(names.par_chunks(ADDED));
            let groups: Vec<(Fleet, Vec<Step>)> = groups
                .map(|(paths, names)| {
                    let mut fleet = Fleet::default();
                    let one = |(path, name): (&PathBuf, &String)| step(&analyst, path, name, &wanted, &mut fleet);
                    let steps = paths.iter().zip(names).map(one).collect();
                    (fleet, steps)
                })
                .collect();
            bar.inc(paths.len() as u64);
            for (part, steps) in groups {
                fleet.add(part);
                for mut step in steps {
                    worst = worst.max(step.worst);
                    sinks.write(&mut step).map_err(|error| Error::io("the table", error))?;
                }
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

/// Begins the documents that grow while bundles are read.
fn growing<'a>(outputs: &report::Outputs<Format>, out: &'a mut dyn Write) -> Result<Vec<Growing<'a>>> {
    let (mut growing, mut standard) = (Vec::new(), Some(out));
    for (format, path) in outputs.iter().filter(|(format, _)| Growing::grows(*format)) {
        let place = path.map_or("standard output".to_owned(), |path| path.display().to_string());
        let to: Box<dyn Write + 'a> = match path {
            Some(path) => Box::new(create(path)?),
            // Standard output takes one document: `Outputs` sees to that.
            None => standard.take().map_or_else(|| Box::new(std::io::sink()) as Box<dyn Write>, |out| Box::new(out)),
        };
        growing.push(Growing::begin(format, to).map_err(|error| Error::io(place, error))?);
    }
    Ok(growing)
}

/// One bundle, added to `fleet`: a pure function of it, the rules and what is wanted.
fn step(analyst: &Analyst, path: &Path, name: &str, wanted: &Wanted, fleet: &mut Fleet) -> Step {
    let mut step = Step::default();
    // Writing into memory does not fail.
    let part = |write: &dyn Fn(Format, &mut Vec<u8>) -> std::io::Result<()>| {
        let one = |format: &Format| {
            let mut bytes = Vec::new();
            let _ = write(*format, &mut bytes);
            bytes
        };
        wanted.parts.iter().map(one).collect()
    };
    match analyst.analyse(path) {
        Err(error) => {
            let error = error.to_string();
            // The name stands beside it already, and the folder does not belong into a document.
            let error = error.strip_prefix(&format!("{}: ", path.display())).unwrap_or(&error);
            step.parts = part(&|format, out| render_failed_part(name, error, format, out));
            fleet.add(Fleet::unread(name, error));
        }
        Ok(mut analysis) => {
            name.clone_into(&mut analysis.report.bundle.name);
            let report = &analysis.report;
            fleet.take(name, report, &analysis.facts);
            step.worst = report.findings.iter().map(|finding| finding.level).max();
            step.parts = part(&|format, out| render_part(report, format, out));
            if wanted.findings {
                step.findings = tables::findings(name, report);
            }
            if wanted.facts {
                step.facts = tables::facts(name, report.bundle.sha256.as_deref(), &analysis.facts);
            }
        }
    }
    step
}

impl Sinks<'_> {
    fn write(&mut self, step: &mut Step) -> std::io::Result<()> {
        for (document, part) in self.growing.iter_mut().zip(&step.parts) {
            document.add(part)?;
        }
        if let Some(table) = &mut self.findings {
            table.add(std::mem::take(&mut step.findings))?;
        }
        if let Some(table) = &mut self.facts {
            table.add(std::mem::take(&mut step.facts))?;
        }
        Ok(())
    }

    fn finish(self) -> std::io::Result<()> {
        self.growing.into_iter().try_for_each(Growing::finish)?;
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
