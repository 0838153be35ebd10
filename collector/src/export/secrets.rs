//! Values of the registry that hold passwords or keys, removed in every mode: by name, and the DPAPI blobs of Outlook
//! accounts. The value stays with a mark in place of its data, so that a reader sees that there was one.

use std::collections::BTreeMap;

use koff_bundle::registry::{Value, value_type};

use crate::source::Content;

/// What stands in place of a secret.
const MARK: &str = "[removed]";

/// Removes secrets; how many, by kind.
pub(super) fn remove(content: &mut Content) -> BTreeMap<String, u64> {
    let mut count = 0_u64;
    if let Content::Registry(keys) = content {
        for value in keys.iter_mut().flat_map(|export| export.key.values.iter_mut()).filter(|value| is_secret(value)) {
            value.kind = value_type::SZ;
            value.data = MARK.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
            count += 1;
        }
    }
    if count == 0 { BTreeMap::new() } else { BTreeMap::from([("secret".to_owned(), count)]) }
}

fn is_secret(value: &Value) -> bool {
    let name = value.name.to_lowercase();
    let property = name.len() == 8 && name.get(4..6) == Some("67") && name.get(6..) == Some("f1");
    property || ["password", "passwd", "secret", "token", "digitalproductid"].iter().any(|word| name.contains(word))
}
