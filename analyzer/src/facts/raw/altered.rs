//! Members of a bundle that are not what its manifest says. Owns the comparison's result as facts take it; the digests are
//! the bundle reader's.

use koff_bundle::{
    limits::{Problem, What},
    reader::Bundle,
};

/// A member whose digest or presence is not what the manifest says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Alteration {
    /// Member name.
    pub artifact: String,
    /// SHA-256 of the manifest, or what the format asks for.
    pub expected: Option<String>,
    /// SHA-256 found, or what was found instead.
    pub found: Option<String>,
    /// In the words of the `altered` kind.
    pub what: &'static str,
}

/// All of `bundle`. Members that nobody has read yet are read for it: asked last, it costs nothing twice.
#[must_use]
pub fn all(bundle: &Bundle) -> Vec<Alteration> {
    bundle.verify();
    let problems = bundle.problems();
    problems.iter().filter(|problem| problem.what.alters()).map(|problem| alteration(bundle, problem)).collect()
}

fn alteration(bundle: &Bundle, problem: &Problem) -> Alteration {
    let name = &problem.member;
    let listed = bundle.entry(name).and_then(|entry| entry.sha256.clone());
    let (expected, found, what) = match problem.what {
        What::DigestDiffers => (listed, Some(problem.found.clone()), "digest differs"),
        What::MemberMissing => (listed, None, "member missing"),
        What::MemberUnexpected => (None, bundle.sha256_of(name).ok(), "member unexpected"),
        _ => (Some(problem.expected.clone()), Some(problem.found.clone()), "damaged"),
    };
    let artifact = if name.is_empty() { bundle.place().to_owned() } else { name.clone() };
    Alteration { artifact, expected, found, what }
}
