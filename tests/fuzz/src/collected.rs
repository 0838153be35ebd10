//! What only the collector parses: registry hives with their logs, and crash dumps.

use std::{collections::VecDeque, io::Cursor};

use koff_collect::{
    host::disk::hive::{Found, Hive, Part},
    source::dumps::minidump as dump,
};

/// Keys that one input is walked through.
const MOST_KEYS: usize = 200;
/// What separates a hive from its transaction log in one input.
const LOG: &[u8] = b"=transaction log=";

/// Bytes as a hive, with a transaction log behind a mark where there is one: every key that can be reached is read.
pub(super) fn hive(bytes: &[u8]) {
    let cut = bytes.windows(LOG.len()).position(|window| window == LOG);
    let (hive, log) = match cut {
        Some(at) => (&bytes[..at], Some(&bytes[at + LOG.len()..])),
        None => (bytes, None),
    };
    let part = |place: &'static str, bytes: &[u8]| Part { place, bytes: bytes.to_vec() };
    let logs = log.map(|log| part("SOFTWARE.LOG1", log)).into_iter().collect();
    let Ok(hive) = Hive::open(part("SOFTWARE", hive), logs) else { return };
    let mut waiting = VecDeque::from([String::new()]);
    let mut seen = 0;
    while let Some(path) = waiting.pop_front() {
        seen += 1;
        if seen > MOST_KEYS {
            break;
        }
        if let Ok(Found::Key(key)) = hive.key(&path) {
            let held: usize = key.values.iter().map(|value| value.data.len()).sum();
            assert!(held <= bytes.len().saturating_mul(MOST_KEYS), "{held} bytes of values out of {}", bytes.len());
            waiting.extend(key.subkeys.iter().take(MOST_KEYS).map(|name| format!("{path}\\{name}")));
        }
    }
}

/// Bytes as a minidump: its header and lists.
pub(super) fn minidump(bytes: &[u8]) {
    if let Ok(headers) = dump::read(&mut Cursor::new(bytes.to_vec())) {
        assert!(headers.modules.len() <= 2_000);
    }
}
