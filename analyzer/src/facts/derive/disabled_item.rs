//! The `disabled-item` kind: Outlook's lists of add-ins that it disabled or that crashed it.

use koff_bundle::path::WinPath;

use super::table;
use crate::facts::{
    Record, Table,
    context::Context,
    names::{is_kerio, says_kerio},
    raw::registry::Scope,
};

/// One record an entry.
#[must_use]
pub fn derive(cx: &Context<'_>) -> Table {
    let (mut records, mut gaps) = (Vec::new(), cx.users.gaps.clone());
    let majors = cx.offices.majors();
    for user in &cx.users.users {
        let scope = Scope::User(user.id.clone());
        for (version, major) in [("16.0", 16), ("15.0", 15), ("14.0", 14)] {
            if majors.as_ref().is_some_and(|majors| !majors.contains(&major)) {
                continue;
            }
            for list in ["DisabledItems", "CrashingAddinList"] {
                let path = format!(r"Software\Microsoft\Office\{version}\Outlook\Resiliency\{list}");
                let key = match cx.registry.key(&scope, &path) {
                    Ok(Some(key)) => key,
                    Ok(None) => continue,
                    Err(why) => {
                        gaps.push(why);
                        continue;
                    }
                };
                for seen in key.values() {
                    let Some(item) = decode(&seen.value.data) else { continue };
                    let kerio = is_kerio(&item.path) || says_kerio(&item.name);
                    records.push(
                        Record::default()
                            .with("list", list)
                            .with("path", WinPath::new(&item.path).as_str())
                            .with("name", item.name)
                            .with("kerio", kerio)
                            .with("user", user.id.as_str())
                            .seen([seen.at()]),
                    );
                }
            }
        }
    }
    table(records, gaps)
}

#[derive(Debug, PartialEq)]
struct Item {
    path: String,
    name: String,
}

/// Bytes 4 to 7 are the length of the path in bytes, its terminator included; path and name follow from byte 12 in UTF-16.
fn decode(data: &[u8]) -> Option<Item> {
    let length = |at: usize| {
        let bytes: [u8; 4] = data.get(at..at.checked_add(4)?)?.try_into().ok()?;
        usize::try_from(u32::from_le_bytes(bytes)).ok()
    };
    let middle = 12_usize.checked_add(length(4)?)?;
    Some(Item { path: wide(data.get(12..middle)?), name: wide(data.get(middle..)?) })
}

fn wide(data: &[u8]) -> String {
    let units: Vec<u16> =
        data.chunks_exact(2).filter_map(|pair| Some(u16::from_le_bytes(pair.try_into().ok()?))).collect();
    String::from_utf16_lossy(&units).split('\0').next().unwrap_or("").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_decoded_and_a_cut_one_is_left_out() {
        let text = |text: &str| -> Vec<u8> { text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect() };
        let (path, name) = (text(r"c:\program files\kerio\x.dll"), text("Kerio Add-in"));
        let mut data = vec![1, 0, 0, 0];
        data.extend(u32::try_from(path.len()).unwrap().to_le_bytes());
        data.extend(u32::try_from(name.len()).unwrap().to_le_bytes());
        data.extend(&path);
        data.extend(&name);
        let item = Item { path: r"c:\program files\kerio\x.dll".into(), name: "Kerio Add-in".into() };
        assert_eq!(decode(&data), Some(item));
        assert_eq!(decode(data.get(..20).unwrap()), None);
        assert_eq!(decode(&[]), None);
    }
}
