//! Whole disks through both programs: names of every odd kind leave no trace and change no verdict, two bundles made with
//! one key file agree, and a bundle that exists is redacted like one that is collected.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that goes wrong")]

use std::{
    ffi::OsString,
    io::Read,
    path::{Path, PathBuf},
};

use koff_bundle::{limits::Limits, reader::Bundle};
use tempfile::TempDir;

#[path = "privacy/again.rs"]
mod again;
#[path = "privacy/agree.rs"]
mod agree;
#[path = "support/judge.rs"]
mod judge;
#[path = "privacy/odd_names.rs"]
mod odd_names;
#[path = "privacy/peers.rs"]
mod peers;
#[path = "support/program.rs"]
mod program;

/// Runs `koff-collect` in this process; exit code, standard output, standard error.
fn koff_collect(args: &[&dyn AsRef<std::ffi::OsStr>]) -> (i32, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let args = std::iter::once(OsString::from("koff-collect")).chain(args.iter().map(|arg| arg.as_ref().to_owned()));
    let code = koff_collect::cli::run(args, &mut out, &mut err);
    (code, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}

/// A folder with disks and bundles.
struct Desk {
    folder: TempDir,
}

impl Desk {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Collects from `disk` into the bundle `name` with further options.
    fn collect(&self, disk: &Path, name: &str, options: &[&str]) -> Bundle {
        let zip = self.at(name);
        let mut args: Vec<&dyn AsRef<std::ffi::OsStr>> =
            vec![&"--root", &disk, &"--output", &zip, &"--yes", &"--quiet"];
        args.extend(options.iter().map(|option| option as &dyn AsRef<std::ffi::OsStr>));
        let (code, _, err) = koff_collect(&args);
        assert_eq!(code, 0, "{name}: {err}");
        open(&zip)
    }
}

fn open(zip: &Path) -> Bundle {
    Bundle::open(zip, Limits::default()).unwrap()
}

/// Every member of a bundle with its content, the manifest included.
fn members(bundle: &Bundle) -> Vec<(String, Vec<u8>)> {
    let content = |name: &str| {
        let mut bytes = Vec::new();
        bundle.stream(name).unwrap().read_to_end(&mut bytes).unwrap();
        bytes
    };
    bundle.members().iter().map(|member| (member.name.clone(), content(&member.name))).collect()
}
