//! What the bundle knows about files on the host: listings, programs and databases as one lookup by path. Owns the
//! answer to "does this file exist"; a place that nobody listed is unknown.

pub(crate) mod index;

use std::{collections::BTreeMap, sync::OnceLock};

use koff_bundle::{
    acquisition::State,
    artifact::Artifact,
    path::WinPath,
    reading::{Missing, Reading},
    record::{DatabaseRecord, FileStat, FolderRecord, FoundBy, ProgramRecord, Stream},
};

use self::index::{Paths, Tree};
use super::{
    Answer, Seen,
    input::{Input, Loose},
    rows::Rows,
};
use crate::{
    evidence::{Evidence, Place},
    facts::names::short_name_of,
};

/// Everything known about files.
#[derive(Debug, Clone, Default)]
pub struct Files {
    /// Listed folders.
    pub folders: Rows<FolderRecord>,
    /// Connector DLLs and programs.
    pub programs: Rows<ProgramRecord>,
    /// Local databases.
    pub databases: Rows<DatabaseRecord>,
    /// Members that are files of the host, by lower-case original path.
    members: BTreeMap<String, Evidence>,
    index: Index,
}

/// Where the rows stand, by path.
#[derive(Debug, Clone, Default)]
struct Index {
    programs: Paths,
    databases: Paths,
    databases_below: Tree,
    folders: Tree,
    /// What each folder lists, made when the first file is looked for in it.
    listed: Vec<OnceLock<Paths>>,
}

/// A file seen.
#[derive(Debug, Clone, PartialEq)]
pub struct File {
    /// Its path.
    pub path: WinPath,
    /// Size and times, where known.
    pub stat: Option<FileStat>,
}

impl Files {
    /// Reads the record members of `input`.
    #[must_use]
    pub fn read(input: &Input) -> Self {
        let mut members = BTreeMap::new();
        for entry in input.manifest.entries.iter().filter(|entry| entry.acquisition.state.has_content()) {
            let path = WinPath::new(&entry.origin);
            if path.is_absolute() {
                members.insert(path.key(), input.manifest_evidence(entry));
            }
        }
        let mut all = Self {
            folders: input.rows(Artifact::Folders),
            programs: input.rows(Artifact::Programs),
            databases: input.rows(Artifact::Databases),
            members,
            index: Index::default(),
        };
        for (name, file) in &input.loose {
            all.hand_over(name, file);
        }
        all.index = Index {
            programs: Paths::new(|at| all.program_path(at)),
            databases: Paths::new(|at| all.database_path(at)),
            databases_below: Tree::new(all.databases.iter().map(|seen| &seen.value.path)),
            folders: Tree::new(all.folders.iter().map(|seen| &seen.value.path)),
            listed: vec![OnceLock::new(); all.folders.rows.len()],
        };
        all
    }

    fn program_path(&self, at: usize) -> Option<WinPath> {
        self.programs.rows.get(at).map(|seen| seen.value.path.clone())
    }

    fn database_path(&self, at: usize) -> Option<WinPath> {
        self.databases.rows.get(at).map(|seen| seen.value.path.clone())
    }

    /// Adds a file that came by itself: nobody knows where it was.
    fn hand_over(&mut self, name: &str, file: &Loose) {
        let path = WinPath::new(WinPath::new(name).file_name());
        let at = |sha256: &str, excerpt: String| Evidence {
            artifact: name.to_owned(),
            sha256: sha256.to_owned(),
            place: Place::Whole,
            excerpt,
        };
        match file {
            Loose::Program { sha256, pe } => self.programs.rows.push(Seen {
                at: at(sha256, format!("{} ({} bytes)", path.file_name(), pe.size)),
                value: ProgramRecord {
                    path,
                    found_by: vec![FoundBy::Loose],
                    user: None,
                    stat: Reading::default(),
                    pe: Reading::Value((**pe).clone()),
                    streams: Reading::default(),
                    owner: Reading::default(),
                    writers: Reading::default(),
                    windows_verdict: Reading::default(),
                },
            }),
            Loose::Database { sha256, size, header } => self.databases.rows.push(Seen {
                at: at(sha256, format!("{} ({size} bytes)", path.file_name())),
                value: DatabaseRecord {
                    path,
                    user: None,
                    stat: Reading::Value(FileStat {
                        size: *size,
                        folder: false,
                        reparse: false,
                        created: None,
                        modified: None,
                    }),
                    header: Reading::Value(header.clone()),
                },
            }),
        }
    }

    /// The program record of `path`.
    #[must_use]
    pub fn program(&self, path: &WinPath) -> Option<&Seen<ProgramRecord>> {
        let at = self.index.programs.find(path, |at| self.program_path(at))?;
        self.programs.rows.get(at)
    }

    /// The listing of `folder` itself.
    #[must_use]
    pub fn folder(&self, folder: &WinPath) -> Option<&Seen<FolderRecord>> {
        self.index.folders.at(folder).first().and_then(|at| self.folders.rows.get(*at))
    }

    /// The databases at and below `folder`.
    pub fn databases_below(&self, folder: &WinPath) -> impl Iterator<Item = &Seen<DatabaseRecord>> {
        self.index.databases_below.below(folder).into_iter().filter_map(|at| self.databases.rows.get(at))
    }

    /// The file or folder at `path`.
    ///
    /// # Errors
    /// Nothing in the bundle tells whether it exists.
    pub fn find(&self, path: &WinPath) -> Answer<Seen<File>> {
        if let Some(seen) = self.program(path) {
            return stat(&seen.value.stat, path, &seen.at);
        }
        let database = self.index.databases.find(path, |at| self.database_path(at));
        if let Some(seen) = database.and_then(|at| self.databases.rows.get(at)) {
            return stat(&seen.value.stat, path, &seen.at);
        }
        if let Some(at) = self.members.get(&path.key()) {
            return Ok(Some(Seen { value: File { path: path.clone(), stat: None }, at: at.clone() }));
        }
        let gaps = self.folders.gaps.iter().chain(&self.programs.gaps);
        let mut why = super::rows::untold(path.as_str(), gaps);
        for number in self.index.folders.above(path) {
            let Some(folder) = self.folders.rows.get(number) else { continue };
            match self.in_folder(number, folder, path) {
                Ok(found) => return Ok(found),
                Err(unknown) => why = unknown,
            }
        }
        Err(why)
    }

    fn in_folder(&self, number: usize, folder: &Seen<FolderRecord>, path: &WinPath) -> Answer<Seen<File>> {
        let entries = match &folder.value.entries {
            Reading::Value(entries) => entries,
            Reading::Missing(Missing { missing: State::Absent, .. }) => return Ok(None),
            Reading::Missing(missing) => return Err(super::rows::unknown(missing, path.as_str(), &folder.at)),
        };
        let nth = |at: usize| entries.get(at).map(|entry| folder.value.path.join(&entry.path));
        let listed = self.index.listed.get(number).map(|listed| listed.get_or_init(|| Paths::new(nth)));
        let hit = listed.and_then(|listed| listed.find(path, nth)).and_then(|at| entries.get(at));
        match hit {
            Some(entry) => {
                let file = File { path: path.clone(), stat: Some(entry.stat.clone()) };
                Ok(Some(Seen { value: file, at: folder.at.clone() }))
            }
            None if same(&folder.value.path, path) => {
                Ok(Some(Seen { value: File { path: path.clone(), stat: None }, at: folder.at.clone() }))
            }
            None => match self.folders.gaps.first() {
                Some(gap) if WinPath::new(&gap.what).is_under(&folder.value.path) => Err(gap.clone()),
                _ => Ok(None),
            },
        }
    }

    /// Alternate data streams of the program at `path`, where known.
    #[must_use]
    pub fn streams(&self, path: &WinPath) -> Option<&[Stream]> {
        self.program(path).and_then(|seen| seen.value.streams.value()).map(Vec::as_slice)
    }
}

fn stat(reading: &Reading<FileStat>, path: &WinPath, at: &Evidence) -> Answer<Seen<File>> {
    let stat = super::rows::answer(reading, path.as_str(), at)?;
    Ok(stat.map(|stat| Seen { value: File { path: path.clone(), stat: Some(stat) }, at: at.clone() }))
}

/// Whether two spellings name one file: case-insensitive, with `PROGRA~1` taken for what it abbreviates.
#[must_use]
pub fn same(a: &WinPath, b: &WinPath) -> bool {
    let (mut left, mut right) = (a.parts(), b.parts());
    loop {
        match (left.next(), right.next()) {
            (None, None) => return true,
            (Some(x), Some(y)) if same_part(x, y) => {}
            _ => return false,
        }
    }
}

/// Whether two names of one folder level can be the same, long or short.
#[must_use]
pub fn same_part(a: &str, b: &str) -> bool {
    let equal =
        if a.is_ascii() && b.is_ascii() { a.eq_ignore_ascii_case(b) } else { a.to_lowercase() == b.to_lowercase() };
    equal || short_name_of(a, b) || short_name_of(b, a)
}

/// [`WinPath::is_under`] with short names understood.
#[must_use]
pub fn is_under(path: &WinPath, folder: &WinPath) -> bool {
    let (path, folder): (Vec<_>, Vec<_>) = (path.parts().collect(), folder.parts().collect());
    path.len() >= folder.len() && path.iter().zip(&folder).all(|(x, y)| same_part(x, y))
}
