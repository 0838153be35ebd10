//! Words of the finding's scales and places, the same in every format for people.

use crate::{
    evidence::{Evidence, Place},
    finding::{Class, Confidence, Level},
};

pub(super) fn level(level: Level) -> &'static str {
    match level {
        Level::Informational => "informational",
        Level::Low => "low",
        Level::Medium => "medium",
        Level::High => "high",
        Level::Critical => "critical",
    }
}

pub(super) fn confidence(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Low => "low",
        Confidence::Medium => "medium",
        Confidence::High => "high",
    }
}

pub(super) fn class(class: Class) -> &'static str {
    match class {
        Class::Suspicious => "suspicious",
        Class::Malicious => "malicious",
    }
}

/// `member:line [key] value`, as one would look it up.
pub(super) fn place(evidence: &Evidence) -> String {
    let place = match &evidence.place {
        Place::Whole => String::new(),
        Place::Line { line, .. } => format!(":{line}"),
        Place::Bytes { offset, length } => format!(" bytes {offset}+{length}"),
        Place::Registry { key, value, line } => match value.as_deref() {
            None => format!(":{line} [{key}]"),
            Some("") => format!(":{line} [{key}] (default)"),
            Some(value) => format!(":{line} [{key}] {value}"),
        },
        Place::Json { pointer } => format!("#{pointer}"),
        Place::Manifest { entry } => format!(" (manifest: {entry})"),
    };
    format!("{}{place}", evidence.artifact)
}
