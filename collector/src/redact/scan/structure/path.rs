//! Paths that name a person or a machine: home folders and network shares. The shape of the path stays.

use super::super::{Engine, Hit, Place, Scratch};
use crate::redact::{
    kind::Kind,
    pseudonym,
    words::{self},
};

/// A part of a path is no longer than this.
const LONGEST: usize = 255;

const RANK: u8 = 6;

fn is_separator(byte: u8) -> bool {
    byte == b'\\' || byte == b'/'
}

/// What no part of a Windows path may hold, and what ends one in a list.
fn ends_part(byte: u8) -> bool {
    matches!(byte, b'"' | b'<' | b'>' | b'|' | b':' | b'*' | b'?' | b';' | b'\r' | b'\n' | b'\t' | 0)
        || is_separator(byte)
}

/// The part of a path that begins at `at`: up to the next separator; the last part of a path ends at a blank, unless
/// quotes or the end of the text say where it ends.
fn part(place: Place<'_>, at: usize) -> usize {
    let end = at + place.run(at, LONGEST, |byte| !ends_part(byte));
    if is_separator(place.byte(end))
        || end >= place.text.len()
        || matches!(place.byte(end), b'"' | 0 | b'<' | b'>' | b'|')
    {
        return end;
    }
    at + place.run(at, LONGEST, |byte| !ends_part(byte) && !matches!(byte, b' ' | b',' | b'\'' | b')' | b']'))
}

/// `\Users`, `/home/` or their like may stand at `at`: the next part is somebody's name.
pub(super) fn home(engine: &Engine, place: Place<'_>, at: usize, scratch: &mut Scratch) {
    let names = ["users", "documents and settings", "home"];
    let Some(folder) = names.iter().find(|folder| place.is_at(at + 1, folder)) else { return };
    let mut start = at + 1 + folder.len();
    let separators = place.run(start, 4, is_separator);
    if separators == 0 || *folder == "home" && place.byte(at) != b'/' {
        return;
    }
    start += separators;
    let end = part(place, start);
    let bytes = place.slice(start, end);
    let name = String::from_utf8_lossy(bytes);
    let name = name.trim_end();
    if name.is_empty() || name.starts_with(['%', '$', '{', '~']) && !name.contains(char::is_alphanumeric) {
        return;
    }
    if name.starts_with('%') || words::is_shared_profile(name) || pseudonym::is_pseudonym(name) {
        return;
    }
    let stand_in = engine.stand_in(Kind::User, name, scratch);
    let end = start + bytes.trim_ascii_end().len();
    engine
        .push(scratch, Hit { start, end, rank: RANK, kind: Kind::User, stand_in: stand_in.into_bytes(), carry: None });
}

/// A `\` at `at`: is it the second of `\\server\share`?
pub(in super::super) fn unc(engine: &Engine, place: Place<'_>, at: usize, scratch: &mut Scratch) {
    if place.before(at) != b'\\' || at.checked_sub(2).is_some_and(|first| place.byte(first) == b'\\') {
        return;
    }
    let first = at - 1;
    let opens = matches!(
        place.before(first),
        0 | b' ' | b'\t' | b'\r' | b'\n' | b'"' | b'\'' | b'=' | b'(' | b'[' | b'<' | b'>' | b',' | b';' | b'|' | b':'
    );
    // `C:\\folder` is a drive, `Path:\\server` a label.
    let drive = place.before(first) == b':'
        && first.checked_sub(2).is_some_and(|letter| place.byte(letter).is_ascii_alphabetic())
        && !first.checked_sub(3).is_some_and(|before| place.byte(before).is_ascii_alphanumeric());
    let escape = match place.run(first, 8, |byte| byte == b'\\') {
        2 => 1,
        4 => 2,
        _ => return,
    };
    if !opens || drive {
        return;
    }
    let mut start = first + 2 * escape;
    if matches!(place.byte(start), b'?' | b'.') {
        let prefix = if escape == 1 { "\\UNC\\" } else { "\\\\UNC\\\\" };
        if !place.is_at(start + 1, prefix) {
            return;
        }
        start += 1 + prefix.len();
    }
    let end = start
        + place
            .run(start, 64, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_') || byte >= 0x80);
    // In escaped text `"\\folder\\x"` is a path from the root, not a server.
    if end == start || place.run(end, 8, |byte| byte == b'\\') != escape {
        return;
    }
    server(engine, place, start, end, scratch);
    share(engine, place, end + escape, scratch);
}

fn server(engine: &Engine, place: Place<'_>, start: usize, end: usize, scratch: &mut Scratch) {
    let name = String::from_utf8_lossy(place.slice(start, end));
    // Addresses have shapes of their own.
    if name.parse::<std::net::IpAddr>().is_ok() || words::strength(&name) == words::Strength::Public {
        return;
    }
    let stand_in = engine.host(&name, scratch);
    if stand_in != name {
        let stand_in = stand_in.into_bytes();
        engine.push(scratch, Hit { start, end, rank: RANK, kind: Kind::Server, stand_in, carry: None });
    }
}

fn share(engine: &Engine, place: Place<'_>, start: usize, scratch: &mut Scratch) {
    let end = part(place, start);
    let bytes = place.slice(start, end).trim_ascii_end();
    let name = String::from_utf8_lossy(bytes);
    let folded = name.to_lowercase();
    // Shares that every Windows server has.
    let standard =
        folded.ends_with('$') && folded.len() <= 7 || matches!(folded.as_str(), "netlogon" | "sysvol" | "users");
    if name.is_empty() || standard || pseudonym::is_pseudonym(&name) {
        return;
    }
    let stand_in = engine.stand_in(Kind::Share, &name, scratch).into_bytes();
    engine.push(scratch, Hit { start, end: start + bytes.len(), rank: RANK, kind: Kind::Share, stand_in, carry: None });
}
