//! Antivirus products and firewalls registered with Windows: asked of WMI (`root\SecurityCenter2`), which is where Windows
//! keeps them.

use koff_bundle::{acquisition::State, path::WinPath, reading::Reading, record::AntivirusRecord};

use super::{
    super::{Answer, servicing::Protection},
    wmi,
};

const NAMESPACE: &str = r"root\SecurityCenter2";

/// Registered products in WMI's order.
pub(super) fn registered(protection: Protection) -> Answer<Vec<AntivirusRecord>> {
    let class = match protection {
        Protection::Antivirus => "AntiVirusProduct",
        Protection::Firewall => "FirewallProduct",
    };
    let query = format!("SELECT displayName, productState, pathToSignedProductExe FROM {class}");
    let missing = |name: &str| Reading::missing(State::Absent, format!("{NAMESPACE}: no {name}"));
    wmi::rows(NAMESPACE, &query, |row| AntivirusRecord {
        name: row.text("displayName").unwrap_or_default(),
        state: row.number("productState").map_or_else(|| missing("productState"), Reading::Value),
        path: match row.text("pathToSignedProductExe") {
            Some(path) => Reading::Value(WinPath::new(path)),
            None => Reading::missing(State::Absent, format!("{NAMESPACE}: no pathToSignedProductExe")),
        },
    })
}
