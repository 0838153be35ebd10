//! What a label gives away: subjects, search terms, mail folders, the person before an address, user and computer fields.
//! Labels are those of Kerio, Windows, Manticore and mail headers.

use super::super::{Engine, Hit, Place, Scratch};
use crate::redact::{kind::Kind, pseudonym, words};

/// Rank of a whole text that a person wrote: above every name in it.
const RANK: u8 = 8;

/// Rank of a name that only its label gives away.
const RANK_FIELD: u8 = 3;

/// A text behind a label is no longer than this.
const LONGEST: usize = 1024;

fn in_line(byte: u8) -> bool {
    !matches!(byte, b'\r' | b'\n' | 0)
}

fn blanks(place: Place<'_>, at: usize) -> usize {
    at + place.run(at, 8, |byte| matches!(byte, b' ' | b'\t'))
}

fn whole(engine: &Engine, place: Place<'_>, start: usize, end: usize, kind: Kind, rank: u8, scratch: &mut Scratch) {
    let text = String::from_utf8_lossy(place.slice(start, end)).into_owned();
    if text.trim().is_empty() || pseudonym::is_pseudonym(&text) {
        return;
    }
    let stand_in = engine.stand_in(kind, &text, scratch).into_bytes();
    engine.push(scratch, Hit { start, end, rank, kind, stand_in, carry: None });
}

/// `Subject: "…"` or `Subject: …` up to the next field or the end of the line. Subjects of certificates stay.
pub(super) fn subject(engine: &Engine, place: Place<'_>, at: usize, scratch: &mut Scratch) {
    let Some(label) = ["subject:", "betreff:"].iter().find(|label| place.is_at(at, label)) else { return };
    if super::super::text::word_before(place.text, at) {
        return;
    }
    let mut start = blanks(place, at + label.len());
    let line = start + place.run(start, LONGEST, in_line);
    let certificate = ["CN=", "O=", "C=", "OU=", "E=", "L=", "S="];
    if certificate.iter().any(|part| place.is_at(start, part)) {
        return;
    }
    let rest = place.slice(start, line);
    let fields = [&b", Delivered:"[..], b", Msg-Id:", b", Size:", b", From:", b", To:", b", Destination Folder:"];
    let next = fields.iter().filter_map(|field| memchr::memmem::find(rest, field)).min();
    let mut end = next.map_or(line, |found| start + found);
    if place.byte(start) == b'"' {
        start += 1;
        let closing = place.slice(start, end).iter().rposition(|byte| *byte == b'"');
        end = closing.map_or(end, |found| start + found);
    }
    whole(engine, place, start, end, Kind::Subject, RANK, scratch);
}

/// `MATCH('…')` of a search daemon's query log.
pub(super) fn query(engine: &Engine, place: Place<'_>, at: usize, scratch: &mut Scratch) {
    let open = at + b"match(".len();
    let quote = place.byte(open);
    if !place.is_at(at, "match(") || !matches!(quote, b'\'' | b'"') {
        return;
    }
    let start = open + 1;
    let mut escaped = false;
    let length = place.run_while(start, LONGEST, |byte| {
        let ends = byte == quote && !escaped || !in_line(byte);
        escaped = byte == b'\\' && !escaped;
        !ends
    });
    whole(engine, place, start, start + length, Kind::Term, RANK, scratch);
}

/// `… 0.004 sec [all/0/rel 35254 (0,20)] [index] what was searched for`
pub(super) fn plain_query(engine: &Engine, place: Place<'_>, at: usize, scratch: &mut Scratch) {
    let start = at + b" sec [".len();
    if !place.is_at(at, " sec [") {
        return;
    }
    let rest = place.slice(start, start + place.run(start, LONGEST, in_line));
    let Some(index) = memchr::memmem::find(rest, b"] [") else { return };
    let Some(close) = rest.get(index + 3..).and_then(|rest| memchr::memchr(b']', rest)) else { return };
    let term = blanks(place, start + index + 3 + close + 1);
    whole(engine, place, term, start + rest.len(), Kind::Term, RANK, scratch);
}

/// `Folder: ~somebody@company/Deleted Items/what the person called it`: folders that every mailbox has stay.
pub(super) fn folder(engine: &Engine, place: Place<'_>, at: usize, scratch: &mut Scratch) {
    if !place.is_at(at, "folder: ~") {
        return;
    }
    let start = at + b"folder: ".len();
    let line = place.slice(start, start + place.run(start, LONGEST, in_line));
    let fields = [&b", From:"[..], b", Subject:", b", Destination Folder:", b", Msg-Id:", b", Delivered:", b", Size:"];
    let length = fields.iter().filter_map(|field| memchr::memmem::find(line, field)).min().unwrap_or(line.len());
    let mut at = start;
    for (index, part) in place.slice(start, start + length).split(|byte| *byte == b'/').enumerate() {
        if index > 0 && !words::is_standard_folder(&String::from_utf8_lossy(part)) {
            whole(engine, place, at, at + part.len(), Kind::Folder, RANK, scratch);
        }
        at += part.len() + 1;
    }
}

/// The display name before `<address>`, whose `<` stands at `at`.
pub(super) fn display_name(engine: &Engine, place: Place<'_>, at: usize, scratch: &mut Scratch) {
    let mut end = at - place.run_back(at, 2, |byte| byte == b' ');
    let quoted = place.before(end) == b'"';
    if quoted {
        // `\"` in a string within a string.
        end -= 1;
        end -= place.run_back(end, 1, |byte| byte == b'\\');
    }
    let stop = |byte: u8| {
        !in_line(byte)
            || matches!(byte, b'"' | b'<' | b'>' | b';')
            || !quoted && matches!(byte, b':' | b',' | b'(' | b'[')
    };
    let mut start = end - place.run_back(end, 80, |byte| !stop(byte));
    start += place.run(start, 80, |byte| matches!(byte, b' ' | b'\t' | b'\\')).min(end - start);
    let name = String::from_utf8_lossy(place.slice(start, end));
    let capital = |word: &str| word.chars().next().is_some_and(char::is_uppercase);
    let listed =
        matches!(place.before(start - place.run_back(start, 2, |byte| byte == b' ')), b':' | b',' | b';' | 0 | b'\n');
    if quoted && name.contains(char::is_alphabetic)
        || listed && !name.is_empty() && name.split(' ').count() <= 5 && name.split(' ').all(capital)
    {
        whole(engine, place, start, end, Kind::Person, RANK, scratch);
    }
}

/// `User: …`, `Account Name=…`, `Workstation Name: …`: labels of Windows and Kerio, in English and German.
pub(super) fn field(engine: &Engine, place: Place<'_>, at: usize, scratch: &mut Scratch) {
    const LABELS: &[(&str, Kind)] = &[
        ("username", Kind::User),
        ("user name", Kind::User),
        ("user_name", Kind::User),
        ("userid", Kind::User),
        ("user id", Kind::User),
        ("user", Kind::User),
        ("account name", Kind::User),
        ("benutzername", Kind::User),
        ("benutzer", Kind::User),
        ("kontoname", Kind::User),
        ("workstation name", Kind::Host),
        ("source workstation", Kind::Host),
        ("workstation", Kind::Host),
        ("computer name", Kind::Host),
        ("computername", Kind::Host),
        ("computer", Kind::Host),
        ("hostname", Kind::Host),
        ("host name", Kind::Host),
        ("account domain", Kind::Domain),
        ("logon domain", Kind::Domain),
        ("serial number", Kind::Serial),
        ("serialnumber", Kind::Serial),
        ("seriennummer", Kind::Serial),
        ("recipients/cn=", Kind::Guid),
    ];
    let Some((label, kind)) = LABELS.iter().find(|(label, _)| place.is_at(at, label)) else { return };
    if *kind == Kind::Guid {
        let start = at + label.len();
        let length = place.run(start, 128, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
        whole(engine, place, start, start + length, Kind::User, RANK_FIELD, scratch);
        return;
    }
    let mut next = at + label.len();
    next += place.run(next, 2, |byte| matches!(byte, b'"' | b'\''));
    next = blanks(place, next);
    if super::super::text::word_before(place.text, at) || !matches!(place.byte(next), b':' | b'=') {
        return;
    }
    next = blanks(place, next + 1);
    next += place.run(next, 2, |byte| matches!(byte, b'"' | b'\'' | b'<'));
    let word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-') || byte >= 0x80;
    let mut end = next + place.run(next, 128, word);
    if *kind == Kind::User && place.byte(end) == b'\\' && word(place.byte(end + 1)) {
        named(engine, place, next, end, Kind::Domain, scratch);
        next = end + 1;
        end = next + place.run(next, 128, word);
    }
    // An address has a shape of its own, and the `:` of `HTTP:` begins another text.
    if !matches!(place.byte(end), b'@' | b':' | b'\\' | b'(') {
        named(engine, place, next, end, *kind, scratch);
    }
}

/// A field's value, unless it is a word that any log holds there.
fn named(engine: &Engine, place: Place<'_>, start: usize, end: usize, kind: Kind, scratch: &mut Scratch) {
    let end = end - place.slice(start, end).iter().rev().take_while(|byte| matches!(byte, b'.' | b'-')).count();
    let text = String::from_utf8_lossy(place.slice(start, end)).into_owned();
    let known = engine.names.whole(&text).is_some();
    let number = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let sid = text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("s-1-"));
    let address = text.parse::<std::net::IpAddr>().is_ok() || words::is_public_host(&text);
    let word = words::strength(&text) != words::Strength::Everywhere && kind != Kind::Serial;
    if known || !(number && kind != Kind::Serial || sid || address || word) {
        whole(engine, place, start, end, kind, RANK_FIELD, scratch);
    }
}
