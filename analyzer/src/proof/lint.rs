//! Lints: what a rule may not look like although it parses. Owns the list of lints and how they are run; each group lives
//! in its own file.

use std::collections::BTreeMap;

use crate::{pack::Pack, rule::Rule, yaml::Diagnostic};

mod examples;
mod links;
mod logic;
mod patterns;
mod text;

/// One lint.
#[derive(Clone, Copy)]
pub struct Lint {
    /// Name, kebab-case.
    pub name: &'static str,
    /// What it finds.
    pub finds: &'static str,
    run: fn(&Rule, &Context<'_>) -> Vec<Found>,
}

/// What a lint may look at beside the rule.
struct Context<'a> {
    /// The rules checked, and those that they may refer to, by id.
    rules: &'a BTreeMap<&'a str, &'a Rule>,
    pack: &'a Pack,
}

/// Something found, and the words in the file that it is about.
struct Found {
    within: Option<&'static str>,
    needle: String,
    message: String,
    hint: Option<String>,
}

impl Found {
    fn at(needle: impl Into<String>, message: impl Into<String>) -> Self {
        Self { within: None, needle: needle.into(), message: message.into(), hint: None }
    }

    fn within(mut self, within: &'static str) -> Self {
        self.within = Some(within);
        self
    }

    fn hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint;
        self
    }
}

/// Every lint, group by group.
#[must_use]
pub fn all() -> Vec<Lint> {
    [text::LINTS, logic::LINTS, patterns::LINTS, examples::LINTS, links::LINTS].concat()
}

/// Runs every lint over `rules`; `known` are others that they may refer to.
#[must_use]
pub fn lint(rules: &[Rule], known: &[Rule], pack: &Pack) -> Vec<Diagnostic> {
    let by_id: BTreeMap<&str, &Rule> = known.iter().chain(rules).map(|rule| (rule.id.as_str(), rule)).collect();
    let context = Context { rules: &by_id, pack };
    let mut diagnostics = Vec::new();
    for rule in rules {
        let file = format!("rules/{}", rule.path);
        for lint in all() {
            for found in (lint.run)(rule, &context) {
                let place =
                    Diagnostic::about(lint.name, &file, rule.source_text(), found.within, &found.needle, found.message);
                diagnostics.push(place.hint(found.hint));
            }
        }
    }
    diagnostics
}

#[cfg(test)]
mod tests;
