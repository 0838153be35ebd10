//! The reverse map: which pseudonym stands for which name. Stays beside the bundle on the PC, readable by its owner
//! only; never enters the bundle.

use std::{
    fs::OpenOptions,
    io::{self, Write},
    path::Path,
};

/// Writes `bytes` to a new file that only its owner may read. On Windows the file takes the rights of its folder, which
/// is the user's own.
pub(crate) fn write_private(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut out = options.open(file)?;
    out.write_all(bytes)?;
    out.sync_all()
}
