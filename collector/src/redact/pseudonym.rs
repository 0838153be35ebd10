//! What stands in for a name: the same name, the same stand-in, still parsable as its type. Owns the shapes; addresses
//! are `address`.

use sha2::{Digest, Sha256};

use super::{key::Key, kind::Kind, learned::Learned, words};

/// Digits and letters of a code; no `i`, `l`, `o`, `u`, so that a person can read one out.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Secret part of a code: 30 bits, so that among a thousand names two agree once in two thousand bundles.
const SECRET: usize = 6;

/// Length of a code. The last two letters follow from the others without the key: a PC that is really called
/// `USER-PC2024` must not pass for a pseudonym.
const CODE: usize = SECRET + 2;

/// Makes pseudonyms with one key.
#[derive(Debug, Clone)]
pub(crate) struct Pseudonyms {
    key: Key,
}

impl Pseudonyms {
    pub(crate) fn new(key: Key) -> Self {
        Self { key }
    }

    pub(crate) fn key(&self) -> &Key {
        &self.key
    }

    /// The code of a name: the same in every kind and case, so that `FIRMA\anna` and `anna@…` stay related.
    pub(crate) fn code(&self, text: &str) -> String {
        let digest = self.key.digest("name", text.trim().to_lowercase().as_bytes());
        let mut code: String = digest.iter().take(SECRET).map(|byte| letter(*byte)).collect();
        code.push_str(&check(&code));
        code
    }

    /// `USER-k3f9ab`, or the shape of a host name, mail address or GUID.
    pub(crate) fn name(&self, kind: Kind, text: &str, learned: &Learned) -> String {
        if is_pseudonym(text) {
            return text.to_owned();
        }
        match kind {
            Kind::Host | Kind::Server | Kind::Domain if text.contains('.') => self.host(text, learned),
            Kind::Mail => match text.rsplit_once('@') {
                Some((local, domain)) => {
                    format!("{}@{}", self.name(Kind::Mail, local, learned), self.host(domain, learned))
                }
                None => format!("mail-{}", self.code(text)),
            },
            Kind::Guid => self.guid(text),
            _ => format!("{}-{}", kind.prefix(), self.code(text)),
        }
    }

    /// A host name label by label: `srv7.musterwerk.de` becomes `server-….domain-….example`, so that the domain stays
    /// recognisable in mail addresses and web addresses.
    pub(crate) fn host(&self, text: &str, learned: &Learned) -> String {
        let host = text.trim_end_matches('.');
        if words::is_public_host(host) || host.parse::<std::net::IpAddr>().is_ok() {
            return text.to_owned();
        }
        if !host.contains('.') {
            let kind = learned.kind(&host.to_lowercase()).unwrap_or(Kind::Server);
            return if is_pseudonym(host) { host.to_owned() } else { format!("{}-{}", kind.prefix(), self.code(host)) };
        }
        let domain = registrable(host);
        let labels = host.get(..host.len() - domain.len()).unwrap_or_default().trim_end_matches('.');
        let mut out = String::new();
        for label in labels.split('.').filter(|label| !label.is_empty()) {
            if words::is_service_label(label) || is_pseudonym(label) {
                out.push_str(&label.to_lowercase());
            } else {
                let kind = learned.kind(&label.to_lowercase()).unwrap_or(Kind::Server);
                out.push_str(&format!("{}-{}", kind.prefix().to_lowercase(), self.code(label)));
            }
            out.push('.');
        }
        out + &format!("domain-{}.example", self.code(domain))
    }

    /// A GUID of the same spelling: braces, hyphens and case stay.
    pub(crate) fn guid(&self, text: &str) -> String {
        let digits: String = text.chars().filter(char::is_ascii_hexdigit).collect();
        let digest = self.key.digest("guid", digits.to_ascii_lowercase().as_bytes());
        let mut fresh = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        let upper = text.chars().any(|c| c.is_ascii_uppercase());
        text.chars()
            .map(|c| match fresh.next_if_digit(c) {
                Some(nibble) => {
                    let digit = char::from_digit(u32::from(nibble), 16).unwrap_or('0');
                    if upper { digit.to_ascii_uppercase() } else { digit }
                }
                None => c,
            })
            .collect()
    }

    /// A stand-in for the 8.3 form of a name: still six characters, tilde, number.
    pub(crate) fn short(&self, folded: &str, number: char) -> String {
        let code = self.code(folded).to_ascii_uppercase();
        format!("U{}~{number}", code.get(..5).unwrap_or(&code))
    }
}

/// Takes the next nibble only where the original has a digit.
trait NextIfDigit: Iterator<Item = u8> {
    fn next_if_digit(&mut self, original: char) -> Option<u8> {
        if original.is_ascii_hexdigit() { self.next() } else { None }
    }
}
impl<I: Iterator<Item = u8>> NextIfDigit for I {}

fn letter(byte: u8) -> char {
    char::from(ALPHABET[usize::from(byte & 31)])
}

/// The two letters that end a code.
fn check(secret: &str) -> String {
    Sha256::digest(secret.as_bytes()).iter().take(CODE - SECRET).map(|byte| letter(*byte)).collect()
}

/// Whether `text` is a pseudonym already, so that redacting twice changes nothing.
pub(crate) fn is_pseudonym(text: &str) -> bool {
    let text = text.strip_suffix(".example").unwrap_or(text);
    let Some((prefix, code)) = text.split_once('-') else { return false };
    let code = code.to_ascii_lowercase();
    let (Some(secret), Some(end)) = (code.get(..SECRET), code.get(SECRET..)) else { return false };
    end.len() == CODE - SECRET
        && code.bytes().all(|byte| ALPHABET.contains(&byte))
        && check(secret) == end
        && Kind::ALL.iter().any(|kind| !kind.prefix().is_empty() && kind.prefix().eq_ignore_ascii_case(prefix))
}

/// The part of a host name that somebody registered: two labels, or three below `co.uk` and its like.
pub(crate) fn registrable(host: &str) -> &str {
    const SECOND: &[&str] = &["ac", "co", "com", "edu", "gov", "gv", "net", "or", "org"];
    let host = host.trim_end_matches('.');
    let dots: Vec<usize> = host.match_indices('.').map(|(at, _)| at).collect();
    let label = |index: usize| {
        let start = index.checked_sub(1).map_or(0, |before| dots[before] + 1);
        host.get(start..dots[index]).unwrap_or_default().to_ascii_lowercase()
    };
    let keep = match dots.len() {
        0 | 1 => return host,
        count if host.len() - dots[count - 1] == 3 && SECOND.contains(&label(count - 1).as_str()) => 3,
        _ => 2,
    };
    match dots.len().checked_sub(keep) {
        Some(index) => host.get(dots[index] + 1..).unwrap_or(host),
        None => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pseudonyms() -> Pseudonyms {
        Pseudonyms::new(Key::random().unwrap())
    }

    #[test]
    fn one_name_has_one_code_in_every_kind_and_case() {
        let (all, none) = (pseudonyms(), Learned::new());
        let user = all.name(Kind::User, "Anna", &none);
        assert_eq!(user.strip_prefix("USER-"), all.name(Kind::Mail, "ANNA", &none).strip_prefix("mail-"));
        assert_eq!(all.name(Kind::User, &user, &none), user);
    }

    #[test]
    fn hosts_keep_their_shape() {
        let (all, none) = (pseudonyms(), Learned::new());
        let host = all.host("srv7.musterwerk.co.uk", &none);
        assert_eq!(host.split('.').count(), 3);
        assert!(host.starts_with("server-") && host.ends_with(".example"), "{host}");
        assert!(host.ends_with(&all.host("musterwerk.co.uk", &none)));
        assert_eq!(all.host("mail.musterwerk.de", &none), format!("mail.{}", all.host("musterwerk.de", &none)));
        assert_eq!(all.host("cdn.kerio.com", &none), "cdn.kerio.com");
        assert_eq!(all.host(&host, &none), host, "redacting twice changes nothing");
    }

    #[test]
    fn guids_keep_their_spelling() {
        let all = pseudonyms();
        let guid = all.guid("{0A2B3C4D-1111-2222-3333-444455556666}");
        assert_eq!(guid.len(), 38);
        assert_eq!(guid.matches('-').count(), 4);
        assert!(guid.starts_with('{') && !guid.contains("0A2B3C4D") && guid == guid.to_uppercase());
    }
}
