//! Windows paths as text, on any OS. Owns comparison and splitting by Windows rules (case-insensitive, `\` and `/`);
//! never touches a file system.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A Windows path in normal form: `\` between parts, no trailing `\` except for a drive root, no `.` parts, `\\?\` removed.
/// Comparison and hashing are by the original case; use [`WinPath::key`] to compare as Windows does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(from = "String", into = "String")]
pub struct WinPath(String);

impl WinPath {
    /// Normalises `text`: quotes and blanks around it, `/`, doubled and trailing separators, `\\?\`, `\??\`, `.` and `..`.
    #[must_use]
    pub fn new(text: impl AsRef<str>) -> Self {
        let text = text.as_ref().trim().trim_matches('"').replace('/', "\\");
        let text = text.strip_prefix(r"\\?\UNC\").map(|rest| format!(r"\\{rest}")).unwrap_or(text);
        let text = text.strip_prefix(r"\\?\").or_else(|| text.strip_prefix(r"\??\")).unwrap_or(&text);
        let (prefix, rest) = match text.strip_prefix(r"\\") {
            Some(rest) => (r"\\", rest),
            None if text.starts_with('\\') => ("\\", &text[1..]),
            None => ("", text),
        };
        let mut parts: Vec<&str> = Vec::new();
        for part in rest.split('\\') {
            match part {
                "" | "." => {}
                ".." if parts.last().is_some_and(|last| !last.ends_with(':')) => {
                    parts.pop();
                }
                ".." => {}
                _ => parts.push(part),
            }
        }
        let mut joined = format!("{prefix}{}", parts.join("\\"));
        if parts.len() == 1 && prefix.is_empty() && parts[0].ends_with(':') {
            joined.push('\\');
        }
        Self(joined)
    }

    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form under which Windows treats two spellings as one file (short names aside).
    #[must_use]
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }

    /// `self` with `child` (one or more parts) below it.
    #[must_use]
    pub fn join(&self, child: impl AsRef<str>) -> Self {
        Self::new(format!("{}\\{}", self.0, child.as_ref().trim_start_matches(['\\', '/'])))
    }

    /// The folder that holds it; `None` for a root.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let (head, _) = self.0.rsplit_once('\\')?;
        (!head.is_empty() && !self.0.ends_with('\\')).then(|| Self::new(head))
    }

    /// The last part.
    #[must_use]
    pub fn file_name(&self) -> &str {
        self.0.trim_end_matches('\\').rsplit('\\').next().unwrap_or("")
    }

    /// The parts, drive letter (`C:`) first if there is one.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        self.0.split('\\').filter(|part| !part.is_empty())
    }

    /// Whether it has a drive letter or is a UNC path, so that it does not depend on a search path.
    #[must_use]
    pub fn is_absolute(&self) -> bool {
        self.0.starts_with(r"\\")
            || (self.0.as_bytes().get(1) == Some(&b':') && self.0.as_bytes().get(2) == Some(&b'\\'))
    }

    /// Whether it is `\\server\share\…`.
    #[must_use]
    pub fn is_unc(&self) -> bool {
        self.0.starts_with(r"\\")
    }

    /// Whether it is `folder` itself or lies anywhere below it, by Windows rules.
    #[must_use]
    pub fn is_under(&self, folder: &Self) -> bool {
        let (path, folder) = (self.key(), folder.key());
        let folder = folder.trim_end_matches('\\');
        path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('\\'))
    }
}

impl fmt::Display for WinPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<String> for WinPath {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<&str> for WinPath {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<WinPath> for String {
    fn from(path: WinPath) -> Self {
        path.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_place_have_one_form() {
        for text in [r"C:\A\b\", "C:/A/./b", r"\\?\C:\A\b", r#" "C:\A\x\..\b" "#] {
            assert_eq!(WinPath::new(text).as_str(), r"C:\A\b");
        }
        assert_eq!(WinPath::new(r"\\?\UNC\srv\share").as_str(), r"\\srv\share");
        assert_eq!(WinPath::new("C:").as_str(), r"C:\");
        assert_eq!(WinPath::new(r"C:\a").parent(), Some(WinPath::new(r"C:\")));
        assert_eq!(WinPath::new(r"C:\").parent(), None);
    }

    #[test]
    fn under_compares_whole_parts_and_ignores_case() {
        let folder = WinPath::new(r"C:\Program Files (x86)\Kerio");
        assert!(WinPath::new(r"c:\PROGRAM FILES (X86)\kerio\a.dll").is_under(&folder));
        assert!(folder.is_under(&folder));
        assert!(!WinPath::new(r"C:\Program Files (x86)\KerioX\a.dll").is_under(&folder));
        assert!(WinPath::new(r"C:\x").is_under(&WinPath::new(r"C:\")));
    }
}
