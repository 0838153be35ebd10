//! X.509 certificates, read leniently. Owns the parts that chain building needs; checks nothing.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::{
    key::{Algorithm, PublicKey},
    tlv::{INTEGER, OID, Reader, Result, SEQUENCE, SET, Tlv, malformed},
};

/// Longest certificate taken, in bytes.
const MAX_LENGTH: usize = 64 << 10;

/// A distinguished name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Name {
    /// Attribute identifiers and values in stored order.
    attributes: Vec<(String, String)>,
}

/// A certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    pub(super) der: Vec<u8>,
    pub(super) to_be_signed: Vec<u8>,
    pub(super) serial: Vec<u8>,
    pub(super) issuer: Name,
    pub(super) subject: Name,
    pub(super) not_before: Timestamp,
    pub(super) not_after: Timestamp,
    pub(super) key: PublicKey,
    pub(super) algorithm: Algorithm,
    pub(super) signature: Vec<u8>,
    /// `Some` where basicConstraints is there: whether it is a CA, and the path length.
    pub(super) authority: Option<(bool, Option<u64>)>,
    /// First two bytes of keyUsage, most significant bit first.
    pub(super) key_usage: Option<u8>,
    /// Extended key usages; `None` means any.
    pub(super) purposes: Option<Vec<String>>,
    pub(super) subject_key: Option<Vec<u8>>,
    pub(super) authority_key: Option<Vec<u8>>,
    /// Critical extensions that nothing here understands.
    pub(super) unknown_critical: Vec<String>,
}

/// Extensions whose meaning is checked, or which restrict nothing that a code signature needs.
const UNDERSTOOD: [&str; 9] = [
    "2.5.29.14",
    "2.5.29.15",
    "2.5.29.17",
    "2.5.29.19",
    "2.5.29.30",
    "2.5.29.31",
    "2.5.29.32",
    "2.5.29.35",
    "2.5.29.37",
];

impl Certificate {
    /// Reads one certificate from its encoding.
    ///
    /// # Errors
    /// Where the structure is broken: place, expectation, finding.
    pub fn parse(der: &[u8]) -> Result<Self> {
        let whole = Reader::new(der, "certificate").expect(SEQUENCE)?;
        if whole.raw.len() > MAX_LENGTH {
            let found = format_args!("{}", whole.raw.len());
            return malformed("certificate", &format!("at most {MAX_LENGTH} bytes"), found);
        }
        let mut outer = whole.children("certificate");
        let body = outer.expect(SEQUENCE)?;
        let algorithm = Algorithm::parse(outer.expect(SEQUENCE)?)?;
        let signature = outer.expect(super::tlv::BIT_STRING)?.bits()?.to_vec();
        let mut fields = body.children("certificate body");
        fields.optional(0xa0)?;
        let serial = fields.expect(INTEGER)?.content.to_vec();
        fields.expect(SEQUENCE)?;
        let issuer = Name::parse(fields.expect(SEQUENCE)?)?;
        let mut validity = fields.expect(SEQUENCE)?.children("validity");
        let time = |reader: &mut Reader<'_>| match reader.next()? {
            Some(tlv) => tlv.time(),
            None => malformed("validity", "two times", "the end"),
        };
        let (not_before, not_after) = (time(&mut validity)?, time(&mut validity)?);
        let subject = Name::parse(fields.expect(SEQUENCE)?)?;
        let key = PublicKey::parse(fields.expect(SEQUENCE)?)?;
        let mut certificate = Self {
            der: whole.raw.to_vec(),
            to_be_signed: body.raw.to_vec(),
            serial,
            issuer,
            subject,
            not_before,
            not_after,
            key,
            algorithm,
            signature,
            authority: None,
            key_usage: None,
            purposes: None,
            subject_key: None,
            authority_key: None,
            unknown_critical: Vec::new(),
        };
        while let Some(field) = fields.next()? {
            if field.tag == 0xa3 {
                certificate.read_extensions(field)?;
            }
        }
        Ok(certificate)
    }

    fn read_extensions(&mut self, explicit: Tlv<'_>) -> Result<()> {
        let mut list = explicit.children("extensions").expect(SEQUENCE)?.children("extensions");
        while let Some(extension) = list.next()? {
            let mut fields = extension.children("extension");
            let oid = fields.expect(OID)?.oid()?;
            let critical = fields.optional(0x01)?.is_some_and(|flag| flag.content != [0]);
            let value = fields.expect(super::tlv::OCTETS)?.octets()?;
            self.read_extension(&oid, critical, &value)?;
        }
        Ok(())
    }

    fn read_extension(&mut self, oid: &str, critical: bool, value: &[u8]) -> Result<()> {
        let mut reader = Reader::new(value, "extension value");
        match oid {
            "2.5.29.14" => self.subject_key = reader.next()?.map(|tlv| tlv.content.to_vec()),
            "2.5.29.15" => {
                self.key_usage = reader.next()?.and_then(|tlv| tlv.bits().ok()?.first().copied()).or(Some(0))
            }
            "2.5.29.19" => {
                let mut fields = reader.expect(SEQUENCE)?.children("basic constraints");
                let authority = fields.optional(0x01)?.is_some_and(|flag| flag.content != [0]);
                let length = fields.optional(INTEGER)?.map(|tlv| {
                    tlv.content
                        .iter()
                        .try_fold(0u64, |n, d| Some(n.checked_mul(256)? | u64::from(*d)))
                        .unwrap_or(u64::MAX)
                });
                self.authority = Some((authority, length));
            }
            "2.5.29.35" => {
                let mut fields = reader.expect(SEQUENCE)?.children("authority key identifier");
                self.authority_key = fields.optional(0x80)?.map(|tlv| tlv.content.to_vec());
            }
            "2.5.29.37" => {
                let mut list = reader.expect(SEQUENCE)?.children("extended key usage");
                let mut purposes = Vec::new();
                while let Some(purpose) = list.next()? {
                    purposes.push(purpose.oid()?);
                }
                self.purposes = Some(purposes);
            }
            // Microsoft's own arc: application policies, template names and the like restrict nothing here.
            _ if !critical || UNDERSTOOD.contains(&oid) || oid.starts_with("1.3.6.1.4.1.311.") => {}
            // Policy mappings, constraints and inhibition apply to policies, and no policy is asked for.
            "2.5.29.33" | "2.5.29.36" | "2.5.29.54" => {}
            _ => self.unknown_critical.push(oid.to_owned()),
        }
        Ok(())
    }

    /// SHA-1 of the encoding, lower-case hex: what Windows calls the thumbprint.
    #[must_use]
    pub fn thumbprint(&self) -> String {
        hex(&Sha1::digest(&self.der))
    }

    /// SHA-256 of the encoding, lower-case hex.
    #[must_use]
    pub fn sha256(&self) -> String {
        hex(&self.digest())
    }

    /// The same as bytes.
    pub(super) fn digest(&self) -> [u8; 32] {
        Sha256::digest(&self.der).into()
    }

    /// Whether issuer and subject are the same name.
    pub(super) fn self_issued(&self) -> bool {
        self.issuer.same(&self.subject)
    }

    /// Whether it allows `purpose` (an extended key usage).
    pub(super) fn allows(&self, purpose: &str) -> bool {
        self.purposes.as_ref().is_none_or(|list| list.iter().any(|p| p == purpose || p == "2.5.29.37.0"))
    }
}

impl Name {
    pub(super) fn parse(tlv: Tlv<'_>) -> Result<Self> {
        let mut attributes = Vec::new();
        let mut sets = tlv.children("name");
        while let Some(set) = sets.next()? {
            if set.tag != SET {
                return malformed("name", "sets", format_args!("tag {:#04x}", set.tag));
            }
            let mut pairs = set.children("name");
            while let Some(pair) = pairs.next()? {
                let mut fields = pair.children("name attribute");
                let oid = fields.expect(OID)?.oid()?;
                attributes.push((oid, fields.next()?.map(|value| value.text()).unwrap_or_default()));
            }
        }
        Ok(Self { attributes })
    }

    /// Whether both are one name: string types, case and runs of blanks do not count (RFC 5280 §7.1).
    pub(super) fn same(&self, other: &Self) -> bool {
        let fold = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        self.attributes.len() == other.attributes.len()
            && self.attributes.iter().zip(&other.attributes).all(|(a, b)| a.0 == b.0 && fold(&a.1) == fold(&b.1))
    }

    /// The last value of an attribute.
    fn value(&self, oid: &str) -> Option<&str> {
        self.attributes.iter().rev().find(|(key, _)| key == oid).map(|(_, value)| value.as_str())
    }

    /// Organisation, else common name, else the whole name.
    pub(super) fn organisation(&self) -> String {
        let found = self.value("2.5.4.10").or_else(|| self.value("2.5.4.3"));
        found.map_or_else(|| self.to_string(), str::to_owned)
    }

    /// Common name, else organisation, else the whole name.
    pub(super) fn common(&self) -> String {
        let found = self.value("2.5.4.3").or_else(|| self.value("2.5.4.11")).or_else(|| self.value("2.5.4.10"));
        found.map_or_else(|| self.to_string(), str::to_owned)
    }
}

impl std::fmt::Display for Name {
    /// `CN=…, O=…, C=…`, most specific first.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let short = BTreeMap::from([
            ("2.5.4.3", "CN"),
            ("2.5.4.6", "C"),
            ("2.5.4.7", "L"),
            ("2.5.4.8", "ST"),
            ("2.5.4.10", "O"),
            ("2.5.4.11", "OU"),
            ("0.9.2342.19200300.100.1.25", "DC"),
        ]);
        for (index, (oid, value)) in self.attributes.iter().rev().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{}={value}", short.get(oid.as_str()).copied().unwrap_or(oid))?;
        }
        Ok(())
    }
}

/// `bytes` as lower-case hex.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// All certificates of a PEM text, or the one of a DER file.
///
/// # Errors
/// Where there is none, or one is broken.
pub(super) fn read_pem_or_der(bytes: &[u8]) -> Result<Vec<Certificate>> {
    if bytes.first() == Some(&SEQUENCE) {
        return Ok(vec![Certificate::parse(bytes)?]);
    }
    let text = String::from_utf8_lossy(bytes);
    let mut found = Vec::new();
    for (index, block) in text.split("-----BEGIN CERTIFICATE-----").skip(1).enumerate() {
        let coded = block.split("-----END").next().unwrap_or("");
        let Some(der) = koff_bundle::base64::decode(coded) else {
            return malformed(
                "PEM",
                "Base64 between the marks",
                format_args!("something else in certificate {}", index + 1),
            );
        };
        found.push(Certificate::parse(&der)?);
    }
    if found.is_empty() {
        return malformed("trust anchors", "PEM certificates or one in DER", "none");
    }
    Ok(found)
}
