//! Which products of Office have Outlook, by their release ids and editions. Owns the list of those that have none; reads
//! nothing but what a product's own key leaves out.

use crate::facts::raw::registry::Key;

/// Whether a product with this release id, or edition with this name, has Outlook.
#[must_use]
pub fn has_outlook(product: &str) -> bool {
    const WITHOUT: [&str; 14] = [
        "visio",
        "project",
        "homestudent",
        "home20",
        "onenote",
        "access",
        "excel",
        "word",
        "powerpoint",
        "publisher",
        "lync",
        "skypeforbusiness",
        "languagepack",
        "proof",
    ];
    let lower = product.to_lowercase();
    !WITHOUT.iter().any(|prefix| lower.starts_with(prefix))
}

/// Whether one of the products has Outlook and does not leave it out.
pub(super) fn click_to_run_outlook(key: Key<'_>, products: &[String]) -> bool {
    products.iter().any(|product| {
        let excluded = key.text(&format!("{product}.ExcludedApps")).ok().flatten();
        let left_out =
            excluded.is_some_and(|seen| seen.value.to_lowercase().split(',').any(|app| app.trim() == "outlook"));
        has_outlook(product) && !left_out
    }) || products.is_empty()
}
