//! What is generated from the rules: the index, the table of kinds of fact, the lints and the trace of the seed documents
//! for rules/README.md, and the JSON Schema for editors. Owns the texts; a test holds the files to them.

use std::{collections::BTreeMap, fmt::Write as _};

use koff_bundle::artifact::{Artifact, Reader};
use serde::Deserialize;

use super::lint;
use crate::{
    error::{Error, Result},
    facts::kind,
    pack,
    rule::{RuleSet, source::RuleSource},
    yaml,
};

/// A statement of the documents that the catalogue was made from, and what serves it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// What is said, in our words.
    pub says: String,
    /// Rules that serve it.
    pub rules: Vec<String>,
    /// Remediation steps that serve it.
    #[serde(default)]
    pub steps: Vec<String>,
    /// What else serves it, in words.
    #[serde(default)]
    pub also: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Trace {
    documents: Vec<Document>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    name: String,
    statements: Vec<Statement>,
}

/// Marks in rules/README.md between which generated text stands: name, then the text's own line ends.
const MARK: (&str, &str) = ("<!-- generated: ", " -->");

/// `readme` with every generated part made anew.
///
/// # Errors
/// The trace of the documents is not of its shape, or a mark has no end.
pub fn readme(readme: &str, rules: &RuleSet) -> Result<String> {
    let mut text = readme.to_owned();
    for (name, made) in [("rules", index(rules)), ("trace", trace(rules)?), ("lints", lints()), ("kinds", kinds())] {
        let (begin, end) = (format!("{}{name}{}\n", MARK.0, MARK.1), format!("{}end {name}{}", MARK.0, MARK.1));
        let missing = || Error::Rules(format!("rules/README.md: expected `{}` and `{end}`", begin.trim_end()));
        let (head, rest) = text.split_once(&begin).ok_or_else(missing)?;
        let (_, tail) = rest.split_once(&end).ok_or_else(missing)?;
        text = format!("{head}{begin}{made}{end}{tail}");
    }
    Ok(text)
}

/// The JSON Schema of a rule file, with a line end.
///
/// # Errors
/// Never in practice; the schema is made of our own types.
pub fn schema() -> Result<String> {
    let schema = schemars::schema_for!(RuleSource);
    let text = serde_json::to_string_pretty(&schema).map_err(|error| Error::Rules(error.to_string()))?;
    Ok(format!("{text}\n"))
}

/// One table an area: rule, level, confidence, what it finds, where it leads.
fn index(rules: &RuleSet) -> String {
    let mut areas: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for rule in rules.iter() {
        let level = format!("{:?}", rule.level()).to_lowercase();
        let class = rule.class().map(|class| format!(" ({})", format!("{class:?}").to_lowercase())).unwrap_or_default();
        let confidence = format!("{:?}", rule.confidence()).to_lowercase();
        let steps = rule.source.remediation.join(", ");
        let line =
            format!("| `{}` | {level}{class} | {confidence} | {} | {steps} |\n", rule.id, cell(&rule.source.title));
        areas.entry(&rule.area).or_default().push(line);
    }
    let mut out = format!("{} rules.\n", rules.len());
    for (area, lines) in areas {
        let _ = write!(
            out,
            "\n### {area}\n\n| rule | level | confidence | finds | leads to |\n|---|---|---|---|---|\n{}",
            lines.concat()
        );
    }
    out
}

/// Each statement of the documents with the rules that serve it and the artifacts that those read.
fn trace(rules: &RuleSet) -> Result<String> {
    let text = pack::embedded_table("trace.yml").unwrap_or("");
    let trace: Trace = yaml::parse("rules/trace.yml", text).map_err(|complaint| Error::Rules(complaint.to_string()))?;
    let mut out = String::new();
    for document in trace.documents {
        let _ = write!(out, "\n### {}\n\n| statement | rules and steps | artifacts |\n|---|---|---|\n", document.name);
        for statement in document.statements {
            let mut served: Vec<String> = statement.rules.iter().map(|id| format!("`{id}`")).collect();
            served.extend(statement.steps.iter().map(|step| format!("step {step}")));
            served.extend((!statement.also.is_empty()).then(|| statement.also.clone()));
            let mut artifacts: Vec<&str> = statement.rules.iter().flat_map(|id| artifacts_of(rules, id)).collect();
            artifacts.sort_unstable();
            artifacts.dedup();
            let _ = writeln!(
                out,
                "| {} | {} | {} |",
                cell(&statement.says),
                cell(&served.join(", ")),
                artifacts.join(", ")
            );
        }
    }
    Ok(out)
}

/// The rules, steps and words of the trace, for checks.
///
/// # Errors
/// The trace is not of its shape.
pub fn statements() -> Result<Vec<Statement>> {
    let text = pack::embedded_table("trace.yml").unwrap_or("");
    let trace: Trace = yaml::parse("rules/trace.yml", text).map_err(|complaint| Error::Rules(complaint.to_string()))?;
    Ok(trace.documents.into_iter().flat_map(|document| document.statements).collect())
}

/// Artifacts that the facts of rule `id` are read from.
fn artifacts_of(rules: &RuleSet, id: &str) -> Vec<&'static str> {
    let Some(rule) = rules.get(id) else { return Vec::new() };
    let kinds: Vec<&str> = rule.parts.iter().map(|part| part.kind.name).collect();
    let reads = |artifact: &&Artifact| match artifact.reader() {
        Reader::Facts(facts) => facts.iter().any(|fact| kinds.contains(fact)),
        Reader::Shown(..) | Reader::Raw(_) => false,
    };
    Artifact::ALL.iter().filter(reads).map(|artifact| artifact.id()).collect()
}

fn lints() -> String {
    let mut out = "| lint | finds |\n|---|---|\n".to_owned();
    for lint in lint::all() {
        let _ = writeln!(out, "| `{}` | {} |", lint.name, cell(lint.finds));
    }
    out
}

fn kinds() -> String {
    let mut out = String::new();
    for kind in kind::ALL.iter().copied().flatten() {
        let _ = write!(
            out,
            "\n### {}\n\n{}\n\n| field | type | meaning |\n|---|---|---|\n",
            kind.name,
            kind.meaning.trim()
        );
        for field in kind.fields {
            let ty = format!("{:?}", field.ty).to_lowercase();
            let _ = writeln!(out, "| `{}` | {ty} | {} |", field.name, cell(field.meaning));
        }
    }
    out
}

/// A text that does not end its table cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
