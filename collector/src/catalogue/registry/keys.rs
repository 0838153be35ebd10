//! The table of registry keys. One line a key; the comment above a group says what needs it.

use koff_bundle::{artifact::Artifact, registry::Key};

use crate::source::{
    Context,
    registry::Keep,
    survey::{is_kerio, is_office_product},
};

/// Whose registry a key is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// The machine's.
    Machine,
    /// Each person's.
    User,
}

/// One key to export.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spec {
    pub(super) artifact: Artifact,
    pub(super) scope: Scope,
    /// Below the root; `{v}` stands for every Office version.
    pub(super) key: &'static str,
    /// Which sub-keys; `None` for the key's own values only.
    pub(super) keep: Option<Keep>,
}

/// Installed programs of Kerio, GFI and Office.
const OURS: Keep = Keep::Some(|name: &str, key: &Key, _: &Context| is_kerio(key) || is_office_product(name, key));

/// Store packages of Office and Outlook.
const STORE: Keep = Keep::Named(|name, _| {
    let name = name.to_lowercase();
    name.contains("outlook") || name.starts_with("microsoft.office")
});

/// Products of Windows Installer whose packed code ends as every Office product's does.
const OFFICE_CODES: Keep = Keep::Named(|name, _| name.to_ascii_uppercase().ends_with("F01FEC"));

/// Services that the survey found to be Kerio's.
const KERIO_SERVICES: Keep =
    Keep::Named(|name, context| context.survey.services.iter().any(|service| service.name.eq_ignore_ascii_case(name)));

const fn machine(artifact: Artifact, key: &'static str, keep: Option<Keep>) -> Spec {
    Spec { artifact, scope: Scope::Machine, key, keep }
}

const fn user(artifact: Artifact, key: &'static str, keep: Option<Keep>) -> Spec {
    Spec { artifact, scope: Scope::User, key, keep }
}

const TREE: Option<Keep> = Some(Keep::All);
const VALUES: Option<Keep> = None;

use Artifact as A;

/// Every key, in the order of the bundle.
pub(super) const KEYS: &[Spec] = &[
    // The connector's own settings; no key below these was ever published, hence the whole trees.
    machine(A::RegistryKerio, r"SOFTWARE\Kerio", TREE),
    machine(A::RegistryKerio, r"SOFTWARE\WOW6432Node\Kerio", TREE),
    machine(A::RegistryKerio, r"SOFTWARE\GFI", TREE),
    machine(A::RegistryKerio, r"SOFTWARE\WOW6432Node\GFI", TREE),
    user(A::RegistryKerioUser, r"Software\Kerio", TREE),
    user(A::RegistryKerioUser, r"Software\GFI", TREE),
    // Outlook profiles [M5].
    user(A::RegistryOutlookProfiles, r"Software\Microsoft\Office\{v}\Outlook\Profiles", TREE),
    user(
        A::RegistryOutlookProfiles,
        r"Software\Microsoft\Windows NT\CurrentVersion\Windows Messaging Subsystem\Profiles",
        TREE,
    ),
    // DefaultProfile, the new-Outlook switch, disabled add-ins [M7].
    user(A::RegistryOutlookUser, r"Software\Microsoft\Office\{v}\Outlook", VALUES),
    user(A::RegistryOutlookUser, r"Software\Microsoft\Office\{v}\Outlook\Preferences", VALUES),
    user(A::RegistryOutlookUser, r"Software\Microsoft\Office\{v}\Outlook\Options\General", VALUES),
    user(A::RegistryOutlookUser, r"Software\Microsoft\Office\{v}\Outlook\Setup", VALUES),
    user(A::RegistryOutlookUser, r"Software\Microsoft\Office\{v}\Outlook\Resiliency", TREE),
    user(A::RegistryOutlookUser, r"Software\Microsoft\Office\{v}\Outlook\AddInLoadTimes", VALUES),
    user(A::RegistryOutlookUser, r"Software\Microsoft\Exchange\Client\Options", VALUES),
    user(A::RegistryOutlookUser, r"Software\Microsoft\Windows NT\CurrentVersion\Windows Messaging Subsystem", VALUES),
    // Outlook's bitness and folder.
    machine(A::RegistryOutlookMachine, r"SOFTWARE\Microsoft\Office\{v}\Outlook", TREE),
    machine(A::RegistryOutlookMachine, r"SOFTWARE\WOW6432Node\Microsoft\Office\{v}\Outlook", TREE),
    machine(A::RegistryOutlookMachine, r"SOFTWARE\Microsoft\Windows\CurrentVersion\App Paths\OUTLOOK.EXE", VALUES),
    machine(
        A::RegistryOutlookMachine,
        r"SOFTWARE\WOW6432Node\Microsoft\Windows\CurrentVersion\App Paths\OUTLOOK.EXE",
        VALUES,
    ),
    // Mapi routing.
    machine(A::RegistryMessaging, r"SOFTWARE\Microsoft\Windows Messaging Subsystem", TREE),
    machine(A::RegistryMessaging, r"SOFTWARE\WOW6432Node\Microsoft\Windows Messaging Subsystem", TREE),
    machine(A::RegistryMailClients, r"SOFTWARE\Clients\Mail", TREE),
    machine(A::RegistryMailClients, r"SOFTWARE\WOW6432Node\Clients\Mail", TREE),
    user(A::RegistryMailClients, r"Software\Clients\Mail", TREE),
    user(
        A::RegistryMailClients,
        r"Software\Microsoft\Windows\Shell\Associations\UrlAssociations\mailto\UserChoice",
        VALUES,
    ),
    // Office: Click-to-Run.
    machine(A::RegistryClickToRun, r"SOFTWARE\Microsoft\Office\ClickToRun", VALUES),
    machine(A::RegistryClickToRun, r"SOFTWARE\Microsoft\Office\ClickToRun\Configuration", TREE),
    machine(A::RegistryClickToRun, r"SOFTWARE\Microsoft\Office\ClickToRun\Updates", TREE),
    machine(A::RegistryClickToRun, r"SOFTWARE\Microsoft\Office\ClickToRun\UpdateStatus", TREE),
    machine(A::RegistryClickToRun, r"SOFTWARE\Microsoft\Office\ClickToRun\Scenario", TREE),
    machine(A::RegistryClickToRun, r"SOFTWARE\Microsoft\Office\ClickToRun\ProductReleaseIDs", TREE),
    machine(A::RegistryClickToRun, r"SOFTWARE\WOW6432Node\Microsoft\Office\ClickToRun\Configuration", TREE),
    // Office: MSI.
    machine(A::RegistryOfficeMsi, r"SOFTWARE\Microsoft\Office\{v}\Common\InstallRoot", TREE),
    machine(A::RegistryOfficeMsi, r"SOFTWARE\WOW6432Node\Microsoft\Office\{v}\Common\InstallRoot", TREE),
    machine(A::RegistryOfficeMsi, r"SOFTWARE\Microsoft\Office\{v}\Common\ProductVersion", TREE),
    machine(A::RegistryOfficeMsi, r"SOFTWARE\WOW6432Node\Microsoft\Office\{v}\Common\ProductVersion", TREE),
    machine(A::RegistryOfficeMsi, r"SOFTWARE\Microsoft\Office\{v}\Registration", TREE),
    machine(A::RegistryOfficeMsi, r"SOFTWARE\WOW6432Node\Microsoft\Office\{v}\Registration", TREE),
    machine(A::RegistryOfficeMsi, r"SOFTWARE\Classes\Installer\Products", Some(OFFICE_CODES)),
    // Add-ins; Click-to-Run keeps a registry of its own beside the real one.
    machine(A::RegistryAddins, r"SOFTWARE\Microsoft\Office\Outlook\Addins", TREE),
    machine(A::RegistryAddins, r"SOFTWARE\WOW6432Node\Microsoft\Office\Outlook\Addins", TREE),
    machine(
        A::RegistryAddins,
        r"SOFTWARE\Microsoft\Office\ClickToRun\REGISTRY\MACHINE\Software\Microsoft\Office\Outlook\Addins",
        TREE,
    ),
    user(A::RegistryAddins, r"Software\Microsoft\Office\Outlook\Addins", TREE),
    // Installed programs.
    machine(A::RegistryUninstall, r"SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall", Some(OURS)),
    machine(A::RegistryUninstall, r"SOFTWARE\WOW6432Node\Microsoft\Windows\CurrentVersion\Uninstall", Some(OURS)),
    user(A::RegistryUninstall, r"Software\Microsoft\Windows\CurrentVersion\Uninstall", Some(OURS)),
    machine(
        A::RegistryAppx,
        r"SOFTWARE\Classes\Local Settings\Software\Microsoft\Windows\CurrentVersion\AppModel\PackageRepository\Packages",
        Some(STORE),
    ),
    machine(
        A::RegistryAppx,
        r"SOFTWARE\Microsoft\Windows\CurrentVersion\Appx\AppxAllUserStore\Applications",
        Some(STORE),
    ),
    user(
        A::RegistryAppx,
        r"Software\Classes\Local Settings\Software\Microsoft\Windows\CurrentVersion\AppModel\Repository\Packages",
        Some(STORE),
    ),
    // Microsoft Defender, and products registered beside it.
    machine(A::RegistryDefender, r"SOFTWARE\Microsoft\Windows Defender", VALUES),
    machine(A::RegistryDefender, r"SOFTWARE\Microsoft\Windows Defender\Exclusions", TREE),
    machine(A::RegistryDefender, r"SOFTWARE\Microsoft\Windows Defender\Features", VALUES),
    machine(A::RegistryDefender, r"SOFTWARE\Microsoft\Windows Defender\Real-Time Protection", VALUES),
    machine(A::RegistryDefender, r"SOFTWARE\Microsoft\Windows Defender\Policy Manager", VALUES),
    machine(A::RegistryDefender, r"SOFTWARE\Microsoft\Windows Defender\Windows Defender Exploit Guard", TREE),
    machine(A::RegistryDefender, r"SOFTWARE\Policies\Microsoft\Windows Defender", TREE),
    machine(A::RegistryDefender, r"SOFTWARE\Microsoft\Security Center\Provider", TREE),
    machine(A::RegistryProfileList, r"SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList", TREE),
    machine(A::RegistryServices, r"SYSTEM\CurrentControlSet\Services", Some(KERIO_SERVICES)),
    // Windows: version, folders, pending restarts, time zone, environment, profile technology, paging, proxy.
    machine(A::RegistryWindows, r"SOFTWARE\Microsoft\Windows NT\CurrentVersion", VALUES),
    machine(A::RegistryWindows, r"SOFTWARE\Microsoft\Windows\CurrentVersion", VALUES),
    machine(A::RegistryWindows, r"SYSTEM\CurrentControlSet\Control\Session Manager", VALUES),
    machine(A::RegistryWindows, r"SYSTEM\CurrentControlSet\Control\Session Manager\Environment", VALUES),
    machine(A::RegistryWindows, r"SYSTEM\CurrentControlSet\Control\Session Manager\Memory Management", VALUES),
    machine(
        A::RegistryWindows,
        r"SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired",
        TREE,
    ),
    machine(
        A::RegistryWindows,
        r"SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending",
        TREE,
    ),
    machine(A::RegistryWindows, r"SYSTEM\CurrentControlSet\Control\TimeZoneInformation", VALUES),
    machine(A::RegistryWindows, r"SYSTEM\CurrentControlSet\Control\FileSystem", VALUES),
    machine(A::RegistryWindows, r"SYSTEM\CurrentControlSet\Control\Terminal Server", VALUES),
    machine(A::RegistryWindows, r"SOFTWARE\FSLogix\Profiles", VALUES),
    machine(A::RegistryWindows, r"SOFTWARE\Policies\FSLogix", TREE),
    user(A::RegistryWindows, r"Software\Microsoft\Windows\CurrentVersion\Internet Settings", VALUES),
    // Where people's folders are, and what redirects or syncs them.
    machine(A::RegistryUserFolders, r"SOFTWARE\Policies\Microsoft\OneDrive", TREE),
    user(A::RegistryUserFolders, r"Software\Microsoft\Windows\CurrentVersion\Explorer\User Shell Folders", VALUES),
    user(A::RegistryUserFolders, r"Network", TREE),
    user(A::RegistryUserFolders, r"Environment", VALUES),
    user(A::RegistryUserFolders, r"Software\Microsoft\OneDrive\Accounts", TREE),
    // Policies.
    machine(A::RegistryPolicies, r"SOFTWARE\Policies\Microsoft\Office", TREE),
    machine(A::RegistryPolicies, r"SOFTWARE\WOW6432Node\Policies\Microsoft\Office", TREE),
    user(A::RegistryPolicies, r"Software\Policies\Microsoft\Office", TREE),
    user(A::RegistryPolicies, r"Software\Policies\Microsoft\Cloud\Office", TREE),
    // Trust anchors and distrusted certificates.
    machine(A::RegistryCertificates, r"SOFTWARE\Microsoft\SystemCertificates\ROOT", TREE),
    machine(A::RegistryCertificates, r"SOFTWARE\Microsoft\SystemCertificates\AuthRoot", TREE),
    machine(A::RegistryCertificates, r"SOFTWARE\Microsoft\SystemCertificates\CA", TREE),
    machine(A::RegistryCertificates, r"SOFTWARE\Microsoft\SystemCertificates\Disallowed", TREE),
    machine(A::RegistryCertificates, r"SOFTWARE\Microsoft\EnterpriseCertificates\Root", TREE),
    machine(A::RegistryCertificates, r"SOFTWARE\Policies\Microsoft\SystemCertificates\Root", TREE),
    machine(A::RegistryCertificates, r"SOFTWARE\Policies\Microsoft\SystemCertificates\Disallowed", TREE),
    user(A::RegistryCertificates, r"Software\Microsoft\SystemCertificates\Root", TREE),
    user(A::RegistryCertificates, r"Software\Microsoft\SystemCertificates\CA", TREE),
    user(A::RegistryCertificates, r"Software\Microsoft\SystemCertificates\Disallowed", TREE),
];
