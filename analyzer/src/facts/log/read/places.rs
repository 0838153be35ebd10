//! Where lines, heads and blocks begin and end inside a text. Owns how far around a line is looked; parses nothing but
//! what a layout's head is.

use crate::facts::log::{layout::Layout, lines::REACH};

pub(super) fn without_cr(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Offset of the end of the line that starts at `start`, line end left out.
pub(super) fn line_end(text: &[u8], start: usize) -> usize {
    memchr::memchr(b'\n', &text[start..]).map_or(text.len(), |at| start + at)
}

/// Start of the nearest line at or above `start` that has the layout.
pub(super) fn head_of(text: &[u8], start: usize, layout: &Layout) -> Option<usize> {
    let mut at = start;
    for _ in 0..REACH.0 {
        if layout.fits(without_cr(&text[at..line_end(text, at)])) {
            return Some(at);
        }
        if at == 0 || start - at > REACH.1 {
            return None;
        }
        at = memchr::memrchr(b'\n', &text[..at - 1]).map_or(0, |end| end + 1);
    }
    None
}

/// End of the block whose head starts at `head`: before the next head, within reach.
pub(super) fn block_end(text: &[u8], head: usize, layout: &Layout) -> usize {
    let mut end = line_end(text, head);
    for _ in 0..REACH.0 {
        let next = end + 1;
        if next >= text.len() || end - head > REACH.1 {
            break;
        }
        let next_end = line_end(text, next);
        if layout.fits(without_cr(&text[next..next_end])) {
            break;
        }
        end = next_end;
    }
    end
}

/// `text` cut to `limit` bytes at a character.
pub(super) fn cut(mut text: String, limit: usize) -> String {
    if text.len() > limit {
        let end = (0..=limit).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
    }
    text
}
