//! Bech32 (BIP 173) without its limit of length: how age writes keys. Owns the coding only.

const LETTERS: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/// Letters of the checksum.
const CHECK: usize = 6;

/// `bytes` behind `kind` (lower case).
pub(super) fn encode(kind: &str, bytes: &[u8]) -> String {
    let mut values = regroup(bytes, 8, 5, true).unwrap_or_default();
    let sum = checksum(kind, values.iter().copied().chain([0; CHECK])) ^ 1;
    values.extend((0..CHECK).rev().map(|place| (sum >> (5 * place) & 31) as u8));
    let letters = values.iter().filter_map(|value| LETTERS.get(usize::from(*value)));
    format!("{kind}1{}", letters.map(|letter| char::from(*letter)).collect::<String>())
}

/// The kind (lower case) and bytes of `text`; `None` where case is mixed, a letter is wrong or the checksum is.
pub(super) fn decode(text: &str) -> Option<(String, Vec<u8>)> {
    let folded = text.to_ascii_lowercase();
    if !text.is_ascii() || text != folded && text != text.to_ascii_uppercase() {
        return None;
    }
    let (kind, data) = folded.rsplit_once('1')?;
    let place = |byte: u8| LETTERS.iter().position(|letter| *letter == byte).and_then(|place| u8::try_from(place).ok());
    let values = data.bytes().map(place).collect::<Option<Vec<u8>>>()?;
    let length = values.len().checked_sub(CHECK).filter(|_| !kind.is_empty())?;
    if checksum(kind, values.iter().copied()) != 1 {
        return None;
    }
    Some((kind.to_owned(), regroup(values.get(..length)?, 5, 8, false)?))
}

fn checksum(kind: &str, values: impl Iterator<Item = u8>) -> u32 {
    const STEPS: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    let kind = kind.bytes().map(|byte| byte >> 5).chain([0]).chain(kind.bytes().map(|byte| byte & 31));
    kind.chain(values).fold(1, |sum: u32, value| {
        let next = (sum & 0x01ff_ffff) << 5 ^ u32::from(value);
        STEPS.iter().enumerate().filter(|(bit, _)| sum >> (25 + bit) & 1 == 1).fold(next, |next, (_, step)| next ^ step)
    })
}

/// Groups of `from` bits as groups of `to` bits; what is left over is filled up, or must be nothing.
fn regroup(values: &[u8], from: u32, to: u32, fill: bool) -> Option<Vec<u8>> {
    let (mut bits, mut count, mut out) = (0_u32, 0, Vec::new());
    for value in values {
        bits = (bits << from | u32::from(*value)) & 0xffff;
        count += from;
        while count >= to {
            count -= to;
            out.push((bits >> count & ((1 << to) - 1)) as u8);
        }
    }
    let rest = bits & ((1 << count) - 1);
    if fill && count > 0 {
        out.push((rest << (to - count)) as u8);
    } else if !fill && (count >= from || rest != 0) {
        return None;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_and_a_wrong_letter_does_not() {
        for length in 0..40_u8 {
            let bytes: Vec<u8> = (0..length).map(|byte| byte.wrapping_mul(37)).collect();
            let text = encode("age", &bytes);
            assert_eq!(decode(&text), Some(("age".to_owned(), bytes.clone())));
            assert_eq!(decode(&text.to_uppercase()), Some(("age".to_owned(), bytes)));
            for at in 0..text.len() {
                let mut wrong = text.clone().into_bytes();
                wrong[at] = if wrong[at] == b'q' { b'p' } else { b'q' };
                assert_eq!(decode(std::str::from_utf8(&wrong).unwrap()), None, "{text} at {at}");
            }
        }
    }

    #[test]
    fn the_vectors_of_bip_173() {
        let valid = [
            "A12UEL5L",
            "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw",
            "split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w",
        ];
        for text in valid {
            let data = text.to_lowercase().rsplit_once('1').unwrap().1.len() - CHECK;
            let ok = decode(text).is_some() || !(data * 5).is_multiple_of(8);
            assert!(ok, "{text}");
        }
        for text in ["split1cheo2y9e2w", "li1dgmt3", "A1G7SGD8", "10a06t8", "1qzzfhee", "a12UEL5L"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
