//! Transaction logs of a hive that Windows had not written out when the disk was taken (most disks of PCs that were
//! switched off or imaged while running). Owns the decision which logs apply; the result is the hive as Windows would
//! load it. Logs that do not fit are left alone: the hive is then read as it lies.

use super::{
    Part,
    cells::{BASE, checksum, number},
    log::{Content, Entry, Log},
};

/// No hive grows beyond this by its logs.
const MOST_BYTES: usize = 1 << 30;

/// The hive's bytes with its logs applied, as far as it needs them.
pub(super) fn recover(mut hive: Vec<u8>, logs: &[Part<'_>]) -> Vec<u8> {
    let intact = hive.len() >= BASE && hive.starts_with(b"regf") && checksum(&hive) == number(&hive, 508);
    if intact && number(&hive, 4) == number(&hive, 8) {
        return hive;
    }
    let mut logs: Vec<Log<'_>> = logs.iter().filter_map(|log| Log::read(&log.bytes)).collect();
    logs.sort_by_key(Log::sequence);
    let Some(newest) = logs.last() else { return hive };
    if !intact {
        // A torn base block comes back from the newest log, which begins with a copy of its first half kilobyte.
        hive.resize(hive.len().max(BASE), 0);
        for (place, byte) in hive.iter_mut().zip(newest.base) {
            *place = *byte;
        }
    }
    let first = if intact { number(&hive, 8) } else { newest.sequence() };
    let same_time = newest.base.get(12..20) == hive.get(12..20);
    match &newest.content {
        Content::Sectors(sectors) if same_time => {
            let (bins, sequence) = (number(newest.base, 40), newest.sequence());
            apply(&mut hive, bins, sectors, sequence);
        }
        Content::Sectors(_) => {}
        Content::Entries(_) => apply_entries(&mut hive, &logs, first),
    }
    if !intact {
        let sequence = number(&hive, 4);
        finish(&mut hive, sequence);
    }
    hive
}

/// Applies entries without a gap, the first one being `first` or, where the log begins later, the next one there is.
fn apply_entries(hive: &mut Vec<u8>, logs: &[Log<'_>], first: u32) {
    let mut next = None;
    let entries = logs.iter().flat_map(|log| match &log.content {
        Content::Entries(entries) => entries.as_slice(),
        Content::Sectors(_) => &[],
    });
    for Entry { sequence, bins, pages } in entries {
        let wanted = next.map_or(*sequence >= first, |next| *sequence == next);
        if wanted && apply(hive, *bins, pages, sequence.wrapping_add(1)) {
            next = Some(sequence.wrapping_add(1));
        }
    }
}

/// Lays pages over the hive, whose bin area is `bins` long afterwards; false where that is too long to be true.
fn apply(hive: &mut Vec<u8>, bins: u32, pages: &[(usize, &[u8])], sequence: u32) -> bool {
    let Some(size) = grown(bins) else { return false };
    hive.resize(size.max(hive.len()), 0);
    for (offset, page) in pages {
        let start = offset.saturating_add(BASE);
        if let Some(place) = start.checked_add(page.len()).and_then(|end| hive.get_mut(start..end)) {
            place.copy_from_slice(page);
        }
    }
    put(hive, 40, bins);
    finish(hive, sequence);
    true
}

/// Bytes of a hive whose bin area is so long, where that may be.
fn grown(bins: u32) -> Option<usize> {
    usize::try_from(bins).ok().and_then(|bins| bins.checked_add(BASE)).filter(|size| *size <= MOST_BYTES)
}

/// Marks the hive as the primary file of a clean state.
fn finish(hive: &mut [u8], sequence: u32) {
    for (at, value) in [(4, sequence), (8, sequence), (28, 0)] {
        put(hive, at, value);
    }
    let sum = checksum(hive);
    put(hive, 508, sum);
}

fn put(hive: &mut [u8], at: usize, value: u32) {
    if let Some(place) = hive.get_mut(at..at + 4) {
        place.copy_from_slice(&value.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_log_makes_a_hive_longer_than_one_that_is_read() {
        let most = u32::try_from(MOST_BYTES - BASE).unwrap();
        assert_eq!((grown(most), grown(most + 1), grown(u32::MAX)), (Some(MOST_BYTES), None, None));
        let before = vec![7; 2 * BASE];
        let mut hive = before.clone();
        assert!(!apply(&mut hive, most + 1, &[(0, &[1; 512])], 9));
        assert_eq!(hive, before, "a log that does not fit is left alone");
    }
}
