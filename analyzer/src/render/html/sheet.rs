//! Style and script that every page carries inside, each named by its hash in the content security policy: nothing else can
//! run or load, whatever a bundle holds.

use koff_bundle::base64;
use sha2::{Digest, Sha256};

const STYLE: &str = include_str!("../../../templates/report.css");
const SCRIPT: &str = include_str!("../../../templates/report.js");

/// Style and script with their hashes, as a content security policy names them.
pub(in crate::render) struct Sheet {
    pub(in crate::render) style: &'static str,
    pub(in crate::render) style_hash: String,
    pub(in crate::render) script: &'static str,
    pub(in crate::render) script_hash: String,
}

impl Default for Sheet {
    fn default() -> Self {
        let hash = |source: &str| base64::encode(&Sha256::digest(source.as_bytes()));
        Self { style: STYLE, style_hash: hash(STYLE), script: SCRIPT, script_hash: hash(SCRIPT) }
    }
}
