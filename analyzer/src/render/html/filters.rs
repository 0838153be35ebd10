//! Template filters: words of the scales, and bundle text with everything invisible made visible (askama escapes what
//! they return).

#![expect(unreachable_pub, reason = "the filter macro writes public types")]

use askama::Values;

use super::super::{escape, words};
use crate::{evidence::Evidence, verdict::Unknown};

/// Bundle text on its way into HTML.
#[askama::filter_fn]
pub(in crate::render) fn shown(text: impl std::fmt::Display, _: &dyn Values) -> askama::Result<String> {
    Ok(escape::visible(&text.to_string()))
}

/// `_` as a blank.
#[askama::filter_fn]
pub(in crate::render) fn spaced(text: impl std::fmt::Display, _: &dyn Values) -> askama::Result<String> {
    Ok(escape::visible(&text.to_string().replace('_', " ")))
}

/// The word of a level, confidence or class.
#[askama::filter_fn]
pub(in crate::render) fn word(value: &impl serde::Serialize, _: &dyn Values) -> askama::Result<String> {
    Ok(serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default())
}

/// Where evidence stands.
#[askama::filter_fn]
pub(in crate::render) fn place(evidence: &Evidence, _: &dyn Values) -> askama::Result<String> {
    Ok(escape::visible(&words::place(evidence)))
}

/// Why something is unknown.
#[askama::filter_fn]
pub(in crate::render) fn why(unknown: &Unknown, _: &dyn Values) -> askama::Result<String> {
    Ok(escape::visible(&unknown.words()))
}

/// The tone in which a verdict or a word of the indicator table is shown; the word itself always stands beside it.
#[askama::filter_fn]
pub(in crate::render) fn tone(word: &str, _: &dyn Values) -> askama::Result<&'static str> {
    Ok(match word {
        "fail" | "malicious" => "critical",
        "suspicious" => "high",
        "unknown" | "cannot tell" => "medium",
        "pass" | "clean" => "low",
        _ => "none",
    })
}

/// Why something is unknown, without the detail behind it.
#[askama::filter_fn]
pub(in crate::render) fn brief(unknown: &Unknown, _: &dyn Values) -> askama::Result<String> {
    let words = unknown.words();
    Ok(escape::shorten(&escape::visible(words.split(" (").next().unwrap_or(&words)), 120))
}
