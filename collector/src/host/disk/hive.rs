//! One registry hive file (`regf`), read as it lies: keys are looked up cell by cell, so that a bad cell costs the keys
//! that need it and no others. Owns opening and looking up; `cells` knows the layout, `recovery` the transaction logs.
//! Never writes, and believes no number in the file before it is checked.
//!
//! The `regf` crate reads hives too, but it refuses a whole hive for one bad cell, indexes every cell when opening, and
//! (0.2.0) has the seed of the logs' hashes the wrong way round, so that it takes no real log. It is a second opinion in
//! tests.

mod cells;
mod index;
mod log;
mod recovery;

use koff_bundle::{
    acquisition::{Acquisition, State},
    registry::{Key, Value},
};

use crate::host::filetime::time;
use cells::Cells;
use index::Index;
use recovery::recover;

/// The most entries that are taken from one list of sub-keys or values.
const MOST_ENTRIES: usize = 1 << 20;
/// Name of the value that makes a key a link.
const LINK_VALUE: &str = "SymbolicLinkValue";

/// A file next to a hive, or the hive itself: its name for messages and its bytes.
pub struct Part<'a> {
    /// Full Windows path.
    pub place: &'a str,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// An opened hive.
pub struct Hive {
    cells: Cells,
    root: u32,
    place: String,
    index: Index,
}

/// What stands at a path in a hive.
pub enum Found {
    /// The key.
    Key(Key),
    /// A link: the registry path it leads to, and what is left of the path asked for.
    Link {
        /// e.g. `\REGISTRY\MACHINE\SOFTWARE\Classes\WOW6432Node`.
        target: String,
        /// Names below the link, joined with `\`.
        rest: String,
    },
    /// No such key; the name that is missing.
    Nothing(String),
}

/// Something in the hive is not as the format asks: the offset inside the file, what was expected, what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Damage {
    offset: u64,
    expected: String,
    found: String,
}

impl Damage {
    fn new(offset: u64, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self { offset, expected: expected.into(), found: found.into() }
    }
}

impl Hive {
    /// Opens a hive, applying those of `logs` (`.LOG1`, `.LOG2`, `.LOG`) that it needs.
    ///
    /// # Errors
    /// *failed*, with the offset at which it is no hive.
    pub fn open(file: Part<'_>, logs: Vec<Part<'_>>) -> Result<Self, Acquisition> {
        let place = file.place.to_owned();
        let cells = Cells::new(recover(file.bytes, &logs)).map_err(|damage| refusal(&place, &damage))?;
        let root = cells.root();
        cells.key(root).map_err(|damage| refusal(&place, &damage))?;
        Ok(Self { cells, root, place, index: Index::default() })
    }

    /// The key at `path` below the hive's root (`\` between names; empty for the root).
    ///
    /// # Errors
    /// *failed*, where a cell that it needs is damaged.
    pub fn key(&self, path: &str) -> Result<Found, Acquisition> {
        self.find(path).map_err(|damage| refusal(&self.place, &damage))
    }

    fn find(&self, path: &str) -> Result<Found, Damage> {
        let mut at = self.root;
        let mut names = path.split('\\').filter(|name| !name.is_empty());
        while let Some(name) = names.next() {
            let Some(child) = self.child(at, name)? else {
                return Ok(Found::Nothing(name.to_owned()));
            };
            at = child;
            if self.cells.key(at)?.link
                && let Some(target) = self.link(at)?
            {
                return Ok(Found::Link { target, rest: names.collect::<Vec<_>>().join("\\") });
            }
        }
        self.read(at).map(Found::Key)
    }

    /// The sub-key called `name`.
    fn child(&self, at: u32, name: &str) -> Result<Option<u32>, Damage> {
        self.index.child(&self.cells, at, &name.to_lowercase())
    }

    fn link(&self, at: u32) -> Result<Option<String>, Damage> {
        let values = self.cells.values(at, MOST_ENTRIES)?;
        let target = values.into_iter().find(|value| value.name.eq_ignore_ascii_case(LINK_VALUE));
        Ok(target.map(|value| {
            let units: Vec<u16> =
                value.data.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
            String::from_utf16_lossy(&units)
        }))
    }

    fn read(&self, at: u32) -> Result<Key, Damage> {
        let node = self.cells.key(at)?;
        let values: Vec<Value> = self.cells.values(at, MOST_ENTRIES)?;
        let mut subkeys = Vec::new();
        let mut room = self.cells.room();
        for child in self.cells.subkeys(at, MOST_ENTRIES)? {
            let name = self.cells.key(child)?.name;
            room.take(child, name.len())?;
            subkeys.push(name);
        }
        Ok(Key { values, subkeys, written: time(node.written) })
    }
}

fn refusal(place: &str, damage: &Damage) -> Acquisition {
    let Damage { offset, expected, found } = damage;
    Acquisition::ended(State::Failed, format!("{place}, byte {offset}: expected {expected}, found {found}"))
}

#[cfg(test)]
mod tests;
