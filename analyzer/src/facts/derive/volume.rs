//! The `volume` kind: volumes that hold a data folder or Windows.

use koff_bundle::{acquisition::State, path::WinPath};

use super::{mib, table};
use crate::{
    facts::{
        Record, Table,
        context::Context,
        model::volumes::{holding, word},
        raw::rows::answer,
    },
    verdict::Unknown,
};

/// One record a volume that matters.
#[must_use]
pub fn derive(cx: &Context<'_>) -> Table {
    let holds_data = |root: &WinPath, user: Option<&str>| {
        cx.caches.caches.iter().any(|cache| {
            let path = cache.resolves_to.as_ref().unwrap_or(&cache.path);
            let volume = holding(&cx.volumes, path, Some(&cache.user)).ok().flatten();
            volume.is_some_and(|seen| seen.value.root == *root && seen.value.user.as_deref() == user)
        })
    };
    let mut records = Vec::new();
    for seen in cx.volumes.iter() {
        let volume = &seen.value;
        let data = holds_data(&volume.root, volume.user.as_deref());
        if !data && !volume.root.key().starts_with("c:") {
            continue;
        }
        let what = |part: &str| format!("{part} of {}", volume.root);
        let free = answer(&volume.free, &what("free space"), &seen.at);
        let low = free.clone().map(|free| free.map(|bytes| mib(bytes) < cx.pack.limits.free_minimum_mb));
        records.push(
            Record::default()
                .with("root", volume.root.as_str())
                .with("kind", answer(&volume.kind, &what("kind"), &seen.at).map(|kind| kind.map(word)))
                .with("free_mb", free.map(|free| free.map(mib)))
                .with("total_mb", answer(&volume.total, &what("capacity"), &seen.at).map(|total| total.map(mib)))
                .with("holds_data", data)
                .with("free_low", low)
                .seen([seen.at.clone()]),
        );
    }
    // A data folder on a volume that nobody described: there is one more volume than these.
    let unseen = cx.caches.caches.iter().filter_map(|cache| {
        let path = cache.resolves_to.as_ref().unwrap_or(&cache.path);
        let seen = holding(&cx.volumes, path, Some(&cache.user));
        matches!(seen, Ok(None)).then(|| Unknown::new(State::NotCollected, format!("volume of {path}")))
    });
    table(records, cx.volumes.gaps.iter().cloned().chain(unseen).collect())
}
