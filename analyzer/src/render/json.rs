//! JSON: the document as it is, pretty-printed, one trailing newline.

use std::io;

use crate::report::{Failure, Report};

pub(super) fn render(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report)?;
    out.write_all(b"\n")
}

/// A document that says that there is no report.
pub(super) fn failure(bundle: &str, error: &str, out: &mut dyn io::Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &Failure::new(bundle, error))?;
    out.write_all(b"\n")
}
