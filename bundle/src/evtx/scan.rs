//! A small pull scanner for the XML of events: tags, attributes, text, entities. Owns only what event XML uses; no
//! document types, no entities of their own, nothing fetched. Linear in its input.

use std::borrow::Cow;

use memchr::memmem;

/// One piece of XML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// `<name …>`; `empty` for `<name …/>`. The name without prefix.
    Open { name: &'a str, attributes: &'a str, empty: bool },
    /// `</name>`, without prefix.
    Close(&'a str),
    /// Text with its entities resolved.
    Text(Cow<'a, str>),
}

/// The tokens of `xml`; an error ends them.
pub(super) struct Tokens<'a> {
    rest: &'a str,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(xml: &'a str) -> Self {
        Self { rest: xml }
    }

    fn tag(&mut self) -> Result<Token<'a>, &'static str> {
        let end = tag_end(self.rest).ok_or("a tag without >")?;
        let inner = self.rest.get(1..end).unwrap_or_default();
        self.rest = self.rest.get(end + 1..).unwrap_or_default();
        if let Some(name) = inner.strip_prefix('/') {
            return Ok(Token::Close(local(name.trim_end())));
        }
        let (inner, empty) = match inner.strip_suffix('/') {
            Some(inner) => (inner, true),
            None => (inner, false),
        };
        let (name, attributes) = inner.split_once(|c: char| c.is_ascii_whitespace()).unwrap_or((inner, ""));
        if name.is_empty() {
            return Err("a tag without name");
        }
        Ok(Token::Open { name: local(name), attributes, empty })
    }

    /// Cuts `open…close` off the front and gives what is between.
    fn block(&mut self, open: &str, close: &str) -> Option<Result<&'a str, &'static str>> {
        let rest = self.rest.strip_prefix(open)?;
        let Some((inner, rest)) = rest.split_once(close) else {
            self.rest = "";
            return Some(Err("a comment or section without end"));
        };
        self.rest = rest;
        Some(Ok(inner))
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Result<Token<'a>, &'static str>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if self.rest.is_empty() {
                return None;
            }
            if !self.rest.starts_with('<') {
                let end = self.rest.find('<').unwrap_or(self.rest.len());
                let (text, rest) = self.rest.split_at(end);
                self.rest = rest;
                return Some(Ok(Token::Text(unescape(text))));
            }
            if let Some(text) = self.block("<![CDATA[", "]]>") {
                return Some(text.map(|text| Token::Text(Cow::Borrowed(text))));
            }
            let skipped = self.block("<!--", "-->").or_else(|| self.block("<?", "?>"));
            match skipped {
                Some(Ok(_)) => {}
                Some(Err(what)) => return Some(Err(what)),
                None => return Some(self.tag()),
            }
        }
    }
}

/// Where the tag at the start of `text` ends; `>` inside quotes does not count.
fn tag_end(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return Some(at),
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    None
}

fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

/// The attribute called `name`, entities resolved.
pub(super) fn attribute<'a>(attributes: &'a str, name: &str) -> Option<Cow<'a, str>> {
    let mut rest = attributes.trim_start();
    while let Some((key, after)) = rest.split_once('=') {
        let after = after.trim_start();
        let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let (value, after) = after.get(1..)?.split_once(quote)?;
        if key.trim() == name {
            return Some(unescape(value));
        }
        rest = after.trim_start();
    }
    None
}

/// Bytes of the longest entity, its semicolon included.
const LONGEST_ENTITY: usize = 12;

/// Resolves the five entities of XML and character numbers; anything else stays as it stands.
fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        // No entity is longer; a search for the end of one that has none would go through the whole text.
        let end = after.bytes().take(LONGEST_ENTITY).position(|byte| byte == b';');
        let found = end.and_then(|end| Some((end, entity(after.get(..end)?)?)));
        match found {
            Some((length, c)) => {
                out.push(c);
                rest = after.get(length + 1..).unwrap_or_default();
            }
            None => {
                out.push('&');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

fn entity(name: &str) -> Option<char> {
    match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

/// The `<Event>` elements of `text` with the offset where each starts; one that is not closed is an error, and the next
/// is found all the same.
pub(super) fn events(text: &str) -> impl Iterator<Item = (usize, Result<&str, &'static str>)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = next_event(text, at)?;
        let Some(length) = memmem::find(text.as_bytes().get(start..)?, b"</Event>") else {
            at = text.len();
            return Some((start, Err("no end of the element")));
        };
        let end = start + length + "</Event>".len();
        let inside = text.get(start + 1..end)?;
        if let Some(again) = last_event(inside) {
            at = start + 1 + again;
            return Some((start, Err("another element begins before its end")));
        }
        at = end;
        Some((start, Ok(text.get(start..end)?)))
    })
}

fn is_event(rest: &[u8]) -> bool {
    matches!(rest.get("<Event".len()), Some(b' ' | b'>' | b'\t' | b'\r' | b'\n'))
}

fn next_event(text: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes().get(from..)?;
    memmem::find_iter(bytes, b"<Event").find(|at| bytes.get(*at..).is_some_and(is_event)).map(|at| from + at)
}

fn last_event(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    memmem::find_iter(bytes, b"<Event").filter(|at| bytes.get(*at..).is_some_and(is_event)).last()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_text_and_entities_come_apart() {
        let xml =
            "<?xml version='1.0'?><!-- c --><a x='1>' y=\"&lt;\"><e:b/>t &amp; &#65;&#x42; &no; &</a><![CDATA[<raw>]]>";
        let tokens: Vec<_> = Tokens::new(xml).map(Result::unwrap).collect();
        let Token::Open { name: "a", attributes, empty: false } = &tokens[0] else { panic!("{tokens:?}") };
        assert_eq!(attribute(attributes, "y").as_deref(), Some("<"));
        assert_eq!(attribute(attributes, "x").as_deref(), Some("1>"));
        assert_eq!(attribute(attributes, "z"), None);
        assert_eq!(tokens[1], Token::Open { name: "b", attributes: "", empty: true });
        assert_eq!(tokens[2], Token::Text("t & AB &no; &".into()));
        assert_eq!(tokens[3], Token::Close("a"));
        assert_eq!(tokens[4], Token::Text("<raw>".into()));
        assert!(Tokens::new("<a b='x").next().unwrap().is_err());
        assert_eq!(unescape("&äöüäöüäöü;&amp;"), "&äöüäöüäöü;&");
        assert_eq!(unescape("&#x00010FFFF;&#x000010FFFF;"), "\u{10FFFF}&#x000010FFFF;");
    }

    #[test]
    fn an_unclosed_event_does_not_take_the_next_with_it() {
        let text = "<Events><Event >1</Event><Event>lost<Event>2</Event>\r\n<EventData/><Event>cut";
        let found: Vec<_> = events(text).map(|(_, part)| part.ok()).collect();
        assert_eq!(found, [Some("<Event >1</Event>"), None, Some("<Event>2</Event>"), None]);
    }
}
