//! A draft of a rule out of one log line, with the line as its failing example. Owns how a line becomes a pattern; the
//! draft is for a person to finish, and says so where it must be finished.

use std::fmt::Write as _;

use crate::facts::{Datum, Record};

/// The text of a rule file called `id` that finds lines like `record`, a record of the kind `log`.
#[must_use]
pub fn from_line(id: &str, record: &Record) -> String {
    let text = field(record, "text");
    let source = Some(field(record, "source")).filter(|source| !source.is_empty());
    let pattern = pattern(&text);
    let mut out = format!(
        "id: {id}\ntitle: {title}\nstatus: experimental\nlevel: low\nconfidence: low\nfact: log\nwhen_empty: pass\n",
        title = quoted(&format!("A log line says {}", words(&text).join(" ").chars().take(60).collect::<String>())),
    );
    if let Some(source) = &source {
        let _ = writeln!(out, "applies_to: {{source: {source}}}");
    }
    let _ = write!(
        out,
        "detection:\n  line:\n    text|re: {}\n  condition: line\nmessage: 'A log says: {{text}}'\n",
        quoted(&pattern)
    );
    out.push_str(
        "description: Say here why this line is a fault and why it has this level.\nfalsepositives:\n  - Say here when the line \
         is written without a fault.\nremediation: []\nreferences:\n  - https://example.com/say-where-this-is-documented\n",
    );
    let head = source.map(|source| format!("source: {source}, ")).unwrap_or_default();
    let _ = write!(
        out,
        "examples:\n  - name: The line it was made from\n    verdict: fail\n    records:\n      - {{{head}text: {}}}\n",
        quoted(&text)
    );
    let _ = write!(
        out,
        "  - name: A line that looks like it and is none\n    verdict: pass\n    records:\n      - {{{head}text: {}}}\n",
        quoted(near_miss(&text))
    );
    out.push_str("  - name: The log could not be read\n    verdict: unknown\n    gaps: [locked]\n");
    out
}

/// An id out of the constant words of `record`: at most five of them, in kebab case.
#[must_use]
pub fn id_of(record: &Record) -> String {
    let text = field(record, "text").to_lowercase();
    let ascii = |word: &&str| word.len() > 1 && word.bytes().all(|b| b.is_ascii_lowercase());
    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).filter(ascii).take(5).collect();
    if words.is_empty() { "new-rule".to_owned() } else { words.join("-") }
}

fn field(record: &Record, name: &str) -> String {
    match record.get(name) {
        Datum::Text(text) => text.split_whitespace().collect::<Vec<_>>().join(" "),
        _ => String::new(),
    }
}

/// The words of a line that do not change from one to the next: no numbers, addresses, paths or names in quotes.
fn words(text: &str) -> Vec<&str> {
    let constant = |word: &&str| {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        bare.chars().count() > 1 && bare.chars().all(|c| c.is_alphabetic() || c == '-' || c == '\'')
    };
    text.split_whitespace().filter(constant).collect()
}

/// A pattern that finds `text` whatever its numbers, paths and addresses are.
fn pattern(text: &str) -> String {
    let kept = words(text);
    let mut out = String::new();
    let mut gap = false;
    for word in text.split_whitespace() {
        if kept.contains(&word) {
            if !out.is_empty() {
                out.push_str(if gap { ".{1,200}" } else { r"\s+" });
            }
            out.push_str(&regex::escape(word));
            gap = false;
        } else {
            gap = true;
        }
    }
    if out.is_empty() { regex::escape(text) } else { out }
}

/// The line without its last constant word.
fn near_miss(text: &str) -> &str {
    let last = words(text).last().and_then(|word| text.rfind(*word)).unwrap_or(0);
    let shorter = text.get(..last).unwrap_or("").trim_end();
    if shorter.is_empty() { "another line" } else { shorter }
}

/// `text` in single quotes as YAML wants them.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{pack::Pack, proof::examples, rule::Rule};

    #[test]
    fn a_draft_is_a_rule_whose_examples_hold_whatever_the_line() {
        let pack = Pack::embedded().unwrap();
        for text in [
            "Data page 95007 (sequence 253) is confused in table",
            r#"can't open 'C:\Users\Ann\x.fdb': "access" (denied) [5]"#,
            "4711",
            "über: 12 Fehler | {x} # y",
        ] {
            let record = Record::default().with("text", text).with("source", "firebird");
            let draft = from_line("my-rule", &record);
            let rule = Rule::parse("runtime/my-rule.yml", &draft, &pack)
                .unwrap_or_else(|wrong| panic!("{}\n{draft}", wrong[0]));
            assert_eq!(examples::run(&rule, &pack), [], "{draft}");
        }
        let other = Record::default().with("text", "Data page 1 (sequence 9) is confused in table");
        assert!(
            from_line("a", &other)
                .contains(r"text|re: 'Data\s+page.{1,200}\(sequence.{1,200}is\s+confused\s+in\s+table'")
        );
    }
}
