//! PKCS#7 and CMS SignedData. Owns its structure, the signed attributes and the check of a signer's own signature; chains
//! and meaning of the content are elsewhere.

use super::{
    certificate::{Certificate, Name},
    checked::Checked,
    key::{Algorithm, Bad, Hash, unsupported_digest},
    tlv::{INTEGER, Malformed, OCTETS, OID, Reader, Result, SEQUENCE, SET, Tlv, malformed},
};

/// Most certificates in one signature.
pub(super) const MAX_CERTIFICATES: usize = 64;
/// Most revocation lists read of one signature.
pub(super) const MAX_LISTS: usize = 16;
/// Most signers in one signature; Authenticode uses one.
const MAX_SIGNERS: usize = 4;
/// Most attributes of a signer.
const MAX_ATTRIBUTES: usize = 64;
/// Most values of an attribute.
const MAX_VALUES: usize = 64;

const SIGNED_DATA: &str = "1.2.840.113549.1.7.2";
const CONTENT_TYPE: &str = "1.2.840.113549.1.9.3";
const MESSAGE_DIGEST: &str = "1.2.840.113549.1.9.4";

/// A SignedData with the bytes that its signature covers.
#[derive(Debug)]
pub(super) struct SignedData<'a> {
    pub(super) content_type: String,
    /// Content without its outermost header: what the message digest covers. `None` where it is detached.
    pub(super) content: Option<Vec<u8>>,
    pub(super) certificates: Vec<Certificate>,
    /// The first certificate that cannot be read.
    pub(super) unread: Option<Malformed>,
    /// Revocation lists that the signer put in, as encoded.
    pub(super) lists: Vec<&'a [u8]>,
    /// Whether there are more of them than are read.
    pub(super) more_lists: bool,
    pub(super) signers: Vec<Signer<'a>>,
    /// Bytes that the whole took.
    pub(super) length: usize,
}

/// A signer.
#[derive(Debug)]
pub(super) struct Signer<'a> {
    identity: Identity,
    pub(super) digest: Algorithm,
    /// The signed attributes as encoded, tag and all.
    signed_raw: Option<&'a [u8]>,
    pub(super) signed: Vec<Attribute<'a>>,
    algorithm: Algorithm,
    pub(super) signature: Vec<u8>,
    pub(super) unsigned: Vec<Attribute<'a>>,
}

#[derive(Debug)]
enum Identity {
    Issuer(Name, Vec<u8>),
    Key(Vec<u8>),
}

/// An attribute of a signer.
#[derive(Debug)]
pub(super) struct Attribute<'a> {
    pub(super) oid: String,
    pub(super) values: Vec<Tlv<'a>>,
}

impl<'a> SignedData<'a> {
    /// Reads a ContentInfo that holds SignedData; bytes behind it are left alone.
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self> {
        let outer = Reader::new(bytes, "PKCS#7").expect(SEQUENCE)?;
        let mut info = outer.children("PKCS#7");
        let kind = info.expect(OID)?.oid()?;
        if kind != SIGNED_DATA {
            return malformed("PKCS#7", "signed data", kind);
        }
        let mut fields = info.expect(0xa0)?.children("signed data").expect(SEQUENCE)?.children("signed data");
        fields.expect(INTEGER)?;
        fields.expect(SET)?;
        let (content_type, content) = content(fields.expect(SEQUENCE)?)?;
        let (mut certificates, mut unread) = (Vec::new(), None);
        if let Some(set) = fields.optional(0xa0)? {
            let mut list = set.children("certificates");
            while let Some(tlv) = list.next()? {
                if certificates.len() == MAX_CERTIFICATES {
                    return malformed("certificates", &format!("at most {MAX_CERTIFICATES}"), "more");
                }
                // Other choices are attribute certificates, which some Microsoft time stamps carry.
                if tlv.tag == SEQUENCE {
                    match Certificate::parse(tlv.raw) {
                        Ok(certificate) => certificates.push(certificate),
                        Err(why) => unread = unread.or(Some(why)),
                    }
                }
            }
        }
        let (mut lists, mut more_lists) = (Vec::new(), false);
        if let Some(set) = fields.optional(0xa1)? {
            let mut items = set.children("revocation lists");
            while let Some(tlv) = items.next()? {
                match tlv.tag == SEQUENCE {
                    true if lists.len() < MAX_LISTS => lists.push(tlv.raw),
                    true => more_lists = true,
                    false => {}
                }
            }
        }
        let mut signers = Vec::new();
        let mut list = fields.expect(SET)?.children("signers");
        while let Some(tlv) = list.next()? {
            if signers.len() == MAX_SIGNERS {
                return malformed("signers", &format!("at most {MAX_SIGNERS}"), "more");
            }
            signers.push(Signer::parse(tlv)?);
        }
        Ok(Self { content_type, content, certificates, unread, lists, more_lists, signers, length: outer.raw.len() })
    }

    /// The certificate of `signer`.
    pub(super) fn certificate_of(&self, signer: &Signer<'_>) -> Option<&Certificate> {
        signer.find(&self.certificates)
    }
}

/// Type and bytes of an EncapsulatedContentInfo.
fn content(tlv: Tlv<'_>) -> Result<(String, Option<Vec<u8>>)> {
    let mut fields = tlv.children("content");
    let kind = fields.expect(OID)?.oid()?;
    let Some(explicit) = fields.optional(0xa0)? else { return Ok((kind, None)) };
    let Some(inner) = explicit.children("content").next()? else { return Ok((kind, None)) };
    // PKCS#7 puts the structure here and signs what is inside its header; CMS wraps it as octets and signs those.
    let bytes = if inner.tag & 0xdf == OCTETS { inner.octets()?.into_owned() } else { inner.content.to_vec() };
    Ok((kind, Some(bytes)))
}

impl<'a> Signer<'a> {
    /// Reads a SignerInfo (also the value of a counter-signature).
    pub(super) fn parse(tlv: Tlv<'a>) -> Result<Self> {
        let mut fields = tlv.children("signer");
        fields.expect(INTEGER)?;
        let identity = match fields.next()? {
            Some(sid) if sid.tag == SEQUENCE => {
                let mut parts = sid.children("signer identifier");
                Identity::Issuer(Name::parse(parts.expect(SEQUENCE)?)?, parts.expect(INTEGER)?.content.to_vec())
            }
            Some(sid) if sid.tag == 0x80 => Identity::Key(sid.content.to_vec()),
            _ => {
                return malformed(
                    "signer identifier",
                    "issuer and serial number, or a key identifier",
                    "something else",
                );
            }
        };
        let digest = Algorithm::parse(fields.expect(SEQUENCE)?)?;
        let signed_set = fields.optional(0xa0)?;
        let algorithm = Algorithm::parse(fields.expect(SEQUENCE)?)?;
        let signature = fields.expect(OCTETS)?.octets()?.into_owned();
        let unsigned = fields.optional(0xa1)?.map(attributes).transpose()?.unwrap_or_default();
        let signed = signed_set.map(attributes).transpose()?.unwrap_or_default();
        let signed_raw = signed_set.map(|set| set.raw);
        Ok(Self { identity, digest, signed_raw, signed, algorithm, signature, unsigned })
    }

    /// Its certificate among `certificates`.
    pub(super) fn find<'c>(&self, certificates: &'c [Certificate]) -> Option<&'c Certificate> {
        certificates.iter().find(|certificate| match &self.identity {
            Identity::Issuer(issuer, serial) => certificate.issuer.same(issuer) && certificate.serial == *serial,
            Identity::Key(key) => certificate.subject_key.as_ref() == Some(key),
        })
    }

    /// Who it says it is, for messages.
    pub(super) fn claimed(&self) -> String {
        match &self.identity {
            Identity::Issuer(issuer, serial) => {
                format!("serial number {} of {issuer}", super::certificate::hex(serial))
            }
            Identity::Key(key) => format!("key {}", super::certificate::hex(key)),
        }
    }

    /// The digest algorithm, where it is one we know.
    pub(super) fn hash(&self) -> std::result::Result<Hash, Bad> {
        Hash::from_oid(&self.digest.oid).ok_or_else(|| Bad::Unsupported(unsupported_digest(&self.digest.oid)))
    }

    /// The first value of a signed attribute.
    pub(super) fn attribute(&self, oid: &str) -> Option<Tlv<'a>> {
        self.signed.iter().find(|attribute| attribute.oid == oid)?.values.first().copied()
    }

    /// Checks that `certificate`'s key signed this signer's attributes, and that these name `content` (and, where it is
    /// given, `content_type`). Without signed attributes the signature must cover the content itself.
    pub(super) fn verify(
        &self,
        certificate: &Certificate,
        content: &[u8],
        content_type: Option<&str>,
        checked: &Checked,
    ) -> std::result::Result<(), Wrong> {
        let hash = self.hash().map_err(Wrong::Key)?;
        let signed = |parts: &[&[u8]]| {
            let checked = checked.verify(&certificate.key, &self.algorithm, Some(hash), parts, &self.signature);
            checked.map_err(Wrong::Key)
        };
        let Some(raw) = self.signed_raw else {
            return signed(&[content]);
        };
        let stated = self.attribute(MESSAGE_DIGEST).and_then(|tlv| tlv.octets().ok());
        if stated.as_deref() != Some(&hash.of(&[content])) {
            return Err(Wrong::Content);
        }
        let kind = self.attribute(CONTENT_TYPE).and_then(|tlv| tlv.oid().ok());
        if content_type.is_some() && kind.as_deref() != content_type {
            return Err(Wrong::ContentType(kind.unwrap_or_else(|| "none".to_owned())));
        }
        // The signature covers the attributes as a SET, in the file they stand under an implicit tag.
        let rest = raw.get(1..).unwrap_or(&[]);
        signed(&[&[SET], rest])
    }

    /// Words for a weak digest.
    pub(super) fn weakness(&self) -> Option<String> {
        (self.hash() == Ok(Hash::Sha1)).then(|| "SHA-1 digest".to_owned())
    }
}

/// Why a signer's signature is not good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wrong {
    /// The message digest names other content.
    Content,
    /// The content type attribute names another type.
    ContentType(String),
    /// The signature itself.
    Key(Bad),
}

fn attributes(set: Tlv<'_>) -> Result<Vec<Attribute<'_>>> {
    let mut found = Vec::new();
    let mut list = set.children("attributes");
    while let Some(tlv) = list.next()? {
        if found.len() == MAX_ATTRIBUTES {
            return malformed("attributes", &format!("at most {MAX_ATTRIBUTES}"), "more");
        }
        let mut fields = tlv.children("attribute");
        let oid = fields.expect(OID)?.oid()?;
        let mut values = Vec::new();
        let mut items = fields.expect(SET)?.children("attribute values");
        while let Some(value) = items.next()? {
            if values.len() == MAX_VALUES {
                return malformed("attribute values", &format!("at most {MAX_VALUES}"), "more");
            }
            values.push(value);
        }
        found.push(Attribute { oid, values });
    }
    Ok(found)
}
