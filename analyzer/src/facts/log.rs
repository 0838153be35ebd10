//! Logs as facts: one record type for every log, found by content. Owns the flow text → candidates → records; a layout
//! is data (`rules/layouts`), and a file of unknown layout keeps its lines and is matched by text alone.

pub mod clock;
pub mod layout;
pub mod lines;
pub mod needs;
pub mod read;
pub mod scan;
pub mod wanted;
pub mod zone;
