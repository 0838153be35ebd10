//! Where logs of the connector may lie: its data folders of people and of the services' accounts, its program folders,
//! what Windows keeps of them for programs that may not write there (`VirtualStore`), Temp folders, and the places to
//! which people let an installer log. Names folders, looks into none.

use koff_bundle::{path::WinPath, record::FolderRole};

use crate::source::Context;

/// A folder to search, and whose it is.
pub(super) struct Place {
    pub(super) folder: WinPath,
    pub(super) user: Option<String>,
    pub(super) depth: usize,
    /// One of the connector's own: searched through junctions, and an unfinished search of it is told.
    pub(super) own: bool,
    /// Whether a refusal is worth an entry: not where an ordinary account never may look.
    pub(super) told: bool,
}

/// Temp folders are searched this deep: setup programs make a folder each.
const TEMP_DEPTH: usize = 3;

/// Kerio's folders in people's application data, in that of the services' accounts, and in `ProgramData`.
pub(super) fn data(context: &Context) -> Vec<Place> {
    let mut places = Vec::new();
    let depth = context.plan.caps.depth;
    let mut place = |folder: WinPath, user: Option<&String>| {
        places.push(Place { folder, user: user.cloned(), depth, own: true, told: true });
    };
    for person in &context.survey.people {
        let (folders, user) = (&person.record.folders, Some(&person.record.id));
        if let Some(local) = folders.local_app_data.value() {
            place(local.join("Kerio"), user);
            place(local.parent().unwrap_or_else(|| local.clone()).join(r"LocalLow\Kerio"), user);
            for folder in virtualised(context) {
                place(local.join("VirtualStore").join(folder.as_str()), user);
            }
        }
        if let Some(roaming) = folders.roaming_app_data.value() {
            place(roaming.join("Kerio"), user);
        }
    }
    if let Some(data) = program_data(context) {
        place(data.join("Kerio"), None);
    }
    for home in service_homes(context) {
        for folder in [r"AppData\Local\Kerio", r"AppData\Roaming\Kerio"] {
            places.push(Place { folder: home.join(folder), user: None, depth, own: true, told: false });
        }
    }
    places
}

/// The connector's or the updater's program folders.
pub(super) fn installs(context: &Context, role: FolderRole) -> Vec<Place> {
    let installs = context.survey.installs.iter().filter(|install| install.role == role);
    let depth = context.plan.caps.depth;
    installs.map(|install| Place { folder: install.folder.clone(), user: None, depth, own: true, told: true }).collect()
}

/// Folders of everybody, in which only files called after the product count: Temp, and where people save downloads and
/// let an installer log. Windows' own Temp folder refuses ordinary accounts; `told` says whether that is worth an entry.
pub(super) fn loose(context: &Context, told: bool) -> Vec<Place> {
    let mut places = Vec::new();
    for person in &context.survey.people {
        let (folders, user) = (&person.record.folders, Some(person.record.id.clone()));
        for (folder, depth) in [(&folders.temp, TEMP_DEPTH), (&folders.downloads, 1), (&folders.desktop, 1)] {
            if let Some(folder) = folder.value() {
                places.push(Place { folder: folder.clone(), user: user.clone(), depth, own: false, told: true });
            }
        }
    }
    if let Some(windows) = windows(context) {
        let drive = windows.parent().unwrap_or_else(|| windows.clone());
        for (folder, depth) in [(windows.join("Temp"), TEMP_DEPTH), (drive.join("Temp"), TEMP_DEPTH), (drive, 1)] {
            places.push(Place { folder, user: None, depth, own: false, told });
        }
    }
    places
}

/// Below `VirtualStore`: the program folders and `ProgramData`, drive letters left out.
fn virtualised(context: &Context) -> Vec<WinPath> {
    let installs = context.survey.installs.iter().map(|install| install.folder.clone());
    let data = program_data(context).map(|data| data.join("Kerio"));
    let below = |path: WinPath| path.as_str().get(r"C:\".len()..).map(WinPath::new);
    installs.chain(data).filter(|path| !path.is_unc()).filter_map(below).collect()
}

/// Profile folders of the accounts that services run under.
fn service_homes(context: &Context) -> Vec<WinPath> {
    let Some(windows) = windows(context) else { return Vec::new() };
    [r"System32\config\systemprofile", r"SysWOW64\config\systemprofile", r"ServiceProfiles\LocalService"]
        .into_iter()
        .chain([r"ServiceProfiles\NetworkService"])
        .map(|home| windows.join(home))
        .collect()
}

fn program_data(context: &Context) -> Option<WinPath> {
    context.host.variable("ProgramData", None).ok().map(WinPath::new)
}

fn windows(context: &Context) -> Option<WinPath> {
    context.survey.office.system.first().and_then(WinPath::parent)
}
