//! Sealed bundles and bundles in volumes read like any other, in memory; what was changed, cut off or is missing says so.

#![expect(clippy::unwrap_used, reason = "a test that cannot set up its inputs has nothing to say")]

use std::{
    fs::{self, File},
    io::{Cursor, Write},
    path::Path,
};

use koff_bundle::{
    limits::Limits,
    reader::Bundle,
    seal::{Identity, Sealer},
    volumes,
};

const SECRET: &str = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";

fn identity() -> Identity {
    SECRET.parse().unwrap()
}

/// A zip of evidence that does not get small, so that it takes several stretches and volumes.
fn zip(length: usize) -> (Vec<u8>, Vec<u8>) {
    let mut state = 1_u64;
    let noise = (0..length / 20).map(|line| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(line as u64);
        format!("[07/Aug/2008 11:07:{:02}] {state:016x} a line of a log\r\n", line % 60)
    });
    let log = noise.collect::<String>().into_bytes();
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for name in ["kerio.log", "other.log"] {
        out.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        out.write_all(&log).unwrap();
    }
    (out.finish().unwrap().into_inner(), log)
}

fn sealed(plain: &[u8]) -> Vec<u8> {
    let mut sealer = Sealer::begin(Vec::new(), &[identity().recipient()]).unwrap();
    // In odd pieces, as writers come.
    plain.chunks(10_007).for_each(|piece| sealer.write_all(piece).unwrap());
    sealer.finish().unwrap()
}

fn open(path: &Path, identities: &[Identity]) -> Result<Bundle, String> {
    Bundle::open_sealed(path, Limits::default(), identities).map_err(|error| error.to_string())
}

#[test]
fn a_sealed_bundle_reads_as_the_plain_one_does() {
    let folder = tempfile::tempdir().unwrap();
    let (plain, log) = zip(900_000);
    let file = folder.path().join("x.zip.age");
    fs::write(&file, sealed(&plain)).unwrap();
    let bundle = open(&file, &[identity()]).unwrap();
    assert!(bundle.members().len() == 2 && bundle.read("kerio.log").unwrap().bytes == log);
    let message = open(&file, &[]).unwrap_err();
    assert!(message.contains("expected a key to open it with (--identity FILE)"), "{message}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing was unpacked beside it");
}

#[test]
fn every_length_around_a_stretch_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    for length in [1, 65_535, 65_536, 65_537, 131_072, 131_073] {
        let file = folder.path().join("x.log");
        let plain = b"[07/Aug/2008 11:07:02] x\r\n".iter().copied().cycle().take(length).collect::<Vec<u8>>();
        fs::write(&file, sealed(&plain)).unwrap();
        // A log by itself is evidence only where it is recognised; what counts is that all of it comes back.
        if let Ok(bundle) = open(&file, &[identity()]) {
            assert!(bundle.read("x.log").unwrap().bytes == plain, "{length}");
        }
        let sealed = fs::read(&file).unwrap();
        assert_eq!(sealed.len() - length, sealed_overhead(length), "{length}");
    }
}

/// Header, nonce and a tag for each stretch.
fn sealed_overhead(length: usize) -> usize {
    let header = sealed(b"").len() - 16;
    header + 16 * length.div_ceil(65_536)
}

#[test]
fn what_was_cut_off_or_changed_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.zip.age");
    let whole = sealed(&zip(400_000).0);
    for length in [0, 10, 100, 200, 300, 70_000, whole.len() - 1, whole.len() - 65_536] {
        fs::write(&file, &whole[..length]).unwrap();
        assert!(open(&file, &[identity()]).is_err(), "cut off at {length}");
    }
    let mut changed = whole.clone();
    changed[whole.len() / 2] ^= 1;
    fs::write(&file, &changed).unwrap();
    let bundle = open(&file, &[identity()]);
    let damaged = bundle.map(|bundle| bundle.read("kerio.log").is_err() || bundle.read("other.log").is_err());
    assert!(damaged.unwrap_or(true), "a changed stretch is never given out");
}

#[test]
fn volumes_read_as_one_sealed_or_not_and_a_missing_one_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (plain, log) = zip(900_000);
    for (name, bytes) in [("x.zip", plain.clone()), ("y.zip.age", sealed(&plain))] {
        let whole = folder.path().join(name);
        let into = |number: usize| File::create(volumes::name(&whole, number));
        let (count, list) = volumes::split(&mut &bytes[..], 100_000, &whole, into).unwrap();
        fs::write(volumes::list(&whole), list).unwrap();
        assert!(count > 3);
        for path in [volumes::name(&whole, 1), whole.clone()] {
            let bundle = open(&path, &[identity()]).unwrap();
            assert!(bundle.read("other.log").unwrap().bytes == log, "{name}");
        }
        fs::remove_file(volumes::name(&whole, count)).unwrap();
        let message = open(&volumes::name(&whole, 1), &[identity()]).unwrap_err();
        assert!(message.contains(&format!("{name}.{count:03}: expected this volume of the bundle")), "{message}");
    }
}
