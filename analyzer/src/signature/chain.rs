//! Chain building: from a certificate to a trust anchor, at one moment, for one purpose. Owns the search and what is
//! wrong with the best path found; the words for a verdict come later.
//!
//! Every certificate, the anchor included, must be valid at the moment judged. A root that has expired since still vouches
//! for what was signed and time-stamped before, as Windows holds it (Microsoft Root Authority ended in 2020).

use jiff::Timestamp;

use super::{
    certificate::Certificate,
    key::Bad,
    trust::{Anchor, Trust},
};

/// Longest chain.
const MAX_DEPTH: usize = 10;
/// Most certificate signatures checked in one search.
const MAX_CHECKS: usize = 64;

/// What a chain must vouch for.
pub(super) const CODE_SIGNING: &str = "1.3.6.1.5.5.7.3.3";
/// Ditto.
pub(super) const TIME_STAMPING: &str = "1.3.6.1.5.5.7.3.8";

/// Something wrong, worst first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fault {
    /// Broken beyond trust: digest, signature, usage, constraints.
    Invalid(String),
    /// Distrusted by name.
    Revoked(String),
    /// This program cannot tell.
    Unverifiable(String),
    /// The signer vouches for itself.
    SelfSigned(String),
    /// Ends at no anchor.
    UntrustedRoot(String),
    /// Outside its validity.
    Expired(String),
}

/// The best path found.
#[derive(Debug)]
pub(super) struct Chain<'t> {
    /// From the leaf to the last certificate found, the anchor included.
    pub(super) certificates: Vec<&'t Certificate>,
    pub(super) anchor: Option<&'t Anchor>,
    /// What is wrong, worst first; empty for a good chain.
    pub(super) faults: Vec<Fault>,
}

struct Search<'t> {
    pool: &'t [Certificate],
    trust: &'t Trust,
    at: Timestamp,
    purpose: &'static str,
    checks: usize,
    /// Whether there was more to check than is checked.
    spent: bool,
    best: Option<Chain<'t>>,
}

/// The best chain from `leaf` over `pool` (certificates of the signature) and the PC's own intermediates.
pub(super) fn build<'t>(
    leaf: &'t Certificate,
    pool: &'t [Certificate],
    trust: &'t Trust,
    at: Timestamp,
    purpose: &'static str,
) -> Chain<'t> {
    let mut search = Search { pool, trust, at, purpose, checks: 0, spent: false, best: None };
    search.extend(&mut vec![leaf], None);
    let spent = search.spent.then(|| Fault::Unverifiable(more_checks()));
    if let Some(best) = search.best.as_mut().filter(|best| !best.faults.is_empty()) {
        // A better chain may be among those that were not tried.
        best.faults.extend(spent);
        best.faults.sort();
        best.faults.dedup();
    }
    search.best.unwrap_or_else(|| Chain {
        certificates: vec![leaf],
        anchor: None,
        faults: vec![Fault::Unverifiable("no chain could be tried".to_owned())],
    })
}

impl<'t> Search<'t> {
    /// Tries every issuer of the last certificate of `path`. `problem` is what went wrong on the way.
    fn extend(&mut self, path: &mut Vec<&'t Certificate>, problem: Option<&Fault>) {
        if self.found_good() {
            return;
        }
        let Some(last) = path.last().copied() else { return };
        if let Some(anchor) = self.trust.anchors().find(|anchor| anchor.certificate.der == last.der) {
            self.finish(path, Some(anchor), problem.cloned());
            return;
        }
        if last.self_issued() && self.check(last, last) == Ok(()) {
            let fault = if path.len() == 1 {
                Fault::SelfSigned(format!(
                    "{} issued its own certificate, which no trust store holds",
                    last.subject.common()
                ))
            } else {
                Fault::UntrustedRoot(format!(
                    "the chain ends in {}, a root that no trust store holds",
                    last.subject.common()
                ))
            };
            self.finish(path, None, Some(problem.cloned().unwrap_or(fault)));
            return;
        }
        if path.len() >= MAX_DEPTH {
            let fault = Fault::UntrustedRoot(format!("no trust anchor within {MAX_DEPTH} certificates"));
            self.finish(path, None, Some(fault));
            return;
        }
        let mut wrong = None;
        let mut tried = false;
        for issuer in self.issuers(last) {
            if path.iter().any(|seen| seen.der == issuer.der) {
                continue;
            }
            match self.check(last, issuer) {
                Ok(()) => {
                    tried = true;
                    path.push(issuer);
                    self.extend(path, problem);
                    path.pop();
                }
                Err(bad) => wrong = wrong.or(Some((issuer, bad))),
            }
        }
        if !tried {
            let fault = problem.cloned().unwrap_or_else(|| dead_end(last, wrong));
            self.finish(path, None, Some(fault));
        }
    }

    /// Candidates by name: anchors first, then those whose key identifier fits.
    fn issuers(&self, of: &Certificate) -> Vec<&'t Certificate> {
        let trust = self.trust;
        let anchors = trust.anchors().map(|anchor| &anchor.certificate);
        let others = self.pool.iter().chain(&trust.intermediates);
        let mut found: Vec<&Certificate> = anchors.chain(others).filter(|c| c.subject.same(&of.issuer)).collect();
        found.sort_by_key(|c| {
            of.authority_key.is_some() && c.subject_key.is_some() && c.subject_key != of.authority_key
        });
        found
    }

    /// Whether `issuer`'s key signed `certificate`.
    fn check(&mut self, certificate: &Certificate, issuer: &Certificate) -> Result<(), Bad> {
        if self.checks >= MAX_CHECKS {
            self.spent = true;
            return Err(Bad::Unsupported(more_checks()));
        }
        self.checks += 1;
        let (text, signature) = (&[&certificate.to_be_signed[..]], &certificate.signature);
        self.trust.checked.verify(&issuer.key, &certificate.algorithm, None, text, signature)
    }

    fn found_good(&self) -> bool {
        self.best.as_ref().is_some_and(|chain| chain.faults.is_empty())
    }

    /// Weighs a complete path and keeps it if it is better than the best so far.
    fn finish(&mut self, path: &[&'t Certificate], anchor: Option<&'t Anchor>, ending: Option<Fault>) {
        let mut faults: Vec<Fault> = ending.into_iter().collect();
        faults.extend(path.iter().filter_map(|c| {
            let who = self.trust.distrusts(c)?;
            Some(Fault::Revoked(format!("{} ({}) is distrusted by {who}", c.subject.common(), c.thumbprint())))
        }));
        faults.extend(path.iter().filter_map(|c| out_of_time(c, self.at)));
        for (index, certificate) in path.iter().enumerate() {
            let top = anchor.is_some() && index + 1 == path.len();
            faults.extend(self.misuse(certificate, index, top, path));
        }
        if let Some(anchor) = anchor.filter(|anchor| !anchor.allows(self.purpose)) {
            let name = anchor.certificate.subject.common();
            faults.push(Fault::UntrustedRoot(format!(
                "{} does not let {name} vouch for this purpose",
                anchor.store.words()
            )));
        }
        faults.sort();
        // Compared worst fault first: `Fault` sorts the worst lowest, and fewer faults are better than more.
        let better = self.best.as_ref().is_none_or(|best| match (faults.first(), best.faults.first()) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(new), Some(old)) => (severity(new), best.faults.len()) > (severity(old), faults.len()),
        });
        if better {
            self.best = Some(Chain { certificates: path.to_vec(), anchor, faults });
        }
    }

    /// What `certificate` is not allowed to do at `index` of `path`.
    fn misuse(&self, certificate: &Certificate, index: usize, anchor: bool, path: &[&Certificate]) -> Option<Fault> {
        let name = certificate.subject.common();
        let invalid = |why: String| Some(Fault::Invalid(why));
        if let (Some(oid), false) = (certificate.unknown_critical.first(), anchor) {
            return Some(Fault::Unverifiable(format!("critical extension {oid} of {name} is not understood")));
        }
        if index == 0 {
            if !certificate.allows(self.purpose) {
                let purpose = if self.purpose == CODE_SIGNING { "code signing" } else { "time stamping" };
                return invalid(format!("the certificate of {name} is not for {purpose}"));
            }
            // digitalSignature and nonRepudiation are the two highest bits.
            if certificate.key_usage.is_some_and(|bits| bits & 0xc0 == 0) {
                return invalid(format!("the key usage of {name} does not allow signatures"));
            }
            return None;
        }
        if anchor {
            return None;
        }
        let (authority, length) = certificate.authority.unwrap_or((false, None));
        if !authority {
            return invalid(format!("{name} issued a certificate and is no certification authority"));
        }
        // keyCertSign is bit 5.
        if certificate.key_usage.is_some_and(|bits| bits & 0x04 == 0) {
            return invalid(format!("the key usage of {name} does not allow issuing certificates"));
        }
        let below = path.iter().take(index).skip(1).filter(|c| !c.self_issued()).count() as u64;
        if length.is_some_and(|length| below > length) {
            return invalid(format!("{name} allows fewer certificates below it than there are"));
        }
        if !certificate.allows(self.purpose) {
            return invalid(format!("{name} may not issue certificates for this purpose"));
        }
        None
    }
}

fn more_checks() -> String {
    format!("more than {MAX_CHECKS} certificate signatures to check")
}

/// Rank of a fault, the worst lowest.
fn severity(fault: &Fault) -> u8 {
    match fault {
        Fault::Invalid(_) => 0,
        Fault::Revoked(_) => 1,
        Fault::Unverifiable(_) => 2,
        Fault::SelfSigned(_) => 3,
        Fault::UntrustedRoot(_) => 4,
        Fault::Expired(_) => 5,
    }
}

/// Why the search ends at `last`: no issuer at all, or only one whose key did not sign it.
fn dead_end(last: &Certificate, wrong: Option<(&Certificate, Bad)>) -> Fault {
    let name = last.subject.common();
    match wrong {
        // Names are not unique: a foreign certificate of the issuer's name proves nothing unless the key identifiers
        // agree that it must be this one.
        Some((issuer, Bad::Wrong)) if last.authority_key.is_some() && issuer.subject_key == last.authority_key => {
            Fault::Invalid(format!("the certificate of {name} was not signed by {}", issuer.subject.common()))
        }
        Some((_, Bad::Unsupported(why))) => Fault::Unverifiable(format!("the certificate of {name}: {why}")),
        _ if last.self_issued() => {
            Fault::Invalid(format!("the certificate of {name} names itself as issuer and its own key did not sign it"))
        }
        _ => Fault::UntrustedRoot(format!(
            "the issuer of {name}, {}, is neither in the file nor in a trust store",
            last.issuer.common()
        )),
    }
}

fn out_of_time(certificate: &Certificate, at: Timestamp) -> Option<Fault> {
    let name = certificate.subject.common();
    if at > certificate.not_after {
        Some(Fault::Expired(format!("the certificate of {name} expired on {}, judged at {at}", certificate.not_after)))
    } else if at < certificate.not_before {
        Some(Fault::Expired(format!(
            "the certificate of {name} is not valid before {}, judged at {at}",
            certificate.not_before
        )))
    } else {
        None
    }
}
