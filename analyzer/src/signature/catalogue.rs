//! Security catalogues (`.cat`): a signed list of file digests. Owns the list's structure; the signature around it is
//! judged like any other.

use std::collections::BTreeSet;

use super::{
    certificate::hex,
    cms::SignedData,
    spc,
    tlv::{OCTETS, OID, Reader, Result, SEQUENCE, SET, Tlv, malformed},
};

/// `szOID_CTL`
pub(super) const TRUST_LIST: &str = "1.3.6.1.4.1.311.10.1";
/// Most members read (Windows' own catalogues have some ten thousand).
const MAX_MEMBERS: usize = 200_000;

/// A catalogue: its bytes and the digests it lists.
#[derive(Debug, Clone)]
pub(super) struct Catalogue {
    /// Name for messages.
    pub(super) name: String,
    /// The whole file.
    pub(super) bytes: Vec<u8>,
    /// Authenticode digests in lower-case hex: SHA-1 (version 1) or SHA-256 (version 2).
    members: BTreeSet<String>,
}

impl Catalogue {
    /// Reads the list; the signature is checked when a file matches.
    pub(super) fn parse(name: &str, bytes: &[u8]) -> Result<Self> {
        let signed = SignedData::parse(bytes)?;
        if signed.content_type != TRUST_LIST {
            return malformed("catalogue", "a certificate trust list", signed.content_type);
        }
        let mut fields = Reader::new(signed.content.as_deref().unwrap_or(&[]), "catalogue");
        // Usage, identifier, times and algorithm come first; the members are the sequence whose items are
        // {identifier, attributes}, which no other sequence of the list has.
        let mut members = BTreeSet::new();
        while let Some(tlv) = fields.next()? {
            if tlv.tag == SEQUENCE {
                let mut list = tlv.children("catalogue members");
                while let Some(member) = list.next()? {
                    if members.len() == MAX_MEMBERS {
                        return malformed("catalogue", &format!("at most {MAX_MEMBERS} members"), "more");
                    }
                    members.extend(listed(member));
                }
            }
        }
        Ok(Self { name: name.to_owned(), bytes: bytes.to_vec(), members })
    }

    /// Whether it lists one of `digests` (lower-case hex).
    pub(super) fn lists(&self, digests: &[(String, String)]) -> bool {
        digests.iter().any(|(_, digest)| self.members.contains(digest))
    }
}

/// The digests of a member: the one its indirect data states, else its tag (hex text in UTF-16, or the digest's bytes).
fn listed(member: Tlv<'_>) -> Option<String> {
    if member.tag != SEQUENCE {
        return None;
    }
    let mut fields = member.children("catalogue member");
    let tag = fields.expect(OCTETS).ok()?;
    let attributes = fields.expect(SET).ok()?;
    stated(attributes).or_else(|| tag_digest(tag.content))
}

fn stated(attributes: Tlv<'_>) -> Option<String> {
    let mut list = attributes.children("member attributes");
    while let Ok(Some(attribute)) = list.next() {
        let mut fields = attribute.children("member attribute");
        let oid = fields.expect(OID).and_then(|tlv| tlv.oid()).ok()?;
        if oid == spc::INDIRECT_DATA {
            let value = fields.expect(SET).ok()?.children("member attribute").expect(SEQUENCE).ok()?;
            return Some(spc::parse(value.content).ok()?.digest);
        }
    }
    None
}

fn tag_digest(tag: &[u8]) -> Option<String> {
    if matches!(tag.len(), 20 | 32) {
        return Some(hex(tag));
    }
    let units: Vec<u16> = tag.chunks_exact(2).map(|c| u16::from(c[0]) | u16::from(c[1]) << 8).collect();
    let text = String::from_utf16(&units).ok()?;
    let text = text.trim_end_matches('\0').to_ascii_lowercase();
    (matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_of_member_tag_give_the_digest() {
        let sha1 = "da39a3ee5e6b4b0d3255bfef95601890afd80709";
        let utf16: Vec<u8> = sha1.to_uppercase().encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
        assert_eq!(tag_digest(&utf16).as_deref(), Some(sha1));
        assert_eq!(tag_digest(&[0xab; 32]).unwrap(), "ab".repeat(32));
        assert_eq!(tag_digest(b"neither"), None);
    }
}
