//! PE files and their signatures.

use std::sync::OnceLock;

use koff_analyze::{
    facts::dll,
    signature::{Trust, Word, judge},
};
use koff_bundle::{
    base64,
    path::WinPath,
    pe,
    reading::Reading,
    record::{FoundBy, PeSigning, PeSummary, ProgramRecord},
};

use super::{now, pack};

fn trust() -> &'static Trust {
    static TRUST: OnceLock<Trust> = OnceLock::new();
    TRUST.get_or_init(Trust::embedded)
}

/// Bytes as a PE file: the summary keeps its bounds, says the same twice, and can be judged.
pub(super) fn pe(bytes: &[u8]) {
    let summary = pe::summarise(bytes);
    assert_eq!(summary.size, bytes.len() as u64);
    if let Reading::Value(format) = &summary.format {
        assert!(format.sections.len() <= pe::MAX_SECTIONS);
        assert!(format.imports.len() <= 2 * pe::MAX_SYMBOLS && format.exports.len() <= pe::MAX_SYMBOLS);
        assert!(format.sections.iter().all(|section| (0.0..=8.0).contains(&section.entropy)));
        assert!(format.overlay <= summary.size);
    }
    if let Reading::Value(version) = &summary.version {
        assert!(version.strings.len() <= pe::MAX_STRINGS);
    }
    assert_eq!(pe::summarise(bytes), summary, "two readings differ");
    let again: PeSummary = serde_json::from_slice(&serde_json::to_vec(&summary).expect("a summary is JSON"))
        .expect("a summary is read back");
    assert_eq!(again, summary, "the summary does not survive its journey");
    let _ = dll::program(&found(summary), trust(), now(), pack());
}

/// The record of a file about which nothing but its bytes is known.
fn found(summary: PeSummary) -> ProgramRecord {
    ProgramRecord {
        path: WinPath::new(r"C:\Program Files\Kerio\kofmsp32.dll"),
        found_by: vec![FoundBy::Loose],
        user: None,
        stat: Reading::default(),
        pe: Reading::Value(summary),
        streams: Reading::default(),
        owner: Reading::default(),
        writers: Reading::default(),
        windows_verdict: Reading::default(),
    }
}

/// Bytes as a certificate table, as one signature, as a catalogue, as certificates, as an entry of Windows' stores.
/// Nothing is ever trusted where no anchor is.
pub(super) fn pkcs7(bytes: &[u8]) {
    let mut entry = u32::try_from(bytes.len() + 8).unwrap_or(u32::MAX).to_le_bytes().to_vec();
    entry.extend([0, 2, 2, 0]);
    entry.extend(bytes);
    let mut own = Trust::empty();
    for table in [bytes, &entry] {
        let summary = with_table(table);
        let signature = judge(&summary, trust(), now());
        assert!(!signature.reason.is_empty());
        assert!(signature.other_signatures.len() <= 16);
        assert_eq!(judge(&summary, trust(), now()), signature, "two verdicts differ");
        assert_ne!(judge(&summary, &own, now()).verdict, Word::Trusted, "trusted without an anchor");
    }
    let listed = own.add_catalogue("fuzz.cat", bytes).is_ok();
    if listed {
        let mut unsigned = with_table(&[]);
        if let Reading::Value(signing) = &mut unsigned.signing {
            signing.table_bytes = Reading::missing(koff_bundle::acquisition::State::Absent, "none");
        }
        assert_ne!(judge(&unsigned, &own, now()).verdict, Word::Trusted, "trusted by a catalogue without an anchor");
    }
    let _ = own.add_file(bytes);
    for store in ["ROOT", "CA", "Disallowed"] {
        let _ = own.add_host(store, "00", bytes);
    }
}

/// The summary of a file with this certificate table and well-known digests.
fn with_table(table: &[u8]) -> PeSummary {
    let mut summary = pe::summarise(b"");
    let digests = [("sha1", 20), ("sha256", 32), ("sha384", 48), ("sha512", 64)];
    summary.signing = Reading::Value(PeSigning {
        digests: digests.iter().map(|(name, length)| ((*name).to_owned(), "00".repeat(*length))).collect(),
        table: Some((512, table.len() as u64)),
        table_bytes: Reading::Value(base64::encode(table)),
        after_table: 0,
        checksum: Reading::Value("zero".to_owned()),
    });
    summary
}
