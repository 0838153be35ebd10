//! Finds the members of a zip file as they stand: by the central directory, or by their own headers where that is cut
//! off. Owns what is wrong with the container (overlaps, headers that disagree, data before and after); names and sizes
//! are judged by `reader`.

use std::io;

use super::{
    inflate::Extent,
    layout::{
        CENTRAL, DEFLATED, END_LENGTH, END64_LENGTH, End, FLAG_ENCRYPTED, FLAG_UTF8, Header, LOCAL_LENGTH,
        LOCATOR64_LENGTH, STORED,
    },
    source::Source,
};
use crate::{
    encoding::{Encoding, decode},
    limits::{Limits, Problem, What},
};

/// Longest central directory that is looked at.
const DIRECTORY_LIMIT: u64 = 64 << 20;

/// How far from the end the end record is looked for: most have a short comment or none, the longest decides.
const TAILS: [u64; 2] = [END_LENGTH as u64 + 0xFF, END_LENGTH as u64 + 0xFFFF];

/// Bits of the general purpose flags that mean encryption of the member or its header.
const ENCRYPTION: u16 = FLAG_ENCRYPTED | 1 << 6 | 1 << 13;

/// Sizes and checksum follow the data instead of standing in the local header.
const FLAG_DESCRIPTOR: u16 = 1 << 3;

/// One member as the container describes it.
#[derive(Debug, Clone)]
pub(crate) struct Slot {
    pub(crate) name: String,
    /// Offset of its local header.
    start: u64,
    pub(crate) extent: Extent,
    /// Everything wrong with it so far.
    pub(crate) problems: Vec<Problem>,
}

/// What a zip file holds.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    /// In directory order, folders left out.
    pub(crate) slots: Vec<Slot>,
    /// What is wrong with the container as a whole.
    pub(crate) problems: Vec<Problem>,
}

/// Reads the directory of `source`. `None` where it is no zip file.
pub(crate) fn scan(source: &Source, limits: &Limits) -> io::Result<Option<Directory>> {
    let mut directory = Directory::default();
    let headers = match find_end(source)? {
        Some(found) => {
            let headers = directory.central(source, &found, limits)?;
            let first = headers.iter().map(|header| header.offset).min().unwrap_or(found.start);
            if first > 0 {
                directory.wrong(What::LeadingData, "the first member at the start", format!("{first} bytes before it"));
            }
            if found.trailing > 0 {
                let found = format!("{} more bytes", found.trailing);
                directory.wrong(What::TrailingData, "nothing behind the end record", found);
            }
            directory.place(source, headers, found.start)?;
            directory.overlaps(limits);
            return Ok(Some(directory));
        }
        None => recover(source, limits)?,
    };
    if headers.is_empty() {
        return Ok(None);
    }
    directory.wrong(What::CutOff, "a central directory at the end", "none; members found by their own headers");
    let length = source.length();
    directory.place(source, headers, length)?;
    Ok(Some(directory))
}

/// The end records, resolved.
struct Found {
    end: End,
    /// Where the central directory really starts.
    start: u64,
    /// What must be added to offsets because something stands in front of the zip file.
    shift: u64,
    trailing: u64,
}

fn find_end(source: &Source) -> io::Result<Option<Found>> {
    for tail in TAILS {
        let found = end_within(source, tail)?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// The last end record within the last `reach` bytes.
fn end_within(source: &Source, reach: u64) -> io::Result<Option<Found>> {
    let from = source.length().saturating_sub(reach);
    let tail = source.range(from, reach)?;
    for at in (0..tail.len().saturating_sub(END_LENGTH - 1)).rev() {
        let Some((mut end, comment)) = tail.get(at..).and_then(End::parse) else { continue };
        let stop = (at + END_LENGTH + comment) as u64;
        if stop > tail.len() as u64 {
            continue;
        }
        let mut here = from + at as u64;
        let locator = here.checked_sub(LOCATOR64_LENGTH as u64);
        if let Some(locator) = locator
            && let Some(claimed) = End::parse_locator(&source.range(locator, LOCATOR64_LENGTH as u64)?)
        {
            let near = locator.saturating_sub(END64_LENGTH as u64);
            for place in [claimed, near] {
                if let Some(wide) = End::parse64(&source.range(place, END64_LENGTH as u64)?) {
                    (end, here) = (wide, place);
                    break;
                }
            }
        }
        let signature = |place: u64| -> io::Result<bool> {
            Ok(source.range(place, 4)?.try_into().is_ok_and(|bytes| u32::from_le_bytes(bytes) == CENTRAL))
        };
        let start = match here.checked_sub(end.size) {
            Some(near) if end.offset < near && !signature(end.offset)? && signature(near)? => near,
            _ => end.offset,
        };
        // Without a directory it is only an empty zip file that begins so, or bytes that look like an end record.
        if end.entries > 0 && !signature(start)? || end.entries == 0 && at as u64 + from != 0 {
            continue;
        }
        let shift = start.saturating_sub(end.offset);
        return Ok(Some(Found { end, start, shift, trailing: tail.len() as u64 - stop }));
    }
    Ok(None)
}

/// The local header at `offset`, if there is one. Most are short: the long read is for those that are not.
fn local_at(source: &Source, offset: u64) -> io::Result<Option<(Header, usize)>> {
    for length in [LOCAL_LENGTH + 0x200, LOCAL_LENGTH + 2 * 0xFFFF] {
        let bytes = source.range(offset, length as u64)?;
        if let Some(found) = Header::parse_local(&bytes, offset) {
            return Ok(Some(found));
        }
        if !bytes.starts_with(b"PK\x03\x04") {
            break;
        }
    }
    Ok(None)
}

/// Members by their local headers, for a file whose end is missing.
fn recover(source: &Source, limits: &Limits) -> io::Result<Vec<Header>> {
    let mut headers = Vec::new();
    let mut at = 0;
    while (headers.len() as u64) < limits.entries {
        let Some((header, length)) = local_at(source, at)? else { break };
        // Sizes behind the data cannot be found without inflating, and every later offset hangs on them.
        let unknown = header.flags & FLAG_DESCRIPTOR != 0 && header.compressed == 0;
        at = at.saturating_add(length as u64).saturating_add(header.compressed);
        if unknown {
            break;
        }
        headers.push(header);
    }
    Ok(headers)
}

impl Directory {
    fn wrong(&mut self, what: What, expected: &str, found: impl Into<String>) {
        self.problems.push(Problem::new("", what, expected, found));
    }

    fn central(&mut self, source: &Source, found: &Found, limits: &Limits) -> io::Result<Vec<Header>> {
        let bytes = source.range(found.start, found.end.size.min(DIRECTORY_LIMIT))?;
        let mut rest = bytes.as_slice();
        let mut headers = Vec::new();
        while let Some((mut header, length)) = Header::parse_central(rest) {
            if headers.len() as u64 >= limits.entries {
                let announced = found.end.entries.max(limits.entries.saturating_add(1));
                self.wrong(What::Entries, &format!("at most {} members", limits.entries), format!("{announced}"));
                return Ok(headers);
            }
            header.offset = header.offset.saturating_add(found.shift);
            headers.push(header);
            rest = rest.get(length..).unwrap_or_default();
        }
        // Old writers count modulo 65536.
        if headers.len() as u64 != found.end.entries && headers.len() as u64 & 0xFFFF != found.end.entries {
            let expected = format!("{} members in the central directory", found.end.entries);
            self.wrong(What::Directory, &expected, headers.len().to_string());
        } else if !rest.is_empty() || found.end.size > bytes.len() as u64 {
            let expected = format!("a central directory of {} bytes", found.end.size);
            self.wrong(What::Directory, &expected, format!("headers of {} bytes", bytes.len() - rest.len()));
        }
        Ok(headers)
    }

    /// Finds the data of each member behind its local header; `end` is where member data must have ended.
    fn place(&mut self, source: &Source, headers: Vec<Header>, end: u64) -> io::Result<()> {
        for header in headers {
            let (name, mut problems) = name_of(&header);
            let mut wrong = |what, expected: &str, found: String| {
                problems.push(Problem::new(&name, what, expected, found));
            };
            let local = local_at(source, header.offset)?;
            let mut offset = header.offset;
            match local {
                None => wrong(What::Beyond, "a local header", format!("none at offset {}", header.offset)),
                Some((local, length)) => {
                    offset = header.offset.saturating_add(length as u64);
                    let sizes = local.flags & FLAG_DESCRIPTOR != 0
                        || (local.size, local.compressed, local.crc) == (header.size, header.compressed, header.crc);
                    if local.name != header.name || local.method != header.method || !sizes {
                        let found = "another name, method, size or checksum".to_owned();
                        wrong(What::HeaderMismatch, "the same in local and central header", found);
                    }
                }
            }
            let stop = offset.saturating_add(header.compressed);
            if stop > end {
                wrong(What::Beyond, &format!("data that ends before offset {end}"), format!("an end at {stop}"));
            }
            if header.flags & ENCRYPTION != 0 {
                wrong(What::Encrypted, "a member without password", "an encrypted one".to_owned());
            }
            if !matches!(header.method, STORED | DEFLATED) {
                wrong(What::Method, "compression 0 (stored) or 8 (deflate)", header.method.to_string());
            }
            if header.system == 3 && header.attributes >> 28 == 0o12 {
                wrong(What::Symlink, "a file", "a symbolic link".to_owned());
            }
            if name.ends_with(['/', '\\']) && header.size == 0 {
                continue;
            }
            let Header { compressed, size, method, crc, .. } = header;
            let extent = Extent { offset, compressed, size, method, crc };
            self.slots.push(Slot { name, start: header.offset, extent, problems });
        }
        Ok(())
    }

    /// Members that share bytes: the one that starts first is kept, what it covers is refused.
    fn overlaps(&mut self, limits: &Limits) {
        let mut order: Vec<usize> = (0..self.slots.len()).collect();
        let start = |slots: &[Slot], at: usize| slots.get(at).map_or(0, |slot| slot.extent.offset);
        order.sort_by_key(|at| (start(&self.slots, *at), *at));
        let mut covered = 0;
        for at in order {
            let Some(slot) = self.slots.get_mut(at) else { continue };
            if slot.problems.iter().any(|problem| limits.refuses(problem.what)) {
                continue; // Not read anyway; it must not take the honest ones with it.
            }
            let end = slot.extent.offset.saturating_add(slot.extent.compressed);
            if slot.start < covered {
                let found = format!("bytes before offset {covered} used by another member");
                slot.problems.push(Problem::new(&slot.name, What::Overlap, "data of its own", found));
            } else {
                covered = end;
            }
        }
    }
}

/// The name as text. Old tools write names in the code page of their system; these are read as Windows-1252.
fn name_of(header: &Header) -> (String, Vec<Problem>) {
    match std::str::from_utf8(&header.name) {
        Ok(name) => (name.to_owned(), Vec::new()),
        Err(_) => {
            let name = decode(&header.name, Encoding::Windows1252).0.into_owned();
            let marked = if header.flags & FLAG_UTF8 == 0 { "a code page" } else { "invalid UTF-8" };
            let problem = Problem::new(&name, What::NameEncoding, "a name in UTF-8", marked);
            (name, vec![problem])
        }
    }
}
