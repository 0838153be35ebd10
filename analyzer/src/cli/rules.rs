//! `koff-analyze rules`: what can be diagnosed, one rule as it is written, and whether rules are sound.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use koff_bundle::{limits::Limits, reader::Bundle};

use super::{
    EXIT_CLEAN, EXIT_FAILED,
    args::{LinePlace, RuleFormat, RulesCommand},
};
use crate::{
    error::{Error, Result},
    facts::streams::log_line,
    proof,
    rule::{RuleSet, page},
    yaml::Severity,
};

pub(super) fn run(command: &RulesCommand, out: &mut dyn Write) -> Result<u8> {
    match command {
        RulesCommand::List { rules } => list(&load(rules)?, out),
        RulesCommand::Show { id, rules, format } => show(&load(rules)?, id, *format, out),
        RulesCommand::Pages { dir, rules } => pages(&load(rules)?, dir, out),
        RulesCommand::Check { dir } => check(dir.as_deref(), out),
        RulesCommand::Test { dir } => test(dir.as_deref(), out),
        RulesCommand::New { from_line, id, output, rules } => {
            new(from_line, id.as_deref(), output.as_deref(), rules, out)
        }
        RulesCommand::Mutate { dir } => mutants(dir.as_deref(), out),
    }
}

/// The built-in rules with those of `folders` added, in this order.
pub(super) fn load(folders: &[PathBuf]) -> Result<RuleSet> {
    folders.iter().try_fold(RuleSet::embedded()?, |rules, folder| rules.with_folder(folder))
}

fn list(rules: &RuleSet, out: &mut dyn Write) -> Result<u8> {
    for rule in rules.iter() {
        let level = serde_json::to_value(rule.level()).ok();
        let level = level.as_ref().and_then(|word| word.as_str()).unwrap_or_default();
        write_line(out, &format!("{:<40} {:<11} {:<13} {}", rule.id, rule.area, level, rule.source.title))?;
    }
    Ok(EXIT_CLEAN)
}

fn show(rules: &RuleSet, id: &str, format: RuleFormat, out: &mut dyn Write) -> Result<u8> {
    let rule = rules.get(id).ok_or_else(|| unknown_rule(rules, id))?;
    match format {
        RuleFormat::Yaml => write_line(out, rule.source_text().trim_end())?,
        RuleFormat::Markdown => write_line(out, page::page(rule, rules).trim_end())?,
    }
    Ok(EXIT_CLEAN)
}

/// A page per rule and an index in the folder `dir`.
fn pages(rules: &RuleSet, dir: &Path, out: &mut dyn Write) -> Result<u8> {
    let write = |name: &str, text: &str| {
        let path = dir.join(name);
        std::fs::write(&path, text).map_err(|error| Error::io(path.display().to_string(), error))
    };
    std::fs::create_dir_all(dir).map_err(|error| Error::io(dir.display().to_string(), error))?;
    for rule in rules.iter() {
        write(&format!("{}.md", rule.id), &page::page(rule, rules))?;
    }
    write("README.md", &page::index(rules))?;
    write_line(out, &format!("{} pages and README.md in {}", rules.iter().count(), dir.display()))?;
    Ok(EXIT_CLEAN)
}

/// "no such rule", with the nearest one.
pub(super) fn unknown_rule(rules: &RuleSet, id: &str) -> Error {
    let hint = crate::yaml::did_you_mean(id, rules.iter().map(|rule| rule.id.as_str()));
    let hint = hint.map(|hint| format!("; {hint}")).unwrap_or_default();
    Error::Usage(format!("{id}: expected the id of a rule (see `koff-analyze rules list`){hint}"))
}

fn check(dir: Option<&Path>, out: &mut dyn Write) -> Result<u8> {
    let checked = proof::check(dir)?;
    for diagnostic in &checked.diagnostics {
        write_line(out, &format!("{diagnostic}\n"))?;
    }
    let errors = checked.diagnostics.iter().filter(|one| one.severity == Severity::Error).count();
    let warnings = checked.diagnostics.len() - errors;
    write_line(out, &format!("{} rules: {errors} errors, {warnings} warnings", checked.files))?;
    Ok(if checked.passed() { EXIT_CLEAN } else { EXIT_FAILED })
}

/// The rules of `dir` alone, or the built-in ones, with the pack.
fn of_folder(dir: Option<&Path>) -> Result<(RuleSet, Vec<String>)> {
    let rules = match dir {
        None => RuleSet::embedded()?,
        Some(dir) => RuleSet::embedded()?.with_folder(dir)?,
    };
    let stem = |path: &str| Path::new(path).file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let ids = proof::files(dir)?.iter().filter_map(|(path, _)| stem(path)).collect();
    Ok((rules, ids))
}

fn test(dir: Option<&Path>, out: &mut dyn Write) -> Result<u8> {
    let (rules, ids) = of_folder(dir)?;
    let (mut examples, mut failures) = (0, 0);
    for rule in ids.iter().filter_map(|id| rules.get(id)) {
        examples += rule.source.examples.len();
        for failed in proof::examples::run_in(rule, &rules) {
            failures += 1;
            write_line(out, &format!("{}\n", failed.diagnostic(rule)))?;
        }
    }
    write_line(out, &format!("{examples} examples of {} rules: {failures} failed", ids.len()))?;
    Ok(if failures == 0 { EXIT_CLEAN } else { EXIT_FAILED })
}

/// Drafts a rule out of a line, to `folder` or to `out`.
fn new(
    place: &LinePlace,
    id: Option<&str>,
    folder: Option<&Path>,
    layouts: &[PathBuf],
    out: &mut dyn Write,
) -> Result<u8> {
    let bundle = Bundle::open(&place.bundle, Limits::default())?;
    let wrong = |found: String| Error::Usage(format!("{}: {found}", place.bundle.display()));
    let layouts = crate::analysis::layouts(layouts)?;
    let record = log_line(&bundle, &place.member, place.line, &layouts).map_err(wrong)?;
    let id = id.map_or_else(|| proof::draft::id_of(&record), str::to_owned);
    let draft = proof::draft::from_line(&id, &record);
    let Some(folder) = folder else {
        write_line(out, draft.trim_end())?;
        return Ok(EXIT_CLEAN);
    };
    let path = folder.join(format!("{id}.yml"));
    let shown = path.display().to_string();
    let failed = |error| Error::io(&shown, error);
    std::fs::create_dir_all(folder).map_err(failed)?;
    let mut file = std::fs::File::create_new(&path).map_err(failed)?;
    file.write_all(draft.as_bytes()).map_err(failed)?;
    write_line(out, &shown)?;
    Ok(EXIT_CLEAN)
}

fn mutants(dir: Option<&Path>, out: &mut dyn Write) -> Result<u8> {
    let (rules, ids) = of_folder(dir)?;
    let (mut made, mut survived) = (0, 0);
    for rule in ids.iter().filter_map(|id| rules.get(id)) {
        let score = proof::mutate::mutate(rule, &rules.pack);
        made += score.mutants;
        survived += score.survivors.len();
        for survivor in &score.survivors {
            write_line(out, &format!("{}: no example catches: {survivor}", rule.id))?;
        }
    }
    write_line(out, &format!("{made} mutants: {} caught, {survived} survived", made - survived))?;
    Ok(if survived == 0 { EXIT_CLEAN } else { EXIT_FAILED })
}

fn write_line(out: &mut dyn Write, line: &str) -> Result<()> {
    writeln!(out, "{line}").map_err(|error| Error::io("standard output", error))
}
