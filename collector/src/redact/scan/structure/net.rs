//! Web addresses, IP and hardware addresses, SIDs. Owns what tells them from times, versions and hashes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::super::{Engine, Hit, Place, Scratch};
use crate::redact::{address, kind::Kind, pseudonym, words};

const RANK: u8 = 6;

/// `S-1-…` stands at `at`.
pub(super) fn sid(engine: &Engine, place: Place<'_>, at: usize, scratch: &mut Scratch) {
    if super::super::text::word_before(place.text, at) {
        return;
    }
    let length = place.run(at, 184, |byte| byte.is_ascii_digit() || byte == b'-' || byte.eq_ignore_ascii_case(&b's'));
    let bytes = place.slice(at, at + length);
    let bytes = bytes.strip_suffix(b"-").unwrap_or(bytes);
    let text = String::from_utf8_lossy(bytes).into_owned();
    if let Some(stand_in) = address::sid(engine.pseudonyms.key(), &text) {
        if engine.wants(Kind::Sid) {
            scratch.remember(&stand_in, &text);
        }
        let stand_in = stand_in.into_bytes();
        engine.push(
            scratch,
            Hit { start: at, end: at + bytes.len(), rank: RANK, kind: Kind::Sid, stand_in, carry: None },
        );
    }
}

/// A `:` at `at`: does it stand before `//host`?
pub(in super::super) fn url(engine: &Engine, place: Place<'_>, at: usize, scratch: &mut Scratch) {
    if !matches!(place.byte(at + 1), b'/' | b'\\') {
        return;
    }
    let slashes =
        [&b"//"[..], b"\\/\\/"].into_iter().find(|slashes| place.slice(at + 1, at + 1 + slashes.len()) == *slashes);
    let Some(slashes) = slashes else { return };
    if place.run_back(at, 10, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-')) < 2 {
        return;
    }
    let mut start = at + 1 + slashes.len();
    let ends = |byte: u8| {
        byte <= b' '
            || matches!(
                byte,
                b'/' | b'\\' | b'?' | b'#' | b'"' | b'\'' | b'<' | b'>' | b')' | b',' | b';' | b'|' | b'}'
            )
    };
    let authority = place.slice(start, start + place.run(start, 512, |byte| !ends(byte)));
    if let Some(sign) = authority.iter().rposition(|byte| *byte == b'@') {
        // Name and password of a proxy or server: no log needs either.
        let stand_in = b"removed".to_vec();
        engine.push(scratch, Hit { start, end: start + sign, rank: 9, kind: Kind::Secret, stand_in, carry: None });
        start += sign + 1;
    }
    if place.byte(start) == b'[' {
        return;
    }
    let end = start
        + place
            .run(start, 253, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_') || byte >= 0x80);
    let host = String::from_utf8_lossy(place.slice(start, end)).trim_end_matches('.').to_owned();
    let end = start + host.len();
    if host.is_empty() || host.parse::<IpAddr>().is_ok() || words::strength(&host) == words::Strength::Public {
        return;
    }
    let stand_in = engine.host(&host, scratch);
    if stand_in != host && !pseudonym::is_pseudonym(&host) {
        let stand_in = stand_in.into_bytes();
        engine.push(scratch, Hit { start, end, rank: RANK, kind: Kind::Server, stand_in, carry: None });
    }
}

/// A `.` at `at`: is it the first of an IPv4 address?
pub(in super::super) fn ipv4(engine: &Engine, place: Place<'_>, at: usize, scratch: &mut Scratch) {
    if !place.before(at).is_ascii_digit() || !place.byte(at + 1).is_ascii_digit() {
        return;
    }
    let start = at - place.run_back(at, 4, |byte| byte.is_ascii_digit());
    let length = place.run(start, 16, |byte| byte.is_ascii_digit() || byte == b'.');
    let text = place.slice(start, start + length);
    let text = text.strip_suffix(b".").unwrap_or(text);
    let end = start + text.len();
    if text.len() < 7 || text.iter().filter(|byte| **byte == b'.').count() != 3 {
        return;
    }
    let Some(ip) = std::str::from_utf8(text).ok().and_then(|text| text.parse::<Ipv4Addr>().ok()) else { return };
    let follows = place.byte(end);
    if follows.is_ascii_alphanumeric()
        || follows == b'_'
        || follows == b'.' && place.byte(end + 1).is_ascii_alphanumeric()
        || !is_address_here(place, start, end, ip)
    {
        return;
    }
    let stand_in = engine.remembered(text, scratch, |key| address::ip(key, IpAddr::V4(ip)).to_string());
    if stand_in != text {
        engine.push(scratch, Hit { start, end, rank: RANK, kind: Kind::Ipv4, stand_in, carry: None });
    }
}

/// Four numbers with dots are a version as often as an address: what stands around them decides.
fn is_address_here(place: Place<'_>, start: usize, end: usize, ip: Ipv4Addr) -> bool {
    let before = place.before(start);
    let private = ip.is_private() || ip.is_link_local();
    let obvious = private && ip.octets()[0] != 10;
    if before.is_ascii_alphanumeric() || before >= 0x80 || before == b'.' {
        return false;
    }
    let port = place.byte(end) == b':' && place.byte(end + 1).is_ascii_digit();
    let cidr = place.byte(end) == b'/' && place.byte(end + 1).is_ascii_digit();
    if obvious || port || cidr {
        return true;
    }
    let context = place.slice(start.saturating_sub(32), start).to_ascii_lowercase();
    let context = context.rsplit(|byte| matches!(byte, b'\n' | b',' | b';')).next().unwrap_or_default();
    let says = |words: &[&str]| words.iter().any(|word| memchr::memmem::find(context, word.as_bytes()).is_some());
    let version = says(&["version", "build", "release", "update", "revision", "koff", "firmware", " v", "ver.", "/v"]);
    let address =
        says(&["ip", "addr", "host", "from ", "server", "client", "peer", "remote", "proxy", "gateway", "dns", "://"]);
    let bracketed = matches!(before, b'[' | b'@') || before == b'(' && place.byte(end) == b')';
    if version || matches!(before, b'-' | b'_') {
        return address && !version;
    }
    address || bracketed || ip.octets()[0] >= 10
}

/// A `:` at `at`: is it the first of an IPv6 or a hardware address?
pub(in super::super) fn colons(engine: &Engine, place: Place<'_>, at: usize, scratch: &mut Scratch) {
    let next = place.byte(at + 1);
    if !next.is_ascii_hexdigit() && next != b':' || place.before(at) == b':' {
        return;
    }
    let digits = place.run_back(at, 5, |byte| byte.is_ascii_hexdigit());
    let start = at - digits;
    let before = place.before(start);
    if digits > 4 || before == b':' || before.is_ascii_alphanumeric() || before >= 0x80 || before == b'_' {
        return;
    }
    let length = place.run(start, 46, |byte| byte.is_ascii_hexdigit() || byte == b':' || byte == b'.');
    // Times are by far the most common text of this shape.
    let shape = place.slice(start, start + length);
    if length < 3
        || shape.iter().filter(|byte| **byte == b':').count() < 3 && !shape.windows(2).any(|pair| pair == b"::")
    {
        return;
    }
    let text = place.slice(start, start + length);
    let text = text.strip_suffix(b".").unwrap_or(text);
    let text = if text.ends_with(b"::") { text } else { text.strip_suffix(b":").unwrap_or(text) };
    let end = start + text.len();
    if place.byte(end).is_ascii_alphanumeric() {
        return;
    }
    if mac(engine, place, start, b':', scratch) {
        return;
    }
    // Eight groups, or fewer where some are left out or the last two are an IPv4 address.
    let groups = 1 + text.iter().filter(|byte| **byte == b':').count();
    if groups != 8 && !text.contains(&b'.') && !text.windows(2).any(|pair| pair == b"::") {
        return;
    }
    let Some(ip) = std::str::from_utf8(text).ok().and_then(|text| text.parse::<Ipv6Addr>().ok()) else { return };
    // `a::b` is more often a name in a program than an address.
    if text.len() < 7
        && ip.segments().iter().filter(|segment| **segment != 0).count() < 3
        && !ip.is_unicast_link_local()
    {
        return;
    }
    let stand_in = engine.remembered(text, scratch, |key| address::ip(key, IpAddr::V6(ip)).to_string());
    if stand_in != text {
        engine.push(scratch, Hit { start, end, rank: RANK, kind: Kind::Ipv6, stand_in, carry: None });
    }
}

/// A `-` at `at`: is it the first of `00-11-22-33-44-55`?
pub(in super::super) fn hyphens(engine: &Engine, place: Place<'_>, at: usize, scratch: &mut Scratch) {
    if place.byte(at + 3) == b'-' && place.byte(at + 6) == b'-' && at >= place.floor + 2 {
        mac(engine, place, at - 2, b'-', scratch);
    }
}

/// A hardware address at `start` with this separator; `false` where there is none.
fn mac(engine: &Engine, place: Place<'_>, start: usize, separator: u8, scratch: &mut Scratch) -> bool {
    let end = start + 17;
    let text = place.slice(start, end);
    let Some(octets) = octets(text, separator) else { return false };
    let around = |byte: u8| byte.is_ascii_alphanumeric() || byte == separator;
    if around(place.before(start)) || around(place.byte(end)) {
        return false;
    }
    let upper = text.iter().any(u8::is_ascii_uppercase);
    let stand_in = address::mac(engine.pseudonyms.key(), octets);
    if stand_in != octets {
        let parts: Vec<String> =
            stand_in.iter().map(|octet| if upper { format!("{octet:02X}") } else { format!("{octet:02x}") }).collect();
        let stand_in = parts.join(&char::from(separator).to_string());
        if engine.wants(Kind::Mac) {
            scratch.remember(&stand_in, &String::from_utf8_lossy(text));
        }
        engine.push(
            scratch,
            Hit { start, end, rank: RANK, kind: Kind::Mac, stand_in: stand_in.into_bytes(), carry: None },
        );
    }
    true
}

/// The six bytes of `00-11-22-33-44-55`.
fn octets(text: &[u8], separator: u8) -> Option<[u8; 6]> {
    let mut octets = [0; 6];
    let mut separators = text.iter().skip(2).step_by(3);
    if text.len() != 17 || !separators.all(|byte| *byte == separator) {
        return None;
    }
    for (octet, pair) in octets.iter_mut().zip(text.chunks(3)) {
        let [high, low, ..] = *pair else { return None };
        let value = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
        *octet = value(high)? << 4 | value(low)?;
    }
    Some(octets)
}
