//! Folders searched from the top down, bounded in depth, folders, names and time. Links found on the way are listed; they
//! are entered only where asked for, each real folder behind one once, so that no walk runs in circles. Opens no file.

use std::collections::{BTreeSet, VecDeque};

use koff_bundle::{
    acquisition::{Acquisition, State},
    manifest::Gap,
    path::WinPath,
    record::FileStat,
};

use super::{Budget, gap};
use crate::{
    host::{Answer, Host},
    plan::Caps,
};

/// One name below the folder where the walk began.
#[derive(Debug, Clone)]
pub struct Found {
    /// Path below that folder.
    pub relative: String,
    /// Full path.
    pub path: WinPath,
    /// Size and times.
    pub stat: FileStat,
}

/// What a walk saw.
#[derive(Debug, Default)]
pub struct Seen {
    /// Everything below the folder, sorted by path as Windows compares.
    pub entries: Vec<Found>,
    /// Folders that could not be read.
    pub gaps: Vec<Gap>,
    /// Which bound ended it early.
    pub cut: Option<String>,
}

/// At most so many links are followed in one walk.
const MOST_LINKS: usize = 32;

/// Everything below `folder`, at most `depth` levels of it (1: its own names only). Links are not entered.
///
/// # Errors
/// As the host says of `folder` itself; trouble below it is a gap.
pub fn below(host: &dyn Host, folder: &WinPath, depth: usize, caps: &Caps, budget: &Budget) -> Answer<Seen> {
    walk(host, folder, depth, caps, budget, &mut |_| false)
}

/// The same through junctions and links to folders: somebody moved a data folder and left a junction in its place. Names
/// behind a link are told by the way through it.
///
/// # Errors
/// As the host says of `folder` itself; trouble below it, links that lead off this host included, is a gap.
pub fn through_links(host: &dyn Host, folder: &WinPath, depth: usize, caps: &Caps, budget: &Budget) -> Answer<Seen> {
    let mut entered: BTreeSet<String> = host.resolve(folder).iter().map(WinPath::key).collect();
    walk(host, folder, depth, caps, budget, &mut |link| {
        // One that cannot be resolved is entered all the same: the refusal to list it says why.
        let real = host.resolve(link).map_or_else(|_| link.key(), |real| real.key());
        entered.len() <= MOST_LINKS && entered.insert(real)
    })
}

fn walk(
    host: &dyn Host,
    folder: &WinPath,
    depth: usize,
    caps: &Caps,
    budget: &Budget,
    enter_link: &mut dyn FnMut(&WinPath) -> bool,
) -> Answer<Seen> {
    let mut seen = Seen::default();
    let mut waiting = VecDeque::from([(folder.clone(), String::new(), 1_usize)]);
    let mut entered = 0_usize;
    while let Some((path, prefix, level)) = waiting.pop_front() {
        if let Some(why) = bound(&seen, entered, caps, budget) {
            seen.gaps.push(gap(path.as_str(), Acquisition::ended(State::Truncated, why.clone())));
            seen.cut = Some(why);
            break;
        }
        entered += 1;
        let children = match host.list(&path) {
            Ok(children) => children,
            Err(end) if level == 1 => return Err(end),
            Err(end) if end.state == State::Absent => continue,
            Err(end) => {
                seen.gaps.push(gap(path.as_str(), end));
                continue;
            }
        };
        for child in children {
            let relative = if prefix.is_empty() { child.name.clone() } else { format!("{prefix}\\{}", child.name) };
            let full = path.join(&child.name);
            // A link that leads nowhere on this host has no kind of its own: entering it says why.
            let link = child.stat.reparse && (child.stat.folder || child.stat.size == 0);
            if (child.stat.folder && !child.stat.reparse) || (link && level < depth && enter_link(&full)) {
                if level < depth {
                    waiting.push_back((full.clone(), relative.clone(), level + 1));
                } else {
                    seen.cut.get_or_insert_with(|| format!("not deeper than {depth} levels"));
                }
            }
            seen.entries.push(Found { relative, path: full, stat: child.stat });
        }
    }
    seen.entries.sort_by_cached_key(|found| (found.relative.to_lowercase(), found.relative.clone()));
    Ok(seen)
}

fn bound(seen: &Seen, entered: usize, caps: &Caps, budget: &Budget) -> Option<String> {
    if entered >= caps.folders {
        Some(format!("more than {} folders", caps.folders))
    } else if seen.entries.len() >= caps.names {
        Some(format!("more than {} names", caps.names))
    } else if budget.spent() {
        Some("out of time while searching".to_owned())
    } else {
        None
    }
}
