//! Proof of the signing time: RFC 3161 tokens and PKCS#9 counter-signatures, verified and chained at the time they state.

use jiff::Timestamp;

use super::{
    certificate::Certificate,
    chain::{self, TIME_STAMPING},
    cms::{SignedData, Signer, Wrong},
    key::{Algorithm, Bad, Hash},
    tlv::{INTEGER, OCTETS, OID, Reader, Result, SEQUENCE, malformed},
    trust::Trust,
};

/// `szOID_RFC3161_counterSign`
const RFC3161: &str = "1.3.6.1.4.1.311.3.3.1";
/// PKCS#9 counterSignature
const COUNTERSIGNATURE: &str = "1.2.840.113549.1.9.6";
/// id-smime-aa-timeStampToken, as CMS signers other than Microsoft's attach it.
const SMIME_TOKEN: &str = "1.2.840.113549.1.9.16.2.14";
const SIGNING_TIME: &str = "1.2.840.113549.1.9.5";
const TST_INFO: &str = "1.2.840.113549.1.9.16.1.4";
const SIGNING_CERTIFICATE: &str = "1.2.840.113549.1.9.16.2.12";
const SIGNING_CERTIFICATE_V2: &str = "1.2.840.113549.1.9.16.2.47";
/// Most timestamps tried for one signature.
const MAX_TIMESTAMPS: usize = 4;

/// A proven time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Proof {
    pub(super) time: Timestamp,
    /// `RFC 3161 timestamp by …` or `PKCS#9 counter-signature by …`.
    pub(super) words: String,
}

/// The first good timestamp of `signer`, and what is wrong with those that are not.
pub(super) fn prove(signer: &Signer<'_>, certificates: &[Certificate], trust: &Trust) -> (Option<Proof>, Vec<String>) {
    let mut problems = Vec::new();
    let attributes =
        signer.unsigned.iter().filter(|a| [RFC3161, SMIME_TOKEN, COUNTERSIGNATURE].contains(&a.oid.as_str()));
    let mut values = attributes.flat_map(|a| a.values.iter().map(move |value| (a.oid.as_str(), *value)));
    for (oid, value) in values.by_ref().take(MAX_TIMESTAMPS) {
        let (kind, result) = if oid == COUNTERSIGNATURE {
            ("PKCS#9 counter-signature", countersignature(value, signer, certificates, trust))
        } else {
            ("RFC 3161 timestamp", token(value.raw, signer, trust))
        };
        match result {
            Ok((time, by)) => return (Some(Proof { time, words: format!("{kind} by {by}") }), problems),
            Err(why) => problems.push(format!("{kind}: {why}")),
        }
    }
    if values.next().is_some() {
        problems.push(format!("more than {MAX_TIMESTAMPS} timestamps; the rest is left out"));
    }
    (None, problems)
}

/// Time and authority of a PKCS#9 counter-signature: a signer over the signature's bytes.
fn countersignature(
    value: super::tlv::Tlv<'_>,
    over: &Signer<'_>,
    certificates: &[Certificate],
    trust: &Trust,
) -> std::result::Result<(Timestamp, String), String> {
    let signer = Signer::parse(value).map_err(|why| why.to_string())?;
    let stated = signer.attribute(SIGNING_TIME).ok_or("it states no time")?;
    let time = stated.time().map_err(|why| why.to_string())?;
    let authority = signer.find(certificates).ok_or("the certificate of its signer is not in the file")?;
    signer.verify(authority, &over.signature, None, &trust.checked).map_err(words)?;
    chained(authority, certificates, trust, time)
}

/// Time and authority of an RFC 3161 token.
fn token(raw: &[u8], over: &Signer<'_>, trust: &Trust) -> std::result::Result<(Timestamp, String), String> {
    let token = SignedData::parse(raw).map_err(|why| why.to_string())?;
    let [signer] = token.signers.as_slice() else { return Err(format!("it has {} signers", token.signers.len())) };
    let content = token.content.as_deref().filter(|_| token.content_type == TST_INFO).ok_or("it holds no time")?;
    let info = Info::parse(content).map_err(|why| why.to_string())?;
    let hash = Hash::from_oid(&info.algorithm).ok_or("its digest algorithm is not supported")?;
    if hash.of(&[&over.signature]) != info.imprint {
        return Err("it belongs to another signature".to_owned());
    }
    let authority = token.certificate_of(signer).ok_or("the certificate of its signer is not in the file")?;
    signer.verify(authority, content, Some(TST_INFO), &trust.checked).map_err(words)?;
    if !binds(signer, authority) {
        return Err("it names another signing certificate".to_owned());
    }
    if authority.purposes.is_none() {
        return Err("its certificate is not for time stamping".to_owned());
    }
    chained(authority, &token.certificates, trust, info.time)
}

/// Whether the signing-certificate attribute, where there is one, names `authority`.
fn binds(signer: &Signer<'_>, authority: &Certificate) -> bool {
    let named = |oid, v2: bool| {
        let mut outer = signer.attribute(oid)?.children("signing certificate");
        let mut list = outer.expect(SEQUENCE).ok()?.children("signing certificate");
        let mut first = list.expect(SEQUENCE).ok()?.children("signing certificate");
        let mut hash = if v2 { Hash::Sha256 } else { Hash::Sha1 };
        if let Some(algorithm) = first.optional(SEQUENCE).ok()? {
            hash = Hash::from_oid(&Algorithm::parse(algorithm).ok()?.oid)?;
        }
        Some(first.expect(OCTETS).ok()?.content == hash.of(&[&authority.der]))
    };
    named(SIGNING_CERTIFICATE_V2, true).or_else(|| named(SIGNING_CERTIFICATE, false)).unwrap_or(true)
}

/// The authority's chain at the time it states.
fn chained(
    authority: &Certificate,
    pool: &[Certificate],
    trust: &Trust,
    time: Timestamp,
) -> std::result::Result<(Timestamp, String), String> {
    let chain = chain::build(authority, pool, trust, time, TIME_STAMPING);
    match chain.faults.first() {
        None => Ok((time, authority.subject.common())),
        Some(fault) => Err(super::fault_words(fault).to_owned()),
    }
}

/// What a TSTInfo states.
struct Info {
    algorithm: String,
    imprint: Vec<u8>,
    time: Timestamp,
}

impl Info {
    fn parse(content: &[u8]) -> Result<Self> {
        let mut fields = Reader::new(content, "time stamp").expect(SEQUENCE)?.children("time stamp");
        fields.expect(INTEGER)?;
        fields.expect(OID)?;
        let mut imprint = fields.expect(SEQUENCE)?.children("message imprint");
        let algorithm = Algorithm::parse(imprint.expect(SEQUENCE)?)?.oid;
        let digest = imprint.expect(OCTETS)?.octets()?.into_owned();
        fields.expect(INTEGER)?;
        match fields.next()? {
            Some(tlv) if tlv.tag == 0x18 => Ok(Self { algorithm, imprint: digest, time: tlv.time()? }),
            _ => malformed("time stamp", "a GeneralizedTime", "something else"),
        }
    }
}

fn words(wrong: Wrong) -> String {
    match wrong {
        Wrong::Content => "it covers other content".to_owned(),
        Wrong::ContentType(found) => format!("its content type is {found}"),
        Wrong::Key(Bad::Wrong) => "its signature does not verify".to_owned(),
        Wrong::Key(Bad::Unsupported(why)) => why,
    }
}
