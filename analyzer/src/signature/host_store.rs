//! Certificates as Windows keeps them in the registry: `…\SystemCertificates\<store>\Certificates\<thumbprint>`, value
//! `Blob`. Owns the property format: `{property id u32, reserved u32, length u32, bytes}` one after another.

use super::{
    certificate::Certificate,
    tlv::{Malformed, Reader, SEQUENCE, malformed},
};

/// `CERT_CERT_PROP_ID`: the encoded certificate.
const CERTIFICATE: u32 = 32;
/// `CERT_ENHKEY_USAGE_PROP_ID`: purposes that the store allows.
const PURPOSES: u32 = 9;

/// One entry of a store.
pub(super) struct Entry {
    pub(super) certificate: Certificate,
    pub(super) purposes: Option<Vec<String>>,
}

/// Reads a `Blob`.
pub(super) fn parse(blob: &[u8]) -> Result<Entry, Malformed> {
    let (mut certificate, mut purposes) = (None, None);
    let mut rest = blob;
    while !rest.is_empty() {
        let Some((id, content, behind)) = property(rest) else {
            return malformed(
                "certificate blob",
                "properties of 12 bytes and their content",
                format_args!("{} bytes left", rest.len()),
            );
        };
        match id {
            CERTIFICATE => certificate = Some(Certificate::parse(content)?),
            PURPOSES => purposes = Some(listed(content)?),
            _ => {}
        }
        rest = behind;
    }
    match certificate {
        Some(certificate) => Ok(Entry { certificate, purposes }),
        None => malformed("certificate blob", "property 32, the certificate", "none"),
    }
}

fn property(bytes: &[u8]) -> Option<(u32, &[u8], &[u8])> {
    let (id, rest) = bytes.split_first_chunk::<4>()?;
    let (_, rest) = rest.split_first_chunk::<4>()?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let (content, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    Some((u32::from_le_bytes(*id), content, rest))
}

fn listed(bytes: &[u8]) -> Result<Vec<String>, Malformed> {
    let mut list = Reader::new(bytes, "purposes of a store").expect(SEQUENCE)?.children("purposes of a store");
    let mut purposes = Vec::new();
    while let Some(tlv) = list.next()? {
        purposes.push(tlv.oid()?);
    }
    Ok(purposes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::trust::Trust;

    /// A blob as Windows writes it: the thumbprint property, purposes, the certificate.
    fn blob(der: &[u8], purposes: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (id, content) in [(3u32, &[0u8; 20] as &[u8]), (PURPOSES, purposes), (CERTIFICATE, der)] {
            bytes.extend([id, 1, u32::try_from(content.len()).unwrap()].iter().flat_map(|n| n.to_le_bytes()));
            bytes.extend(content);
        }
        bytes
    }

    #[test]
    fn a_blob_gives_certificate_and_purposes_and_a_cut_one_an_error() {
        let trust = Trust::embedded();
        let der = &trust.anchors().next().unwrap().certificate.der;
        // SEQUENCE { codeSigning }
        let purposes = [0x30, 10, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 3];
        let whole = blob(der, &purposes);
        let entry = parse(&whole).unwrap();
        assert_eq!(&entry.certificate.der, der);
        assert_eq!(entry.purposes.unwrap(), ["1.3.6.1.5.5.7.3.3"]);
        for cut in 1..whole.len() {
            assert!(parse(&whole[..cut]).is_err(), "{cut}");
        }
    }
}
