//! Every story from disk to verdicts: built, collected by the real collector, parsed, judged by every rule. What must come
//! out stands beside the story, in `expected.txt` for its disk and in `expected.live.txt` for its recording; `KOFF_BLESS=1`
//! writes both anew, for a person to read the diff, and `KOFF_KEEP=DIR` keeps the bundles. The texts together prove the
//! catalogue: see the matrix below.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that goes wrong")]
#![expect(clippy::disallowed_methods, reason = "a person asks for one story, or blesses, by the environment")]

#[path = "support/judge.rs"]
mod judge;

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
    fmt::Write as _,
    fs,
    io::Cursor,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use koff_analyze::{evaluate::Evaluation, rule::RuleSet, verdict::Verdict};
use koff_bundle::{limits::Limits, manifest::HostKind, reader::Bundle};
use koff_collect::{
    collect::{self, Unwatched},
    host::{Host, recorded::RecordedHost},
    plan::Plan,
};

use self::judge::Judge;

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

fn verdicts(bundle: &Path, judge: &Judge) -> Evaluation {
    judge.ask(&Bundle::open(bundle, Limits::default()).unwrap()).1
}

/// One line a rule, by verdict.
fn shown(evaluation: &Evaluation) -> String {
    let mut lines: BTreeMap<(usize, &str), String> = BTreeMap::new();
    for (rule, verdict) in &evaluation.verdicts {
        let place = match verdict {
            Verdict::Fail => 0,
            Verdict::Unknown(_) => 1,
            Verdict::Pass => 2,
            Verdict::NotApplicable(_) => 3,
        };
        lines.insert((place, rule), format!("{} {rule}", verdict.word()));
    }
    lines.into_values().fold(String::new(), |mut text, line| {
        let _ = writeln!(text, "{line}");
        text
    })
}

/// Lines of `a` that `b` lacks.
fn differs(a: &str, b: &str, mark: &str) -> Vec<String> {
    let new = a.lines().filter(|line| !b.lines().any(|other| other == *line));
    new.map(|line| format!("  {mark} {line}")).collect()
}

/// A recording: its disk and what only the running PC could say, collected as if it were live.
fn collect_recording(folder: &Path, bundle: &Path) {
    let host: Arc<dyn Host> = Arc::new(RecordedHost::open(folder).unwrap());
    let plan = Arc::new(Plan { mask_names: false, clock: Some(host.now()), ..Plan::default() });
    let (zip, ..) = collect::run(&host, &plan, HostKind::Recorded, Cursor::new(Vec::new()), &mut Unwatched).unwrap();
    fs::write(bundle, zip.into_inner()).unwrap();
}

/// What is wrong with one story; nothing if it comes out as its texts say.
fn story(folder: &Path, judge: &Judge, bless: bool) -> Vec<String> {
    let name = folder.file_name().unwrap().to_string_lossy().into_owned();
    let live = folder.join("recorded.json").is_file();
    let out = tempfile::tempdir().unwrap();
    let at = |name: &str| out.path().join(name);
    koff_fixtures::build(&name, &at("disk")).unwrap();
    collect_disk(&name, &at("disk"), &at("plain.zip"), Names::Kept);
    collect_disk(&name, &at("disk"), &at("masked.zip"), Names::Masked);
    let disk = verdicts(&at("plain.zip"), judge);
    let (found, hidden) = (shown(&disk), shown(&verdicts(&at("masked.zip"), judge)));
    let mut wrong = Vec::new();
    if hidden != found {
        wrong.push(format!("{name}: redaction changes the diagnosis"));
        wrong.extend(differs(&found, &hidden, "plain "));
        wrong.extend(differs(&hidden, &found, "masked"));
    }
    compare(&folder.join("expected.txt"), &found, bless, &mut wrong);
    if live {
        fs::copy(folder.join("recorded.json"), at("recorded.json")).unwrap();
        collect_recording(out.path(), &at("live.zip"));
        let live = verdicts(&at("live.zip"), judge);
        compare(&folder.join("expected.live.txt"), &shown(&live), bless, &mut wrong);
        wrong.extend(turned(&name, &disk, &live, &judge.rules));
    }
    if let Some(keep) = std::env::var_os("KOFF_KEEP").map(PathBuf::from) {
        for kind in ["plain", "live"].iter().filter(|kind| at(&format!("{kind}.zip")).is_file()) {
            fs::copy(at(&format!("{kind}.zip")), keep.join(format!("{name}-{kind}.zip"))).unwrap();
        }
    }
    wrong
}

/// Holds `found` to the text at `file`, or writes it there.
fn compare(file: &Path, found: &str, bless: bool, wrong: &mut Vec<String>) {
    if bless {
        fs::write(file, found).unwrap();
    }
    let expected = fs::read_to_string(file).unwrap_or_default();
    if expected != found {
        wrong.push(format!("{}:", file.display()));
        wrong.extend(differs(&expected, found, "-"));
        wrong.extend(differs(found, &expected, "+"));
    }
}

/// What a recording adds to its disk decides rules that the disk leaves open, and turns none over: these are turned.
fn turned(name: &str, disk: &Evaluation, live: &Evaluation, rules: &RuleSet) -> Vec<String> {
    let told = |verdict: &Verdict| !matches!(verdict, Verdict::Unknown(_));
    // Rules about the evidence speak of how it was collected, which is what differs here.
    // Windows alone asks the network whether a certificate is revoked; a disk has the pack's list to go by.
    let about_pc =
        |rule: &str| rule != "dll-signature-revoked" && rules.get(rule).is_some_and(|rule| rule.area != "evidence");
    let both = disk.verdicts.iter().map(|(rule, verdict)| (rule, verdict, &live.verdicts[rule]));
    both.filter(|(rule, disk, live)| about_pc(rule) && told(disk) && told(live) && disk.word() != live.word())
        .map(|(rule, disk, live)| format!("{name}: {rule}: {} on the disk, {} live", disk.word(), live.word()))
        .collect()
}

#[test]
fn every_story_comes_out_as_expected() {
    let judge = Judge::new();
    let wanted = std::env::var("KOFF_STORY").unwrap_or_default();
    let bless = std::env::var_os("KOFF_BLESS").is_some();
    let mut stories: Vec<PathBuf> = koff_fixtures::stories().unwrap();
    stories.retain(|story| story.file_name().unwrap().to_string_lossy().contains(&wanted));
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some(folder) = stories.get(next.fetch_add(1, Ordering::Relaxed)) {
            let found = story(folder, &judge, bless);
            wrong.lock().unwrap().extend(found);
        }
    };
    thread::scope(|scope| {
        scope.spawn(work);
        scope.spawn(work);
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "verdicts changed; KOFF_BLESS=1 accepts them\n{}", wrong.join("\n"));
}

/// Verdicts by rule that the texts of one story expect, of its disk and of its recording.
fn expected(story: &Path) -> Vec<BTreeMap<String, String>> {
    let texts = ["expected.txt", "expected.live.txt"].map(|file| fs::read_to_string(story.join(file)));
    let verdicts = |text: String| {
        let lines = text.lines().filter_map(|line| line.split_once(' '));
        lines.map(|(verdict, rule)| (rule.to_owned(), verdict.to_owned())).collect()
    };
    texts.into_iter().flatten().map(verdicts).collect()
}

/// Verdicts that no story can show, each with its reason.
const NEVER: &[(&str, &str, &str)] = &[
    ("bundle-altered", "fail", "the collector alters no bundle of its own; tests/bundle_reader.rs does it by hand"),
    ("bundle-altered", "unknown", "a bundle is there and its digests are computed, or nothing is judged at all"),
    ("bundle-incomplete", "unknown", "the manifest is there, or nothing is judged at all"),
    ("collected-as-other-user", "unknown", "a collected bundle says of everybody whether the registry could be read"),
    ("dll-known-bad", "fail", "nobody has published a digest of a hostile copy, so the pack's list is empty"),
];

#[test]
fn each_rule_fails_in_one_story_passes_in_another_and_is_unknown_in_a_third() {
    let rules = RuleSet::embedded().unwrap();
    let stories: Vec<_> = koff_fixtures::stories().unwrap().iter().flat_map(|story| expected(story)).collect();
    assert!(stories.len() >= 30, "{} stories", stories.len());
    let mut wrong = Vec::new();
    for rule in rules.iter() {
        for verdict in ["fail", "pass", "unknown"] {
            let shown = stories.iter().any(|story| story.get(&rule.id).is_some_and(|found| found == verdict));
            let never = NEVER.iter().any(|(id, word, _)| *id == rule.id && *word == verdict);
            match (shown, never) {
                (false, false) => wrong.push(format!("{}: no story where it is {verdict}", rule.id)),
                (true, true) => wrong.push(format!("{}: {verdict} in a story, yet listed as impossible", rule.id)),
                _ => {}
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The rules that `cause` explains, directly and over others of `among`.
fn explained<'a>(rules: &RuleSet, cause: &'a str, among: &'a [String]) -> BTreeSet<&'a str> {
    let mut known: BTreeSet<&str> = BTreeSet::new();
    let mut open: Vec<&str> = vec![cause];
    while let Some(rule) = open.pop() {
        let symptoms = &rules.get(rule).unwrap().source.explains;
        let new: Vec<&str> = among.iter().map(String::as_str).filter(|id| symptoms.iter().any(|s| s == id)).collect();
        open.extend(new.into_iter().filter(|id| known.insert(id)));
    }
    known
}

#[test]
fn one_fault_is_one_failing_rule_and_what_it_explains() {
    let rules = RuleSet::embedded().unwrap();
    let mut wrong = Vec::new();
    for folder in koff_fixtures::stories().unwrap() {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let faults = koff_fixtures::story::layers(&folder).unwrap().pop().unwrap().story.faults;
        let failing: BTreeSet<String> = expected(&folder)
            .into_iter()
            .flatten()
            .filter(|(_, verdict)| verdict == "fail")
            .map(|(rule, _)| rule)
            .collect();
        for fault in &faults {
            let (cause, symptoms) = fault.split_first().unwrap();
            let known = explained(&rules, cause, symptoms);
            let alone = symptoms.iter().filter(|id| !known.contains(id.as_str()));
            wrong.extend(alone.map(|id| format!("{name}: {cause} does not explain {id}")));
        }
        let planted: BTreeSet<String> = faults.into_iter().flatten().collect();
        wrong.extend(failing.difference(&planted).map(|id| format!("{name}: {id} fails without a planted fault")));
        wrong.extend(planted.difference(&failing).map(|id| format!("{name}: {id} is planted and does not fail")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
