//! A small bundle whose log has flush points, with its manifest as plain text: what the collector writes for members of more
//! than a megabyte, in a size that can be mutated everywhere, offsets and digests included.

use flate2::{Compress, Compression, Crc, FlushCompress};
use koff_bundle::{
    digest,
    manifest::{Entry, FlushPoints, MANIFEST_NAME, Manifest},
};

/// Raw bytes of one stretch.
const INTERVAL: usize = 512;

/// The log's name in the bundle.
pub const LOG: &str = "logs/stretched.log";

/// A member as it lies in the zip.
struct Packed<'a> {
    name: &'a str,
    method: u16,
    crc: u32,
    raw: usize,
    bytes: Vec<u8>,
}

/// A bundle with `manifest`, whose entries are replaced by one for `log`, like `entry`.
pub(super) fn bundle(mut manifest: Manifest, entry: Entry, log: &[u8]) -> Vec<u8> {
    let (mut compressed, mut offsets) = (Vec::new(), Vec::new());
    for stretch in log.chunks(INTERVAL) {
        offsets.push(compressed.len() as u64);
        let mut bytes = Vec::with_capacity(2 * INTERVAL);
        let mut deflater = Compress::new(Compression::new(6), false);
        deflater.compress_vec(stretch, &mut bytes, FlushCompress::Full).expect("there is room");
        compressed.extend(bytes);
    }
    // An empty last block.
    compressed.extend([3, 0]);
    let (crc, sha256) = (checksum(log), digest::sha256(log));
    let proof = digest::sha256(&[&compressed, sha256.as_bytes(), format!("{crc:08x}").as_bytes()].concat());
    let points = FlushPoints { interval: INTERVAL as u64, offsets, sha256: Some(proof) };
    let bytes_kept = log.len() as u64;
    manifest.entries =
        vec![Entry { name: LOG.to_owned(), sha256: Some(sha256), bytes_kept, flush_points: Some(points), ..entry }];
    let json = serde_json::to_vec(&manifest).expect("a manifest is JSON");
    zip(&[
        Packed { name: MANIFEST_NAME, method: 0, crc: checksum(&json), raw: json.len(), bytes: json },
        Packed { name: LOG, method: 8, crc, raw: log.len(), bytes: compressed },
    ])
}

fn checksum(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// The members as a zip file (APPNOTE 4.3.7, 4.3.12, 4.3.16).
fn zip(members: &[Packed<'_>]) -> Vec<u8> {
    let number = |number: usize| u32::try_from(number).expect("a small zip").to_le_bytes();
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for Packed { name, method, crc, raw, bytes } in members {
        let version = [20, 0];
        // Flags, method, time and date (1980-01-01), checksum, sizes, length of the name, no extra field.
        let shared = [
            &[0, 0],
            &method.to_le_bytes()[..],
            &[0, 0, 0x21, 0],
            &crc.to_le_bytes(),
            &number(bytes.len()),
            &number(*raw),
            &number(name.len())[..2],
            &[0, 0],
        ]
        .concat();
        directory.extend([b"PK\x01\x02", &version[..], &version, &shared, &[0; 10], &number(out.len())].concat());
        directory.extend(name.as_bytes());
        out.extend([b"PK\x03\x04", &version[..], &shared, name.as_bytes(), bytes].concat());
    }
    let (count, start) = (number(members.len()), number(out.len()));
    let end =
        [b"PK\x05\x06", &[0; 4][..], &count[..2], &count[..2], &number(directory.len()), &start, &[0, 0]].concat();
    out.extend([directory, end].concat());
    out
}
