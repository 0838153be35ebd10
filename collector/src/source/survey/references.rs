//! Places that tell MAPI to load a connector DLL: sections of Outlook profiles and of MAPISVC.INF. Owns the search for
//! names, so that a registered DLL that is missing is looked for too; the registry and file sources bring the evidence.

use koff_bundle::{
    path::WinPath,
    record::FoundBy,
    registry::{Key, Value, value_type},
};

use super::{OFFICE_VERSIONS, Survey};
use crate::{
    host::{Account, Host, Root},
    plan::Plan,
    source::{Budget, environment, file},
};

/// A DLL name as a profile or a MAPISVC.INF writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// As written, `%…%` expanded.
    pub named: String,
    /// Which kind of place names it.
    pub found_by: FoundBy,
    /// The account in whose registry it stands.
    pub account: Option<String>,
    /// The same by the id of `facts/users.json`, once people are chosen.
    pub user: Option<String>,
}

impl Reference {
    /// The file that MAPI loads: the stored name with `32` before its ending \[M2\]\[M3\].
    #[must_use]
    pub fn loads(&self) -> WinPath {
        let path = WinPath::new(&self.named);
        let name = self.loads_name();
        path.parent().map_or_else(|| WinPath::new(&name), |folder| folder.join(&name))
    }

    /// Its name alone.
    #[must_use]
    pub fn loads_name(&self) -> String {
        let path = WinPath::new(&self.named);
        let name = path.file_name();
        match name.rsplit_once('.') {
            Some((stem, ending)) => format!("{stem}32.{ending}"),
            None => format!("{name}32.dll"),
        }
    }
}

/// What a person's Outlook profiles say.
#[derive(Debug, Default)]
pub(super) struct Profiles {
    pub(super) references: Vec<Reference>,
    /// Names of the profiles.
    pub(super) names: Vec<String>,
}

/// Bounds on a profile tree: real ones have some hundred keys, two levels deep.
const KEYS: usize = 20_000;
const DEPTH: usize = 6;

/// Where Outlook profiles stand, newest first \[M5\].
pub(crate) fn profile_keys() -> Vec<String> {
    let mut keys: Vec<String> = OFFICE_VERSIONS
        .iter()
        .map(|version| format!(r"Software\Microsoft\Office\{version}\Outlook\Profiles"))
        .collect();
    keys.push(r"Software\Microsoft\Windows NT\CurrentVersion\Windows Messaging Subsystem\Profiles".to_owned());
    keys
}

/// DLL names in the service and provider sections of a person's profiles.
pub(super) fn from_profiles(host: &dyn Host, account: &Account) -> Profiles {
    let root = Root::User(account.key.clone());
    let mut profiles = Profiles::default();
    let mut left = KEYS;
    for top in profile_keys() {
        let Ok(key) = host.key(&root, &top) else { continue };
        profiles.names.extend(key.subkeys.iter().cloned());
        let mut waiting = vec![(top, key, 0_usize)];
        while let Some((path, key, depth)) = waiting.pop() {
            for named in key.values.iter().filter_map(|value| dll_name(&value.name, value)) {
                let named = environment::expand(host, &named, Some(&account.key));
                let reference =
                    Reference { named, found_by: FoundBy::Profile, account: Some(account.key.clone()), user: None };
                if !profiles.references.contains(&reference) {
                    profiles.references.push(reference);
                }
            }
            if depth < DEPTH {
                for name in below(&key, &mut left) {
                    let child = format!(r"{path}\{name}");
                    if let Ok(key) = host.key(&root, &child) {
                        waiting.push((child, key, depth + 1));
                    }
                }
            }
        }
    }
    profiles.references.sort_by(|a, b| a.named.cmp(&b.named));
    profiles
}

fn below(key: &Key, left: &mut usize) -> Vec<String> {
    let take = key.subkeys.len().min(*left);
    *left -= take;
    key.subkeys.iter().take(take).cloned().collect()
}

/// The DLL that a profile's value names, if it is a connector's: `001f300a`, `001f3d0a` (Unicode) and their ANSI twins
/// `001e…` \[M5\].
fn dll_name(name: &str, value: &Value) -> Option<String> {
    let name = name.to_ascii_lowercase();
    let text = match name.as_str() {
        "001f300a" | "001f3d0a" => value.text()?,
        "001e300a" | "001e3d0a" if value.kind == value_type::BINARY => {
            value.data.iter().take_while(|byte| **byte != 0).map(|byte| char::from(*byte)).collect()
        }
        "001e300a" | "001e3d0a" => value.text()?,
        _ => return None,
    };
    text.to_lowercase().contains("kofmsp").then_some(text)
}

/// DLL names in the MAPISVC.INF files that there are.
pub(super) fn from_mapisvc(host: &dyn Host, plan: &Plan, _: &Budget, survey: &mut Survey) {
    let places: Vec<WinPath> = survey.mapisvc.iter().map(|(path, _)| path.clone()).collect();
    for path in places {
        let Ok(bytes) = file::head(host, &path, plan.caps.file_size.min(4 << 20)) else { continue };
        for named in inf_names(&bytes) {
            let named = environment::expand(host, &named, None);
            let reference = Reference { named, found_by: FoundBy::Mapisvc, account: None, user: None };
            if !survey.references.contains(&reference) {
                survey.references.push(reference);
            }
        }
    }
}

/// Values of lines that name a connector DLL (`PR_SERVICE_DLL_NAME=kofmsp.dll`), in either encoding that an INF has.
fn inf_names(bytes: &[u8]) -> Vec<String> {
    let text = match bytes {
        [0xff, 0xfe, rest @ ..] => {
            let units: Vec<u16> = rest.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
            String::from_utf16_lossy(&units)
        }
        _ => bytes.iter().map(|byte| char::from(*byte)).collect(),
    };
    text.lines()
        .filter_map(|line| line.split_once('='))
        .map(|(_, value)| value.trim().trim_matches('"').to_owned())
        .filter(|value| value.to_lowercase().contains("kofmsp") && value.to_lowercase().contains(".dll"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reference(named: &str) -> Reference {
        Reference { named: named.to_owned(), found_by: FoundBy::Profile, account: None, user: None }
    }

    #[test]
    fn mapi_appends_32_to_the_stored_name() {
        let reference = reference(r"C:\Kerio\KOFMSP.DLL");
        assert_eq!(reference.loads(), WinPath::new(r"C:\Kerio\KOFMSP32.DLL"));
        assert_eq!(Reference { named: "kofmsp.dll".into(), ..reference }.loads_name(), "kofmsp32.dll");
    }

    #[test]
    fn names_are_read_from_both_encodings_of_an_inf_and_of_a_profile() {
        let inf = "[KOFF]\r\nPR_SERVICE_DLL_NAME=\"C:\\K\\kofmsp.dll\"\r\nPR_DISPLAY_NAME=kofmsp\r\n";
        assert_eq!(inf_names(inf.as_bytes()), [r"C:\K\kofmsp.dll"]);
        let wide: Vec<u8> = "\u{feff}".encode_utf16().chain(inf.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        assert_eq!(inf_names(&wide), [r"C:\K\kofmsp.dll"]);
        let wide = "KOFMSP.DLL\0".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let value = |name: &str, data: Vec<u8>| Value { name: name.into(), kind: value_type::BINARY, data };
        assert_eq!(dll_name("001f3d0a", &value("001F3D0A", wide)).unwrap(), "KOFMSP.DLL");
        assert_eq!(dll_name("001e300a", &value("001e300a", b"kofmsp.dll\0".to_vec())).unwrap(), "kofmsp.dll");
        assert_eq!(dll_name("001f3001", &value("001f3001", b"kofmsp.dll\0".to_vec())), None);
    }
}
