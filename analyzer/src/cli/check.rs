//! `koff-analyze check`: every bundle of a folder against the expected file that belongs to it, side by side; one that
//! cannot be read never stops the rest.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use koff_bundle::seal::Identity;
use rayon::prelude::*;

use super::{
    EXIT_CLEAN, EXIT_FINDINGS, Screen,
    args::CheckArgs,
    report::{self, Outputs},
    rules,
    screen::progress,
};
use crate::{
    analysis::{Analyst, Options, cases},
    error::{Error, Result},
    expect::{Case, Expectation, Outcome},
    render::{CheckFormat, render_check},
    suppress::{Config, FILE_NAME},
};

/// What is compared, and with what.
struct Collection {
    /// Each bundle with its expected file.
    found: Vec<(PathBuf, PathBuf)>,
    /// Folder that names of bundles are relative to.
    bundles: PathBuf,
    /// What makes the bundles that are not there.
    made_by: Option<String>,
    analyst: Analyst,
}

pub(super) fn run(args: &CheckArgs, keys: &[Identity], screen: Screen, out: &mut dyn Write) -> Result<u8> {
    let outputs = Outputs::new(&args.documents)?;
    let collection = collection(args, keys)?;
    let bar = progress(screen, collection.found.len());
    let cases: Vec<Case> = collection
        .found
        .par_iter()
        .map(|(bundle, expected)| {
            let outcome = compare(&collection, bundle, expected, args.update).unwrap_or_else(Outcome::Failed);
            bar.inc(1);
            Case { bundle: name(bundle, &collection.bundles), expected: name(expected, &args.dir), outcome }
        })
        .collect();
    bar.finish_and_clear();
    outputs.write(out, &|format, file, to| {
        let text = format == CheckFormat::Text && file.is_none();
        report::dressed(text, screen, to, &|to| render_check(&cases, format, to))
    })?;
    let wrong = cases.iter().any(|case| case.outcome.is_wrong());
    Ok(if wrong { EXIT_FINDINGS } else { EXIT_CLEAN })
}

/// Finds what is to be compared, by what was typed and by what the folder says of itself.
fn collection(args: &CheckArgs, keys: &[Identity]) -> Result<Collection> {
    let dir = &args.dir;
    let place = dir.display();
    if !dir.is_dir() {
        return Err(Error::Usage(format!("{place}: expected a folder of bundles with expected files, found none")));
    }
    let settings = match dir.join(FILE_NAME) {
        file if file.is_file() => Config::read(&file)?.check,
        _ => Default::default(),
    };
    let apart = args.bundles.clone().or_else(|| settings.bundles.map(|bundles| dir.join(bundles)));
    let mut found = match &apart {
        None => cases::beside(dir)?,
        Some(bundles) if !bundles.is_dir() => {
            let hint = makes(settings.made_by.as_deref());
            return Err(Error::Usage(format!("{}: expected a folder of bundles, found none{hint}", bundles.display())));
        }
        Some(bundles) => cases::apart(dir, bundles)?,
    };
    let bundles = apart.unwrap_or_else(|| dir.clone());
    if let Some(text) = &args.only {
        found.retain(|(bundle, _)| name(bundle, &bundles).contains(text.as_str()));
    }
    if found.is_empty() {
        return Err(Error::Usage(match &args.only {
            Some(text) => format!("{}: expected a bundle whose name holds {text:?}, found none", bundles.display()),
            None => format!(
                "{place}: expected bundles (NAME.zip, or a folder with manifest.json) or NAME.expected.txt, found none"
            ),
        }));
    }
    let both = |told: Vec<PathBuf>, typed: &[PathBuf]| {
        told.iter().map(|path| dir.join(path)).chain(typed.iter().cloned()).collect::<Vec<_>>()
    };
    let folders = both(settings.rules, &args.knowledge.rules);
    let anchors = both(settings.trust_anchors, &args.knowledge.trust_anchor);
    let at = args.at.or(settings.at);
    let rules = rules::load(&folders)?;
    let options =
        Options { anchors, folders, at, always_at: at.is_some(), identities: keys.to_vec(), ..Options::default() };
    Ok(Collection { found, bundles, made_by: settings.made_by, analyst: Analyst::new(rules, options)? })
}

/// What makes the bundles that are not there, as the end of a sentence.
fn makes(command: Option<&str>) -> String {
    command.map(|command| format!("; `{command}` makes it")).unwrap_or_default()
}

/// `path` below `folder`, with `/`.
fn name(path: &Path, folder: &Path) -> String {
    let path = path.strip_prefix(folder).unwrap_or(path);
    path.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn compare(
    collection: &Collection,
    bundle: &Path,
    expected: &Path,
    update: bool,
) -> std::result::Result<Outcome, String> {
    let wanted = match fs::read_to_string(expected) {
        Ok(text) => Expectation::parse(&text).map_err(|error| format!("{}: {error}", expected.display()))?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && update => Expectation::default(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err("expected an expected file beside it, found none; --update writes it".to_owned());
        }
        Err(error) => return Err(format!("{}: {error}", expected.display())),
    };
    let report = collection.analyst.analyse(bundle).map_err(|error| collection.why(bundle, &error))?.report;
    let differences = wanted.differences(&report);
    if update {
        if !differences.is_empty() {
            let text = wanted.updated(&report).to_string();
            fs::write(expected, text).map_err(|error| format!("{}: {error}", expected.display()))?;
        }
        return Ok(Outcome::Written(differences));
    }
    Ok(if differences.is_empty() { Outcome::Same(wanted.verdicts.len()) } else { Outcome::Differs(differences) })
}

impl Collection {
    /// Why there is nothing to compare; the bundle's name stands beside it already.
    fn why(&self, bundle: &Path, error: &Error) -> String {
        let text = error.to_string();
        if let Error::Bundle(koff_bundle::error::Error::Io { source, .. }) = error
            && source.kind() == std::io::ErrorKind::NotFound
        {
            let hint = makes(self.made_by.as_deref());
            return format!("expected this bundle, found none{hint}");
        }
        text.strip_prefix(&format!("{}: ", bundle.display())).map(str::to_owned).unwrap_or(text)
    }
}
