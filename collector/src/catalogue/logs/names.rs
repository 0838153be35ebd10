//! What a file's name tells about it. Names are in lower case; no name of the connector's own logs was ever published but
//! `debug.log`, so that everything that is called a log counts.

use koff_bundle::path::WinPath;

/// Endings of logs.
const LOGS: [&str; 3] = [".log", ".err", ".trace"];

/// Settings files that say how the connector is set up.
const SETTINGS: [&str; 4] = [".cfg", ".xml", ".ini", ".conf"];

/// `debug.log`, and its turns: `debug.log.1`, `debug.1.log`, `debug.log.old`, `debug.log-2026-05-04`, `debug.log~`.
pub(super) fn is_log(name: &str) -> bool {
    LOGS.iter().any(|ending| name.rmatch_indices(ending).any(|(at, _)| is_turn(name.get(at + ending.len()..))))
}

/// Whether what follows `.log` says nothing but which turn it is.
fn is_turn(rest: Option<&str>) -> bool {
    let Some(rest) = rest else { return false };
    let word = rest.trim_start_matches(['.', '-', '_', '~', ' ', '(']).trim_end_matches([')', '~']);
    let counted = word.bytes().all(|byte| byte.is_ascii_digit() || b"-_.:t".contains(&byte));
    rest.len() == word.len() && word.is_empty()
        || rest.len() > word.len() && (counted || ["old", "bak", "prev", "previous", "last", "orig"].contains(&word))
}

/// Text without a telling ending.
pub(super) fn is_text(name: &str) -> bool {
    name.ends_with(".txt")
}

/// Settings files.
pub(super) fn is_settings(name: &str) -> bool {
    SETTINGS.iter().any(|ending| name.ends_with(ending))
}

/// Manticore's `searchd.log` and `query.log` with their turns.
pub(super) fn is_indexer(name: &str) -> bool {
    is_query_log(name) || name.starts_with("searchd") && is_log(name)
}

/// Holds what people searched for: never collected, its size stands in the listing.
pub(super) fn is_query_log(name: &str) -> bool {
    name.starts_with("query") && is_log(name)
}

/// `firebird.log` with its turns.
pub(super) fn is_firebird(name: &str) -> bool {
    name.starts_with("firebird") && is_log(name)
}

/// Windows Installer calls its logs `MSI<hex>.LOG`; setup programs call theirs after the product or the setup file
/// (`kerio-connect-koff-<version>-win.exe`).
pub(super) fn is_installer(name: &str) -> bool {
    let msi = name.starts_with("msi") && name.ends_with(".log");
    let word = || ["install", "setup", "-win.", "msi"].iter().any(|word| name.contains(word));
    msi || (is_log(name) && is_ours(name) && word())
}

/// Whether a name or one of the folders above it is called after the product; `relative` leaves the person's name out.
pub(super) fn is_ours(relative: &str) -> bool {
    let relative = relative.to_lowercase();
    relative.contains("kerio") || relative.contains("koff")
}

/// Whether a file lies in a folder of an updater, or is called so.
pub(super) fn is_updater(path: &WinPath) -> bool {
    path.parts().any(|part| part.to_lowercase().contains("updater"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_are_told_by_name_in_every_turn() {
        for name in [
            "debug.log",
            "debug.log.1",
            "debug.log.old",
            "koff.1.log",
            "crash.trace",
            "debug.log.2026-05-04",
            "debug.log-20260504",
            "debug.log~",
            "debug.log_2",
            "debug.log (2)",
            "kerio.connect.log",
        ] {
            assert!(is_log(name), "{name}");
        }
        for name in ["store.fdb", "debug.dmp", "log", "readme.md", "a.1", "debug.log.zip", "debug.logic", "x.log.exe"] {
            assert!(!is_log(name), "{name}");
        }
    }

    #[test]
    fn whose_log_it_is_stands_in_its_name() {
        assert!(is_indexer("searchd.log") && is_indexer("query.log") && !is_indexer("debug.log"));
        assert!(is_firebird("firebird.log.1") && !is_firebird("debug.log"));
        for name in ["msi4f2a1.log", "kerio-koff-install.log", "kerio-connect-koff-9.4.0-6153-win.log"] {
            assert!(is_installer(name), "{name}");
        }
        assert!(!is_installer("debug.log") && !is_installer("setup.log") && !is_installer("koff.log"));
        assert!(is_ours(r"Kerio\debug.log") && !is_ours(r"other\debug.log"));
    }
}
