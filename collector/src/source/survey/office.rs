//! Where Office and the MAPI subsystem lie: Click-to-Run, MSI of every version, the shared `MSMAPI` folders, and from them
//! every documented place of MAPISVC.INF \[M6\].

use koff_bundle::{path::WinPath, registry::Value};

use super::{OFFICE_VERSIONS, Survey, places};
use crate::{
    host::{Host, Root},
    source::environment,
};

/// Folders of Office.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Office {
    /// `…\Microsoft Office\root` of a Click-to-Run installation.
    pub click_to_run: Option<WinPath>,
    /// Folders that hold OUTLOOK.EXE or should.
    pub programs: Vec<WinPath>,
    /// `…\System\MSMAPI` folders, existing or expected.
    pub msmapi: Vec<WinPath>,
    /// DLLs that the mail clients' registrations name for MAPI calls, existing or not.
    pub stubs: Vec<WinPath>,
    /// `System32` and `SysWOW64`.
    pub system: Vec<WinPath>,
}

/// Looks for Office in the registry.
pub(super) fn find(host: &dyn Host) -> Office {
    let mut office = Office::default();
    for view in [r"SOFTWARE", r"SOFTWARE\WOW6432Node"] {
        for version in OFFICE_VERSIONS {
            for key in [r"Outlook\InstallRoot", r"Common\InstallRoot"] {
                push(&mut office.programs, folder(host, &format!(r"{view}\Microsoft\Office\{version}\{key}"), "Path"));
            }
        }
        let paths = format!(r"{view}\Microsoft\Windows\CurrentVersion\App Paths\OUTLOOK.EXE");
        push(&mut office.programs, folder(host, &paths, "Path"));
    }
    office.click_to_run = click_to_run(host).or_else(|| unnamed_root(host, &office.programs));
    for common in places::current_version(host, &["CommonFilesDir", "CommonW6432Dir", "CommonFilesDir (x86)"]) {
        push(&mut office.msmapi, Some(common.join(r"System\MSMAPI")));
    }
    if let Some(root) = &office.click_to_run {
        for common in ["ProgramFilesCommonX64", "ProgramFilesCommonX86"] {
            push(&mut office.msmapi, Some(root.join(format!(r"VFS\{common}\System\MSMAPI"))));
        }
    }
    office.stubs = stubs(host);
    let windows = folder(host, r"SOFTWARE\Microsoft\Windows NT\CurrentVersion", "SystemRoot")
        .unwrap_or_else(|| WinPath::new(r"C:\Windows"));
    office.system = vec![windows.join("System32"), windows.join("SysWOW64")];
    office
}

/// `DLLPath` and `DLLPathEx` of every registered mail client, where they are full paths \[M7\].
fn stubs(host: &dyn Host) -> Vec<WinPath> {
    let mut found = Vec::new();
    for view in [r"SOFTWARE\Clients\Mail", r"SOFTWARE\WOW6432Node\Clients\Mail"] {
        for client in host.key(&Root::Machine, view).map(|key| key.subkeys).unwrap_or_default() {
            for value in ["DLLPathEx", "DLLPath"] {
                push(&mut found, folder(host, &format!(r"{view}\{client}"), value));
            }
        }
    }
    found
}

/// `root` of Click-to-Run, from either value that names its installation.
fn click_to_run(host: &dyn Host) -> Option<WinPath> {
    // Office 2013 keeps its key below its own version.
    for key in [r"Office\ClickToRun", r"Office\15.0\ClickToRun"]
        .into_iter()
        .flat_map(|key| [r"SOFTWARE", r"SOFTWARE\WOW6432Node"].map(|view| format!(r"{view}\Microsoft\{key}")))
    {
        let named = folder(host, &format!(r"{key}\Configuration"), "InstallationPath")
            .or_else(|| folder(host, &key, "InstallPath"))
            .map(|path| if path.file_name().eq_ignore_ascii_case("root") { path } else { path.join("root") });
        if named.is_some() {
            return named;
        }
    }
    None
}

/// `root` where the registry does not name it: above Outlook's folder, else where Click-to-Run installs itself and the
/// folder exists.
fn unnamed_root(host: &dyn Host, programs: &[WinPath]) -> Option<WinPath> {
    let above =
        programs.iter().filter_map(WinPath::parent).find(|above| above.file_name().eq_ignore_ascii_case("root"));
    let usual = || {
        let folders = [r"C:\Program Files", r"C:\Program Files (x86)"].into_iter();
        let mut roots = folders.flat_map(|folder| {
            ["Microsoft Office", "Microsoft Office 15"].map(|office| WinPath::new(folder).join(office).join("root"))
        });
        roots.find(|root| host.stat(root).is_ok_and(|stat| stat.folder))
    };
    above.or_else(usual)
}

fn folder(host: &dyn Host, key: &str, value: &str) -> Option<WinPath> {
    let text = host.key(&Root::Machine, key).ok()?.value(value).and_then(Value::text)?;
    let path = WinPath::new(environment::expand(host, &text, None));
    path.is_absolute().then_some(path)
}

fn push(folders: &mut Vec<WinPath>, folder: Option<WinPath>) {
    if let Some(folder) = folder
        && !folders.iter().any(|known| known.key() == folder.key())
    {
        folders.push(folder);
    }
}

/// Every documented place of MAPISVC.INF with the person it belongs to: the language folder 1033 always, others where
/// there are some.
pub(super) fn mapisvc_places(host: &dyn Host, survey: &Survey) -> Vec<(WinPath, Option<String>)> {
    const NAME: &str = "MAPISVC.INF";
    let mut found: Vec<(WinPath, Option<String>)> =
        survey.office.system.iter().map(|folder| (folder.join(NAME), None)).collect();
    for folder in &survey.office.msmapi {
        let mut languages = vec!["1033".to_owned()];
        let others = host.list(folder).unwrap_or_default().into_iter().filter(|child| child.stat.folder);
        languages.extend(others.map(|child| child.name).filter(|name| name != "1033"));
        for language in languages {
            found.push((folder.join(&language).join(NAME), None));
        }
        if host.stat(&folder.join(NAME)).is_ok() {
            found.push((folder.join(NAME), None));
        }
    }
    for person in &survey.people {
        if let Some(local) = person.record.folders.local_app_data.value() {
            let path = local.join(r"Microsoft\Outlook").join(NAME);
            found.push((path, Some(person.record.id.clone())));
        }
    }
    found
}
