//! JSON: the document as it is, pretty-printed, one trailing newline.

use std::io;

use crate::report::Report;

pub(super) fn render(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report)?;
    out.write_all(b"\n")
}
