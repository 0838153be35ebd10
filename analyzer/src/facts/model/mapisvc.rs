//! MAPISVC.INF: services, their providers and the DLLs that these name \[M2\]\[M3\], and which of the files an Outlook reads
//! \[M6\]. Owns the INF text; a service is the connector's by the provider DLL that its sections name, never by its own name.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use koff_bundle::{acquisition::State, artifact::Artifact, encoding::Lines, manifest::Entry, path::WinPath};

use super::office::{Install, OfficeKind};
use crate::{
    evidence::{Evidence, Place},
    facts::{
        names::is_provider,
        raw::{
            Seen,
            input::{Input, Member},
            rows::excerpt,
        },
    },
    verdict::Unknown,
};

/// Most lines read of one file; a real one has some hundred.
const MOST_LINES: usize = 100_000;

/// One MAPISVC.INF.
#[derive(Debug, Clone, PartialEq)]
pub struct Inf {
    /// Where it was on the host; for loose evidence its name alone.
    pub path: WinPath,
    /// The user whose own copy it is.
    pub user: Option<String>,
    /// The file as a whole.
    pub at: Evidence,
    /// When it was last written.
    pub modified: Option<Timestamp>,
    /// Whether all of it is in the bundle.
    pub whole: Option<Unknown>,
    sections: BTreeMap<String, Section>,
}

#[derive(Debug, Clone, PartialEq, Default)]
struct Section {
    name: String,
    /// Lower-case name, value, place.
    values: Vec<(String, Seen<String>)>,
}

/// A section that names the connector's DLL.
#[derive(Debug, Clone, PartialEq)]
pub struct ConnectorSection {
    /// Section name.
    pub section: String,
    /// The DLL as written.
    pub dll: Seen<String>,
}

/// All of them, and those that are not there.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Infs {
    /// Files read.
    pub files: Vec<Inf>,
    /// Places where there is certainly none.
    pub absent: Vec<(WinPath, Evidence)>,
    /// Places that could not be read.
    pub gaps: Vec<(WinPath, Unknown)>,
    /// Whether any place was planned.
    pub planned: bool,
}

impl Infs {
    /// Every MAPISVC.INF of `input`.
    #[must_use]
    pub fn read(input: &Input) -> Self {
        let mut all = Self::default();
        for entry in input.entries(Artifact::Mapisvc) {
            all.planned = true;
            let path = WinPath::new(&entry.origin);
            let shortfall = input.shortfall(entry);
            match (input.member(entry), shortfall) {
                (Some(member), shortfall) => all.files.push(Inf::parse(member, entry, path, shortfall)),
                (None, Some(why)) => all.gaps.push((path, why)),
                (None, None) if entry.acquisition.state == State::Absent => {
                    all.absent.push((path, input.manifest_evidence(entry)));
                }
                (None, None) => {}
            }
        }
        all
    }

    /// Files that the Outlook of `install` reads, most likely first: all languages of its `MSMAPI` folder.
    #[must_use]
    pub fn read_by(&self, folder: &WinPath) -> Vec<&Inf> {
        self.files.iter().filter(|inf| inf.path.is_under(folder)).collect()
    }

    /// Why the files below `folder` cannot be told.
    #[must_use]
    pub fn gap_below(&self, folder: &WinPath) -> Option<&Unknown> {
        self.gaps.iter().find(|(path, _)| path.is_under(folder)).map(|(_, why)| why)
    }

    /// Whether a file below `folder` was looked for and is not there.
    #[must_use]
    pub fn absent_below(&self, folder: &WinPath) -> Option<&Evidence> {
        self.absent.iter().find(|(path, _)| path.is_under(folder)).map(|(_, at)| at)
    }
}

/// The `MSMAPI` folder whose MAPISVC.INF an Outlook reads; `None` where the bundle does not tell enough.
#[must_use]
pub fn folder_of(install: &Install, common: &CommonFiles) -> Option<WinPath> {
    let bitness = install.bitness.as_ref().ok()?.as_deref()?;
    match (install.kind, bitness) {
        (OfficeKind::ClickToRun, "x64" | "x86") => {
            let part = if bitness == "x64" { "ProgramFilesCommonX64" } else { "ProgramFilesCommonX86" };
            Some(install.folder.as_ref()?.join(format!(r"VFS\{part}\System\MSMAPI")))
        }
        (OfficeKind::Msi, "x64") => Some(common.native.join(r"System\MSMAPI")),
        (OfficeKind::Msi, "x86") => Some(common.x86.join(r"System\MSMAPI")),
        _ => None,
    }
}

/// `Common Files` of both bitnesses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommonFiles {
    /// Of Windows' own bitness.
    pub native: WinPath,
    /// Of 32-bit programs; the same on 32-bit Windows.
    pub x86: WinPath,
}

impl Inf {
    fn parse(member: &Member, entry: &Entry, path: WinPath, whole: Option<Unknown>) -> Self {
        let mut inf = Self {
            path,
            user: entry.user.clone(),
            at: member.evidence(Place::Whole, format!("{} ({} bytes)", entry.origin, member.bytes.len())),
            modified: entry.modified,
            whole,
            sections: BTreeMap::new(),
        };
        let mut current = String::new();
        for (read, line) in Lines::new(&member.bytes).enumerate() {
            if read == MOST_LINES {
                let why = format!("line {}: expected at most {MOST_LINES} lines, found more", line.number);
                inf.whole.get_or_insert_with(|| member.unknown(State::Truncated, &why));
                break;
            }
            let (text, _) = line.text();
            let text = text.trim().trim_start_matches('\u{feff}');
            if text.is_empty() || text.starts_with(';') {
                continue;
            }
            if let Some(name) = text.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
                current = name.trim().to_lowercase();
                name.trim().clone_into(&mut inf.sections.entry(current.clone()).or_default().name);
                continue;
            }
            let (name, value) = text.split_once('=').unwrap_or((text, ""));
            let place = Place::Line {
                line: line.number,
                offset: line.offset,
                length: line.bytes.len().try_into().unwrap_or(0),
            };
            let value = value.split(';').next().unwrap_or("").trim().trim_matches('"').to_owned();
            let seen = Seen { value, at: member.evidence(place, excerpt(text)) };
            inf.sections.entry(current.clone()).or_default().values.push((name.trim().to_lowercase(), seen));
        }
        inf
    }

    /// Sections that name the connector's DLL as service or provider.
    #[must_use]
    pub fn connector_sections(&self) -> Vec<ConnectorSection> {
        let named = |section: &Section| {
            section
                .values
                .iter()
                .filter(|(name, seen)| is_dll_name(name) && is_provider(&seen.value))
                .map(|(_, seen)| ConnectorSection { section: section.name.clone(), dll: seen.clone() })
                .collect::<Vec<_>>()
        };
        self.sections.values().flat_map(named).collect()
    }

    /// Whether the connector's service stands in it with all its providers, or what is missing.
    ///
    /// # Errors
    /// What is missing, in words.
    pub fn registration(&self) -> Result<Vec<Evidence>, String> {
        let own = self.connector_sections();
        if own.is_empty() {
            return Err("no section names the connector's provider DLL".to_owned());
        }
        let names: BTreeSet<String> = own.iter().map(|section| section.section.to_ascii_lowercase()).collect();
        let is_own = |name: &str| names.contains(&name.to_ascii_lowercase());
        let mut asked = BTreeSet::new();
        let listed = self.sections.get("services").map(|section| section.values.as_slice()).unwrap_or_default();
        // A service that is listed again says nothing new.
        for (service, line) in listed.iter().filter(|(service, _)| asked.insert(service)) {
            let Some(section) = self.sections.get(service) else { continue };
            let providers: Vec<&str> = section.list("providers");
            if !is_own(service) && !providers.iter().any(|name| is_own(name)) {
                continue;
            }
            return match providers.iter().find(|name| !self.sections.contains_key(&name.to_lowercase())) {
                Some(missing) => {
                    Err(format!("service {} lists provider {missing}, which has no section", section.name))
                }
                None => {
                    Ok([line.at.clone()].into_iter().chain(own.into_iter().map(|section| section.dll.at)).collect())
                }
            };
        }
        Err("the connector's sections stand under no service that [Services] lists".to_owned())
    }

    /// Whether the connector is fully registered here; unknown where the file is not all there and nothing was found.
    ///
    /// # Errors
    /// Why it cannot be told.
    pub fn registers(&self) -> Result<bool, Unknown> {
        match (self.registration(), &self.whole) {
            (Ok(_), _) => Ok(true),
            (Err(_), None) => Ok(false),
            (Err(_), Some(why)) => Err(why.clone()),
        }
    }
}

impl Section {
    fn list(&self, name: &str) -> Vec<&str> {
        let values = self.values.iter().filter(|(own, _)| own == name);
        values.flat_map(|(_, seen)| seen.value.split(',').map(str::trim).filter(|part| !part.is_empty())).collect()
    }
}

/// `PR_SERVICE_DLL_NAME`, `PR_PROVIDER_DLL_NAME`, or their tags in numbers.
fn is_dll_name(name: &str) -> bool {
    let name = name.trim_start_matches("0x");
    matches!(name, "pr_service_dll_name" | "pr_provider_dll_name" | "3d0a001e" | "3d0a001f" | "300a001e" | "300a001f")
}

#[cfg(test)]
mod tests {
    use koff_bundle::acquisition::Acquisition;

    use super::*;

    fn inf(text: &[u8]) -> Inf {
        let origin = r"C:\x\MAPISVC.INF";
        let entry = Entry {
            name: "files/mapisvc.inf".to_owned(),
            artifact: "mapisvc".to_owned(),
            user: None,
            origin: origin.to_owned(),
            method: "file".to_owned(),
            acquisition: Acquisition::complete(),
            gaps: Vec::new(),
            bytes_read: 0,
            bytes_kept: 0,
            duration_ms: 0,
            sha256: None,
            masks: BTreeMap::new(),
            flush_points: None,
            modified: None,
        };
        let member = Member { name: entry.name.clone(), sha256: String::new(), bytes: text.to_vec() };
        Inf::parse(&member, &entry, WinPath::new(origin), None)
    }

    const WHOLE: &str = "[Services]\r\nMSEMS=Exchange\r\nX1=Some service\r\n\r\n[X1]\r\nPR_SERVICE_DLL_NAME=C:\\K\\kofmsp.dll\r\n\
        Providers=X1_S, X1_T\r\n[X1_S]\r\nPR_PROVIDER_DLL_NAME=C:\\K\\kofmsp.dll\r\n[X1_T]\r\nPR_PROVIDER_DLL_NAME=C:\\K\\kofmsp.dll ; note\r\n";

    #[test]
    fn a_service_is_the_connectors_by_the_dll_that_its_sections_name() {
        let whole = inf(WHOLE.as_bytes());
        let places = whole.registration().unwrap();
        assert_eq!(places.len(), 4);
        assert_eq!(places[0].place, Place::Line { line: 3, offset: 28, length: 15 });
        let names: Vec<String> = whole.connector_sections().into_iter().map(|s| s.section).collect();
        assert_eq!(names, ["X1", "X1_S", "X1_T"]);
    }

    #[test]
    fn utf_16_reads_the_same() {
        let wide: Vec<u8> = [0xFF, 0xFE].into_iter().chain(WHOLE.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert!(inf(&wide).registration().is_ok());
    }

    #[test]
    fn what_is_missing_is_said() {
        let without = |line: &str| inf(WHOLE.replace(line, "").as_bytes()).registration().unwrap_err();
        assert!(without("X1=Some service\r\n").contains("[Services]"));
        assert!(without("[X1_T]\r\n").contains("X1_T"));
        assert!(inf(b"[Services]\r\nMSEMS=x\r\n").registration().is_err());
        assert_eq!(inf(b"").registers(), Ok(false));
    }

    #[test]
    fn a_file_with_too_many_lines_is_read_to_the_last_that_counts() {
        let front = WHOLE.lines().count();
        let filled = |lines: usize, end: &str| inf(format!("{}{end}", "; x\r\n".repeat(lines)).as_bytes());
        // All of it fits, and then its last section does not.
        assert_eq!(filled(MOST_LINES - front, WHOLE).registers(), Ok(true));
        assert_eq!(filled(MOST_LINES, "").whole, None);
        let over = filled(MOST_LINES - front + 2, WHOLE);
        assert_eq!(over.connector_sections().len(), 2, "what stands in front is kept");
        let why = over.registers().unwrap_err();
        assert_eq!(why.state, State::Truncated);
        assert!(why.what.contains("line 100001: expected at most 100000 lines, found more"), "{}", why.what);
    }
}
