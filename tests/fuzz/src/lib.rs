//! What every fuzz target does with its bytes, as plain functions: libFuzzer drives them from `fuzz_targets/`, and
//! `cargo test` replays the seeds and every former finding through the same code (`tests/fuzz.rs`).
//!
//! A target asserts what must hold for any bytes; that it ends at all, in bounded time and memory, is libFuzzer's to see.

mod bundles;
mod collected;
#[path = "../../support/forge.rs"]
pub mod forge;
mod programs;
mod redaction;
pub mod seeds;
mod settings;
pub mod stretched;
mod texts;

use std::sync::OnceLock;

use jiff::Timestamp;
use koff_analyze::{
    analysis::{Analyst, Options},
    pack::Pack,
    rule::RuleSet,
};

/// A target: its name and what it does.
pub type Target = (&'static str, fn(&[u8]));

/// Every target, in the order in which they are run.
pub const TARGETS: &[Target] = &[
    ("pe", programs::pe),
    ("pkcs7", programs::pkcs7),
    ("redaction", redaction::text),
    ("zip", bundles::zip),
    ("hive", collected::hive),
    ("evtx", texts::events),
    ("reg", texts::registry),
    ("log", texts::log),
    ("facts", bundles::evidence),
    ("records", bundles::records),
    ("rule", settings::rule),
    ("report", settings::report),
    ("mapisvc", bundles::mapisvc),
    ("minidump", collected::minidump),
    ("firebird", texts::firebird),
];

/// Runs the target called `name`.
///
/// # Panics
/// Where there is none of that name, and where it finds something.
pub fn run(name: &str, bytes: &[u8]) {
    let (_, target) = TARGETS.iter().find(|(known, _)| *known == name).expect("a target of this table");
    target(bytes);
}

/// The moment for which everything is judged.
pub fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// The program as it ships: built-in rules, layouts and anchors.
pub fn analyst() -> &'static Analyst {
    static ANALYST: OnceLock<Analyst> = OnceLock::new();
    ANALYST.get_or_init(|| {
        let rules = RuleSet::embedded().unwrap_or_else(|error| panic!("{error}"));
        let options = Options { at: Some(now()), ..Options::default() };
        Analyst::new(rules, options).unwrap_or_else(|error| panic!("{error}"))
    })
}

fn pack() -> &'static Pack {
    &analyst().rules().pack
}
