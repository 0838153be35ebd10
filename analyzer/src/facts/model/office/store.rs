//! Office out of the Microsoft Store, by its package name in the package repository. The new Outlook and the Office hub
//! are other packages and no Office.

use super::{Install, OfficeKind, Offices};
use crate::facts::raw::registry::{Registry, Scope};

/// Package repositories, of the machine and of a user.
const MACHINE: &str =
    r"SOFTWARE\Classes\Local Settings\Software\Microsoft\Windows\CurrentVersion\AppModel\PackageRepository\Packages";
const USER: &str =
    r"Software\Classes\Local Settings\Software\Microsoft\Windows\CurrentVersion\AppModel\Repository\Packages";

/// Adds the Store package to `all`, if there is one, else why there may be one. Repositories that were not exported are no
/// gap of the other Offices.
pub(super) fn read(registry: &Registry, users: &[String], all: &mut Offices) {
    let mut machine = Vec::new();
    let mut people = Vec::new();
    for (scope, path) in places(users) {
        let packages = registry.children(&scope, path);
        match scope {
            Scope::Machine => machine = packages.gaps,
            Scope::User(_) => people.extend(packages.gaps),
        }
        for name in packages.names {
            let Some(version) = store_version(&name) else { continue };
            let at = registry.key(&scope, &format!("{path}\\{name}")).ok().flatten().and_then(|key| key.at());
            if !all.installs.iter().any(|install| install.kind == OfficeKind::Store) {
                all.installs.push(Install {
                    kind: OfficeKind::Store,
                    bitness: Ok(name.split('_').nth(2).map(str::to_lowercase)),
                    version: Some(version),
                    channel: None,
                    products: vec![name],
                    has_outlook: true,
                    folder: None,
                    updated_at: None,
                    at: at.into_iter().collect(),
                });
            }
        }
    }
    // The machine's repository lists the packages of everybody; without it, everybody's own tell the same.
    let told = machine.is_empty() || (people.is_empty() && !users.is_empty());
    if !told && all.installs.iter().all(|install| install.kind != OfficeKind::Store) {
        all.store_gaps = machine;
    }
}

fn places(users: &[String]) -> Vec<(Scope, &'static str)> {
    let own = users.iter().map(|user| (Scope::User(user.clone()), USER));
    [(Scope::Machine, MACHINE)].into_iter().chain(own).collect()
}

/// The Office version in a package name: `Microsoft.Office.Desktop_16051.12026.20334.0_x86__8wekyb3d8bbwe` is 16.0.12026.20334,
/// for the first part of a package's version counts the releases of the package.
fn store_version(package: &str) -> Option<String> {
    let lower = package.to_lowercase();
    let ours = lower.starts_with("microsoft.office.desktop_") || lower.starts_with("microsoft.office.desktop.outlook_");
    let parts: Vec<&str> = package.split('_').nth(1).unwrap_or_default().split('.').collect();
    ours.then(|| match parts[..] {
        [first, build, revision, ..] if first.len() > 2 && first.starts_with("16") => {
            format!("16.0.{build}.{revision}")
        }
        [first, _, ..] if first.len() == 2 => parts.join("."),
        _ => "16.0".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_tells_the_version_of_its_office() {
        let version = |version: &str| store_version(&format!("Microsoft.Office.Desktop_{version}_x86__8wekyb3d8bbwe"));
        assert_eq!(version("16051.12026.20334.0").as_deref(), Some("16.0.12026.20334"));
        assert_eq!(version("16.0.10325.20118").as_deref(), Some("16.0.10325.20118"));
        assert_eq!(version("").as_deref(), Some("16.0"), "every Office of the Store is of this generation");
        assert_eq!(store_version("Microsoft.OutlookForWindows_1.2024.1.0_x64__8wekyb3d8bbwe"), None);
    }
}
