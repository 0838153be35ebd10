//! The `office` kind: one record an installed Office with Outlook, and one where nobody can tell whether the Store's is.

mod activation;

use super::table;
use crate::{
    facts::{
        Datum, Record, Table,
        context::Context,
        model::office::{Install, OfficeKind},
    },
    pack::Lifetime,
    verdict::Unknown,
};

/// One record an Office.
#[must_use]
pub fn derive(cx: &Context<'_>) -> Table {
    let records = cx.offices.installs.iter().map(|install| {
        let (name, life) = release(cx, install);
        let untold = || {
            let version = install.version.as_deref().unwrap_or("this version");
            let what = format!("end of support of Office {version}");
            Datum::from(Unknown::new(koff_bundle::acquisition::State::Absent, what))
        };
        let unconfirmed = life.as_ref().and_then(|life| life.unconfirmed.clone());
        let (ended, end) = match life {
            Some(Lifetime { end, ended: Some(ended), .. }) => (ended.into(), end.map(|day| day.to_string())),
            Some(Lifetime { end, ended: None, .. }) => (untold(), end.map(|day| day.to_string())),
            None => (untold(), None),
        };
        let record = Record::default()
            .with("kind", install.kind.word())
            .with("version", install.version.clone())
            .with("build", install.version.as_deref().and_then(build))
            .with("release", name)
            .with("bitness", install.bitness.clone())
            .with("channel", install.channel.clone())
            .with("products", install.products.clone())
            .with("has_outlook", install.has_outlook)
            .with("store", install.kind == OfficeKind::Store)
            .with("updated_at", updated_at(cx, install))
            .with("unsupported", ended)
            .with("end_of_support", end)
            .with("end_unconfirmed", unconfirmed);
        activation::add(cx, install, record).seen(install.at.iter().cloned())
    });
    // The Store's package is listed in a place of its own, of which the other Offices tell nothing; a gap of theirs says
    // as much already.
    let store = (cx.offices.gaps.is_empty() && !cx.offices.store_gaps.is_empty())
        .then(|| Record::default().with("kind", "store").with("store", Datum::Unknown(cx.offices.store_gaps.clone())));
    table(records.chain(store).collect(), cx.offices.gaps.clone())
}

/// The build as File > Office Account shows it: third and fourth part of the version.
fn build(version: &str) -> Option<String> {
    let parts: Vec<&str> = version.split('.').collect();
    parts.get(2).zip(parts.get(3)).map(|(build, revision)| format!("{build}.{revision}"))
}

/// Name of the release by the pack's table, and its lifetime.
pub(super) fn release(cx: &Context<'_>, install: &Install) -> (Option<String>, Option<Lifetime>) {
    let version = install.version.as_deref().unwrap_or_default();
    let streamed = install.kind != OfficeKind::Msi;
    let life = cx.pack.office_life(streamed, version, &install.products, cx.windows.collected);
    (life.as_ref().map(|life| life.name.clone()), life)
}

/// When this Office was last updated: as it says itself, else when its configuration was last written, which every update
/// does.
pub(super) fn updated_at(cx: &Context<'_>, install: &Install) -> Option<jiff::Timestamp> {
    if install.kind != OfficeKind::ClickToRun {
        return install.updated_at;
    }
    let configuration = || {
        let entries = cx.input.entries(koff_bundle::artifact::Artifact::RegistryClickToRun);
        let own = entries.filter(|entry| {
            let origin = entry.origin.to_lowercase();
            entry.acquisition.state.has_content() && origin.ends_with(r"\clicktorun\configuration")
        });
        own.filter_map(|entry| entry.modified).max()
    };
    install.updated_at.or_else(configuration)
}
