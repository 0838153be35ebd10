//! Words that decide how far a name may be hunted: words that identify nobody, words that stand everywhere for another
//! reason, and the hosts and folders that everybody's PC has. Owns the tables; masks nothing.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

/// How far a learned name is hunted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strength {
    /// Identifies nobody (`admin`, `Outlook`): stays everywhere, so that it stays the same everywhere.
    Public,
    /// A name, but also an ordinary word (`max`, `temp`, initials): masked only where the place says that it is a name
    /// (part of a path, side of a mail address, labelled field, whole value), else the text would be wrecked.
    Placed,
    /// Digits (`4711`, `16.0`), which stand everywhere: masked only where the place says whose they are (as a home folder,
    /// side of an address, behind a domain, labelled field or value).
    Number,
    /// A word of Windows, of logs or of our own records (`temp`, `data`): masked only as a home folder or a side of an
    /// address.
    Vocabulary,
    /// Masked wherever it stands as a word.
    Everywhere,
}

/// How far `name` is hunted.
pub(crate) fn strength(name: &str) -> Strength {
    let folded = name.to_lowercase();
    match KNOWN.get(folded.as_str()) {
        Some(strength) => *strength,
        None if folded.is_empty() || is_own_id(&folded) => Strength::Public,
        None if folded.chars().all(|c| c.is_numeric() || c.is_ascii_punctuation()) => Strength::Number,
        None if folded.chars().count() < 3 => Strength::Placed,
        None => Strength::Everywhere,
    }
}

/// `user-1`, as bundles call people among themselves.
fn is_own_id(folded: &str) -> bool {
    folded.strip_prefix("user-").is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Every word of the tables below; where two hold the same, the milder judgement counts.
static KNOWN: LazyLock<HashMap<&str, Strength>> = LazyLock::new(|| {
    let all = |list: &'static str, strength| list.split_ascii_whitespace().map(move |word| (word, strength));
    all(ORDINARY, Strength::Placed)
        .chain(all(VOCABULARY, Strength::Vocabulary))
        .chain(all(STRUCTURE, Strength::Vocabulary))
        .chain(all(PUBLIC, Strength::Public))
        .chain(PUBLIC_PHRASES.iter().map(|phrase| (*phrase, Strength::Public)))
        .collect()
});

/// Names that identify nobody.
const PUBLIC: &str = "\
    updaterservice koffbackend kofmsp clicktorun wow6432node mapisvc manticore searchd firebird hp dell lenovo acer asus \
    admin administrator administrateur administrador arbeitsgruppe benutzer builtin default defaultaccount \
    defaultuser0 desktop example everyone gast guest home jeder kerio koff localhost localservice mail microsoft \
    mshome networkservice nt-autorität office outlook owner pc profile profil public root server service standard \
    support system systemprofile test tester trustedinstaller user username users utilisateur wdagutilityaccount \
    windows wineuser workgroup info postmaster noreply no-reply webmaster mailer-daemon mapi backup outlook1 \
    outlook2 neu new old alt user1 user2 admin1";

/// The same, of several words.
const PUBLIC_PHRASES: &[&str] = &[
    "outlook connector",
    "outlook connector (offline edition)",
    "kerio outlook connector (offline edition)",
    "kerio updater service",
    "kerio technologies",
    "kerio technologies s.r.o.",
    "gfi software",
    "microsoft corporation",
    "microsoft outlook",
    "microsoft office",
    "windows messaging subsystem",
    "windows defender",
    "windows nt",
    "windows user",
    "windows-benutzer",
    "program files",
    "program files (x86)",
    "common files",
    "outlook logging",
    "outlook files",
    "outlook-dateien",
    "documents and settings",
    "all users",
    "default outlook profile",
    "default profile",
    "default user",
    "kerio connect",
    "kerio outlook connector",
    "local service",
    "local system",
    "network service",
    "nt authority",
    "nt service",
];

/// Ordinary words of English or German text that are also given names or surnames.
const ORDINARY: &str = "\
    amber april art august bauer becker berg bill black bob brown chance chase chip christian cook dean dick don \
    drew earl ernst faith fischer fox frank fuchs gene grace grant gray green gross gut guy hall hans hardy haus \
    herb herr hill hof hope hunter iris ivy jack jade jay jean joy june kai kaiser karl king klein koch kraft \
    krause kurt lake lance land lang law lee long mac major mark marsh mason max may meister metzger mike miles \
    min mut neumann nick page park parker pat paul penny pfeil pierce pool porter potter price ray reader recht \
    rich richter rob robin rock rod root rose roth ruby rusty sage sandy sauer schmidt schneider schreiber schwarz \
    sharp short sky small smart smith sol sommer stein stern stolz stone sue summer tab taylor terry tim tom tony \
    trip van vera victor violet vogel wade walker ward weaver weber weiss west white will winter wise wolf wood \
    writer young zimmer";

/// Words of records, manifests, registry, Windows paths and logs.
const VOCABULARY: &str = "\
    absent access account accounts active add addin addins address agent ago alias all alle alpha and anna1 any \
    app appdata application arbeitsplatz are arm64 auf aus auth automatic base bei beta big bis block boot buero \
    bundle but byte bytes büro cache calendar calendarserver call can case center central certificate change \
    channel client clients close code com complete computer computer1 config connect connection connector contact \
    contacts content control core count created csv current currentversion daemon das data database date day debug \
    delete dem den denied der des detail dev device did die dir disabled disk display dll document documents \
    domain download downloads drive driver durch edition ein eine email empty enabled end engine entries entry \
    error event events exchange exe failed false fatal fehler few file files filter firebird firma fixed flags \
    folder folders for found from ftp full für gamma gateway get global got group groups had handle has have \
    header her heute high him his host hostname how html http https icon id image imap import inbox index inf \
    input install installed internal internet ist item items its java job json kein key keys kind label lan laptop \
    last ldap length let level library license line link list live load local localappdata location lock locked \
    log login logs loose low machine mailbox main man manager manual map master medium mein member memory message \
    method missing mit mobile mode modified module monitor mrs nach name names net network netzwerk nicht node \
    none normal not note notebook notes now null number nur object oder offline ohne one online open option order \
    origin other our out output owner pad panel parent part partner password path pause pdf pending per phone ping \
    place plan platform plugin policies policy port post praxis prefix preview print printer privacy privat \
    private problem process processes product profilelist profiles program programdata programfiles programs \
    project protocol provider proxy put query queue ram range raw read reason receive rechner record recorded \
    redacted registry release remote removable remove report request reset resolver response result right roaming \
    role route router rule run running sales sample save saw say scan school script search section secure security \
    see sein select send sent services session set setting settings setup share shared she shell show shutdown \
    sich sie signer sind site size smtp software source space spool sql ssl staff start started state status stop \
    stopped storage store stream string student study sub switch sync system32 syswow64 table tar target task \
    tasks team teamviewer temp template ten text that the this thread time timeout title tls tmp token too tool \
    tools top total trace tray trial true truncated two txt type und uninstall unknown unsupported unter update \
    updater updates upgrade url use utf value values vendor version view virtual vista vmware volume volumes vom \
    von vor war warning was watch way web webdav webmail weg who why width wie window wird withheld word work \
    workspace workstation world write writers written x64 x86 xml yes yet you your zip zone über";

/// Parts of the registry keys and paths by which a diagnosis goes: a person who is called like one must not change it.
const STRUCTURE: &str = "\
    accessprotection addinloadtimes adobe applications appcompatflags appmodel apps appx appxalluserstore arm64x associations \
    autodiscover autoupdate backups \
    citrix classes clicktorun client clients clsid codeidentifiers com common commonfiles components configuration \
    connector contab control controlset001 currentcontrolset currentversion disableditems disk dll documents domainprofile \
    downloads drivers edition emablt enum environment events exchange exclusions exe explorer extensions features filesystem \
    firewallpolicy fslogix gfi globallyopenports hkey_current_user hkey_local_machine hkey_users identities identity \
    inprocserver32 inprogress installer installroot interfaces internet kofmsp32 koffindexingservice \
    layers licensing lists localdumps locallow localserver32 mailto mapi32 microsoft msmapi msmapi32 msmapiapps msnsf mspst \
    network offline office11 office12 office14 office15 office16 onedrive options outlook.exe packagerepository packages \
    packagespending parameters paths permissions platform policies preferences processes productoptions productreleaseids \
    products productversion programfilescommonarm64 programfilescommonx64 programfilescommonx86 programfilesx64 \
    programfilesx86 publicprofile rebootinprogress rebootpending rebootrequired registration registry repository resiliency \
    roamcache roots safer scenario serviceprofiles settings sharedaccess shell signatures srpv2 standardprofile startupitems \
    systemarm64 systemcertificates systemx64 systemx86 temporarypaths timezoneinformation trustedpublisher typelib uninstall \
    updatestatus urlassociations userchoice userdata userinfo userprofilemanager vfs virtualstore w32time wer winevt \
    windowsfirewall windowsupdate winlogon word wow64 wow6432 wow6432node";

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

/// Whether a field, value or key of this name holds names of people or machines.
pub(crate) fn tells_who(label: &str) -> bool {
    let folded = label.to_lowercase();
    ["user", "name", "account", "profile", "owner", "login", "logon", "person", "host", "computer", "serial", "mail"]
        .iter()
        .any(|word| folded.contains(word))
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
const VENDORS: &str = "\
    1und1.de adobe.com akamai.net apple.com avast.com avg.com avira.com bitdefender.com bing.com broadcom.com \
    cloudflare.com cloudfront.net comodoca.com debian.org dell.com digicert.com dropbox.com entrust.net eset.com \
    firebirdsql.org freenet.de fsecure.com gfi.com gfisoftware.com github.com githubusercontent.com globalsign.com \
    globalsign.net gmail.com gmx.at gmx.ch gmx.de gmx.net godaddy.com google.com googleapis.com googlemail.com \
    gstatic.com hotmail.com hp.com icloud.com iana.org ietf.org intel.com ionos.de kaspersky.com kerio.com \
    kerio.co.uk kerio.cz kerioconnect.com kerio.cloud lencr.org lenovo.com letsencrypt.org live.com \
    malwarebytes.com manticoresearch.com mcafee.com microsoft.com microsoftonline.com mozilla.org msedge.net \
    msn.com norton.com office.com office.net office365.com onmicrosoft.de openssl.org oracle.com outlook.com \
    outlook.de sectigo.com sophos.com sphinxsearch.com symantec.com symcb.com t-online.de trendmicro.com \
    usertrust.com verisign.com virustotal.com w3.org web.de webroot.com windows.com windows.net windowsupdate.com \
    winehq.org xmlsoap.org openxmlformats.org yahoo.com yahoo.de";

/// The same, and what is reserved for documentation or the PC itself.
static PUBLIC_DOMAINS: LazyLock<HashSet<&str>> =
    LazyLock::new(|| VENDORS.split_ascii_whitespace().chain(["example", "in-addr.arpa"]).collect());

/// Whether `host` belongs to a vendor or a public provider, or is reserved for documentation or the PC itself.
pub(crate) fn is_public_host(host: &str) -> bool {
    let folded = host.trim_end_matches('.').to_ascii_lowercase();
    let mut below = std::iter::successors(Some(folded.as_str()), |rest| Some(rest.split_once('.')?.1));
    folded == "localhost" || below.any(|domain| PUBLIC_DOMAINS.contains(domain))
}

/// Host labels that say what a machine does, not whose it is.
pub(crate) fn is_service_label(label: &str) -> bool {
    const LABELS: &str = "\
    www mail smtp imap pop pop3 mx mx1 mx2 webmail autodiscover autoconfig ftp ldap owa cdn download api \
    connect kerio server proxy gateway vpn dc dns";
    LABELS.split_ascii_whitespace().any(|known| known.eq_ignore_ascii_case(label))
}

/// Mail folders that every mailbox has.
pub(crate) fn is_standard_folder(name: &str) -> bool {
    const FOLDERS: &str = "inbox, posteingang, deleted items, gelöschte elemente, gelöschte objekte, sent items, gesendete elemente, gesendete objekte, drafts, entwürfe, junk e-mail, junk-e-mail, outbox, postausgang, calendar, kalender, contacts, kontakte, tasks, aufgaben, notes, notizen, journal, trash, suggested contacts, public folders, conflicts, sync issues, rss feeds, archive, archiv";
    FOLDERS.split(", ").any(|known| known == name.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_words_are_not_hunted_through_the_text() {
        for nobody in ["Admin", "user-1"] {
            assert_eq!(strength(nobody), Strength::Public, "{nobody}");
        }
        for placed in ["max", "AB"] {
            assert_eq!(strength(placed), Strength::Placed, "{placed}");
        }
        for number in ["4711", "10", "16.0", "00000001"] {
            assert_eq!(strength(number), Strength::Number, "{number}");
        }
        assert_eq!(strength("Temp"), Strength::Vocabulary);
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
