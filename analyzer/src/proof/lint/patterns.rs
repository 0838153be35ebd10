//! Lints about patterns and texts: those that match too much, or say more than they need.

use super::{Context, Found, Lint};
use crate::{
    detection::{Matcher, Pattern, Test},
    rule::Rule,
};

pub(super) const LINTS: &[Lint] = &[
    Lint { name: "pattern-matches-everything", finds: "a pattern that the empty text meets", run: matches_everything },
    Lint { name: "pattern-unescaped-dot", finds: "an unescaped dot before a file extension", run: unescaped_dot },
    Lint { name: "pattern-padded", finds: "`.*` at an end of a pattern, which changes nothing", run: padded },
    Lint { name: "pattern-is-text", finds: "patterns that are plain texts: `contains` says the same", run: is_text },
    Lint { name: "pattern-flag", finds: "the flag `(?i)`, which is on already", run: flag },
    Lint { name: "text-too-short", finds: "a text of fewer than three characters to look for", run: too_short },
];

fn tests(rule: &Rule) -> Vec<&Test> {
    let detections = rule.parts.iter().flat_map(|part| std::iter::once(&part.detection).chain(&part.applies));
    detections.flat_map(|detection| &detection.selections).flat_map(|(_, one)| one.any.iter().flatten()).collect()
}

/// What `wrong` says about each pattern of the rule.
fn patterns(rule: &Rule, wrong: impl Fn(&Pattern) -> Option<String>) -> Vec<Found> {
    let mut found = Vec::new();
    for matcher in tests(rule).iter().flat_map(|test| &test.matchers) {
        if let Matcher::Pattern(pattern) = matcher
            && let Some(message) = wrong(pattern)
        {
            found.push(Found::at(pattern.as_str(), message));
        }
    }
    found
}

fn matches_everything(rule: &Rule, _: &Context<'_>) -> Vec<Found> {
    patterns(rule, |pattern| pattern.is_match("").then(|| "the empty text meets this, so every text does".to_owned()))
}

fn unescaped_dot(rule: &Rule, _: &Context<'_>) -> Vec<Found> {
    let dotted = |text: &str| {
        ["dll", "exe", "fdb", "log", "inf", "sys", "msi"].iter().find_map(|ext| {
            let place = text.find(&format!(".{ext}"))?;
            let before = text.get(..place)?.chars().next_back()?;
            (before.is_alphanumeric() || before == '_' || before == ')')
                .then(|| format!("`.{ext}` is any character and {ext}: write `\\.{ext}`"))
        })
    };
    patterns(rule, |pattern| dotted(pattern.as_str()))
}

fn padded(rule: &Rule, _: &Context<'_>) -> Vec<Found> {
    let ends = |text: &str| text.starts_with(".*") || (text.ends_with(".*") && !text.ends_with("\\.*"));
    patterns(rule, |pattern| {
        ends(pattern.as_str()).then(|| "a pattern is looked for anywhere: leave the `.*` out".to_owned())
    })
}

fn is_text(rule: &Rule, _: &Context<'_>) -> Vec<Found> {
    let plain = |matcher: &Matcher| match matcher {
        Matcher::Pattern(pattern) => {
            !pattern.as_str().contains(['\\', '.', '*', '+', '?', '(', '[', '{', '|', '^', '$'])
        }
        _ => false,
    };
    let all_plain = tests(rule).into_iter().filter(|test| test.matchers.iter().all(plain));
    let key = |test: &Test| test.written.split(':').next().unwrap_or("").to_owned();
    all_plain.map(|test| Found::at(key(test), "no pattern here: use `contains`")).collect()
}

fn flag(rule: &Rule, _: &Context<'_>) -> Vec<Found> {
    patterns(rule, |pattern| pattern.as_str().starts_with("(?i)").then(|| "case does not count anyway".to_owned()))
}

fn too_short(rule: &Rule, _: &Context<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for test in tests(rule) {
        for matcher in &test.matchers {
            if let Matcher::Contains(text) = matcher
                && text.chars().count() < 3
            {
                found.push(Found::at(text, format!("`{text}` is in almost every text")).within("detection:"));
            }
        }
    }
    found
}
