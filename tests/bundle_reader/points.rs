//! Large members with flush points: what these say is used, and believed only as far as it proves itself.

use std::io::{Cursor, Write};

use koff_bundle::{
    digest,
    limits::What,
    manifest::{FlushPoints, MANIFEST_NAME, Manifest},
};

use super::{bundle, log, open, whats};

/// A member of three stretches, the bundle around it, and its manifest.
fn long_member() -> (Vec<u8>, Vec<u8>, Manifest) {
    let long = log(60_000);
    let bytes = bundle(&[("logs/long.log", &long)]);
    let manifest = open(bytes.clone()).manifest().clone();
    assert!(manifest.entries[0].flush_points.as_ref().unwrap().sha256.is_some());
    (long, bytes, manifest)
}

#[test]
fn flush_points_that_lie_do_not_change_what_is_read() {
    let long = log(60_000);
    let bytes = bundle(&[("logs/long.log", &long)]);
    let honest = open(bytes.clone());
    let mut manifest = honest.manifest().clone();
    let points = manifest.entries[0].flush_points.as_mut().unwrap();
    points.offsets.pop();
    let bundle = open(with_manifest(&bytes, &manifest));
    assert!(bundle.read("logs/long.log").unwrap().bytes == long);
    assert_eq!(whats(&bundle), [What::FlushPoints]);
    let mut manifest = honest.manifest().clone();
    manifest.entries[0].flush_points.as_mut().unwrap().offsets[1] += 1;
    let bundle = open(with_manifest(&bytes, &manifest));
    assert!(bundle.read("logs/long.log").is_err());
    assert_eq!(whats(&bundle), [What::Damaged]);
}

#[test]
fn a_digest_changed_in_the_manifest_is_found_though_the_member_is_as_it_was() {
    let (long, bytes, mut manifest) = long_member();
    manifest.entries[0].sha256 = Some("0".repeat(64));
    let bundle = open(with_manifest(&bytes, &manifest));
    let read = bundle.read("logs/long.log").unwrap();
    assert_eq!(read.sha256, digest::sha256(&long), "the bytes themselves tell");
    assert_eq!(whats(&bundle), [What::DigestDiffers]);
}

#[test]
fn a_proof_that_fails_is_no_alteration_where_the_bytes_are_right() {
    let (long, bytes, mut manifest) = long_member();
    manifest.entries[0].flush_points.as_mut().unwrap().sha256 = Some("0".repeat(64));
    let bundle = open(with_manifest(&bytes, &manifest));
    assert!(bundle.read("logs/long.log").unwrap().bytes == long);
    bundle.verify();
    assert_eq!(bundle.problems(), []);
}

#[test]
fn a_byte_changed_anywhere_in_a_large_member_is_found() {
    let (long, bytes, _) = long_member();
    let place = |needle: &[u8]| bytes.windows(needle.len()).position(|part| part == needle).unwrap();
    // Behind the local header, the name and no extra field; up to the header of the next member.
    let (start, end) = (30 + "logs/long.log".len(), place(b"manifest.json") - 30);
    for at in (start..end).step_by((end - start) / 97).chain([end - 2, end - 1]) {
        let mut altered = bytes.clone();
        altered[at] ^= 0x10;
        let bundle = open(altered);
        let read = bundle.read("logs/long.log");
        bundle.verify();
        let problems = whats(&bundle);
        assert!(
            problems.iter().any(|what| matches!(what, What::DigestDiffers | What::Damaged | What::WrongSize))
                || read.is_ok_and(|read| read.bytes == long),
            "byte {at}: {problems:?}"
        );
    }
}

#[test]
fn a_checksum_changed_in_the_container_is_found_though_nobody_sums_up_what_is_proven() {
    let (long, mut bytes, _) = long_member();
    let crc =
        zip::ZipArchive::new(Cursor::new(&bytes)).unwrap().by_name("logs/long.log").unwrap().crc32().to_le_bytes();
    let places: Vec<usize> = (0..bytes.len() - 4).filter(|at| bytes[*at..].starts_with(&crc)).collect();
    assert_eq!(places.len(), 2, "beside the member and in the directory");
    places.into_iter().for_each(|at| bytes[at] ^= 1);
    let bundle = open(bytes);
    assert!(bundle.read("logs/long.log").unwrap().bytes == long);
    bundle.verify();
    assert_eq!(whats(&bundle), [What::WrongChecksum]);
}

#[test]
fn whoever_asks_for_the_digest_of_the_bytes_gets_it_even_from_a_manifest_that_lies_all_through() {
    let (long, bytes, mut manifest) = long_member();
    let lie = "0".repeat(64);
    let start = 30 + "logs/long.log".len();
    let compressed = open(bytes.clone()).manifest().entries[0].flush_points.clone().unwrap();
    let end = start
        + zip::ZipArchive::new(Cursor::new(&bytes)).unwrap().by_name("logs/long.log").unwrap().compressed_size()
            as usize;
    let crc = zip::ZipArchive::new(Cursor::new(&bytes)).unwrap().by_name("logs/long.log").unwrap().crc32();
    let forged = [&bytes[start..end], lie.as_bytes(), format!("{crc:08x}").as_bytes()].concat();
    manifest.entries[0].sha256 = Some(lie.clone());
    manifest.entries[0].flush_points = Some(FlushPoints { sha256: Some(digest::sha256(&forged)), ..compressed });
    let bundle = open(with_manifest(&bytes, &manifest));
    assert_eq!(bundle.read("logs/long.log").unwrap().sha256, lie, "the points vouch for what the manifest says");
    assert_eq!(bundle.sha256_of("logs/long.log").unwrap(), digest::sha256(&long));
    assert_eq!(whats(&bundle), [What::DigestDiffers]);
}

/// The same members with another manifest, written by the zip crate from raw copies.
fn with_manifest(bytes: &[u8], manifest: &Manifest) -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for at in 0..archive.len() {
        let member = archive.by_index_raw(at).unwrap();
        if member.name().unwrap() == MANIFEST_NAME {
            out.start_file(MANIFEST_NAME, zip::write::SimpleFileOptions::default()).unwrap();
            out.write_all(&serde_json::to_vec(manifest).unwrap()).unwrap();
        } else {
            out.raw_copy_file(member).unwrap();
        }
    }
    out.finish().unwrap().into_inner()
}
