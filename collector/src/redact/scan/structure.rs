//! What gives itself away by its shape or its label, learned or not. Owns which literal or byte announces which shape.

mod mail;
mod net;
mod path;
mod secret;

use super::{
    Engine, Place, Scratch,
    grams::{Grams, Target},
};

/// A literal that announces a structure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mark {
    /// `\Users`, `/home/`, `\Documents and Settings`
    Home,
    /// `S-1-5-21-`, `S-1-12-1-`
    Sid,
    /// A word after which a secret may stand.
    Secret,
    /// `-----BEGIN`
    Pem,
}

/// Literals, lower case; at least four bytes each.
const MARKS: &[(&str, Mark)] = &[
    ("\\users", Mark::Home),
    ("/users/", Mark::Home),
    ("\\documents and settings", Mark::Home),
    ("/home/", Mark::Home),
    ("s-1-5-21-", Mark::Sid),
    ("s-1-12-1-", Mark::Sid),
    ("-----begin", Mark::Pem),
];

/// Enters all literals into the one-pass filter.
pub(super) fn enter(grams: &mut Grams) {
    for (literal, mark) in MARKS {
        grams.enter(literal.as_bytes(), Target::Mark(*mark), |_| false);
    }
    for word in secret::WORDS {
        grams.enter(word.as_bytes(), Target::Mark(Mark::Secret), |_| false);
    }
}

/// A literal's first bytes stand at `at`.
pub(super) fn marked(engine: &Engine, place: Place<'_>, at: usize, mark: Mark, scratch: &mut Scratch) {
    match mark {
        Mark::Home => path::home(engine, place, at, scratch),
        Mark::Sid => net::sid(engine, place, at, scratch),
        Mark::Secret => secret::labelled(engine, place, at, scratch),
        Mark::Pem => secret::pem(engine, place, at, scratch),
    }
}

/// A byte stands at `at` that some structures have in their middle.
pub(super) fn trigger(engine: &Engine, place: Place<'_>, at: usize, byte: u8, scratch: &mut Scratch) {
    match byte {
        b'@' => mail::address(engine, place, at, scratch),
        b':' => {
            net::url(engine, place, at, scratch);
            net::colons(engine, place, at, scratch);
        }
        b'.' => net::ipv4(engine, place, at, scratch),
        b'\\' => path::unc(engine, place, at, scratch),
        b'-' => net::hyphens(engine, place, at, scratch),
        _ => {}
    }
}
