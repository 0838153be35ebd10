//! What a file is, by its first bytes. Owns the marks of each kind; the name of the file is never asked.

use crate::{
    artifact::Artifact,
    encoding::{is_text, text},
    registry::text::{HEADER, HEADER_ANSI, looks_like_query},
};

/// What a piece of loose evidence is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// `.reg` text of any encoding.
    RegistryExport,
    /// Output of `reg query`.
    RegistryQuery,
    /// A registry hive (`regf`).
    Hive,
    /// A Windows event log file (`.evtx`).
    EventLog,
    /// `wevtutil qe /f:xml`.
    EventXml,
    /// `wevtutil qe /f:text`.
    EventText,
    /// MAPISVC.INF.
    Mapisvc,
    /// A PE file.
    Program,
    /// A Firebird database, by its header page.
    Database,
    /// A log of Manticore Search.
    IndexerLog,
    /// firebird.log.
    FirebirdLog,
    /// A log of Windows Installer.
    InstallerLog,
    /// Any other text whose lines carry times.
    Log,
    /// A Windows error report (`Report.wer`).
    ErrorReport,
    /// A crash dump.
    Minidump,
    /// JSON text.
    Json,
    /// A zip, 7z, RAR, gzip or cabinet archive.
    Archive,
    /// Text of no known kind, or other bytes.
    Unrecognised,
}

impl Kind {
    /// The artifact id that an entry of this kind has: that of the catalogue where the member has the same form as there,
    /// else one that begins with `loose-`.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::RegistryExport => "loose-registry-export",
            Self::RegistryQuery => "loose-registry-query",
            Self::Hive => "loose-hive",
            Self::EventLog => "loose-event-log",
            Self::EventXml => "loose-event-xml",
            Self::EventText => "loose-event-text",
            Self::Mapisvc => Artifact::Mapisvc.id(),
            Self::Program => "loose-program",
            Self::Database => "loose-database",
            Self::IndexerLog => Artifact::IndexerLogs.id(),
            Self::FirebirdLog => Artifact::FirebirdLogs.id(),
            Self::InstallerLog => Artifact::InstallerLogs.id(),
            Self::Log => Artifact::ConnectorLogs.id(),
            Self::ErrorReport => Artifact::ErrorReports.id(),
            Self::Minidump => "loose-minidump",
            Self::Json => "loose-json",
            Self::Archive => "loose-archive",
            Self::Unrecognised => "loose-unrecognised",
        }
    }
}

/// Marks at the very start of binary files.
const MARKS: [(&[u8], Kind); 10] = [
    (b"regf", Kind::Hive),
    (b"ElfFile\0", Kind::EventLog),
    (b"MDMP", Kind::Minidump),
    (b"PK\x03\x04", Kind::Archive),
    (b"PK\x05\x06", Kind::Archive),
    (b"7z\xBC\xAF\x27\x1C", Kind::Archive),
    (b"Rar!\x1A\x07", Kind::Archive),
    (b"\x1F\x8B\x08", Kind::Archive),
    (b"MSCF", Kind::Archive),
    (b"\xFD7zXZ\0", Kind::Archive),
];

/// What a file that begins with `head` is.
#[must_use]
pub fn recognise(head: &[u8]) -> Kind {
    if let Some((_, kind)) = MARKS.iter().find(|(mark, _)| head.starts_with(mark)) {
        return *kind;
    }
    if is_program(head) {
        return Kind::Program;
    }
    if is_firebird(head) {
        return Kind::Database;
    }
    if is_text(head) { of_text(&text(head)) } else { Kind::Unrecognised }
}

fn number(head: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(head.get(at..at + 2)?.try_into().ok()?))
}

/// An MZ header that leads to a PE signature; a header that leads beyond `head` counts too.
fn is_program(head: &[u8]) -> bool {
    let Some(at) = head.get(0x3C..0x40).and_then(|bytes| bytes.try_into().ok()).map(u32::from_le_bytes) else {
        return false;
    };
    let at = usize::try_from(at).unwrap_or(usize::MAX);
    head.starts_with(b"MZ") && (at >= 0x40) && head.get(at..).is_none_or(|rest| rest.starts_with(b"PE\0\0"))
}

/// A Firebird header page: page type 1, a page size that is a power of two, and an on-disk structure version with
/// Firebird's own bit.
fn is_firebird(head: &[u8]) -> bool {
    let (Some(size), Some(version)) = (number(head, 16), number(head, 18)) else { return false };
    head.first() == Some(&1)
        && (1024..=32768).contains(&size)
        && size.is_power_of_two()
        && version & 0x8000 != 0
        && (10..=14).contains(&(version & 0x7FFF))
}

fn of_text(text: &str) -> Kind {
    let start = text.trim_start();
    let first = start.lines().next().unwrap_or_default().trim_end();
    if first == HEADER || first == HEADER_ANSI || first.starts_with("[HKEY_") {
        return Kind::RegistryExport;
    }
    if looks_like_query(start) {
        return Kind::RegistryQuery;
    }
    if is_event_xml(start) {
        return Kind::EventXml;
    }
    if start.strip_prefix("Event[").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) {
        return Kind::EventText;
    }
    if has_line(text, "[services]") && (has_line(text, "[default services]") || text.contains("PR_")) {
        return Kind::Mapisvc;
    }
    if has_key(text, "EventType") && has_key(text, "EventTime") {
        return Kind::ErrorReport;
    }
    if start.starts_with('{') || start.strip_prefix('[').is_some_and(|rest| rest.trim_start().starts_with('{')) {
        return Kind::Json;
    }
    log(text)
}

fn is_event_xml(start: &str) -> bool {
    let body = match start.strip_prefix("<?xml") {
        Some(rest) => rest.split_once("?>").map_or("", |(_, body)| body).trim_start(),
        None => start,
    };
    body.starts_with("<Event ") || body.starts_with("<Event>") || body.starts_with("<Events")
}

fn has_line(text: &str, wanted: &str) -> bool {
    text.lines().any(|line| line.trim().eq_ignore_ascii_case(wanted))
}

fn has_key(text: &str, key: &str) -> bool {
    text.lines().any(|line| line.strip_prefix(key).is_some_and(|rest| rest.starts_with('=')))
}

/// Which log `text` is, if its lines look like one.
fn log(text: &str) -> Kind {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).take(40).collect();
    let count = |test: fn(&str) -> bool| lines.iter().filter(|line| test(line)).count();
    if lines.iter().take(3).any(|line| line.contains("ogging started: ") && line.starts_with("==="))
        || count(is_msi) > 2
    {
        return Kind::InstallerLog;
    }
    if count(is_searchd) * 2 > lines.len() {
        return Kind::IndexerLog;
    }
    if lines.first().is_some_and(|line| is_firebird_line(line)) && lines.get(1).is_some_and(|line| indented(line)) {
        return Kind::FirebirdLog;
    }
    // A log may carry long messages over several lines.
    if !lines.is_empty() && count(has_time) * 3 >= lines.len() { Kind::Log } else { Kind::Unrecognised }
}

fn is_msi(line: &str) -> bool {
    line.starts_with("MSI (s)") || line.starts_with("MSI (c)") || line.starts_with("Property(S): ")
}

/// `[Fri Aug  2 05:36:25.575 2024] [2468156] text`
fn is_searchd(line: &str) -> bool {
    let Some((stamp, rest)) = line.strip_prefix('[').and_then(|rest| rest.split_once("] [")) else { return false };
    let id = rest.split_once(']').map_or("", |(id, _)| id);
    is_weekday(stamp) && !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit())
}

/// `HOST<tab>Tue Oct 12 20:21:52 2004`
fn is_firebird_line(line: &str) -> bool {
    let stamp = line.split_once(['\t', ' ']).map_or("", |(_, rest)| rest.trim());
    is_weekday(stamp) && stamp.split_whitespace().count() == 5 && has_time(stamp)
}

fn is_weekday(text: &str) -> bool {
    ["Mon ", "Tue ", "Wed ", "Thu ", "Fri ", "Sat ", "Sun "].iter().any(|day| text.starts_with(day))
}

fn indented(line: &str) -> bool {
    line.starts_with([' ', '\t'])
}

/// Whether `hh:mm:ss` stands near the start of the line.
fn has_time(line: &str) -> bool {
    let start: Vec<u8> = line.bytes().take(48).collect();
    start.windows(8).any(|at| match *at {
        [a, b, b':', c, d, b':', e, f] => [a, b, c, d, e, f].iter().all(u8::is_ascii_digit),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_known_by_its_bytes() {
        let mut header_page = vec![0; 128];
        header_page[0] = 1;
        header_page[16..18].copy_from_slice(&8192_u16.to_le_bytes());
        header_page[18..20].copy_from_slice(&(0x8000_u16 | 12).to_le_bytes());
        let mut program = vec![0; 0x48];
        program[..2].copy_from_slice(b"MZ");
        program[0x3C] = 0x40;
        program[0x40..0x44].copy_from_slice(b"PE\0\0");
        let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        for (bytes, kind) in [
            (b"regf....".to_vec(), Kind::Hive),
            (b"ElfFile\0....".to_vec(), Kind::EventLog),
            (header_page, Kind::Database),
            (program, Kind::Program),
            (
                wide("\u{FEFF}Windows Registry Editor Version 5.00\r\n\r\n[HKEY_CURRENT_USER\\A]\r\n"),
                Kind::RegistryExport,
            ),
            (b"REGEDIT4\r\n".to_vec(), Kind::RegistryExport),
            (b"\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\A\r\n    x    REG_SZ    y\r\n".to_vec(), Kind::RegistryQuery),
            (b"<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'>".to_vec(), Kind::EventXml),
            (wide("\u{FEFF}<?xml version=\"1.0\" encoding=\"utf-16\"?><Events><Event/></Events>"), Kind::EventXml),
            (b"Event[0]:\r\n  Log Name: Application\r\n".to_vec(), Kind::EventText),
            (b"; c\r\n[Default Services]\r\nA=B\r\n[Services]\r\nA=B\r\n".to_vec(), Kind::Mapisvc),
            (wide("\u{FEFF}Version=1\r\nEventType=APPCRASH\r\nEventTime=133\r\n"), Kind::ErrorReport),
            (wide("\u{FEFF}=== Verbose logging started: 3/2/2026  10:00:00 ===\r\n"), Kind::InstallerLog),
            (b"[Fri Aug  2 05:36:25.575 2024] [2468156] FATAL: x\n".to_vec(), Kind::IndexerLog),
            (b"PC1\tTue Oct 12 20:21:52 2004\n\tDatabase: C:\\a.fdb\n".to_vec(), Kind::FirebirdLog),
            (b"[02/Mar/2026 10:00:00] started\r\n".to_vec(), Kind::Log),
            (b"2026-03-02T10:00:00Z x\n  more\n2026-03-02T10:00:01Z y\n".to_vec(), Kind::Log),
            (b"{\"a\": 1}".to_vec(), Kind::Json),
            (b"PK\x03\x04....".to_vec(), Kind::Archive),
            (b"Dear support, it does not work.".to_vec(), Kind::Unrecognised),
            (vec![0; 100], Kind::Unrecognised),
            (Vec::new(), Kind::Unrecognised),
        ] {
            assert_eq!(recognise(&bytes), kind, "{}", String::from_utf8_lossy(&bytes));
        }
    }

    #[test]
    fn ids_are_of_the_catalogue_or_marked_as_loose() {
        for kind in [Kind::Log, Kind::Mapisvc, Kind::Hive, Kind::ErrorReport, Kind::Json] {
            assert!(kind.id().starts_with("loose-") || Artifact::from_id(kind.id()).is_some());
        }
    }
}
