//! Where the connector and its updater are installed, and which services are Kerio's: the default folders, what the
//! installed-programs entries and services name, and folders that Kerio's own registry values name.

use koff_bundle::{
    path::WinPath,
    record::FolderRole,
    registry::{Key, Value},
};

use super::Survey;
use crate::{
    host::{Answer, Host, Root},
    source::environment,
};

/// The service that R1 names; every other one is found by where its program lies.
const INDEXING_SERVICE: &str = "KOFFIndexingService";

/// Key of all services.
pub(crate) const SERVICES: &str = r"SYSTEM\CurrentControlSet\Services";

/// Keys of installed programs below `SOFTWARE`: both views, and below a person's `Software`.
pub(crate) const UNINSTALL: &str = r"Microsoft\Windows\CurrentVersion\Uninstall";

/// A program folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Install {
    /// The folder, existing or expected.
    pub folder: WinPath,
    /// Of the connector or of its updater.
    pub role: FolderRole,
}

/// A service of Kerio.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Service name.
    pub name: String,
    /// Its key in the registry.
    pub key: Key,
    /// Its program.
    pub image: Option<WinPath>,
}

/// Whether an installed-programs entry is of Kerio or GFI.
#[must_use]
pub fn is_kerio(key: &Key) -> bool {
    let text = |name: &str| key.value(name).and_then(Value::text).unwrap_or_default().to_lowercase();
    let (publisher, name) = (text("Publisher"), text("DisplayName"));
    let word = |text: &str, word: &str| text.split(|c: char| !c.is_alphanumeric()).any(|part| part == word);
    word(&publisher, "kerio") || word(&publisher, "gfi") || word(&name, "kerio") || word(&name, "gfi")
}

/// Whether an installed-programs entry, under the sub-key `name`, is of Microsoft Office or Outlook.
#[must_use]
pub fn is_office_product(name: &str, key: &Key) -> bool {
    let text = |name: &str| key.value(name).and_then(Value::text).unwrap_or_default().to_lowercase();
    let (publisher, title) = (text("Publisher"), text("DisplayName"));
    // Product codes of MSI Office end in 0FF1CE.
    name.to_ascii_uppercase().ends_with("0FF1CE}")
        || (publisher.contains("microsoft")
            && ["office", "outlook", "microsoft 365"].iter().any(|word| title.contains(word)))
}

/// Services whose program lies below a folder called Kerio or in one of the connector's, and the indexing service.
pub(super) fn services(host: &dyn Host, survey: &Survey) -> Answer<Vec<Service>> {
    let all = host.key(&Root::Machine, SERVICES)?;
    let mut found = Vec::new();
    for name in all.subkeys {
        let Ok(key) = host.key(&Root::Machine, &format!(r"{SERVICES}\{name}")) else { continue };
        let image = key.value("ImagePath").and_then(Value::text).and_then(|text| environment::program(host, &text));
        let kerio = image.as_ref().is_some_and(|path| survey.is_kerio_path(path));
        if kerio || name.eq_ignore_ascii_case(INDEXING_SERVICE) {
            found.push(Service { name, key, image });
        }
    }
    found.sort_by_key(|service| service.name.to_lowercase());
    Ok(found)
}

/// `Program Files` of both views, as the registry names them.
pub(super) fn program_files(host: &dyn Host) -> Vec<WinPath> {
    current_version(host, &["ProgramFilesDir", "ProgramW6432Dir", "ProgramFilesDir (x86)"])
}

/// Folders that values of `Windows\CurrentVersion` name, each once.
pub(super) fn current_version(host: &dyn Host, names: &[&str]) -> Vec<WinPath> {
    let Ok(key) = host.key(&Root::Machine, r"SOFTWARE\Microsoft\Windows\CurrentVersion") else { return Vec::new() };
    let mut found: Vec<WinPath> = Vec::new();
    for text in names.iter().filter_map(|name| key.value(name)?.text()) {
        let path = WinPath::new(environment::expand(host, &text, None));
        if path.is_absolute() && !found.iter().any(|known| known.key() == path.key()) {
            found.push(path);
        }
    }
    found
}

/// Program folders from the default places, installed-programs entries and Kerio's registry values.
pub(super) fn installs(host: &dyn Host, survey: &mut Survey) {
    let mut folders = program_files(host);
    if folders.is_empty() {
        folders = vec![WinPath::new(r"C:\Program Files"), WinPath::new(r"C:\Program Files (x86)")];
    }
    for folder in folders {
        add(host, survey, folder.join(r"Kerio\Outlook Connector (Offline Edition)"), FolderRole::Program);
        add(host, survey, folder.join(r"Kerio\UpdaterService"), FolderRole::Updater);
    }
    for (root, key) in uninstall_keys(survey) {
        let Ok(all) = host.key(&root, &key) else { continue };
        for name in all.subkeys {
            let Ok(entry) = host.key(&root, &format!(r"{key}\{name}")) else { continue };
            if is_kerio(&entry) {
                from_entry(host, &entry, survey);
            }
        }
    }
    for (root, key) in kerio_keys(survey) {
        from_values(host, &root, &key, 3, survey);
    }
}

/// Folders of services already found.
pub(super) fn from_services(host: &dyn Host, survey: &mut Survey) {
    let folders: Vec<WinPath> = survey.services.iter().filter_map(|service| service.image.as_ref()?.parent()).collect();
    for folder in folders {
        let updater = folder.file_name().to_lowercase().contains("updater");
        if updater {
            add(host, survey, folder, FolderRole::Updater);
        } else if holds_connector(host, &folder) {
            add(host, survey, folder, FolderRole::Program);
        }
    }
}

fn uninstall_keys(survey: &Survey) -> Vec<(Root, String)> {
    let mut keys = vec![
        (Root::Machine, format!(r"SOFTWARE\{UNINSTALL}")),
        (Root::Machine, format!(r"SOFTWARE\WOW6432Node\{UNINSTALL}")),
    ];
    keys.extend(survey.people.iter().map(|person| (super::registry(person), format!(r"Software\{UNINSTALL}"))));
    keys
}

fn kerio_keys(survey: &Survey) -> Vec<(Root, String)> {
    let mut keys: Vec<(Root, String)> =
        [r"SOFTWARE\Kerio", r"SOFTWARE\WOW6432Node\Kerio", r"SOFTWARE\GFI", r"SOFTWARE\WOW6432Node\GFI"]
            .map(|key| (Root::Machine, key.to_owned()))
            .into();
    keys.extend(survey.people.iter().map(|person| (super::registry(person), r"Software\Kerio".to_owned())));
    keys
}

/// The folder of one installed-programs entry: `InstallLocation`, else where its icon lies.
fn from_entry(host: &dyn Host, entry: &Key, survey: &mut Survey) {
    let text = |name: &str| entry.value(name).and_then(Value::text).filter(|text| !text.trim().is_empty());
    let title = text("DisplayName").unwrap_or_default().to_lowercase();
    let location = text("InstallLocation").map(|text| WinPath::new(environment::expand(host, &text, None)));
    let icon = text("DisplayIcon").and_then(|text| WinPath::new(text.split(',').next()?).parent());
    for (folder, named) in location.map(|f| (f, true)).into_iter().chain(icon.map(|f| (f, false))) {
        if !folder.is_absolute() {
            continue;
        }
        // An icon often lies in Windows' own installer cache: such a folder must prove itself by what it holds.
        if title.contains("updater") && (named || folder.file_name().to_lowercase().contains("updater")) {
            add(host, survey, folder, FolderRole::Updater);
        } else if (named && title.contains("outlook connector")) || holds_connector(host, &folder) {
            add(host, survey, folder, FolderRole::Program);
        }
    }
}

/// Folders that values below `key` name and that hold the connector.
fn from_values(host: &dyn Host, root: &Root, key: &str, depth: usize, survey: &mut Survey) {
    let Ok(found) = host.key(root, key) else { return };
    for text in found.values.iter().filter_map(|value| (value.kind != 3).then(|| value.text()).flatten()) {
        let path = WinPath::new(environment::expand(host, &text, None));
        if path.is_absolute() && !path.is_unc() {
            for folder in [Some(path.clone()), path.parent()].into_iter().flatten() {
                if holds_connector(host, &folder) {
                    add(host, survey, folder, FolderRole::Program);
                }
            }
        }
    }
    if depth > 0 {
        for name in found.subkeys.iter().take(64) {
            from_values(host, root, &format!(r"{key}\{name}"), depth - 1, survey);
        }
    }
}

/// Whether a folder holds the connector's backend \[K1\], or one of its DLLs and is no system folder.
fn holds_connector(host: &dyn Host, folder: &WinPath) -> bool {
    let system = folder.parts().any(|part| matches!(part.to_lowercase().as_str(), "windows" | "microsoft office"));
    let has = |name: &str| host.stat(&folder.join(name)).is_ok_and(|stat| !stat.folder);
    !system
        && folder.parent().is_some()
        && (has("KoffBackend.exe") || super::CONNECTOR_DLLS.iter().any(|name| has(name)))
}

fn add(host: &dyn Host, survey: &mut Survey, folder: WinPath, role: FolderRole) {
    let folder = if folder.as_str().contains('~') { host.resolve(&folder).unwrap_or(folder) } else { folder };
    if !survey.installs.iter().any(|known| known.folder.key() == folder.key()) {
        survey.installs.push(Install { folder, role });
    }
}
