//! The layout of a hive: base block, cells, and the records in them (`nk`, `vk`, `lf`, `lh`, `li`, `ri`, `db`). Every read
//! is bounds-checked; offsets in errors are offsets in the file.

use koff_bundle::registry::Value;

use super::Damage;

/// Length of the base block; cell offsets count from its end.
pub(super) const BASE: usize = 4096;
/// "No cell".
const NONE: u32 = u32::MAX;
/// The most data in one cell of a hive of version 1.4 or later.
const SEGMENT: usize = 16_344;

/// The bytes of a hive with a base block that was found good.
pub(super) struct Cells {
    bytes: Vec<u8>,
}

/// What a `nk` record says.
pub(super) struct Node {
    pub(super) name: String,
    pub(super) written: u64,
    pub(super) link: bool,
    subkey_count: u32,
    subkeys: u32,
    value_count: u32,
    values: u32,
}

/// Bytes that the names or values of one key may still have.
pub(super) struct Room {
    left: usize,
    whole: usize,
}

impl Room {
    /// Takes `bytes` for what stands in the cell at `offset`.
    pub(super) fn take(&mut self, offset: u32, bytes: usize) -> Result<(), Damage> {
        let Some(left) = self.left.checked_sub(bytes) else {
            let expected = format!("names and values of one key within the {} bytes of the hive", self.whole);
            return Err(Damage::new(BASE as u64 + u64::from(offset), expected, "cells that are used again"));
        };
        self.left = left;
        Ok(())
    }
}

impl Cells {
    /// Checks the base block against itself and against the length of the file.
    pub(super) fn new(bytes: Vec<u8>) -> Result<Self, Damage> {
        let length = bytes.len() as u64;
        if !bytes.starts_with(b"regf") {
            let found: Vec<String> = bytes.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
            let found =
                if found.is_empty() { "an empty file".to_owned() } else { format!("bytes {}", found.join(" ")) };
            return Err(Damage::new(0, "the signature regf", found));
        }
        let Some(block) = bytes.get(..BASE) else {
            return Err(Damage::new(length, format!("a base block of {BASE} bytes"), "the end of the file"));
        };
        let (stored, computed) = (number(block, 508), checksum(block));
        if stored != computed {
            let expected = format!("the base block's checksum {computed:#010x}");
            return Err(Damage::new(508, expected, format!("{stored:#010x}")));
        }
        let (major, minor, bins) = (number(block, 20), number(block, 24), number(block, 40));
        if major != 1 || !(2..=6).contains(&minor) {
            return Err(Damage::new(20, "hive version 1.2 to 1.6", format!("{major}.{minor}")));
        }
        let needed = BASE as u64 + u64::from(bins);
        if length < needed {
            let expected = format!("a hive of {needed} bytes as its base block says");
            return Err(Damage::new(length, expected, format!("the end of the file after {length} bytes")));
        }
        Ok(Self { bytes })
    }

    /// Room for what one key may hold: in a sound hive nothing stands twice, so that all of it fits into the file; twice
    /// its length, since names grow when they become UTF-8.
    pub(super) fn room(&self) -> Room {
        Room { left: self.bytes.len().saturating_mul(2), whole: self.bytes.len() }
    }

    /// Offset of the root key's cell.
    pub(super) fn root(&self) -> u32 {
        number(&self.bytes, 36)
    }

    /// The content of an allocated cell.
    fn cell(&self, offset: u32) -> Result<(&[u8], u64), Damage> {
        let start = BASE as u64 + u64::from(offset);
        let at = usize::try_from(start).unwrap_or(usize::MAX);
        let word = at.checked_add(4).and_then(|end| self.bytes.get(at..end));
        let Some(&[a, b, c, d]) = word else {
            return Err(Damage::new(start, "a cell", "a place behind the end of the hive"));
        };
        let size = i32::from_le_bytes([a, b, c, d]);
        if size >= 0 {
            return Err(Damage::new(start, "a cell in use", format!("a free cell of {size} bytes")));
        }
        let size = usize::try_from(size.unsigned_abs()).unwrap_or(usize::MAX);
        match at.checked_add(size).and_then(|end| self.bytes.get(at + 4..end)) {
            Some(content) => Ok((content, start)),
            None => Err(Damage::new(start, "a cell inside the hive", format!("a cell of {size} bytes"))),
        }
    }

    /// The content of a cell that begins with `signature` and has at least `least` bytes.
    fn record(&self, offset: u32, signature: &[u8], least: usize) -> Result<(&[u8], u64), Damage> {
        let (content, start) = self.cell(offset)?;
        let expected = || format!("a record {} of {least} bytes or more", String::from_utf8_lossy(signature));
        if !content.starts_with(signature) {
            let found: Vec<String> = content.iter().take(2).map(|byte| format!("{byte:02x}")).collect();
            return Err(Damage::new(start, expected(), format!("bytes {}", found.join(" "))));
        }
        if content.len() < least {
            return Err(Damage::new(start, expected(), format!("{} bytes", content.len())));
        }
        Ok((content, start))
    }

    /// The key in the cell at `offset`.
    pub(super) fn key(&self, offset: u32) -> Result<Node, Damage> {
        let (record, start) = self.record(offset, b"nk", 76)?;
        let flags = short(record, 2);
        Ok(Node {
            name: name(record, 76, short(record, 72), flags & 0x20 != 0, start)?,
            written: long(record, 4),
            link: flags & 0x10 != 0,
            subkey_count: number(record, 20),
            subkeys: number(record, 28),
            value_count: number(record, 36),
            values: number(record, 40),
        })
    }

    /// Cells of the key's sub-keys in stored order.
    pub(super) fn subkeys(&self, offset: u32, most: usize) -> Result<Vec<u32>, Damage> {
        let node = self.key(offset)?;
        let mut cells = Vec::new();
        if node.subkey_count > 0 && node.subkeys != NONE {
            self.list(node.subkeys, most, 0, &mut cells)?;
        }
        Ok(cells)
    }

    fn list(&self, offset: u32, most: usize, depth: usize, cells: &mut Vec<u32>) -> Result<(), Damage> {
        let (record, start) = self.record(offset, b"", 4)?;
        let count = usize::from(short(record, 2));
        let width = match record.get(..2) {
            Some(b"lf" | b"lh") => 8,
            Some(b"li" | b"ri") => 4,
            other => {
                return Err(Damage::new(start, "a list of sub-keys (lf, lh, li or ri)", format!("bytes {other:02x?}")));
            }
        };
        let Some(entries) = record.get(4..4 + count * width) else {
            let found = format!("a cell with room for {}", record.len().saturating_sub(4) / width);
            return Err(Damage::new(start, format!("a list of {count} sub-keys"), found));
        };
        for entry in entries.chunks_exact(width) {
            if record.starts_with(b"ri") {
                if depth > 0 {
                    return Err(Damage::new(start, "a list of keys below an index root", "another index root"));
                }
                self.list(number(entry, 0), most, depth + 1, cells)?;
            } else if cells.len() < most {
                cells.push(number(entry, 0));
            } else {
                return Err(Damage::new(start, format!("at most {most} sub-keys"), "more"));
            }
        }
        Ok(())
    }

    /// The key's values in stored order.
    pub(super) fn values(&self, offset: u32, most: usize) -> Result<Vec<Value>, Damage> {
        let node = self.key(offset)?;
        if node.value_count == 0 || node.values == NONE {
            return Ok(Vec::new());
        }
        let (list, start) = self.cell(node.values)?;
        let count = usize::try_from(node.value_count).unwrap_or(usize::MAX);
        if count > most {
            return Err(Damage::new(start, format!("at most {most} values"), format!("{count}")));
        }
        match list.get(..count * 4) {
            Some(list) => {
                let mut room = self.room();
                let value = |entry: &[u8]| {
                    let value = self.value(number(entry, 0))?;
                    room.take(number(entry, 0), value.name.len().saturating_add(value.data.len()))?;
                    Ok(value)
                };
                list.chunks_exact(4).map(value).collect()
            }
            None => {
                let found = format!("a cell with room for {}", list.len() / 4);
                Err(Damage::new(start, format!("a list of {count} values"), found))
            }
        }
    }

    fn value(&self, offset: u32) -> Result<Value, Damage> {
        let (record, start) = self.record(offset, b"vk", 20)?;
        let length = short(record, 2);
        let name =
            if length == 0 { String::new() } else { name(record, 20, length, short(record, 16) & 1 != 0, start)? };
        let size = number(record, 4);
        let data = if size & 0x8000_0000 != 0 {
            let size = usize::try_from(size & 0x7fff_ffff).unwrap_or(usize::MAX);
            match record.get(8..12).and_then(|field| field.get(..size)) {
                Some(data) => data.to_vec(),
                None => return Err(Damage::new(start, "at most 4 bytes of data in the record", format!("{size}"))),
            }
        } else if size == 0 {
            Vec::new()
        } else {
            self.data(number(record, 8), usize::try_from(size).unwrap_or(usize::MAX))?
        };
        Ok(Value { name, kind: number(record, 12), data })
    }

    fn data(&self, offset: u32, size: usize) -> Result<Vec<u8>, Damage> {
        let (content, start) = self.cell(offset)?;
        if let Some(data) = content.get(..size)
            && (size <= SEGMENT || !content.starts_with(b"db"))
        {
            return Ok(data.to_vec());
        }
        if size <= SEGMENT || !content.starts_with(b"db") || content.len() < 8 {
            return Err(Damage::new(start, format!("{size} bytes of data"), format!("a cell of {}", content.len())));
        }
        let (segments, start) = self.cell(number(content, 4))?;
        let count = size.div_ceil(SEGMENT);
        let Some(segments) = segments.get(..count.saturating_mul(4)) else {
            let found = format!("a list with room for {}", segments.len() / 4);
            return Err(Damage::new(start, format!("{count} segments of data"), found));
        };
        let mut data = Vec::new();
        for segment in segments.chunks_exact(4) {
            let (content, start) = self.cell(number(segment, 0))?;
            let wanted = (size - data.len()).min(SEGMENT);
            match content.get(..wanted) {
                Some(part) => data.extend_from_slice(part),
                None => {
                    let found = format!("a cell of {}", content.len());
                    return Err(Damage::new(start, format!("a segment of {wanted} bytes"), found));
                }
            }
        }
        Ok(data)
    }
}

/// A name in Latin-1 (`compressed`) or UTF-16LE.
fn name(record: &[u8], at: usize, length: u16, compressed: bool, start: u64) -> Result<String, Damage> {
    let Some(bytes) = record.get(at..at + usize::from(length)) else {
        let found = format!("a cell that ends after {}", record.len().saturating_sub(at));
        return Err(Damage::new(start, format!("a name of {length} bytes"), found));
    };
    if compressed {
        return Ok(bytes.iter().copied().map(char::from).collect());
    }
    let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    Ok(String::from_utf16_lossy(&units))
}

/// XOR of the first 127 numbers of a base block; 0 and -1 are not used.
pub(super) fn checksum(block: &[u8]) -> u32 {
    let words = block.get(..508).unwrap_or_default().chunks_exact(4);
    match words.fold(0, |sum, word| sum ^ number(word, 0)) {
        0 => 1,
        u32::MAX => u32::MAX - 1,
        sum => sum,
    }
}

/// A 32-bit number; 0 where the bytes end before (callers have checked).
pub(super) fn number(bytes: &[u8], at: usize) -> u32 {
    match bytes.get(at..at.saturating_add(4)) {
        Some(&[a, b, c, d]) => u32::from_le_bytes([a, b, c, d]),
        _ => 0,
    }
}

fn short(bytes: &[u8], at: usize) -> u16 {
    match bytes.get(at..at.saturating_add(2)) {
        Some(&[a, b]) => u16::from_le_bytes([a, b]),
        _ => 0,
    }
}

fn long(bytes: &[u8], at: usize) -> u64 {
    u64::from(number(bytes, at)) | u64::from(number(bytes, at.saturating_add(4))) << 32
}
