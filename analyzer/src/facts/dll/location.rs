//! Where a DLL lies: Kerio's own folders, places where downloads and temporary files land, Office's, or elsewhere. Owns
//! the comparison of folders, 8.3 short names included.

use koff_bundle::path::WinPath;

use super::super::Datum;
use crate::verdict::Unknown;

/// Kerio's default folders below a `Program Files` \[K4\]\[K5\].
const KERIO: [&str; 2] = [r"Kerio\Outlook Connector (Offline Edition)", r"Kerio\UpdaterService"];

/// The folders that a location is told by.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// Folders that the installed-programs entry or a running service of the connector names; the default folders count
    /// without being listed here.
    pub kerio: Vec<WinPath>,
    /// Why `kerio` may lack some.
    pub kerio_gaps: Vec<Unknown>,
    /// Redirected folders of users, each with `temp`, `downloads` or `roaming`; the default ones are known by name.
    pub staging: Vec<(WinPath, &'static str)>,
}

impl Places {
    /// The field `location`.
    #[must_use]
    pub fn location(&self, path: &WinPath) -> Datum {
        if self.is_kerio(path) {
            "kerio".into()
        } else if self.staging(path).is_some() {
            "staging".into()
        } else if !self.kerio_gaps.is_empty() {
            Datum::Unknown(self.kerio_gaps.clone())
        } else if is_office(path) {
            "office".into()
        } else {
            "other".into()
        }
    }

    /// Whether `path` lies in a Kerio folder.
    #[must_use]
    pub fn is_kerio(&self, path: &WinPath) -> bool {
        let parts: Vec<&str> = path.parts().collect();
        let default = KERIO.iter().any(|folder| {
            let wanted: Vec<&str> = folder.split('\\').collect();
            let [_drive, program_files, rest @ ..] = parts.as_slice() else { return false };
            is_program_files(program_files) && starts_with(rest, &wanted)
        });
        default || self.kerio.iter().any(|folder| is_under(path, folder))
    }

    /// The field `staging`: which kind of folder `path` lies below, by a redirection or by name.
    #[must_use]
    pub fn staging(&self, path: &WinPath) -> Option<&'static str> {
        if self.is_kerio(path) {
            return None;
        }
        if let Some((_, kind)) = self.staging.iter().find(|(folder, _)| is_under(path, folder)) {
            return Some(kind);
        }
        let folder = path.parent()?;
        folder.parts().skip(1).find_map(|part| {
            let is = |name| same_part(part, name);
            if is("Temp") || is("Tmp") || is("SystemTemp") {
                Some("temp")
            } else if is("Downloads") {
                Some("downloads")
            } else if is("Roaming") || is("Application Data") {
                Some("roaming")
            } else {
                None
            }
        })
    }
}

fn is_program_files(part: &str) -> bool {
    same_part(part, "Program Files") || same_part(part, "Program Files (x86)")
}

/// Office's program folders and the folders of MAPI, where some versions of Office place the DLL.
fn is_office(path: &WinPath) -> bool {
    let parts: Vec<&str> = path.parts().collect();
    let folders = parts.split_last().map(|(_, folders)| folders).unwrap_or_default();
    let has = |name: &str| folders.iter().any(|part| same_part(part, name));
    let below_program_files = folders.get(1).is_some_and(|part| is_program_files(part));
    below_program_files && (has("MSMAPI") || has("Microsoft Office") || has("Microsoft Office 15"))
}

/// Whether `path` lies in `folder` or below, short names included.
fn is_under(path: &WinPath, folder: &WinPath) -> bool {
    let parts: Vec<&str> = path.parts().collect();
    let wanted: Vec<&str> = folder.parts().collect();
    !wanted.is_empty() && starts_with(&parts, &wanted)
}

fn starts_with(parts: &[&str], wanted: &[&str]) -> bool {
    parts.len() >= wanted.len() && parts.iter().zip(wanted).all(|(part, name)| same_part(part, name))
}

/// Whether `part` is the folder `name`, by its name or by the 8.3 name that Windows derives from it: six characters
/// without blanks and dots, `~` and a number.
fn same_part(part: &str, name: &str) -> bool {
    if part.to_lowercase() == name.to_lowercase() {
        return true;
    }
    let Some((stem, number)) = part.split_once('~') else { return false };
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let base: String = name.split('.').next().unwrap_or(name).chars().filter(|c| !c.is_whitespace()).collect();
    // Names that fit 8.3 as they are get no short name of their own.
    let fits = name.len() <= 8 && !name.contains([' ', '.', '+', ',', ';', '=', '[', ']']);
    let head: String = base.chars().take(stem.chars().count()).collect();
    !fits && (1..=6).contains(&stem.chars().count()) && head.to_lowercase() == stem.to_lowercase()
}

#[cfg(test)]
mod tests {
    use koff_bundle::acquisition::State;

    use super::*;

    fn location(places: &Places, path: &str) -> String {
        match places.location(&WinPath::new(path)) {
            Datum::Text(text) => text,
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn folders_by_name_short_name_and_registration() {
        let places = Places { kerio: vec![WinPath::new(r"D:\Apps\KOFF")], ..Places::default() };
        for (path, expected) in [
            (r"C:\Program Files (x86)\Kerio\Outlook Connector (Offline Edition)\kofmsp32.dll", "kerio"),
            (r"C:\PROGRA~2\Kerio\OUTLOO~1\KofMsp32.dll", "kerio"),
            (r"d:\apps\koff\x64\kofmsp32.dll", "kerio"),
            (r"C:\Program Files\Kerio\UpdaterService\kofmsp.dll", "kerio"),
            (r"C:\Program Files\Kerio\Other\kofmsp.dll", "other"),
            (r"C:\Users\anna\AppData\Local\Temp\7z1\kofmsp32.dll", "staging"),
            (r"C:\Windows\Temp\kofmsp32.dll", "staging"),
            (r"C:\Users\ANNA~1\DOWNLO~1\kofmsp32.dll", "staging"),
            (r"C:\Users\anna\AppData\Roaming\Kerio\Outlook Connector (Offline Edition)\kofmsp.dll", "staging"),
            (r"C:\Program Files\Common Files\System\MSMAPI\1033\kofmsp32.dll", "office"),
            (r"C:\Program Files\Microsoft Office\root\Office16\kofmsp32.dll", "office"),
            (r"C:\Windows\System32\kofmsp32.dll", "other"),
            (r"C:\Templates\kofmsp32.dll", "other"),
            (r"\\server\share\kofmsp32.dll", "other"),
        ] {
            assert_eq!(location(&places, path), expected, "{path}");
        }
    }

    #[test]
    fn a_redirected_downloads_folder_counts_and_a_gap_leaves_the_rest_unknown() {
        let places = Places {
            staging: vec![(WinPath::new(r"E:\Eingang"), "downloads")],
            kerio_gaps: vec![Unknown::new(State::Denied, "installed programs")],
            ..Places::default()
        };
        assert_eq!(places.staging(&WinPath::new(r"E:\eingang\x\kofmsp32.dll")), Some("downloads"));
        assert!(location(&places, r"C:\Apps\kofmsp32.dll").contains("installed programs"));
        assert_eq!(location(&places, r"E:\Eingang\kofmsp32.dll"), "staging");
    }
}
