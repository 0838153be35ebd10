//! The registry as the running Windows would show it, out of hive files: which hive holds which key, the current control
//! set, links between keys. Owns that mapping; reading a hive is `hive`.

use std::{
    collections::BTreeMap,
    fs,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use koff_bundle::{
    acquisition::{Acquisition, State},
    path::WinPath,
    registry::Key,
};

use super::{
    hive::{Found, Hive, Part},
    tree::{Tree, refusal},
};
use crate::host::{Answer, absent, unsupported};

/// No larger hive is read: it has to fit into memory.
const MOST_BYTES: u64 = 1 << 30;
/// Links between keys followed before it counts as a loop.
const MOST_LINKS: usize = 16;
/// Where the machine's hives lie below the Windows folder.
const CONFIG: &str = r"System32\config";

/// Key of a person's own classes, which are a hive of their own.
const CLASSES: &str = r"Software\Classes";
/// That hive, below the profile folder.
const USER_CLASSES: &str = r"AppData\Local\Microsoft\Windows\UsrClass.dat";

/// A hive that is opened when it is first asked for.
type Slot = Arc<OnceLock<Answer<Arc<Hive>>>>;

/// Hives opened so far, each once.
#[derive(Default)]
pub(super) struct Registry {
    hives: Mutex<BTreeMap<String, Slot>>,
}

impl Registry {
    /// A key below `HKEY_LOCAL_MACHINE`.
    pub(super) fn machine(&self, tree: &Tree, path: &str) -> Answer<Key> {
        let mut path = path.trim_matches('\\').to_owned();
        for _ in 0..MOST_LINKS {
            let (name, rest) = path.split_once('\\').unwrap_or((&path, ""));
            let hive = match name.to_uppercase().as_str() {
                upper @ ("SOFTWARE" | "SYSTEM" | "SAM" | "SECURITY" | "DRIVERS") => self.config(tree, upper)?,
                "HARDWARE" => return Err(unsupported("HARDWARE is made at each start of Windows, no disk holds it")),
                _ => return Err(absent(format!(r"HKEY_LOCAL_MACHINE\{path}: no such hive"))),
            };
            let rest =
                if name.eq_ignore_ascii_case("SYSTEM") { current_control_set(&hive, rest)? } else { rest.to_owned() };
            match hive.key(&rest)? {
                Found::Key(key) => return Ok(key),
                Found::Nothing(missing) => return Err(absent(format!(r"HKEY_LOCAL_MACHINE\{path}: no key {missing}"))),
                Found::Link { target, rest } => path = linked(&target, r"\REGISTRY\MACHINE\", &rest)?,
            }
        }
        Err(Acquisition::ended(State::Failed, format!(r"HKEY_LOCAL_MACHINE\{path}: more than {MOST_LINKS} links")))
    }

    /// A key below `HKEY_CURRENT_USER` of the person whose folder is `profile`.
    pub(super) fn user(&self, tree: &Tree, profile: &WinPath, path: &str) -> Answer<Key> {
        let path = path.trim_matches('\\');
        let classes = path
            .split_at_checked(CLASSES.len())
            .filter(|(head, rest)| head.eq_ignore_ascii_case(CLASSES) && (rest.is_empty() || rest.starts_with('\\')));
        let (hive, rest) = match classes {
            Some((_, rest)) => (self.hive(tree, &profile.join(USER_CLASSES))?, rest),
            None => (self.user_hive(tree, profile)?, path),
        };
        match hive.key(rest)? {
            Found::Key(key) => Ok(key),
            Found::Nothing(missing) => Err(absent(format!(r"HKEY_CURRENT_USER\{path}: no key {missing}"))),
            // HKEY_CURRENT_USER holds no links but those to the classes, which are resolved above.
            Found::Link { target, .. } => Err(unsupported(format!(r"HKEY_CURRENT_USER\{path} is a link to {target}"))),
        }
    }

    /// The person's own hive; a mandatory profile calls it `NTUSER.MAN`.
    fn user_hive(&self, tree: &Tree, profile: &WinPath) -> Answer<Arc<Hive>> {
        let file = profile.join("NTUSER.DAT");
        match self.hive(tree, &file) {
            Err(end) if end.state == State::Failed && tree.find(&profile.join("NTUSER.MAN")).is_ok() => {
                self.hive(tree, &profile.join("NTUSER.MAN")).map_err(|_| end)
            }
            answer => answer,
        }
    }

    /// One of the machine's hives.
    pub(super) fn config(&self, tree: &Tree, name: &str) -> Answer<Arc<Hive>> {
        let windows = [r"Windows", "WINNT"];
        let folder = windows.into_iter().find(|folder| tree.find(&WinPath::new(*folder).join(CONFIG)).is_ok());
        let folder = WinPath::new(format!(r"{}:\{}", tree.letter(), folder.unwrap_or("Windows")));
        self.hive(tree, &folder.join(CONFIG).join(name))
    }

    fn hive(&self, tree: &Tree, file: &WinPath) -> Answer<Arc<Hive>> {
        let slot = {
            let mut hives = self.hives.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(hives.entry(file.key()).or_default())
        };
        slot.get_or_init(|| open(tree, file).map(Arc::new)).clone()
    }
}

fn open(tree: &Tree, file: &WinPath) -> Answer<Hive> {
    let bytes = read(tree, file).map_err(|mut end| {
        // Without the hive nobody can say that a key is not there.
        if end.state == State::Absent {
            end.state = State::Failed;
            end.reason = format!("{file}: expected a registry hive, found no such file");
        }
        end
    })?;
    let mut logs = Vec::new();
    for extension in [".LOG1", ".LOG2", ".LOG"] {
        if let Ok(bytes) = read(tree, &WinPath::new(format!("{file}{extension}"))) {
            logs.push(Part { place: extension, bytes });
        }
    }
    Hive::open(Part { place: file.as_str(), bytes }, logs)
}

fn read(tree: &Tree, file: &WinPath) -> Answer<Vec<u8>> {
    let place = tree.find(file)?;
    let meta = fs::metadata(&place.real).map_err(|error| refusal(file, &error))?;
    fits(file, meta.is_file().then_some(meta.len()))?;
    fs::read(&place.real).map_err(|error| refusal(file, &error))
}

/// Whether `file` is read, which has so many bytes or is no regular file.
fn fits(file: &WinPath, length: Option<u64>) -> Answer<()> {
    let found = match length {
        Some(length) if length <= MOST_BYTES => return Ok(()),
        Some(length) => format!("{length} bytes"),
        None => "no regular file".to_owned(),
    };
    Err(Acquisition::ended(State::Failed, format!("{file}: expected at most {MOST_BYTES} bytes, found {found}")))
}

/// `CurrentControlSet` is made when Windows starts; on the disk `Select\Current` names the set, else `Default`, else
/// `LastKnownGood`, else it is the first.
fn current_control_set(hive: &Hive, path: &str) -> Answer<String> {
    let (first, rest) = path.split_once('\\').unwrap_or((path, ""));
    if !first.eq_ignore_ascii_case("CurrentControlSet") {
        return Ok(path.to_owned());
    }
    let select = match hive.key("Select")? {
        Found::Key(key) => key,
        _ => Key::default(),
    };
    let named = ["Current", "Default", "LastKnownGood"];
    let number = named.iter().find_map(|name| select.value(name)?.number().filter(|number| (1..=999).contains(number)));
    Ok(format!(r"ControlSet{:03}\{rest}", number.unwrap_or(1)))
}

/// The path below `prefix` that a link between keys leads to.
fn linked(target: &str, prefix: &str, rest: &str) -> Answer<String> {
    let target = target.trim_end_matches('\0');
    let inside = target.get(..prefix.len()).filter(|head| head.eq_ignore_ascii_case(prefix));
    match inside {
        Some(head) => Ok(format!(r"{}\{rest}", &target[head.len()..]).trim_matches('\\').to_owned()),
        None => Err(unsupported(format!("a key is a link to {target}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hive_that_would_not_fit_into_memory_is_refused() {
        let file = WinPath::new(r"C:\Windows\System32\config\SOFTWARE");
        assert_eq!(fits(&file, Some(MOST_BYTES)), Ok(()));
        let end = fits(&file, Some(MOST_BYTES + 1)).unwrap_err();
        assert_eq!(end.state, State::Failed);
        assert!(end.reason.ends_with("expected at most 1073741824 bytes, found 1073741825 bytes"), "{}", end.reason);
        assert!(fits(&file, None).unwrap_err().reason.ends_with("found no regular file"));
    }
}
