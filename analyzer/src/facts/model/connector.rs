//! The connector's installation on this PC: entry among the installed programs, program folder, parts in it, versions.
//! Owns finding it by publisher, name and place; product codes and registry values that nobody published are not used.

use std::collections::BTreeSet;

use jiff::{Timestamp, civil::Date};
use koff_bundle::{
    acquisition::State,
    path::WinPath,
    reading::{Missing, Reading},
    record::{FolderRecord, FolderRole, ProgramRecord},
};

use super::office::View;
use crate::{
    evidence::Evidence,
    facts::{
        names::{BACKEND, is_connector_product, is_provider, is_vendor, says_kerio},
        raw::{
            Seen,
            files::{Files, is_under},
            registry::{Key, Registry, Scope},
        },
        version::Version,
    },
    verdict::Unknown,
};

/// One entry among the installed programs.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// Display name.
    pub name: Seen<String>,
    /// `DisplayVersion`.
    pub version: Option<String>,
    /// `InstallLocation`.
    pub folder: Option<WinPath>,
    /// `InstallDate`.
    pub date: Option<Date>,
}

/// The installation.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Installation {
    /// Entries of the connector among the installed programs.
    pub listed: Vec<Listed>,
    /// Program folders that exist, the one with the provider DLL first.
    pub folders: Vec<Seen<WinPath>>,
    /// Why entries or folders may be missing.
    pub gaps: Vec<Unknown>,
    /// Folders of the updater that exist.
    pub updater_folders: Vec<Seen<WinPath>>,
    /// Parts of the main folder.
    pub parts: Parts,
    /// Version of the installed connector.
    pub version: Option<Seen<Version>>,
    /// When it was installed, to the day or to the second.
    pub installed_at: Option<Installed>,
}

/// When the connector was installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Installed {
    /// Some time on this day, local time.
    Day(Date),
    /// At this moment.
    At(Timestamp),
}

impl Installed {
    /// The moment, or the start of the day in UTC.
    #[must_use]
    pub fn time(self) -> Option<Timestamp> {
        match self {
            Self::At(time) => Some(time),
            Self::Day(day) => day.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp()),
        }
    }

    /// Whether `later` is certainly after (`Some(true)`), certainly not (`Some(false)`), or the day alone cannot tell.
    #[must_use]
    pub fn before(self, later: Timestamp) -> Option<bool> {
        const DAY: i64 = 86_400;
        // A day of local time begins at most 14 hours before and ends at most 12 hours after the same day of UTC.
        const EAST: i64 = 14 * 3600;
        const WEST: i64 = 12 * 3600;
        let start = self.time()?.as_second();
        let later = later.as_second();
        match self {
            Self::At(_) => Some(later > start),
            Self::Day(_) if later < start - EAST => Some(false),
            Self::Day(_) if later > start + DAY + WEST => Some(true),
            Self::Day(_) => None,
        }
    }
}

/// Which parts the main program folder holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Parts {
    /// A provider DLL.
    pub dll: Result<bool, Unknown>,
    /// The backend program.
    pub backend: Result<bool, Unknown>,
    /// A Firebird engine library.
    pub engine: Result<bool, Unknown>,
    /// Distinct versions of the vendor's own files.
    pub versions: Vec<Seen<String>>,
}

impl Default for Parts {
    fn default() -> Self {
        Self { dll: Ok(false), backend: Ok(false), engine: Ok(false), versions: Vec::new() }
    }
}

impl Installation {
    /// Looks for it.
    #[must_use]
    pub fn read(registry: &Registry, files: &Files, users: &[String]) -> Self {
        let mut found = Self::default();
        found.read_listed(registry, users);
        found.read_folders(files);
        if let Some(folder) = found.folders.first().cloned() {
            found.parts = parts(files, &folder);
        }
        found.version = version(files, &found);
        found.installed_at = found.date(files);
        found.gaps.sort();
        found.gaps.dedup();
        found
    }

    /// Whether it is installed: listed, or a folder with the DLL or the backend.
    ///
    /// # Errors
    /// Why it cannot be told.
    pub fn installed(&self) -> Result<bool, Unknown> {
        if !self.listed.is_empty() || !self.folders.is_empty() {
            return Ok(true);
        }
        self.gaps.first().map_or(Ok(false), |gap| Err(gap.clone()))
    }

    /// The program folder.
    #[must_use]
    pub fn folder(&self) -> Option<WinPath> {
        let listed = || self.listed.iter().find_map(|entry| entry.folder.clone());
        self.folders.first().map(|seen| seen.value.clone()).or_else(listed)
    }

    /// Where it was seen.
    #[must_use]
    pub fn evidence(&self) -> Vec<Evidence> {
        let listed = self.listed.iter().map(|entry| entry.name.at.clone());
        listed.chain(self.folders.iter().map(|seen| seen.at.clone())).collect()
    }

    fn read_listed(&mut self, registry: &Registry, users: &[String]) {
        const UNINSTALL: &str = r"Microsoft\Windows\CurrentVersion\Uninstall";
        let machine = View::BOTH.map(|view| (Scope::Machine, format!(r"{}\{UNINSTALL}", view.software())));
        let own = users.iter().map(|user| (Scope::User(user.clone()), format!(r"Software\{UNINSTALL}")));
        for (scope, path) in machine.into_iter().chain(own) {
            let children = registry.children(&scope, &path);
            // An installation for one user alone is not how the connector comes; its list adds but is not missed.
            if scope == Scope::Machine {
                self.gaps.extend(children.gaps);
            }
            for name in children.names {
                let key = registry.key(&scope, &format!("{path}\\{name}")).ok().flatten();
                self.listed.extend(key.and_then(listed));
            }
        }
    }

    fn read_folders(&mut self, files: &Files) {
        let mut seen_any = false;
        for seen in files.folders.iter() {
            match (seen.value.role, &seen.value.entries) {
                (FolderRole::Program, Reading::Value(entries)) => {
                    seen_any = true;
                    let own = entries.iter().any(|entry| {
                        let name = WinPath::new(&entry.path).file_name().to_lowercase();
                        is_provider(&name) || name == BACKEND
                    });
                    if own {
                        self.folders.push(folder(seen));
                    }
                }
                (FolderRole::Updater, Reading::Value(entries)) if !entries.is_empty() => {
                    self.updater_folders.push(folder(seen));
                }
                (FolderRole::Program, Reading::Missing(Missing { missing: State::Absent, .. })) => seen_any = true,
                (FolderRole::Program, Reading::Missing(missing)) => {
                    let what = seen.value.path.as_str();
                    self.gaps.push(crate::facts::raw::rows::unknown(missing, what, &seen.at));
                    seen_any = true;
                }
                _ => {}
            }
        }
        if !seen_any {
            let why = files.folders.gaps.first().cloned();
            self.gaps.push(why.unwrap_or_else(|| Unknown::new(State::NotCollected, "the connector's program folder")));
        }
        // Where only programs were collected, the folder of the installed provider or backend speaks for itself.
        let mut known: BTreeSet<String> = self.folders.iter().map(|folder| folder.value.key()).collect();
        for seen in files.programs.iter().filter(|seen| installed_program(&seen.value)) {
            let Some(parent) = seen.value.path.parent() else { continue };
            if known.insert(parent.key()) {
                self.folders.push(Seen { value: parent, at: seen.at.clone() });
            }
        }
        // What an older version left behind may hold a DLL too: the folder that is listed, and has more, is the one.
        let listed: BTreeSet<String> =
            self.listed.iter().filter_map(|entry| entry.folder.as_ref()).map(WinPath::key).collect();
        let holding = |test: &dyn Fn(&str) -> bool| -> BTreeSet<String> {
            let there = files.programs.iter().map(|seen| &seen.value).filter(|program| program.stat.value().is_some());
            let such = there.filter(|program| test(program.path.file_name()));
            such.filter_map(|program| Some(program.path.parent()?.key())).collect()
        };
        let (dll, backend) = (holding(&is_provider), holding(&|name| name.eq_ignore_ascii_case(BACKEND)));
        self.folders.sort_by_cached_key(|folder| {
            let key = folder.value.key();
            (!listed.contains(&key), !dll.contains(&key), !backend.contains(&key), key)
        });
    }

    fn date(&self, files: &Files) -> Option<Installed> {
        let listed = self.listed.iter().filter_map(|entry| entry.date).max().map(Installed::Day);
        let folder = self.folders.first();
        let created = || {
            let created = files.programs.iter().filter_map(|seen| {
                let own = is_provider(seen.value.path.file_name())
                    && folder.is_some_and(|folder| is_under(&seen.value.path, &folder.value));
                own.then(|| seen.value.stat.value()?.created).flatten()
            });
            created.max().map(Installed::At)
        };
        listed.or_else(created)
    }
}

fn folder(seen: &Seen<FolderRecord>) -> Seen<WinPath> {
    Seen { value: seen.value.path.clone(), at: seen.at.clone() }
}

/// The connector's entry: the vendor's or with Kerio in its name, and called Outlook Connector.
fn listed(key: Key<'_>) -> Option<Listed> {
    let text = |name: &str| key.text(name).ok().flatten();
    let name = text("DisplayName")?;
    let publisher = text("Publisher").map(|seen| seen.value).unwrap_or_default();
    if !is_connector_product(&name.value) || !(is_vendor(&publisher) || says_kerio(&name.value)) {
        return None;
    }
    let folder = text("InstallLocation").map(|seen| WinPath::new(seen.value)).filter(WinPath::is_absolute);
    let date = text("InstallDate").and_then(|seen| Date::strptime("%Y%m%d", seen.value.trim()).ok());
    Some(Listed { version: text("DisplayVersion").map(|seen| seen.value), folder, date, name })
}

fn installed_program(program: &ProgramRecord) -> bool {
    let name = program.path.file_name().to_lowercase();
    program.found_by.contains(&koff_bundle::record::FoundBy::Install)
        && program.stat.value().is_some()
        && (is_provider(&name) || name == BACKEND)
}

/// Names under which Firebird publishes its engine.
fn is_engine(name: &str) -> bool {
    let name = name.to_lowercase();
    let engine = ["fbembed", "fbclient", "gds32", "engine", "fbserver", "firebird", "fb_inet_server", "fbrmclib"]
        .iter()
        .any(|start| name.starts_with(start));
    engine && (name.ends_with(".dll") || name.ends_with(".exe"))
}

fn parts(files: &Files, folder: &Seen<WinPath>) -> Parts {
    let listing = files.folders.iter().find(|seen| seen.value.path.key() == folder.value.key());
    let names: Vec<String> = listing
        .and_then(|seen| seen.value.entries.value())
        .map(|entries| entries.iter().filter(|entry| !entry.stat.folder).map(|entry| entry.path.clone()).collect())
        .unwrap_or_default();
    let programs: Vec<&Seen<ProgramRecord>> = files
        .programs
        .iter()
        .filter(|seen| is_under(&seen.value.path, &folder.value) && seen.value.stat.value().is_some())
        .collect();
    let gap = files.folders.gaps.iter().find(|gap| gap.what.to_lowercase().contains(&folder.value.key()));
    let certain = listing.is_some_and(|seen| seen.value.entries.value().is_some()) && gap.is_none();
    let has = |test: &dyn Fn(&str) -> bool| {
        let found = names.iter().map(WinPath::new).any(|path| test(path.file_name()))
            || programs.iter().any(|seen| test(seen.value.path.file_name()));
        if found || certain {
            return Ok(found);
        }
        let why = gap.or(files.folders.gaps.first()).cloned();
        Err(why.unwrap_or_else(|| Unknown::new(State::NotCollected, folder.value.as_str())))
    };
    let firebird = |seen: &&Seen<ProgramRecord>| {
        let version = seen.value.pe.value().and_then(|pe| pe.version.value());
        version.is_some_and(|version| version.strings.iter().any(|(_, text)| text.to_lowercase().contains("firebird")))
    };
    let engine = if programs.iter().any(firebird) { Ok(true) } else { has(&is_engine) };
    Parts {
        dll: has(&is_provider),
        backend: has(&|name| name.eq_ignore_ascii_case(BACKEND)),
        engine,
        versions: own_versions(&programs),
    }
}

/// Versions of the files that are the vendor's and of the same product as the provider.
fn own_versions(programs: &[&Seen<ProgramRecord>]) -> Vec<Seen<String>> {
    let strings = |seen: &Seen<ProgramRecord>| {
        let version = seen.value.pe.value()?.version.value()?;
        let company = version.string("CompanyName").unwrap_or_default();
        let product = version.string("ProductName").unwrap_or_default().to_lowercase();
        is_vendor(company).then(|| Some((product, version.file_version.clone()?))).flatten()
    };
    let main = programs
        .iter()
        .find(|seen| is_provider(seen.value.path.file_name()))
        .or_else(|| programs.iter().find(|seen| seen.value.path.file_name().eq_ignore_ascii_case(BACKEND)));
    let Some((product, _)) = main.and_then(|seen| strings(seen)) else { return Vec::new() };
    let mut versions: Vec<Seen<String>> = Vec::new();
    for seen in programs {
        let Some((own, version)) = strings(seen) else { continue };
        let new = !versions.iter().any(|known| known.value == version);
        if own == product && new && version.split('.').any(|part| part != "0") {
            versions.push(Seen { value: version, at: seen.at.clone() });
        }
    }
    versions.sort_by_key(|seen| crate::facts::version::numbers(&seen.value));
    versions
}

/// The installed version: that of the provider DLL, else the backend, else the listed one.
fn version(files: &Files, found: &Installation) -> Option<Seen<Version>> {
    let folder = found.folders.first();
    let of = |test: &dyn Fn(&str) -> bool| {
        files.programs.iter().find_map(|seen| {
            let own = folder.is_some_and(|folder| is_under(&seen.value.path, &folder.value));
            if !own || !test(seen.value.path.file_name()) {
                return None;
            }
            let version = seen.value.pe.value()?.version.value()?;
            let texts = [version.product_version.as_deref(), version.file_version.as_deref()];
            let strings = [version.string("ProductVersion"), version.string("FileVersion")];
            let parsed = texts.into_iter().chain(strings).flatten().filter_map(Version::parse);
            let value = parsed.into_iter().find(|version| version.release != [0, 0, 0])?;
            Some(Seen { value, at: seen.at.clone() })
        })
    };
    let listed = || {
        found.listed.iter().find_map(|entry| {
            // Windows Installer has three numbers only; some vendors put the build in the third.
            let value = Version::parse(entry.version.as_deref()?).filter(|version| version.release[2] < 1000)?;
            Some(Seen { value, at: entry.name.at.clone() })
        })
    };
    of(&is_provider).or_else(|| of(&|name| name.eq_ignore_ascii_case(BACKEND))).or_else(listed)
}
