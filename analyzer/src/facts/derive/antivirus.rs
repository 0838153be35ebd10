//! The `antivirus` kind: security products other than Microsoft Defender.

use super::table;
use crate::{
    evidence::Evidence,
    facts::{Record, Table, context::Context, raw::rows::answer},
    verdict::Unknown,
};

/// One registered product.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Product {
    /// Display name.
    pub(super) name: String,
    /// Whether it is another than Microsoft's own.
    pub(super) third_party: bool,
    path: Option<String>,
    at: Evidence,
}

/// One record a product.
#[must_use]
pub fn derive(cx: &Context<'_>) -> Table {
    match products(cx) {
        Err(why) => table(Vec::new(), vec![why]),
        Ok(all) => {
            let others = all.into_iter().filter(|product| product.third_party).map(|product| {
                Record::default().with("name", product.name).with("path", product.path).seen([product.at])
            });
            table(others.collect(), Vec::new())
        }
    }
}

/// All registered products.
pub(super) fn products(cx: &Context<'_>) -> Result<Vec<Product>, Unknown> {
    let seen = cx.system.single()?;
    let found = answer(&seen.value.antivirus, "registered security products", &seen.at)?.unwrap_or_default();
    let mut all: Vec<Product> = found
        .into_iter()
        .map(|record| Product {
            third_party: !is_defender(&record.name),
            path: record.path.value().map(ToString::to_string),
            name: record.name,
            at: seen.at.clone(),
        })
        .collect();
    all.sort_by_key(|product| product.name.to_lowercase());
    all.dedup_by_key(|product| product.name.to_lowercase());
    Ok(all)
}

/// Whether another product than Defender is registered.
pub(super) fn third_party(cx: &Context<'_>) -> Result<Option<String>, Unknown> {
    Ok(products(cx)?.into_iter().find(|product| product.third_party).map(|product| product.name))
}

/// Microsoft's own scanner under the names it has had.
fn is_defender(name: &str) -> bool {
    let name = name.to_lowercase();
    name.contains("windows defender")
        || name.contains("microsoft defender")
        || name.contains("microsoft security essentials")
        || name == "defender"
}
