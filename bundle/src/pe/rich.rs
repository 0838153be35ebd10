//! The Rich header: which tools built a file, as Microsoft's linker notes it between DOS stub and PE header. Owns its
//! decoding and its checksum, which covers the DOS header too; names no tool.

use super::view::{slice, u32_at};
use crate::record::{RichHeader, RichTool};

/// Behind this offset no linker has put one.
const FARTHEST: usize = 0x1000;
/// Offset of the DOS header's pointer to the PE header, which is written after the checksum was made.
const POINTER: std::ops::Range<usize> = 0x3C..0x40;

/// The Rich header in front of the PE header at `pe_offset`.
pub(super) fn read(bytes: &[u8], pe_offset: usize) -> Option<RichHeader> {
    let front = bytes.get(..pe_offset.min(FARTHEST))?;
    let mark = memchr::memmem::rfind(front.get(0x40..)?, b"Rich")?.checked_add(0x40)?;
    let key = u32_at(front, mark.checked_add(4)?)?;
    // The block starts with `DanS` under the same key; without it the word is just text.
    let word = (u32::from_le_bytes(*b"DanS") ^ key).to_le_bytes();
    let start = memchr::memmem::find(front.get(0x40..mark)?, &word)?.checked_add(0x40)?;
    // `DanS` and three empty words, then pairs of tool and count.
    let pairs = slice(front, start.checked_add(16)?, mark.checked_sub(start.checked_add(16)?)?)?;
    let tools: Vec<RichTool> = pairs
        .chunks_exact(8)
        .filter_map(|pair| {
            let (tool, count) = (u32_at(pair, 0)? ^ key, u32_at(pair, 4)? ^ key);
            Some(RichTool { product: (tool >> 16) as u16, build: (tool & 0xFFFF) as u16, count })
        })
        .collect();
    let checksum_fits = checksum(front.get(..start)?, &tools) == key;
    Some(RichHeader { key, checksum_fits, tools })
}

/// The key that the linker made: of the bytes in front of the block and of its tools.
fn checksum(front: &[u8], tools: &[RichTool]) -> u32 {
    let turned = |value: u32, by: usize| value.rotate_left((by % 32) as u32);
    let bytes = front.iter().enumerate().filter(|(at, _)| !POINTER.contains(at));
    let sum = bytes.fold(front.len() as u32, |sum, (at, byte)| sum.wrapping_add(turned(u32::from(*byte), at)));
    tools.iter().fold(sum, |sum, tool| {
        let word = u32::from(tool.product) << 16 | u32::from(tool.build);
        sum.wrapping_add(turned(word, tool.count as usize))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A DOS header and stub with a Rich header of `tools` under `key`, and the offset behind it.
    fn front(key: u32, tools: &[(u16, u16, u32)]) -> Vec<u8> {
        let mut bytes = vec![0; 0x80];
        bytes[..2].copy_from_slice(b"MZ");
        bytes[0x3C] = 0xF8;
        let words = [u32::from_le_bytes(*b"DanS"), 0, 0, 0].into_iter();
        let pairs =
            tools.iter().flat_map(|(product, build, count)| [u32::from(*product) << 16 | u32::from(*build), *count]);
        bytes.extend(words.chain(pairs).flat_map(|word| (word ^ key).to_le_bytes()));
        bytes.extend(b"Rich");
        bytes.extend(key.to_le_bytes());
        bytes
    }

    #[test]
    fn tools_are_decoded_and_the_checksum_covers_what_stands_in_front() {
        let tools = [(0x0104, 0x7809, 3), (0x00FF, 0x7809, 33)];
        // 'M' + 'Z' turned by one + length, and each tool turned by its count; 0x3C is left out.
        let key = 0x80 + 0x4D + (0x5A << 1) + (0x0104_7809_u32.rotate_left(3)) + 0x00FF_7809_u32.rotate_left(1);
        let good = front(key, &tools);
        let found = read(&good, good.len()).unwrap();
        assert_eq!((found.key, found.checksum_fits), (key, true));
        assert_eq!(found.tools[1], RichTool { product: 0x00FF, build: 0x7809, count: 33 });
        let mut changed = good.clone();
        changed[0x50] = 1;
        assert!(!read(&changed, good.len()).unwrap().checksum_fits, "the stub was changed behind the linker's back");
        assert_eq!(read(&good, 0x60), None);
        assert_eq!(read(b"MZ", 2), None);
        let mut text = good;
        let at = text.len() - 4;
        text[at] ^= 1;
        assert_eq!(read(&text, text.len()), None, "the word Rich alone is no header");
    }
}
