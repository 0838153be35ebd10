//! The built-in rules over a bundle, as `koff-analyze --at` would ask them, with the roots that sign the fixtures trusted.
//! Owns the day; what the verdicts should be is the business of the tests.

use std::fs;

use jiff::Timestamp;
use koff_analyze::{
    evaluate::{Evaluation, evaluate},
    facts::{
        Facts, Means,
        log::{layout::Layout, scan::Patterns},
    },
    pack,
    rule::RuleSet,
    signature::Trust,
};
use koff_bundle::reader::Bundle;

/// The day by which ends of support and signatures are judged: the fixtures' signatures are made shortly before.
pub(crate) const DAY: &str = "2026-11-23T08:00:00Z";

/// Rules and everything made ready from them once.
pub(crate) struct Judge {
    pub(crate) rules: RuleSet,
    trust: Trust,
    patterns: Patterns,
    layouts: Vec<Layout>,
    at: Timestamp,
}

impl Judge {
    pub(crate) fn new() -> Self {
        let rules = RuleSet::embedded().unwrap();
        let mut trust = Trust::of_pack(&rules.pack);
        // The stories' connector is signed below a root of our own, as `--trust-anchor` would give it; so are strange copies.
        let fixtures = koff_fixtures::hosts_folder();
        for anchor in ["../anchor.pem", "../../tests/signatures/files/anchor.pem"] {
            trust.add_file(&fs::read(fixtures.join(anchor)).unwrap()).unwrap();
        }
        let patterns = Patterns::new(&rules.log_needs()).unwrap();
        let layouts = pack::embedded_layouts().iter().map(|file| Layout::parse(file.text).unwrap()).collect();
        Self { rules, trust, patterns, layouts, at: DAY.parse().unwrap() }
    }

    /// What `bundle` holds and what the rules say of it.
    pub(crate) fn ask(&self, bundle: &Bundle) -> (Facts, Evaluation) {
        let Self { rules, trust, patterns, layouts, at } = self;
        let facts = Facts::parse(bundle, &Means { pack: &rules.pack, trust, layouts, patterns, at: Some(*at) });
        let evaluation = evaluate(rules, &facts, Some(*at));
        (facts, evaluation)
    }
}
