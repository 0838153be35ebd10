//! Message templates: `{field}` and `{field|text where there is none}`. Owns parsing and filling in.

use std::collections::BTreeMap;

use crate::{
    detection::Problem,
    facts::{Datum, Kind, Record},
    yaml,
};

/// A message with places for values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Field { name: String, otherwise: Option<String> },
}

/// Names that a correlation adds.
pub const CORRELATED: &[&str] = &["count", "first", "last"];

/// A longer value is cut in a message; the evidence holds all of it.
const LONGEST_VALUE: usize = 300;

impl Message {
    /// The template in `text`, for records of `kind`.
    ///
    /// # Errors
    /// An unknown field or an unclosed brace.
    pub fn parse(text: &str, kind: &Kind, correlated: bool) -> Result<Self, Problem> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((inside, tail)) = after.split_once('}') else {
                return Err(Problem::new("message:", "expected `}` after `{` in the message"));
            };
            let (name, otherwise) = match inside.split_once('|') {
                Some((name, otherwise)) => (name, Some(otherwise.to_owned())),
                None => (inside, None),
            };
            if kind.field(name).is_none() && !(correlated && CORRELATED.contains(&name)) {
                let mut problem = Problem::new(
                    format!("{{{name}"),
                    format!("the message names `{name}`, and `{}` has no such field", kind.name),
                );
                problem.hint = yaml::did_you_mean(name, kind.fields.iter().map(|field| field.name));
                return Err(problem);
            }
            pieces.push(Piece::Text(before.to_owned()));
            pieces.push(Piece::Field { name: name.to_owned(), otherwise });
            rest = tail;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Ok(Self { pieces })
    }

    /// The message with the values of `record`, and `extra` ones by name.
    #[must_use]
    pub fn fill(&self, record: &Record, extra: &BTreeMap<&str, String>) -> String {
        let mut out = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Field { name, otherwise } => {
                    match extra.get(name.as_str()).cloned().or_else(|| value(record.get(name))) {
                        Some(value) => out.push_str(&value),
                        None => out.push_str(otherwise.as_deref().unwrap_or("(unknown)")),
                    }
                }
            }
        }
        out
    }

    /// Names of the fields that it shows.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Text(_) => None,
            Piece::Field { name, .. } => Some(name.as_str()),
        })
    }
}

/// A value as a sentence shows it; `None` where there is none or it cannot be told.
fn value(datum: &Datum) -> Option<String> {
    let text = match datum {
        Datum::Text(text) if !text.is_empty() => text.split_whitespace().collect::<Vec<_>>().join(" "),
        Datum::Number(number) => number.to_string(),
        Datum::Bool(value) => if *value { "yes" } else { "no" }.to_owned(),
        Datum::Time(time) => time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
        Datum::List(list) if !list.is_empty() => list.join(", "),
        _ => return None,
    };
    if text.chars().count() <= LONGEST_VALUE {
        return Some(text);
    }
    Some(text.chars().take(LONGEST_VALUE).chain(['…']).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::kind;

    #[test]
    fn values_fallbacks_and_unknown_fields() {
        let message = Message::parse("{path} by {publisher|nobody}: {found_by}{size}", &kind::DLL, false).unwrap();
        let record =
            Record::default().with("path", r"C:\a.dll").with("found_by", vec!["temp".to_owned(), "path".to_owned()]);
        assert_eq!(message.fill(&record, &BTreeMap::new()), r"C:\a.dll by nobody: temp, path(unknown)");
        let problem = Message::parse("{pth}", &kind::DLL, false).unwrap_err();
        assert_eq!(problem.hint.as_deref(), Some("did you mean `path`?"));
        assert!(Message::parse("{path", &kind::DLL, false).is_err());
        assert!(Message::parse("{count}", &kind::LOG, false).is_err());
        assert!(Message::parse("{count}", &kind::LOG, true).is_ok());
    }
}
