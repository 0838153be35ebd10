//! The version resource: finds `VS_VERSIONINFO` in the resource tree and reads its numbers and strings.
//!
//! The numbers come from the raw fields. goblin's own accessor builds them from the file date.

use super::{
    MAX_ENTRIES, MAX_STRINGS,
    view::{View, slice, u16_at, u32_at},
};
use crate::{acquisition::State, reading::Reading, record::PeVersion};

/// `RT_VERSION`.
const VERSION: u32 = 16;
/// Signature of `VS_FIXEDFILEINFO`.
const FIXED: u32 = 0xfeef_04bd;

/// The version resource of the file, found by its resource directory; `problems` says what was left out of it.
pub(super) fn read(view: &View<'_>, directory: Option<(u32, u32)>, problems: &mut Vec<String>) -> Reading<PeVersion> {
    let Some((root, _)) = directory else {
        return Reading::missing(State::Absent, "the file has no resources");
    };
    let Some(start) = view.offset(root) else {
        return Reading::missing(State::Failed, "the resource directory lies outside the file");
    };
    let tree = view.bytes.get(start..).unwrap_or(&[]);
    let Some(names) = child(tree, 0, Some(VERSION)) else {
        // It may be among those that were not looked at.
        if let Some(count) = entries(tree, 0).filter(|count| *count > MAX_ENTRIES) {
            let why = format!("the folder of resources announces {count} entries; {MAX_ENTRIES} are read");
            problems.push(why.clone());
            return Reading::missing(State::Skipped, why);
        }
        return Reading::missing(State::Absent, "the file has no version resource");
    };
    // Type, name, language: three levels, of which the first entry of the lower two is taken.
    let data = folder(names)
        .and_then(|at| child(tree, at, None))
        .and_then(folder)
        .and_then(|at| child(tree, at, None))
        .filter(|at| at & 0x8000_0000 == 0)
        .and_then(|at| Some((u32_at(tree, at as usize)?, u32_at(tree, (at as usize).checked_add(4)?)?)))
        .and_then(|(rva, size)| view.at(rva, size as usize));
    match data.and_then(|data| parse(data, problems)) {
        Some(version) => Reading::Value(version),
        None => Reading::missing(State::Failed, "the version resource cannot be parsed"),
    }
}

/// Offset of the sub-folder that an entry names.
fn folder(entry: u32) -> Option<usize> {
    (entry & 0x8000_0000 != 0).then_some((entry & 0x7fff_ffff) as usize)
}

/// How many entries the folder at `at` announces.
fn entries(tree: &[u8], at: usize) -> Option<usize> {
    let named = usize::from(u16_at(tree, at.checked_add(12)?)?);
    Some(named + usize::from(u16_at(tree, at.checked_add(14)?)?))
}

/// The target of the entry with `id` in the folder at `at`, or of its first entry.
fn child(tree: &[u8], at: usize, id: Option<u32>) -> Option<u32> {
    (0..entries(tree, at)?.min(MAX_ENTRIES)).find_map(|index| {
        let entry = slice(tree, at.checked_add(16 + index * 8)?, 8)?;
        let target = u32_at(entry, 4)?;
        (id.is_none() || id == u32_at(entry, 0)).then_some(target)
    })
}

/// One block of the version resource: `wLength, wValueLength, wType, szKey`, padding, value, padding, children.
struct Block<'a> {
    key: String,
    text: bool,
    value_length: usize,
    /// Value and children.
    body: &'a [u8],
    /// Bytes until the next block, alignment included.
    step: usize,
}

fn block(bytes: &[u8]) -> Option<Block<'_>> {
    let length = usize::from(u16_at(bytes, 0)?);
    let whole = bytes.get(..length.min(bytes.len()))?;
    let value_length = usize::from(u16_at(whole, 2)?);
    let text = u16_at(whole, 4)? == 1;
    let (key, used) = utf16(whole.get(6..)?);
    let body_at = (6 + used).next_multiple_of(4);
    let body = whole.get(body_at..).unwrap_or(&[]);
    (length >= 6).then(|| Block { key, text, value_length, body, step: length.next_multiple_of(4) })
}

/// The blocks one after another in `bytes`.
fn blocks(mut bytes: &[u8]) -> impl Iterator<Item = Block<'_>> {
    std::iter::from_fn(move || {
        let next = block(bytes)?;
        bytes = bytes.get(next.step..).unwrap_or(&[]);
        Some(next)
    })
}

fn parse(data: &[u8], problems: &mut Vec<String>) -> Option<PeVersion> {
    let root = block(data).filter(|root| root.key == "VS_VERSION_INFO")?;
    let mut version = PeVersion::default();
    if root.value_length >= 52 && u32_at(root.body, 0) == Some(FIXED) {
        version.file_version = number(root.body, 8);
        version.product_version = number(root.body, 16);
    }
    let children = root.body.get(root.value_length.next_multiple_of(4)..).unwrap_or(&[]);
    let tables = blocks(children).filter(|child| child.key == "StringFileInfo");
    for table in tables.filter_map(|info| blocks(info.body).next()).take(1) {
        for string in blocks(table.body) {
            if version.strings.len() == MAX_STRINGS {
                problems.push(format!("version resource: more than {MAX_STRINGS} strings; the rest is left out"));
                break;
            }
            // The length counts UTF-16 units; some resource compilers count bytes, so the terminator decides.
            let bytes = if string.text { string.value_length.saturating_mul(2) } else { string.value_length };
            let value = string.body.get(..bytes).unwrap_or(string.body);
            version.strings.push((string.key, utf16(value).0));
        }
    }
    Some(version)
}

/// `a.b.c.d` of two little-endian words, most significant first.
fn number(fixed: &[u8], at: usize) -> Option<String> {
    let (high, low) = (u32_at(fixed, at)?, u32_at(fixed, at.checked_add(4)?)?);
    Some(format!("{}.{}.{}.{}", high >> 16, high & 0xffff, low >> 16, low & 0xffff))
}

/// UTF-16LE text up to its terminator, and the bytes used including it.
fn utf16(bytes: &[u8]) -> (String, usize) {
    let (units, _) = bytes.as_chunks::<2>();
    let units: Vec<u16> = units.iter().map(|unit| u16::from_le_bytes(*unit)).take_while(|unit| *unit != 0).collect();
    (String::from_utf16_lossy(&units), (units.len() + 1) * 2)
}
