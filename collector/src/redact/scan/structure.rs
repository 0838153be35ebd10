//! What gives itself away by its shape or its label, learned or not. Owns which literal or byte announces which shape.

mod label;
mod mail;
mod net;
mod path;
mod secret;

pub(super) use self::{
    mail::address,
    net::{colons, hyphens, ipv4, url},
    path::unc,
    secret::Announced,
};
use super::{
    Engine, Place, Scratch,
    grams::{Grams, Target},
    wrapped,
};

/// A literal that announces a structure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mark {
    /// `\Users`, `/home/`, `\Documents and Settings`
    Home,
    /// `S-1-5-21-`, `S-1-12-1-`
    Sid,
    /// What a secret begins with.
    Secret,
    /// `-----BEGIN`
    Pem,
    /// `Subject:`
    Subject,
    /// `MATCH(`
    Query,
    /// ` sec [`
    PlainQuery,
    /// `Folder: ~`
    Folder,
    /// `User:` and other labels of names
    Field,
    /// `hex:`, `hex(2):`
    Hex,
}

/// Literals, lower case; at least four bytes from the first letter or digit on.
const MARKS: &[(&str, Mark)] = &[
    ("\\users", Mark::Home),
    ("/users/", Mark::Home),
    ("\\documents and settings", Mark::Home),
    ("/home/", Mark::Home),
    ("s-1-5-21-", Mark::Sid),
    ("s-1-12-1-", Mark::Sid),
    ("-----begin", Mark::Pem),
    ("subject:", Mark::Subject),
    ("betreff:", Mark::Subject),
    ("match(", Mark::Query),
    (" sec [", Mark::PlainQuery),
    ("folder: ~", Mark::Folder),
    ("user", Mark::Field),
    ("account ", Mark::Field),
    ("benutzer", Mark::Field),
    ("kontoname", Mark::Field),
    ("workstation", Mark::Field),
    ("source workstation", Mark::Field),
    ("computer", Mark::Field),
    ("host", Mark::Field),
    ("logon domain", Mark::Field),
    ("serial", Mark::Field),
    ("seriennummer", Mark::Field),
    ("recipients/cn=", Mark::Field),
    ("hex:", Mark::Hex),
    ("hex(", Mark::Hex),
];

/// Enters all literals into the one-pass filter.
pub(super) fn enter<const A: usize, const B: usize>(grams: &mut Grams<A>, digits: &mut Grams<B>) {
    for (literal, mark) in MARKS {
        grams.enter(literal.as_bytes(), usize::MAX, Target::Mark(*mark), |_| false);
    }
    for (head, anywhere) in secret::HEADS {
        grams.enter(head.as_bytes(), usize::MAX, Target::Mark(Mark::Secret), |_| false);
        if *anywhere {
            digits.enter_for_every_fourth(head.as_bytes(), Target::Mark(Mark::Secret));
        }
    }
}

/// A literal's first bytes stand at `at`.
pub(super) fn marked(engine: &Engine, place: Place<'_>, at: usize, mark: Mark, scratch: &mut Scratch) {
    match mark {
        Mark::Home => path::home(engine, place, at, scratch),
        Mark::Sid => net::sid(engine, place, at, scratch),
        Mark::Secret => secret::headed(engine, place, at, scratch),
        Mark::Pem => secret::pem(engine, place, at, scratch),
        Mark::Subject => label::subject(engine, place, at, scratch),
        Mark::Query => label::query(engine, place, at, scratch),
        Mark::PlainQuery => label::plain_query(engine, place, at, scratch),
        Mark::Folder => label::folder(engine, place, at, scratch),
        Mark::Field => label::field(engine, place, at, scratch),
        Mark::Hex => wrapped::listed(engine, place, at, scratch),
    }
}
