//! Headers of a minidump (minidumpapiset.h): stream directory, exception, module list with names. Reads those pieces
//! and nothing else; every number in the file is checked before it is used.

use std::io::{Read, SeekFrom};

use jiff::Timestamp;
use koff_bundle::{
    path::WinPath,
    record::{DumpHeaders, DumpModule},
};

use crate::host::Bytes;

const SIGNATURE: &[u8] = b"MDMP";
const MODULE_LIST: u32 = 4;
const EXCEPTION: u32 = 6;
/// Bytes of one `MINIDUMP_MODULE`.
const MODULE: usize = 108;
/// Bounds on what a header may claim; real dumps have about 20 streams and 300 modules.
const STREAMS: u32 = 256;
const MODULES: u32 = 2_000;
const NAME: u32 = 2_048;

/// The headers of the dump in `file`.
///
/// # Errors
/// What was expected where, and what was found.
pub fn read(file: &mut dyn Bytes) -> Result<DumpHeaders, String> {
    let head = piece(file, 0, 32)?;
    if head.get(..4) != Some(SIGNATURE) {
        return Err(format!("offset 0: expected MDMP, found {:02x?}", head.get(..4).unwrap_or_default()));
    }
    let (count, directory) = (u32_at(&head, 8)?, u32_at(&head, 12)?);
    if count > STREAMS {
        return Err(format!("offset 8: expected at most {STREAMS} streams, found {count}"));
    }
    let table = piece(file, u64::from(directory), count as usize * 12)?;
    let (mut modules, mut fault) = (Vec::new(), None);
    for entry in table.chunks_exact(12) {
        let place = u64::from(u32_at(entry, 8)?);
        match u32_at(entry, 0)? {
            MODULE_LIST => modules = read_modules(file, place)?,
            EXCEPTION => {
                let record = piece(file, place, 32)?;
                fault = Some((u32_at(&record, 8)?, u64_at(&record, 24)?));
            }
            _ => {}
        }
    }
    let module = fault.and_then(|(_, address)| modules.iter().find(|module| module.holds(address)));
    Ok(DumpHeaders {
        written: Timestamp::from_second(i64::from(u32_at(&head, 20)?)).ok(),
        exception: fault.map(|(code, _)| format!("0x{code:08x}")),
        offset: fault.zip(module).and_then(|((_, address), module)| address.checked_sub(module.base)),
        module: module.map(|module| module.listed.path.clone()),
        modules: modules.into_iter().map(|module| module.listed).collect(),
    })
}

struct Module {
    base: u64,
    size: u64,
    listed: DumpModule,
}

impl Module {
    fn holds(&self, address: u64) -> bool {
        address.checked_sub(self.base).is_some_and(|offset| offset < self.size)
    }
}

fn read_modules(file: &mut dyn Bytes, place: u64) -> Result<Vec<Module>, String> {
    let count = u32_at(&piece(file, place, 4)?, 0)?;
    if count > MODULES {
        return Err(format!("offset {place}: expected at most {MODULES} modules, found {count}"));
    }
    let table = piece(file, place.saturating_add(4), count as usize * MODULE)?;
    table
        .chunks_exact(MODULE)
        .map(|entry| {
            Ok(Module {
                base: u64_at(entry, 0)?,
                size: u64::from(u32_at(entry, 8)?),
                listed: DumpModule {
                    path: WinPath::new(name(file, u64::from(u32_at(entry, 20)?))?),
                    version: version(entry)?,
                },
            })
        })
        .collect()
}

/// `MINIDUMP_STRING`: length in bytes, then UTF-16.
fn name(file: &mut dyn Bytes, place: u64) -> Result<String, String> {
    let length = u32_at(&piece(file, place, 4)?, 0)?;
    if length > NAME {
        return Err(format!("offset {place}: expected a name of at most {NAME} bytes, found {length}"));
    }
    let bytes = piece(file, place.saturating_add(4), length as usize)?;
    let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    Ok(String::from_utf16_lossy(&units))
}

/// `VS_FIXEDFILEINFO` at offset 24: signature, then the file version at 8 and 12.
fn version(entry: &[u8]) -> Result<Option<String>, String> {
    if u32_at(entry, 24)? != 0xfeef_04bd {
        return Ok(None);
    }
    let (high, low) = (u32_at(entry, 32)?, u32_at(entry, 36)?);
    Ok(Some(format!("{}.{}.{}.{}", high >> 16, high & 0xffff, low >> 16, low & 0xffff)))
}

fn piece(file: &mut dyn Bytes, place: u64, length: usize) -> Result<Vec<u8>, String> {
    file.seek(SeekFrom::Start(place)).map_err(|error| format!("offset {place}: {error}"))?;
    let mut bytes = Vec::new();
    file.take(length as u64).read_to_end(&mut bytes).map_err(|error| format!("offset {place}: {error}"))?;
    if bytes.len() == length {
        Ok(bytes)
    } else {
        Err(format!("offset {place}: expected {length} bytes, found {}", bytes.len()))
    }
}

fn u32_at(bytes: &[u8], place: usize) -> Result<u32, String> {
    let field = place.checked_add(4).and_then(|end| bytes.get(place..end)).and_then(|four| four.try_into().ok());
    field.map(u32::from_le_bytes).ok_or_else(|| format!("expected 4 bytes at {place} of a header"))
}

fn u64_at(bytes: &[u8], place: usize) -> Result<u64, String> {
    let field = place.checked_add(8).and_then(|end| bytes.get(place..end)).and_then(|eight| eight.try_into().ok());
    field.map(u64::from_le_bytes).ok_or_else(|| format!("expected 8 bytes at {place} of a header"))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use koff_fixtures::minidump::{Minidump, Module, minidump};

    use super::*;

    /// A dump of one module with an access violation inside it.
    fn dump() -> Vec<u8> {
        let modules = vec![Module { path: r"C:\K\KofMsp32.dll".to_owned(), version: Some([9, 4, 0, 6153]) }];
        minidump(&Minidump { modules, exception: 0xc000_0005, in_module: 0, offset: 0x1234, written: 1_780_000_000 })
    }

    #[test]
    fn the_module_that_holds_the_address_is_the_faulting_one() {
        let headers = read(&mut Cursor::new(dump())).unwrap();
        assert_eq!(headers.exception.as_deref(), Some("0xc0000005"));
        assert_eq!(headers.module, Some(WinPath::new(r"C:\K\KofMsp32.dll")));
        assert_eq!(headers.offset, Some(0x1234));
        assert_eq!(headers.modules[0].version.as_deref(), Some("9.4.0.6153"));
    }

    #[test]
    fn what_a_header_claims_has_bounds() {
        let why = |bytes: Vec<u8>| read(&mut Cursor::new(bytes)).unwrap_err();
        // A directory of streams that nobody reads: type 0, nothing in them.
        let streams = |count: u32| {
            let mut bytes = dump();
            let place = u32::try_from(bytes.len()).unwrap();
            bytes[8..12].copy_from_slice(&count.to_le_bytes());
            bytes[12..16].copy_from_slice(&place.to_le_bytes());
            bytes.resize(bytes.len() + count as usize * 12, 0);
            bytes
        };
        assert!(read(&mut Cursor::new(streams(STREAMS))).is_ok());
        assert_eq!(why(streams(STREAMS + 1)), "offset 8: expected at most 256 streams, found 257");
        let modules = |count: u32, name: usize| {
            let modules = (0..count).map(|_| Module { path: "a".repeat(name), version: None }).collect();
            minidump(&Minidump { modules, exception: 0xc000_0005, in_module: 0, offset: 0, written: 0 })
        };
        assert_eq!(read(&mut Cursor::new(modules(MODULES, 1))).unwrap().modules.len(), 2000);
        let over = why(modules(MODULES + 1, 1));
        assert!(over.ends_with("expected at most 2000 modules, found 2001"), "{over}");
        assert!(read(&mut Cursor::new(modules(1, NAME as usize / 2))).is_ok());
        let over = why(modules(1, NAME as usize / 2 + 1));
        assert!(over.ends_with("expected a name of at most 2048 bytes, found 2050"), "{over}");
    }

    #[test]
    fn every_cut_of_a_dump_is_an_error_in_words() {
        let whole = dump();
        // Two bytes after the last name end it; nobody needs them.
        for length in 0..whole.len() - 2 {
            let why = read(&mut Cursor::new(whole[..length].to_vec())).unwrap_err();
            assert!(why.contains("expected"), "{length}: {why}");
        }
    }
}
