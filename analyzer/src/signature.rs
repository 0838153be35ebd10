//! Authenticode verdicts, offline and on any OS: from the summary of a PE file and a set of trust anchors to one word with
//! its reasons. Owns the verdict and how it follows from the parts; reads no file, asks no clock and no network.
//!
//! The moment judged is the signing time where a good timestamp proves it, else the time handed over (the bundle's, or
//! `--at`). Verdict over several signatures of one file: one that is broken makes the file *invalid*, one that is
//! distrusted makes it *revoked*; otherwise the best of them counts, as Windows is content with one.

mod catalogue;
mod certificate;
mod chain;
mod checked;
mod cms;
mod host_store;
mod judge;
mod key;
mod revocation;
mod spc;
mod table;
mod timestamp;
mod tlv;
mod trust;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use self::chain::Fault;
pub use self::{
    judge::judge,
    tlv::Malformed,
    trust::{Anchor, Store, Trust},
};

/// The one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Word {
    /// Good in all parts, up to a trust anchor.
    Trusted,
    /// Good in itself, but it ends at no trust anchor.
    UntrustedRoot,
    /// The signer issued its own certificate, which no store holds.
    SelfSigned,
    /// A certificate was outside its validity at the moment judged.
    Expired,
    /// A certificate of the chain is distrusted by name.
    Revoked,
    /// The digest, a signature, a usage or a constraint is wrong.
    Invalid,
    /// There is none, embedded or by a catalogue at hand.
    Unsigned,
    /// This program cannot tell.
    Unverifiable,
}

impl Word {
    /// As reports and rules spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Trusted => "trusted",
            Self::UntrustedRoot => "untrusted_root",
            Self::SelfSigned => "self_signed",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Invalid => "invalid",
            Self::Unsigned => "unsigned",
            Self::Unverifiable => "unverifiable",
        }
    }
}

/// The verdict on a file's signature, with everything it rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Signature {
    /// The one word.
    pub verdict: Word,
    /// Why, in words; for `trusted` what vouches for it.
    pub reason: String,
    /// Every verdict word that applies by itself (an expired certificate below an unknown root has two), worst first.
    pub faults: Vec<Word>,
    /// Subject of the signing certificate: organisation, else common name.
    pub publisher: Option<String>,
    /// Whole subject of the signing certificate.
    pub subject: Option<String>,
    /// From the signing certificate to the last one found, the anchor included.
    pub issuer_chain: Vec<Link>,
    /// Signing time in UTC, where a timestamp proves it.
    pub signing_time: Option<String>,
    /// What proves it.
    pub signing_time_proof: Option<String>,
    /// The moment for which the chain was judged, UTC.
    pub judged_at: String,
    /// Name of the trust anchor.
    pub anchor: Option<String>,
    /// The store that holds it.
    pub anchor_store: Option<String>,
    /// Whether only the diagnosed PC's own stores vouch for the anchor.
    pub anchor_only_on_host: bool,
    /// Digest algorithm of the signature.
    pub digest_algorithm: Option<String>,
    /// The catalogue that signs the file, where it is not signed by itself.
    pub catalogue: Option<String>,
    /// Weak digest or key, in words.
    pub weak_crypto: Option<String>,
    /// Data inside or behind the certificate table that no signature covers, in words.
    pub appended_data: Option<String>,
    /// A timestamp that does not verify, in words.
    pub timestamp_problem: Option<String>,
    /// Further signatures of the file (nested, or in other entries of the table) as `verdict: publisher`.
    pub other_signatures: Vec<String>,
    /// Anything else worth knowing.
    pub notes: Vec<String>,
}

/// One certificate of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Link {
    /// Subject.
    pub subject: String,
    /// Issuer.
    pub issuer: String,
    /// Serial number, hex.
    pub serial: String,
    /// SHA-1 of the certificate, hex: Windows' thumbprint.
    pub sha1: String,
    /// SHA-256 of the certificate, hex.
    pub sha256: String,
    /// First moment of its validity, UTC.
    pub not_before: String,
    /// Last moment of its validity, UTC.
    pub not_after: String,
}

impl Signature {
    /// A verdict without a signer.
    fn bare(verdict: Word, reason: impl Into<String>, at: Timestamp) -> Self {
        Self {
            verdict,
            reason: reason.into(),
            faults: if verdict == Word::Trusted { Vec::new() } else { vec![verdict] },
            publisher: None,
            subject: None,
            issuer_chain: Vec::new(),
            signing_time: None,
            signing_time_proof: None,
            judged_at: at.to_string(),
            anchor: None,
            anchor_store: None,
            anchor_only_on_host: false,
            digest_algorithm: None,
            catalogue: None,
            weak_crypto: None,
            appended_data: None,
            timestamp_problem: None,
            other_signatures: Vec::new(),
            notes: Vec::new(),
        }
    }
}

/// The words of a fault.
fn fault_words(fault: &Fault) -> &str {
    match fault {
        Fault::Invalid(why)
        | Fault::Revoked(why)
        | Fault::Unverifiable(why)
        | Fault::SelfSigned(why)
        | Fault::UntrustedRoot(why)
        | Fault::Expired(why) => why,
    }
}

/// The verdict word of a fault.
fn fault_word(fault: &Fault) -> Word {
    match fault {
        Fault::Invalid(_) => Word::Invalid,
        Fault::Revoked(_) => Word::Revoked,
        Fault::Unverifiable(_) => Word::Unverifiable,
        Fault::SelfSigned(_) => Word::SelfSigned,
        Fault::UntrustedRoot(_) => Word::UntrustedRoot,
        Fault::Expired(_) => Word::Expired,
    }
}
