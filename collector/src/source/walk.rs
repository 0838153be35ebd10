//! Folders searched from the top down, bounded in depth, folders, names and time. Links found on the way are listed and
//! not entered, so that no walk runs in circles or leaves the folder it was given. Opens no file.

use std::collections::VecDeque;

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

/// Everything below `folder`, at most `depth` levels of it (1: its own names only).
///
/// # Errors
/// As the host says of `folder` itself; trouble below it is a gap.
pub fn below(host: &dyn Host, folder: &WinPath, depth: usize, caps: &Caps, budget: &Budget) -> Answer<Seen> {
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
            if child.stat.folder && !child.stat.reparse {
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
