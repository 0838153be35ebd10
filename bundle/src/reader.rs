//! Reads a bundle or loose evidence without unpacking it to disk, within the published limits. Owns the manifest's
//! comparison with what is really there; whatever is wrong is a [`Problem`], and the rest is read all the same.

mod admit;
mod manifest;
mod member;
mod stream;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::Read,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

pub use self::{member::Member, stream::Stream};
use self::{
    member::{Opened, Store},
    stream::Digest,
};
use crate::{
    container::{directory, sealed, source::Source},
    error::{Error, Result},
    limits::{Limits, Problem, What, shown},
    loose,
    manifest::{Entry, MANIFEST_NAME, Manifest},
    seal::Identity,
    volumes,
};

/// A bundle, or evidence gathered by hand, open for reading. Members may be read from several threads at once.
#[derive(Debug)]
pub struct Bundle {
    place: String,
    store: Store,
    members: Vec<Member>,
    index: BTreeMap<String, usize>,
    manifest: Arc<Manifest>,
    manifest_sha256: String,
    entries: BTreeMap<String, usize>,
    limits: Limits,
    loose: bool,
    seen: Mutex<Seen>,
}

/// What became known while reading.
#[derive(Debug, Default)]
struct Seen {
    digests: BTreeMap<String, Digest>,
    problems: BTreeSet<Problem>,
}

/// A member read whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// SHA-256 of these bytes, lower-case hex.
    pub sha256: String,
}

impl Bundle {
    /// Opens a bundle (zip file, or the same as a folder), or loose evidence (a zip file or folder without manifest, or
    /// one file that is recognised by its content).
    ///
    /// # Errors
    /// Nothing there, no zip file and not recognised, a manifest that is damaged or newer, or nothing recognised at all.
    pub fn open(path: &Path, limits: Limits) -> Result<Self> {
        Self::open_sealed(path, limits, &[])
    }

    /// The same; what is sealed is opened with one of `identities`, a stretch at a time and in memory only. Of a bundle in
    /// volumes `path` is the first, or the name that they were made from.
    ///
    /// # Errors
    /// As [`Bundle::open`]; a sealed file that none of them opens, or that is damaged or cut off; a volume that is missing.
    pub fn open_sealed(path: &Path, limits: Limits, identities: &[Identity]) -> Result<Self> {
        let place = path.display().to_string();
        let io = |error| Error::io(&place, error);
        if let Some(volumes) = volumes::find(path)? {
            let files = volumes
                .iter()
                .map(|volume| File::open(volume).map_err(|error| Error::io(volume.display().to_string(), error)));
            let source = Source::volumes(files.collect::<Result<_>>()?).map_err(io)?;
            return Self::from_source(place, path, source, identities, limits);
        }
        let metadata = std::fs::metadata(path).map_err(io)?;
        if metadata.is_dir() {
            let (members, problems) = member::of_folder(path, &limits);
            return Self::assemble(place, Store::Folder, members, problems, limits);
        }
        if !metadata.is_file() {
            return Err(Error::format(place, "a file or folder", "a device, pipe or socket"));
        }
        let source = Source::file(File::open(path).map_err(io)?).map_err(io)?;
        Self::from_source(place, path, source, identities, limits)
    }

    /// Opens a bundle that is already in memory; `place` is its name in messages.
    ///
    /// # Errors
    /// As [`Bundle::open`].
    pub fn from_bytes(place: &str, bytes: impl Into<Arc<[u8]>>, limits: Limits) -> Result<Self> {
        Self::from_source(place.to_owned(), Path::new(place), Source::Memory(bytes.into()), &[], limits)
    }

    fn from_source(
        place: String,
        path: &Path,
        source: Source,
        identities: &[Identity],
        limits: Limits,
    ) -> Result<Self> {
        if source.length() == 0 {
            return Err(Error::format(place, "a bundle", "an empty file"));
        }
        let source = sealed::unsealed(&place, source, identities)?;
        let directory = directory::scan(&source, &limits).map_err(|error| Error::io(&place, error))?;
        match directory {
            Some(directory) => {
                let (members, problems) = member::of_zip(directory, &limits);
                Self::assemble(place, Store::Zip(source, Arc::default()), members, problems, limits)
            }
            None => {
                let head = source.range(0, 16).map_err(|error| Error::io(&place, error))?;
                let (members, problems) = member::of_file(path, &source, &limits);
                let unknown = manifest::no_bundle(&place, &head, source.length());
                Self::assemble(place, Store::Single(source), members, problems, limits).map_err(|error| match error {
                    Error::Format { .. } => unknown,
                    error => error,
                })
            }
        }
    }

    fn assemble(
        place: String,
        store: Store,
        mut members: Vec<Member>,
        problems: Vec<Problem>,
        limits: Limits,
    ) -> Result<Self> {
        if members.is_empty() {
            let found = if matches!(store, Store::Folder) { "an empty folder" } else { "an empty zip file" };
            return Err(Error::format(place, "a bundle with manifest.json", found));
        }
        manifest::strip_folder(&mut members);
        let mut index = BTreeMap::new();
        for (at, member) in members.iter().enumerate() {
            index.entry(member.name.clone()).or_insert(at);
        }
        let seen = Mutex::new(Seen { problems: problems.into_iter().collect(), ..Seen::default() });
        let mut bundle = Self {
            manifest: Arc::new(loose::blank()),
            manifest_sha256: String::new(),
            entries: BTreeMap::new(),
            loose: false,
            place,
            store,
            members,
            index,
            limits,
            seen,
        };
        bundle.find_manifest()?;
        Ok(bundle)
    }

    fn find_manifest(&mut self) -> Result<()> {
        let single = matches!(self.store, Store::Single(_));
        let limit = self.limits.manifest_bytes;
        let mut manifest = self.member(MANIFEST_NAME).filter(|_| !single);
        if let Some(member) = manifest.filter(|member| member.size > limit) {
            let (expected, found) = (format!("at most {limit} bytes"), format!("{} bytes", member.size));
            self.report(Problem::new(MANIFEST_NAME, What::ManifestSize, expected, found));
            manifest = None;
        }
        match manifest {
            Some(member) => {
                let content = self.read_whole(member)?;
                self.manifest = Arc::new(manifest::parse(&self.place, &content.bytes)?);
                self.manifest_sha256 = content.sha256;
                self.compare();
            }
            None => {
                self.loose = true;
                let files = self.members.iter().map(|member| {
                    let head = match &member.refused {
                        Some(problem) => Err(problem.to_string()),
                        None => self.head(&member.name, loose::HEAD).map_err(|error| error.to_string()),
                    };
                    loose::Candidate { name: &member.name, size: member.size, head }
                });
                self.manifest = Arc::new(loose::manifest(&self.place, files)?);
            }
        }
        self.entries =
            self.manifest.entries.iter().enumerate().rev().map(|(at, entry)| (entry.name.clone(), at)).collect();
        Ok(())
    }

    /// Lists what the manifest and the members do not say alike.
    fn compare(&self) {
        let mut names = BTreeSet::from([MANIFEST_NAME]);
        for entry in &self.manifest.entries {
            if !names.insert(&entry.name) {
                self.report(Problem::new(&entry.name, What::Duplicate, "one manifest entry per name", "another"));
            }
            if entry.sha256.is_some() && self.member(&entry.name).is_none() {
                self.report(Problem::new(&entry.name, What::MemberMissing, "the member of a manifest entry", "none"));
            }
        }
        for member in self.members.iter().filter(|member| !names.contains(member.name.as_str())) {
            let expected = "a member that the manifest names";
            self.report(Problem::new(&member.name, What::MemberUnexpected, expected, "one that it does not"));
        }
    }

    /// The file or folder as the caller named it.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }

    /// The manifest; that of loose evidence is made up from what was recognised (kind `loose`, its times the epoch).
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The manifest, for those who keep it longer than the bundle.
    #[must_use]
    pub fn shared_manifest(&self) -> Arc<Manifest> {
        Arc::clone(&self.manifest)
    }

    /// SHA-256 of the manifest's bytes, lower-case hex; empty for loose evidence.
    #[must_use]
    pub fn manifest_sha256(&self) -> &str {
        &self.manifest_sha256
    }

    /// Whether it came without a manifest.
    #[must_use]
    pub fn is_loose(&self) -> bool {
        self.loose
    }

    /// Every member, refused ones too, in the order of the container.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The member called `name` (with `/`).
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Member> {
        self.index.get(name).and_then(|at| self.members.get(*at))
    }

    /// The manifest's entry called `name`.
    #[must_use]
    pub fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.get(name).and_then(|at| self.manifest.entries.get(*at))
    }

    /// Everything found wrong so far, sorted; complete once every member was read or [`Bundle::verify`] ran.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        self.seen().problems.iter().cloned().collect()
    }

    /// Whether a problem found so far kept members from being read: a report on the rest must say so.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        self.seen().problems.iter().any(|problem| {
            self.limits.refuses(problem.what) || matches!(problem.what, What::CutOff | What::Directory | What::Entries)
        })
    }

    /// The whole of a member.
    ///
    /// # Errors
    /// No such member, a refused one, one over [`Limits::memory_bytes`], or data that cannot be read.
    pub fn read(&self, name: &str) -> Result<Content> {
        let member = self.find(name)?;
        if member.size > self.limits.memory_bytes {
            let (found, limit) = (member.size, self.limits.memory_bytes);
            let (expected, value) = (format!("at most {limit} bytes read as a whole"), format!("{found} bytes"));
            self.report(Problem::new(name, What::MemorySize, expected, value));
            return Err(Error::Limit { place: self.at(name), what: "size".to_owned(), found, limit });
        }
        self.read_whole(member)
    }

    /// A member from front to back, in bounded memory; large ones are inflated on all cores by their flush points.
    ///
    /// # Errors
    /// No such member, a refused one, or a file that cannot be opened.
    pub fn stream(&self, name: &str) -> Result<Stream<'_>> {
        self.stream_of(self.find(name)?)
    }

    /// The first bytes of a member, at most `length`, without looking at the rest.
    ///
    /// # Errors
    /// As [`Bundle::stream`]; data that cannot be read ends the bytes early.
    pub fn head(&self, name: &str, length: u64) -> Result<Vec<u8>> {
        let member = self.find(name)?;
        let reader = self.store.open(member, None).map_err(|error| Error::io(self.at(name), error))?;
        let mut head = Vec::new();
        let _ = reader.take(length).read_to_end(&mut head);
        Ok(head)
    }

    /// SHA-256 of a member's raw bytes, lower-case hex; hashes them if nobody has yet.
    ///
    /// # Errors
    /// As [`Bundle::stream`], or data that cannot be read to the end.
    pub fn sha256_of(&self, name: &str) -> Result<String> {
        if let Some(Digest { sha256, hashed: true }) = self.digest(name) {
            return Ok(sha256);
        }
        let stream = self.stream_of(self.find(name)?)?.hashed();
        stream.finish().map_err(|error| Error::io(self.at(name), error))
    }

    /// Reads every member that was not read yet, so that [`Bundle::problems`] is complete.
    pub fn verify(&self) {
        for member in self.members.iter().filter(|member| member.refused.is_none()) {
            if self.digest(&member.name).is_none() {
                // What goes wrong is reported by the stream itself.
                let _ = self.stream_of(member).map(Stream::finish);
            }
        }
    }

    fn find(&self, name: &str) -> Result<&Member> {
        let member = self.member(name).ok_or_else(|| Error::format(self.at(name), "a member", "none"))?;
        match &member.refused {
            Some(problem) => Err(Error::format(self.at(name), &problem.expected, &problem.found)),
            None => Ok(member),
        }
    }

    fn stream_of<'a>(&'a self, member: &'a Member) -> Result<Stream<'a>> {
        let points = self.entry(&member.name).and_then(|entry| entry.flush_points.as_ref());
        let opened = self.store.open(member, points);
        let reader = opened.map_err(|error| {
            self.report(Problem::new(&member.name, What::Unreadable, "a readable file", error.to_string()));
            Error::io(self.at(&member.name), error)
        })?;
        if points.is_some() && matches!((&reader, &self.store), (Opened::Plain(_), Store::Zip(..))) {
            let expected = "flush points that fit the member";
            self.report(Problem::new(&member.name, What::FlushPoints, expected, "others; read as one stream"));
        }
        Ok(Stream::new(self, member, reader))
    }

    fn read_whole(&self, member: &Member) -> Result<Content> {
        let mut bytes = Vec::with_capacity(usize::try_from(member.size.min(1 << 20)).unwrap_or(0));
        let mut stream = self.stream_of(member)?;
        stream.read_to_end(&mut bytes).map_err(|error| Error::io(self.at(&member.name), error))?;
        Ok(Content { bytes, sha256: self.known(&member.name) })
    }

    fn at(&self, name: &str) -> String {
        format!("{}: {}", self.place, shown(name))
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn report(&self, problem: Problem) {
        self.seen().problems.insert(problem);
    }

    fn digest(&self, name: &str) -> Option<Digest> {
        self.seen().digests.get(name).cloned()
    }

    /// The digest of a member read to its end.
    fn known(&self, name: &str) -> String {
        self.digest(name).map(|digest| digest.sha256).unwrap_or_default()
    }

    /// Takes the digest of a member read to its end and compares it with the manifest's.
    fn learn(&self, name: &str, digest: Digest) {
        let expected = self.entry(name).and_then(|entry| entry.sha256.as_ref());
        if let Some(expected) = expected.filter(|expected| !expected.eq_ignore_ascii_case(&digest.sha256)) {
            let (expected, found) = (format!("SHA-256 {expected}"), digest.sha256.clone());
            self.report(Problem::new(name, What::DigestDiffers, expected, found));
        }
        self.seen().digests.insert(name.to_owned(), digest);
    }
}
