//! Every story from disk to verdicts: built, collected by the real collector, parsed, judged by every rule, by the same
//! `koff-analyze check` that a person runs. What must come out stands beside the story, in `expected.txt` for its disk and in
//! `expected.live.txt` for its recording; how every format shows it stands in `snapshots/stories`. `KOFF_BLESS=1` writes all
//! of it anew, for a person to read the diff; `KOFF_STORY=TEXT` takes the stories whose name holds the text. The bundles stay
//! in `target/tmp/stories`. The texts together prove the catalogue: see the matrix below.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that goes wrong")]
#![expect(clippy::disallowed_methods, reason = "a person asks for one story, or blesses, by the environment")]

#[path = "support/digests.rs"]
mod digests;
#[path = "support/program.rs"]
mod program;
#[path = "support/sheet.rs"]
mod sheet;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use koff_analyze::{
    analysis::{Analyst, Options},
    expect::Expectation,
    rule::{Rule, RuleSet},
};
use koff_fixtures::bundles;
use rayon::prelude::*;

use self::{digests::Digests, program::run};

/// The key of the masked bundles' stand-ins: the same names every time.
const KEY: &str = "6b6f66662d66697874757265732d6b65792d6f662d73746f726965732d303031\n";

/// The stories asked for, and where their bundles are: `plain` with every bundle, `masked` with those of the disks.
struct Collected {
    stories: Vec<PathBuf>,
    folder: PathBuf,
}

static COLLECTED: LazyLock<Collected> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("stories");
    let at = |name: &str| folder.join(name);
    let mut stories = koff_fixtures::stories().unwrap();
    stories.retain(|story| name(story).contains(&wanted()));
    for kind in ["plain", "masked"] {
        let _ = fs::remove_dir_all(at(kind));
        fs::create_dir_all(at(kind)).unwrap();
    }
    fs::write(at("names.key"), KEY).unwrap();
    bundles::each(&stories, |story| {
        let built = tempfile::tempdir().unwrap();
        let (disk, zip) = (built.path().join("disk"), format!("{}.zip", name(story)));
        if story.join("recorded.json").is_file() {
            koff_fixtures::record(story, built.path())?;
            bundles::live(built.path(), &at("plain").join(format!("{}.live.zip", name(story))))?;
        } else {
            koff_fixtures::disk::build(story, &disk)?;
        }
        bundles::disk(&disk, &at("plain").join(&zip), None)?;
        bundles::disk(&disk, &at("masked").join(&zip), Some(&at("names.key")))
    })
    .unwrap();
    Collected { stories, folder }
});

fn wanted() -> String {
    std::env::var("KOFF_STORY").unwrap_or_default()
}

fn name(story: &Path) -> String {
    story.file_name().unwrap().to_string_lossy().into_owned()
}

#[test]
fn every_story_comes_out_as_expected() {
    let (hosts, plain) = (koff_fixtures::hosts_folder(), COLLECTED.folder.join("plain"));
    let wanted = wanted();
    let mut args = vec!["check", hosts.to_str().unwrap(), "--bundles", plain.to_str().unwrap()];
    if !wanted.is_empty() {
        args.extend(["--only", &wanted]);
    }
    if std::env::var_os("KOFF_BLESS").is_some() {
        let (code, shown, err) = run(&[args.as_slice(), &["--update"]].concat());
        assert_eq!(code, 0, "{shown}{err}");
    }
    let (code, shown, err) = run(&args);
    assert_eq!(code, 0, "verdicts changed; KOFF_BLESS=1 accepts them\n{shown}{err}");
}

/// What the masked bundle of each disk says, which is what a support desk gets.
#[test]
fn names_that_are_masked_change_no_verdict_and_every_format_comes_out_as_it_did() {
    let fixtures = koff_fixtures::hosts_folder();
    let anchors = ["../anchor.pem", "../../tests/signatures/files/anchor.pem"].map(|anchor| fixtures.join(anchor));
    let at = Some("2026-11-23T08:00:00Z".parse().unwrap());
    let options = Options { anchors: anchors.into(), at, always_at: true, ..Options::default() };
    let analyst = Analyst::new(RuleSet::embedded().unwrap(), options).unwrap();
    let Collected { stories, folder } = &*COLLECTED;
    let seen = |story: &PathBuf| {
        let zip = folder.join("masked").join(format!("{}.zip", name(story)));
        let mut report = analyst.analyse(&zip).unwrap().report;
        let expected = fs::read_to_string(story.join("expected.txt")).unwrap_or_default();
        let masked = Expectation::parse(&expected).unwrap().differences(&report);
        // How a zip is packed is no business of a format.
        report.bundle.sha256 = None;
        (name(story), masked, digests::shown(&report))
    };
    let all: Vec<_> = stories.par_iter().map(seen).collect();
    let masked = all.iter().flat_map(|(story, masked, _)| masked.iter().map(move |one| format!("{story}: {one:?}")));
    let mut wrong: Vec<String> = masked.collect();
    if !wrong.is_empty() {
        wrong.insert(0, "verdicts of masked bundles are not those expected of the disks".to_owned());
    }
    let mut digests = Digests::read(folder);
    all.iter().for_each(|(story, _, shown)| digests.compare(story, shown));
    if std::env::var_os("KOFF_BLESS").is_some() {
        // The expected files are being written: the next run compares.
        return digests.write(wanted().is_empty());
    }
    wrong.extend(digests.wrong);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What a recording adds to its disk decides rules that the disk leaves open, and turns none over.
#[test]
fn a_recording_turns_no_verdict_of_its_disk_over() {
    let rules = RuleSet::embedded().unwrap();
    // Rules about the evidence speak of how it was collected, which is what differs here.
    // Windows alone asks the network whether a certificate is revoked; a disk has the pack's list to go by.
    // And what a server says when it is asked, no disk can know.
    let asks_server =
        |rule: &Rule| rule.id == "clock-skew" || rule.source.also.iter().any(|part| part.fact == "server-contact");
    let about_pc = |rule: &str| {
        rule != "dll-signature-revoked"
            && rules.get(rule).is_some_and(|rule| rule.area != "evidence" && !asks_server(rule))
    };
    let mut wrong = Vec::new();
    for story in koff_fixtures::stories().unwrap() {
        let [disk, live] = &expected(&story)[..] else { continue };
        for (rule, was) in disk.iter().filter(|(rule, was)| about_pc(rule) && *was != "unknown") {
            let is = &live[rule];
            if is != was && is != "unknown" {
                wrong.push(format!("{}: {rule}: {was} on the disk, {is} live", name(&story)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
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
