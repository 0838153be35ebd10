//! How one name may be spelled: cases, and the console code pages of Windows. Owns no search.

use std::collections::BTreeSet;

/// `text` as it may have been before it became Base64, where every letter counts.
pub(super) fn base64_forms(text: &str) -> BTreeSet<String> {
    let lower = text.to_lowercase();
    let mut title = String::new();
    for c in lower.chars() {
        let begins = title.chars().last().is_none_or(|last| !last.is_alphanumeric());
        title.extend(if begins { c.to_uppercase().collect::<Vec<_>>() } else { vec![c] });
    }
    BTreeSet::from([text.to_owned(), text.to_uppercase(), title, lower])
}

/// `text` as learned, in lower and upper case; only letters beyond ASCII make a difference here.
pub(super) fn case_forms(text: &str) -> BTreeSet<String> {
    let mut forms = BTreeSet::from([text.to_lowercase(), text.to_owned(), text.to_uppercase()]);
    // `MÜLLER` typed as `MüLLER` or `müller` as `mÜller`: each of the first few letters beyond ASCII in both cases.
    for (at, c) in text.char_indices().filter(|(_, c)| !c.is_ascii() && c.is_alphabetic()).take(3) {
        for now in [c.to_lowercase().to_string(), c.to_uppercase().to_string()] {
            forms.insert(format!("{}{now}{}", &text[..at], &text[at + c.len_utf8()..]));
        }
    }
    forms
}

/// The bytes of `text` in the console code pages 437, 850 and 852, where they agree on its letters.
pub(super) fn oem(text: &str) -> Option<Vec<u8>> {
    text.chars()
        .map(|c| match c {
            c if c.is_ascii() => u8::try_from(c).ok(),
            'Ç' => Some(0x80),
            'ü' => Some(0x81),
            'é' => Some(0x82),
            'â' => Some(0x83),
            'ä' => Some(0x84),
            'à' => Some(0x85),
            'å' => Some(0x86),
            'ç' => Some(0x87),
            'ê' => Some(0x88),
            'ë' => Some(0x89),
            'è' => Some(0x8A),
            'ï' => Some(0x8B),
            'î' => Some(0x8C),
            'Ä' => Some(0x8E),
            'É' => Some(0x90),
            'æ' => Some(0x91),
            'ô' => Some(0x93),
            'ö' => Some(0x94),
            'û' => Some(0x96),
            'Ö' => Some(0x99),
            'Ü' => Some(0x9A),
            'ø' => Some(0x9B),
            'á' => Some(0xA0),
            'í' => Some(0xA1),
            'ó' => Some(0xA2),
            'ú' => Some(0xA3),
            'ñ' => Some(0xA4),
            'Ñ' => Some(0xA5),
            'ß' => Some(0xE1),
            _ => None,
        })
        .collect()
}
