//! Outlook profiles out of the registry: sections, accounts and the DLLs they name. Owns the layout of
//! `Outlook\Profiles` \[M5\]; a section is found by what it holds, never by a connector's name that nobody published.

use koff_bundle::registry::{Value, value_type};

use crate::{
    evidence::Evidence,
    facts::{
        names::{is_provider, says_kerio},
        raw::{
            Seen,
            registry::{Registry, Scope},
        },
    },
    verdict::Unknown,
};

/// Section with one sub-key an account.
const ACCOUNTS: &str = "9375CFF0413111d3B88A00104B2A6676";

/// Where profiles live below `HKEY_CURRENT_USER`, with the Outlook generation that reads it.
pub const ROOTS: [(&str, Generation); 3] = [
    (r"Software\Microsoft\Office\16.0\Outlook\Profiles", Generation::Office(16)),
    (r"Software\Microsoft\Office\15.0\Outlook\Profiles", Generation::Office(15)),
    (r"Software\Microsoft\Windows NT\CurrentVersion\Windows Messaging Subsystem\Profiles", Generation::Subsystem),
];

/// Which Outlook reads a profile root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generation {
    /// Outlook with this major version.
    Office(u64),
    /// Outlook 2010 and older.
    Subsystem,
}

impl Generation {
    /// Whether an Outlook with `major` reads it.
    #[must_use]
    pub fn read_by(self, major: u64) -> bool {
        match self {
            Self::Office(own) => own == major,
            Self::Subsystem => major < 15,
        }
    }
}

/// One Outlook profile.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Id of the user.
    pub user: String,
    /// Name.
    pub name: String,
    /// Which Outlook reads it.
    pub generation: Generation,
    /// Where its key stands.
    pub at: Vec<Evidence>,
    /// DLLs of the connector that its sections name.
    pub provider_dlls: Vec<DllName>,
    /// UIDs that lead nowhere.
    pub dangling: Vec<Dangling>,
    /// Why sections may be missing.
    pub gaps: Vec<Unknown>,
    /// Server that a section of the connector names.
    pub server: Option<Seen<String>>,
}

/// A section that names a DLL.
#[derive(Debug, Clone, PartialEq)]
pub struct DllName {
    /// Name of the section.
    pub section: String,
    /// The DLL as written.
    pub name: Seen<String>,
}

/// A UID whose section does not exist.
#[derive(Debug, Clone, PartialEq)]
pub struct Dangling {
    /// Where it is written: section, account and value.
    pub place: String,
    /// The missing section.
    pub section: String,
    /// Whether the account says that it is Kerio's.
    pub kerio: bool,
    /// The value.
    pub at: Evidence,
}

/// All profiles of one user.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Profiles {
    /// In order of root and name.
    pub profiles: Vec<Profile>,
    /// Why there may be more, by root.
    pub gaps: Vec<(usize, Unknown)>,
}

impl Profile {
    /// Whether it has the connector's service: a section names the provider, or a dangling account says Kerio.
    #[must_use]
    pub fn uses_connector(&self) -> Option<bool> {
        if !self.provider_dlls.is_empty() || self.dangling.iter().any(|dangling| dangling.kerio) {
            return Some(true);
        }
        self.gaps.is_empty().then_some(false)
    }
}

impl Profiles {
    /// Profiles of the user `id`.
    #[must_use]
    pub fn read(registry: &Registry, id: &str) -> Self {
        let scope = Scope::User(id.to_owned());
        let mut all = Self::default();
        for (index, (root, generation)) in ROOTS.into_iter().enumerate() {
            let children = registry.children(&scope, root);
            all.gaps.extend(children.gaps.into_iter().map(|gap| (index, gap)));
            for name in children.names {
                all.profiles.push(profile(registry, &scope, id, root, generation, &name));
            }
        }
        all
    }
}

fn profile(registry: &Registry, scope: &Scope, user: &str, root: &str, generation: Generation, name: &str) -> Profile {
    let path = format!("{root}\\{name}");
    let sections = registry.children(scope, &path);
    let at = registry.key(scope, &path).ok().flatten().and_then(|key| key.at());
    let mut found = Profile {
        user: user.to_owned(),
        name: name.to_owned(),
        generation,
        at: at.into_iter().collect(),
        provider_dlls: Vec::new(),
        dangling: Vec::new(),
        gaps: sections.gaps,
        server: None,
    };
    let mut hosts: Vec<Seen<String>> = Vec::new();
    for section in &sections.names {
        let Ok(Some(key)) = registry.key(scope, &format!("{path}\\{section}")) else { continue };
        let before = found.provider_dlls.len();
        for seen in key.values().filter(|seen| is_dll_property(&seen.value.name)) {
            if let Some(dll) = profile_text(seen.value).filter(|dll| is_provider(dll)) {
                let name = Seen { value: dll, at: seen.at() };
                found.provider_dlls.push(DllName { section: section.clone(), name });
            }
        }
        if found.provider_dlls.len() > before {
            hosts.extend(key.values().filter_map(|seen| {
                let host = host_name(&profile_text(seen.value)?)?;
                Some(Seen { value: host, at: seen.at() })
            }));
            for seen in key.values().filter(|seen| is_provider_list(&seen.value.name)) {
                let at = seen.at();
                for uid in seen.value.data.chunks_exact(16) {
                    let place = format!("{section}\\{}", seen.value.name);
                    found.check(registry, scope, &path, uid, &place, true, &at);
                }
            }
        }
    }
    accounts(registry, scope, &path, &mut found);
    hosts.dedup_by(|a, b| a.value.eq_ignore_ascii_case(&b.value));
    found.server = if hosts.len() == 1 { hosts.pop() } else { None };
    found
}

/// Follows the UIDs of every account.
fn accounts(registry: &Registry, scope: &Scope, path: &str, found: &mut Profile) {
    let root = format!("{path}\\{ACCOUNTS}");
    let children = registry.children(scope, &root);
    for account in children.names {
        let Ok(Some(key)) = registry.key(scope, &format!("{root}\\{account}")) else { continue };
        let kerio = key
            .values()
            .filter_map(|seen| profile_text(seen.value))
            .any(|text| says_kerio(&text) || is_provider(&text));
        for name in ["Service UID", "XP Provider UID"] {
            let Ok(Some(seen)) = key.value(name) else { continue };
            if seen.value.data.len() == 16 {
                let place = format!("account {account}, {name}");
                found.check(registry, scope, path, &seen.value.data, &place, kerio, &seen.at);
            }
        }
    }
}

impl Profile {
    #[expect(clippy::too_many_arguments, reason = "one place that follows a UID; every argument is part of the answer")]
    fn check(
        &mut self,
        registry: &Registry,
        scope: &Scope,
        path: &str,
        uid: &[u8],
        place: &str,
        kerio: bool,
        at: &Evidence,
    ) {
        if uid.iter().all(|byte| *byte == 0) {
            return;
        }
        let section: String = uid.iter().map(|byte| format!("{byte:02x}")).collect();
        if let Ok(None) = registry.key(scope, &format!("{path}\\{section}")) {
            self.dangling.push(Dangling { place: place.to_owned(), section, kerio, at: at.clone() });
        }
    }
}

/// `…300a` is the DLL of a provider, `…3d0a` that of a service; Unicode or ANSI.
fn is_dll_property(name: &str) -> bool {
    ["001f300a", "001e300a", "001f3d0a", "001e3d0a"].iter().any(|own| own.eq_ignore_ascii_case(name))
}

/// Store and transport providers of a service.
fn is_provider_list(name: &str) -> bool {
    ["01023d00", "01023d02"].iter().any(|own| own.eq_ignore_ascii_case(name))
}

/// The text of a profile value: Unicode or ANSI by the type in its name, stored as text or as bytes.
#[must_use]
pub fn profile_text(value: &Value) -> Option<String> {
    let ansi = value.name.get(..4).is_some_and(|kind| kind.eq_ignore_ascii_case("001e"));
    if value.kind == value_type::BINARY {
        let unicode = value.name.get(..4).is_some_and(|kind| kind.eq_ignore_ascii_case("001f"));
        // Accounts keep their texts as binary UTF-16 under plain names; anything that is not text stays out.
        if ansi {
            let end = value.data.iter().position(|byte| *byte == 0).unwrap_or(value.data.len());
            let (text, _, _) = encoding_rs::WINDOWS_1252.decode(value.data.get(..end)?);
            return Some(text.into_owned());
        }
        let plausible = value.data.len() >= 2 && value.data.len().is_multiple_of(2);
        let text = value.text().filter(|text| unicode || (plausible && readable(text)))?;
        return Some(text);
    }
    value.text()
}

fn readable(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| !c.is_control() && c != char::REPLACEMENT_CHARACTER)
}

/// A host name out of a URL or a bare fully qualified name.
fn host_name(text: &str) -> Option<String> {
    let text = text.trim();
    let lower = text.to_lowercase();
    let rest = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://"));
    let host = rest.unwrap_or(&lower);
    let host = host.split(['/', ':', '?']).next().unwrap_or("");
    let labels: Vec<&str> = host.split('.').collect();
    let label = |part: &&str| {
        !part.is_empty() && part.len() < 64 && part.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_')
    };
    let top = labels.last()?;
    let is_file = ["dll", "exe", "fdb", "ini", "log", "dat", "pst", "ost", "xml"].contains(top);
    (labels.len() > 1 && labels.iter().all(label) && !is_file && top.chars().all(char::is_alphabetic) && top.len() > 1)
        .then(|| host.to_owned())
}
