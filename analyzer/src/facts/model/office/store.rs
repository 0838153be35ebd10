//! Office out of the Microsoft Store, by its package name in the package repository. The new Outlook and the Office hub
//! are other packages and no Office.

use super::{Install, OfficeKind, Offices};
use crate::facts::raw::registry::{Registry, Scope};

/// Package repositories, of the machine and of a user.
const MACHINE: &str =
    r"SOFTWARE\Classes\Local Settings\Software\Microsoft\Windows\CurrentVersion\AppModel\PackageRepository\Packages";
const USER: &str =
    r"Software\Classes\Local Settings\Software\Microsoft\Windows\CurrentVersion\AppModel\Repository\Packages";

/// Adds the Store package to `all`, if there is one. Repositories that were not exported are no gap of the Offices:
/// they are one of the Store's own question, which `known` answers.
pub(super) fn read(registry: &Registry, users: &[String], all: &mut Offices) {
    for (scope, path) in places(users) {
        for name in registry.children(&scope, path).names {
            let Some(version) = store_version(&name) else { continue };
            let at = registry.key(&scope, &format!("{path}\\{name}")).ok().flatten().and_then(|key| key.at().cloned());
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
}

fn places(users: &[String]) -> Vec<(Scope, &'static str)> {
    let own = users.iter().map(|user| (Scope::User(user.clone()), USER));
    [(Scope::Machine, MACHINE)].into_iter().chain(own).collect()
}

/// The version in a package name such as `Microsoft.Office.Desktop_16051.…_x86__8wekyb3d8bbwe`.
fn store_version(package: &str) -> Option<String> {
    let lower = package.to_lowercase();
    let ours = lower.starts_with("microsoft.office.desktop_") || lower.starts_with("microsoft.office.desktop.outlook_");
    ours.then(|| package.split('_').nth(1).unwrap_or("16.0").to_owned())
}
