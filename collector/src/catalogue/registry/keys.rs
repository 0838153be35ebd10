//! The table of registry keys: one line a key, grouped by what needs it. `{v}` stands for every Office version, `{32}`
//! for nothing and for `WOW6432Node\`. Owns which keys and how much of each; reads none.

use koff_bundle::{artifact::Artifact as A, registry::Key};

use crate::source::{
    Context,
    registry::Keep,
    survey::{OFFICE_VERSIONS, is_kerio, is_office_product},
};

/// Whose registry a key is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// The machine's.
    Machine,
    /// Each person's.
    User,
}

/// One line of the table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spec {
    pub(super) artifact: A,
    /// With its root, `HKLM\` or `HKCU\`.
    key: &'static str,
    /// Which sub-keys; `None` for the key's own values only.
    pub(super) keep: Option<Keep>,
}

impl Spec {
    /// Whose registry it is.
    pub(super) fn scope(&self) -> Scope {
        if self.key.starts_with(r"HKCU\") { Scope::User } else { Scope::Machine }
    }

    /// Every key that the line stands for, below its root.
    pub(super) fn keys(&self) -> Vec<String> {
        let key = self.key.get(r"HKLM\".len()..).unwrap_or_default();
        let views: &[&str] = if key.contains("{32}") { &["", r"WOW6432Node\"] } else { &[""] };
        let versions: &[&str] = if key.contains("{v}") { &OFFICE_VERSIONS } else { &[""] };
        let versions = versions.iter().flat_map(|version| views.iter().map(move |view| (version, view)));
        versions.map(|(version, view)| key.replace("{v}", version).replace("{32}", view)).collect()
    }
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

/// The time zone that this PC is in: its rules, year by year where they changed.
const OWN_ZONE: Keep = Keep::Named(|name, context| {
    let zone = context.survey.info.as_ref().and_then(|info| info.time_zone.value());
    zone.is_some_and(|zone| zone.eq_ignore_ascii_case(name))
});

/// Programs whose settings matter where a key lists many.
const PROGRAMS: Keep = Keep::Named(|name, _| {
    ["outlook.exe", "koffbackend.exe", "searchd.exe"].iter().any(|program| name.eq_ignore_ascii_case(program))
});

const fn tree(artifact: A, key: &'static str) -> Spec {
    Spec { artifact, key, keep: Some(Keep::All) }
}

const fn values(artifact: A, key: &'static str) -> Spec {
    Spec { artifact, key, keep: None }
}

const fn part(artifact: A, key: &'static str, keep: Keep) -> Spec {
    Spec { artifact, key, keep: Some(keep) }
}

/// Every key, in the order of the bundle.
#[rustfmt::skip]
pub(super) const KEYS: &[Spec] = &[
    // The connector's own settings; no key below these was ever published, hence the whole trees.
    tree(A::RegistryKerio, r"HKLM\SOFTWARE\{32}Kerio"),
    tree(A::RegistryKerio, r"HKLM\SOFTWARE\{32}GFI"),
    tree(A::RegistryKerioUser, r"HKCU\Software\Kerio"),
    tree(A::RegistryKerioUser, r"HKCU\Software\GFI"),
    // Outlook profiles [M5].
    tree(A::RegistryOutlookProfiles, r"HKCU\Software\Microsoft\Office\{v}\Outlook\Profiles"),
    tree(A::RegistryOutlookProfiles, r"HKCU\Software\Microsoft\Windows NT\CurrentVersion\Windows Messaging Subsystem\Profiles"),
    // DefaultProfile, the new-Outlook switch, disabled add-ins [M7]; whether Outlook keeps logs; whether MAPI may load
    // providers that MAPISVC.INF does not name [M1].
    values(A::RegistryOutlookUser, r"HKCU\Software\Microsoft\Office\{v}\Outlook"),
    values(A::RegistryOutlookUser, r"HKCU\Software\Microsoft\Office\{v}\Outlook\Preferences"),
    values(A::RegistryOutlookUser, r"HKCU\Software\Microsoft\Office\{v}\Outlook\Options\General"),
    values(A::RegistryOutlookUser, r"HKCU\Software\Microsoft\Office\{v}\Outlook\Options\Mail"),
    values(A::RegistryOutlookUser, r"HKCU\Software\Microsoft\Office\{v}\Outlook\Security"),
    values(A::RegistryOutlookUser, r"HKCU\Software\Microsoft\Office\{v}\Outlook\Setup"),
    tree(A::RegistryOutlookUser, r"HKCU\Software\Microsoft\Office\{v}\Outlook\Resiliency"),
    values(A::RegistryOutlookUser, r"HKCU\Software\Microsoft\Office\{v}\Outlook\AddInLoadTimes"),
    values(A::RegistryOutlookUser, r"HKCU\Software\Microsoft\Exchange\Client\Options"),
    values(A::RegistryOutlookUser, r"HKCU\Software\Microsoft\Windows NT\CurrentVersion\Windows Messaging Subsystem"),
    // Outlook's bitness and folder.
    tree(A::RegistryOutlookMachine, r"HKLM\SOFTWARE\{32}Microsoft\Office\{v}\Outlook"),
    values(A::RegistryOutlookMachine, r"HKLM\SOFTWARE\{32}Microsoft\Windows\CurrentVersion\App Paths\OUTLOOK.EXE"),
    // Mapi routing.
    tree(A::RegistryMessaging, r"HKLM\SOFTWARE\{32}Microsoft\Windows Messaging Subsystem"),
    tree(A::RegistryMailClients, r"HKLM\SOFTWARE\{32}Clients\Mail"),
    tree(A::RegistryMailClients, r"HKCU\Software\Clients\Mail"),
    values(A::RegistryMailClients, r"HKCU\Software\Microsoft\Windows\Shell\Associations\UrlAssociations\mailto\UserChoice"),
    // Office: Click-to-Run.
    values(A::RegistryClickToRun, r"HKLM\SOFTWARE\Microsoft\Office\ClickToRun"),
    tree(A::RegistryClickToRun, r"HKLM\SOFTWARE\{32}Microsoft\Office\ClickToRun\Configuration"),
    // Office 2013 keeps its key below its own version.
    values(A::RegistryClickToRun, r"HKLM\SOFTWARE\Microsoft\Office\15.0\ClickToRun"),
    tree(A::RegistryClickToRun, r"HKLM\SOFTWARE\Microsoft\Office\15.0\ClickToRun\Configuration"),
    tree(A::RegistryClickToRun, r"HKLM\SOFTWARE\Microsoft\Office\ClickToRun\Updates"),
    tree(A::RegistryClickToRun, r"HKLM\SOFTWARE\Microsoft\Office\ClickToRun\UpdateStatus"),
    tree(A::RegistryClickToRun, r"HKLM\SOFTWARE\Microsoft\Office\ClickToRun\Scenario"),
    tree(A::RegistryClickToRun, r"HKLM\SOFTWARE\Microsoft\Office\ClickToRun\ProductReleaseIDs"),
    // Office: MSI, and the patches of its products.
    tree(A::RegistryOfficeMsi, r"HKLM\SOFTWARE\{32}Microsoft\Office\{v}\Common\InstallRoot"),
    tree(A::RegistryOfficeMsi, r"HKLM\SOFTWARE\{32}Microsoft\Office\{v}\Common\ProductVersion"),
    tree(A::RegistryOfficeMsi, r"HKLM\SOFTWARE\{32}Microsoft\Office\{v}\Registration"),
    part(A::RegistryOfficeMsi, r"HKLM\SOFTWARE\Classes\Installer\Products", OFFICE_CODES),
    part(A::RegistryOfficeMsi, r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Installer\UserData\S-1-5-18\Products", OFFICE_CODES),
    // What File > Office Account shows of the activation.
    tree(A::RegistryOfficeAccount, r"HKCU\Software\Microsoft\Office\{v}\Common\Licensing"),
    tree(A::RegistryOfficeAccount, r"HKLM\SOFTWARE\Microsoft\Office\{v}\Common\Licensing"),
    // Add-ins; Click-to-Run keeps a registry of its own beside the real one.
    tree(A::RegistryAddins, r"HKLM\SOFTWARE\{32}Microsoft\Office\Outlook\Addins"),
    tree(A::RegistryAddins, r"HKLM\SOFTWARE\Microsoft\Office\ClickToRun\REGISTRY\MACHINE\Software\{32}Microsoft\Office\Outlook\Addins"),
    tree(A::RegistryAddins, r"HKCU\Software\Microsoft\Office\Outlook\Addins"),
    // Installed programs.
    part(A::RegistryUninstall, r"HKLM\SOFTWARE\{32}Microsoft\Windows\CurrentVersion\Uninstall", OURS),
    part(A::RegistryUninstall, r"HKCU\Software\Microsoft\Windows\CurrentVersion\Uninstall", OURS),
    part(A::RegistryAppx, r"HKLM\SOFTWARE\Classes\Local Settings\Software\Microsoft\Windows\CurrentVersion\AppModel\PackageRepository\Packages", STORE),
    part(A::RegistryAppx, r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Appx\AppxAllUserStore\Applications", STORE),
    part(A::RegistryAppx, r"HKCU\Software\Classes\Local Settings\Software\Microsoft\Windows\CurrentVersion\AppModel\Repository\Packages", STORE),
    // Microsoft Defender: exclusions, attack surface rules, protected folders, versions; products registered beside it.
    values(A::RegistryDefender, r"HKLM\SOFTWARE\Microsoft\Windows Defender"),
    tree(A::RegistryDefender, r"HKLM\SOFTWARE\Microsoft\Windows Defender\Exclusions"),
    values(A::RegistryDefender, r"HKLM\SOFTWARE\Microsoft\Windows Defender\Features"),
    values(A::RegistryDefender, r"HKLM\SOFTWARE\Microsoft\Windows Defender\Real-Time Protection"),
    values(A::RegistryDefender, r"HKLM\SOFTWARE\Microsoft\Windows Defender\Signature Updates"),
    values(A::RegistryDefender, r"HKLM\SOFTWARE\Microsoft\Windows Defender\Policy Manager"),
    tree(A::RegistryDefender, r"HKLM\SOFTWARE\Microsoft\Windows Defender\Windows Defender Exploit Guard"),
    tree(A::RegistryDefender, r"HKLM\SOFTWARE\Policies\Microsoft\Windows Defender"),
    // Its forerunner on Windows 7: Security Essentials, Forefront and System Center Endpoint Protection.
    values(A::RegistryDefender, r"HKLM\SOFTWARE\Microsoft\Microsoft Antimalware"),
    tree(A::RegistryDefender, r"HKLM\SOFTWARE\Microsoft\Microsoft Antimalware\Exclusions"),
    tree(A::RegistryDefender, r"HKLM\SOFTWARE\Policies\Microsoft\Microsoft Antimalware\Exclusions"),
    tree(A::RegistryDefender, r"HKLM\SOFTWARE\Microsoft\Security Center\Provider"),
    // Whether the firewall is on, by profile and by policy; its thousands of rules are not collected.
    values(A::RegistryFirewall, r"HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\DomainProfile"),
    values(A::RegistryFirewall, r"HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\StandardProfile"),
    values(A::RegistryFirewall, r"HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\PublicProfile"),
    values(A::RegistryFirewall, r"HKLM\SOFTWARE\Policies\Microsoft\WindowsFirewall\DomainProfile"),
    values(A::RegistryFirewall, r"HKLM\SOFTWARE\Policies\Microsoft\WindowsFirewall\StandardProfile"),
    values(A::RegistryFirewall, r"HKLM\SOFTWARE\Policies\Microsoft\WindowsFirewall\PublicProfile"),
    // What keeps a program or DLL from starting as it is: debuggers put in front, compatibility modes, AppLocker, SRP.
    part(A::RegistryExecution, r"HKLM\SOFTWARE\{32}Microsoft\Windows NT\CurrentVersion\Image File Execution Options", PROGRAMS),
    values(A::RegistryExecution, r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\AppCompatFlags\Layers"),
    values(A::RegistryExecution, r"HKCU\Software\Microsoft\Windows NT\CurrentVersion\AppCompatFlags\Layers"),
    tree(A::RegistryExecution, r"HKLM\SOFTWARE\Policies\Microsoft\Windows\SrpV2\Dll"),
    tree(A::RegistryExecution, r"HKLM\SOFTWARE\Policies\Microsoft\Windows\SrpV2\Exe"),
    tree(A::RegistryExecution, r"HKLM\SOFTWARE\Policies\Microsoft\Windows\Safer\CodeIdentifiers"),
    part(A::RegistryExecution, r"HKLM\SOFTWARE\Microsoft\Windows\Windows Error Reporting\LocalDumps", PROGRAMS),
    tree(A::RegistryProfileList, r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList"),
    part(A::RegistryServices, r"HKLM\SYSTEM\CurrentControlSet\Services", KERIO_SERVICES),
    // Windows: version, folders, pending restarts and installations, time with its zone and source, code pages,
    // environment, profile technology, paging, proxy, the disk's model.
    values(A::RegistryWindows, r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion"),
    values(A::RegistryWindows, r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion"),
    values(A::RegistryWindows, r"HKLM\SYSTEM\CurrentControlSet\Control\Session Manager"),
    values(A::RegistryWindows, r"HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment"),
    values(A::RegistryWindows, r"HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Memory Management"),
    tree(A::RegistryWindows, r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired"),
    tree(A::RegistryWindows, r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending"),
    values(A::RegistryWindows, r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootInProgress"),
    values(A::RegistryWindows, r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\PackagesPending"),
    values(A::RegistryWindows, r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Installer\InProgress"),
    values(A::RegistryWindows, r"HKLM\SOFTWARE\Microsoft\Updates"),
    values(A::RegistryWindows, r"HKLM\SYSTEM\CurrentControlSet\Control\TimeZoneInformation"),
    part(A::RegistryWindows, r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Time Zones", OWN_ZONE),
    values(A::RegistryWindows, r"HKLM\SYSTEM\CurrentControlSet\Control\Nls\CodePage"),
    values(A::RegistryWindows, r"HKLM\SYSTEM\CurrentControlSet\Services\W32Time\Parameters"),
    values(A::RegistryWindows, r"HKLM\SYSTEM\CurrentControlSet\Control\FileSystem"),
    values(A::RegistryWindows, r"HKLM\SYSTEM\CurrentControlSet\Control\ProductOptions"),
    values(A::RegistryWindows, r"HKLM\SYSTEM\CurrentControlSet\Control\Terminal Server"),
    values(A::RegistryWindows, r"HKLM\SYSTEM\CurrentControlSet\Services\disk\Enum"),
    values(A::RegistryWindows, r"HKLM\SOFTWARE\FSLogix\Profiles"),
    tree(A::RegistryWindows, r"HKLM\SOFTWARE\Policies\FSLogix"),
    values(A::RegistryWindows, r"HKLM\SOFTWARE\Policies\Citrix\UserProfileManager"),
    values(A::RegistryWindows, r"HKLM\SOFTWARE\Policies\Microsoft\Windows\CurrentVersion\Internet Settings"),
    values(A::RegistryWindows, r"HKCU\Software\Microsoft\Windows\CurrentVersion\Internet Settings"),
    // Where people's folders are, and what redirects or syncs them.
    tree(A::RegistryUserFolders, r"HKLM\SOFTWARE\Policies\Microsoft\OneDrive"),
    tree(A::RegistryUserFolders, r"HKCU\Software\Policies\Microsoft\OneDrive"),
    values(A::RegistryUserFolders, r"HKCU\Software\Microsoft\Windows\CurrentVersion\Explorer\User Shell Folders"),
    tree(A::RegistryUserFolders, r"HKCU\Network"),
    values(A::RegistryUserFolders, r"HKCU\Environment"),
    tree(A::RegistryUserFolders, r"HKCU\Software\Microsoft\OneDrive\Accounts"),
    // Policies.
    tree(A::RegistryPolicies, r"HKLM\SOFTWARE\{32}Policies\Microsoft\Office"),
    tree(A::RegistryPolicies, r"HKCU\Software\Policies\Microsoft\Office"),
    tree(A::RegistryPolicies, r"HKCU\Software\Policies\Microsoft\Cloud\Office"),
    // Trust anchors and distrusted certificates.
    tree(A::RegistryCertificates, r"HKLM\SOFTWARE\Microsoft\SystemCertificates\ROOT"),
    tree(A::RegistryCertificates, r"HKLM\SOFTWARE\Microsoft\SystemCertificates\AuthRoot"),
    tree(A::RegistryCertificates, r"HKLM\SOFTWARE\Microsoft\SystemCertificates\CA"),
    tree(A::RegistryCertificates, r"HKLM\SOFTWARE\Microsoft\SystemCertificates\Disallowed"),
    tree(A::RegistryCertificates, r"HKLM\SOFTWARE\Microsoft\EnterpriseCertificates\Root"),
    tree(A::RegistryCertificates, r"HKLM\SOFTWARE\Policies\Microsoft\SystemCertificates\Root"),
    tree(A::RegistryCertificates, r"HKLM\SOFTWARE\Policies\Microsoft\SystemCertificates\Disallowed"),
    tree(A::RegistryCertificates, r"HKCU\Software\Microsoft\SystemCertificates\Root"),
    tree(A::RegistryCertificates, r"HKCU\Software\Microsoft\SystemCertificates\CA"),
    tree(A::RegistryCertificates, r"HKCU\Software\Microsoft\SystemCertificates\Disallowed"),
];
