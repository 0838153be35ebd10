//! NDJSON: one finding a line, with the bundle's name and digest, for pipes and tables over many bundles.

use std::io;

use serde::Serialize;

use crate::{finding::Finding, report::Report};

/// A finding and where it comes from.
#[derive(Serialize)]
struct Line<'a> {
    bundle: &'a str,
    bundle_sha256: Option<&'a str>,
    #[serde(flatten)]
    finding: &'a Finding,
}

pub(super) fn render(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    for finding in &report.findings {
        let line = Line { bundle: &report.bundle.name, bundle_sha256: report.bundle.sha256.as_deref(), finding };
        serde_json::to_writer(&mut *out, &line)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}
