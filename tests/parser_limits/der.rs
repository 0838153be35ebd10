//! Signatures, certificates and lists encoded by hand, all signed by one key. Owns the forging; what a verdict makes of them
//! is the business of the tests.

use p256::ecdsa::{Signature, SigningKey, signature::Signer};

pub(crate) const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const BITS: u8 = 0x03;

const SIGNED_DATA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
const INDIRECT: &[u8] = b"\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x04";
const TRUST_LIST: &[u8] = b"\x2b\x06\x01\x04\x01\x82\x37\x0a\x01";
pub(crate) const NESTED: &[u8] = b"\x2b\x06\x01\x04\x01\x82\x37\x02\x04\x01";
pub(crate) const TIMESTAMP: &[u8] = b"\x2b\x06\x01\x04\x01\x82\x37\x03\x03\x01";
const SHA256: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x02\x01";
const RSA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01";
const RSA_SHA256: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b";
const ECDSA_SHA256: &[u8] = b"\x2a\x86\x48\xce\x3d\x04\x03\x02";
const EC: &[u8] = b"\x2a\x86\x48\xce\x3d\x02\x01";
const P256: &[u8] = b"\x2a\x86\x48\xce\x3d\x03\x01\x07";
const CONSTRAINTS: &[u8] = b"\x55\x1d\x13";
pub(crate) const COMMON_NAME: &[u8] = b"\x55\x04\x03";

/// The digest that the forged signatures state.
pub(crate) const DIGEST: [u8; 32] = [7; 32];

/// An element; definite length, the shortest form.
pub(crate) fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag];
    let length = content.len().to_be_bytes();
    match content.len() {
        0..128 => bytes.push(length[7]),
        _ => {
            let digits = &length[content.len().leading_zeros() as usize / 8..];
            bytes.push(0x80 | digits.len() as u8);
            bytes.extend(digits);
        }
    }
    bytes.extend(content);
    bytes
}

pub(crate) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    tlv(SEQUENCE, &parts.concat())
}

fn oid(bytes: &[u8]) -> Vec<u8> {
    tlv(0x06, bytes)
}

fn integer(number: u32) -> Vec<u8> {
    tlv(INTEGER, &[&[0], &number.to_be_bytes()[..]].concat())
}

fn bits(content: &[u8]) -> Vec<u8> {
    tlv(BITS, &[&[0], content].concat())
}

fn algorithm(id: &[u8]) -> Vec<u8> {
    sequence(&[&oid(id)])
}

fn time(year: u8) -> Vec<u8> {
    tlv(0x17, format!("{year:02}0101000000Z").as_bytes())
}

fn key() -> SigningKey {
    SigningKey::from_slice(&[5; 32]).unwrap()
}

fn signature(text: &[u8]) -> Vec<u8> {
    let made: Signature = key().sign(text);
    made.to_der().as_bytes().to_vec()
}

/// A name of one attribute.
pub(crate) fn name(kind: &[u8], text: &str) -> Vec<u8> {
    sequence(&[&tlv(SET, &sequence(&[&oid(kind), &tlv(0x0c, text.as_bytes())]))])
}

fn common(text: &str) -> Vec<u8> {
    name(COMMON_NAME, text)
}

/// The key that signs everything, as certificates hold it.
pub(crate) fn own_key() -> Vec<u8> {
    let point = key().verifying_key().to_encoded_point(false);
    sequence(&[&sequence(&[&oid(EC), &oid(P256)]), &bits(point.as_bytes())])
}

/// An RSA key of so many bytes.
pub(crate) fn rsa_key(bytes: usize) -> Vec<u8> {
    let numbers = sequence(&[&tlv(INTEGER, &[&[0][..], &vec![0xff; bytes]].concat()), &integer(65_537)]);
    sequence(&[&algorithm(RSA), &bits(&numbers)])
}

/// A certificate of `subject` (an encoded name) with this serial number and key, which `issuer` signed; one that may sign
/// others.
pub(crate) fn certificate_of(subject: &[u8], serial: u32, issuer: &str, key: &[u8], rsa: bool) -> Vec<u8> {
    let kind = algorithm(if rsa { RSA_SHA256 } else { ECDSA_SHA256 });
    let constraints = sequence(&[&oid(CONSTRAINTS), &tlv(OCTETS, &sequence(&[&tlv(0x01, &[0xff])]))]);
    let extensions = tlv(0xa3, &sequence(&[&constraints]));
    let validity = sequence(&[&time(20), &time(40)]);
    let body = sequence(&[&integer(serial), &kind, &common(issuer), &validity, subject, key, &extensions]);
    let signature = if rsa { vec![1; 256] } else { signature(&body) };
    sequence(&[&body, &kind, &bits(&signature)])
}

pub(crate) fn certificate(subject: &str, serial: u32, issuer: &str) -> Vec<u8> {
    certificate_of(&common(subject), serial, issuer, &own_key(), false)
}

/// A certificate whose signature is another one's.
pub(crate) fn broken(subject: &str, serial: u32, issuer: &str) -> Vec<u8> {
    let mut bytes = certificate(subject, serial, issuer);
    *bytes.last_mut().unwrap() ^= 1;
    bytes
}

/// A revocation list of `issuer` with these serial numbers.
pub(crate) fn revocation(issuer: &str, serials: impl Iterator<Item = u32>) -> Vec<u8> {
    let entries: Vec<u8> = serials.flat_map(|serial| sequence(&[&integer(serial), &time(21)])).collect();
    let kind = algorithm(ECDSA_SHA256);
    let body = sequence(&[&kind, &common(issuer), &time(22), &tlv(SEQUENCE, &entries)]);
    sequence(&[&body, &kind, &bits(&signature(&body))])
}

/// An attribute with these values.
pub(crate) fn attribute(kind: &[u8], values: &[Vec<u8>]) -> Vec<u8> {
    sequence(&[&oid(kind), &tlv(SET, &values.concat())])
}

/// A signature over a program: by the certificate with serial number 1 that `CA` issued.
#[derive(Default)]
pub(crate) struct Signed {
    pub(crate) certificates: Vec<Vec<u8>>,
    pub(crate) lists: Vec<Vec<u8>>,
    pub(crate) attributes: Vec<Vec<u8>>,
    /// Signers besides the first.
    pub(crate) more_signers: usize,
    /// Content other than a program's digest: a trust list.
    pub(crate) catalogue: Option<Vec<u8>>,
}

impl Signed {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let info = sequence(&[&algorithm(SHA256), &tlv(OCTETS, &DIGEST)]);
        let stated = [sequence(&[&oid(INDIRECT)]), info].concat();
        let (kind, content) = match &self.catalogue {
            Some(content) => (TRUST_LIST, content),
            None => (INDIRECT, &stated),
        };
        let content_info = sequence(&[&oid(kind), &tlv(0xa0, &tlv(SEQUENCE, content))]);
        let unsigned = tlv(0xa1, &self.attributes.concat());
        let identity = sequence(&[&common("CA"), &integer(1)]);
        let signer = sequence(&[
            &integer(1),
            &identity,
            &algorithm(SHA256),
            &algorithm(ECDSA_SHA256),
            &tlv(OCTETS, &signature(content)),
            &unsigned,
        ]);
        let fields = sequence(&[
            &integer(1),
            &tlv(SET, &algorithm(SHA256)),
            &content_info,
            &tlv(0xa0, &self.certificates.concat()),
            &tlv(0xa1, &self.lists.concat()),
            &tlv(SET, &signer.repeat(1 + self.more_signers)),
        ]);
        sequence(&[&oid(SIGNED_DATA), &tlv(0xa0, &fields)])
    }
}

/// A catalogue that lists so many files.
pub(crate) fn catalogue(members: u32) -> Vec<u8> {
    let member = |number: u32| {
        let mut digest = [0; 20];
        digest[..4].copy_from_slice(&number.to_be_bytes());
        sequence(&[&tlv(OCTETS, &digest), &tlv(SET, &[])])
    };
    let list: Vec<u8> = (0..members).flat_map(member).collect();
    Signed { catalogue: Some(tlv(SEQUENCE, &list)), ..Signed::default() }.encode()
}
