//! The folder exclusions of Microsoft Defender and, on Windows 7, of the scanner before it (Security Essentials, Forefront
//! and System Center Endpoint Protection), local and by policy. Owns their matching rules as Microsoft documents them: a
//! folder covers what is below it, `*` stands for one folder, variables are those of the system, not of a user.

use koff_bundle::{acquisition::State, path::WinPath};

use crate::{
    facts::raw::{
        Seen,
        files::same_part,
        registry::{Registry, Scope},
    },
    verdict::Unknown,
};

const PRODUCT: &str = r"SOFTWARE\Microsoft\Windows Defender";
const LOCAL: &str = r"SOFTWARE\Microsoft\Windows Defender\Exclusions\Paths";
const POLICY: &str = r"SOFTWARE\Policies\Microsoft\Windows Defender\Exclusions\Paths";

/// The scanner's own key before Windows 10 had it built in; names of values are the paths there too.
const FORERUNNER: &str = r"SOFTWARE\Microsoft\Microsoft Antimalware";
const FORERUNNERS: [&str; 2] = [
    r"SOFTWARE\Microsoft\Microsoft Antimalware\Exclusions\Paths",
    r"SOFTWARE\Policies\Microsoft\Microsoft Antimalware\Exclusions\Paths",
];
/// From this build on only Defender itself is there; what programs write below the other key has no effect.
const WINDOWS_10: u32 = 10240;

/// All excluded paths, and why there may be more.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Exclusions {
    /// Entries as written.
    pub entries: Vec<Seen<String>>,
    /// Why there may be more.
    pub gaps: Vec<Unknown>,
}

impl Exclusions {
    /// All lists that count on a Windows with this `build`.
    #[must_use]
    pub fn read(registry: &Registry, build: Option<u32>) -> Self {
        let mut all = Self::default();
        for path in [LOCAL, POLICY] {
            all.list(registry, path);
        }
        let mut products = vec![PRODUCT];
        if build.is_none_or(|build| build < WINDOWS_10) {
            let before = all.gaps.len();
            for path in FORERUNNERS {
                all.list(registry, path);
            }
            products.push(FORERUNNER);
            // Where nobody knows the Windows, evidence gathered by hand need not speak of a scanner of the past.
            if build.is_none() {
                all.gaps.truncate(before);
            }
        }
        // A PC without the scanner's own key has none of these, so its empty list says nothing of the scanner at work.
        let none = |product: &&str| matches!(registry.key(&Scope::Machine, product), Ok(None));
        if all.entries.is_empty() && products.iter().all(none) {
            all.gaps.push(Unknown::new(State::Absent, "Microsoft Defender"));
        }
        all
    }

    /// Adds the list at `path`.
    fn list(&mut self, registry: &Registry, path: &str) {
        match registry.key(&Scope::Machine, path) {
            Ok(None) => {}
            Ok(Some(key)) => {
                let names = key.values().filter(|seen| !seen.value.name.is_empty());
                self.entries.extend(names.map(|seen| Seen { value: seen.value.name.clone(), at: seen.at() }));
                // A name that cannot be there shows whether the list is whole.
                self.gaps.extend(key.value("\u{0}").err());
            }
            Err(why) => self.gaps.push(why),
        }
    }

    /// The entry that covers `folder`.
    #[must_use]
    pub fn covering(&self, folder: &WinPath) -> Option<&Seen<String>> {
        self.entries.iter().find(|entry| covers(&entry.value, folder))
    }
}

/// Whether the exclusion `entry` covers `folder` with everything below it.
#[must_use]
pub fn covers(entry: &str, folder: &WinPath) -> bool {
    let Some(entry) = expand(entry) else { return false };
    let entry = WinPath::new(entry);
    let mut pattern: Vec<&str> = entry.parts().collect();
    // `folder\*` is everything in the folder.
    if pattern.len() > 1
        && matches!(pattern.last(), Some(&("*" | "*.*")))
        && entry.parts().count() > folder.parts().count()
    {
        pattern.pop();
    }
    let parts: Vec<&str> = folder.parts().collect();
    !pattern.is_empty()
        && entry.is_unc() == folder.is_unc()
        && pattern.len() <= parts.len()
        && pattern.iter().zip(&parts).all(|(pattern, part)| matches_part(pattern, part))
}

fn matches_part(pattern: &str, part: &str) -> bool {
    if pattern.contains(['*', '?']) {
        let (pattern, part): (Vec<char>, Vec<char>) =
            (pattern.to_lowercase().chars().collect(), part.to_lowercase().chars().collect());
        wildcard(&pattern, &part)
    } else {
        same_part(pattern, part)
    }
}

/// `*` for any characters, `?` for one; linear in the text for each star.
fn wildcard(pattern: &[char], text: &[char]) -> bool {
    let (mut p, mut t, mut star) = (0, 0, None);
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == '?' || text.get(t) == Some(c) => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((at, from)) = star else { return false };
                p = at + 1;
                t = from + 1;
                star = Some((at, from + 1));
            }
        }
    }
    pattern.get(p..).is_some_and(|rest| rest.iter().all(|c| *c == '*'))
}

/// Variables as the service sees them. Those of a user mean the system's own profile there, so they cover nobody's
/// folder: `None`.
fn expand(entry: &str) -> Option<String> {
    let entry = entry.trim();
    let Some(rest) = entry.strip_prefix('%') else { return Some(entry.to_owned()) };
    let (name, rest) = rest.split_once('%')?;
    let value = match name.to_lowercase().as_str() {
        "programfiles" | "programw6432" => r"C:\Program Files",
        "programfiles(x86)" => r"C:\Program Files (x86)",
        "programdata" | "allusersprofile" => r"C:\ProgramData",
        "systemdrive" => "C:",
        "systemroot" | "windir" => r"C:\Windows",
        "public" => r"C:\Users\Public",
        "commonprogramfiles" | "commonprogramw6432" => r"C:\Program Files\Common Files",
        "commonprogramfiles(x86)" => r"C:\Program Files (x86)\Common Files",
        _ => return None,
    };
    Some(format!("{value}{rest}"))
}

#[cfg(test)]
mod tests {
    use koff_bundle::manifest::HostKind;

    use super::*;
    use crate::facts::raw::bench::Bench;

    #[test]
    fn the_scanner_of_windows_7_has_its_own_lists() {
        let root = r"HKEY_LOCAL_MACHINE\SOFTWARE";
        let key =
            |key: &str, path: &str| format!("[{root}\\{key}\\Exclusions\\Paths]\r\n\"{path}\"=dword:00000000\r\n");
        let blocks = key(r"Microsoft\Windows Defender", r"C:\\A")
            + &key(r"Microsoft\Microsoft Antimalware", r"C:\\B")
            + &key(r"Policies\Microsoft\Microsoft Antimalware", r"C:\\C");
        let read = |bench: Bench, build| Exclusions::read(&Registry::read(&bench.0, &Default::default()), build);
        let names = |build| {
            let found = read(Bench::new(HostKind::Disk).tree(None, root, &blocks), build);
            assert!(found.gaps.is_empty(), "{:?}", found.gaps);
            found.entries.into_iter().map(|seen| seen.value).collect::<Vec<_>>()
        };
        assert_eq!(names(Some(7601)), [r"C:\A", r"C:\B", r"C:\C"]);
        assert_eq!(names(Some(19045)), [r"C:\A"], "a list that nothing reads any more excludes nothing");
        assert_eq!(names(None).len(), 3);
        // Not collected: a list may be there on Windows 7, and on no other.
        let defender = format!(r"{root}\Microsoft\Windows Defender");
        let policy = format!(r"{root}\Policies\Microsoft\Windows Defender");
        let bench = || {
            Bench::new(HostKind::Disk).tree(None, &defender, &format!("[{defender}]\r\n")).no_tree(
                None,
                &policy,
                State::Absent,
            )
        };
        assert_eq!(read(bench(), Some(7601)).gaps.len(), 2);
        assert!(read(bench(), Some(26100)).gaps.is_empty());
    }

    #[test]
    fn exclusions_follow_defenders_own_rules() {
        let program = WinPath::new(r"C:\Program Files (x86)\Kerio\Outlook Connector (Offline Edition)");
        let data = WinPath::new(r"C:\Users\anna\AppData\Local\Kerio\Outlook Connector");
        for entry in [
            r"C:\Program Files (x86)\Kerio\Outlook Connector (Offline Edition)\",
            r"c:\program files (x86)\KERIO",
            r"%ProgramFiles(x86)%\Kerio",
            r"C:\PROGRA~2\Kerio",
            r"C:\Program Files*\Kerio\*",
            r"C:\Program Files (x86)\Kerio\Outlook Connector (Offline Edition)\*",
        ] {
            assert!(covers(entry, &program), "{entry}");
        }
        for entry in [
            r"C:\Program Files\Kerio",
            r"C:\Program Files (x86)\Kerio\Outlook Connector (Offline Edition)\KofMsp32.dll",
            r"C:\Program Files (x86)\Ker",
            r"\\C:\Program Files (x86)\Kerio",
            "",
            "%",
        ] {
            assert!(!covers(entry, &program), "{entry}");
        }
        assert!(covers(r"C:\Users\*\AppData\Local\Kerio", &data));
        assert!(!covers(r"C:\Users\*\Kerio", &data));
        assert!(!covers(r"%LOCALAPPDATA%\Kerio", &data));
        assert!(!covers(r"C:\Users\ann?\AppData\Local\Kerio\Outlook Connector\Profile", &data));
    }
}
