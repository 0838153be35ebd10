//! The bundle format, version 1: what `koff-collect` writes and `koff-analyze` reads.
//!
//! This crate owns the vocabulary both sides share (manifest, acquisition, artifact catalogue, wire records), the zip
//! reader and writer with their limits, and the parsers that both sides need (`.reg` text, PE summary, `.evtx`). It
//! reaches no machine and judges nothing.

pub mod acquisition;
pub mod artifact;
pub mod base64;
mod container;
pub mod digest;
pub mod encoding;
pub mod error;
pub mod evtx;
pub mod limits;
pub mod loose;
pub mod manifest;
pub mod offer;
pub mod path;
pub mod pe;
pub mod reader;
pub mod reading;
pub mod record;
pub mod registry;
pub mod seal;
pub mod volumes;
pub mod writer;
