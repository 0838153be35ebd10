//! Reads what `reg query KEY /s` prints, as customers paste or redirect it. Owns that layout only: a key on a line of its
//! own, its values indented below it as name, type, data.

use super::{KEY, MAX_ITEMS, MAX_PROBLEMS, RegFile, RegKeyText, RegValueText, Value, fits, value::utf16};
use crate::{
    encoding::{Line, Lines},
    registry::value_type,
};

/// Type names as `reg.exe` prints them, with their numbers (winnt.h).
const TYPES: [(&str, u32); 12] = [
    ("REG_SZ", value_type::SZ),
    ("REG_EXPAND_SZ", value_type::EXPAND_SZ),
    ("REG_DWORD", value_type::DWORD),
    ("REG_QWORD", value_type::QWORD),
    ("REG_BINARY", value_type::BINARY),
    ("REG_MULTI_SZ", value_type::MULTI_SZ),
    ("REG_NONE", value_type::NONE),
    ("REG_DWORD_BIG_ENDIAN", 5),
    ("REG_LINK", 6),
    ("REG_RESOURCE_LIST", 8),
    ("REG_FULL_RESOURCE_DESCRIPTOR", 9),
    ("REG_RESOURCE_REQUIREMENTS_LIST", 10),
];

/// How `reg.exe` calls the default value, by language of Windows.
const DEFAULT_NAMES: [&str; 7] =
    ["(default)", "(standard)", "(par défaut)", "(predeterminado)", "(predefinito)", "(padrão)", "<no name>"];

/// Whether `text` begins like the output of `reg query`: a key with its root spelled out, then an indented value or
/// another key.
#[must_use]
pub fn looks_like_query(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim_end).filter(|line| !line.is_empty() && !line.starts_with("! REG"));
    let key = lines.next().is_some_and(is_key);
    key && lines.next().is_none_or(|line| is_key(line) || split(line).is_some())
}

/// Reads the output of `reg query KEY /s`. Same result as [`super::read`]; values carry their lines.
#[must_use]
pub fn read_query(bytes: &[u8]) -> RegFile {
    let lines = Lines::new(bytes);
    let mut file = RegFile::new(lines.encoding());
    let mut items = 0;
    for line in lines {
        if items >= MAX_ITEMS && needs_room(&line) {
            file.over_items(line.number);
            break;
        }
        items += usize::from(take(&mut file, &line));
    }
    file
}

/// Whether it is a key or value: blank lines may follow the last one that there is room for.
fn needs_room(line: &Line<'_>) -> bool {
    let (text, _) = line.text();
    is_key(text.trim_end()) || split(text.trim_end()).is_some()
}

/// Takes one line; whether it was a key or value.
fn take(file: &mut RegFile, line: &Line<'_>) -> bool {
    let (text, damaged) = line.text();
    let text = text.trim_end();
    // The path is copied for what is listed only: it may be as long as the file.
    let problem = |file: &mut RegFile, expected: &str, found: &str| {
        let listed = file.problems.len() < MAX_PROBLEMS;
        let key = file.keys.last().filter(|_| listed).map(|key| key.path.as_str().into());
        file.problem(line.number, key, expected, found);
    };
    if damaged {
        let encoding = format!("text in {:?}", file.encoding);
        problem(file, &encoding, text);
    }
    if is_key(text) {
        if !fits(text) {
            problem(file, KEY, text);
            return true;
        }
        let (path, offset, length) = (text.to_owned(), line.offset, line.bytes.len() as u64);
        file.keys.push(RegKeyText { path, line: line.number, offset, length, values: Vec::new() });
        return true;
    }
    let indented = text.starts_with([' ', '\t']);
    match split(text).filter(|_| indented) {
        Some((name, kind, data)) => {
            let name = if DEFAULT_NAMES.contains(&name.to_lowercase().as_str()) { "" } else { name };
            if name.is_empty() && data.starts_with('(') && data.ends_with(')') {
                return false; // `(value not set)` in whatever language: there is none.
            }
            let Some(data) = parse(kind, data) else {
                problem(file, "data of the type named before it", data);
                return false;
            };
            let value = Value { name: name.to_owned(), kind, data };
            let (offset, length) = (line.offset, line.bytes.len() as u64);
            match file.keys.last_mut() {
                Some(key) => key.values.push(RegValueText { value, line: line.number, offset, length }),
                None => file.problem(line.number, None, "a key before its values", text),
            }
            true
        }
        None => {
            // Blank lines, the version line of old systems, and the count that `reg query /f` prints at the end.
            if indented {
                problem(file, "name, type and data of a value", text);
            }
            false
        }
    }
}

fn is_key(line: &str) -> bool {
    let root = line.split('\\').next().unwrap_or_default();
    let roots = ["HKEY_LOCAL_MACHINE", "HKEY_CURRENT_USER", "HKEY_CLASSES_ROOT", "HKEY_USERS", "HKEY_CURRENT_CONFIG"];
    roots.contains(&root)
}

/// Name, type and data of a value line. Newer systems put four blanks between them, old ones a tab.
fn split(line: &str) -> Option<(&str, u32, &str)> {
    let rest = line.strip_prefix("    ").or_else(|| line.strip_prefix('\t')).or_else(|| line.strip_prefix("  "))?;
    let (at, name, kind) = TYPES
        .iter()
        .flat_map(|(name, kind)| {
            ["    ", "\t"].into_iter().filter_map(move |gap| {
                let at = rest.find(&format!("{gap}{name}"))?;
                let end = rest.get(at + gap.len() + name.len()..)?;
                (end.is_empty() || end.starts_with(gap)).then_some((at, gap.len() + name.len(), *kind))
            })
        })
        .min()?;
    let data = rest.get(at + name..)?;
    let data = data.strip_prefix("    ").or_else(|| data.strip_prefix('\t')).unwrap_or(data);
    Some((rest.get(..at)?, kind, data))
}

/// The bytes the registry holds for `text`.
fn parse(kind: u32, text: &str) -> Option<Vec<u8>> {
    let number = || u64::from_str_radix(text.trim().strip_prefix("0x")?, 16).ok();
    match kind {
        value_type::SZ | value_type::EXPAND_SZ | 6 => Some(utf16(text)),
        value_type::MULTI_SZ => {
            let strings = text.split("\\0").filter(|part| !part.is_empty());
            Some(strings.flat_map(utf16).chain([0, 0]).collect())
        }
        value_type::DWORD => Some(u32::try_from(number()?).ok()?.to_le_bytes().to_vec()),
        5 => Some(u32::try_from(number()?).ok()?.to_be_bytes().to_vec()),
        value_type::QWORD => Some(number()?.to_le_bytes().to_vec()),
        _ => {
            let digits = text.trim().as_bytes();
            let pairs = digits.chunks_exact(2);
            if !pairs.remainder().is_empty() {
                return None;
            }
            pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\Kerio\r\n    (Standard)    REG_SZ    (Wert nicht gesetzt)\r\n    \
        Install Path    REG_SZ    C:\\Program Files (x86)\\Kerio\r\n    Flags    REG_DWORD    0x1f\r\n    \
        Blob    REG_BINARY    00FF10\r\n    List    REG_MULTI_SZ    one\\0two\r\n    Empty    REG_SZ    \r\n\r\n\
        HKEY_LOCAL_MACHINE\\SOFTWARE\\Kerio\\Sub\r\n    (Default)    REG_SZ    x\r\n    Bad    REG_DWORD    zz\r\n\r\n\
        End of search: 5 match(es) found.\r\n";

    #[test]
    fn names_types_and_data_are_told_apart() {
        assert!(looks_like_query(OUTPUT));
        let file = read_query(OUTPUT.as_bytes());
        let first = &file.keys[0];
        assert_eq!(first.path, r"HKEY_LOCAL_MACHINE\SOFTWARE\Kerio");
        let names: Vec<_> = first.values.iter().map(|value| (value.value.name.as_str(), value.line)).collect();
        assert_eq!(names, [("Install Path", 4), ("Flags", 5), ("Blob", 6), ("List", 7), ("Empty", 8)]);
        assert_eq!(first.values[0].value.text().as_deref(), Some(r"C:\Program Files (x86)\Kerio"));
        assert_eq!(first.values[1].value.number(), Some(31));
        assert_eq!(first.values[2].value.data, [0, 255, 16]);
        assert_eq!(first.values[3].value.strings(), ["one", "two"]);
        assert_eq!(first.values[4].value.text().as_deref(), Some(""));
        assert_eq!(file.keys[1].values[0].value.name, "");
        assert_eq!(file.problems.len(), 1);
        assert_eq!((file.problems[0].line, file.problems[0].found.as_str()), (12, "zz"));
    }

    #[test]
    fn tabs_of_old_systems_and_utf16_redirects_are_read_too() {
        let text = "! REG.EXE VERSION 3.0\r\n\r\nHKEY_CURRENT_USER\\A\r\n    <NO NAME>\tREG_SZ\tx y\r\n    n\tREG_DWORD\t0x2\r\n";
        let wide: Vec<u8> = "\u{FEFF}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        for bytes in [text.as_bytes(), &wide] {
            let file = read_query(bytes);
            let texts: Vec<_> = file.keys[0].values.iter().map(|value| value.value.name.clone()).collect();
            assert_eq!(texts, ["", "n"]);
            assert_eq!(file.problems, []);
        }
        assert!(looks_like_query(text));
        assert!(!looks_like_query("HKEY is a word\r\n"));
    }
}
