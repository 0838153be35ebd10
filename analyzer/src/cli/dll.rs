//! `koff-analyze dll`: is this DLL what it says it is?

use std::io::Write;

use super::{EXIT_CLEAN, EXIT_FINDINGS, args::DllArgs, rules};
use crate::{
    dll_table::{Loose, run_dll},
    error::Result,
};

pub(super) fn run(args: &DllArgs, out: &mut dyn Write) -> Result<u8> {
    let loose = Loose { files: args.files.clone(), trust_anchors: args.knowledge.trust_anchor.clone(), at: args.at };
    let words = run_dll(&loose, &rules::load(&args.knowledge.rules)?, args.format, out)?;
    let bad = words.iter().any(|word| matches!(word.as_str(), "suspicious" | "malicious"));
    Ok(if bad { EXIT_FINDINGS } else { EXIT_CLEAN })
}
