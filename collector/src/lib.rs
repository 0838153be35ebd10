//! The collector: reads a machine through [`host::Host`], writes a bundle, judges nothing.

pub mod catalogue;
pub mod cli;
pub mod collect;
pub mod error;
pub mod export;
pub mod host;
pub mod messages;
pub mod plan;
pub mod redact;
pub mod source;
pub mod window;
