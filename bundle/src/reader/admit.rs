//! Which members are read: name rules, duplicates, limits. One rule set for zip files and folders; owns no bytes.

use std::collections::{BTreeMap, BTreeSet};

use crate::limits::{Limits, Problem, What, name_problems};

/// Judges members in the order in which they stand.
#[derive(Debug)]
pub(super) struct Gate<'a> {
    limits: &'a Limits,
    total: u64,
    /// Lower-case names and the spelling that came first.
    names: BTreeMap<String, String>,
    exact: BTreeSet<String>,
}

impl<'a> Gate<'a> {
    pub(super) fn new(limits: &'a Limits) -> Self {
        Self { limits, total: 0, names: BTreeMap::new(), exact: BTreeSet::new() }
    }

    /// The name under which a member is known (with `/`), and what is wrong with it; `compressed` is absent in a folder.
    pub(super) fn judge(&mut self, name: &str, size: u64, compressed: Option<u64>) -> (String, Vec<Problem>) {
        let mut problems = name_problems(name, self.limits);
        let plain = name.replace('\\', "/");
        let mut wrong = |what, expected: String, found: String| {
            problems.push(Problem::new(&plain, what, expected, found));
        };
        if self.exact.contains(&plain) {
            wrong(What::Duplicate, "each name once".to_owned(), "it again; the first one is read".to_owned());
        } else if let Some(first) = self.names.get(&plain.to_lowercase()) {
            wrong(What::CaseClash, "names that differ by more than case".to_owned(), format!("{first} too"));
        }
        let Limits { entry_bytes, total_bytes, ratio, .. } = *self.limits;
        if size > entry_bytes {
            wrong(What::EntrySize, format!("at most {entry_bytes} bytes"), format!("{size} bytes"));
        }
        if let Some(compressed) = compressed
            && size > Limits::RATIO_FLOOR
            && size / ratio.max(1) > compressed
        {
            let found = format!("{compressed} bytes that grow to {size}");
            wrong(What::Ratio, format!("at most {ratio} raw bytes per compressed byte"), found);
        }
        if self.total.saturating_add(size) > total_bytes {
            let found = format!("{} bytes with this member", self.total.saturating_add(size));
            wrong(What::TotalSize, format!("at most {total_bytes} bytes in all members"), found);
        }
        self.names.entry(plain.to_lowercase()).or_insert_with(|| plain.clone());
        self.exact.insert(plain.clone());
        if !problems.iter().any(|problem| self.limits.refuses(problem.what)) {
            self.total = self.total.saturating_add(size);
        }
        (plain, problems)
    }
}
