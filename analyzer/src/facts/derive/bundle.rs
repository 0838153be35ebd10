//! The `bundle` and `altered` kinds: the bundle as evidence.

use jiff::Timestamp;
use koff_bundle::{acquisition::State, artifact::Artifact, manifest::HostKind, reading::Reading};

use super::table;
use crate::{
    facts::{Datum, Record, Table, context::Context, failure::Failure, raw::altered::Alteration},
    verdict::Unknown,
};

/// What logs and events say about the failure, handed in by those who read them.
#[derive(Debug, Clone, PartialEq)]
pub struct Failures {
    /// First failure seen anywhere but in the connector's own log.
    pub elsewhere: Result<Option<Timestamp>, Unknown>,
    /// First failure seen anywhere.
    pub any: Result<Option<Failure>, Unknown>,
    /// Whether a connector debug log with at least one line is there.
    pub debug_log: Result<bool, Unknown>,
    /// First and last stamp of the debug log.
    pub debug_log_span: Result<Option<(Timestamp, Timestamp)>, Unknown>,
}

/// Exactly one record.
#[must_use]
pub fn derive(cx: &Context<'_>, failures: &Failures) -> Table {
    let manifest = &cx.input.manifest;
    let (mut denied, mut incomplete) = (Vec::new(), Vec::new());
    for entry in &manifest.entries {
        // What somebody kept back is told as what it was for, once, not key by key.
        let withheld = Artifact::from_id(&entry.artifact).filter(|_| entry.acquisition.state == State::Withheld);
        let own = withheld.map_or(entry.origin.as_str(), |artifact| artifact.purpose());
        let gaps = entry.gaps.iter().map(|gap| (gap.acquisition.state, gap.place.as_str()));
        for (state, place) in [(entry.acquisition.state, own)].into_iter().chain(gaps) {
            match state {
                State::Denied => denied.push(place.to_owned()),
                State::TimedOut | State::Truncated | State::Withheld | State::Failed | State::Locked => {
                    incomplete.push(format!("{place} ({})", state.words()));
                }
                _ => {}
            }
        }
    }
    for list in [&mut denied, &mut incomplete] {
        list.sort();
        list.dedup();
    }
    let span = &failures.debug_log_span;
    let covers: Datum = match (&failures.debug_log, span, &failures.elsewhere) {
        (Ok(false), ..) => Datum::Absent,
        (Ok(true), Ok(Some((from, to))), Ok(Some(failure))) => (from <= failure && failure <= to).into(),
        (Ok(true), Ok(_), Ok(None)) => Datum::Absent,
        (Ok(true), Ok(None), Ok(Some(_))) => Unknown::new(State::Failed, "times in the debug log").into(),
        (Err(why), ..) | (_, Err(why), _) | (.., Err(why)) => why.clone().into(),
    };
    let kind = match manifest.host.kind {
        HostKind::Live => "live",
        HostKind::Disk => "disk",
        HostKind::Recorded => "recorded",
        HostKind::Loose => "loose",
    };
    let record = Record::default()
        .with("kind", kind)
        .with("connector_in_use", super::connector::in_use(cx))
        .with("debug_log_present", failures.debug_log.clone())
        .with("debug_log_covers_failure", covers)
        .with("failure_at", failures.elsewhere.clone())
        .with("debug_log_from", span.clone().map(|span| span.map(|(from, _)| from)))
        .with("debug_log_to", span.clone().map(|span| span.map(|(_, to)| to)))
        .with("elevated", elevated(cx))
        .with("denied", denied)
        .with("incomplete", incomplete)
        .with("names_masked", manifest.redaction.names_masked)
        .seen([cx.input.host_evidence("kind", kind)]);
    table(vec![record], Vec::new())
}

/// Whether the collector ran elevated.
pub(super) fn elevated(cx: &Context<'_>) -> Datum {
    match &cx.input.manifest.host.elevated {
        Reading::Value(elevated) => (*elevated).into(),
        Reading::Missing(missing) if missing.missing == State::Absent => Datum::Absent,
        Reading::Missing(missing) => Unknown::new(missing.missing, "whether the collector ran elevated").into(),
    }
}

/// One record a member that is not what the manifest says.
#[must_use]
pub fn altered(cx: &Context<'_>, altered: &[Alteration]) -> Table {
    let records = altered.iter().map(|alteration| {
        let entry = cx.input.manifest.entries.iter().find(|entry| entry.name == alteration.artifact);
        Record::default()
            .with("artifact", alteration.artifact.as_str())
            .with("expected", alteration.expected.clone())
            .with("found", alteration.found.clone())
            .with("what", alteration.what)
            .seen(entry.map(|entry| cx.input.manifest_evidence(entry)))
    });
    table(records.collect(), Vec::new())
}
