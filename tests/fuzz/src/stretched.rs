//! A small bundle whose log has flush points, with its manifest as plain text: what the collector writes for members of more
//! than a megabyte, in a size that can be mutated everywhere, offsets and digests included.

use flate2::{Compress, Compression, Crc, FlushCompress};
use koff_bundle::{
    digest,
    manifest::{Entry, FlushPoints, MANIFEST_NAME, Manifest},
};

use super::forge::{File, zip_of};

/// Raw bytes of one stretch.
const INTERVAL: usize = 512;

/// The log's name in the bundle.
pub const LOG: &str = "logs/stretched.log";

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
    let stretched = File { method: 8, size: Some(bytes_kept), crc: Some(crc), ..File::new(LOG, &compressed) };
    zip_of(&[File::new(MANIFEST_NAME, &json), stretched])
}

fn checksum(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}
