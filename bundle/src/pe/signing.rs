//! What a signature verdict needs of a PE file: Authenticode digests, the certificate table, the checksum.
//!
//! The digest covers the flat file without the checksum, the security directory's entry and the certificate table; a
//! file without a table is padded with zeros to a multiple of 8, as signing would pad it. goblin's ranges are not used:
//! they are wrong for packed files whose sections overlap.

use md5::{Digest, Md5};
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};

use super::{
    MAX_TABLE,
    headers::{Directory, Headers},
    hex,
    view::{slice, u32_at},
};
use crate::{acquisition::State, base64, reading::Reading, record::PeSigning};

/// Digest algorithms computed only where the table names them, by the DER bytes of their object identifier.
const OPTIONAL: [(&str, &[u8]); 3] = [
    ("sha384", &[0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02]),
    ("sha512", &[0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03]),
    ("md5", &[0x06, 0x08, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x05]),
];

/// The signing part of the summary.
pub(super) fn read(bytes: &[u8], headers: &Headers) -> Reading<PeSigning> {
    let table = headers.directory(Directory::Security).map(|(place, size)| (u64::from(place), u64::from(size)));
    let content = table.map(|(place, size)| located(bytes, place, size));
    let ranges = ranges(bytes, headers, content.as_ref().and_then(|found| found.clone().ok()));
    let padding: &[u8] = if table.is_none() { &[0; 7][..(8 - bytes.len() % 8) % 8] } else { &[] };
    let mut digests = vec![
        ("sha1".to_owned(), digest::<Sha1>(&ranges, padding)),
        ("sha256".to_owned(), digest::<Sha256>(&ranges, padding)),
    ];
    let table_bytes = match content {
        None => Reading::missing(State::Absent, "the file has no certificate table"),
        Some(Err(why)) => Reading::missing(State::Failed, why),
        Some(Ok((_, content))) if content.len() > MAX_TABLE => Reading::missing(
            State::Skipped,
            format!("the certificate table has {} bytes; the limit is {MAX_TABLE}", content.len()),
        ),
        Some(Ok((_, content))) => {
            for (name, oid) in OPTIONAL {
                if memchr::memmem::find(content, oid).is_some() {
                    digests.push((name.to_owned(), digest_called(name, &ranges, padding)));
                }
            }
            Reading::Value(base64::encode(content))
        }
    };
    let after_table = table.map_or(0, |(place, size)| (bytes.len() as u64).saturating_sub(place.saturating_add(size)));
    Reading::Value(PeSigning { digests, table, table_bytes, after_table, checksum: checksum(bytes, headers) })
}

/// The table's offset and bytes, or why there are none.
fn located(bytes: &[u8], place: u64, size: u64) -> Result<(usize, &[u8]), String> {
    let cut = || {
        format!(
            "the certificate table should end at byte {}, the file ends at {}",
            place.saturating_add(size),
            bytes.len()
        )
    };
    let start = usize::try_from(place).map_err(|_| cut())?;
    let len = usize::try_from(size).map_err(|_| cut())?;
    slice(bytes, start, len).map(|content| (start, content)).ok_or_else(cut)
}

/// The parts of the file that the digest covers, in order.
fn ranges<'a>(bytes: &'a [u8], headers: &Headers, table: Option<(usize, &[u8])>) -> Vec<&'a [u8]> {
    let mut holes = vec![(headers.checksum_at, 4)];
    holes.extend(headers.directory_entry(Directory::Security).map(|at| (at, 8)));
    holes.extend(table.map(|(start, content)| (start, content.len())));
    holes.sort_unstable();
    let mut parts = Vec::new();
    let mut at = 0;
    for (start, len) in holes {
        parts.extend(bytes.get(at..start));
        at = at.max(start.saturating_add(len));
    }
    parts.extend(bytes.get(at..));
    parts
}

fn digest<D: Digest>(ranges: &[&[u8]], padding: &[u8]) -> String {
    let mut digest = D::new();
    ranges.iter().for_each(|range| digest.update(range));
    digest.update(padding);
    hex(&digest.finalize())
}

fn digest_called(name: &str, ranges: &[&[u8]], padding: &[u8]) -> String {
    match name {
        "sha384" => digest::<Sha384>(ranges, padding),
        "sha512" => digest::<Sha512>(ranges, padding),
        _ => digest::<Md5>(ranges, padding),
    }
}

/// `zero`, `right` or `wrong`: the stored checksum against the sum that the linker's algorithm gives.
fn checksum(bytes: &[u8], headers: &Headers) -> Reading<String> {
    let at = headers.checksum_at;
    let Some(stored) = u32_at(bytes, at) else {
        return Reading::missing(State::Failed, "the optional header is cut off");
    };
    if stored == 0 {
        return Reading::Value("zero".to_owned());
    }
    let mut sum: u64 = 0;
    let (words, rest) = bytes.as_chunks::<2>();
    for word in words {
        sum += u64::from(u16::from_le_bytes(*word));
    }
    sum += rest.first().map_or(0, |byte| u64::from(*byte));
    // The stored value itself does not count. Where it stands at an odd offset its bytes fall into other halves.
    for (index, byte) in stored.to_le_bytes().iter().enumerate() {
        let place = at.saturating_add(index) % 2;
        sum = sum.saturating_sub(u64::from(*byte) << (8 * place));
    }
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    let right = sum.saturating_add(bytes.len() as u64) == u64::from(stored);
    Reading::Value(if right { "right" } else { "wrong" }.to_owned())
}
