//! Transaction logs of a hive that Windows had not written out when the disk was taken (most disks of PCs that were
//! switched off or imaged while running). Owns the decision which logs apply; the result is the hive as Windows would
//! load it. Logs that do not fit are left alone: the hive is then read as it lies.

use std::io::Cursor;

use regf::{
    TransactionLog,
    transaction_log::{LogEntry, NewFormatLog, OldFormatLog},
};

use super::{
    Damage, Part,
    cells::{BASE, checksum, number},
};

/// No hive grows beyond this by its logs.
const MOST_BYTES: usize = 1 << 30;

/// The hive's bytes with its logs applied, as far as it needs them.
pub(super) fn recover(mut hive: Vec<u8>, logs: &[Part<'_>]) -> Result<Vec<u8>, Damage> {
    let intact = hive.len() >= BASE && hive.starts_with(b"regf") && checksum(&hive) == number(&hive, 508);
    if intact && number(&hive, 4) == number(&hive, 8) {
        return Ok(hive);
    }
    let mut news = Vec::new();
    let mut olds = Vec::new();
    for log in logs {
        match TransactionLog::parse(Cursor::new(&log.bytes)) {
            Ok(TransactionLog::New(new)) => news.push(new),
            Ok(TransactionLog::Old(old)) => olds.push(old),
            // An empty or foreign log is the normal case for the one of the two that is not in use.
            Err(_) => {}
        }
    }
    news.sort_by_key(|log| log.base_block.primary_sequence);
    if !news.is_empty() {
        apply_new(&mut hive, &news, intact, logs);
    } else if let Some(old) = olds.iter().rfind(|log| !intact || log.base_block.last_written == last_written(&hive)) {
        apply_old(&mut hive, old);
    }
    Ok(hive)
}

/// Windows 8.1 and later: entries numbered from the hive's secondary sequence number on, through both logs.
fn apply_new(hive: &mut Vec<u8>, logs: &[NewFormatLog], intact: bool, parts: &[Part<'_>]) {
    // A torn base block comes back from the newest log, which begins with a copy of its first half kilobyte.
    if !intact && let Some(newest) = logs.last() {
        let copy = parts.iter().find(|part| number(&part.bytes, 4) == newest.base_block.primary_sequence);
        if let Some(copy) = copy.and_then(|part| part.bytes.get(..512)) {
            hive.resize(hive.len().max(BASE), 0);
            hive[..512].copy_from_slice(copy);
        }
    }
    let newest = logs.last().map_or(0, |log| log.base_block.secondary_sequence);
    let mut next = if intact { number(hive, 8) } else { newest };
    let mut applied = None;
    for entry in logs.iter().flat_map(|log| &log.log_entries) {
        let wanted = match applied {
            Some(_) => entry.sequence_number == next,
            None => entry.sequence_number >= next,
        };
        if wanted && apply_entry(hive, entry) {
            next = entry.sequence_number.wrapping_add(1);
            applied = Some(entry);
        }
    }
    if let Some(entry) = applied {
        put(hive, 40, entry.hive_bins_data_size);
        finish(hive, entry.sequence_number.wrapping_add(1));
    } else if !intact {
        let sequence = number(hive, 4);
        finish(hive, sequence);
    }
}

fn apply_entry(hive: &mut Vec<u8>, entry: &LogEntry) -> bool {
    let size = BASE.saturating_add(usize::try_from(entry.hive_bins_data_size).unwrap_or(usize::MAX));
    if size > MOST_BYTES {
        return false;
    }
    hive.resize(size.max(hive.len()), 0);
    for (reference, page) in entry.page_references.iter().zip(&entry.dirty_pages) {
        lay(hive, reference.offset, page);
    }
    true
}

/// Windows XP to 8: one set of dirty sectors.
fn apply_old(hive: &mut Vec<u8>, log: &OldFormatLog) {
    let size = BASE.saturating_add(usize::try_from(log.base_block.hive_bins_data_size).unwrap_or(usize::MAX));
    if size > MOST_BYTES {
        return;
    }
    hive.resize(size.max(hive.len()), 0);
    for page in &log.dirty_pages {
        lay(hive, page.offset, &page.data);
    }
    put(hive, 40, log.base_block.hive_bins_data_size);
    finish(hive, log.base_block.primary_sequence);
}

fn lay(hive: &mut [u8], offset: u32, page: &[u8]) {
    let at = BASE.saturating_add(usize::try_from(offset).unwrap_or(usize::MAX));
    if let Some(place) = at.checked_add(page.len()).and_then(|end| hive.get_mut(at..end)) {
        place.copy_from_slice(page);
    }
}

/// Marks the hive as the primary file of a clean state.
fn finish(hive: &mut [u8], sequence: u32) {
    if hive.len() < BASE {
        return;
    }
    hive[..4].copy_from_slice(b"regf");
    for (at, value) in [(4, sequence), (8, sequence), (28, 0)] {
        put(hive, at, value);
    }
    let sum = checksum(hive);
    put(hive, 508, sum);
}

fn last_written(hive: &[u8]) -> u64 {
    u64::from(number(hive, 12)) | u64::from(number(hive, 16)) << 32
}

fn put(hive: &mut [u8], at: usize, value: u32) {
    if let Some(place) = hive.get_mut(at..at + 4) {
        place.copy_from_slice(&value.to_le_bytes());
    }
}
