//! Every disk story from disk to verdicts: built, collected by the real collector, parsed, judged by every rule. What must
//! come out stands in `expected.txt` beside the story; `KOFF_BLESS=1` writes it anew, for a person to read the diff.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that goes wrong")]
#![expect(clippy::disallowed_methods, reason = "a person asks for one story, or blesses, by the environment")]

use std::{
    ffi::OsString,
    fs,
    io::Cursor,
    path::{Path, PathBuf},
    sync::Arc,
};

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
    verdict::Verdict,
};
use koff_bundle::{limits::Limits, manifest::HostKind, reader::Bundle};
use koff_collect::{
    collect::{self, Unwatched},
    host::{Host, recorded::RecordedHost},
    plan::Plan,
};

/// The day by which ends of support and signatures are judged: the fixtures' signatures are made shortly before.
const DAY: &str = "2026-11-23T08:00:00Z";

/// What redaction does with names of people and machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Names {
    Kept,
    Masked,
}

fn collect_disk(story: &str, root: &Path, bundle: &Path, names: Names) {
    let mut args: Vec<OsString> = vec!["koff-collect".into(), "--root".into(), root.into(), "--output".into()];
    args.extend([bundle.into(), "--yes".into(), "--quiet".into()]);
    args.extend((names == Names::Kept).then(|| OsString::from("--no-redact")));
    let (mut shown, mut wrong) = (Vec::new(), Vec::new());
    let code = koff_collect::cli::run(args, &mut shown, &mut wrong);
    assert_eq!(code, 0, "{story}: {}", String::from_utf8_lossy(&wrong));
}

fn judge(bundle: &Path, rules: &RuleSet) -> Evaluation {
    let bundle = Bundle::open(bundle, Limits::default()).unwrap();
    let mut trust = Trust::of_pack(&rules.pack);
    trust.add_file(&fs::read(anchor()).unwrap()).unwrap();
    let patterns = Patterns::new(&rules.log_patterns().patterns).unwrap();
    let layouts: Vec<Layout> = pack::embedded_layouts().iter().map(|(_, text)| Layout::parse(text).unwrap()).collect();
    let at: Timestamp = DAY.parse().unwrap();
    let means = Means { pack: &rules.pack, trust: &trust, layouts: &layouts, patterns: &patterns, at: Some(at) };
    evaluate(rules, &Facts::parse(&bundle, &means), Some(at))
}

fn anchor() -> PathBuf {
    // The stories' connector is signed below a root of our own, as `--trust-anchor` gives it.
    koff_fixtures::hosts_folder().parent().unwrap().join("anchor.pem")
}

/// `koff-analyze check` over `folder`, as a support team runs it over its own collection.
fn check(folder: &Path, update: bool) -> (u8, String) {
    let mut args: Vec<OsString> = vec!["koff-analyze".into(), "check".into(), folder.into(), "--at".into(), DAY.into()];
    args.extend(["--trust-anchor".into(), anchor().into()]);
    args.extend(update.then(|| OsString::from("--update")));
    let (mut shown, mut wrong) = (Vec::new(), Vec::new());
    let code = koff_analyze::cli::run(args, &mut shown, &mut wrong);
    (code, format!("{}{}", String::from_utf8_lossy(&shown), String::from_utf8_lossy(&wrong)))
}

#[test]
fn every_story_comes_out_as_expected() {
    let wanted = std::env::var("KOFF_STORY").unwrap_or_default();
    let bless = std::env::var_os("KOFF_BLESS").is_some();
    let out = tempfile::tempdir().unwrap();
    let (plain, masked) = (out.path().join("plain"), out.path().join("masked"));
    let mut stories = koff_fixtures::stories().unwrap();
    stories.retain(|story| story.to_string_lossy().contains(&wanted));
    for story in &stories {
        let name = story.file_name().unwrap().to_string_lossy().into_owned();
        let disk = tempfile::tempdir().unwrap();
        koff_fixtures::build(&name, disk.path()).unwrap();
        for (folder, names) in [(&plain, Names::Kept), (&masked, Names::Masked)] {
            fs::create_dir_all(folder.join(&name)).unwrap();
            collect_disk(&name, disk.path(), &folder.join(&name).join("bundle.zip"), names);
            // Without one yet, `check` says so, and --update writes it.
            let _ = fs::copy(story.join("expected.txt"), folder.join(&name).join("expected.txt"));
        }
    }
    let (code, shown) = check(&plain, bless);
    assert_eq!(code, 0, "verdicts changed; KOFF_BLESS=1 accepts them\n{shown}");
    if bless {
        for story in &stories {
            let name = story.file_name().unwrap();
            for copy in [story.clone(), masked.join(name)] {
                fs::copy(plain.join(name).join("expected.txt"), copy.join("expected.txt")).unwrap();
            }
        }
    }
    let (code, shown) = check(&masked, false);
    assert_eq!(code, 0, "redaction changes the diagnosis\n{shown}");
}

/// What a recorded PC adds to its disk decides rules that the disk leaves open, and turns none over.
#[test]
fn a_recording_and_its_disk_agree_wherever_both_can_tell() {
    let rules = RuleSet::embedded().unwrap();
    let mut compared = 0;
    for story in koff_fixtures::stories().unwrap() {
        if !story.join("recorded.json").is_file() {
            continue;
        }
        compared += 1;
        let name = story.file_name().unwrap().to_string_lossy().into_owned();
        let out = tempfile::tempdir().unwrap();
        koff_fixtures::build_recording(&name, out.path()).unwrap();
        let host: Arc<dyn Host> = Arc::new(RecordedHost::open(out.path()).unwrap());
        let plan = Arc::new(Plan { mask_names: false, ..Plan::default() });
        let played = Cursor::new(Vec::new());
        let (zip, ..) = collect::run(&host, &plan, HostKind::Recorded, played, &mut Unwatched).unwrap();
        let bundle = out.path().join("recorded.zip");
        fs::write(&bundle, zip.into_inner()).unwrap();
        let from_disk = out.path().join("disk.zip");
        collect_disk(&name, &out.path().join("disk"), &from_disk, Names::Kept);

        let (disk, live) = (judge(&from_disk, &rules).verdicts, judge(&bundle, &rules).verdicts);
        let told = |verdict: &Verdict| !matches!(verdict, Verdict::Unknown(_));
        // Rules about the evidence speak of how it was collected, which is what differs here.
        let about_pc = |rule: &str| rules.get(rule).is_some_and(|rule| rule.area != "evidence");
        let turned: Vec<_> = disk
            .iter()
            .filter(|(rule, verdict)| about_pc(rule) && told(verdict) && told(&live[*rule]))
            .filter(|(rule, verdict)| verdict.word() != live[*rule].word())
            .map(|(rule, verdict)| format!("{rule}: {} on the disk, {} live", verdict.word(), live[rule].word()))
            .collect();
        assert!(turned.is_empty(), "{name}: {turned:#?}");
        let gained = disk.iter().filter(|(rule, verdict)| !told(verdict) && told(&live[*rule])).count();
        assert!(gained > 3, "{name}: the recording decides only {gained} rules more than the disk");
    }
    assert!(compared > 0, "no story has a recording");
}
