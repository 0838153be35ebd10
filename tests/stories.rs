//! Every disk story from disk to verdicts: built, collected by the real collector, parsed, judged by every rule.

use std::{ffi::OsString, path::Path};

use koff_analyze::{
    evaluate::{Evaluation, evaluate},
    facts::{Facts, Means, log::scan::Patterns},
    rule::RuleSet,
    signature::Trust,
    verdict::Verdict,
};
use koff_bundle::{limits::Limits, reader::Bundle};

fn collect(story: &Path, out: &Path) {
    let root = out.join("disk");
    koff_fixtures::build(&story.file_name().unwrap().to_string_lossy(), &root).unwrap();
    let bundle = out.join("bundle.zip");
    let args = ["koff-collect", "--root", root.to_str().unwrap(), "--output", bundle.to_str().unwrap(), "--yes", "--quiet", "--no-redact"];
    let (mut shown, mut wrong) = (Vec::new(), Vec::new());
    let code = koff_collect::cli::run(args.map(OsString::from), &mut shown, &mut wrong);
    assert_eq!(code, 0, "{}", String::from_utf8_lossy(&wrong));
}

fn judge(bundle: &Path, rules: &RuleSet) -> (Facts, Evaluation) {
    let bundle = Bundle::open(bundle, Limits::default()).unwrap();
    let trust = Trust::of_pack(&rules.pack);
    let patterns = Patterns::new(&[]).unwrap();
    let means = Means { pack: &rules.pack, trust: &trust, layouts: &[], patterns: &patterns, at: None };
    let facts = Facts::parse(&bundle, &means);
    let evaluation = evaluate(rules, &facts, Some(bundle.manifest().started));
    (facts, evaluation)
}

#[test]
fn show() {
    let rules = RuleSet::embedded().unwrap();
    let wanted = std::env::var("STORY").unwrap_or_default();
    for story in koff_fixtures::stories().unwrap() {
        let name = story.file_name().unwrap().to_string_lossy().into_owned();
        if !name.contains(&wanted) {
            continue;
        }
        let out = tempfile::tempdir().unwrap();
        collect(&story, out.path());
        let (facts, evaluation) = judge(&out.path().join("bundle.zip"), &rules);
        println!("=== {name}");
        for (rule, verdict) in &evaluation.verdicts {
            match verdict {
                Verdict::Fail => println!("  FAIL {rule}"),
                Verdict::Unknown(why) => println!("  ???? {rule}: {}", why.iter().map(|w| w.words()).collect::<Vec<_>>().join("; ")),
                _ => {}
            }
        }
        if !wanted.is_empty() {
            println!("{facts:#?}");
        }
    }
}
