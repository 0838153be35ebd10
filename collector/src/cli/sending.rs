//! How a finished bundle is to be sent: sealed for chosen people, in volumes that a mail takes. Fail-closed: as long as not
//! everything is written, nothing has its final name. Owns what was asked for; the formats are the bundle crate's.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Seek, Write},
    path::{Path, PathBuf},
};

use clap::Args;
use koff_bundle::{
    seal::{self, Recipient, Sealer},
    volumes,
};

use super::{
    place::{self, Part, Target},
    units,
};
use crate::error::{Error, Result};

/// Name of a file beside the program that says for whom bundles are sealed where nobody else is named: whoever hands the
/// program out puts it there.
const BESIDE: &str = "koff-recipients.txt";

/// What can be typed about it.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct Options {
    /// Seal the bundle so that only the holder of this key can open it (age public key, age1…); may be given several
    /// times. Default: the keys in koff-recipients.txt beside the program, where that file is.
    #[arg(long, value_name = "RECIPIENT")]
    encrypt_to: Vec<Recipient>,
    /// Write volumes of at most this size, with a list of their digests.
    #[arg(long, value_name = "SIZE", value_parser = units::size)]
    split_size: Option<u64>,
}

/// What was asked for, complete before anything is collected.
#[derive(Debug, Clone, Default)]
pub(super) struct Sending {
    recipients: Vec<Recipient>,
    volume: Option<u64>,
}

impl Sending {
    /// # Errors
    /// A file of recipients that cannot be read or holds something else: then nothing is written that could be read by
    /// others.
    pub(super) fn new(options: &Options) -> Result<Self> {
        let beside = std::env::current_exe().ok().and_then(|program| Some(program.parent()?.join(BESIDE)));
        Self::with(options, beside.as_deref())
    }

    fn with(options: &Options, beside: Option<&Path>) -> Result<Self> {
        let mut recipients = options.encrypt_to.clone();
        if let (true, Some(file)) = (recipients.is_empty(), beside) {
            match fs::read_to_string(file) {
                Ok(text) => recipients = seal::keys(&file.display().to_string(), &text)?,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(source) => return Err(Error::File { place: file.to_path_buf(), source }),
            }
        }
        Ok(Self { recipients, volume: options.split_size })
    }

    /// Whether bundles are sealed.
    pub(super) fn seals(&self) -> bool {
        !self.recipients.is_empty()
    }

    /// Gives the finished bundle its final name, or names, the first first.
    ///
    /// # Errors
    /// Where it could not be sealed or written; then nothing of it is left.
    pub(super) fn complete(&self, plain: Part, target: &Target) -> Result<Vec<PathBuf>> {
        let (file, target) = if self.recipients.is_empty() {
            (plain, target.clone())
        } else {
            let target = Target { path: sealed_name(&target.path), ..target.clone() };
            (self.sealed(&plain, &target.path)?, target)
        };
        let refused = |source| Error::Write { place: target.path.clone(), source };
        let bytes = file.as_file().metadata().map_err(refused)?.len();
        match self.volume.filter(|volume| bytes > *volume) {
            Some(volume) => split(&file, volume, &target),
            None => place::complete(file, &target).map(|name| vec![name]),
        }
    }

    fn sealed(&self, plain: &Part, target: &Path) -> Result<Part> {
        let refused = |source| Error::Write { place: target.to_path_buf(), source };
        let out = place::open(target)?;
        let mut plain = rewound(plain).map_err(refused)?;
        let mut sealer = Sealer::begin(BufWriter::new(out.as_file()), &self.recipients).map_err(refused)?;
        io::copy(&mut plain, &mut sealer).map_err(refused)?;
        sealer.finish().and_then(|mut out| out.flush()).map_err(refused)?;
        Ok(out)
    }
}

/// `….zip.age`, as age programs call it: nobody takes it for a zip file.
fn sealed_name(target: &Path) -> PathBuf {
    if target.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("age")) {
        return target.to_path_buf();
    }
    let mut name = target.as_os_str().to_owned();
    name.push(".age");
    name.into()
}

fn rewound(file: &Part) -> io::Result<File> {
    let mut file = file.reopen()?;
    file.rewind()?;
    Ok(file)
}

fn split(file: &Part, size: u64, target: &Target) -> Result<Vec<PathBuf>> {
    let refused = |source| Error::Write { place: target.path.clone(), source };
    // Volumes of one bundle share a name, so that it is found before the first of them stands.
    let taken = |path: &Path| volumes::name(path, 1).exists() || volumes::list(path).exists();
    let mut names = (1..u32::MAX).map(|number| place::numbered(&target.path, number));
    let free = names.find(|path| target.asked || !taken(path)).unwrap_or_else(|| target.path.clone());
    let target = free.as_path();
    let mut parts: Vec<(Part, PathBuf)> = Vec::new();
    let open = |number: usize| {
        let part = place::open(target).map_err(io::Error::other)?;
        let handle = part.as_file().try_clone()?;
        parts.push((part, volumes::name(target, number)));
        Ok(handle)
    };
    let (_, list) = volumes::split(&mut rewound(file).map_err(refused)?, size, target, open).map_err(refused)?;
    let listing = place::open(target)?;
    listing.as_file().write_all(list.as_bytes()).map_err(refused)?;
    parts.push((listing, volumes::list(target)));
    let mut done = Vec::new();
    for (part, name) in parts {
        if let Err(error) = place::complete(part, &Target::asked(name.clone())) {
            done.iter().for_each(|name| drop(fs::remove_file(name)));
            return Err(error);
        }
        done.push(name);
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use koff_bundle::seal::Identity;

    use super::*;

    const SECRET: &str = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";

    /// A bundle of `size` bytes under its temporary name beside `target`.
    fn plain(target: &Path, size: usize) -> Part {
        let plain = place::open(target).unwrap();
        plain.as_file().write_all(&vec![7; size]).unwrap();
        plain
    }

    fn recipient() -> Recipient {
        SECRET.parse::<Identity>().unwrap().recipient()
    }

    #[test]
    fn recipients_beside_the_program_count_where_nobody_else_is_named_and_fail_closed() {
        let folder = tempfile::tempdir().unwrap();
        let beside = folder.path().join(BESIDE);
        let options = Options::default();
        assert!(Sending::with(&options, Some(&beside)).unwrap().recipients.is_empty());
        fs::write(&beside, format!("# support desk\n{}\n", recipient())).unwrap();
        assert_eq!(Sending::with(&options, Some(&beside)).unwrap().recipients, [recipient()]);
        fs::write(&beside, "# nobody\n").unwrap();
        assert!(Sending::with(&options, Some(&beside)).is_err(), "an empty file must not mean: for everybody");
    }

    /// sos fails open: where its encryption fails, the archive stays as it is. `tests/privacy/peers.rs` has the whole run.
    #[test]
    fn where_sealing_fails_there_is_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("x.zip");
        let plain = plain(&target, 300_000);
        // A key that nothing can be sealed for: all zeros.
        let broken: Recipient = seal::keys("x", ZERO).unwrap()[0];
        let sending = Sending { recipients: vec![recipient(), broken], volume: Some(100_000) };
        assert!(sending.complete(plain, &Target::asked(target)).is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    /// The public key of 32 zero bytes.
    const ZERO: &str = "age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq5cu47z";

    #[test]
    fn volumes_stand_there_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("x.zip");
        let sending = Sending { recipients: vec![recipient()], volume: Some(100_000) };
        let names = sending.complete(plain(&target, 250_000), &Target::asked(target)).unwrap();
        let last = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
        let names: Vec<String> = names.iter().map(last).collect();
        assert_eq!(names, ["x.zip.age.001", "x.zip.age.002", "x.zip.age.003", "x.zip.age.sha256"]);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4);
        // A name of our own gives way, all volumes of it.
        let own = Target { path: folder.path().join("x.zip"), asked: false };
        let names = sending.complete(plain(&own.path, 150_000), &own).unwrap();
        let names: Vec<String> = names.iter().map(last).collect();
        assert_eq!(names, ["x-2.zip.age.001", "x-2.zip.age.002", "x-2.zip.age.sha256"]);
        // A folder in the way of the third: the first two go again.
        let blocked = folder.path().join("y.zip");
        fs::create_dir(volumes::name(&blocked, 3)).unwrap();
        let sending = Sending { recipients: Vec::new(), volume: Some(100_000) };
        assert!(sending.complete(plain(&blocked, 250_000), &Target::asked(blocked.clone())).is_err());
        assert!(!volumes::name(&blocked, 1).exists() && !volumes::name(&blocked, 2).exists());
    }
}
