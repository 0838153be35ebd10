//! Words that decide how far a name may be hunted: words that identify nobody, words that stand everywhere for another
//! reason, and the hosts and folders that everybody's PC has. Owns the tables; masks nothing.

/// How far a learned name is hunted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strength {
    /// Identifies nobody (`admin`, `Outlook`): stays everywhere, so that it stays the same everywhere.
    Public,
    /// A name, but also an ordinary word (`max`, `temp`, initials): masked only where the place says that it is a name
    /// (part of a path, side of a mail address, labelled field, whole value), else the text would be wrecked.
    Placed,
    /// Masked wherever it stands as a word.
    Everywhere,
}

/// How far `name` is hunted.
pub(crate) fn strength(name: &str) -> Strength {
    let folded = name.to_lowercase();
    if PUBLIC.contains(&folded.as_str()) || folded.is_empty() {
        Strength::Public
    } else if folded.chars().count() < 3
        || folded.chars().all(|c| c.is_numeric() || c.is_ascii_punctuation())
        || ORDINARY.iter().any(|line| line.split(' ').any(|word| word == folded))
    {
        Strength::Placed
    } else {
        Strength::Everywhere
    }
}

/// Names that identify nobody.
const PUBLIC: &[&str] = &[
    "admin",
    "administrator",
    "administrateur",
    "administrador",
    "all users",
    "arbeitsgruppe",
    "benutzer",
    "builtin",
    "default",
    "default outlook profile",
    "default profile",
    "default user",
    "defaultaccount",
    "defaultuser0",
    "desktop",
    "example",
    "everyone",
    "gast",
    "guest",
    "home",
    "jeder",
    "kerio",
    "kerio connect",
    "kerio outlook connector",
    "koff",
    "localhost",
    "local service",
    "local system",
    "localservice",
    "mail",
    "microsoft",
    "mshome",
    "network service",
    "networkservice",
    "nt authority",
    "nt service",
    "nt-autorität",
    "office",
    "outlook",
    "owner",
    "pc",
    "profile",
    "profil",
    "public",
    "root",
    "server",
    "service",
    "standard",
    "support",
    "system",
    "systemprofile",
    "test",
    "tester",
    "trustedinstaller",
    "user",
    "username",
    "users",
    "utilisateur",
    "wdagutilityaccount",
    "windows",
    "wineuser",
    "workgroup",
    "info",
    "postmaster",
    "noreply",
    "no-reply",
    "webmaster",
    "mailer-daemon",
    "mapi",
    "backup",
    "outlook1",
    "outlook2",
    "neu",
    "new",
    "old",
    "alt",
    "user1",
    "user2",
    "admin1",
];

/// Ordinary words that are also given names, surnames or likely machine names, and the vocabulary of bundles, Windows
/// paths and logs.
const ORDINARY: &[&str] = &[
    // Given names and surnames that English or German text holds anyway.
    "art bill bob chance chase chip christian dean dick don drew earl ernst faith frank gene grace grant guy hans hardy",
    "herb hope iris ivy jack jade jay jean joy june kai karl king kurt lance long lee mac major mark marsh mason max may",
    "mike miles min nick page pat paul penny pierce price ray rich rob robin rock rod rose ruby rusty sandy sage sky sol",
    "sue summer tab terry tim tom tony trip van vera victor violet wade ward will winter wood young amber april august",
    "bauer becker berg fischer fuchs gross gut haus herr hof kaiser klein koch krause kraft land lang meister metzger mut",
    "neumann pfeil recht richter roth sauer schmidt schneider schreiber schwarz sommer stein stern stolz vogel weber weiss",
    "wolf zimmer black brown cook fox green gray hall hill hunter law lake park parker pool porter potter reader root",
    "sharp short small smart smith stone taylor walker weaver west white wise writer",
    // Vocabulary of records, manifests, registry and logs.
    "absent access account accounts active add addin addins address agent alias alpha app appdata application arm64 auth",
    "automatic base beta block boot bundle byte bytes cache calendar call case center central certificate change channel",
    "client clients close code com complete computer config connect connection connector contact contacts content control",
    "core count created current daemon data database date debug delete denied detail dev device dir disabled disk display",
    "dll document documents domain download downloads drive driver edition email empty enabled end engine entries entry",
    "error event events exe failed false fatal file files filter firebird fixed flags folder folders found from ftp full",
    "gamma gateway get global group groups handle header high host hostname http https icon id image imap import inbox",
    "index inf input install installed internal internet item items java job key keys kind label lan last ldap length",
    "level library license line link list live load local location lock locked log login logs loose low machine main",
    "manager manual map master medium member memory message method missing mobile mode modified module monitor name names",
    "net network node none normal note notes null number object offline one online open option order origin other output",
    "owner pad panel parent part partner password path pause pending phone ping place plan platform plugin policy port post",
    "prefix preview print printer private problem process processes product profiles program programs project protocol",
    "provider proxy query queue ram range raw read reason receive record recorded redacted registry release remote",
    "removable remove report request reset resolver response result right roaming role route router rule running sales",
    "sample save scan school script search section secure security select send sent session set setting settings setup",
    "share shared shell show shutdown signer site size smtp software source space spool sql ssl staff start started state",
    "status stop stopped storage store stream string student study sub switch sync table target task tasks team teamviewer",
    "temp template text thread time timeout title tls tmp token tool tools total trace tray trial true truncated two type",
    "unknown unsupported update updater updates upgrade url utf value values vendor version view virtual vista vmware",
    "volume volumes warning watch web webdav webmail width window withheld word work workspace world write writers written",
    "x64 x86 yes zone alle anna1 auf aus bei bis computer1 das dem den der des die durch ein eine fehler firma für heute",
    "ist kein mein mit nach nicht nur oder ohne privat sein sich sie sind über und unter vom von vor war was weg wie wird",
    "you your the this that and are but can did for had has have her him his how its let not now our out say she too use",
    "was way who why all any big day few got man mrs per put run saw see ten ago yet top zip tar pdf txt xml json html csv",
    "localappdata programdata programfiles system32 syswow64 currentversion policies profilelist services uninstall",
    "privacy mailbox exchange calendarserver notebook laptop workstation netzwerk rechner arbeitsplatz buero büro praxis",
];

/// Whether records of ours hold `text` as one of a few choices (`fixed`, `complete`): it stays, even where a user has
/// that name, or the record could not be read any more.
pub(crate) fn is_choice(text: &str) -> bool {
    const CHOICES: &str = "absent active application arm64 automatic boot closing complete connection data demand denied \
        desktop disabled disk downloads driver established failed fixed icon installer install installed live loaded locked \
        loose machine manual mapisvc office optical other outlook_logging path paused pending process profile program \
        programs programdata program_data ram recorded redacted remote removable roaming running service skipped start_pending \
        stop_pending stopped syn_sent listen system temp timed_out truncated unsupported updater user withheld x64 x86 file \
        not_collected";
    CHOICES.split_ascii_whitespace().any(|choice| choice == text)
}

/// Whether `name` is a folder directly below `Users` that every PC has.
pub(crate) fn is_shared_profile(name: &str) -> bool {
    let folded = name.to_lowercase();
    matches!(
        folded.as_str(),
        "public" | "default" | "default user" | "all users" | "defaultuser0" | "defaultapppool" | "." | ".."
    ) || strength(name) == Strength::Public
}

/// Domains whose names identify a vendor, a mail provider or nothing, not a customer; sub-domains included.
const VENDORS: &[&str] = &[
    "1und1.de",
    "adobe.com",
    "akamai.net",
    "apple.com",
    "avast.com",
    "avg.com",
    "avira.com",
    "bitdefender.com",
    "bing.com",
    "broadcom.com",
    "cloudflare.com",
    "cloudfront.net",
    "comodoca.com",
    "debian.org",
    "dell.com",
    "digicert.com",
    "dropbox.com",
    "entrust.net",
    "eset.com",
    "firebirdsql.org",
    "freenet.de",
    "fsecure.com",
    "gfi.com",
    "gfisoftware.com",
    "github.com",
    "githubusercontent.com",
    "globalsign.com",
    "globalsign.net",
    "gmail.com",
    "gmx.at",
    "gmx.ch",
    "gmx.de",
    "gmx.net",
    "godaddy.com",
    "google.com",
    "googleapis.com",
    "googlemail.com",
    "gstatic.com",
    "hotmail.com",
    "hp.com",
    "icloud.com",
    "iana.org",
    "ietf.org",
    "intel.com",
    "ionos.de",
    "kaspersky.com",
    "kerio.com",
    "kerio.co.uk",
    "kerio.cz",
    "kerioconnect.com",
    "kerio.cloud",
    "lencr.org",
    "lenovo.com",
    "letsencrypt.org",
    "live.com",
    "malwarebytes.com",
    "manticoresearch.com",
    "mcafee.com",
    "microsoft.com",
    "microsoftonline.com",
    "mozilla.org",
    "msedge.net",
    "msn.com",
    "norton.com",
    "office.com",
    "office.net",
    "office365.com",
    "onmicrosoft.de",
    "openssl.org",
    "oracle.com",
    "outlook.com",
    "outlook.de",
    "sectigo.com",
    "sophos.com",
    "sphinxsearch.com",
    "symantec.com",
    "symcb.com",
    "t-online.de",
    "trendmicro.com",
    "usertrust.com",
    "verisign.com",
    "virustotal.com",
    "w3.org",
    "web.de",
    "webroot.com",
    "windows.com",
    "windows.net",
    "windowsupdate.com",
    "winehq.org",
    "xmlsoap.org",
    "openxmlformats.org",
    "yahoo.com",
    "yahoo.de",
];

/// Whether `host` belongs to a vendor or a public provider, or is reserved for documentation or the PC itself.
pub(crate) fn is_public_host(host: &str) -> bool {
    let folded = host.trim_end_matches('.').to_ascii_lowercase();
    let below = |domain: &str| folded.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    VENDORS.iter().any(|domain| below(domain)) || folded == "localhost" || below("example") || below("in-addr.arpa")
}

/// Host labels that say what a machine does, not whose it is.
pub(crate) fn is_service_label(label: &str) -> bool {
    const LABELS: &[&str] = &[
        "www",
        "mail",
        "smtp",
        "imap",
        "pop",
        "pop3",
        "mx",
        "mx1",
        "mx2",
        "webmail",
        "autodiscover",
        "autoconfig",
        "ftp",
        "ldap",
        "owa",
        "cdn",
        "download",
        "api",
        "connect",
        "kerio",
        "server",
        "proxy",
        "gateway",
        "vpn",
        "dc",
        "dns",
    ];
    LABELS.contains(&label.to_ascii_lowercase().as_str())
}

/// Mail folders that every mailbox has.
pub(crate) fn is_standard_folder(name: &str) -> bool {
    const FOLDERS: &[&str] = &[
        "inbox",
        "posteingang",
        "deleted items",
        "gelöschte elemente",
        "gelöschte objekte",
        "sent items",
        "gesendete elemente",
        "gesendete objekte",
        "drafts",
        "entwürfe",
        "junk e-mail",
        "junk-e-mail",
        "outbox",
        "postausgang",
        "calendar",
        "kalender",
        "contacts",
        "kontakte",
        "tasks",
        "aufgaben",
        "notes",
        "notizen",
        "journal",
        "trash",
        "suggested contacts",
        "public folders",
        "conflicts",
        "sync issues",
        "rss feeds",
        "archive",
        "archiv",
    ];
    FOLDERS.contains(&name.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_words_are_not_hunted_through_the_text() {
        assert_eq!(strength("Admin"), Strength::Public);
        for placed in ["max", "AB", "temp", "4711", "fixed"] {
            assert_eq!(strength(placed), Strength::Placed, "{placed}");
        }
        for name in ["anna", "Mustermann", "PC-0815", "müller"] {
            assert_eq!(strength(name), Strength::Everywhere, "{name}");
        }
    }

    #[test]
    fn a_customer_cannot_pass_for_a_vendor() {
        assert!(is_public_host("cdn.kerio.com") && is_public_host("KERIO.COM."));
        assert!(!is_public_host("notkerio.com") && !is_public_host("kerio.com.firma.de"));
    }
}
