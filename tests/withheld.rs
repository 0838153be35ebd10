//! What a person unticks in the window is withheld, and whoever asks for it later is told so: each group is unticked in
//! turn, and no verdict and no fact says that nobody collected what somebody kept back.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that goes wrong")]

#[path = "support/judge.rs"]
mod judge;

use std::{collections::BTreeSet, io::Cursor, sync::Arc};

use jiff::Timestamp;
use koff_analyze::{
    facts::{Datum, Facts},
    verdict::{Unknown, Verdict},
};
use koff_bundle::{acquisition::State, artifact::Artifact, limits::Limits, manifest::HostKind, reader::Bundle};
use koff_collect::{
    collect::{Session, Unwatched},
    host::{Host, recorded::RecordedHost},
    plan::{Group, Plan, Selection},
};

use self::judge::{DAY, Judge};

/// The healthy PC's bundle without what `selection` leaves out.
fn bundle(selection: Selection) -> Bundle {
    let folder = tempfile::tempdir().unwrap();
    koff_fixtures::build_recording("healthy-c2r-x64", folder.path()).unwrap();
    let host: Arc<dyn Host> = Arc::new(RecordedHost::open(folder.path()).unwrap());
    let clock: Option<Timestamp> = Some(DAY.parse().unwrap());
    let plan = Arc::new(Plan { mask_names: false, clock, ..Plan::default() });
    let mut session = Session::open(&host, &plan, HostKind::Recorded).unwrap();
    session.choose(selection, BTreeSet::new());
    let (zip, _) = session.write(Cursor::new(Vec::new()), &mut Unwatched).unwrap();
    Bundle::from_bytes("bundle", zip.into_inner(), Limits::default()).unwrap()
}

/// Every reason for which something is unknown: of verdicts, of fields, and of facts that may be missing.
fn reasons(judge: &Judge, bundle: &Bundle) -> (BTreeSet<Unknown>, BTreeSet<Unknown>) {
    let (facts, evaluation) = judge.ask(bundle);
    let verdicts = evaluation.verdicts.into_values().filter_map(|verdict| match verdict {
        Verdict::Unknown(why) => Some(why),
        Verdict::Fail | Verdict::Pass | Verdict::NotApplicable(_) => None,
    });
    (verdicts.flatten().collect(), of_facts(&facts))
}

fn of_facts(facts: &Facts) -> BTreeSet<Unknown> {
    let gaps = facts.tables.values().flat_map(|table| table.gaps.iter().cloned());
    let records = facts.tables.values().flat_map(|table| &table.records);
    let fields = records.flat_map(|record| record.fields.values()).filter_map(|datum| match datum {
        Datum::Unknown(why) => Some(why.clone()),
        _ => None,
    });
    gaps.chain(fields.flatten()).collect()
}

#[test]
fn what_is_unticked_is_withheld_in_the_reasons_and_never_said_to_be_uncollected() {
    let judge = Judge::new();
    let (whole_verdicts, whole_facts) = reasons(&judge, &bundle(Selection::default()));
    let mut wrong = Vec::new();
    for group in Group::ALL {
        let withheld: BTreeSet<Artifact> = group.artifacts().collect();
        let kept_back = bundle(Selection { withheld, ..Selection::default() });
        for entry in &kept_back.manifest().entries {
            let own = Artifact::from_id(&entry.artifact).map(Group::of) == Some(*group);
            assert_eq!(entry.acquisition.state == State::Withheld, own, "{group:?}: {}", entry.name);
        }
        let (verdicts, facts) = reasons(&judge, &kept_back);
        let said = facts.iter().chain(&verdicts);
        let new = said.filter(|why| !whole_facts.contains(why) && !whole_verdicts.contains(why));
        let new: BTreeSet<&Unknown> = new.collect();
        let asked = group.artifacts().any(|artifact| koff_collect::catalogue::rules(artifact).next().is_some());
        if asked && !group.needs_consent() && !verdicts.iter().any(|why| why.state == State::Withheld) {
            wrong.push(format!("{group:?}: no verdict says withheld"));
        }
        let silent = new.iter().filter(|why| why.state == State::NotCollected);
        wrong.extend(silent.map(|why| format!("{group:?}: {why:?}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
