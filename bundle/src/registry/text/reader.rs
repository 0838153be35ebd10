//! Reads `.reg` text in any encoding: each value with its line and byte range. A damaged line becomes a problem and the
//! lines around it are kept; nothing here fails as a whole.

use std::sync::Arc;

use super::{
    Deletion, HEADER, HEADER_ANSI, KEY, MAX_ITEMS, RegFile, RegKeyText, RegValueText, Value, fits,
    value::{Data, UNCLOSED, begins_anew, dword, hex_line, hex_prefix, is_end, quoted, string, strip_word, widen_ansi},
};
use crate::{
    encoding::{Line, Lines},
    registry::value_type,
};

/// Reads a registry export: UTF-16LE/BE with or without byte order mark, UTF-8, or the ANSI form (`REGEDIT4`, read as
/// Windows-1252).
#[must_use]
pub fn read(bytes: &[u8]) -> RegFile {
    let lines = Lines::new(bytes);
    let mut reader = Reader {
        file: RegFile::new(lines.encoding()),
        lines,
        ansi: false,
        items: 0,
        key: KeyState::None,
        path: "".into(),
    };
    reader.header();
    while let Some(line) = reader.lines.next() {
        if !reader.line(line) {
            break;
        }
    }
    reader.file
}

/// Which key the values belong to.
enum KeyState {
    /// None yet.
    None,
    /// The last of the file's keys.
    Open,
    /// One whose line was damaged or that is deleted: its values are left out.
    Lost,
}

struct Reader<'a> {
    file: RegFile,
    lines: Lines<'a>,
    ansi: bool,
    items: usize,
    key: KeyState,
    /// Path of that key, empty where it is not known; shared by all that is said about it.
    path: Arc<str>,
}

impl<'a> Reader<'a> {
    /// The header line, after blank lines; without one the lines are read all the same.
    fn header(&mut self) {
        loop {
            let before = self.lines.clone();
            let Some(line) = self.lines.next() else {
                self.problem(1, HEADER, "an empty file");
                return;
            };
            let (text, _) = line.text();
            match text.trim() {
                "" => {}
                HEADER => return,
                HEADER_ANSI => {
                    self.ansi = true;
                    return;
                }
                found => {
                    self.problem(line.number, HEADER, found);
                    if found.starts_with(['[', '"', '@', ';']) {
                        self.lines = before;
                    }
                    return;
                }
            }
        }
    }

    fn problem(&mut self, line: u64, expected: &str, found: &str) {
        let key = (!self.path.is_empty()).then(|| Arc::clone(&self.path));
        self.file.problem(line, key, expected, found);
    }

    /// Takes a line; false where it is one too many.
    fn line(&mut self, line: Line<'a>) -> bool {
        let (text, damaged) = line.text();
        let trimmed = text.trim();
        if self.items >= MAX_ITEMS && trimmed.starts_with(['[', '"', '@']) {
            self.file.over_items(line.number);
            return false;
        }
        if damaged {
            let encoding = format!("text in {:?}", self.file.encoding);
            self.problem(line.number, &encoding, &text);
        }
        match trimmed.chars().next() {
            None | Some(';') => {}
            Some('[') => self.key_line(&line, trimmed),
            Some('"' | '@') => self.value_line(&line, trimmed),
            Some(_) => self.problem(line.number, "a key, a value or a comment", trimmed),
        }
        true
    }

    fn key_line(&mut self, line: &Line<'a>, text: &str) {
        // A key's name may itself hold a bracket: the last one closes.
        let path = text.rfind(']').and_then(|end| text.get(1..end)).filter(|path| !path.is_empty());
        match path {
            Some(path) if fits(path) => match path.strip_prefix('-') {
                Some(path) => {
                    self.path = path.into();
                    self.deletion(None, line.number);
                    self.key = KeyState::Lost;
                }
                None => {
                    self.path = path.into();
                    self.file.keys.push(RegKeyText {
                        path: path.to_owned(),
                        line: line.number,
                        offset: line.offset,
                        length: line.bytes.len() as u64,
                        values: Vec::new(),
                    });
                    self.key = KeyState::Open;
                }
            },
            _ => {
                (self.key, self.path) = (KeyState::Lost, "".into());
                self.problem(line.number, KEY, text);
            }
        }
        self.items += 1;
    }

    fn value_line(&mut self, line: &Line<'a>, text: &str) {
        let named = match text.strip_prefix('@') {
            Some(rest) => Some((String::new(), rest)),
            None => text.strip_prefix('"').and_then(quoted),
        };
        let Some((name, rest)) = named else {
            self.problem(line.number, "a value name in quotes", text);
            return;
        };
        let Some(rest) = rest.trim_start().strip_prefix('=') else {
            self.problem(line.number, "= after the value name", rest);
            return;
        };
        let mut ahead = self.lines.clone();
        let mut last = *line;
        let data = self.data(rest.trim_start(), line, &mut ahead, &mut last);
        self.items += 1;
        match data {
            Data::Damaged { line, expected, found } => {
                self.problem(line, expected, &found);
                // Continuation lines of hexadecimal data belong to it; those of an unclosed string never were any.
                if expected != UNCLOSED {
                    self.lines = ahead;
                }
            }
            Data::Delete => self.deletion(Some(name), line.number),
            Data::Value(kind, data) => {
                self.lines = ahead;
                let length = last.offset + last.bytes.len() as u64 - line.offset;
                let value = Value { name, kind, data };
                self.keep(RegValueText { value, line: line.number, offset: line.offset, length });
            }
        }
    }

    fn keep(&mut self, value: RegValueText) {
        match (&self.key, self.file.keys.last_mut()) {
            (KeyState::Open, Some(key)) => key.values.push(value),
            (KeyState::Lost, _) => {
                self.problem(value.line, "values of a key that is there", &value.value.name);
            }
            _ => self.problem(value.line, "a key before its values", &value.value.name),
        }
    }

    fn deletion(&mut self, value: Option<String>, line: u64) {
        self.file.deletions.push(Deletion { path: Arc::clone(&self.path), value, line });
    }

    /// Reads the data behind `=`, taking further lines from `ahead`; `last` becomes the last line taken.
    fn data(&self, text: &str, first: &Line<'a>, ahead: &mut Lines<'a>, last: &mut Line<'a>) -> Data {
        if text.starts_with('"') {
            return string(first, ahead, last);
        }
        if text.starts_with('-') && is_end(text.get(1..).unwrap_or_default()) {
            return Data::Delete;
        }
        if let Some(number) = dword(text) {
            return Data::Value(value_type::DWORD, number.to_le_bytes().to_vec());
        }
        match hex_prefix(text) {
            Some((kind, rest)) => self.hex(kind, rest, ahead, last),
            None => {
                let expected = match strip_word(text, "dword:") {
                    Some(_) => "dword: with one to eight hexadecimal digits",
                    None => "\"text\", dword:, hex: or hex(type):",
                };
                Data::Damaged { line: first.number, expected, found: text.to_owned() }
            }
        }
    }

    fn hex(&self, kind: u32, first: &str, ahead: &mut Lines<'a>, last: &mut Line<'a>) -> Data {
        const EXPECTED: &str = "pairs of hexadecimal digits, separated by commas";
        let mut data = Vec::new();
        let mut text = first.to_owned();
        let mut damage = None;
        loop {
            let goes_on = hex_line(&text, &mut data);
            if goes_on.is_none() && damage.is_none() {
                damage = Some((last.number, text.clone()));
            }
            // A damaged line that ends in `\` still says where the value ends.
            if !goes_on.unwrap_or_else(|| text.trim_end().ends_with('\\')) {
                break;
            }
            let next = ahead.clone().next();
            let Some(line) = next.filter(|line| !begins_anew(&line.text().0)) else {
                let found = next.map_or("the end of the file".to_owned(), |line| line.text().0.into_owned());
                let line = last.number.saturating_add(1);
                return Data::Damaged { line, expected: "a continuation line after \\", found };
            };
            let _ = ahead.next();
            *last = line;
            text = line.text().0.into_owned();
        }
        match damage {
            Some((line, found)) => Data::Damaged { line, expected: EXPECTED, found },
            None => Data::Value(kind, if self.ansi { widen_ansi(kind, data) } else { data }),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        encoding::Encoding,
        registry::text::{MAX_DEPTH, MAX_PATH, Writer, value::utf16},
    };

    const HEAD: &str = "Windows Registry Editor Version 5.00\r\n\r\n";

    fn values(text: &str) -> Vec<(String, u32, Vec<u8>)> {
        let file = read(format!("{HEAD}{text}").as_bytes());
        assert_eq!(file.problems, []);
        let values = file.keys.into_iter().flat_map(|key| key.values);
        values.map(|value| (value.value.name, value.value.kind, value.value.data)).collect()
    }

    #[test]
    fn continuation_lines_lose_no_byte() {
        let hex: Vec<_> = (0..64).map(|n| format!("{n:02x}")).collect();
        let text = format!("[HKEY_CURRENT_USER\\A]\r\n\"x\"=hex:{}", hex.join(",").replace("10,", "10,\\\r\n  "));
        assert_eq!(values(&text), [("x".to_owned(), 3, (0..64).collect())]);
    }

    #[test]
    fn each_value_says_where_it_stands() {
        let text = format!("{HEAD}[HKEY_CURRENT_USER\\A]\r\n@=\"ü\"\r\n\"b\"=hex:01,\\\r\n  02\r\n\"c\"=dword:1\r\n");
        let wide: Vec<u8> = "\u{FEFF}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        let file = read(&wide);
        assert_eq!(file.encoding, Encoding::Utf16Le);
        let key = &file.keys[0];
        assert_eq!(key.line, 3);
        let places: Vec<_> = key.values.iter().map(|value| value.line).collect();
        assert_eq!(places, [4, 5, 7]);
        let b = key.value("B").unwrap();
        let bytes = &wide[b.offset as usize..(b.offset + b.length) as usize];
        let units: Vec<u16> = bytes.as_chunks::<2>().0.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
        assert_eq!(String::from_utf16(&units).unwrap(), "\"b\"=hex:01,\\\r\n  02");
    }

    #[test]
    fn a_string_may_go_on_over_lines() {
        let read = values("[HKEY_CURRENT_USER\\A]\r\n\"x\"=\"one\r\ntwo \\\"quoted\\\" \r\nthree\"\r\n\"y\"=\"z\"");
        assert_eq!(read[0], ("x".to_owned(), 1, utf16("one\r\ntwo \"quoted\" \r\nthree")));
        assert_eq!(read[1].2, utf16("z"));
    }

    #[test]
    fn a_damaged_line_is_named_and_its_neighbours_stay() {
        let text = format!(
            "{HEAD}[HKEY_CURRENT_USER\\A]\r\n\"open\"=\"no end\r\n\"good\"=\"1\"\r\n\"cut\"=hex:01,\\\r\n[HKEY_CURRENT_USER\\B]\r\n\"bad\"=hex:0g,\\\r\n  02\r\nrubbish\r\n\"last\"=dword:00000007\r\n"
        );
        let file = read(text.as_bytes());
        let names: Vec<_> = file.keys.iter().flat_map(|key| &key.values).map(|value| &*value.value.name).collect();
        assert_eq!(names, ["good", "last"]);
        let problems: Vec<_> = file.problems.iter().map(|problem| (problem.line, problem.key.as_deref())).collect();
        let (a, b) = (Some("HKEY_CURRENT_USER\\A"), Some("HKEY_CURRENT_USER\\B"));
        assert_eq!(problems, [(4, a), (7, a), (8, b), (10, b)]);
        let said = file.problems[2].to_string();
        assert!(said.contains("line 8: expected pairs of hexadecimal digits") && said.contains("0g"), "{said}");
    }

    #[test]
    fn what_is_to_be_deleted_is_not_there() {
        let text = format!(
            "{HEAD}[-HKEY_CURRENT_USER\\A]\r\n[HKEY_CURRENT_USER\\B]\r\n\"x\"=-\r\n; comment\r\n@=\"kept\" ; why\r\n"
        );
        let file = read(text.as_bytes());
        assert_eq!(file.keys.len(), 1);
        assert_eq!(file.keys[0].values[0].value.text().as_deref(), Some("kept"));
        assert_eq!(file.deletions.len(), 2);
        assert_eq!(file.deletions[1].value.as_deref(), Some("x"));
    }

    #[test]
    fn a_key_without_end_is_a_damaged_line() {
        let longest = ["A"; MAX_DEPTH].join("\\");
        let wide = "x".repeat(MAX_PATH);
        let text = format!("{HEAD}[{longest}]\r\n@=\"1\"\r\n[{longest}\\B]\r\n@=\"2\"\r\n[{wide}]\r\n[{wide}x]\r\n");
        let file = read(text.as_bytes());
        let paths: Vec<_> = file.keys.iter().map(|key| key.path.as_str()).collect();
        assert_eq!(paths, [longest.as_str(), &wide]);
        let said: Vec<_> = file.problems.iter().map(|problem| (problem.line, problem.expected.as_str())).collect();
        assert_eq!(said, [(5, KEY), (6, "values of a key that is there"), (8, KEY)]);
        assert!(KEY.contains(&MAX_DEPTH.to_string()) && KEY.contains(&MAX_PATH.to_string()));
    }

    #[test]
    fn the_old_ansi_form_stores_what_the_registry_would() {
        let file = read(
            b"REGEDIT4\r\n\r\n[HKEY_CURRENT_USER\\A]\r\n\"s\"=\"\xDC\"\r\n\"e\"=hex(2):dc,00\r\n\"b\"=hex:dc,00\r\n",
        );
        assert_eq!(file.problems, []);
        let data: Vec<_> = file.keys[0].values.iter().map(|value| value.value.data.clone()).collect();
        assert_eq!(data, [utf16("Ü"), utf16("Ü"), vec![0xDC, 0]]);
    }

    #[test]
    fn a_file_without_header_or_cut_in_a_character_is_read_as_far_as_it_goes() {
        let file = read(b"[HKEY_CURRENT_USER\\A]\r\n\"x\"=dword:00000001\r\n");
        assert_eq!((file.keys[0].values.len(), file.problems[0].line), (1, 1));
        let wide: Vec<u8> = format!("{HEAD}[HKEY_CURRENT_USER\\A]\r\n\"x\"=dword:00000001\r\n\"y\"=dword:0000")
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        let file = read(&wide[..wide.len() - 1]);
        assert_eq!(file.keys[0].values[0].value.number(), Some(1));
        assert!(file.problems.iter().any(|problem| problem.line == 5), "{:?}", file.problems);
    }

    prop_compose! {
        fn any_value()(name in "[^\r\n\0]{0,20}", kind in prop_oneof![0_u32..12, any::<u32>()],
            data in prop_oneof![
                proptest::collection::vec(any::<u8>(), 0..120),
                ".{0,20}".prop_map(|text| utf16(&text)),
            ]) -> Value {
            Value { name, kind, data }
        }
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_again(keys in proptest::collection::vec(
            ("[^\r\n\0-][^\r\n\0]{0,30}", proptest::collection::vec(any_value(), 0..6)), 0..6)) {
            let mut writer = Writer::begin(Vec::new()).unwrap();
            for (path, values) in &keys {
                writer.key(path).unwrap();
                for value in values {
                    writer.value(value).unwrap();
                }
            }
            let file = read(&writer.finish().unwrap());
            prop_assert_eq!(&file.problems, &[]);
            let read: Vec<_> = file
                .keys
                .into_iter()
                .map(|key| (key.path, key.values.into_iter().map(|value| value.value).collect::<Vec<_>>()))
                .collect();
            prop_assert_eq!(read, keys);
        }

        #[test]
        fn no_bytes_make_it_fail(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let file = read(&bytes);
            let end = bytes.len() as u64;
            prop_assert!(file.keys.iter().all(|key| key.offset + key.length <= end));
        }
    }
}
