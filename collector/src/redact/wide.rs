//! UTF-16 as the search sees it: UTF-8 in between, every unit restored, unpaired surrogates and an odd last byte too.

/// How much of the start is looked at to recognise UTF-16 without a mark.
const SAMPLE: usize = 64 * 1024;

/// Whether `start` begins a UTF-16 text: little end first or not, and the length of its mark. Without a mark nearly every
/// second byte must be zero; where that is not so, wide text among other bytes is found piece by piece.
pub(crate) fn recognise(start: &[u8]) -> Option<(bool, usize)> {
    match start {
        [0xFF, 0xFE, ..] => return Some((true, 2)),
        [0xFE, 0xFF, ..] => return Some((false, 2)),
        _ => {}
    }
    let pairs = start.get(..SAMPLE).unwrap_or(start).as_chunks::<2>().0;
    let zeros = |at: usize| pairs.iter().filter(|pair| pair[at] == 0).count();
    let (even, odd, most) = (zeros(0), zeros(1), pairs.len() - pairs.len() / 8);
    match pairs.len() {
        0..4 => None,
        _ if odd >= most && even * 16 < pairs.len() => Some((true, 0)),
        _ if even >= most && odd * 16 < pairs.len() => Some((false, 0)),
        _ => None,
    }
}

/// Turns UTF-16 into UTF-8 and back, piece by piece.
#[derive(Debug)]
pub(crate) struct Transcoder {
    little: bool,
    /// First byte of a unit cut by the end of a piece.
    half: Option<u8>,
    /// High surrogate waiting for its other half.
    high: Option<u16>,
    /// An odd last byte, to be written last.
    odd: Option<u8>,
    /// Start of a character cut by the end of a piece on the way back.
    cut: Vec<u8>,
}

impl Transcoder {
    pub(crate) fn new(little: bool) -> Self {
        Self { little, half: None, high: None, odd: None, cut: Vec::new() }
    }

    /// Appends `raw` as UTF-8; an unpaired surrogate takes the three bytes that its number would have.
    pub(crate) fn decode(&mut self, raw: &[u8], last: bool, out: &mut Vec<u8>) {
        let mut bytes = self.half.take().into_iter().chain(raw.iter().copied());
        while let Some(first) = bytes.next() {
            let Some(second) = bytes.next() else {
                self.half = Some(first);
                break;
            };
            let pair = [first, second];
            let unit = if self.little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) };
            self.unit(unit, out);
        }
        if last {
            if let Some(high) = self.high.take() {
                push_number(u32::from(high), out);
            }
            self.odd = self.half.take();
        }
    }

    fn unit(&mut self, unit: u16, out: &mut Vec<u8>) {
        match (self.high.take(), unit) {
            (Some(high), 0xDC00..=0xDFFF) => {
                push_number(0x1_0000 + ((u32::from(high) & 0x3FF) << 10) + (u32::from(unit) & 0x3FF), out);
                return;
            }
            (Some(high), _) => push_number(u32::from(high), out),
            (None, _) => {}
        }
        if matches!(unit, 0xD800..=0xDBFF) {
            self.high = Some(unit);
        } else {
            push_number(u32::from(unit), out);
        }
    }

    /// Appends `text` (what `decode` made, masked) as UTF-16.
    pub(crate) fn encode(&mut self, text: &[u8], last: bool, out: &mut Vec<u8>) {
        self.cut.extend_from_slice(text);
        let text = std::mem::take(&mut self.cut);
        let mut rest = text.as_slice();
        while let Some((number, length)) = take_number(rest) {
            if length > rest.len() {
                break;
            }
            rest = rest.get(length..).unwrap_or_default();
            let units = match number.checked_sub(0x1_0000) {
                Some(high) => [Some(0xD800 + (high >> 10) as u16), Some(0xDC00 + (high & 0x3FF) as u16)],
                None => [Some(number as u16), None],
            };
            for unit in units.into_iter().flatten() {
                out.extend(if self.little { unit.to_le_bytes() } else { unit.to_be_bytes() });
            }
        }
        self.cut = rest.to_vec();
        if last {
            out.extend(self.odd.take());
        }
    }
}

fn push_number(number: u32, out: &mut Vec<u8>) {
    let tail = |shift: u32| 0x80 | (number >> shift & 0x3F) as u8;
    match number {
        0..=0x7F => out.push(number as u8),
        0x80..=0x7FF => out.extend([0xC0 | (number >> 6) as u8, tail(0)]),
        0x800..=0xFFFF => out.extend([0xE0 | (number >> 12) as u8, tail(6), tail(0)]),
        _ => out.extend([0xF0 | (number >> 18) as u8, tail(12), tail(6), tail(0)]),
    }
}

/// The number that `text` begins with and the bytes it takes, which may be more than there are.
fn take_number(text: &[u8]) -> Option<(u32, usize)> {
    let first = u32::from(*text.first()?);
    let (length, start) = match first {
        0..=0x7F => (1, first),
        0xC0..=0xDF => (2, first & 0x1F),
        0xE0..=0xEF => (3, first & 0x0F),
        0xF0..=0xF7 => (4, first & 0x07),
        // Cannot come from `decode`; passed on as one unit so that nothing is lost.
        _ => (1, first),
    };
    let number = text.iter().skip(1).take(length - 1).fold(start, |number, byte| number << 6 | u32::from(byte & 0x3F));
    Some((number, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_comes_back_however_it_is_cut() {
        let mut raw: Vec<u8> =
            "Müller 漢字 😀".encode_utf16().chain([0xD800, 0x41, 0xDC00]).flat_map(u16::to_le_bytes).collect();
        raw.push(7);
        for size in 1..raw.len() {
            let (mut wide, mut text, mut back) = (Transcoder::new(true), Vec::new(), Vec::new());
            for piece in raw.chunks(size) {
                wide.decode(piece, false, &mut text);
            }
            wide.decode(&[], true, &mut text);
            for piece in text.chunks(size) {
                wide.encode(piece, false, &mut back);
            }
            wide.encode(&[], true, &mut back);
            assert_eq!(back, raw, "pieces of {size}");
        }
    }
}
