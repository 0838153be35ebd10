//! Installed Offices: Click-to-Run, MSI of every version and view, the Store package. Owns what the registry says about
//! them; a leftover key of an Office that is gone is not an installation.

use jiff::Timestamp;
use koff_bundle::path::WinPath;

use crate::{
    evidence::Evidence,
    facts::raw::{
        Answer, Seen,
        registry::{Key, Registry, Scope},
    },
    verdict::Unknown,
};

mod products;
mod store;

use products::click_to_run_outlook;
pub use products::has_outlook;

const MACHINE: Scope = Scope::Machine;
/// Click-to-Run's key with the one of Office 2013, and the copies that 32-bit programs see.
const CLICK_TO_RUN: [&str; 4] = [
    r"SOFTWARE\Microsoft\Office\ClickToRun",
    r"SOFTWARE\Microsoft\Office\15.0\ClickToRun",
    r"SOFTWARE\WOW6432Node\Microsoft\Office\ClickToRun",
    r"SOFTWARE\WOW6432Node\Microsoft\Office\15.0\ClickToRun",
];
const VERSIONS: [&str; 5] = ["16.0", "15.0", "14.0", "12.0", "11.0"];

/// The two halves of the registry that programs of different bitness see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// As Windows itself.
    Native,
    /// 32-bit programs on 64-bit Windows.
    Wow64,
}

impl View {
    /// Both, native first.
    pub const BOTH: [Self; 2] = [Self::Native, Self::Wow64];

    /// `SOFTWARE` or `SOFTWARE\WOW6432Node`.
    #[must_use]
    pub fn software(self) -> &'static str {
        match self {
            Self::Native => "SOFTWARE",
            Self::Wow64 => r"SOFTWARE\WOW6432Node",
        }
    }
}

/// How Office was installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfficeKind {
    /// Streamed, with its own virtual folders.
    ClickToRun,
    /// Windows Installer.
    Msi,
    /// Microsoft Store package.
    Store,
}

impl OfficeKind {
    /// As the `office` kind spells it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::ClickToRun => "click_to_run",
            Self::Msi => "msi",
            Self::Store => "store",
        }
    }
}

/// One installed Office.
#[derive(Debug, Clone, PartialEq)]
pub struct Install {
    /// How.
    pub kind: OfficeKind,
    /// Full version where known, else `16.0`.
    pub version: Option<String>,
    /// `x86`, `x64` or `arm64`.
    pub bitness: Result<Option<String>, Unknown>,
    /// Update channel: name or URL.
    pub channel: Option<String>,
    /// Product release ids.
    pub products: Vec<String>,
    /// Whether Outlook is part of it.
    pub has_outlook: bool,
    /// Folder: `…\Microsoft Office\root` for Click-to-Run, else the folder of OUTLOOK.EXE.
    pub folder: Option<WinPath>,
    /// Last update.
    pub updated_at: Option<Timestamp>,
    /// Where it was seen.
    pub at: Vec<Evidence>,
}

/// All of them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Offices {
    /// Click-to-Run first, then MSI by version.
    pub installs: Vec<Install>,
    /// Why there may be more.
    pub gaps: Vec<Unknown>,
    /// Why there may be one from the Microsoft Store, where none was seen.
    pub store_gaps: Vec<Unknown>,
}

impl Install {
    /// First part of the version.
    #[must_use]
    pub fn major(&self) -> Option<u64> {
        self.version.as_ref()?.split('.').next()?.parse().ok()
    }
}

impl Offices {
    /// The Offices of this PC. `architecture` is that of Windows.
    #[must_use]
    pub fn read(registry: &Registry, architecture: Option<&str>, users: &[String]) -> Self {
        let mut all = Self::default();
        for path in CLICK_TO_RUN {
            match click_to_run(registry, path, architecture) {
                Ok(Some(install)) if all.installs.is_empty() => all.installs.push(install),
                Ok(_) => {}
                // Copies and the key of one old release tell nothing that the first does not.
                Err(why) if path == CLICK_TO_RUN[0] => all.gaps.push(why),
                Err(_) => {}
            }
        }
        let root = all.installs.first().and_then(|install| install.folder.clone());
        for view in View::BOTH {
            if view == View::Wow64 && architecture == Some("x86") {
                continue;
            }
            for version in VERSIONS {
                match msi(registry, view, version, architecture, root.as_ref()) {
                    Ok(Some(install)) => all.installs.push(install),
                    Ok(None) => {}
                    Err(why) => all.gaps.push(why),
                }
            }
        }
        store::read(registry, users, &mut all);
        all.gaps.sort();
        all.gaps.dedup();
        all
    }

    /// Those with Outlook.
    pub fn with_outlook(&self) -> impl Iterator<Item = &Install> {
        self.installs.iter().filter(|install| install.has_outlook)
    }

    /// Major versions of the installed Outlooks; `None` where they are not all known.
    #[must_use]
    pub fn majors(&self) -> Option<Vec<u64>> {
        let majors: Vec<u64> = self.with_outlook().filter_map(Install::major).collect();
        (self.gaps.is_empty() && !majors.is_empty()).then_some(majors)
    }

    /// The one bitness of all installed Outlooks.
    ///
    /// # Errors
    /// Why there is none.
    pub fn bitness(&self) -> Answer<String> {
        let mut found: Option<String> = None;
        for install in self.with_outlook() {
            match (&install.bitness, &found) {
                (Ok(Some(own)), Some(other)) if own != other => {
                    let why = "Outlooks of two bitnesses are installed";
                    return Err(Unknown::new(koff_bundle::acquisition::State::Failed, why));
                }
                (Ok(Some(own)), _) => found = Some(own.clone()),
                (Ok(None), _) => {}
                (Err(why), _) => return Err(why.clone()),
            }
        }
        match (found, self.gaps.first()) {
            (Some(found), _) => Ok(Some(found)),
            (None, Some(gap)) => Err(gap.clone()),
            (None, None) => Ok(None),
        }
    }
}

/// Installed by Click-to-Run if its configuration names a version or products.
fn click_to_run(registry: &Registry, path: &str, architecture: Option<&str>) -> Answer<Install> {
    let configuration = format!("{path}\\Configuration");
    let Some(key) = registry.key(&MACHINE, &configuration)? else { return Ok(None) };
    let version = key.text("VersionToReport")?.filter(|seen| !seen.value.is_empty());
    let ids = key.text("ProductReleaseIds")?;
    let Some(first) = version.as_ref().or(ids.as_ref()) else { return Ok(None) };
    let mut at = vec![first.at.clone()];
    let platform = key.text("Platform");
    let products: Vec<String> = ids
        .iter()
        .flat_map(|seen| seen.value.split(',').map(|id| id.trim().to_owned()).collect::<Vec<_>>())
        .filter(|id| !id.is_empty())
        .collect();
    at.extend(ids.iter().map(|seen| seen.at.clone()));
    at.extend(platform.iter().flatten().map(|seen| seen.at.clone()));
    let channel = ["UpdateChannel", "CDNBaseUrl", "AudienceId"]
        .into_iter()
        .find_map(|name| key.text(name).ok().flatten().filter(|seen| !seen.value.is_empty()));
    at.dedup();
    let major = if path.contains(r"\15.0\") { "15.0" } else { "16.0" };
    let folder = root(registry, key, path, major).or_else(|| {
        let word = platform.as_ref().ok()?.as_ref().map(|seen| bitness_word(&seen.value))?;
        Some(usual_root(major, &word, architecture))
    });
    Ok(Some(Install {
        kind: OfficeKind::ClickToRun,
        version: version.map(|seen| seen.value),
        bitness: platform.map(|found| found.map(|seen| bitness_word(&seen.value))),
        channel: channel.map(|seen| channel_name(&seen.value)),
        has_outlook: click_to_run_outlook(key, &products),
        products,
        folder,
        updated_at: updated(registry, path),
        at,
    }))
}

/// The folder `root` of Click-to-Run: as its own keys name it, else above the folder of Outlook.
fn root(registry: &Registry, key: Key<'_>, path: &str, major: &str) -> Option<WinPath> {
    let named = key.text("InstallationPath").ok().flatten();
    let named = named.or_else(|| registry.text(&MACHINE, path, "InstallPath").ok().flatten());
    if let Some(seen) = named {
        return Some(root_folder(&WinPath::new(seen.value)));
    }
    let views = View::BOTH.map(|view| format!(r"{}\Microsoft\Office\{major}\Outlook\InstallRoot", view.software()));
    let outlook = views.iter().find_map(|key| registry.text(&MACHINE, key, "Path").ok().flatten())?;
    let above = WinPath::new(outlook.value.trim_end_matches('\\')).parent()?;
    above.file_name().eq_ignore_ascii_case("root").then_some(above)
}

/// Where Click-to-Run installs itself: below the Program Files of its own bitness.
fn usual_root(major: &str, bitness: &str, architecture: Option<&str>) -> WinPath {
    let wow = bitness == "x86" && architecture != Some("x86");
    let programs = if wow { r"C:\Program Files (x86)" } else { r"C:\Program Files" };
    let office = if major == "15.0" { "Microsoft Office 15" } else { "Microsoft Office" };
    WinPath::new(programs).join(office).join("root")
}

/// When Click-to-Run last applied an update, as its update keys say.
fn updated(registry: &Registry, path: &str) -> Option<Timestamp> {
    let updates = format!("{path}\\Updates");
    let text = |key: &str, name: &str| registry.text(&MACHINE, key, name).ok().flatten();
    let number = |key: &str, name: &str| registry.number(&MACHINE, key, name).ok().flatten();
    for name in ["UpdatesAppliedTime", "UpdateAppliedTime", "LastUpdateAppliedTime"] {
        let found = text(&updates, name).and_then(|seen| file_time(seen.value.trim().parse().ok()?));
        let found = found.or_else(|| file_time(number(&updates, name)?.value));
        if found.is_some() {
            return found;
        }
    }
    None
}

/// A Windows file time (100 ns since 1601), or milliseconds since 1601 as Click-to-Run stores some.
fn file_time(number: u64) -> Option<Timestamp> {
    const EPOCH_SECONDS: i64 = 11_644_473_600;
    let number = i64::try_from(number).ok()?;
    let seconds = if number > 100_000_000_000_000_000 { number / 10_000_000 } else { number / 1_000 };
    let second = seconds.checked_sub(EPOCH_SECONDS)?;
    // Nothing before 2001 or after 2100 is an update of Office.
    (978_307_200..4_102_444_800).contains(&second).then(|| Timestamp::from_second(second).ok()).flatten()
}

fn root_folder(path: &WinPath) -> WinPath {
    if path.file_name().eq_ignore_ascii_case("root") { path.clone() } else { path.join("root") }
}

fn bitness_word(text: &str) -> String {
    match text.trim().to_lowercase().as_str() {
        "x64" | "amd64" | "64" => "x64".to_owned(),
        "x86" | "32" => "x86".to_owned(),
        other => other.to_owned(),
    }
}

/// Names of the channels behind Microsoft's content addresses, as Microsoft publishes them.
fn channel_name(text: &str) -> String {
    let guid = text.trim_end_matches('/').rsplit('/').next().unwrap_or(text).to_lowercase();
    let name = match guid.as_str() {
        "492350f6-3a01-4f97-b9c0-c7c6ddf67d60" => "Current",
        "64256afe-f5d9-4f86-8936-8840a6a4f5be" => "Current (Preview)",
        "55336b82-a18d-4dd6-b5f6-9e5095c314a6" => "Monthly Enterprise",
        "7ffbc6bf-bc32-4f92-8982-f9dd17fd3114" => "Semi-Annual Enterprise",
        "b8f9b850-328d-4355-9145-c59439a0c4cf" => "Semi-Annual Enterprise (Preview)",
        "5440fd1f-7ecb-4221-8110-145efaa6372f" => "Beta",
        "f2e724c1-748f-4b47-8fb8-8e0d210e9208" => "Perpetual 2019",
        "5030841d-c919-4594-8d2d-84ae4f96e58e" => "Perpetual 2021",
        "7983bac0-e531-40cf-be00-fd24fe66619c" => "Perpetual 2024",
        _ => return text.to_owned(),
    };
    name.to_owned()
}

/// An MSI Office with Outlook of `version` in `view`: its Outlook has an install root outside Click-to-Run's folder.
fn msi(
    registry: &Registry,
    view: View,
    version: &str,
    architecture: Option<&str>,
    click_to_run: Option<&WinPath>,
) -> Answer<Install> {
    let office = format!(r"{}\Microsoft\Office\{version}", view.software());
    let Some(root) = registry.text(&MACHINE, &format!(r"{office}\Outlook\InstallRoot"), "Path")? else {
        return Ok(None);
    };
    let folder = WinPath::new(&root.value);
    let inside = click_to_run.is_some_and(|root| folder.is_under(root))
        || folder.parts().any(|part| part.eq_ignore_ascii_case("root"));
    if inside || !folder.is_absolute() {
        return Ok(None);
    }
    let mut at = vec![root.at];
    let listed = listed_version(registry, view, version);
    // Beside Click-to-Run an install root alone is what uninstalling an older Office leaves behind.
    if click_to_run.is_some() && matches!(listed, Ok(None)) {
        return Ok(None);
    }
    let listed = listed.ok().flatten();
    at.extend(listed.iter().map(|seen| seen.at.clone()));
    let stored = registry.text(&MACHINE, &format!(r"{office}\Outlook"), "Bitness");
    let bitness = match (stored, view, architecture) {
        (Ok(Some(seen)), ..) => {
            at.push(seen.at);
            Ok(Some(bitness_word(&seen.value)))
        }
        (_, View::Wow64, _) => Ok(Some("x86".to_owned())),
        (_, View::Native, Some("x86")) => Ok(Some("x86".to_owned())),
        (Err(why), ..) => Err(why),
        (Ok(None), View::Native, _) => Ok(Some("x64".to_owned())),
    };
    Ok(Some(Install {
        kind: OfficeKind::Msi,
        version: Some(listed.map_or_else(|| version.to_owned(), |seen| seen.value)),
        bitness,
        channel: None,
        products: Vec::new(),
        has_outlook: true,
        folder: Some(folder),
        updated_at: None,
        at,
    }))
}

/// Full version of an MSI Office with this `major.0`, from its entry among the installed programs: product codes of
/// Office end in `0FF1CE}`.
fn listed_version(registry: &Registry, view: View, version: &str) -> Answer<Seen<String>> {
    let uninstall = format!(r"{}\Microsoft\Windows\CurrentVersion\Uninstall", view.software());
    let children = registry.children(&MACHINE, &uninstall);
    let major = version.trim_end_matches('0');
    for name in &children.names {
        let upper = name.to_uppercase();
        if !(upper.ends_with("0FF1CE}") || upper.starts_with("OFFICE1") || upper.starts_with("OUTLOOK")) {
            continue;
        }
        let Some(key) = registry.key(&MACHINE, &format!("{uninstall}\\{name}"))? else { continue };
        if let Some(seen) = key.text("DisplayVersion")?.filter(|seen| seen.value.starts_with(major)) {
            return Ok(Some(seen));
        }
    }
    match children.gaps.into_iter().next() {
        Some(gap) => Err(gap),
        None => Ok(None),
    }
}
