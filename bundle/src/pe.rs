//! PE files in summary: everything that is needed to judge one without having it. Owns the reading of headers, sections,
//! imports, exports, version resource and Authenticode digests out of bytes; never reads a file and judges nothing.
//!
//! Any bytes are taken: what cannot be parsed becomes a missing reading or a line in `problems`, and the digests are
//! there whatever the headers say. Work and memory are bounded by the constants of this module.

mod exports;
mod headers;
mod imphash;
mod imports;
mod rich;
mod signing;
mod version;
mod view;

use md5::{Digest, Md5};
use sha1::Sha1;
use sha2::Sha256;

use self::{
    headers::{Directory, Headers},
    view::View,
};
use crate::{
    acquisition::State,
    reading::Reading,
    record::{PeFormat, PeSection, PeSummary},
};

/// Largest file that is looked into; a larger one gets its digests only.
pub const MAX_FILE: usize = 64 << 20;
/// Largest certificate table that travels; a larger one is named as such and not judged.
pub const MAX_TABLE: usize = 4 << 20;
/// Most sections read (Windows itself loads at most 96).
pub const MAX_SECTIONS: usize = 96;
/// Most imported functions, and most exported names, that are listed.
pub const MAX_SYMBOLS: usize = 20_000;
/// Most strings of the version resource.
pub const MAX_STRINGS: usize = 256;
/// Most libraries of an import table.
pub const MAX_LIBRARIES: usize = 1_024;
/// Longest name of an imported or exported thing, in bytes.
pub const MAX_NAME: usize = 512;
/// Most entries of one folder of resources.
pub const MAX_ENTRIES: usize = 4_096;
/// Most data directories (there are no more in the format).
pub const MAX_DIRECTORIES: usize = 16;

/// The summary of the file that consists of `bytes`.
#[must_use]
pub fn summarise(bytes: &[u8]) -> PeSummary {
    let mut summary = PeSummary {
        size: bytes.len() as u64,
        sha256: hex(&Sha256::digest(bytes)),
        sha1: hex(&Sha1::digest(bytes)),
        md5: hex(&Md5::digest(bytes)),
        format: Reading::missing(State::Failed, ""),
        signing: Reading::missing(State::Failed, ""),
        version: Reading::missing(State::Failed, ""),
    };
    let parsed = if bytes.len() > MAX_FILE {
        Err((State::Skipped, format!("the file has {} bytes; files over {MAX_FILE} bytes are not parsed", bytes.len())))
    } else {
        Headers::parse(bytes).map_err(|why| (State::Failed, why))
    };
    match parsed {
        Ok(headers) => {
            let view = View::new(bytes, &headers);
            let mut format = format(bytes, &headers, &view);
            summary.signing = signing::read(bytes, &headers);
            summary.version = version::read(&view, headers.directory(Directory::Resource), &mut format.problems);
            summary.format = Reading::Value(format);
        }
        Err((state, why)) => {
            summary.format = Reading::missing(state, why.clone());
            summary.signing = Reading::missing(state, why.clone());
            summary.version = Reading::missing(state, why);
        }
    }
    summary
}

fn format(bytes: &[u8], headers: &Headers, view: &View<'_>) -> PeFormat {
    let mut problems = headers.problems.clone();
    let regular = imports::regular(view, headers, &mut problems);
    let delayed = imports::delayed(view, headers, &mut problems);
    let exports = exports::names(view, headers.directory(Directory::Export), &mut problems);
    PeFormat {
        machine: headers.machine(),
        dll: headers.dll,
        time_stamp: headers.time_stamp,
        entry_point: headers.entry_point,
        subsystem: headers.subsystem,
        sections: headers.sections.iter().map(|section| summary_of(bytes, section)).collect(),
        imphash: imphash::of(&regular),
        imports: regular.iter().chain(&delayed).map(ToString::to_string).collect(),
        exports,
        rich: rich::read(bytes, headers.pe_offset),
        dotnet: headers.directory(Directory::Clr).is_some(),
        overlay: headers.overlay(bytes.len() as u64),
        problems,
    }
}

fn summary_of(bytes: &[u8], section: &headers::Section) -> PeSection {
    let mut access = String::with_capacity(3);
    for (bit, letter) in [(headers::READ, 'r'), (headers::WRITE, 'w'), (headers::EXECUTE, 'x')] {
        access.push(if section.flags & bit != 0 { letter } else { '-' });
    }
    PeSection {
        name: section.name.clone(),
        address: section.address,
        virtual_size: section.virtual_size,
        offset: section.offset,
        size: section.size,
        entropy: entropy(section.data(bytes)),
        access,
        code: section.flags & headers::CODE != 0,
    }
}

/// Shannon entropy in bits a byte, 0 to 8, rounded to two digits; 0 for no bytes.
fn entropy(bytes: &[u8]) -> f64 {
    let mut counts = [0u64; 256];
    for byte in bytes {
        counts[usize::from(*byte)] += 1;
    }
    let total = bytes.len() as f64;
    let sum: f64 = counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| {
            let share = *count as f64 / total;
            -share * share.log2()
        })
        .sum();
    // `+ 0.0` turns the -0 of a one-valued section into 0.
    (sum * 100.0).round() / 100.0 + 0.0
}

/// `bytes` as lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
