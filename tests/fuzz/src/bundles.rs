//! Bundles and loose evidence: the container, the manifest, the records, and the whole way from bytes to a report.

use std::io::{Cursor, Read};

use koff_analyze::{
    render::{Format, render},
    verify::verify,
};
use koff_bundle::{
    acquisition::State,
    artifact::Artifact,
    limits::Limits,
    manifest::{Entry, MANIFEST_NAME, Manifest},
    reader::Bundle,
    writer::Writer,
};

use super::analyst;

/// Small limits, so that what lies behind them is met too.
fn limits() -> Limits {
    Limits { entries: 100, entry_bytes: 1 << 20, total_bytes: 4 << 20, memory_bytes: 1 << 20, ..Limits::default() }
}

/// Bytes as a zip file: every member is read in every way, within the limits. What breaks off is named.
pub(super) fn zip(bytes: &[u8]) {
    let Ok(bundle) = Bundle::from_bytes("fuzz.zip", bytes.to_vec(), limits()) else { return };
    let mut read = 0;
    for member in bundle.members() {
        let head = bundle.head(&member.name, 64).unwrap_or_default();
        let Ok(mut stream) = bundle.stream(&member.name) else { continue };
        let mut content = Vec::new();
        let whole = stream.read_to_end(&mut content).is_ok();
        assert!(content.len() as u64 <= limits().entry_bytes, "{}: over the limit", member.name);
        assert!(content.starts_with(&head) || !whole, "{}: head and stream differ", member.name);
        read += content.len() as u64;
    }
    assert!(read <= limits().total_bytes, "{read} bytes of all members");
    bundle.verify();
    for problem in bundle.problems() {
        assert!(!problem.to_string().contains('\u{1b}'), "a name reaches the terminal as it is");
    }
    // The same bytes as a manifest: what it promises and what is there are compared.
    let _ = serde_json::from_slice::<Manifest>(bytes);
}

/// Bytes as a bundle or as one file that somebody sent: facts, verdicts and a report whose every quotation is confirmed.
pub(super) fn evidence(bytes: &[u8]) {
    let Ok(bundle) = Bundle::from_bytes("evidence", bytes.to_vec(), limits()) else { return };
    judged(&bundle);
}

/// Bytes as every record member of a bundle, as a collector that is no friend might write them.
pub(super) fn records(bytes: &[u8]) {
    let members: Vec<(Artifact, String)> = Artifact::ALL
        .iter()
        .filter(|artifact| !artifact.id().starts_with("registry-") && !artifact.id().ends_with("-logs"))
        .map(|artifact| (*artifact, format!("facts/{}.json", artifact.id())))
        .collect();
    judged(&bundle_of(&members, bytes));
}

/// Bytes as Outlook's MAPISVC.INF and as every registry export.
pub(super) fn mapisvc(bytes: &[u8]) {
    let exports = Artifact::ALL.iter().filter(|artifact| artifact.id().starts_with("registry-"));
    let mut members: Vec<(Artifact, String)> =
        exports.map(|artifact| (*artifact, format!("registry/{}.reg", artifact.id()))).collect();
    members.push((Artifact::Mapisvc, "files/MAPISVC.INF".to_owned()));
    judged(&bundle_of(&members, bytes));
}

fn judged(bundle: &Bundle) {
    let analysis = analyst().analyse_bundle(bundle, "fuzz".to_owned(), None);
    for format in [Format::Text, Format::Json, Format::Sarif] {
        render(&analysis.report, format, &mut Vec::new()).expect("memory takes everything");
    }
    for checked in verify(&analysis.report, bundle) {
        assert_eq!(checked.refuted, None, "our own quotation of {} is refuted", checked.rule);
    }
}

/// A bundle whose members all hold `bytes`.
fn bundle_of(members: &[(Artifact, String)], bytes: &[u8]) -> Bundle {
    let manifest = serde_json::json!({
        "format_version": 1, "tool": {"name": "koff-collect", "version": "0.1.0"}, "plan": "default",
        "host": {"kind": "live"}, "started": "2026-03-02T10:00:00Z", "finished": "2026-03-02T10:00:05Z",
        "redaction": {"names_masked": false}, "entries": [],
    });
    let manifest: Manifest = serde_json::from_value(manifest).expect("a manifest");
    let mut writer = Writer::create(Cursor::new(Vec::new()), manifest);
    for (artifact, name) in members {
        let entry = serde_json::json!({
            "name": name, "artifact": artifact.id(), "method": "file", "state": State::Complete,
            "origin": r"C:\Program Files\Common Files\System\MSMAPI\1033\MAPISVC.INF",
        });
        let entry: Entry = serde_json::from_value(entry).expect("an entry");
        writer.add(entry, &mut &*bytes).expect("memory takes everything");
    }
    let (file, _) = writer.finish().expect("memory takes everything");
    let bundle = Bundle::from_bytes("fuzz.zip", file.into_inner(), Limits::default()).expect("our own bundle");
    assert!(bundle.member(MANIFEST_NAME).is_some());
    bundle
}
