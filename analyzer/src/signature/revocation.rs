//! Revocation lists that a signer put into the signature itself: the only ones at hand offline. Owns reading one and
//! finding a chain's certificates in it; fetches nothing.

use jiff::Timestamp;

use super::{
    certificate::{Certificate, Name},
    chain::Fault,
    key::Algorithm,
    tlv::{BIT_STRING, INTEGER, Reader, Result, SEQUENCE, Tlv, malformed},
};

/// Most entries read of one list.
const MAX_ENTRIES: usize = 100_000;

/// A list, its signature not yet checked.
struct List<'a> {
    body: &'a [u8],
    issuer: Name,
    entries: Option<Tlv<'a>>,
    algorithm: Algorithm,
    signature: &'a [u8],
}

/// The fault of a certificate of `chain` that the list `encoded` revokes at or before `moment`. A list that cannot be
/// read, or that the issuer in the chain did not sign, says nothing. What was signed (and provably so) before the
/// revocation stays good, as Windows holds it.
///
/// # Errors
/// The entries of a list of the chain cannot be read to their end.
pub(super) fn listed(encoded: &[u8], chain: &[&Certificate], moment: Timestamp) -> Result<Option<Fault>> {
    let Ok(list) = List::parse(encoded) else { return Ok(None) };
    for pair in chain.windows(2) {
        let [certificate, issuer] = pair else { continue };
        if !issuer.subject.same(&list.issuer) || !certificate.issuer.same(&list.issuer) {
            continue;
        }
        let Some(since) = list.revokes(&certificate.serial)?.filter(|since| *since <= moment) else { continue };
        if issuer.key.verify(&list.algorithm, None, &[list.body], list.signature).is_ok() {
            return Ok(Some(Fault::Revoked(format!(
                "{} was revoked on {since}, says a revocation list of {} in the signature",
                certificate.subject.common(),
                issuer.subject.common()
            ))));
        }
    }
    Ok(None)
}

impl<'a> List<'a> {
    /// Reads a CertificateList (RFC 5280, chapter 5.1).
    fn parse(encoded: &'a [u8]) -> Result<Self> {
        let mut outer = Reader::new(encoded, "revocation list").expect(SEQUENCE)?.children("revocation list");
        let body = outer.expect(SEQUENCE)?;
        let algorithm = Algorithm::parse(outer.expect(SEQUENCE)?)?;
        let signature = outer.expect(BIT_STRING)?.bits()?;
        let mut fields = body.children("revocation list");
        fields.optional(INTEGER)?;
        fields.expect(SEQUENCE)?;
        let issuer = Name::parse(fields.expect(SEQUENCE)?)?;
        fields.next()?;
        for tag in [0x17, 0x18] {
            fields.optional(tag)?;
        }
        let entries = fields.optional(SEQUENCE)?;
        Ok(Self { body: body.raw, issuer, entries, algorithm, signature })
    }

    /// Since when the certificate with this serial number is revoked.
    fn revokes(&self, serial: &[u8]) -> Result<Option<Timestamp>> {
        let Some(entries) = self.entries else { return Ok(None) };
        let mut entries = entries.children("revoked certificates");
        let mut read = 0;
        while let Some(entry) = entries.next()? {
            if read == MAX_ENTRIES {
                return malformed("revocation list", &format!("at most {MAX_ENTRIES} entries"), "more");
            }
            read += 1;
            let mut fields = entry.children("revoked certificate");
            if fields.expect(INTEGER)?.content == serial {
                return fields.next()?.map(|time| time.time()).transpose();
            }
        }
        Ok(None)
    }
}
