//! Which language to speak: the one asked for, else the system's.

use super::help::Mistake;
use crate::messages::Messages;

/// The texts for `asked`, or for the language of the system.
pub(super) fn messages(asked: Option<&str>) -> Messages {
    asked.map_or_else(|| Messages::for_tag(&system()), Messages::for_tag)
}

/// A language that there is; else the ones to choose from.
pub(super) fn known(text: &str) -> Result<String, Mistake> {
    if Messages::languages().any(|language| language == text) {
        return Ok(text.to_owned());
    }
    let all: Vec<&str> = Messages::languages().collect();
    Err(Mistake { known: all.join(", "), ..Mistake::new("expected.one-of", text) })
}

#[cfg(windows)]
fn system() -> String {
    crate::host::windows::language()
}

/// The variables of POSIX in their order.
#[cfg(not(windows))]
fn system() -> String {
    let variables = ["LC_ALL", "LC_MESSAGES", "LANG"];
    variables.iter().filter_map(|name| std::env::var(name).ok()).find(|text| !text.is_empty()).unwrap_or_default()
}
