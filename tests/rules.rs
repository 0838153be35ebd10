//! Every rule of `rules/` proves itself: lints clean, examples come out as they say, no mutant survives. And the public
//! promises of the catalogue hold.

use koff_analyze::{
    pack::Pack,
    proof::{self, mutate},
    rule::RuleSet,
};

#[test]
fn every_rule_lints_clean_and_its_examples_hold() {
    let checked = proof::check(None).unwrap();
    let shown: Vec<String> = checked.diagnostics.iter().map(ToString::to_string).collect();
    assert!(shown.is_empty(), "{} complaints\n{}", shown.len(), shown.join("\n\n"));
    assert!(checked.files > 80, "{} rules", checked.files);
}

#[test]
fn no_mutant_of_any_rule_survives_its_examples() {
    let pack = Pack::embedded().unwrap();
    let mut survivors = Vec::new();
    let mut made = 0;
    for rule in RuleSet::embedded().unwrap().iter() {
        let score = mutate::mutate(rule, &pack);
        made += score.mutants;
        survivors.extend(score.survivors.into_iter().map(|what| format!("{}: {what}", rule.id)));
    }
    assert!(made > 700, "only {made} mutants were made");
    assert!(survivors.is_empty(), "{} of {made} mutants survive\n{}", survivors.len(), survivors.join("\n"));
}
