//! Public keys and signature checks: RSA PKCS#1 v1.5 and PSS, ECDSA on P-256, P-384 and P-521, over SHA-1 and SHA-2.
//! Owns the mapping from object identifiers to algorithms; never signs.

use ecdsa_verify::verify_ec;
use rsa::{BigUint, Pkcs1v15Sign, Pss, RsaPublicKey};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::tlv::{INTEGER, Malformed, OID, Reader, Result, SEQUENCE, Tlv};

/// Largest RSA modulus taken, in bits.
const MAX_RSA_BITS: usize = 16_384;

/// A digest algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    pub(super) fn from_oid(oid: &str) -> Option<Self> {
        Some(match oid {
            // The second is the OIW's signature identifier, which old signers put where the digest's belongs.
            "1.3.14.3.2.26" | "1.2.840.113549.1.1.5" => Self::Sha1,
            "2.16.840.1.101.3.4.2.1" => Self::Sha256,
            "2.16.840.1.101.3.4.2.2" => Self::Sha384,
            "2.16.840.1.101.3.4.2.3" => Self::Sha512,
            _ => return None,
        })
    }

    /// `sha1`, `sha256`, … as digests are named everywhere.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }

    pub(super) fn of(self, parts: &[&[u8]]) -> Vec<u8> {
        fn run<D: Digest>(parts: &[&[u8]]) -> Vec<u8> {
            let mut digest = D::new();
            parts.iter().for_each(|part| digest.update(part));
            digest.finalize().to_vec()
        }
        match self {
            Self::Sha1 => run::<Sha1>(parts),
            Self::Sha256 => run::<Sha256>(parts),
            Self::Sha384 => run::<Sha384>(parts),
            Self::Sha512 => run::<Sha512>(parts),
        }
    }
}

/// Words for a digest algorithm that is not taken.
pub(super) fn unsupported_digest(oid: &str) -> String {
    // RSA's and the plain identifiers of MD2, MD4 and MD5: anybody can make two files of one digest.
    let forgeable = match oid {
        "1.2.840.113549.2.2" | "1.2.840.113549.1.1.2" => "MD2",
        "1.2.840.113549.2.4" | "1.2.840.113549.1.1.3" => "MD4",
        "1.2.840.113549.2.5" | "1.2.840.113549.1.1.4" => "MD5",
        _ => return format!("digest algorithm {oid} is not supported"),
    };
    format!("{forgeable} can be forged and proves nothing")
}

/// An AlgorithmIdentifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Algorithm {
    pub(super) oid: String,
    /// Encoded parameters; empty for none.
    pub(super) parameters: Vec<u8>,
}

impl Algorithm {
    pub(super) fn parse(tlv: Tlv<'_>) -> Result<Self> {
        let mut fields = tlv.children("algorithm identifier");
        let oid = fields.expect(OID)?.oid()?;
        Ok(Self { oid, parameters: fields.rest().to_vec() })
    }

    /// The digest that a signature algorithm names by itself.
    pub(super) fn digest(&self) -> Option<Hash> {
        Some(match self.oid.as_str() {
            "1.2.840.113549.1.1.5" | "1.3.14.3.2.29" | "1.2.840.10045.4.1" => Hash::Sha1,
            "1.2.840.113549.1.1.11" | "1.2.840.10045.4.3.2" => Hash::Sha256,
            "1.2.840.113549.1.1.12" | "1.2.840.10045.4.3.3" => Hash::Sha384,
            "1.2.840.113549.1.1.13" | "1.2.840.10045.4.3.4" => Hash::Sha512,
            PSS => pss(&self.parameters).ok()?.0,
            _ => return None,
        })
    }
}

/// `id-RSASSA-PSS`.
const PSS: &str = "1.2.840.113549.1.1.10";

/// Why a signature is not good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Bad {
    /// The arithmetic says no.
    Wrong,
    /// This program cannot tell.
    Unsupported(String),
}

/// The key of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PublicKey {
    Rsa { modulus: Vec<u8>, exponent: Vec<u8> },
    Ec { curve: Curve, point: Vec<u8> },
    Other(String),
}

/// A curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Curve {
    P256,
    P384,
    P521,
}

impl PublicKey {
    /// Out of a SubjectPublicKeyInfo.
    pub(super) fn parse(spki: Tlv<'_>) -> Result<Self> {
        let mut fields = spki.children("public key");
        let algorithm = Algorithm::parse(fields.expect(SEQUENCE)?)?;
        let bits = fields.expect(super::tlv::BIT_STRING)?.bits()?;
        Ok(match algorithm.oid.as_str() {
            "1.2.840.113549.1.1.1" | PSS => {
                let mut numbers = Reader::new(bits, "RSA key").expect(SEQUENCE)?.children("RSA key");
                let modulus = numbers.expect(INTEGER)?.content.to_vec();
                Self::Rsa { modulus, exponent: numbers.expect(INTEGER)?.content.to_vec() }
            }
            "1.2.840.10045.2.1" => {
                let curve = Reader::new(&algorithm.parameters, "curve").expect(OID).and_then(|tlv| tlv.oid());
                match curve.as_deref() {
                    Ok("1.2.840.10045.3.1.7") => Self::Ec { curve: Curve::P256, point: bits.to_vec() },
                    Ok("1.3.132.0.34") => Self::Ec { curve: Curve::P384, point: bits.to_vec() },
                    Ok("1.3.132.0.35") => Self::Ec { curve: Curve::P521, point: bits.to_vec() },
                    other => Self::Other(format!("elliptic curve {}", other.unwrap_or("without a name"))),
                }
            }
            "1.2.840.10040.4.1" => Self::Other("a DSA key".to_owned()),
            oid => Self::Other(format!("key algorithm {oid}")),
        })
    }

    /// Words for a key too short to trust today.
    pub(super) fn weakness(&self) -> Option<String> {
        let Self::Rsa { modulus, .. } = self else { return None };
        let bits = BigUint::from_bytes_be(modulus).bits();
        (bits < 2048).then(|| format!("RSA key of {bits} bits"))
    }

    /// Checks `signature` over `parts`. `fallback` is the digest for algorithms that name none (SignerInfo's own).
    pub(super) fn verify(
        &self,
        algorithm: &Algorithm,
        fallback: Option<Hash>,
        parts: &[&[u8]],
        signature: &[u8],
    ) -> std::result::Result<(), Bad> {
        let unsupported = || {
            let words = unsupported_digest(&algorithm.oid);
            Bad::Unsupported(words.replace("digest algorithm", "signature algorithm"))
        };
        match self {
            Self::Other(what) => Err(Bad::Unsupported(format!("{what} is not supported"))),
            Self::Rsa { modulus, exponent } => {
                let (n, e) = (BigUint::from_bytes_be(modulus), BigUint::from_bytes_be(exponent));
                let key = RsaPublicKey::new_with_max_size(n, e, MAX_RSA_BITS).map_err(|why| {
                    Bad::Unsupported(format!("RSA key of at most {MAX_RSA_BITS} bits expected: {why}"))
                })?;
                let good = if algorithm.oid == PSS {
                    let (hash, salt) = pss(&algorithm.parameters).map_err(|why| Bad::Unsupported(why.0))?;
                    key.verify(pss_scheme(hash, salt), &hash.of(parts), signature)
                } else if algorithm.oid.starts_with("1.2.840.113549.1.1.") || algorithm.oid == "1.3.14.3.2.29" {
                    let named = algorithm.digest();
                    let own = (algorithm.oid == "1.2.840.113549.1.1.1").then_some(fallback).flatten();
                    let hash = named.or(own).ok_or_else(unsupported)?;
                    key.verify(pkcs1(hash), &hash.of(parts), signature)
                } else {
                    return Err(unsupported());
                };
                good.map_err(|_| Bad::Wrong)
            }
            Self::Ec { curve, point } => {
                let own = (algorithm.oid == "1.2.840.10045.2.1").then_some(fallback).flatten();
                let hash = algorithm.digest().or(own).ok_or_else(unsupported)?;
                verify_ec(*curve, point, &hash.of(parts), signature)
            }
        }
    }
}

fn pkcs1(hash: Hash) -> Pkcs1v15Sign {
    match hash {
        Hash::Sha1 => Pkcs1v15Sign::new::<Sha1>(),
        Hash::Sha256 => Pkcs1v15Sign::new::<Sha256>(),
        Hash::Sha384 => Pkcs1v15Sign::new::<Sha384>(),
        Hash::Sha512 => Pkcs1v15Sign::new::<Sha512>(),
    }
}

fn pss_scheme(hash: Hash, salt: usize) -> Pss {
    match hash {
        Hash::Sha1 => Pss::new_with_salt::<Sha1>(salt),
        Hash::Sha256 => Pss::new_with_salt::<Sha256>(salt),
        Hash::Sha384 => Pss::new_with_salt::<Sha384>(salt),
        Hash::Sha512 => Pss::new_with_salt::<Sha512>(salt),
    }
}

/// Digest and salt length of RSASSA-PSS parameters (RFC 4055), SHA-1 and 20 where left out.
fn pss(parameters: &[u8]) -> Result<(Hash, usize)> {
    let mut fields = Reader::new(parameters, "PSS parameters").expect(SEQUENCE)?.children("PSS parameters");
    let (mut hash, mut mask, mut salt) = (Hash::Sha1, Hash::Sha1, 20);
    let named = |tlv: Tlv<'_>| {
        let oid = Algorithm::parse(tlv)?.oid;
        Hash::from_oid(&oid).ok_or_else(|| Malformed(format!("PSS digest {oid} is not supported")))
    };
    if let Some(tlv) = fields.optional(0xa0)? {
        hash = named(tlv.children("PSS digest").expect(SEQUENCE)?)?;
    }
    if let Some(tlv) = fields.optional(0xa1)? {
        let mgf = Algorithm::parse(tlv.children("PSS mask").expect(SEQUENCE)?)?;
        mask = named(Reader::new(&mgf.parameters, "PSS mask").expect(SEQUENCE)?)?;
    }
    if let Some(tlv) = fields.optional(0xa2)? {
        let digits = tlv.children("PSS salt").expect(INTEGER)?.content;
        salt = digits.iter().try_fold(0usize, |n, d| Some(n.checked_mul(256)? | usize::from(*d))).unwrap_or(usize::MAX);
    }
    if mask != hash || salt > 512 {
        return Err(Malformed(
            "PSS with another digest for its mask, or a salt over 512 bytes, is not supported".into(),
        ));
    }
    Ok((hash, salt))
}

/// The three curves behind one function.
mod ecdsa_verify {
    use p256::ecdsa::signature::hazmat::PrehashVerifier;

    use super::{Bad, Curve};

    macro_rules! check {
        ($curve:ident, $point:expr, $digest:expr, $signature:expr, $width:expr) => {{
            let bad_key = |_| Bad::Unsupported("the elliptic-curve key is not a point of its curve".to_owned());
            let key = $curve::ecdsa::VerifyingKey::from_sec1_bytes($point).map_err(bad_key)?;
            let signature = $curve::ecdsa::Signature::from_der($signature).map_err(|_| Bad::Wrong)?;
            // A digest shorter than the curve is the same number with zeros in front; the crates refuse it bare.
            let mut digest = vec![0u8; ($width as usize).saturating_sub($digest.len())];
            digest.extend_from_slice($digest);
            key.verify_prehash(&digest, &signature).map_err(|_| Bad::Wrong)
        }};
    }

    pub(super) fn verify_ec(curve: Curve, point: &[u8], digest: &[u8], signature: &[u8]) -> Result<(), Bad> {
        match curve {
            Curve::P256 => check!(p256, point, digest, signature, 32),
            Curve::P384 => check!(p384, point, digest, signature, 48),
            Curve::P521 => check!(p521, point, digest, signature, 66),
        }
    }
}
