//! Secrets by their label or shape: passwords, tokens, cookies, keys. They go in every mode; only a mark stays. Owns
//! which words announce one, and where it ends.

use aho_corasick::{AhoCorasick, Match, packed::Searcher};

use super::super::{Carry, Engine, Hit, Place, Scratch};
use crate::redact::{REMOVED, kind::Kind};

/// Rank of a secret: above everything that may stand in it.
const RANK: u8 = 9;

/// Nothing longer is removed at one go; a longer secret is cut where it is, and the rest removed as it comes.
const LONGEST: usize = 2048;

/// Words after which a secret may stand, lower case, each with the bytes by which it is found in any text: the word may
/// stand in the middle of another (`AccessToken`, `smtppassword`). Longer words stand before their own beginnings.
const WORDS: &[(&str, &[&str])] = &[
    ("password", &["assw", "ASSW", "assW"]),
    ("passwort", &[]),
    ("passwd", &[]),
    ("passphrase", &["ssph", "SSPH", "ssPh"]),
    ("kennwort", &["ennw", "ENNW", "ennW"]),
    ("pwd", &["pwd", "PWD", "Pwd"]),
    ("authorization", &["utho", "UTHO"]),
    ("cookie", &["ooki", "OOKI"]),
    ("token", &["oken", "OKEN"]),
    ("secret", &["ecre", "ECRE"]),
    ("api_key", &["pi_k", "PI_K", "pi_K", "PI_k"]),
    ("api-key", &["pi-k", "PI-K", "pi-K", "PI-k"]),
    ("apikey", &["pike", "PIKE", "piKe", "PIKe"]),
    ("private_key", &["vate", "VATE"]),
    ("privatekey", &[]),
    ("sessionid", &["onid", "ONID", "onId", "onID"]),
    ("session_id", &["on_i", "ON_I", "on_I"]),
    ("session-id", &["on-i", "ON-I", "on-I"]),
    ("phpsessid", &["ssid", "SSID"]),
    ("credential", &["rede", "REDE"]),
    ("67f1\"=", &["67f1", "67F1"]),
];

/// What a secret itself begins with, lower case, and whether it may stand inside a longer row of digits.
pub(super) const HEADS: &[(&str, bool)] = &[
    ("bearer ", false),
    ("akia", false),
    ("eyjh", false),
    ("eyj0", false),
    ("eyjr", false),
    ("eyjj", false),
    ("eyjl", false),
    ("tlrmtvntu", true),
    ("aqaaancmnd8b", true),
    ("01000000d08c9ddf0115d111", true),
];

/// The search for words that announce a secret: by prints of four bytes, and by those of three apart, since a search is
/// only as choosy as its shortest print.
#[derive(Debug)]
pub(in super::super) struct Announced([Prints; 2]);

impl Announced {
    pub(in super::super) fn new() -> Self {
        Self([Prints::new(|print| print.len() > 3), Prints::new(|print| print.len() == 3)])
    }

    /// Adds what is announced in `place`.
    pub(in super::super) fn find(&self, engine: &Engine, place: Place<'_>, scratch: &mut Scratch) {
        for prints in &self.0 {
            prints.find(engine, place, scratch);
        }
    }
}

/// Prints of words, searched for in one pass.
#[derive(Debug)]
struct Prints {
    /// With vector instructions, where the processor has them.
    packed: Option<Searcher>,
    plain: Option<AhoCorasick>,
    /// For each print, the words that hold it and where in them.
    words: Vec<Vec<(&'static str, usize)>>,
}

impl Prints {
    fn new(wanted: fn(&str) -> bool) -> Self {
        let prints = || WORDS.iter().flat_map(|(_, prints)| prints.iter()).filter(|print| wanted(print));
        let holding = |print: &str| {
            let print = print.to_ascii_lowercase();
            WORDS.iter().filter_map(|(word, _)| Some((*word, word.find(&print)?))).collect()
        };
        let packed = Searcher::new(prints());
        // A few short patterns always fit.
        let plain = if packed.is_none() { AhoCorasick::new(prints()).ok() } else { None };
        Self { packed, plain, words: prints().map(|print| holding(print)).collect() }
    }

    fn find(&self, engine: &Engine, place: Place<'_>, scratch: &mut Scratch) {
        let text = place.slice(place.floor, place.text.len());
        let each = |found: Match| {
            let words = self.words.get(found.pattern().as_usize()).map(Vec::as_slice).unwrap_or_default();
            let at = place.floor + found.start();
            let begins = |(word, before): &(&'static str, usize)| {
                let start = at.checked_sub(*before).filter(|start| *start >= place.floor)?;
                place.is_at(start, word).then_some((start, *word))
            };
            if let Some((start, word)) = words.iter().find_map(begins) {
                after_label(engine, place, start, word, scratch);
            }
        };
        if let Some(packed) = &self.packed {
            packed.find_iter(text).for_each(each);
        } else if let Some(plain) = &self.plain {
            plain.find_iter(text).for_each(each);
        }
    }
}

/// One of the heads stands at `at`, perhaps.
pub(super) fn headed(engine: &Engine, place: Place<'_>, at: usize, scratch: &mut Scratch) {
    let Some((head, _)) = HEADS.iter().find(|(head, _)| place.is_at(at, head)) else { return };
    match *head {
        "bearer " => value(engine, place, at + head.len(), token_end, scratch),
        "akia" => {
            let length = place.run(at, 24, |byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
            if length == 20 && !place.before(at).is_ascii_alphanumeric() {
                remove(engine, at, at + length, Carry::Token, scratch);
            }
        }
        // NTLM messages hold name, domain and PC; DPAPI blobs hold whatever Windows was asked to keep safe.
        "tlrmtvntu" | "aqaaancmnd8b" | "01000000d08c9ddf0115d111" => blob(engine, place, at, scratch),
        _ => json_web_token(engine, place, at, scratch),
    }
}

/// `word`, perhaps the end of a longer one (`AccessToken`), then `=` or `:`, then the secret.
fn after_label(engine: &Engine, place: Place<'_>, at: usize, word: &str, scratch: &mut Scratch) {
    // `tokens` are counted, and `pwdLastSet` is a time.
    let goes_on = place.byte(at + word.len()).is_ascii_alphanumeric();
    if word == "token" && !is_token_label(place, at) || word == "pwd" && goes_on {
        return;
    }
    let mut next = at + word.trim_end_matches(['=', '"']).len();
    // `passwords`, `Password2`, `"password"`, `password\"` (JSON within a string).
    next += place.run(next, 24, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    next += place.run(next, 4, |byte| matches!(byte, b'"' | b'\'' | b'\\' | b']'));
    next += place.run(next, 8, |byte| byte == b' ' || byte == b'\t');
    let sign = place.byte(next);
    // `<Password>…</Password>` closes its label with the sign itself.
    if !matches!(sign, b'=' | b':' | b'>')
        || sign == b'>' && place.before(at) != b'<'
        || sign == b':' && place.byte(next + 1) == b':'
    {
        return;
    }
    next += 1;
    next += place.run(next, 8, |byte| byte == b' ' || byte == b'\t');
    if place.is_at(next, "hex:") || place.is_at(next, "hex(") {
        return registry_bytes(engine, place, next, scratch);
    }
    if place.is_at(next, "dword:") {
        return;
    }
    let whole_line = matches!(word, "authorization" | "cookie");
    value(engine, place, next, if whole_line { line_end } else { value_end }, scratch);
}

/// The bytes of a registry value in `.reg` text, over all its lines; the mark is bytes, too.
fn registry_bytes(engine: &Engine, place: Place<'_>, at: usize, scratch: &mut Scratch) {
    let start = at + place.run(at, 16, |byte| byte != b':') + 1;
    let is_list = |byte: u8| byte.is_ascii_hexdigit() || matches!(byte, b',' | b'\\' | b' ');
    let mut end = start;
    loop {
        end += place.run(end, LONGEST, is_list);
        let line_end = place.run(end, 2, |byte| matches!(byte, b'\r' | b'\n'));
        if line_end == 0 || place.before(end) != b'\\' || end - start >= LONGEST {
            break;
        }
        end += line_end;
    }
    let bytes: Vec<String> = REMOVED.bytes().map(|byte| format!("{byte:02x}")).collect();
    let carry = (end - start >= LONGEST).then_some(Carry::Bytes);
    let stand_in = bytes.join(",").into_bytes();
    if end > start {
        engine.push(scratch, Hit { start, end, rank: RANK, kind: Kind::Secret, stand_in, carry });
    }
}

/// `PublicKeyToken` is part of a program's name; `tokens` are counted.
fn is_token_label(place: Place<'_>, at: usize) -> bool {
    let before = place.slice(at.saturating_sub(9), at);
    let after = place.byte(at + 5);
    !before.eq_ignore_ascii_case(b"publickey") && !after.is_ascii_alphanumeric()
}

/// Removes what begins at `start`, where it is something.
fn value(
    engine: &Engine,
    place: Place<'_>,
    start: usize,
    end_of: fn(Place<'_>, usize) -> (usize, usize, Carry),
    scratch: &mut Scratch,
) {
    let (start, end, carry) = end_of(place, start);
    let held = place.slice(start, end);
    let nothing = held.iter().all(|byte| matches!(byte, b'*' | b'.' | b'-' | b'_' | b' '))
        || [
            &b"yes"[..],
            b"no",
            b"true",
            b"false",
            b"null",
            b"none",
            b"(null)",
            b"<null>",
            b"0",
            b"1",
            REMOVED.as_bytes(),
        ]
        .iter()
        .any(|word| held.eq_ignore_ascii_case(word))
        || held.starts_with(REMOVED.as_bytes());
    if !nothing {
        remove(engine, start, end, carry, scratch);
    }
}

/// Removes `start..end`, and what follows where that is as much as one hit may hold.
fn remove(engine: &Engine, start: usize, end: usize, carry: Carry, scratch: &mut Scratch) {
    let stand_in = REMOVED.as_bytes().to_vec();
    let carry = (end - start >= LONGEST).then_some(carry);
    engine.push(scratch, Hit { start, end, rank: RANK, kind: Kind::Secret, stand_in, carry });
}

/// To the closing quote, or to the next blank or separator.
fn value_end(place: Place<'_>, start: usize) -> (usize, usize, Carry) {
    let quote = place.byte(start);
    if quote == b'\\' && place.byte(start + 1) == b'"' {
        let from = start + 2;
        let length = place.run(from, LONGEST, |byte| !matches!(byte, b'"' | b'\\' | b'\n' | b'\r' | 0));
        return (from, from + length, Carry::Quoted(b'"'));
    }
    if matches!(quote, b'"' | b'\'' | b'`') {
        let from = start + 1;
        let mut escaped = false;
        let length = place
            .text
            .iter()
            .skip(from)
            .take(LONGEST)
            .take_while(|byte| {
                let ends = **byte == quote && !escaped || matches!(**byte, b'\n' | b'\r' | 0);
                escaped = **byte == b'\\' && !escaped;
                !ends
            })
            .count();
        return (from, from + length, Carry::Quoted(quote));
    }
    let goes_on = |byte: u8| byte > b' ' && !matches!(byte, b'"' | b'\'' | b',' | b';' | b'&' | b'<' | b'|');
    (start, start + place.run(start, LONGEST, goes_on), Carry::Token)
}

/// To the end of the line, or of the string that holds it.
fn line_end(place: Place<'_>, start: usize) -> (usize, usize, Carry) {
    let start = start + usize::from(place.byte(start) == b'"');
    let length = place.run(start, LONGEST, |byte| !matches!(byte, b'\r' | b'\n' | b'"' | 0));
    (start, start + length, Carry::Quoted(b'"'))
}

/// A token without blanks.
fn token_end(place: Place<'_>, start: usize) -> (usize, usize, Carry) {
    let length = place.run(start, LONGEST, |byte| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte));
    // `bearer of bad news` is no token.
    (start, if length >= 12 { start + length } else { start }, Carry::Token)
}

/// Three Base64 parts with dots between them, the first of which begins with `{"`.
fn json_web_token(engine: &Engine, place: Place<'_>, at: usize, scratch: &mut Scratch) {
    let part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let first = place.run(at, LONGEST, part);
    let second = at + first + 1;
    if first < 10 || !place.slice(at, at + 3).eq(b"eyJ") || place.byte(at + first) != b'.' || part(place.before(at)) {
        return;
    }
    let end = second + place.run(second, LONGEST / 2, |byte| part(byte) || byte == b'.');
    if end > second + 4 {
        remove(engine, at, end, Carry::Token, scratch);
    }
}

/// A run of Base64 or hexadecimal digits.
fn blob(engine: &Engine, place: Place<'_>, at: usize, scratch: &mut Scratch) {
    let length = place.run(at, LONGEST, |byte| byte.is_ascii_alphanumeric() || b"+/=-_".contains(&byte));
    remove(engine, at, at + length, Carry::Token, scratch);
}

/// `-----BEGIN … PRIVATE KEY-----` up to its end, or as far as one hit reaches: the lines that follow are removed by the
/// stream, which knows that it is inside a key.
pub(super) fn pem(engine: &Engine, place: Place<'_>, at: usize, scratch: &mut Scratch) {
    if !place.is_at(at, "-----begin") {
        return;
    }
    let head = place.slice(at, at + 64);
    let Some(label) = memchr::memmem::find(head, b"PRIVATE KEY") else { return };
    let rest = place.slice(at, at + LONGEST + 128);
    let body = at + label + b"PRIVATE KEY-----".len();
    let end = memchr::memmem::find(rest.get(label..).unwrap_or_default(), b"-----END");
    let end = end.map_or(at + rest.len(), |end| at + label + end);
    if body < end {
        remove(engine, body, end, Carry::Pem, scratch);
    }
}
