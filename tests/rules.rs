//! Every rule of `rules/` proves itself: lints clean, examples come out as they say.

use koff_analyze::proof;

#[test]
fn every_rule_lints_clean_and_its_examples_hold() {
    let checked = proof::check(None).unwrap();
    let shown: Vec<String> = checked.diagnostics.iter().map(ToString::to_string).collect();
    assert!(shown.is_empty(), "{} complaints\n{}", shown.len(), shown.join("\n\n"));
    assert!(checked.files > 40, "{} rules", checked.files);
}
