//! Groups of artifacts, as a person agrees to them or leaves them out. Owns which artifact belongs to which, and which
//! ones need a yes of their own; the words are in `messages/`.

use koff_bundle::artifact::Artifact;

/// One line of the window's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// Windows, drives, people.
    Pc,
    /// The connector's settings, programs and files.
    Connector,
    /// Outlook and Office.
    Office,
    /// Log files.
    Logs,
    /// Events and crash reports.
    Records,
    /// Virus protection and certificates.
    Security,
    /// The connector's DLLs themselves.
    Files,
    /// Pictures of the screen.
    Screen,
    /// One contact with the mail server.
    Server,
}

impl Group {
    /// Every group, in the order shown.
    pub const ALL: &[Self] = &[
        Self::Connector,
        Self::Office,
        Self::Logs,
        Self::Records,
        Self::Security,
        Self::Pc,
        Self::Screen,
        Self::Server,
        Self::Files,
    ];

    /// The group of an artifact.
    #[must_use]
    pub fn of(artifact: Artifact) -> Self {
        use Artifact as A;
        match artifact {
            A::Users
            | A::System
            | A::Volumes
            | A::RegistryProfileList
            | A::RegistryWindows
            | A::RegistryUserFolders => Self::Pc,
            A::Services
            | A::Folders
            | A::Programs
            | A::Databases
            | A::RegistryKerio
            | A::RegistryKerioUser
            | A::RegistryUninstall
            | A::RegistryServices
            | A::RegistryComServers => Self::Connector,
            A::Processes
            | A::RegistryOutlookProfiles
            | A::RegistryOutlookUser
            | A::RegistryOutlookMachine
            | A::RegistryMessaging
            | A::RegistryMailClients
            | A::RegistryClickToRun
            | A::RegistryOfficeMsi
            | A::RegistryOfficeAccount
            | A::OfficeLicences
            | A::RegistryAddins
            | A::RegistryAppx
            | A::RegistryPolicies
            | A::Mapisvc => Self::Office,
            A::ConnectorLogs | A::IndexerLogs | A::FirebirdLogs | A::UpdaterLogs | A::InstallerLogs => Self::Logs,
            A::EventsApplication | A::EventsSystem | A::EventsOutlookAlerts | A::CrashDumps | A::ErrorReports => {
                Self::Records
            }
            A::EventsDefender
            | A::RegistryDefender
            | A::RegistryFirewall
            | A::RegistryExecution
            | A::RegistryCertificates
            | A::Catalogues => Self::Security,
            A::ConnectorDlls => Self::Files,
            A::Pictures => Self::Screen,
            A::Reachability => Self::Server,
        }
    }

    /// Its artifacts, in the order of the plan.
    pub fn artifacts(self) -> impl Iterator<Item = Artifact> {
        Artifact::ALL.iter().copied().filter(move |artifact| Self::of(*artifact) == self)
    }

    /// Its name in `messages/`.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Pc => "pc",
            Self::Connector => "connector",
            Self::Office => "office",
            Self::Logs => "logs",
            Self::Records => "records",
            Self::Security => "security",
            Self::Files => "files",
            Self::Screen => "screen",
            Self::Server => "server",
        }
    }

    /// Whether it is collected only where somebody asked for it.
    #[must_use]
    pub fn needs_consent(self) -> bool {
        matches!(self, Self::Files | Self::Screen | Self::Server)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::Messages;

    #[test]
    fn every_artifact_is_in_a_group_that_is_shown_and_has_its_words() {
        for artifact in Artifact::ALL {
            assert!(Group::ALL.contains(&Group::of(*artifact)), "{}", artifact.id());
        }
        for language in Messages::languages() {
            let messages = Messages::for_tag(language);
            for group in Group::ALL {
                for key in [format!("group.{}", group.id()), format!("group.{}.why", group.id())] {
                    assert_ne!(messages.text(&key), key);
                }
                assert!(group.artifacts().next().is_some(), "{group:?} is empty");
            }
        }
    }
}
