//! Every fuzz target on its seeds, on every cut of them, and on everything that fuzzing ever found. The targets are those
//! of `tests/fuzz`, where libFuzzer drives them; here they run in every `cargo test`, fast.

#![expect(clippy::expect_used, clippy::panic, reason = "a target stops at what must not be")]
#![expect(clippy::disallowed_methods, reason = "a person asks for a long run by the environment")]
#![expect(unreachable_pub, reason = "the module is the library of the fuzzing crate as well")]

#[path = "doubling/cases.rs"]
mod cases;
#[path = "fuzz/src/lib.rs"]
mod targets;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
};

use koff_bundle::{limits::Limits, reader::Bundle};
use targets::{TARGETS, forge, run, seeds};

/// With `KOFF_FUZZ_CORPUS=FOLDER` the seeds are left in `FOLDER/<target>/`, for libFuzzer to begin with.
#[test]
fn every_target_takes_its_seeds_and_former_findings() {
    let stock = seeds::Stock::new();
    let corpus = std::env::var_os("KOFF_FUZZ_CORPUS").map(PathBuf::from);
    for (target, _) in TARGETS {
        let seeds = stock.of(target);
        assert!(!seeds.is_empty(), "{target} has no seed");
        if let Some(own) = corpus.as_ref().map(|corpus| corpus.join(target)) {
            fs::create_dir_all(&own).expect("a folder for the corpus");
            for (name, bytes) in &seeds {
                fs::write(own.join(name), bytes).expect("a place for a seed");
            }
        }
        for (_, bytes) in seeds.iter().take(12) {
            run(target, bytes);
            for part in 1..4 {
                run(target, &bytes[..bytes.len() * part / 4]);
            }
        }
        for (_, bytes) in seeds.iter().skip(12) {
            run(target, bytes);
        }
    }
}

#[test]
fn every_target_takes_nothing_and_noise() {
    let noise: Vec<u8> = (0_u32..300).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    for (target, _) in TARGETS {
        for bytes in [&b""[..], b"\0", b"{", b"[", b"PK", b"MZ", b"\xff\xfe", &[0xff; 200], &noise] {
            run(target, bytes);
        }
    }
}

/// Numbers that look random and are the same in every run (xorshift64*).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % bound.max(1)
    }
}

/// What every member holds, as far as it can be read to its end.
fn members(bundle: &Bundle) -> BTreeMap<String, Vec<u8>> {
    let whole = bundle.members().iter().filter_map(|m| Some((m.name.clone(), bundle.read(&m.name).ok()?.bytes)));
    whole.collect()
}

/// A damaged bundle gives an error that says something, or is read with its damage named, all the way to a report: that
/// says `bundle-altered` where a member is not what was collected. Gives whether there was such a report.
fn told(damaged: &[u8], sound: &BTreeMap<String, Vec<u8>>, to_the_report: bool) -> bool {
    match Bundle::from_bytes("damaged.zip", damaged.to_vec(), Limits::default()) {
        Err(error) => {
            assert!(error.to_string().contains("damaged.zip"), "{error}");
            false
        }
        Ok(bundle) => {
            let read = members(&bundle);
            bundle.verify();
            if !bundle.is_loose() && read != *sound {
                assert!(!bundle.problems().is_empty(), "other content, and nothing is said");
            }
            let others = read.iter().filter(|(name, bytes)| sound.get(*name).is_some_and(|sound| sound != *bytes));
            let altered = !bundle.is_loose() && others.count() > 0;
            let named = bundle.problems().iter().any(|problem| problem.what.alters());
            assert!(named || !altered, "other bytes under a name of the bundle: {:?}", bundle.problems());
            if !to_the_report {
                return false;
            }
            run("facts", damaged);
            let report = targets::analyst().analyse_bundle(&bundle, "damaged.zip".to_owned(), None).report;
            let said = report.findings.iter().any(|finding| finding.rule == "bundle-altered");
            assert!(bundle.is_loose() || said == named, "the report says {said}, the reader {named}");
            said
        }
    }
}

#[test]
fn a_bundle_cut_anywhere_or_with_a_flipped_byte_is_told_apart_from_a_sound_one() {
    let stock = seeds::Stock::new();
    let (_, bundle) = stock.of("zip").pop().expect("a bundle");
    let sound = members(&seeds::opened(&bundle));
    assert!(sound.len() > 10);
    let altered = damaged_anywhere(&bundle, &sound);
    // A digest that differs while size and checksum of the zip are right: somebody edited a member.
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let other = sound.iter().map(|(name, bytes)| match name.as_str() {
        "manifest.json" => forge::File::new(name, bytes),
        _ => forge::File::new(name, text(bytes).replace('e', "3").as_bytes()),
    });
    assert!(told(&forge::zip_of(&other.collect::<Vec<_>>()), &sound, true), "an edited bundle passes for a sound one");
    assert!(altered > 5, "{altered} reports on damaged bundles say so");
}

/// Cuts and flipped bytes; gives how many of the reports that were asked for say `bundle-altered`.
fn damaged_anywhere(bundle: &[u8], sound: &BTreeMap<String, Vec<u8>>) -> usize {
    let (mut dice, mut altered) = (Dice(0x6b6f_6666), 0);
    for round in 0..200 {
        altered += usize::from(told(&bundle[..dice.below(bundle.len())], sound, round % 20 == 0));
    }
    for round in 0..1000 {
        let mut damaged = bundle.to_vec();
        let place = dice.below(damaged.len());
        damaged[place] ^= 1 + dice.below(255) as u8;
        altered += usize::from(told(&damaged, sound, round % 100 == 0));
    }
    altered
}

#[test]
fn so_is_one_whose_log_has_flush_points() {
    let bundle = seeds::Stock::new().stretched();
    let whole = seeds::opened(&bundle);
    let sound = members(&whole);
    whole.verify();
    assert_eq!(whole.problems(), []);
    let log = &sound[targets::stretched::LOG];
    let points = whole.manifest().entries[0].flush_points.as_ref().expect("flush points");
    assert_eq!(points.offsets.len(), log.len().div_ceil(512));
    assert!(points.offsets.len() > 3, "several stretches");
    damaged_anywhere(&bundle, &sound);
}

/// One to four changes to `seed`, with pieces of `other`.
fn mutant(seed: &[u8], other: &[u8], dice: &mut Dice) -> Vec<u8> {
    const TELLING: [u8; 12] = [0, 1, 0x20, 0x2f, 0x5c, 0x7f, 0x80, 0x81, 0x84, 0xa0, 0xfe, 0xff];
    let mut bytes = seed.to_vec();
    for _ in 0..=dice.below(4) {
        let place = dice.below(bytes.len());
        let end = (place + 1 + dice.below(64)).min(bytes.len());
        match dice.below(6) {
            0 if !bytes.is_empty() => bytes[place] ^= 1 << dice.below(8),
            1 if !bytes.is_empty() => bytes[place] = TELLING[dice.below(TELLING.len())],
            2 => drop(bytes.drain(place..end)),
            3 => {
                let piece = bytes[place..end].repeat(1 + dice.below(40));
                bytes.splice(place..place, piece);
            }
            4 => {
                let from = dice.below(other.len());
                let piece = other[from..(from + dice.below(200)).min(other.len())].to_vec();
                bytes.splice(place..end, piece);
            }
            _ => bytes[place..end].fill(TELLING[dice.below(TELLING.len())]),
        }
    }
    bytes
}

/// A few blind mutants of the seeds in every run; `KOFF_FUZZ_ROUNDS` and `KOFF_FUZZ_TARGET` make a long run of it where
/// there is no libFuzzer. A finding is written beside the test's own output, to be kept as a seed.
#[test]
fn every_target_takes_mutants_of_its_seeds() {
    let asked = |name: &str| std::env::var(name).ok();
    let rounds = asked("KOFF_FUZZ_ROUNDS").and_then(|rounds| rounds.parse().ok()).unwrap_or(20);
    let only = asked("KOFF_FUZZ_TARGET");
    let mut dice = Dice(0x6b6f_6666 + rounds);
    let stock = seeds::Stock::new();
    for (target, _) in TARGETS.iter().filter(|(name, _)| only.as_deref().is_none_or(|only| only == *name)) {
        let mut seeds = stock.of(target);
        seeds.retain(|(_, bytes)| bytes.len() < 64 << 10);
        for _ in 0..rounds {
            let (one, other) = (dice.below(seeds.len()), dice.below(seeds.len()));
            let Some(((_, one), (_, other))) = seeds.get(one).zip(seeds.get(other)) else { continue };
            let bytes = mutant(one, other, &mut dice);
            let result = std::panic::catch_unwind(|| run(target, &bytes));
            if result.is_err() {
                let place = std::env::temp_dir().join(format!("koff-finding-{target}"));
                fs::write(&place, &bytes).expect("the finding is kept");
                panic!("{target}: see {}", place.display());
            }
        }
    }
}

#[test]
fn every_target_is_driven_by_the_fuzzer_too() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fuzz/fuzz_targets");
    let driven: BTreeSet<String> = fs::read_dir(folder)
        .expect("the folder of targets")
        .flatten()
        .map(|entry| entry.path().file_stem().unwrap_or_default().to_string_lossy().into_owned())
        .collect();
    assert_eq!(driven, TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect());
}

/// `tests/doubling/proof.sh` counts the instructions of every call of `cases::measured`. One thread, so that none is missed.
#[test]
#[ignore = "tests/doubling/proof.sh runs it under valgrind"]
#[expect(clippy::print_stdout, reason = "the script reads which case each count belongs to")]
fn inputs_of_doubled_size() {
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build_global();
    assert!(one.is_ok(), "{one:?}");
    let asked = |name: &str| std::env::var(name).unwrap_or_default();
    // Two processes share the work: one takes the even cases, the other the odd ones.
    let (only, odd, larger) =
        (asked("KOFF_DOUBLING"), asked("KOFF_ODD") == "1", asked("KOFF_LARGER").parse().unwrap_or(1));
    let cases = cases::cases();
    let own = cases.iter().enumerate().filter(|(at, case)| (at % 2 == 1) == odd && case.name.contains(&only));
    for (_, case) in own {
        println!("case {}", case.name);
        case.run(larger);
    }
}
