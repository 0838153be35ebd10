//! SpcIndirectData: the digest that an Authenticode signature or a catalogue states for a file. Owns its structure.

use super::{
    certificate::hex,
    key::Algorithm,
    tlv::{OCTETS, Reader, Result, SEQUENCE},
};

/// `SPC_INDIRECT_DATA_OBJID`
pub(super) const INDIRECT_DATA: &str = "1.3.6.1.4.1.311.2.1.4";

/// A stated digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stated {
    pub(super) algorithm: Algorithm,
    /// Lower-case hex.
    pub(super) digest: String,
}

/// Reads the digest out of the content of an SpcIndirectData, with or without its header.
pub(super) fn parse(content: &[u8]) -> Result<Stated> {
    let mut fields = Reader::new(content, "indirect data");
    // Inside octets (CMS) the header may still be there: then the first element spans all and holds two.
    let mut probe = fields.clone();
    if let Some(whole) = probe.next()?.filter(|tlv| tlv.tag == SEQUENCE && tlv.raw.len() == content.len()) {
        fields = whole.children("indirect data");
    }
    fields.expect(SEQUENCE)?;
    let mut info = fields.expect(SEQUENCE)?.children("digest info");
    let algorithm = Algorithm::parse(info.expect(SEQUENCE)?)?;
    let digest = info.expect(OCTETS)?.octets()?;
    Ok(Stated { algorithm, digest: hex(&digest) })
}
