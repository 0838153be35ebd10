//! `koff-analyze rules`: what can be diagnosed, one rule as it is written, and whether rules are sound.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use super::{EXIT_CLEAN, args::RulesCommand};
use crate::{
    error::{Error, Result},
    rule::RuleSet,
};

pub(super) fn run(command: &RulesCommand, out: &mut dyn Write, _err: &mut dyn Write) -> Result<u8> {
    match command {
        RulesCommand::List { rules } => list(&load(rules)?, out),
        RulesCommand::Show { id, rules } => show(&load(rules)?, id, out),
        RulesCommand::Check { dir } => check(dir.as_deref(), out),
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

fn show(rules: &RuleSet, id: &str, out: &mut dyn Write) -> Result<u8> {
    let rule = rules.get(id).ok_or_else(|| unknown_rule(rules, id))?;
    write_line(out, rule.source_text().trim_end())?;
    Ok(EXIT_CLEAN)
}

/// "no such rule", with the nearest one.
pub(super) fn unknown_rule(rules: &RuleSet, id: &str) -> Error {
    let hint = crate::yaml::did_you_mean(id, rules.iter().map(|rule| rule.id.as_str()));
    let hint = hint.map(|hint| format!("; {hint}")).unwrap_or_default();
    Error::Usage(format!("{id}: expected the id of a rule (see `koff-analyze rules list`){hint}"))
}

fn check(dir: Option<&Path>, out: &mut dyn Write) -> Result<u8> {
    let rules = match dir {
        None => RuleSet::embedded()?,
        Some(dir) => RuleSet::embedded()?.with_folder(dir)?,
    };
    write_line(out, &format!("{} rules: no error", rules.len()))?;
    Ok(EXIT_CLEAN)
}

fn write_line(out: &mut dyn Write, line: &str) -> Result<()> {
    writeln!(out, "{line}").map_err(|error| Error::io("standard output", error))
}
