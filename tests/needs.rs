//! What is collected and what rules ask for are the same thing: each artifact is taken out of bundles in turn, and the
//! rules whose verdict then changes are those that need it. Writes the table that `koff-collect --plan` shows
//! (`KOFF_UPDATE=1`), and holds the catalogue's word about facts to what the facts really read.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that goes wrong")]

#[path = "support/judge.rs"]
mod judge;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Cursor,
    path::Path,
    sync::{Arc, OnceLock},
};

use koff_analyze::{facts::Facts, rule::RuleSet, verdict::Verdict};
use koff_bundle::{
    acquisition::{Acquisition, State},
    artifact::{Artifact, Reader},
    limits::Limits,
    manifest::{Entry, HostKind},
    reader::Bundle,
    writer::Writer,
};
use koff_collect::{
    collect::{self, Unwatched},
    host::{Host, disk::DiskHost, recorded::RecordedHost},
    plan::Plan,
};
use rayon::prelude::*;

use self::judge::{DAY, Judge};

/// Stories whose evidence together bears on every rule, as few as possible: one PC recorded live, and disks.
const STORIES: &[&str] =
    &["healthy-c2r-x64", "connector-removed", "update-broke-off", "windows-7-office-2010", "office-from-the-store"];

/// Artifacts whose worth shows on other PCs: the stories that tell of those, asked about this artifact alone.
const ELSEWHERE: &[(Artifact, &[&str])] = &[
    // A DLL that only this PC's own store trusts, and one that a security catalogue signs.
    (Artifact::RegistryCertificates, &["copies-with-bad-signatures"]),
    (Artifact::Catalogues, &["copies-with-bad-signatures"]),
    // An add-in that says nothing of its maker.
    (Artifact::RegistryComServers, &["addin-disabled"]),
    (Artifact::RegistryPolicies, &["addin-blocked-by-policy"]),
    // A crash that Windows reported.
    (Artifact::ErrorReports, &["windows-update-then-crash"]),
    // A user who agreed to one contact with the mail server.
    (Artifact::Reachability, &["server-does-not-answer", "server-certificate-ran-out"]),
];

/// Artifacts that tell what another one tells, too: asked about on PCs where that one was not collected.
const SECOND: &[(Artifact, Artifact)] = &[(Artifact::RegistryServices, Artifact::Services)];

/// Rules about what only the server's own logs say, which support lays beside a bundle.
const FROM_THE_SERVER: &[&str] =
    &["access-policy-denied", "connector-build-differs", "connector-newer-than-server", "connector-older-than-server"];

/// Rules that judge the bundle itself, or what its manifest says of Windows.
const ABOUT_THE_BUNDLE: &[&str] =
    &["bundle-incomplete", "bundle-altered", "collected-without-elevation", "windows-unsupported"];

fn bundle(story: &str) -> Bundle {
    let out = tempfile::tempdir().unwrap();
    let recorded = koff_fixtures::hosts_folder().join(story).join("recorded.json").is_file();
    let (host, kind, agreed): (Arc<dyn Host>, _, _) = if recorded {
        koff_fixtures::build_recording(story, out.path()).unwrap();
        let host = RecordedHost::open(out.path()).unwrap();
        let agreed = host.agreed();
        (Arc::new(host), HostKind::Recorded, agreed)
    } else {
        koff_fixtures::build(story, out.path()).unwrap();
        (Arc::new(DiskHost::open(out.path(), DAY.parse().unwrap()).unwrap()), HostKind::Disk, BTreeSet::new())
    };
    let plan = Arc::new(Plan { mask_names: false, agreed, ..Plan::default() });
    let (zip, ..) = collect::run(&host, &plan, kind, Cursor::new(Vec::new()), &mut Unwatched).unwrap();
    Bundle::from_bytes(story, zip.into_inner(), Limits::default()).unwrap()
}

/// The same bundle as if a person had unticked `artifact`.
fn without(bundle: &Bundle, artifact: Artifact) -> Bundle {
    let manifest = bundle.manifest();
    let mut writer = Writer::create(Cursor::new(Vec::new()), manifest.clone());
    writer.manifest_mut().entries.clear();
    for entry in &manifest.entries {
        if entry.artifact == artifact.id() {
            let acquisition = Acquisition::ended(State::Withheld, "unticked by the user");
            writer.note(Entry { acquisition, sha256: None, gaps: Vec::new(), ..entry.clone() }).unwrap();
        } else if entry.acquisition.state.has_content() {
            let content = bundle.read(&entry.name).unwrap().bytes;
            writer.add(entry.clone(), &mut &*content).unwrap();
        } else {
            writer.note(entry.clone()).unwrap();
        }
    }
    let (zip, _) = writer.finish().unwrap();
    Bundle::from_bytes("without", zip.into_inner(), Limits::default()).unwrap()
}

/// Facts by kind and results by rule, in a form that can be compared, which artifacts the facts quote, and the verdicts.
type Said = (BTreeMap<String, String>, BTreeMap<String, String>, BTreeSet<(String, String)>, BTreeMap<String, Verdict>);

/// What `judge` says of `bundle`.
fn heard(judge: &Judge, bundle: &Bundle) -> Said {
    let (facts, evaluation) = judge.ask(bundle);
    let mut results: BTreeMap<String, String> =
        evaluation.verdicts.iter().map(|(rule, verdict)| (rule.clone(), format!("{verdict:?}"))).collect();
    for finding in &evaluation.findings {
        let said = results.entry(finding.rule.clone()).or_default();
        said.push_str(&finding.message);
    }
    let values = |table: &koff_analyze::facts::Table| {
        let records: Vec<_> = table.records.iter().map(|record| &record.fields).collect();
        format!("{records:?} {:?}", table.gaps)
    };
    let kinds = facts.tables.iter().map(|(kind, table)| ((*kind).to_owned(), values(table))).collect();
    (kinds, results, cited(bundle, &facts), evaluation.verdicts)
}

/// Artifact ids with the kinds of fact whose records quote one of their entries.
fn cited(bundle: &Bundle, facts: &Facts) -> BTreeSet<(String, String)> {
    let mut cited = BTreeSet::new();
    for (kind, table) in &facts.tables {
        for evidence in table.records.iter().flat_map(|record| &record.evidence) {
            if let Some(entry) = bundle.entry(&evidence.artifact) {
                cited.insert((entry.artifact.clone(), (*kind).to_owned()));
            }
        }
    }
    cited
}

/// Names whose text differs.
fn changed(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> BTreeSet<String> {
    before.iter().filter(|(name, said)| after.get(*name) != Some(said)).map(|(name, _)| name.clone()).collect()
}

/// What one artifact's absence does: kinds of fact and rules that it bears on, and by story and rule the words of the
/// verdicts with and without it.
#[derive(Debug, Default)]
struct Absence {
    kinds: BTreeSet<String>,
    rules: BTreeSet<String>,
    verdicts: BTreeMap<(&'static str, String), (&'static str, &'static str)>,
}

/// Every artifact taken away from every story, once for all tests.
fn experiment() -> &'static BTreeMap<Artifact, Absence> {
    static DONE: OnceLock<BTreeMap<Artifact, Absence>> = OnceLock::new();
    DONE.get_or_init(absences)
}

/// A story's bundle and what is said of it.
type Told = (&'static str, Bundle, Said);

fn told(judge: &Judge, stories: &[&'static str]) -> Vec<Told> {
    let one = |story: &&'static str| {
        let bundle = bundle(story);
        let said = heard(judge, &bundle);
        (*story, bundle, said)
    };
    stories.par_iter().map(one).collect()
}

fn absences() -> BTreeMap<Artifact, Absence> {
    let judge = Judge::new();
    let everywhere = told(&judge, STORIES);
    let mut elsewhere: Vec<&'static str> = ELSEWHERE.iter().flat_map(|(_, stories)| *stories).copied().collect();
    elsewhere.sort_unstable();
    elsewhere.dedup();
    let elsewhere = told(&judge, &elsewhere);
    let experiment = |artifact: &Artifact| {
        let mut absence = Absence::default();
        everywhere.iter().for_each(|told| absence.add(&judge, told, *artifact));
        let special = ELSEWHERE.iter().filter(|(of, _)| of == artifact).flat_map(|(_, stories)| *stories);
        let special = special.filter_map(|story| elsewhere.iter().find(|(name, ..)| name == story));
        special.for_each(|told| absence.add(&judge, told, *artifact));
        if let Some((_, first)) = SECOND.iter().find(|(of, _)| of == artifact) {
            for (story, bundle, _) in &everywhere {
                let bundle = without(bundle, *first);
                let said = heard(&judge, &bundle);
                absence.add(&judge, &(*story, bundle, said), *artifact);
            }
        }
        // The kind that speaks of the bundle itself changes with everything.
        absence.kinds.remove("bundle");
        absence.rules.retain(|rule| !ABOUT_THE_BUNDLE.contains(&rule.as_str()));
        (*artifact, absence)
    };
    Artifact::ALL.par_iter().map(experiment).collect()
}

impl Absence {
    /// What changes in one story without `artifact`.
    fn add(&mut self, judge: &Judge, (story, bundle, said): &Told, artifact: Artifact) {
        let without = heard(judge, &without(bundle, artifact));
        let words = said.3.iter().map(|(rule, verdict)| (rule, verdict.word(), without.3[rule].word()));
        self.verdicts.extend(words.map(|(rule, with, without)| ((*story, rule.clone()), (with, without))));
        self.kinds.extend(changed(&said.0, &without.0));
        let quoted = said.2.iter().filter(|(id, _)| id == artifact.id());
        self.kinds.extend(quoted.map(|(_, kind)| kind.clone()));
        self.rules.extend(changed(&said.1, &without.1));
    }
}

#[test]
fn every_rule_has_its_evidence_collected_and_every_artifact_its_reader() {
    let needs = experiment();
    let mut wrong = Vec::new();
    for (artifact, Absence { kinds, rules, .. }) in needs {
        match artifact.reader() {
            Reader::Facts(_) if rules.is_empty() => {
                wrong.push(format!("{}: no rule needs it, so --plan cannot say which", artifact.id()));
            }
            Reader::Shown(..) if !rules.is_empty() => {
                wrong.push(format!("{}: said to be asked for by no rule, but {rules:?} change", artifact.id()));
            }
            Reader::Facts(declared) | Reader::Shown(declared, _) => {
                for kind in declared.iter().filter(|kind| !kinds.contains(**kind)) {
                    wrong.push(format!("{}: no {kind} fact changes without it, only {kinds:?}", artifact.id()));
                }
            }
            Reader::Raw(_) if !(kinds.is_empty() && rules.is_empty()) => {
                wrong.push(format!("{}: said to be read by nobody, but {kinds:?} {rules:?} change", artifact.id()));
            }
            Reader::Raw(_) => {}
        }
    }
    let needed: BTreeSet<&String> = needs.values().flat_map(|absence| &absence.rules).collect();
    for rule in RuleSet::embedded().unwrap().iter() {
        let elsewhere = ABOUT_THE_BUNDLE.iter().chain(FROM_THE_SERVER).any(|id| *id == rule.id);
        if !(needed.contains(&rule.id) || elsewhere) {
            wrong.push(format!("{}: no artifact changes its verdict, so nobody collects what it asks for", rule.id));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    let mut table = String::from(
        "# Which rules an artifact bears on: those whose verdict changes without it. Made by tests/needs.rs (KOFF_UPDATE=1).\n",
    );
    for artifact in Artifact::ALL {
        let rules: Vec<&str> = needs[artifact].rules.iter().map(String::as_str).collect();
        table += format!("{}: {}", artifact.id(), rules.join(" ")).trim_end();
        table.push('\n');
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../collector/src/catalogue/needs.txt");
    if std::env::var_os("KOFF_UPDATE").is_some() {
        fs::write(&file, &table).unwrap();
    }
    let found = fs::read_to_string(&file).unwrap_or_default();
    assert!(found == table, "{} is out of date: run this test once with KOFF_UPDATE=1", file.display());
}

/// Verdicts that rightly stay as they are, or become another certain one, without an artifact: by rule and artifact, with
/// what else tells the same.
const TOLD_ELSEWHERE: &[(&str, &str, &str)] = &[
    ("debug-log-absent", "users", "a log that is there is there"),
    ("debug-log-absent", "folders", "a log that is there is there"),
    ("backend-not-running", "users", "the list of processes"),
    ("av-exclusion-missing-program", "folders", "the uninstall entry names the folder"),
    ("av-exclusion-missing-program", "registry-uninstall", "the listing of the folder"),
    ("connector-files-version-mixed", "folders", "the programs' own versions"),
    ("connector-files-version-mixed", "registry-uninstall", "the programs' own versions"),
    ("connector-install-incomplete", "folders", "the programs that were read"),
    ("connector-install-incomplete", "registry-uninstall", "the listing of the folder"),
    ("connector-not-installed", "folders", "the uninstall entry"),
    ("connector-not-installed", "registry-uninstall", "the program folder"),
    ("connector-not-installed", "registry-outlook-profiles", "it is installed, whoever uses it"),
    ("connector-version-unsupported-outlook", "folders", "the programs' own versions"),
    ("connector-version-unsupported-outlook", "registry-uninstall", "the programs' own versions"),
    ("connector-bitness-mismatch", "programs", "a folder that does not exist holds no DLL"),
    ("connector-bitness-mismatch", "registry-outlook-machine", "the Outlook that reads this list is another's"),
    ("connector-bitness-mismatch", "registry-click-to-run", "the Outlook that reads this list is another's"),
    ("connector-dll-missing", "registry-outlook-machine", "the DLL is there, whichever Outlook reads the list"),
    ("connector-dll-missing", "registry-click-to-run", "the DLL is there, whichever Outlook reads the list"),
    ("updater-service-missing", "programs", "the service itself"),
    ("mapi-service-unregistered", "registry-outlook-profiles", "it is registered, whoever uses it"),
    ("mapi-registration-severed-by-update", "mapisvc", "no update came before"),
    ("profile-default-missing", "registry-outlook-user", "Outlook 2010 names it beside the profiles"),
    ("addin-disabled", "registry-policies", "Outlook 2010 knows no list of managed add-ins"),
    ("addin-disabled", "registry-com-servers", "an add-in that is named after its maker"),
    (
        "dll-signer-unexpected",
        "registry-certificates",
        "then nobody vouches for the signer, which dll-signature-self-signed tells",
    ),
    ("server-http-service-off", "reachability", "without consent nobody asked; the logs tell what they tell"),
    ("tls-certificate-rejected", "reachability", "without consent nobody asked; the logs tell what they tell"),
    ("server-unreachable", "reachability", "without consent nobody asked; the logs tell what they tell"),
];

/// What was not collected is not known: no fault turns into its absence, and no rule that needs an artifact says pass
/// without it.
#[test]
fn no_verdict_rests_on_what_was_not_collected() {
    let mut wrong = Vec::new();
    let mut used = BTreeSet::new();
    for (artifact, absence) in experiment() {
        // Rules that cannot be told in some story without it.
        let needy: BTreeSet<&String> = absence
            .verdicts
            .iter()
            .filter(|(_, (with, without))| with != without && *without == "unknown")
            .map(|((_, rule), _)| rule)
            .collect();
        for ((story, rule), (with, without)) in &absence.verdicts {
            let turned = *with == "fail" && !["fail", "unknown"].contains(without);
            let rests = *with == "pass" && *without == "pass" && needy.contains(rule);
            if !(turned || rests) || ABOUT_THE_BUNDLE.contains(&rule.as_str()) {
                continue;
            }
            match TOLD_ELSEWHERE.iter().position(|(id, from, _)| id == rule && *from == artifact.id()) {
                Some(place) => _ = used.insert(place),
                None => wrong.push(format!("{story}: {rule}: {with} with {}, {without} without", artifact.id())),
            }
        }
    }
    let unused = TOLD_ELSEWHERE.iter().enumerate().filter(|(place, _)| !used.contains(place));
    wrong.extend(unused.map(|(_, (rule, artifact, _))| format!("{rule} without {artifact}: excused for nothing")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
