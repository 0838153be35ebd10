//! `koff-analyze check`: every bundle of a folder against the expected file beside it, side by side; one that cannot be
//! read never stops the rest.

use std::{fs, io::Write, path::Path};

use koff_bundle::seal::Identity;
use rayon::prelude::*;

use super::{EXIT_CLEAN, EXIT_FINDINGS, args::CheckArgs, report::Outputs, rules};
use crate::{
    analysis::{Analyst, Options, find},
    error::{Error, Result},
    expect::{Case, Expectation, Outcome},
    render::render_check,
};

pub(super) fn run(args: &CheckArgs, keys: &[Identity], out: &mut dyn Write) -> Result<u8> {
    let outputs = Outputs::new(&args.format, &args.output)?;
    if !args.dir.is_dir() {
        let place = args.dir.display();
        return Err(Error::Usage(format!("{place}: expected a folder of bundles with expected files, found none")));
    }
    let found = find::cases(&args.dir)?;
    if found.is_empty() {
        let place = args.dir.display();
        return Err(Error::Usage(format!(
            "{place}: expected bundles (NAME.zip, or a folder with manifest.json) or NAME.expected.txt, found none"
        )));
    }
    let options = Options {
        anchors: args.trust_anchor.clone(),
        folders: args.rules.clone(),
        at: args.at,
        always_at: args.at.is_some(),
        identities: keys.to_vec(),
        ..Options::default()
    };
    let analyst = Analyst::new(rules::load(&args.rules)?, options)?;
    let name = |path: &Path| {
        let path = path.strip_prefix(&args.dir).unwrap_or(path);
        path.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
    };
    let cases: Vec<Case> = found
        .par_iter()
        .map(|(bundle, expected)| Case {
            bundle: name(bundle),
            expected: name(expected),
            outcome: compare(&analyst, bundle, expected, args.update).unwrap_or_else(Outcome::Failed),
        })
        .collect();
    outputs.write(out, &|format, _, out| render_check(&cases, format, out))?;
    let wrong = cases.iter().any(|case| case.outcome.is_wrong());
    Ok(if wrong { EXIT_FINDINGS } else { EXIT_CLEAN })
}

fn compare(analyst: &Analyst, bundle: &Path, expected: &Path, update: bool) -> std::result::Result<Outcome, String> {
    let wanted = match fs::read_to_string(expected) {
        Ok(text) => Expectation::parse(&text).map_err(|error| format!("{}: {error}", expected.display()))?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && update => Expectation::default(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err("expected an expected file beside it, found none; --update writes it".to_owned());
        }
        Err(error) => return Err(format!("{}: {error}", expected.display())),
    };
    let report = analyst.analyse(bundle).map_err(|error| error.to_string())?.report;
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
