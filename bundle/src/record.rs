//! Wire records: what `facts/*.json` members hold, for evidence that has no file of its own. Owns the types only; the
//! collector fills them, the analyzer reads them. Every record file is a JSON array of one record type.

mod dump;
mod event;
mod file;
mod licence;
mod machine;
mod pe;
mod process;
mod reach;

pub use dump::*;
pub use event::*;
pub use file::*;
pub use licence::*;
pub use machine::*;
pub use pe::*;
pub use process::*;
pub use reach::*;
