//! Connector DLLs by their file name, looked for where they have no business as well as where they have. Searches names
//! only; the programs source reads the files.

use koff_bundle::{
    acquisition::State,
    manifest::Gap,
    path::WinPath,
    record::{FoundBy, UserRecord},
};

use super::people;
use crate::{
    host::Host,
    plan::Plan,
    source::{Budget, gap, walk},
};

/// A file by the name of a connector DLL, and how it came to notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    /// Full path.
    pub path: WinPath,
    /// Which search found it.
    pub found_by: FoundBy,
}

/// What a search brought.
#[derive(Debug, Default)]
pub struct Haul {
    /// Files found.
    pub found: Vec<Copy>,
    /// Folders that could not be searched, or not to the end.
    pub gaps: Vec<Gap>,
}

/// Connector DLLs in a person's Downloads, Desktop, Temp and Roaming folders.
pub(super) fn of_person(host: &dyn Host, plan: &Plan, record: &UserRecord, budget: &Budget) -> Haul {
    let mut haul = Haul::default();
    for (folder, word) in people::staging(record) {
        search(host, plan, &folder, word, plan.caps.depth, budget, &mut haul);
    }
    haul
}

/// Connector DLLs below `folder`, added to `haul`. A folder that is not there holds none.
pub fn search(
    host: &dyn Host,
    plan: &Plan,
    folder: &WinPath,
    found_by: FoundBy,
    depth: usize,
    budget: &Budget,
    haul: &mut Haul,
) {
    let budget = budget.at_most(plan.caps.search_time);
    match walk::below(host, folder, depth, &plan.caps, &budget) {
        Ok(seen) => {
            let dlls = seen
                .entries
                .iter()
                .filter(|found| !found.stat.folder && super::is_connector_dll(found.path.file_name()));
            haul.found.extend(dlls.map(|found| Copy { path: found.path.clone(), found_by }));
            haul.gaps.extend(seen.gaps);
            if let Some(why) = seen.cut
                && depth > 1
            {
                people::note(&mut haul.gaps, folder, &why);
            }
        }
        Err(end) if matches!(end.state, State::Absent) => {}
        Err(end) => haul.gaps.push(gap(folder.as_str(), end)),
    }
}
