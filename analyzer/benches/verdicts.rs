//! How fast signature verdicts and file summaries are, in verdicts and megabytes a second of one core:
//! `cargo bench -p koff-analyze --bench verdicts`. The comparison with osslsigncode on real files is
//! `tests/signatures/proof.sh`.

#![expect(clippy::unwrap_used, reason = "a benchmark stops where it cannot measure")]

use std::{fs, path::Path};

use divan::{
    Bencher, black_box,
    counter::{BytesCount, ItemsCount},
};
use jiff::Timestamp;
use koff_analyze::signature::{Trust, judge};
use koff_bundle::{pe, record::PeSummary};

fn main() {
    divan::main();
}

/// The synthetic signed files.
fn files() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/signatures/files");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.retain(|path| path.extension().is_some_and(|end| end == "dll"));
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

fn trust() -> Trust {
    let mut trust = Trust::embedded();
    let anchor = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/signatures/files/anchor.pem");
    trust.add_file(&fs::read(anchor).unwrap()).unwrap();
    trust
}

fn moment() -> Timestamp {
    "2026-06-01T00:00:00Z".parse().unwrap()
}

/// The verdict alone, out of the summary that a bundle carries.
#[divan::bench]
fn verdicts_of_summaries(bencher: Bencher<'_, '_>) {
    let summaries: Vec<PeSummary> = files().iter().map(|bytes| pe::summarise(bytes)).collect();
    let (trust, at) = (trust(), moment());
    bencher
        .counter(ItemsCount::new(summaries.len()))
        .bench_local(|| summaries.iter().map(|pe| judge(black_box(pe), &trust, at).issuer_chain.len()).sum::<usize>());
}

/// From the bytes of a small file to the verdict.
#[divan::bench]
fn verdicts_of_files(bencher: Bencher<'_, '_>) {
    let files = files();
    let (trust, at) = (trust(), moment());
    bencher.counter(ItemsCount::new(files.len())).bench_local(|| {
        files.iter().map(|bytes| judge(&pe::summarise(black_box(bytes)), &trust, at).issuer_chain.len()).sum::<usize>()
    });
}

/// The summary of a large file: five digests, entropy, headers.
#[divan::bench(args = [1, 16])]
fn summary_of_megabytes(bencher: Bencher<'_, '_>, megabytes: usize) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/signatures/files");
    let mut file = fs::read(folder.join("unsigned.dll")).unwrap();
    let noise = (0_u32..).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8);
    file.extend(noise.take(megabytes * 1_000_000));
    bencher.counter(BytesCount::new(file.len())).bench_local(|| pe::summarise(black_box(&file)));
}
