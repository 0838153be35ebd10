//! Published limits for bundles that may be hostile, and the rules for member names. Owns the numbers and their names;
//! enforced by `reader`, and the name rules by `writer` too.

use serde::Serialize;

/// How much of a bundle is read. Whatever lies beyond a limit is a [`Problem`]; the rest is read all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Members.
    pub entries: u64,
    /// Raw bytes of one member.
    pub entry_bytes: u64,
    /// Raw bytes of all members together.
    pub total_bytes: u64,
    /// Raw bytes per compressed byte of one member, once it is larger than [`Limits::RATIO_FLOOR`].
    pub ratio: u64,
    /// Bytes of a member's name.
    pub name_bytes: u64,
    /// Folders that may lie around each other in a member's name.
    pub depth: u64,
    /// Raw bytes of a member that is read as a whole into memory (exports, facts; logs are streamed).
    pub memory_bytes: u64,
    /// Raw bytes of `manifest.json`.
    pub manifest_bytes: u64,
    /// Problems that somebody looked at and that no longer keep a member from being read.
    pub accepted: Accepted,
}

/// Some of [`What::ACCEPTABLE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Accepted(u64);

impl Accepted {
    /// These and `what`; what is not acceptable changes nothing.
    #[must_use]
    pub fn and(self, what: What) -> Self {
        if What::ACCEPTABLE.contains(&what) { Self(self.0 | 1 << what as u8) } else { self }
    }

    fn has(self, what: What) -> bool {
        self.0 >> what as u8 & 1 == 1
    }
}

impl Limits {
    /// Members up to this size may have any ratio: a page of zeros is no attack.
    pub const RATIO_FLOOR: u64 = 16 << 20;

    /// Whether a member's bytes are left out because of `what`: it [refuses](What::refuses) and nobody accepted it.
    #[must_use]
    pub fn refuses(&self, what: What) -> bool {
        what.refuses() && !self.accepted.has(what)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            entries: 10_000,
            entry_bytes: 8 << 30,
            total_bytes: 16 << 30,
            ratio: 250,
            name_bytes: 512,
            depth: 24,
            memory_bytes: 256 << 20,
            manifest_bytes: 32 << 20,
            accepted: Accepted::default(),
        }
    }
}

/// What is wrong with a member, or with the bundle around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum What {
    /// More members than [`Limits::entries`].
    Entries,
    /// A member larger than [`Limits::entry_bytes`].
    EntrySize,
    /// All members together larger than [`Limits::total_bytes`].
    TotalSize,
    /// A member that shrinks beyond belief.
    Ratio,
    /// A member too large to be read as a whole.
    MemorySize,
    /// A manifest larger than [`Limits::manifest_bytes`]; the members are read as loose evidence.
    ManifestSize,
    /// A name longer than [`Limits::name_bytes`].
    NameLength,
    /// More folders around each other than [`Limits::depth`].
    NameDepth,
    /// An empty name, or one with an empty part.
    NameEmpty,
    /// A name that is not UTF-8.
    NameEncoding,
    /// A name with control characters or characters Windows forbids.
    NameCharacters,
    /// A name that begins at a root.
    NameAbsolute,
    /// A name with a drive letter or a stream.
    NameDrive,
    /// A name with `..` or `.`.
    NameParent,
    /// A name with `\` between its parts, as PowerShell 5.1 writes; read with `/` instead.
    NameBackslash,
    /// A name that Windows gives to a device.
    NameDevice,
    /// A part that ends in a dot or blank, which Windows drops.
    NameTrailing,
    /// Two members with the same name; the first is read.
    Duplicate,
    /// Two members whose names differ in case only; the first is read.
    CaseClash,
    /// A symbolic link.
    Symlink,
    /// A member that shares bytes with another.
    Overlap,
    /// A member or directory that reaches beyond the file.
    Beyond,
    /// Local and central header disagree.
    HeaderMismatch,
    /// A member whose raw size is not what its header says.
    WrongSize,
    /// A member whose CRC-32 is not what its header says.
    WrongChecksum,
    /// An encrypted member.
    Encrypted,
    /// A compression method other than stored and deflate.
    Method,
    /// A deflate stream that is damaged or ends early.
    Damaged,
    /// Bytes in front of the first member.
    LeadingData,
    /// Bytes behind the end record.
    TrailingData,
    /// The end of the file is missing; members were found by their own headers.
    CutOff,
    /// The central directory ends before the number of members it announces.
    Directory,
    /// A member's digest is not the one in the manifest.
    DigestDiffers,
    /// A member of the manifest that is not in the bundle.
    MemberMissing,
    /// A member of the bundle that the manifest does not name.
    MemberUnexpected,
    /// The recorded flush points do not fit the member; it is read as one stream.
    FlushPoints,
    /// The operating system refused a file of a folder.
    Unreadable,
}

impl What {
    /// Every problem there is.
    pub const ALL: [Self; 37] = [
        Self::Entries,
        Self::EntrySize,
        Self::TotalSize,
        Self::Ratio,
        Self::MemorySize,
        Self::ManifestSize,
        Self::NameLength,
        Self::NameDepth,
        Self::NameEmpty,
        Self::NameEncoding,
        Self::NameCharacters,
        Self::NameAbsolute,
        Self::NameDrive,
        Self::NameParent,
        Self::NameBackslash,
        Self::NameDevice,
        Self::NameTrailing,
        Self::Duplicate,
        Self::CaseClash,
        Self::Symlink,
        Self::Overlap,
        Self::Beyond,
        Self::HeaderMismatch,
        Self::WrongSize,
        Self::WrongChecksum,
        Self::Encrypted,
        Self::Method,
        Self::Damaged,
        Self::LeadingData,
        Self::TrailingData,
        Self::CutOff,
        Self::Directory,
        Self::DigestDiffers,
        Self::MemberMissing,
        Self::MemberUnexpected,
        Self::FlushPoints,
        Self::Unreadable,
    ];

    /// Those that a person may accept ([`Limits::accepted`]). Nothing is ever unpacked, so that a name leads nowhere; what
    /// cannot be read, or could be read in two ways, stays left out.
    pub const ACCEPTABLE: [Self; 9] = [
        Self::NameEmpty,
        Self::NameCharacters,
        Self::NameAbsolute,
        Self::NameDrive,
        Self::NameParent,
        Self::NameDevice,
        Self::NameTrailing,
        Self::CaseClash,
        Self::Overlap,
    ];

    /// Its name in lists and on the command line, e.g. `name-parent`.
    #[must_use]
    pub fn id(self) -> String {
        let mut id = String::new();
        for c in format!("{self:?}").chars() {
            if c.is_ascii_uppercase() && !id.is_empty() {
                id.push('-');
            }
            id.push(c.to_ascii_lowercase());
        }
        id
    }

    /// Whether the member's bytes cannot be had because of it.
    #[must_use]
    pub fn refuses(self) -> bool {
        !matches!(
            self,
            Self::NameBackslash
                | Self::LeadingData
                | Self::TrailingData
                | Self::CutOff
                | Self::DigestDiffers
                | Self::MemberUnexpected
                | Self::HeaderMismatch
                | Self::FlushPoints
                | Self::NameEncoding
                | Self::Directory
                | Self::Entries
        )
    }

    /// Whether it says that the bundle is not as its collector wrote it.
    #[must_use]
    pub fn alters(self) -> bool {
        matches!(
            self,
            Self::DigestDiffers
                | Self::MemberMissing
                | Self::MemberUnexpected
                | Self::Duplicate
                | Self::CaseClash
                | Self::WrongChecksum
                | Self::WrongSize
                | Self::Damaged
                | Self::CutOff
                | Self::HeaderMismatch
        )
    }
}

/// One thing that is wrong with a bundle: the member, what was expected there, what was found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Problem {
    /// The member; empty for the bundle as a whole.
    pub member: String,
    /// What is wrong.
    pub what: What,
    /// What the format or the limit asks for.
    pub expected: String,
    /// What was found.
    pub found: String,
}

impl Problem {
    /// `what` is wrong with `member`.
    pub fn new(member: &str, what: What, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self { member: member.to_owned(), what, expected: expected.into(), found: found.into() }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let member = if self.member.is_empty() { "bundle".to_owned() } else { shown(&self.member) };
        write!(f, "{member}: expected {}, found {}", self.expected, self.found)
    }
}

const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];

/// Everything that is wrong with a member's name. A name with `\` is judged as if it had `/`.
#[must_use]
pub fn name_problems(name: &str, limits: &Limits) -> Vec<Problem> {
    let mut found = Vec::new();
    let mut wrong = |what, expected: &str| found.push(Problem::new(name, what, expected, shown(name)));
    let plain = name.replace('\\', "/");
    if plain != name {
        wrong(What::NameBackslash, "/ between the parts of a name");
    }
    if name.len() as u64 > limits.name_bytes {
        wrong(What::NameLength, &format!("a name of at most {} bytes", limits.name_bytes));
    }
    if plain.starts_with('/') {
        wrong(What::NameAbsolute, "a name relative to the bundle");
    }
    let relative = plain.trim_start_matches('/');
    let parts: Vec<&str> = relative.strip_suffix('/').unwrap_or(relative).split('/').collect();
    if parts.len() as u64 > limits.depth {
        wrong(What::NameDepth, &format!("at most {} folders", limits.depth));
    }
    if parts.contains(&"") {
        wrong(What::NameEmpty, "a name in every part of the path");
    }
    if parts.iter().any(|part| matches!(*part, "." | "..")) {
        wrong(What::NameParent, "a name without . and ..");
    }
    if plain.contains(':') {
        wrong(What::NameDrive, "a name without drive letter or stream");
    }
    if plain.chars().any(|c| c.is_control() || matches!(c, '<' | '>' | '"' | '|' | '?' | '*')) {
        wrong(What::NameCharacters, "characters that a Windows file name may have");
    }
    if parts.iter().any(|part| !part.trim_matches('.').is_empty() && part.ends_with(['.', ' '])) {
        wrong(What::NameTrailing, "parts that end in neither dot nor blank");
    }
    if parts.iter().any(|part| is_device(part)) {
        wrong(What::NameDevice, "a name that is not a Windows device");
    }
    found
}

fn is_device(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or_default().trim_end().to_lowercase();
    let numbered = |prefix| {
        let digit = stem.strip_prefix(prefix).map(|rest: &str| rest.chars().collect::<Vec<_>>());
        matches!(digit.as_deref(), Some(['1'..='9' | '¹' | '²' | '³']))
    };
    DEVICES.contains(&stem.as_str()) || numbered("com") || numbered("lpt")
}

/// A name as it may be shown: shortened, control characters escaped.
pub(crate) fn shown(name: &str) -> String {
    let short: String = name
        .chars()
        .take(120)
        .flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] })
        .collect();
    if short.len() < name.len() { format!("{short}…") } else { short }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_is_listed_once_and_called_as_in_json() {
        for (at, what) in What::ALL.into_iter().enumerate() {
            assert_eq!(what as usize, at, "{what:?}");
            assert_eq!(serde_json::to_value(what).unwrap(), what.id());
        }
        assert_eq!(What::Unreadable as usize + 1, What::ALL.len());
        let limits =
            Limits { accepted: Accepted::default().and(What::Overlap).and(What::Symlink), ..Limits::default() };
        assert!(!limits.refuses(What::Overlap) && limits.refuses(What::Symlink) && limits.refuses(What::CaseClash));
    }

    #[test]
    fn each_name_rule_has_its_own_word() {
        let whats = |name: &str| -> Vec<What> {
            name_problems(name, &Limits::default()).into_iter().map(|problem| problem.what).collect()
        };
        assert_eq!(whats("registry/machine/kerio.reg"), []);
        assert_eq!(whats("files/Übung ä/debug.log"), []);
        assert_eq!(whats("/etc/passwd"), [What::NameAbsolute]);
        assert_eq!(whats("a/../../b"), [What::NameParent]);
        assert_eq!(whats("a\\b"), [What::NameBackslash]);
        assert_eq!(whats("C:/b"), [What::NameDrive]);
        assert_eq!(whats("a/b:stream"), [What::NameDrive]);
        assert_eq!(whats("a/nul.txt"), [What::NameDevice]);
        assert_eq!(whats("COM1"), [What::NameDevice]);
        assert_eq!(whats("com10/console.log"), []);
        assert_eq!(whats("a./b"), [What::NameTrailing]);
        assert_eq!(whats("a/b "), [What::NameTrailing]);
        assert_eq!(whats("a//b"), [What::NameEmpty]);
        assert_eq!(whats(""), [What::NameEmpty]);
        assert_eq!(whats("a\u{1b}[31m"), [What::NameCharacters]);
        assert_eq!(whats(&"x".repeat(600)), [What::NameLength]);
        assert_eq!(whats(&"x/".repeat(60)), [What::NameDepth]);
    }

    #[test]
    fn a_name_is_shown_without_what_could_drive_a_terminal() {
        let problem = &name_problems("a\u{1b}[31m\n", &Limits::default())[0];
        assert!(!problem.found.chars().any(char::is_control));
    }
}
