//! Names of sub-keys, so that walking a key with many of them does not go through all of them for each. Owns what is
//! remembered of a hive, and how much; never reads a file.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::{Damage, MOST_ENTRIES, cells::Cells};

/// Names that are remembered of one hive; then it begins anew.
const MOST_NAMES: usize = 1 << 20;

/// The sub-keys of each key that was asked about.
#[derive(Default)]
pub(super) struct Index(Mutex<Remembered>);

#[derive(Default)]
struct Remembered {
    keys: BTreeMap<u32, Arc<Children>>,
    names: usize,
}

/// The sub-keys of one key.
struct Children {
    /// Cells by lower-case name; of two with one name the first.
    cells: BTreeMap<String, u32>,
    /// What kept those behind it from being read.
    damage: Option<Damage>,
}

impl Index {
    /// The sub-key of the key at `parent` whose lower-case name is `name`.
    ///
    /// # Errors
    /// It is not among those in front of a damaged one.
    pub(super) fn child(&self, cells: &Cells, parent: u32, name: &str) -> Result<Option<u32>, Damage> {
        let children = self.children(cells, parent)?;
        match (children.cells.get(name), &children.damage) {
            (Some(cell), _) => Ok(Some(*cell)),
            (None, Some(damage)) => Err(damage.clone()),
            (None, None) => Ok(None),
        }
    }

    fn children(&self, cells: &Cells, parent: u32) -> Result<Arc<Children>, Damage> {
        let mut remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = remembered.keys.get(&parent) {
            return Ok(Arc::clone(known));
        }
        let children = Arc::new(read(cells, parent)?);
        if remembered.names > MOST_NAMES {
            *remembered = Remembered::default();
        }
        remembered.names += children.cells.len() + 1;
        remembered.keys.insert(parent, Arc::clone(&children));
        Ok(children)
    }
}

fn read(cells: &Cells, parent: u32) -> Result<Children, Damage> {
    let mut children = Children { cells: BTreeMap::new(), damage: None };
    let mut room = cells.room();
    for cell in cells.subkeys(parent, MOST_ENTRIES)? {
        let named = cells.key(cell).and_then(|key| room.take(cell, key.name.len()).map(|()| key.name));
        match named {
            Ok(name) => {
                children.cells.entry(name.to_lowercase()).or_insert(cell);
            }
            Err(damage) => {
                children.damage = Some(damage);
                break;
            }
        }
    }
    Ok(children)
}
