//! The zip container at the level of bytes: headers, deflate stretches, the walk over a file that may be hostile. Owns
//! what the format needs and a general zip library does not give: full-flush points when writing; when reading, every
//! entry as it stands (duplicates, overlaps, raw ranges) before any limit is decided. Knows nothing of manifests.

pub(crate) mod directory;
pub(crate) mod inflate;
pub(crate) mod layout;
pub(crate) mod sealed;
pub(crate) mod source;
pub(crate) mod squeeze;
