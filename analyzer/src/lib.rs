//! The analyzer: reads a bundle and rules, gives a report. Touches no network, clock or environment.
//!
//! Modules import only what stands left of them: error · yaml · evidence · verdict · pack · signature · facts · detection ·
//! finding · rule · evaluate · explain · proof · report · suppress · compare · expect · fleet · tables · verify · render · dll_table · analysis · cli.

pub mod analysis;
pub mod cli;
pub mod compare;
pub mod detection;
pub mod dll_table;
pub mod error;
pub mod evaluate;
pub mod evidence;
pub mod expect;
pub mod explain;
pub mod facts;
pub mod finding;
pub mod fleet;
pub mod pack;
pub mod proof;
pub mod render;
pub mod report;
pub mod rule;
pub mod signature;
pub mod suppress;
pub mod tables;
pub mod verdict;
pub mod verify;
pub mod yaml;
