//! Windows paths in a folder of whoever looks at the disk: any case, 8.3 short names, junctions and links. Owns the way
//! from a Windows path to a real one; the way never leaves the root, whatever a link says. Reads names, not contents.

use std::{
    collections::{BTreeMap, VecDeque},
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use koff_bundle::{
    acquisition::{Acquisition, State},
    path::WinPath,
};

use super::{links, short_names};
use crate::host::{Answer, absent, unsupported};

/// Links followed on one path before it counts as a loop; Windows allows 63.
const MOST_LINKS: usize = 63;
/// Folders whose names are remembered.
const MOST_FOLDERS: usize = 2048;

/// The disk's folders.
pub(super) struct Tree {
    root: PathBuf,
    /// Drive letter the disk had, upper case.
    letter: char,
    seen: Mutex<BTreeMap<PathBuf, Arc<Vec<Name>>>>,
}

/// One name in a folder.
pub(super) struct Name {
    /// As Windows stores it.
    pub(super) text: String,
    lower: String,
    os: OsString,
}

/// Where a Windows path leads.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// On the machine of whoever looks.
    pub(super) real: PathBuf,
    /// On the diagnosed machine, in stored case, links followed.
    pub(super) path: WinPath,
}

impl Tree {
    /// A tree below `root`, as drive `letter`.
    pub(super) fn new(root: PathBuf, letter: char) -> Self {
        Self { root, letter: letter.to_ascii_uppercase(), seen: Mutex::default() }
    }

    /// The drive's letter.
    pub(super) fn letter(&self) -> char {
        self.letter
    }

    /// Calls the same folder another drive.
    pub(super) fn set_letter(&mut self, letter: char) {
        self.letter = letter.to_ascii_uppercase();
    }

    /// Follows `path` to its end.
    pub(super) fn find(&self, path: &WinPath) -> Answer<Place> {
        let mut pending: VecDeque<String> = self.parts(path)?.into();
        let mut done: Vec<Name> = Vec::new();
        let mut links = 0;
        while let Some(part) = pending.pop_front() {
            let folder = self.real(&done);
            let Some(name) = self.child(&folder, &part)? else {
                let at = self.windows(&done);
                return Err(absent(format!("{path}: {at} holds no {part}")));
            };
            let real = folder.join(&name.os);
            let kind = fs::symlink_metadata(&real).map_err(|error| refusal(&self.windows(&done), &error))?;
            if !kind.is_symlink() {
                done.push(name);
                continue;
            }
            links += 1;
            if links > MOST_LINKS {
                return Err(Acquisition::ended(State::Failed, format!("{path}: more than {MOST_LINKS} links, a loop")));
            }
            let target = fs::read_link(&real).map_err(|error| refusal(&self.windows(&done), &error))?;
            let (from_root, parts) = links::target(&target, &self.root, self.letter)
                .map_err(|reason| unsupported(format!("{path}: {reason}")))?;
            let mut way: Vec<String> =
                if from_root { Vec::new() } else { done.iter().map(|name| name.text.clone()).collect() };
            for part in parts {
                match part.as_str() {
                    ".." => drop(way.pop()),
                    _ => way.push(part),
                }
            }
            done.clear();
            for part in way.into_iter().rev() {
                pending.push_front(part);
            }
        }
        Ok(Place { real: self.real(&done), path: self.windows(&done) })
    }

    /// Whether the path's own last part is a link.
    pub(super) fn is_link(&self, path: &WinPath) -> bool {
        let folder = path.parent().and_then(|folder| self.find(&folder).ok());
        let name = folder.as_ref().and_then(|folder| self.child(&folder.real, path.file_name()).ok().flatten());
        match (folder, name) {
            (Some(folder), Some(name)) => {
                fs::symlink_metadata(folder.real.join(&name.os)).is_ok_and(|meta| meta.is_symlink())
            }
            _ => false,
        }
    }

    /// Names in a real folder, sorted by lower-case name.
    pub(super) fn names(&self, folder: &Path) -> io::Result<Arc<Vec<Name>>> {
        let lock = || self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(names) = lock().get(folder) {
            return Ok(Arc::clone(names));
        }
        let mut names = Vec::new();
        for entry in fs::read_dir(folder)? {
            let os = entry?.file_name();
            let text = os.to_string_lossy().into_owned();
            names.push(Name { lower: text.to_lowercase(), text, os });
        }
        names.sort_by(|one, other| (&one.lower, &one.os).cmp(&(&other.lower, &other.os)));
        let names = Arc::new(names);
        let mut seen = lock();
        if seen.len() >= MOST_FOLDERS {
            seen.clear();
        }
        seen.insert(folder.to_owned(), Arc::clone(&names));
        Ok(names)
    }

    /// The name that Windows would take for `part`: the same spelling, else the first in another case, else the long name
    /// of a short one.
    fn child(&self, folder: &Path, part: &str) -> Answer<Option<Name>> {
        let names = match self.names(folder) {
            Ok(names) => names,
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => return Ok(None),
            Err(error) => return Err(refusal(&WinPath::new(folder.to_string_lossy()), &error)),
        };
        let lower = part.to_lowercase();
        let first = names.partition_point(|name| name.lower < lower);
        let same: Vec<&Name> = names.iter().skip(first).take_while(|name| name.lower == lower).collect();
        let chosen = same.iter().find(|name| name.text == part).or(same.first()).copied();
        let chosen = match chosen {
            Some(name) => Some(name),
            None => short_names::long_name(part, names.iter().map(|name| name.text.as_str()))
                .map_err(|reason| unsupported(format!("{}: {reason}", folder.display())))?
                .and_then(|index| names.get(index)),
        };
        Ok(chosen.map(|name| Name { text: name.text.clone(), lower: name.lower.clone(), os: name.os.clone() }))
    }

    /// The parts of a path on this drive.
    fn parts(&self, path: &WinPath) -> Answer<Vec<String>> {
        if path.is_unc() {
            return Err(unsupported(format!("{path} is on the network, not on this disk")));
        }
        let mut parts: Vec<String> = path.parts().map(str::to_owned).collect();
        match parts.first().map(|first| first.as_bytes()) {
            Some(&[letter, b':']) if letter.eq_ignore_ascii_case(&(self.letter as u8)) => {
                parts.remove(0);
            }
            Some(&[letter, b':']) if letter.is_ascii_alphabetic() => {
                let reason = format!("{path} is on drive {}:, this disk was {}:", char::from(letter), self.letter);
                return Err(unsupported(reason));
            }
            _ => {}
        }
        // A colon inside a name would open a stream, not a file.
        match parts.iter().find(|part| part.contains([':', '/', '\0'])) {
            Some(part) => Err(absent(format!("{path}: {part} is no file name"))),
            None => Ok(parts),
        }
    }

    fn real(&self, done: &[Name]) -> PathBuf {
        let mut real = self.root.clone();
        real.extend(done.iter().map(|name| Path::new(&name.os)));
        real
    }

    fn windows(&self, done: &[Name]) -> WinPath {
        let names: Vec<&str> = done.iter().map(|name| name.text.as_str()).collect();
        WinPath::new(format!("{}:\\{}", self.letter, names.join("\\")))
    }
}

/// What an operating system's refusal means for the one who asked.
pub(super) fn refusal(place: &WinPath, error: &io::Error) -> Acquisition {
    let state = match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => State::Absent,
        io::ErrorKind::PermissionDenied => State::Denied,
        io::ErrorKind::ResourceBusy | io::ErrorKind::ExecutableFileBusy => State::Locked,
        _ => State::Failed,
    };
    let mut end = Acquisition::ended(state, format!("{place}: {error}"));
    end.os_error = error.raw_os_error().map(i64::from);
    end
}
