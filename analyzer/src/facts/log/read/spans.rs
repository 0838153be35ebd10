//! From candidate lines to the records that they belong to and the needs that these meet. Owns where a record begins and
//! ends inside a block; what its fields are stands in `read`.

use std::borrow::Cow;

use super::{
    BlockReader, LONGEST_TEXT,
    places::{block_end, head_of, line_end, without_cr},
};
use crate::facts::log::scan::{Candidate, Patterns};

/// A record inside a block, as text offsets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    /// Start of the line that carries its stamp.
    pub(super) head: Option<usize>,
    /// Its text.
    pub(super) body: (usize, usize),
    /// The line that was asked for.
    pub(super) quote: (usize, usize),
}

impl BlockReader<'_> {
    /// The records that the candidate lines belong to and that meet a need, each once, in order, and which needs.
    pub(super) fn spans(&self, patterns: &Patterns) -> Vec<(Span, Vec<u32>)> {
        let mut spans: Vec<(Span, Vec<u32>)> = Vec::new();
        // An overlong line has many candidates, and one head.
        let mut line: Option<(usize, Option<usize>)> = None;
        let one_line = self.layout.is_none_or(|layout| !layout.block);
        for Candidate { start, end, hit, mut wanted_by } in patterns.candidates(&self.block.text, self.block.ascii) {
            if one_line && end - start <= LONGEST_TEXT {
                let line = self.block.text.get(start..end).unwrap_or_default();
                wanted_by.retain(|number| patterns.may_be_met(*number, line));
                if wanted_by.is_empty() {
                    continue;
                }
            }
            let known = line.filter(|(of, _)| *of == start);
            let (_, head) = *line.insert(known.unwrap_or_else(|| (start, self.head(start))));
            let span = self.span(start, end, hit, head);
            let same_line = spans.iter().rev().take_while(|(other, _)| other.quote.0 == span.quote.0);
            let told: Vec<u32> = same_line.flat_map(|(_, numbers)| numbers).copied().collect();
            let parts = self.parts(&span);
            let parts: Vec<&[u8]> = parts.iter().map(AsRef::as_ref).collect();
            wanted_by.retain(|number| !told.contains(number) && patterns.is_met(*number, &parts));
            match spans.last_mut() {
                _ if wanted_by.is_empty() => {}
                Some((last, numbers)) if last.body == span.body => {
                    numbers.extend(wanted_by);
                    numbers.sort_unstable();
                    numbers.dedup();
                }
                _ => spans.push((span, wanted_by)),
            }
        }
        spans
    }

    /// What the line from `start` to `end` belongs to, whose stamp stands in the line at `head`.
    pub(super) fn span(&self, start: usize, end: usize, hit: usize, head: Option<usize>) -> Span {
        let text = &self.block.text;
        // Of an overlong line what stands around the hit is kept: a rule that asks for it has to see it.
        if end - start > LONGEST_TEXT {
            let from = hit.saturating_sub(LONGEST_TEXT / 4).max(start);
            let quote = (start, end.min(start + LONGEST_TEXT));
            return Span { head, body: (from, end.min(from + LONGEST_TEXT)), quote };
        }
        match (self.layout, head) {
            (Some(layout), Some(head)) if layout.block => Span {
                head: Some(head),
                body: (line_end(text, head), block_end(text, head, layout)),
                quote: (start, end),
            },
            _ => Span { head, body: (start, end), quote: (start, end) },
        }
    }

    /// Start of the line that carries the stamp of the line at `start`.
    pub(super) fn head(&self, start: usize) -> Option<usize> {
        self.layout.and_then(|layout| head_of(&self.block.text, start, layout))
    }

    /// The line that starts at `head`, as far as a stamp and what goes with it can reach.
    pub(super) fn head_line(&self, head: usize) -> &[u8] {
        let reach = self.block.text.get(head..).unwrap_or_default();
        let reach = reach.get(..LONGEST_TEXT).unwrap_or(reach);
        without_cr(memchr::memchr(b'\n', reach).and_then(|end| reach.get(..end)).unwrap_or(reach))
    }

    /// What stands in a record: its text, the line that was found, the line with its stamp, and that without the stamp.
    fn parts(&self, span: &Span) -> Vec<Cow<'_, [u8]>> {
        let text = &self.block.text;
        let mut parts: Vec<Cow<'_, [u8]>> = vec![text[span.body.0..span.body.1].into()];
        if span.quote != span.body {
            parts.push(text[span.quote.0..span.quote.1].into());
        }
        if let Some(head) = span.head {
            parts.push(self.head_line(head).into());
            parts.extend(self.split(Some(head)).map(|split| split.text.into_bytes().into()));
        }
        parts
    }
}
