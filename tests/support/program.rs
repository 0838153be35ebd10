//! `koff-analyze` as a person types it, in this process.

use std::ffi::OsString;

/// Exit code, standard output and standard error of `koff-analyze` with `args`.
pub(crate) fn run(args: &[&str]) -> (u8, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let args = ["koff-analyze"].iter().chain(args).map(OsString::from);
    let code = koff_analyze::cli::run(args, &mut out, &mut err);
    (code, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}
