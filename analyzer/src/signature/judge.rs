//! From the parts to the verdict: takes the certificate table apart, judges each signature and weighs them.

use jiff::Timestamp;
use koff_bundle::{
    acquisition::State,
    base64,
    reading::Reading,
    record::{PeSigning, PeSummary},
};

use super::{
    Link, Signature, Word,
    catalogue::{Catalogue, TRUST_LIST},
    certificate::{Certificate, hex},
    chain::{self, CODE_SIGNING, Chain, Fault},
    checked::Checked,
    cms::{MAX_LISTS, SignedData, Signer, Wrong},
    fault_word, fault_words,
    key::{Bad, Hash, unsupported_digest},
    revocation, spc, table, timestamp,
    trust::Trust,
};

/// Deepest nesting of signatures; what is nested deeper is named and not judged.
const MAX_NESTED: usize = 4;
/// Most signatures judged in one file.
const MAX_SIGNATURES: usize = 16;
/// `SPC_NESTED_SIGNATURE_OBJID`
const NESTED: &str = "1.3.6.1.4.1.311.2.4.1";
/// Extended key usage "lifetime signing": a timestamp does not prolong the signature.
const LIFETIME: &str = "1.3.6.1.4.1.311.10.3.13";

/// Judges the signature of the file that `pe` sums up: embedded, nested, or by one of the catalogues in `trust`. `at` is
/// the moment for signatures whose time nothing proves.
#[must_use]
pub fn judge(pe: &PeSummary, trust: &Trust, at: Timestamp) -> Signature {
    let signing = match &pe.signing {
        Reading::Value(signing) => signing,
        Reading::Missing(why) => {
            // A file that is no PE file has no place for a signature; one that could not be read cannot be judged.
            let verdict = if why.missing == State::Failed { Word::Unsigned } else { Word::Unverifiable };
            return Signature::bare(verdict, why.reason.clone(), at);
        }
    };
    let mut signature = match &signing.table_bytes {
        Reading::Value(coded) => match base64::decode(coded) {
            Some(table) => embedded(&table, signing, trust, at),
            None => Signature::bare(Word::Unverifiable, "the certificate table in the bundle is not Base64", at),
        },
        Reading::Missing(why) if why.missing == State::Absent => by_catalogue(signing, trust, at),
        Reading::Missing(why) if why.missing == State::Failed => Signature::bare(Word::Invalid, why.reason.clone(), at),
        Reading::Missing(why) => Signature::bare(Word::Unverifiable, why.reason.clone(), at),
    };
    if signing.table.is_some() && signing.after_table > 0 {
        let words = format!("{} bytes behind the certificate table", signing.after_table);
        signature.appended_data = Some(join(signature.appended_data, words));
    }
    signature
}

fn join(first: Option<String>, second: String) -> String {
    first.map_or_else(|| second.clone(), |first| format!("{first}; {second}"))
}

/// Verdict over all signatures of a certificate table.
fn embedded(table: &[u8], signing: &PeSigning, trust: &Trust, at: Timestamp) -> Signature {
    let split = match table::split(table) {
        Ok(split) => split,
        Err(why) => return Signature::bare(Word::Invalid, format!("the certificate table is broken: {why}"), at),
    };
    if split.signatures.is_empty() {
        let mut none = Signature::bare(Word::Unsigned, "the certificate table holds no signature", at);
        none.notes = split.notes;
        return none;
    }
    let mut judged = Vec::new();
    for content in &split.signatures {
        collect(content, 0, &mut judged, &|signed| stated_digest(signed, &signing.digests), trust, at);
    }
    let mut signature = weigh(judged);
    let padding = split.signatures.iter().filter_map(|content| {
        let length = SignedData::parse(content).ok()?.length;
        table::padding(content, length)
    });
    let extra: Vec<String> = padding.chain(split.notes).collect();
    if !extra.is_empty() {
        signature.appended_data = Some(extra.join("; "));
    }
    signature
}

/// Judges one signature and, below it, its nested ones.
fn collect(
    content: &[u8],
    depth: usize,
    judged: &mut Vec<Signature>,
    content_check: &dyn Fn(&SignedData<'_>) -> Result<(), Fault>,
    trust: &Trust,
    at: Timestamp,
) {
    if judged.len() >= MAX_SIGNATURES {
        if judged.len() == MAX_SIGNATURES {
            judged.push(Signature::bare(Word::Unverifiable, format!("more than {MAX_SIGNATURES} signatures"), at));
        }
        return;
    }
    let signed = match SignedData::parse(content) {
        Ok(signed) => signed,
        Err(why) => {
            judged.push(Signature::bare(Word::Invalid, format!("the signature cannot be read: {why}"), at));
            return;
        }
    };
    judged.push(one(&signed, content_check, trust, at));
    let nested = signed.signers.iter().flat_map(|signer| &signer.unsigned).filter(|a| a.oid == NESTED);
    for value in nested.flat_map(|attribute| &attribute.values) {
        if depth + 1 >= MAX_NESTED {
            judged.push(Signature::bare(Word::Unverifiable, format!("signatures nested deeper than {MAX_NESTED}"), at));
            return;
        }
        collect(value.raw, depth + 1, judged, content_check, trust, at);
    }
}

/// Judges one SignedData.
fn one(
    signed: &SignedData<'_>,
    content_check: &dyn Fn(&SignedData<'_>) -> Result<(), Fault>,
    trust: &Trust,
    at: Timestamp,
) -> Signature {
    let [signer] = signed.signers.as_slice() else {
        return Signature::bare(Word::Invalid, format!("it has {} signers, one is expected", signed.signers.len()), at);
    };
    let Some(leaf) = signed.certificate_of(signer) else {
        let unread = signed.unread.as_ref().map(|why| format!("; of those that are, one cannot be read: {why}"));
        let why =
            format!("the signing certificate ({}) is not in the file{}", signer.claimed(), unread.unwrap_or_default());
        return Signature::bare(Word::Invalid, why, at);
    };
    let mut faults = Vec::new();
    faults.extend(content_check(signed).err());
    faults.extend(own_signature(signed, signer, leaf, &trust.checked).err());
    let (proof, problems) = timestamp::prove(signer, &signed.certificates, trust);
    let lifetime = leaf.purposes.as_ref().is_some_and(|list| list.iter().any(|p| p == LIFETIME));
    let moment = proof.as_ref().filter(|_| !lifetime).map_or(at, |proof| proof.time);
    let chain = chain::build(leaf, &signed.certificates, trust, moment, CODE_SIGNING);
    faults.extend(chain.faults.iter().cloned());
    let mut unread: Vec<String> = Vec::new();
    for list in &signed.lists {
        match revocation::listed(list, &chain.certificates, moment) {
            Ok(fault) => faults.extend(fault),
            Err(why) => unread.push(why.to_string()),
        }
    }
    if signed.more_lists {
        unread.push(format!("more than {MAX_LISTS} revocation lists; the rest is left out"));
    }
    faults.sort();
    let mut signature = describe(leaf, &chain, &faults, moment);
    signature.notes.extend(unread);
    signature.weak_crypto = weakness(signer, &chain);
    signature.digest_algorithm = signer.hash().ok().map(|hash| hash.name().to_owned());
    signature.timestamp_problem = (!problems.is_empty()).then(|| problems.join("; "));
    if proof.is_some() && lifetime {
        signature.notes.push("its certificate is for lifetime signing: the timestamp does not outlast it".to_owned());
    }
    if let Some(proof) = proof {
        signature.signing_time = Some(proof.time.to_string());
        signature.signing_time_proof = Some(proof.words);
    }
    if signature.verdict == Word::Expired && signature.signing_time.is_none() {
        let why = if problems.is_empty() { "no timestamp" } else { "no valid timestamp" };
        signature.reason = format!("{}; {why} shows that it was signed before", signature.reason);
    }
    signature
}

/// Whether the signer's own key signed this content.
fn own_signature(
    signed: &SignedData<'_>,
    signer: &Signer<'_>,
    leaf: &Certificate,
    checked: &Checked,
) -> Result<(), Fault> {
    let content = signed.content.as_deref().unwrap_or(&[]);
    let invalid = |why: &str| Err(Fault::Invalid(why.to_owned()));
    match signer.verify(leaf, content, Some(&signed.content_type), checked) {
        Ok(()) => Ok(()),
        Err(Wrong::Content) => invalid("the signed attributes name other content than the signature holds"),
        Err(Wrong::ContentType(found)) => invalid(&format!("the signed attributes name content of type {found}")),
        Err(Wrong::Key(Bad::Wrong)) => invalid("the signature does not verify under the signer's key"),
        Err(Wrong::Key(Bad::Unsupported(why))) => Err(Fault::Unverifiable(why)),
    }
}

/// Whether the digest that the signature states is the file's.
fn stated_digest(signed: &SignedData<'_>, digests: &[(String, String)]) -> Result<(), Fault> {
    if signed.content_type != spc::INDIRECT_DATA {
        return Err(Fault::Invalid(format!(
            "the signature covers content of type {}, not a program",
            signed.content_type
        )));
    }
    let stated = spc::parse(signed.content.as_deref().unwrap_or(&[])).map_err(|why| Fault::Invalid(why.to_string()))?;
    let Some(hash) = Hash::from_oid(&stated.algorithm.oid) else {
        return Err(Fault::Unverifiable(unsupported_digest(&stated.algorithm.oid)));
    };
    match digests.iter().find(|(name, _)| name == hash.name()) {
        Some((_, digest)) if *digest == stated.digest => Ok(()),
        Some((name, digest)) => Err(Fault::Invalid(format!(
            "the file was changed after signing: its {name} digest is {digest}, signed was {}",
            stated.digest
        ))),
        None => Err(Fault::Unverifiable(format!("the bundle has no {} digest of the file", hash.name()))),
    }
}

/// The verdict's fields that follow from chain and faults.
fn describe(leaf: &Certificate, chain: &Chain<'_>, faults: &[Fault], moment: Timestamp) -> Signature {
    let anchor = chain.anchor.map(|anchor| (anchor.certificate.subject.common(), anchor.store));
    let (verdict, reason) = match (faults.first(), &anchor) {
        (Some(fault), _) => (fault_word(fault), fault_words(fault).to_owned()),
        (None, Some((name, store))) => (Word::Trusted, format!("chains to {name} in the {}", store.words())),
        (None, None) => (Word::UntrustedRoot, "no trust anchor".to_owned()),
    };
    let mut signature = Signature::bare(verdict, reason, moment);
    signature.faults = faults.iter().map(fault_word).collect();
    signature.faults.dedup();
    signature.notes = faults.iter().skip(1).map(|fault| fault_words(fault).to_owned()).collect();
    signature.notes.dedup();
    signature.publisher = Some(leaf.subject.organisation());
    signature.subject = Some(leaf.subject.to_string());
    signature.issuer_chain = chain.certificates.iter().map(|certificate| link(certificate)).collect();
    if let Some((name, store)) = anchor {
        signature.anchor = Some(name);
        signature.anchor_store = Some(store.words().to_owned());
        signature.anchor_only_on_host = store.on_host();
    }
    signature
}

fn link(certificate: &Certificate) -> Link {
    Link {
        subject: certificate.subject.to_string(),
        issuer: certificate.issuer.to_string(),
        serial: hex(&certificate.serial),
        sha1: certificate.thumbprint(),
        sha256: certificate.sha256(),
        not_before: certificate.not_before.to_string(),
        not_after: certificate.not_after.to_string(),
    }
}

/// Weak digest of the signature, weak keys and digests of the chain (the anchor's own signature proves nothing).
fn weakness(signer: &Signer<'_>, chain: &Chain<'_>) -> Option<String> {
    let mut words: Vec<String> = signer.weakness().into_iter().collect();
    for certificate in &chain.certificates {
        let name = certificate.subject.common();
        words.extend(certificate.key.weakness().map(|weak| format!("{weak} of {name}")));
        let anchor = chain.anchor.is_some_and(|anchor| anchor.certificate.der == certificate.der);
        if !anchor && !certificate.self_issued() && certificate.algorithm.digest() == Some(Hash::Sha1) {
            words.push(format!("SHA-1 in the certificate of {name}"));
        }
    }
    (!words.is_empty()).then(|| words.join(", "))
}

/// One verdict out of several: a broken signature, then a distrusted one decides; else the best.
fn weigh(mut judged: Vec<Signature>) -> Signature {
    let rank = |signature: &Signature| match signature.verdict {
        Word::Invalid => 0,
        Word::Revoked => 1,
        Word::Trusted => 2,
        Word::Expired => 3,
        Word::UntrustedRoot => 4,
        Word::SelfSigned => 5,
        Word::Unverifiable | Word::Unsigned => 6,
    };
    let Some(best) = (0..judged.len()).min_by_key(|index| (judged.get(*index).map(rank), *index)) else {
        return Signature::bare(Word::Unsigned, "there is no signature", Timestamp::UNIX_EPOCH);
    };
    let mut signature = judged.remove(best);
    for other in judged {
        let digest = other.digest_algorithm.as_deref().unwrap_or("unknown digest");
        let who = match &other.publisher {
            Some(publisher) => format!("{publisher} ({digest})"),
            // Nobody to name: what kept it from being judged.
            None => other.reason,
        };
        signature.other_signatures.push(format!("{}: {who}", other.verdict.as_str()));
        signature.timestamp_problem = signature.timestamp_problem.or(other.timestamp_problem);
    }
    signature
}

/// Verdict for a file without a certificate table.
fn by_catalogue(signing: &PeSigning, trust: &Trust, at: Timestamp) -> Signature {
    let judged = trust.catalogues.iter().filter(|c| c.lists(&signing.digests)).map(|c| listed_in(c, trust, at));
    judged.min_by_key(|signature| signature.verdict).unwrap_or_else(|| {
        let mut none = Signature::bare(Word::Unsigned, "no signature, embedded or in a catalogue at hand", at);
        // One of these may list it.
        none.notes.extend(trust.unread.iter().cloned());
        none
    })
}

/// Verdict of the catalogue that lists the file.
fn listed_in(catalogue: &Catalogue, trust: &Trust, at: Timestamp) -> Signature {
    let list = |signed: &SignedData<'_>| {
        let fits = signed.content_type == TRUST_LIST;
        fits.then_some(()).ok_or_else(|| Fault::Invalid("the catalogue holds no list".to_owned()))
    };
    let mut judged = Vec::new();
    collect(&catalogue.bytes, 0, &mut judged, &list, trust, at);
    let mut signature = weigh(judged);
    signature.catalogue = Some(catalogue.name.clone());
    signature
}
