//! Targets of links on a mounted Windows disk, as the various drivers and copying tools write them: relative, absolute on
//! the machine of whoever looks, or as Windows had it. Owns reading them; following is `tree`'s.

use std::path::{Component, Path};

use koff_bundle::path::WinPath;

/// The parts of a link's target (`..` included) and whether they count from the root of the disk. Absolute targets are
/// taken as being inside the disk: the root of whoever mounted it was somewhere else then.
///
/// The error says why the target cannot be on this disk.
pub(super) fn target(target: &Path, root: &Path, letter: char) -> Result<(bool, Vec<String>), String> {
    if let Ok(inside) = target.strip_prefix(root) {
        return Ok((true, parts(inside)));
    }
    let text = target.to_string_lossy();
    let windows = text.starts_with(r"\\?\") || text.starts_with(r"\??\") || text.contains('\\') || has_letter(&text);
    if !windows {
        return Ok((target.is_absolute(), parts(target)));
    }
    let path = WinPath::new(&text);
    if path.is_unc() {
        return Err(format!("a link leads to {path}, which is on the network"));
    }
    let mut parts: Vec<String> = text
        .trim_start_matches(r"\\?\")
        .trim_start_matches(r"\??\")
        .split(['\\', '/'])
        .filter(|part| !part.is_empty() && *part != ".")
        .map(str::to_owned)
        .collect();
    let first = parts.first().cloned().unwrap_or_default();
    if first.to_lowercase().starts_with("volume{") {
        parts.remove(0);
        return Ok((true, parts));
    }
    if has_letter(&first) {
        if !first.starts_with(|c: char| c.eq_ignore_ascii_case(&letter)) {
            return Err(format!("a link leads to {path}, and this disk was drive {letter}:"));
        }
        parts.remove(0);
        return Ok((true, parts));
    }
    Ok((text.starts_with('\\'), parts))
}

fn has_letter(text: &str) -> bool {
    matches!(text.as_bytes(), [letter, b':'] | [letter, b':', b'\\' | b'/', ..] if letter.is_ascii_alphabetic())
}

fn parts(path: &Path) -> Vec<String> {
    path.components()
        .filter_map(|part| match part {
            Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
            Component::ParentDir => Some("..".to_owned()),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<(bool, String), String> {
        target(Path::new(text), Path::new("/mnt/disk"), 'C').map(|(root, parts)| (root, parts.join("/")))
    }

    #[test]
    fn every_way_of_writing_a_target_stays_on_the_disk() {
        assert_eq!(read("../Users"), Ok((false, "../Users".to_owned())));
        assert_eq!(read("/mnt/disk/Users/a"), Ok((true, "Users/a".to_owned())));
        assert_eq!(read("/etc/passwd"), Ok((true, "etc/passwd".to_owned())));
        assert_eq!(read(r"C:\Users"), Ok((true, "Users".to_owned())));
        assert_eq!(read("c:/Users"), Ok((true, "Users".to_owned())));
        assert_eq!(read(r"\??\C:\Users"), Ok((true, "Users".to_owned())));
        assert_eq!(read(r"\\?\Volume{5b7a104a-0000-0000-0000-100000000000}\Users"), Ok((true, "Users".to_owned())));
        assert_eq!(read(r"\Users"), Ok((true, "Users".to_owned())));
        assert_eq!(read(r"..\Users"), Ok((false, "../Users".to_owned())));
    }

    #[test]
    fn another_drive_or_the_network_is_not_on_the_disk() {
        assert!(read(r"D:\Daten").unwrap_err().contains("drive C:"));
        assert!(read(r"\\?\UNC\server\share").unwrap_err().contains("network"));
    }
}
