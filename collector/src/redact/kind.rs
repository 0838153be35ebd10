//! What is masked, by kind: the ids that manifests count under and the prefixes that pseudonyms carry. Owns no rule of
//! what belongs to a kind.

/// The kind of a masked thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Account name, and the name of its profile folder.
    User,
    /// Display name of a person; its words are masked one by one, too.
    Person,
    /// Company or department a PC is registered to.
    Organisation,
    /// Mail address; local part and domain are masked apart.
    Mail,
    /// NetBIOS or DNS domain.
    Domain,
    /// The PC's own name.
    Host,
    /// Another machine's name: mail server, file server, proxy.
    Server,
    /// Name of an Outlook profile, and of its folder below `Kerio\Outlook Connector`.
    Profile,
    /// Name of a network share.
    Share,
    /// Name of a mail folder that the person chose.
    Folder,
    /// Security identifier of a domain or PC with its accounts.
    Sid,
    /// Serial number of a machine, disk or licence.
    Serial,
    /// GUID that identifies a person, mailbox or machine.
    Guid,
    /// IPv4 address.
    Ipv4,
    /// IPv6 address.
    Ipv6,
    /// Hardware address.
    Mac,
    /// Subject of a mail.
    Subject,
    /// What somebody searched for.
    Term,
    /// Path and query of a web address.
    Url,
    /// Password, token, key, cookie: removed in every mode, never pseudonymised.
    Secret,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 20] = [
        Self::User,
        Self::Person,
        Self::Organisation,
        Self::Mail,
        Self::Domain,
        Self::Host,
        Self::Server,
        Self::Profile,
        Self::Share,
        Self::Folder,
        Self::Sid,
        Self::Serial,
        Self::Guid,
        Self::Ipv4,
        Self::Ipv6,
        Self::Mac,
        Self::Subject,
        Self::Term,
        Self::Url,
        Self::Secret,
    ];

    /// The id that [`koff_bundle::manifest::Redaction::masks`] counts under.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Person => "person",
            Self::Organisation => "organisation",
            Self::Mail => "mail",
            Self::Domain => "domain",
            Self::Host => "host",
            Self::Server => "server",
            Self::Profile => "profile",
            Self::Share => "share",
            Self::Folder => "folder",
            Self::Sid => "sid",
            Self::Serial => "serial",
            Self::Guid => "guid",
            Self::Ipv4 => "ipv4",
            Self::Ipv6 => "ipv6",
            Self::Mac => "mac",
            Self::Subject => "subject",
            Self::Term => "term",
            Self::Url => "url",
            Self::Secret => "secret",
        }
    }

    /// The word that a pseudonym of this kind begins with; kinds with a shape of their own have none.
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Self::User => "USER",
            Self::Person => "PERSON",
            Self::Organisation => "ORG",
            Self::Mail => "mail",
            Self::Domain => "DOMAIN",
            Self::Host => "HOST",
            Self::Server => "SERVER",
            Self::Profile => "PROFILE",
            Self::Share => "SHARE",
            Self::Folder => "FOLDER",
            Self::Serial => "SERIAL",
            Self::Subject => "SUBJECT",
            Self::Term => "TERM",
            Self::Url => "URL",
            Self::Sid | Self::Guid | Self::Ipv4 | Self::Ipv6 | Self::Mac | Self::Secret => "",
        }
    }
}
