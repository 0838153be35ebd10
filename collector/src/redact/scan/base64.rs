//! Base64 digits: values, the digits that given bytes have at any place of a longer text, encoding.

pub(super) const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Value of a digit of either alphabet; 255 for other bytes.
pub(super) const VALUES: [u8; 256] = {
    let mut table = [255; 256];
    let mut value = 0;
    while value < 64 {
        table[ALPHABET[value] as usize] = value as u8;
        value += 1;
    }
    table[b'-' as usize] = 62;
    table[b'_' as usize] = 63;
    table
};

/// The digits that `bytes` determine alone when `shift` other bytes stand before them in their group of three.
pub(crate) fn inner(bytes: &[u8], shift: usize) -> Vec<u8> {
    let mut padded = vec![0; shift];
    padded.extend_from_slice(bytes);
    let digits = encode(&padded);
    // Digits that also depend on a neighbour: one more than the shift before, and a part of one behind.
    let first = if shift == 0 { 0 } else { shift + 1 };
    let last = padded.len() * 8 / 6;
    digits.get(first..last).unwrap_or_default().to_vec()
}

/// `text` cut or filled up to `length` digits: everything behind it stays in its place.
pub(super) fn filled(text: &str, length: usize) -> Vec<u8> {
    let digits = text.bytes().filter(u8::is_ascii_alphanumeric);
    digits.chain(std::iter::repeat(b'A')).take(length).collect()
}

/// The digits of `bytes`, without `=`.
pub(super) fn encode(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() / 3 * 4 + 4);
    for three in bytes.chunks(3) {
        let bits = three.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for index in 0..=three.len() {
            out.push(ALPHABET[(bits >> (18 - 6 * index) & 63) as usize]);
        }
    }
    out
}

/// Whether readable text may be behind `digits` where a group begins at `shift`: three groups in a row that begin like a
/// letter, digit or zero. Words, paths and digests of the same alphabet fail here, before anything is decoded.
pub(super) fn may_be_text(digits: &[u8], shift: usize) -> bool {
    let mut streak = 0;
    digits.iter().skip(shift).step_by(4).any(|digit| {
        streak = if matches!(digit, b'A' | b'I'..=b'Z' | b'a'..=b'f') { streak + 1 } else { 0 };
        streak >= 3
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inner_digits_stand_in_every_encoding_around_them() {
        for (shift, before) in ["", "x", "xy", "xyz"].iter().enumerate() {
            let whole = String::from_utf8(encode(format!("{before}mustermann rest").as_bytes())).unwrap();
            let digits = String::from_utf8(inner(b"mustermann", shift % 3)).unwrap();
            assert!(digits.len() >= 12 && whole.contains(&digits), "{digits} in {whole}");
        }
    }
}
