//! Transaction logs as they lie: entries with hashes (Windows 8.1 and later) or one set of dirty sectors (Windows XP to
//! 8). Owns reading and checking them; whether one applies to a hive is `recovery`'s. A log that is not whole ends where
//! it stops being good, as for Windows.

use super::cells::{checksum, number};

/// Length of a log's own base block, and what everything in a log is a multiple of.
const SECTOR: usize = 512;
/// Fixed part of an entry.
const ENTRY: usize = 40;
/// What Windows seeds the hashes of entries with.
const SEED: u64 = 0x82EF_4D88_7A4E_55C5;

/// A log with a good base block.
pub(super) struct Log<'a> {
    /// First half kilobyte: a copy of the hive's base block with a type of its own.
    pub(super) base: &'a [u8],
    /// What the log holds.
    pub(super) content: Content<'a>,
}

/// What a log holds.
pub(super) enum Content<'a> {
    /// Entries in stored order.
    Entries(Vec<Entry<'a>>),
    /// Dirty sectors of one unfinished write.
    Sectors(Vec<(usize, &'a [u8])>),
}

/// One unfinished write.
pub(super) struct Entry<'a> {
    pub(super) sequence: u32,
    /// Length of the bin area after it.
    pub(super) bins: u32,
    /// Position in the bin area, and bytes.
    pub(super) pages: Vec<(usize, &'a [u8])>,
}

impl<'a> Log<'a> {
    /// Reads a log; `None` for a file that is none (an unused log is empty or all zeros).
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let base = bytes.get(..SECTOR).filter(|base| base.starts_with(b"regf"))?;
        if checksum(base) != number(base, 508) {
            return None;
        }
        let content = match number(base, 28) {
            6 => Content::Entries(entries(bytes.get(SECTOR..)?)),
            1 | 2 => Content::Sectors(sectors(bytes)?),
            _ => return None,
        };
        Some(Self { base, content })
    }

    /// The sequence number the log begins with.
    pub(super) fn sequence(&self) -> u32 {
        number(self.base, 4)
    }
}

fn entries(mut rest: &[u8]) -> Vec<Entry<'_>> {
    let mut entries = Vec::new();
    while let Some((entry, behind)) = entry(rest) {
        entries.push(entry);
        rest = behind;
    }
    entries
}

/// The entry at the start of `bytes`, and what lies behind it; `None` where there is no good one.
fn entry(bytes: &[u8]) -> Option<(Entry<'_>, &[u8])> {
    let size = index(number(bytes, 4));
    if !bytes.starts_with(b"HvLE") || size < ENTRY || !size.is_multiple_of(SECTOR) {
        return None;
    }
    let (entry, behind) = bytes.split_at_checked(size)?;
    let hash = |at: usize| u64::from(number(entry, at)) | u64::from(number(entry, at + 4)) << 32;
    if hash(24) != marvin32(entry.get(ENTRY..)?, SEED) || hash(32) != marvin32(entry.get(..32)?, SEED) {
        return None;
    }
    let (bins, count) = (number(entry, 16), index(number(entry, 20)));
    let references = entry.get(ENTRY..ENTRY.checked_add(count.checked_mul(8)?)?)?;
    let mut at = ENTRY + references.len();
    let mut pages = Vec::new();
    for reference in references.chunks_exact(8) {
        let length = index(number(reference, 4));
        let page = entry.get(at..at.checked_add(length)?)?;
        pages.push((index(number(reference, 0)), page));
        at += length;
    }
    Some((Entry { sequence: number(entry, 12), bins, pages }, behind))
}

/// The sectors that the old format's bit map marks, which follow one another behind it.
fn sectors(bytes: &[u8]) -> Option<Vec<(usize, &[u8])>> {
    let cluster = index(number(bytes, 44)).clamp(1, 8) * SECTOR;
    let bits = index(number(bytes, 40)) / SECTOR;
    let map = bytes.get(cluster..).filter(|map| map.starts_with(b"DIRT"))?.get(4..)?.get(..bits.div_ceil(8))?;
    let mut at = cluster.checked_add((4 + map.len()).next_multiple_of(cluster))?;
    let mut sectors = Vec::new();
    for bit in 0..bits {
        if map.get(bit / 8).is_some_and(|byte| byte >> (bit % 8) & 1 == 1) {
            sectors.push((bit * SECTOR, bytes.get(at..at.checked_add(SECTOR)?)?));
            at += SECTOR;
        }
    }
    Some(sectors)
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// The Marvin32 checksum.
fn marvin32(data: &[u8], seed: u64) -> u64 {
    let (mut low, mut high) = (seed as u32, (seed >> 32) as u32);
    let mut mix = |word: u32| {
        low = low.wrapping_add(word);
        high ^= low;
        low = low.rotate_left(20).wrapping_add(high);
        high = high.rotate_left(9) ^ low;
        low = low.rotate_left(27).wrapping_add(high);
        high = high.rotate_left(19);
        (low, high)
    };
    let words = data.chunks_exact(4);
    let mut last = words.remainder().to_vec();
    for word in words {
        mix(number(word, 0));
    }
    last.push(0x80);
    last.resize(4, 0);
    mix(number(&last, 0));
    let (low, high) = mix(0);
    u64::from(high) << 32 | u64::from(low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_gives_its_published_values() {
        let seed = 0x004f_b61a_001b_dbcc;
        assert_eq!(marvin32(&[], seed), 0x30ed_35c1_00cd_3c7d);
        assert_eq!(marvin32(&[0xaf], seed), 0x48e7_3fc7_7d75_ddc1);
        assert_eq!(marvin32(&[0xe7, 0x0f], seed), 0xb5f6_e1fc_485d_bff8);
    }

    #[test]
    fn old_logs_give_the_sectors_that_their_map_marks() {
        let mut log = vec![0; 512];
        log[..4].copy_from_slice(b"regf");
        for (at, value) in [(28, 1_u32), (40, 4096), (44, 1)] {
            log[at..at + 4].copy_from_slice(&value.to_le_bytes());
        }
        let sum = checksum(&log);
        log[508..512].copy_from_slice(&sum.to_le_bytes());
        log.extend_from_slice(b"DIRT\x82");
        log.resize(1024, 0);
        log.extend_from_slice(&[1; 512]);
        log.extend_from_slice(&[7; 512]);
        let read = Log::read(&log).unwrap();
        let Content::Sectors(sectors) = read.content else { panic!("old format") };
        let found: Vec<(usize, u8)> = sectors.iter().map(|(at, bytes)| (*at, bytes[0])).collect();
        assert_eq!(found, [(512, 1), (7 * 512, 7)]);
        assert!(Log::read(&log[..1500]).is_none(), "a sector is missing");
    }
}
