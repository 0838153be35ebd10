//! The `change` kind: updates of Office and Windows, and the installation of the connector, against the first failure.

use jiff::Timestamp;

use super::table;
use crate::{
    evidence::Evidence,
    facts::{
        Datum, Record, Table,
        context::Context,
        failure::Failure,
        raw::rows::{answer, untold},
    },
    verdict::Unknown,
};

/// One change with its time.
struct Change {
    what: &'static str,
    name: String,
    time: Timestamp,
    at: Vec<Evidence>,
}

/// One record a change. `failure` is the first failure seen in logs or events, where one was seen.
#[must_use]
pub fn derive(cx: &Context<'_>, failure: &Result<Option<Failure>, Unknown>) -> Table {
    let (changes, gaps) = changes(cx);
    let bound = cx.pack.limits.recent_update_hours;
    let records = changes.into_iter().map(|change| {
        let hours: Result<Option<i64>, Unknown> = failure.clone().map(|failure| {
            let seconds = failure?.time.as_second().checked_sub(change.time.as_second())?;
            Some(seconds.div_euclid(3600))
        });
        let before: Datum = match &hours {
            Ok(hours) => hours.is_some_and(|hours| (0..=bound).contains(&hours)).into(),
            Err(why) => why.clone().into(),
        };
        Record::default()
            .with("what", change.what)
            .with("name", change.name)
            .with("time", change.time)
            .with("hours_before_failure", hours)
            .with("before_failure", before)
            .with("failure", failure.clone().map(|failure| failure.map(|failure| failure.what)))
            .seen(change.at)
    });
    table(records.collect(), gaps)
}

fn changes(cx: &Context<'_>) -> (Vec<Change>, Vec<Unknown>) {
    let mut all = Vec::new();
    let mut gaps = cx.offices.gaps.clone();
    for install in &cx.offices.installs {
        if let Some(time) = super::office::updated_at(cx, install) {
            let name = install.version.clone().unwrap_or_default();
            all.push(Change { what: "office", name, time, at: install.at.clone() });
        }
    }
    match cx.system.single() {
        Err(why) => gaps.push(why),
        Ok(seen) => match answer(&seen.value.updates, "installed Windows updates", &seen.at) {
            Err(why) => gaps.push(why),
            Ok(updates) => {
                for update in updates.unwrap_or_default() {
                    let Some(time) = update.installed.value() else { continue };
                    all.push(Change { what: "windows", name: update.id, time: *time, at: vec![seen.at.clone()] });
                }
            }
        },
    }
    let installed = cx.connector.installed_at.and_then(super::super::model::connector::Installed::time);
    if let Some(time) = installed {
        let name = cx.connector.version.as_ref().map(|seen| seen.value.to_string()).unwrap_or_default();
        all.push(Change { what: "connector", name, time, at: cx.connector.evidence() });
    }
    all.sort_by(|a, b| (a.time, a.what, &a.name).cmp(&(b.time, b.what, &b.name)));
    (all, gaps)
}

/// The last update of Office or Windows after the connector was installed, or why that cannot be told.
pub(super) fn after_install(cx: &Context<'_>) -> Result<Option<(String, Timestamp, Vec<Evidence>)>, Unknown> {
    let Some(installed) = cx.connector.installed_at else {
        let gaps = cx.connector.gaps.iter().chain(&cx.files.programs.gaps);
        return Err(untold("when the connector was installed", gaps));
    };
    let (changes, gaps) = changes(cx);
    let mut unclear = gaps.into_iter().next();
    let mut last = None;
    for change in changes.into_iter().filter(|change| change.what != "connector") {
        match installed.before(change.time) {
            Some(true) => last = Some((format!("{} {}", words(change.what), change.name), change.time, change.at)),
            Some(false) => {}
            None => {
                let what = format!("which came first on that day: the connector or {}", change.name);
                unclear = Some(Unknown::new(koff_bundle::acquisition::State::NotCollected, what));
            }
        }
    }
    match (last, unclear) {
        (Some(last), _) => Ok(Some(last)),
        (None, Some(why)) => Err(why),
        (None, None) => Ok(None),
    }
}

fn words(what: &str) -> &'static str {
    if what == "office" { "Office" } else { "Windows update" }
}
