//! The members of a bundle, from a zip file or a folder: where each one's bytes are and why they may not be read. Owns
//! the listing; digests and the manifest are `reader`'s.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

use walkdir::WalkDir;

use super::admit::Gate;
use crate::{
    container::{
        directory::{Directory, Slot},
        inflate::{Extent, Stretches, parallel, sequential},
        source::Source,
    },
    limits::{Limits, Problem, What},
    manifest::FlushPoints,
};

/// One member of a bundle.
#[derive(Debug, Clone)]
pub struct Member {
    /// Name with `/` between its parts.
    pub name: String,
    /// Raw bytes as the container says.
    pub size: u64,
    /// Why it is not read; `None` where it is.
    pub refused: Option<Problem>,
    pub(super) place: Place,
}

#[derive(Debug, Clone)]
pub(super) enum Place {
    Zip(Extent),
    File(PathBuf),
    Memory,
}

/// The file or folder behind a bundle.
#[derive(Debug)]
pub(super) enum Store {
    /// The file, and what all that read it at the same time share.
    Zip(Source, Arc<()>),
    Folder,
    /// One file that is no bundle.
    Single(Source),
}

impl Member {
    /// The CRC-32 of the container, where it has one.
    pub(super) fn crc(&self) -> Option<u32> {
        match self.place {
            Place::Zip(extent) => Some(extent.crc),
            _ => None,
        }
    }
}

/// Members of a zip file in directory order, and everything wrong with it.
pub(super) fn of_zip(directory: Directory, limits: &Limits) -> (Vec<Member>, Vec<Problem>) {
    let mut gate = Gate::new(limits);
    let mut all = directory.problems;
    let members = directory.slots.into_iter().map(|Slot { name, extent, mut problems, .. }| {
        let (plain, judged) = gate.judge(&name, extent.size, Some(extent.compressed));
        problems.extend(judged);
        let refused = problems.iter().find(|problem| limits.refuses(problem.what)).cloned();
        all.extend(problems);
        Member { name: plain, size: extent.size, refused, place: Place::Zip(extent) }
    });
    (members.collect(), all)
}

/// Files below `folder`, sorted by name; links are not followed, and only regular files are opened.
pub(super) fn of_folder(folder: &Path, limits: &Limits) -> (Vec<Member>, Vec<Problem>) {
    let (mut members, mut all) = (Vec::new(), Vec::new());
    let mut gate = Gate::new(limits);
    let depth = usize::try_from(limits.depth).unwrap_or(usize::MAX).saturating_add(1);
    let walk = WalkDir::new(folder).min_depth(1).max_depth(depth).sort_by_file_name();
    for item in walk {
        let item = match item {
            Ok(item) => item,
            Err(error) => {
                let name = error.path().map(|path| relative(folder, path).0).unwrap_or_default();
                all.push(Problem::new(&name, What::Unreadable, "a readable file", error.to_string()));
                continue;
            }
        };
        if item.file_type().is_dir() {
            continue;
        }
        if members.len() as u64 >= limits.entries {
            let expected = format!("at most {} members", limits.entries);
            all.push(Problem::new("", What::Entries, expected, "more"));
            break;
        }
        let (name, exact) = relative(folder, item.path());
        let size = item.metadata().map_or(0, |metadata| metadata.len());
        let (plain, mut problems) = gate.judge(&name, size, None);
        if !exact {
            problems.push(Problem::new(&plain, What::NameEncoding, "a name in Unicode", "other bytes"));
        }
        if item.file_type().is_symlink() {
            problems.push(Problem::new(&plain, What::Symlink, "a file", "a symbolic link"));
        } else if !item.file_type().is_file() {
            problems.push(Problem::new(&plain, What::Unreadable, "a file", "a device, pipe or socket"));
        }
        let refused = problems.iter().find(|problem| limits.refuses(problem.what)).cloned();
        all.extend(problems);
        members.push(Member { name: plain, size, refused, place: Place::File(item.into_path()) });
    }
    (members, all)
}

/// One file that is evidence by itself.
pub(super) fn of_file(path: &Path, source: &Source, limits: &Limits) -> (Vec<Member>, Vec<Problem>) {
    let name = path.file_name().map_or_else(|| "file".to_owned(), |name| name.to_string_lossy().into_owned());
    let (name, problems) = Gate::new(limits).judge(&name, source.length(), None);
    // The name was the user's choice and leads nowhere: only limits can refuse it.
    let refused = problems.iter().find(|problem| problem.what == What::EntrySize).cloned();
    let member = Member { name, size: source.length(), refused: refused.clone(), place: Place::Memory };
    (vec![member], refused.into_iter().collect())
}

fn relative(folder: &Path, path: &Path) -> (String, bool) {
    let parts = path.strip_prefix(folder).unwrap_or(path).iter();
    let exact = parts.clone().all(|part| part.to_str().is_some());
    (parts.map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/"), exact)
}

/// The raw bytes of a member.
pub(super) enum Opened {
    /// By its flush points.
    Stretched(Box<Stretches>),
    /// From front to back.
    Plain(Box<dyn Read + Send>),
}

impl Read for Opened {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Stretched(stretches) => stretches.read(buffer),
            Self::Plain(reader) => reader.read(buffer),
        }
    }
}

impl Store {
    /// The raw bytes of `member`, by its flush points where they are of use.
    pub(super) fn open(&self, member: &Member, points: Option<&FlushPoints>) -> io::Result<Opened> {
        match (&member.place, self) {
            (Place::Zip(extent), Self::Zip(source, readers)) => {
                if let Some(stretches) = points.and_then(|points| parallel(source, *extent, points, readers)) {
                    return Ok(Opened::Stretched(Box::new(stretches)));
                }
                Ok(Opened::Plain(sequential(source, *extent).ok_or(io::ErrorKind::Unsupported)?))
            }
            (Place::File(path), _) => {
                // A file may have grown since the listing; no more than what was judged is read.
                Ok(Opened::Plain(Box::new(File::open(path)?.take(member.size.saturating_add(1)))))
            }
            (_, Self::Single(source)) => Ok(Opened::Plain(Box::new(source.window(0, source.length())))),
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }
}
