//! Names that facts are recognised by: the connector's files, its vendor, 8.3 short names. Owns the published names
//! only; a name that nobody published is never matched [§9.4 of the collected facts: find by path and publisher].

use koff_bundle::path::WinPath;

pub use super::event::is_kerio;

/// Base name of the connector's MAPI provider, without extension, `32` or `64`.
pub const PROVIDER: &str = "kofmsp";

/// The program that serves the local database \[K1\].
pub const BACKEND: &str = "koffbackend.exe";

/// The indexing service \[R1\].
pub const INDEXING_SERVICE: &str = "koffindexingservice";

/// Lower-case base name of a DLL as MAPI compares it: path, `.dll` and a trailing `32` or `64` removed.
#[must_use]
pub fn dll_base(name: &str) -> String {
    let name = WinPath::new(name.trim_matches('\0')).file_name().to_lowercase();
    let name = name.strip_suffix(".dll").unwrap_or(&name);
    name.strip_suffix("32").or_else(|| name.strip_suffix("64")).unwrap_or(name).to_owned()
}

/// Whether a file name or path is the connector's MAPI provider.
#[must_use]
pub fn is_provider(name: &str) -> bool {
    dll_base(name) == PROVIDER
}

/// Files that MAPI may load for `named`, most likely first: the base name with `32` appended \[M2\]\[M3\]; for a name that
/// wrongly ends in `32` or `64` already, also as written.
#[must_use]
pub fn loaded_files(named: &str) -> Vec<String> {
    let (head, extension) = match named.rsplit_once('.') {
        Some((head, extension)) if extension.eq_ignore_ascii_case("dll") => (head, extension),
        _ => (named, "dll"),
    };
    let appended = format!("{head}32.{extension}");
    if head.ends_with("32") || head.ends_with("64") {
        vec![format!("{head}.{extension}"), appended]
    } else {
        vec![appended]
    }
}

/// Whether a publisher or company is the connector's vendor.
#[must_use]
pub fn is_vendor(company: &str) -> bool {
    let lower = company.to_lowercase();
    has_word(&lower, "kerio") || has_word(&lower, "gfi")
}

/// Whether text speaks of Kerio.
#[must_use]
pub fn says_kerio(text: &str) -> bool {
    has_word(&text.to_lowercase(), "kerio")
}

fn has_word(lower: &str, word: &str) -> bool {
    lower.split(|c: char| !c.is_alphanumeric()).any(|part| part == word)
}

/// Whether a display name is the connector's (not the updater's, not the server's).
#[must_use]
pub fn is_connector_product(display_name: &str) -> bool {
    display_name.to_lowercase().contains("outlook connector")
}

/// Whether `short` can be the 8.3 name that Windows made for `long`. The three names that every system disk has are
/// told apart; elsewhere the number is not known.
#[must_use]
pub fn short_name_of(short: &str, long: &str) -> bool {
    if !short.contains('~') {
        return false;
    }
    let (short, long) = (short.to_lowercase(), long.to_lowercase());
    let Some((base, rest)) = short.split_once('~') else { return false };
    let (number, extension) = rest.split_once('.').unwrap_or((rest, ""));
    if base.is_empty() || base.len() > 6 || number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
        return false;
    }
    match (short.as_str(), long.as_str()) {
        ("progra~1", _) => return long == "program files",
        ("progra~2", _) => return long == "program files (x86)",
        ("progra~3", _) => return long == "programdata",
        _ => {}
    }
    let (stem, long_extension) = long.rsplit_once('.').unwrap_or((&long, ""));
    let squeezed: String = stem.chars().filter(|c| !matches!(c, ' ' | '.')).collect();
    let needs_short = long.contains(' ') || stem.chars().count() > 8 || long_extension.chars().count() > 3;
    needs_short
        && squeezed.starts_with(base)
        && long_extension.chars().take(3).eq(extension.chars().take(3))
        && (squeezed.chars().count() >= base.chars().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_provider_is_known_under_every_spelling_that_mapi_uses() {
        for name in ["KOFMSP.DLL", "kofmsp", r"C:\Program Files\Kerio\x\KofMsp32.dll", "KofMsp64.DLL\0"] {
            assert!(is_provider(name), "{name}");
        }
        for name in ["kofmsp2.dll", "xkofmsp.dll", "EMABLT.DLL", ""] {
            assert!(!is_provider(name), "{name}");
        }
        assert_eq!(loaded_files(r"C:\a\kofmsp.dll"), [r"C:\a\kofmsp32.dll"]);
        assert_eq!(loaded_files("KOFMSP32.DLL"), ["KOFMSP32.DLL", "KOFMSP3232.DLL"]);
    }

    #[test]
    fn vendors_are_whole_words() {
        assert!(is_vendor("Kerio Technologies s.r.o.") && is_vendor("GFI Software Development Limited"));
        assert!(!is_vendor("Gfinity") && !is_vendor("Microsoft Corporation"));
    }

    #[test]
    fn short_names_stand_for_what_they_abbreviate() {
        assert!(short_name_of("PROGRA~2", "Program Files (x86)"));
        assert!(!short_name_of("PROGRA~1", "Program Files (x86)"));
        assert!(short_name_of("OUTLOO~1", "Outlook Connector (Offline Edition)"));
        assert!(!short_name_of("KERIO~1", "Kerio"));
        assert!(!short_name_of("Kerio", "Kerio Backup"));
    }
}
