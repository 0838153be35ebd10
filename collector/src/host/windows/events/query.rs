//! The structured query (XML around XPath) that filters events at their source.

use std::fmt::Write;

use crate::host::EventQuery;

/// The service takes at most 32 terms in one expression; with the time they stay below.
const TERMS: usize = 20;

/// One query with a `Select` for each group of providers.
pub(super) fn structured(query: &EventQuery) -> String {
    let channel = escaped(&query.channel);
    let mut text = format!(r#"<QueryList><Query Id="0" Path="{channel}">"#);
    if query.providers.is_empty() {
        select(&mut text, &channel, &[], query);
    }
    for group in query.providers.chunks(TERMS) {
        select(&mut text, &channel, group, query);
    }
    text.push_str("</Query></QueryList>");
    text
}

fn select(text: &mut String, channel: &str, providers: &[String], query: &EventQuery) {
    let mut terms = Vec::new();
    if !providers.is_empty() {
        // XPath 1.0 knows no escape inside quotes: a name with `'` stands between `"`.
        let names = providers.iter().map(|name| {
            let quote = if name.contains('\'') { '"' } else { '\'' };
            format!("@Name={quote}{name}{quote}")
        });
        terms.push(format!("Provider[{}]", names.collect::<Vec<_>>().join(" or ")));
    }
    if let Some(since) = query.since {
        terms.push(format!("TimeCreated[@SystemTime>='{since:.3}']"));
    }
    let filter = if terms.is_empty() { "*".to_owned() } else { format!("*[System[{}]]", terms.join(" and ")) };
    let _ = write!(text, r#"<Select Path="{channel}">{}</Select>"#, escaped(&filter));
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
