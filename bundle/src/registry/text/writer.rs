//! Writes `.reg` text as regedit's export does: UTF-16LE with byte order mark, CRLF, hexadecimal data wrapped at its
//! column. Owns the text form only; whoever calls decides which keys.

use std::io::{self, Write};

use super::{HEADER, Value};
use crate::registry::value_type;

/// Column at which regedit breaks hexadecimal data (the `\` and up to two digits and a comma may stand beyond it).
const WRAP: usize = 77;

/// A `.reg` text under way. Nothing is buffered beyond one value; give it a buffered `out`.
#[derive(Debug)]
pub struct Writer<W: Write> {
    out: W,
    bytes: Vec<u8>,
    replaced: u64,
}

impl<W: Write> Writer<W> {
    /// Begins a text: byte order mark and header line.
    ///
    /// # Errors
    /// What `out` says.
    pub fn begin(out: W) -> io::Result<Self> {
        let mut writer = Self { out, bytes: Vec::new(), replaced: 0 };
        writer.push("\u{FEFF}");
        writer.push(HEADER);
        writer.push("\r\n");
        writer.flush_line()?;
        Ok(writer)
    }

    /// A key, full path with its root, e.g. `HKEY_LOCAL_MACHINE\SOFTWARE\Kerio`. Its values follow.
    ///
    /// # Errors
    /// What the output says.
    pub fn key(&mut self, path: &str) -> io::Result<()> {
        let path = self.one_line(path);
        self.push("\r\n[");
        self.push(&path);
        self.push("]\r\n");
        self.flush_line()
    }

    /// A value of the key written last.
    ///
    /// # Errors
    /// What the output says.
    pub fn value(&mut self, value: &Value) -> io::Result<()> {
        let name = if value.name.is_empty() {
            "@=".to_owned()
        } else {
            format!("\"{}\"=", escape(&self.one_line(&value.name)))
        };
        self.push(&name);
        match (value.kind, plain_string(value), value.data.as_slice()) {
            (value_type::SZ, Some(text), _) => {
                self.push("\"");
                self.push(&escape(&text));
                self.push("\"");
            }
            (value_type::DWORD, _, &[a, b, c, d]) => {
                self.push(&format!("dword:{:08x}", u32::from_le_bytes([a, b, c, d])));
            }
            (value_type::BINARY, _, data) => self.hex(name.encode_utf16().count(), "hex:", data),
            (kind, _, data) => self.hex(name.encode_utf16().count(), &format!("hex({kind:x}):"), data),
        }
        self.push("\r\n");
        self.flush_line()
    }

    /// Ends the text with the blank line that regedit puts there, and gives back the output.
    ///
    /// # Errors
    /// What the output says.
    pub fn finish(mut self) -> io::Result<W> {
        self.push("\r\n");
        self.flush_line()?;
        self.out.flush()?;
        Ok(self.out)
    }

    /// The output written to so far, e.g. to take what is ready out of a `Vec`.
    pub fn get_mut(&mut self) -> &mut W {
        &mut self.out
    }

    /// How many line breaks and NULs inside names were written as U+FFFD because the form has no way to say them.
    #[must_use]
    pub fn replaced(&self) -> u64 {
        self.replaced
    }

    fn hex(&mut self, name_length: usize, prefix: &str, data: &[u8]) {
        self.push(prefix);
        let mut column = name_length + prefix.len();
        let last = data.len().saturating_sub(1);
        for (index, byte) in data.iter().enumerate() {
            self.push(&format!("{byte:02x}"));
            if index == last {
                break;
            }
            self.push(",");
            column += 3;
            if column >= WRAP {
                self.push("\\\r\n  ");
                column = 2;
            }
        }
    }

    /// A name must not break its line: a key called `]\r\n[HKEY…` would otherwise smuggle in another key.
    fn one_line(&mut self, name: &str) -> String {
        let breaks = name.matches(['\r', '\n', '\0']).count();
        self.replaced += breaks as u64;
        if breaks == 0 { name.to_owned() } else { name.replace(['\r', '\n', '\0'], "\u{FFFD}") }
    }

    fn push(&mut self, text: &str) {
        self.bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    }

    fn flush_line(&mut self) -> io::Result<()> {
        self.out.write_all(&self.bytes)?;
        self.bytes.clear();
        Ok(())
    }
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

/// The text of a `REG_SZ` that the quoted form carries without loss: valid UTF-16 with exactly one terminator, at the
/// end, and no line break. Everything else goes as `hex(1)`.
fn plain_string(value: &Value) -> Option<String> {
    if value.kind != value_type::SZ || !value.data.len().is_multiple_of(2) {
        return None;
    }
    let units: Vec<u16> = value.data.as_chunks::<2>().0.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
    let (0, units) = units.split_last()? else { return None };
    let text = String::from_utf16(units).ok()?;
    (!text.contains(['\0', '\r', '\n'])).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn export(keys: &[(&str, Vec<Value>)]) -> String {
        let mut writer = Writer::begin(Vec::new()).unwrap();
        for (path, values) in keys {
            writer.key(path).unwrap();
            for value in values {
                writer.value(value).unwrap();
            }
        }
        let bytes = writer.finish().unwrap();
        assert_eq!(bytes[..2], [0xFF, 0xFE]);
        let units: Vec<u16> = bytes[2..].as_chunks::<2>().0.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
        String::from_utf16(&units).unwrap()
    }

    fn value(name: &str, kind: u32, data: &[u8]) -> Value {
        Value { name: name.to_owned(), kind, data: data.to_vec() }
    }

    fn string(name: &str, kind: u32, text: &str) -> Value {
        let data: Vec<u8> = text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
        value(name, kind, &data)
    }

    #[test]
    fn every_type_has_the_form_regedit_gives_it() {
        let text = export(&[
            (
                r"HKEY_LOCAL_MACHINE\SOFTWARE\Kerio",
                vec![
                    string("", 1, "standard"),
                    string("Path", 1, r#"C:\a "b""#),
                    value("Number", 4, &[0x0a, 0, 0, 0]),
                    value("Short", 4, &[1, 2]),
                    value("Big", 11, &[1, 0, 0, 0, 0, 0, 0, 0]),
                    value("None", 0, &[]),
                    string("Expand", 2, "%A%"),
                    value("Odd", 0x2000_0001, &[0xff]),
                ],
            ),
            (r"HKEY_LOCAL_MACHINE\SOFTWARE\Kerio\Empty", vec![]),
        ]);
        let expected = concat!(
            "Windows Registry Editor Version 5.00\r\n\r\n",
            "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Kerio]\r\n",
            "@=\"standard\"\r\n",
            "\"Path\"=\"C:\\\\a \\\"b\\\"\"\r\n",
            "\"Number\"=dword:0000000a\r\n",
            "\"Short\"=hex(4):01,02\r\n",
            "\"Big\"=hex(b):01,00,00,00,00,00,00,00\r\n",
            "\"None\"=hex(0):\r\n",
            "\"Expand\"=hex(2):25,00,41,00,25,00,00,00\r\n",
            "\"Odd\"=hex(20000001):ff\r\n\r\n",
            "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Kerio\\Empty]\r\n\r\n",
        );
        assert_eq!(text, expected);
    }

    #[test]
    fn long_data_breaks_where_regedit_breaks_it() {
        let text = export(&[("HKEY_CURRENT_USER\\A", vec![value("DigitalProductId", 3, &[0xa4; 60])])]);
        let lines: Vec<_> = text.lines().skip(3).collect();
        let group = |count: usize| vec!["a4"; count].join(",");
        assert_eq!(lines[0], format!("\"DigitalProductId\"=hex:{},\\", group(18)));
        assert_eq!(lines[1], format!("  {},\\", group(25)));
        assert_eq!(lines[2], format!("  {}", group(17)));
    }

    #[test]
    fn strings_the_quotes_cannot_carry_keep_every_byte_as_hex() {
        for data in [&b"a\0"[..], b"a\0\0\0b\0\0\0", b"a\0\r\0\0\0", b"a", b"", b"\0\xd8\0\0"] {
            let text = export(&[("HKEY_CURRENT_USER\\A", vec![value("x", 1, data)])]);
            let hex: Vec<_> = data.iter().map(|byte| format!("{byte:02x}")).collect();
            assert!(text.contains(&format!("\"x\"=hex(1):{}\r\n", hex.join(","))), "{text}");
        }
    }

    #[test]
    fn a_name_cannot_smuggle_in_another_line() {
        let mut writer = Writer::begin(Vec::new()).unwrap();
        writer.key("HKEY_CURRENT_USER\\a]\r\n[HKEY_LOCAL_MACHINE\\evil").unwrap();
        assert_eq!(writer.replaced(), 2);
        let bytes = writer.finish().unwrap();
        let file = super::super::read(&bytes);
        assert_eq!(file.keys.len(), 1);
        assert!(file.keys[0].path.starts_with("HKEY_CURRENT_USER\\a]"));
    }
}
