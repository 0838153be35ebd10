//! The artifact catalogue: the stable id of everything a bundle can hold, what it is for, who reads it. One line an
//! artifact; the collector's `source` must then say how to obtain it (its match is exhaustive).

macro_rules! catalogue {
    ($($(#[$doc:meta])* $variant:ident = $id:literal, $purpose:literal, $reader:expr;)*) => {
        /// One kind of evidence. The variant's id is public: manifests, `--exclude` and the documentation use it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Artifact { $(#[doc = $purpose] $(#[$doc])* $variant,)* }

        impl Artifact {
            /// Every artifact, in the order of the plan.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The public id, kebab-case.
            #[must_use]
            pub fn id(self) -> &'static str {
                match self { $(Self::$variant => $id,)* }
            }

            /// What it is for, in words an end user understands.
            #[must_use]
            pub fn purpose(self) -> &'static str {
                match self { $(Self::$variant => $purpose,)* }
            }

            /// Which facts read it, or why none does.
            #[must_use]
            pub fn reader(self) -> Reader {
                match self { $(Self::$variant => $reader,)* }
            }

            /// The artifact called `id`.
            #[must_use]
            pub fn from_id(id: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|artifact| artifact.id() == id)
            }
        }
    };
}

/// Who reads an artifact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// These fact kinds (names as in `koff-analyze facts`).
    Facts(&'static [&'static str]),
    /// These fact kinds, for a person to look at; the reason why no rule asks for them.
    Shown(&'static [&'static str], &'static str),
    /// Nobody but a person; the reason.
    Raw(&'static str),
}

use Reader::{Facts, Raw, Shown};

catalogue! {
    Users = "users", "Who uses this PC, and whose Outlook is meant", Facts(&["user", "profile", "cache"]);
    System = "system", "Memory, updates and security products of this PC", Facts(&["system", "antivirus", "change"]);
    Volumes = "volumes", "Drives with their kind and free space", Facts(&["cache", "volume"]);
    Services = "services", "Windows services of the connector and whether they run", Facts(&["service"]);
    Processes = "processes", "Outlook and connector programs now running", Facts(&["process", "dll-load"]);
    Folders = "folders", "Names, sizes and dates of the connector's files", Facts(&["connector", "cache"]);
    Programs = "programs", "Version, signature and place of every connector DLL and program", Facts(&["dll", "connector"]);
    Databases = "databases", "Size and header of the local mail cache (never its content)", Facts(&["database"]);
    OfficeLicences = "office-licences", "Whether Office is activated, and until when (no product keys)", Shown(&["office", "licence"], "an Office that is not activated still starts");
    RegistryKerio = "registry-kerio", "Settings of the connector for this PC", Raw("nobody published what stands there; for a person who compares two PCs");
    RegistryKerioUser = "registry-kerio-user", "Settings of the connector for the user", Raw("nobody published what stands there; for a person who compares two PCs");
    RegistryOutlookProfiles = "registry-outlook-profiles", "Outlook profiles (no passwords)", Facts(&["profile"]);
    RegistryOutlookUser = "registry-outlook-user", "Outlook settings of the user", Facts(&["user", "disabled-item"]);
    RegistryOutlookMachine = "registry-outlook-machine", "Outlook settings of this PC", Facts(&["office"]);
    RegistryMessaging = "registry-messaging", "Windows mail subsystem", Raw("which program gets which MAPI; for a person, where the stub is in order and Outlook still fails");
    RegistryMailClients = "registry-mail-clients", "Which mail program Windows uses", Facts(&["mapi-stub", "mail-client"]);
    RegistryClickToRun = "registry-click-to-run", "Office version, channel and last update", Facts(&["office"]);
    RegistryOfficeMsi = "registry-office-msi", "Office installed by MSI", Raw("MSI Office is told by its programs entry and Outlook's folder; patches and codes are for a person");
    RegistryOfficeAccount = "registry-office-account", "By what way Office is activated (no product keys)", Shown(&["office"], "an Office that is not activated still starts");
    RegistryAddins = "registry-addins", "Outlook add-ins and whether they load", Facts(&["addin"]);
    RegistryUninstall = "registry-uninstall", "Installed programs of Kerio and Office", Facts(&["connector", "office"]);
    RegistryAppx = "registry-appx", "Office and Outlook from the Microsoft Store", Facts(&["office"]);
    RegistryDefender = "registry-defender", "Antivirus exclusions and policies", Facts(&["exclusion"]);
    RegistryFirewall = "registry-firewall", "Whether the Windows firewall is on", Raw("a firewall that is on is no fault; for a person who knows the network");
    RegistryExecution = "registry-execution", "What keeps programs from starting as they are", Raw("rare, and told apart only by a person: debuggers, compatibility modes, AppLocker");
    RegistryProfileList = "registry-profile-list", "User profiles of this PC", Raw("the list of users tells the same; for a person, where a profile is a temporary one");
    RegistryServices = "registry-services", "How the connector's services are set up", Facts(&["service"]);
    RegistryWindows = "registry-windows", "Windows version, pending restarts, time zone", Facts(&["system"]);
    RegistryUserFolders = "registry-user-folders", "Where the user's folders are", Raw("the list of users holds the folders; redirections and sync settings are for a person");
    RegistryPolicies = "registry-policies", "Office policies", Facts(&["user"]);
    RegistryCertificates = "registry-certificates", "Certificates this PC trusts or distrusts", Facts(&["dll"]);
    RegistryComServers = "registry-com-servers", "Where the connector's add-ins live", Facts(&["addin"]);
    Mapisvc = "mapisvc", "Outlook's list of mail services (MAPISVC.INF)", Facts(&["registration", "dll-reference"]);
    ConnectorLogs = "connector-logs", "Debug logs of the connector", Facts(&["log"]);
    IndexerLogs = "indexer-logs", "Logs of the connector's search index", Facts(&["log"]);
    FirebirdLogs = "firebird-logs", "Logs of the local database", Facts(&["log"]);
    UpdaterLogs = "updater-logs", "Logs of the connector's updater", Facts(&["log"]);
    InstallerLogs = "installer-logs", "Installation logs that mention Kerio", Facts(&["log"]);
    EventsApplication = "events-application", "Crashes and hangs that Windows recorded", Facts(&["event"]);
    EventsSystem = "events-system", "Service and disk events that Windows recorded", Facts(&["event"]);
    EventsDefender = "events-defender", "What Microsoft Defender blocked", Facts(&["event"]);
    EventsOutlookAlerts = "events-outlook-alerts", "Messages that Office showed", Facts(&["event"]);
    CrashDumps = "crash-dumps", "Which program part failed in a crash (never memory)", Raw("the crash events name the same module; the list of modules is for a person");
    Catalogues = "catalogues", "Security catalogues that sign a connector DLL", Facts(&["dll"]);
    ConnectorDlls = "connector-dlls", "The connector's DLLs themselves, where asked for", Raw("for a laboratory; rules judge their summaries");
    Pictures = "pictures", "Outlook's window and the icons beside the clock as pictures, where agreed to", Raw("a picture is for a person");
    Reachability = "reachability", "Whether the mail server of the profile answers, where agreed to", Facts(&["server-contact", "connector"]);
    ErrorReports = "error-reports", "Windows error reports about Outlook and the connector", Facts(&["event"]);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_are_unique_kebab_case_and_found_again() {
        let ids: BTreeSet<_> = Artifact::ALL.iter().map(|artifact| artifact.id()).collect();
        assert_eq!(ids.len(), Artifact::ALL.len());
        for artifact in Artifact::ALL {
            assert!(artifact.id().chars().all(|c| c.is_ascii_lowercase() || c == '-'));
            assert_eq!(Artifact::from_id(artifact.id()), Some(*artifact));
        }
    }
}
