//! Mail addresses, wherever they stand: local part and domain apart, so that people of one company stay together.

use super::super::{Engine, Hit, Place, Scratch};
use crate::redact::{kind::Kind, pseudonym, words};

/// Local parts and domains are no longer than this.
const LONGEST: usize = 253;

/// Rank of an address: above the names in it.
const RANK: u8 = 7;

fn is_local(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'+' | b'-') || byte >= 0x80
}

fn is_domain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-') || byte >= 0x80
}

/// A `@` at `at`: is it an address?
pub(in super::super) fn address(engine: &Engine, place: Place<'_>, at: usize, scratch: &mut Scratch) {
    let mut start = at - place.run_back(at, LONGEST, is_local);
    while start < at && matches!(place.byte(start), b'.' | b'-' | b'+') {
        start += 1;
    }
    let mut end = at + 1 + place.run(at + 1, LONGEST, is_domain);
    while end > at && matches!(place.byte(end - 1), b'.' | b'-') {
        end -= 1;
    }
    let (local, domain) = (place.slice(start, at), place.slice(at + 1, end));
    if local.is_empty() || !is_domain_name(domain) {
        return;
    }
    let (local, domain) = (String::from_utf8_lossy(local), String::from_utf8_lossy(domain));
    let host = engine.host(&domain, scratch);
    if !pseudonym::is_pseudonym(&local) && words::strength(&local) != words::Strength::Public {
        let stand_in = engine.address_part(&local, scratch);
        engine.push(
            scratch,
            Hit { start, end: at, rank: RANK, kind: Kind::Mail, stand_in: stand_in.into_bytes(), carry: None },
        );
    }
    if place.before(start) == b'<' && start > place.floor {
        super::label::display_name(engine, place, start - 1, scratch);
    }
    if host != domain {
        let stand_in = host.into_bytes();
        engine.push(scratch, Hit { start: at + 1, end, rank: RANK, kind: Kind::Domain, stand_in, carry: None });
    }
}

/// At least two labels, the last of them letters: `2x.png` and version numbers are not meant.
fn is_domain_name(domain: &[u8]) -> bool {
    const FILES: &[&[u8]] = &[b"png", b"jpg", b"jpeg", b"gif", b"dll", b"exe", b"js", b"css", b"svg"];
    let labels: Vec<&[u8]> = domain.split(|byte| *byte == b'.').collect();
    let (Some(last), true) = (labels.last(), labels.len() > 1) else { return false };
    labels.iter().all(|label| !label.is_empty())
        && last.len() > 1
        && last.iter().all(|byte| byte.is_ascii_alphabetic() || *byte >= 0x80 || last.starts_with(b"xn--"))
        && !FILES.contains(&last.to_ascii_lowercase().as_slice())
}
