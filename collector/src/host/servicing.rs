//! Installed updates out of the component store's list in the registry, and security products out of the Security
//! Center's: the same on a live host and on a disk.

use std::collections::BTreeMap;

use jiff::Timestamp;
use koff_bundle::{
    acquisition::State,
    path::WinPath,
    reading::Reading,
    record::{AntivirusRecord, UpdateRecord},
    registry::{Key, Value},
};

use super::{Answer, Host, Root, filetime::time, unsupported};

const PACKAGES: &str = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\Packages";
const PROVIDERS: &str = r"SOFTWARE\Microsoft\Security Center\Provider";
/// `CurrentState` of a package that is installed.
const INSTALLED: u64 = 0x70;

/// Installed updates, one record an update, sorted by id. Cumulative updates are packages called `RollupFix`: where
/// their source names the KB number it is used, else their version.
pub(super) fn updates(host: &dyn Host) -> Answer<Vec<UpdateRecord>> {
    let mut found: BTreeMap<String, Option<Timestamp>> = BTreeMap::new();
    for name in host.key(&Root::Machine, PACKAGES)?.subkeys {
        if !name.starts_with("Package_") {
            continue;
        }
        let key = host.key(&Root::Machine, &format!(r"{PACKAGES}\{name}"))?;
        if key.value("CurrentState").and_then(Value::number) != Some(INSTALLED) {
            continue;
        }
        let Some(id) = update_id(&name, &key) else { continue };
        let installed = installed(&key);
        let latest = found.entry(id).or_insert(installed);
        *latest = (*latest).max(installed);
    }
    let record = |(id, installed): (String, Option<Timestamp>)| UpdateRecord {
        id,
        installed: installed.map_or_else(|| Reading::missing(State::Absent, "no install time"), Reading::Value),
    };
    Ok(found.into_iter().map(record).collect())
}

fn update_id(name: &str, key: &Key) -> Option<String> {
    if let Some(id) = kb_number(name) {
        return Some(id);
    }
    let version = name.strip_prefix("Package_for_RollupFix~").and_then(|rest| rest.rsplit('~').next())?;
    let source = key.value("InstallLocation").and_then(Value::text).and_then(|text| kb_number(&text));
    Some(source.unwrap_or_else(|| format!("RollupFix {version}")))
}

/// `KB` and digits in a text.
fn kb_number(text: &str) -> Option<String> {
    let upper = text.to_ascii_uppercase();
    upper.match_indices("KB").find_map(|(at, _)| {
        let digits: String = upper.get(at + 2..)?.chars().take_while(char::is_ascii_digit).collect();
        (digits.len() >= 6).then(|| format!("KB{digits}"))
    })
}

fn installed(key: &Key) -> Option<Timestamp> {
    let half = |name: &str| key.value(name).and_then(Value::number);
    time(half("InstallTimeHigh")? << 32 | half("InstallTimeLow")?)
}

/// What a security product registers as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protection {
    /// A scanner.
    Antivirus,
    /// A firewall.
    Firewall,
}

/// Registered products. Only the Security Center's own copy is in the registry; the list that Windows shows is in the WMI
/// repository.
pub(super) fn registered(
    host: &dyn Host,
    protection: Protection,
    expand: impl Fn(&str) -> String,
) -> Answer<Vec<AntivirusRecord>> {
    let (kind, words) = match protection {
        Protection::Antivirus => ("Av", "registered antivirus products are in the WMI repository, which is not read"),
        Protection::Firewall => ("Fw", "registered firewalls are in the WMI repository, which is not read"),
    };
    let place = format!(r"{PROVIDERS}\{kind}");
    let Ok(providers) = host.key(&Root::Machine, &place) else { return Err(unsupported(words)) };
    let mut products = Vec::new();
    for name in providers.subkeys {
        let key = host.key(&Root::Machine, &format!(r"{place}\{name}"))?;
        let Some(display) = key.value("DISPLAYNAME").and_then(Value::text) else { continue };
        let state = key.value("STATE").and_then(Value::number).and_then(|state| u32::try_from(state).ok());
        let path = key.value("PRODUCTEXE").and_then(Value::text).filter(|text| !text.is_empty());
        products.push(AntivirusRecord {
            name: display,
            state: state.map_or_else(|| Reading::missing(State::Absent, "no value STATE"), Reading::Value),
            path: match path {
                Some(path) => Reading::Value(WinPath::new(expand(&path))),
                None => Reading::missing(State::Absent, "no value PRODUCTEXE"),
            },
        });
    }
    products.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(products)
}
