//! Drives that a disk knows of: its own, those that Windows had given a letter, and the network drives of its persons.
//! Sizes are the diagnosed machine's business and cannot be told here.

use std::collections::BTreeMap;

use koff_bundle::{
    acquisition::State,
    path::WinPath,
    reading::Reading,
    record::{VolumeKind, VolumeRecord},
    registry::Value,
};

use super::DiskHost;
use crate::host::{Answer, Root};

/// Letters in order, then network drives by person.
pub(super) fn volumes(host: &DiskHost) -> Answer<Vec<VolumeRecord>> {
    let mut letters: BTreeMap<char, Reading<VolumeKind>> = BTreeMap::new();
    if let Ok(mounted) = host.machine_key(r"SYSTEM\MountedDevices") {
        for value in &mounted.values {
            if let Some(letter) = drive(&value.name) {
                letters.insert(letter, kind(value));
            }
        }
    }
    // Windows starts from built-in disks, save for a stick made for it, which the list above would show.
    let own = letters.entry(host.tree.letter()).or_insert(Reading::Value(VolumeKind::Fixed));
    if own.value().is_none() {
        *own = Reading::Value(VolumeKind::Fixed);
    }
    let mut volumes: Vec<VolumeRecord> =
        letters.into_iter().map(|(letter, kind)| record(format!("{letter}:\\"), kind)).collect();
    for account in host.account_list().clone().unwrap_or_default() {
        let root = Root::User(account.key.clone());
        let Ok(network) = host.key_of(&root, "Network") else { continue };
        for letter in &network.subkeys {
            let Ok(key) = host.key_of(&root, &format!(r"Network\{letter}")) else { continue };
            let Some(remote) = key.value("RemotePath").and_then(Value::text) else { continue };
            volumes.push(VolumeRecord {
                remote: Some(WinPath::new(remote)),
                user: Some(account.key.clone()),
                ..record(format!("{}:\\", letter.to_uppercase()), Reading::Value(VolumeKind::Remote))
            });
        }
    }
    Ok(volumes)
}

fn record(root: String, kind: Reading<VolumeKind>) -> VolumeRecord {
    let untold = || Reading::missing(State::Unsupported, "a copy of a disk does not tell the size of its volumes");
    VolumeRecord {
        root: WinPath::new(root),
        kind,
        medium: Reading::missing(State::Unsupported, "a copy of a disk does not tell what it was copied from"),
        remote: None,
        user: None,
        file_system: Reading::missing(State::Unsupported, "a copy of a disk does not tell its file system"),
        total: untold(),
        free: untold(),
    }
}

/// `\DosDevices\E:` as `E`.
fn drive(name: &str) -> Option<char> {
    let letter = name.get(..12).filter(|head| head.eq_ignore_ascii_case(r"\DosDevices\")).and(name.get(12..))?;
    match letter.as_bytes() {
        [letter, b':'] => Some(char::from(*letter).to_ascii_uppercase()),
        _ => None,
    }
}

/// Partitions are stored by disk signature and offset (12 bytes) or by GUID (`DMIO:ID:`): a disk, as Windows calls
/// fixed what has partitions. Sticks and CD drives are stored by the name of their device.
fn kind(value: &Value) -> Reading<VolumeKind> {
    if value.data.len() == 12 || value.data.starts_with(b"DMIO:ID:") {
        return Reading::Value(VolumeKind::Fixed);
    }
    let units: Vec<u16> = value.data.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    let device = String::from_utf16_lossy(&units).to_uppercase();
    if device.contains("CDROM") {
        Reading::Value(VolumeKind::Optical)
    } else if device.contains("USBSTOR") || device.contains("STORAGE#REMOVABLEMEDIA") || device.contains("FDC#") {
        Reading::Value(VolumeKind::Removable)
    } else {
        Reading::missing(State::Unsupported, "the registry does not tell what carries this drive")
    }
}
