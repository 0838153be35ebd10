//! Security catalogues (`.cat`): the signed lists by which a DLL without a signature of its own may be signed. Owns
//! finding those that concern a connector DLL; whether one vouches for it is judged elsewhere.
//!
//! A running Windows names the catalogue itself. On a disk the catalogue folder is searched for the DLL's digests, as
//! bytes and as the UTF-16 text of version 1 catalogues. Beside a DLL every catalogue is taken.

use koff_bundle::{
    acquisition::{Acquisition, State},
    path::WinPath,
    record::PeSummary,
};
use memchr::memmem::Finder;

use super::{Budget, Content, Context, Raw, programs};
use crate::host::{Answer, absent};

/// Most catalogues of one run.
const MOST: usize = 16;
/// Most files of the catalogue folder that are looked into; a Windows of some years has about ten thousand.
const MOST_SEARCHED: usize = 50_000;
/// Largest catalogue, in bytes; Windows' own have up to a few megabytes.
const LARGEST: u64 = 16 << 20;
/// Where Windows keeps the system's catalogues, below its own folder.
const FOLDER: &str = r"System32\CatRoot\{F750E6C3-38EE-11D1-85E5-00C04FC295EE}";

/// Catalogues that list a connector DLL or lie beside one, sorted by path.
///
/// # Errors
/// *absent* where there is none.
pub fn find(context: &Context, budget: &Budget) -> Answer<Vec<WinPath>> {
    let mut found: Vec<WinPath> = Vec::new();
    let mut unsigned: Vec<PeSummary> = Vec::new();
    for dll in programs::connector_dlls(context, budget) {
        if let Some(folder) = dll.parent() {
            found.extend(in_folder(context, &folder));
        }
        let summary = programs::summary(context, &dll, budget);
        let Some(pe) = summary.value().filter(|pe| pe.signing.value().is_some_and(|s| s.table.is_none())) else {
            continue;
        };
        match context.host.trust(&dll) {
            Ok(verdict) => found.extend(verdict.catalogue),
            Err(_) => unsigned.push(pe.clone()),
        }
    }
    if !unsigned.is_empty() {
        found.extend(listing(context, &unsigned, budget));
    }
    found.sort_by_key(WinPath::key);
    found.dedup_by_key(|path| path.key());
    found.truncate(MOST);
    if found.is_empty() { Err(absent("no security catalogue lists a connector DLL")) } else { Ok(found) }
}

/// A catalogue's own bytes.
///
/// # Errors
/// As the host says, or where it is larger than any catalogue.
pub fn whole(context: &Context, path: &WinPath, budget: &Budget) -> Answer<Raw> {
    let size = context.host.stat(path)?.size;
    if size > LARGEST {
        let why = format!("{size} bytes, more than the {LARGEST} of any catalogue");
        return Err(Acquisition::ended(State::Skipped, why));
    }
    let bytes = programs::bytes(context, path, budget)?;
    Ok(Raw { bytes_read: bytes.len() as u64, ..Raw::whole(Content::Catalogue(bytes)) })
}

/// The catalogues of a folder; a folder that cannot be read has none that we know of.
fn in_folder(context: &Context, folder: &WinPath) -> Vec<WinPath> {
    let children = context.host.list(folder).unwrap_or_default();
    let named = children.iter().filter(|child| child.name.to_lowercase().ends_with(".cat"));
    named.map(|child| folder.join(&child.name)).collect()
}

/// The catalogues of Windows that hold a digest of one of `files`.
fn listing(context: &Context, files: &[PeSummary], budget: &Budget) -> Vec<WinPath> {
    let Ok(windows) = context.host.variable("SystemRoot", None) else { return Vec::new() };
    let finders: Vec<Finder<'static>> = files.iter().flat_map(needles).map(|n| Finder::new(&n).into_owned()).collect();
    let folder = WinPath::new(windows).join(FOLDER);
    let lists = |path: &WinPath| {
        let small = context.host.stat(path).is_ok_and(|stat| stat.size <= LARGEST);
        let bytes = if small && !budget.spent() { programs::bytes(context, path, budget).ok() } else { None };
        bytes.is_some_and(|bytes| finders.iter().any(|finder| finder.find(&bytes).is_some()))
    };
    in_folder(context, &folder).into_iter().take(MOST_SEARCHED).filter(lists).take(MOST).collect()
}

/// The forms in which a catalogue holds the Authenticode digests of a file.
fn needles(pe: &PeSummary) -> Vec<Vec<u8>> {
    let digests = pe.signing.value().map(|signing| signing.digests.as_slice()).unwrap_or_default();
    let mut forms = Vec::new();
    for (_, digest) in digests.iter().filter(|(name, _)| name == "sha1" || name == "sha256") {
        let pairs = digest.as_bytes().chunks_exact(2);
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
        forms.extend(pairs.map(byte).collect::<Option<Vec<u8>>>());
        forms.push(digest.to_uppercase().encode_utf16().flat_map(u16::to_le_bytes).collect());
    }
    forms
}
