//! The bundle that the real collector makes of a story's disk, as a person attaches it to a ticket.

use std::{ffi::OsString, path::Path};

/// Builds `story`, collects from it and leaves the bundle at `zip`.
pub(crate) fn collect(story: &str, zip: &Path) {
    let disk = tempfile::tempdir().unwrap();
    koff_fixtures::build(story, disk.path()).unwrap();
    let args: [OsString; 6] =
        ["koff-collect".into(), "--root".into(), disk.path().into(), "--output".into(), zip.into(), "--quiet".into()];
    let (mut out, mut err) = (Vec::new(), Vec::new());
    assert_eq!(koff_collect::cli::run(args, &mut out, &mut err), 0, "{story}: {}", String::from_utf8_lossy(&err));
}
