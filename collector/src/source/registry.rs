//! Registry keys: whole trees, single keys' values, and the parts of large keys that matter here. Bounded in keys, bytes
//! and depth; a sub-key that cannot be read is a gap, never a missing line. Changes no value: secrets go in redaction.

use koff_bundle::{
    acquisition::{Acquisition, State},
    manifest::Gap,
    registry::Key,
};

use super::{Budget, Content, Context, ExportKey, Raw, gap};
use crate::host::{Answer, Host, Root};

/// No registry tree of Windows is deeper (the limit is 512; nothing that is collected here comes near 64).
const DEEPEST: usize = 64;

/// Which direct sub-keys of a tree are kept, with all below them.
#[derive(Debug, Clone, Copy)]
pub enum Keep {
    /// All.
    All,
    /// Those that the test says yes to, judging by name, the sub-key's own values and what the survey knows.
    Some(fn(&str, &Key, &Context) -> bool),
    /// Those whose name passes; the others are not even opened.
    Named(fn(&str, &Context) -> bool),
}

/// The key's full name, root spelled out.
#[must_use]
pub fn full(root: &Root, key: &str) -> String {
    match root {
        Root::Machine => format!(r"HKEY_LOCAL_MACHINE\{key}"),
        Root::User(_) => format!(r"HKEY_CURRENT_USER\{key}"),
    }
}

/// A key's own values.
///
/// # Errors
/// As the host says.
pub fn values(host: &dyn Host, root: &Root, key: &str) -> Answer<Raw> {
    let found = host.key(root, key)?;
    let (bytes, written) = (weight(&found), found.written);
    let mut raw = Raw::whole(Content::Registry(vec![ExportKey { path: full(root, key), key: found }]));
    raw.bytes_read = bytes;
    raw.modified = written;
    Ok(raw)
}

/// A key with what is below it.
///
/// # Errors
/// As the host says of the key itself; trouble below it is a gap.
pub fn tree(context: &Context, root: &Root, key: &str, keep: Keep, budget: &Budget) -> Answer<Raw> {
    let top = context.host.key(root, key)?;
    let mut walk = Walk {
        context,
        root,
        budget,
        keys: Vec::new(),
        gaps: Vec::new(),
        bytes: weight(&top),
        modified: top.written,
        full: None,
    };
    let names = top.subkeys.clone();
    walk.keys.push(ExportKey { path: full(root, key), key: top });
    for name in sorted(names) {
        walk.child(key, &name, keep, 1);
    }
    let cut = walk.full.map(|cap| format!("{cap}; the rest of the tree was left out"));
    Ok(Raw {
        content: Content::Registry(walk.keys),
        gaps: walk.gaps,
        cut,
        bytes_read: walk.bytes,
        modified: walk.modified,
    })
}

/// Names in the order in which every host gives them.
fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort_by_cached_key(|name| (name.to_lowercase(), name.clone()));
    names
}

struct Walk<'a> {
    context: &'a Context,
    root: &'a Root,
    budget: &'a Budget,
    keys: Vec<ExportKey>,
    gaps: Vec<Gap>,
    bytes: u64,
    modified: Option<jiff::Timestamp>,
    full: Option<String>,
}

impl Walk<'_> {
    fn child(&mut self, parent: &str, name: &str, keep: Keep, depth: usize) {
        if let Keep::Named(wanted) = keep
            && !wanted(name, self.context)
        {
            return;
        }
        let path = format!("{parent}\\{name}");
        if let Some(cap) = self.cap(depth) {
            if self.full.is_none() {
                self.gaps.push(gap(full(self.root, &path), Acquisition::ended(State::Truncated, cap.clone())));
                self.full = Some(cap);
            }
            return;
        }
        let key = match self.context.host.key(self.root, &path) {
            Ok(key) => key,
            // Gone between listing and opening: then it is truly not there.
            Err(end) if end.state == State::Absent => return,
            Err(end) => return self.gaps.push(gap(full(self.root, &path), end)),
        };
        self.bytes = self.bytes.saturating_add(weight(&key));
        if let Keep::Some(wanted) = keep
            && !wanted(name, &key, self.context)
        {
            return;
        }
        self.modified = self.modified.max(key.written);
        let names = key.subkeys.clone();
        self.keys.push(ExportKey { path: full(self.root, &path), key });
        for name in sorted(names) {
            self.child(&path, &name, Keep::All, depth + 1);
        }
    }

    fn cap(&self, depth: usize) -> Option<String> {
        let caps = &self.context.plan.caps;
        if self.full.is_some() {
            self.full.clone()
        } else if self.keys.len() >= caps.keys {
            Some(format!("more than {} keys", caps.keys))
        } else if self.bytes >= caps.key_bytes {
            Some(format!("more than {} bytes of registry data", caps.key_bytes))
        } else if depth > DEEPEST {
            Some(format!("deeper than {DEEPEST} keys"))
        } else if self.budget.spent() {
            Some("out of time".to_owned())
        } else {
            None
        }
    }
}

/// Bytes of a key's names and data.
fn weight(key: &Key) -> u64 {
    let values = key.values.iter().map(|value| value.name.len().saturating_add(value.data.len()));
    values.chain(key.subkeys.iter().map(String::len)).fold(0, |sum, bytes| sum.saturating_add(bytes as u64))
}
