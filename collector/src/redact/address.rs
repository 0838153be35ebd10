//! Stand-ins for IP addresses, hardware addresses and SIDs. What routers and Windows read from an address (private or
//! public, same network or not, which built-in account) can still be read from its stand-in.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::key::Key;

/// How many leading bits of an IPv4 address stay, because they only say of which class it is; 32 for addresses that
/// identify nobody.
fn kept_bits_v4(ip: Ipv4Addr) -> u32 {
    match ip.octets() {
        [0 | 127, ..] | [224..=255, ..] => 32,
        [169, 254, ..] | [192, 168, ..] => 16,
        [172, 16..=31, ..] => 12,
        [100, 64..=127, ..] => 10,
        // Documentation networks and public resolvers identify nobody.
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] | [8, 8, 8, 8] | [8, 8, 4, 4] | [1, 1, 1, 1] => 32,
        [9, 9, 9, 9] => 32,
        _ => 8,
    }
}

/// The stand-in of an IPv4 address: two addresses that share n leading bits share them still.
pub(crate) fn ipv4(key: &Key, ip: Ipv4Addr) -> Ipv4Addr {
    let kept = kept_bits_v4(ip);
    let mut now = u32::from(ip);
    // A public address must not land in a private network; the walk stays a permutation because it ends at the first
    // address of the same class.
    for _ in 0..64 {
        now = permute(key, "ipv4", u128::from(now) << 96, kept, 32) as u32;
        if kept_bits_v4(Ipv4Addr::from(now)) == kept {
            break;
        }
    }
    Ipv4Addr::from(now)
}

/// The stand-in of an IPv6 address.
pub(crate) fn ipv6(key: &Key, ip: Ipv6Addr) -> Ipv6Addr {
    if let Some(v4) = ip.to_ipv4_mapped() {
        return ipv4(key, v4).to_ipv6_mapped();
    }
    let bits = u128::from(ip);
    let kept = match ip.segments() {
        _ if ip.is_unspecified() || ip.is_loopback() || ip.is_multicast() => return ip,
        [0x2001, 0x0db8, ..] => return ip,
        [first, ..] if first & 0xffc0 == 0xfe80 => 64,
        [first, ..] if first & 0xfe00 == 0xfc00 => 8,
        _ => 12,
    };
    Ipv6Addr::from(permute(key, "ipv6", bits, kept, 128))
}

/// Flips each bit beyond `kept` by a keyed function of the bits before it (prefix-preserving). Left-aligned in 128 bits;
/// the result is right-aligned for `width`.
fn permute(key: &Key, domain: &str, bits: u128, kept: u32, width: u32) -> u128 {
    let mut out = bits;
    for position in kept..width {
        let prefix = if position == 0 { 0 } else { bits & (u128::MAX << (128 - position)) };
        let mut text = [0; 17];
        text[..16].copy_from_slice(&prefix.to_be_bytes());
        text[16] = u8::try_from(position).unwrap_or(u8::MAX);
        let flip = u128::from(key.digest(domain, &text)[0] & 1);
        out ^= flip << (127 - position);
    }
    out >> (128 - width)
}

/// The stand-in of an IP address.
pub(crate) fn ip(key: &Key, ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(v4) => IpAddr::V4(ipv4(key, v4)),
        IpAddr::V6(v6) => IpAddr::V6(ipv6(key, v6)),
    }
}

/// The stand-in of a hardware address, marked as locally administered; broadcast and zero stay.
pub(crate) fn mac(key: &Key, octets: [u8; 6]) -> [u8; 6] {
    if octets == [0xff; 6] || octets == [0; 6] {
        return octets;
    }
    let digest = key.digest("mac", &octets);
    [digest[0] & 0xfc | 0x02, digest[1], digest[2], digest[3], digest[4], digest[5]]
}

/// The stand-ins for the sub-authorities that identify a PC, domain or tenant. `None` where the SID is one that every
/// Windows has.
pub(crate) fn sid_parts(key: &Key, parts: &[u32]) -> Vec<u32> {
    let mut text = Vec::with_capacity(parts.len() * 4);
    for part in parts {
        text.extend(part.to_le_bytes());
    }
    let digest = key.digest("sid", &text);
    (0..parts.len())
        .map(|index| {
            let at = (index * 4) % 32;
            let mut four = [0; 4];
            for (to, from) in four.iter_mut().zip(digest.iter().cycle().skip(at)) {
                *to = *from;
            }
            // Real ones have nine or ten digits; small numbers would look like a RID.
            u32::from_le_bytes(four) | 0x4000_0000
        })
        .collect()
}

/// The stand-in for a SID in text, or `None` where it identifies nobody. The last number (RID) of `S-1-5-21-…` stays: it
/// tells the administrator from the first user, and nothing else.
pub(crate) fn sid(key: &Key, text: &str) -> Option<String> {
    let mut fields = text.split('-');
    let (head, authority) = (fields.next()?, (fields.next()?, fields.next()?));
    let numbers: Vec<u32> = fields.map(|field| field.parse().ok()).collect::<Option<_>>()?;
    let head = format!("{head}-{}-{}", authority.0, authority.1);
    let (kept, hidden, rest): (&[u32], &[u32], &[u32]) = match (authority.1, numbers.as_slice()) {
        ("5", [21, domain @ ..]) if domain.len() >= 3 => (&[21], &domain[..3], &domain[3..]),
        // Azure AD: four numbers are the person's object id. AppContainer and service SIDs are the same everywhere.
        ("12", [1, person @ ..]) if person.len() >= 4 => (&[1], &person[..4], &person[4..]),
        _ => return None,
    };
    let hidden = sid_parts(key, hidden);
    let numbers = kept.iter().chain(&hidden).chain(rest);
    Some(numbers.fold(head, |text, number| format!("{text}-{number}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_stays_private_and_networks_stay_together() {
        let key = Key::random().unwrap();
        for (net, text) in [([192, 168], "192.168.7.9"), ([10, 0], "10.20.30.40"), ([172, 0], "172.20.1.1")] {
            let out = ipv4(&key, text.parse().unwrap());
            assert!(out.is_private(), "{text} became {out}");
            assert_eq!(out.octets()[0], net[0]);
        }
        let (a, b) = (ipv4(&key, "10.1.2.3".parse().unwrap()), ipv4(&key, "10.1.2.77".parse().unwrap()));
        assert_eq!(a.octets()[..3], b.octets()[..3]);
        assert_ne!(a, b);
        for last in 0..200 {
            let public = Ipv4Addr::new(172, 200, 3, last);
            assert!(!ipv4(&key, public).is_private());
        }
        assert_eq!(ipv4(&key, "127.0.0.1".parse().unwrap()), Ipv4Addr::LOCALHOST);
    }

    #[test]
    fn ipv6_keeps_its_scope() {
        let key = Key::random().unwrap();
        let local = ipv6(&key, "fe80::1234:5678".parse().unwrap());
        assert_eq!(local.segments()[..4], [0xfe80, 0, 0, 0]);
        assert_ne!(local, "fe80::1234:5678".parse::<Ipv6Addr>().unwrap());
        assert_eq!(ipv6(&key, Ipv6Addr::LOCALHOST), Ipv6Addr::LOCALHOST);
        assert_ne!(ipv6(&key, "2003:e1::1".parse().unwrap()), "2003:e1::1".parse::<Ipv6Addr>().unwrap());
    }

    #[test]
    fn sids_keep_their_shape_and_rid() {
        let key = Key::random().unwrap();
        let out = sid(&key, "S-1-5-21-1111111111-2222222222-333333333-1001").unwrap();
        assert!(out.starts_with("S-1-5-21-") && out.ends_with("-1001") && !out.contains("1111111111"), "{out}");
        let admin = sid(&key, "S-1-5-21-1111111111-2222222222-333333333-500").unwrap();
        assert_eq!(admin.strip_suffix("500"), out.strip_suffix("1001"));
        assert_eq!(sid(&key, "S-1-5-18"), None);
        assert_eq!(sid(&key, "S-1-5-32-544"), None);
    }
}
