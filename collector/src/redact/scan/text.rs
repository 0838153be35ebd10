//! What bytes mean to the search: case folding, word borders in UTF-8 and Windows code pages.

/// Lower case for ASCII letters, everything else as it is.
pub(crate) const FOLD: [u8; 256] = {
    let mut table = [0; 256];
    let mut at = 0;
    while at < 256 {
        table[at] = (at as u8).to_ascii_lowercase();
        at += 1;
    }
    table
};

/// Whether a byte is part of a word, seen by itself: letters, digits, and letters of Windows code pages.
pub(crate) fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0xC0
}

/// Whether the character that ends directly before `at` is a letter or digit.
pub(crate) fn word_before(text: &[u8], at: usize) -> bool {
    let Some(last) = at.checked_sub(1).and_then(|before| text.get(before)) else { return false };
    if last.is_ascii() {
        return last.is_ascii_alphanumeric();
    }
    let start = (1..=4).rev().filter_map(|length| at.checked_sub(length)).find_map(|start| {
        let piece = std::str::from_utf8(text.get(start..at)?).ok()?;
        let mut chars = piece.chars();
        let only = chars.next()?;
        (chars.next().is_none()).then_some(only)
    });
    start.map_or_else(|| is_word_byte(*last), char::is_alphanumeric)
}

/// Whether the character that begins at `at` is a letter or digit.
pub(crate) fn word_after(text: &[u8], at: usize) -> bool {
    let Some(first) = text.get(at) else { return false };
    if first.is_ascii() {
        return first.is_ascii_alphanumeric();
    }
    let piece = text.get(at..text.len().min(at + 4)).unwrap_or_default();
    let valid = match std::str::from_utf8(piece) {
        Ok(valid) => valid,
        Err(error) => std::str::from_utf8(piece.get(..error.valid_up_to()).unwrap_or_default()).unwrap_or_default(),
    };
    valid.chars().next().map_or_else(|| is_word_byte(*first), char::is_alphanumeric)
}

/// `start..end` without what is no part of a word at either end.
pub(crate) fn trimmed(text: &[u8], mut start: usize, mut end: usize) -> (usize, usize) {
    let is_word = |at: usize| text.get(at).is_some_and(|byte| is_word_byte(*byte) || *byte >= 0x80);
    while start < end && !is_word(start) {
        start += 1;
    }
    while start < end && !is_word(end - 1) {
        end -= 1;
    }
    (start, end)
}
