//! Every format of one frozen report, byte for byte: a renderer gets the document and nothing else, so a change here is a change
//! that readers see. `KOFF_BLESS=1` writes the snapshots anew, for a person to read the difference.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that goes wrong")]

#[path = "support/sheet.rs"]
mod sheet;

use std::{
    fs,
    path::{Path, PathBuf},
};

use koff_analyze::{
    facts::Facts,
    fleet::Fleet,
    render::{Format, Growing, Screen, dress, render, render_failed_part, render_failure, render_fleet, render_part},
    report::Report,
};

use self::sheet::without_sheet;

const FORMATS: [(Format, &str); 7] = [
    (Format::Text, "txt"),
    (Format::Html, "html"),
    (Format::Markdown, "md"),
    (Format::Json, "json"),
    (Format::Ndjson, "ndjson"),
    (Format::Sarif, "sarif"),
    (Format::Junit, "xml"),
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/snapshots")
}

fn report() -> Report {
    serde_json::from_str(&fs::read_to_string(folder().join("report.json")).unwrap()).unwrap()
}

#[test]
fn every_format_comes_out_as_it_did() {
    let (mut wrong, bless) = (Vec::new(), std::env::var_os("KOFF_BLESS").is_some());
    let mut compare = |name: String, found: String| {
        let file = folder().join(&name);
        let found = if name.ends_with(".html") { without_sheet(&found) } else { found };
        if bless {
            fs::write(&file, &found).unwrap();
        }
        let expected = fs::read_to_string(&file).unwrap_or_default();
        if expected != found {
            let line = expected.lines().zip(found.lines()).position(|(a, b)| a != b);
            let place = line.unwrap_or_else(|| expected.lines().count().min(found.lines().count()));
            let was = expected.lines().nth(place).unwrap_or_default();
            let is = found.lines().nth(place).unwrap_or_default();
            wrong.push(format!("{name}:{}\n  - {was}\n  + {is}", place + 1));
        }
    };
    let report = report();
    for (format, ending) in FORMATS {
        let shown = |render: &dyn Fn(&mut Vec<u8>) -> std::io::Result<()>| {
            let mut out = Vec::new();
            render(&mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        if format != Format::Json {
            compare(format!("report.{ending}"), shown(&|out| render(&report, format, out)));
        }
        let error = "x.zip: expected a bundle, found 2 bytes";
        compare(format!("failure.{ending}"), shown(&|out| render_failure("x.zip", error, format, out)));
        let mut fleet = Fleet::of("a.zip", &report, &Facts::default());
        fleet.add(Fleet::unread("x.zip", error));
        let fleet = fleet.finish();
        let many = |out: &mut Vec<u8>| {
            if !Growing::grows(format) {
                return render_fleet(&fleet, format, out);
            }
            let (mut read, mut unread) = (Vec::new(), Vec::new());
            render_part(&report, format, &mut read)?;
            render_failed_part("x.zip", error, format, &mut unread)?;
            let mut growing = Growing::begin(format, Box::new(out))?;
            growing.add(&read)?;
            growing.add(&unread)?;
            growing.finish()
        };
        compare(format!("fleet.{ending}"), shown(&many));
    }
    let mut text = Vec::new();
    render(&report, Format::Text, &mut text).unwrap();
    let screen = Screen { colour: true, width: Some(100), progress: false };
    compare("terminal.txt".to_owned(), dress(&String::from_utf8(text).unwrap(), screen));
    assert!(wrong.is_empty(), "formats changed; KOFF_BLESS=1 accepts them\n{}", wrong.join("\n"));
}

#[test]
fn the_frozen_report_still_reads_and_loses_nothing() {
    let frozen: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(folder().join("report.json")).unwrap()).unwrap();
    assert_eq!(serde_json::to_value(report()).unwrap(), frozen, "documents of today must be readable tomorrow");
}
