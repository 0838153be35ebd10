//! The last look at a finished bundle finds whatever redaction might have missed: every name in every form, with its place.

#![expect(clippy::print_stdout, reason = "how much was looked at belongs to the proof")]

use std::{fs, io::Write, path::Path};

use koff_collect::redact::verify;

use super::*;

/// A bundle with one log in it.
fn zip(log: &[u8], path: &Path) {
    let manifest = serde_json::json!({
        "format_version": 1, "tool": {"name": "koff-collect", "version": "0.1.0"}, "plan": "default",
        "host": {"kind": "disk"}, "started": "2026-03-02T10:00:00Z", "finished": "2026-03-02T10:00:05Z",
        "redaction": {"names_masked": true}, "entries": [],
    });
    let mut out = zip::ZipWriter::new(fs::File::create(path).unwrap());
    for (name, content) in [("manifest.json", manifest.to_string().as_bytes()), ("logs/debug.log", log)] {
        out.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        out.write_all(content).unwrap();
    }
    out.finish().unwrap();
}

#[test]
fn a_name_left_in_any_form_is_found_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.zip");
    let redactor = redactor(Mode::Mask);
    let before = b"[07/Aug/2008 11:07:02] a line without names\r\n".repeat(50);
    zip(&before, &path);
    assert!(verify(&path, &redactor).is_ok(), "nothing to find in a log without names");
    let (mut checked, mut missed) = (1, Vec::new());
    for (kind, name) in CANARIES {
        for (form, planted) in forms(name) {
            let mut log = [&before[..], b" "].concat();
            let place = log.len();
            log.extend_from_slice(&planted);
            log.extend_from_slice(b" tail\r\n");
            zip(&log, &path);
            checked += 1;
            // A few digits stand anywhere by chance: three letters are left to redaction, which reads what digits hold.
            let chance = name.len() < 5 && (form.contains("Base64") || form.contains("hex") || form.contains(".reg"));
            match verify(&path, &redactor) {
                Ok(_) if chance => {}
                Ok(_) => missed.push(format!("{name} as {form}")),
                Err(leak) => {
                    let said = leak.to_string();
                    let offset: usize = said
                        .strip_prefix("logs/debug.log, byte ")
                        .and_then(|rest| rest.split(':').next())
                        .and_then(|number| number.parse().ok())
                        .unwrap_or_else(|| panic!("{said}"));
                    assert!((place..place + planted.len()).contains(&offset), "{name} as {form} at {place}: {said}");
                    assert!(!said.contains(name) && said.contains("nothing was exported"), "{kind:?}: {said}");
                }
            }
        }
    }
    println!("{checked} bundles with a name left in them, {} not seen", missed.len());
    assert!(missed.is_empty(), "{} of {checked} not seen:\n{}", missed.len(), missed.join("\n"));
}
