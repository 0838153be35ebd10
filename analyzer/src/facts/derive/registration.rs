//! The `registration` kind: does the MAPISVC.INF that an Outlook reads know the connector.

use jiff::Timestamp;
use koff_bundle::acquisition::State;

use super::table;
use crate::{
    evidence::Evidence,
    facts::{
        Datum, Record, Table,
        context::Context,
        model::{
            mapisvc::{Inf, folder_of},
            office::{Install, OfficeKind},
        },
    },
    verdict::Unknown,
};

/// One record an installed Outlook.
#[must_use]
pub fn derive(cx: &Context<'_>) -> Table {
    let expected = super::any([cx.connector.installed(), cx.used_by_profile()]);
    let update = super::change::after_install(cx);
    let outlooks = cx.offices.with_outlook().filter(|install| install.kind != OfficeKind::Store);
    let records = outlooks.map(|install| {
        let own = look_up(cx, install);
        let update = match &own.written_anew {
            Some((time, at)) if !matches!(update, Ok(Some(_))) => {
                Ok(Some(("Office, which wrote its MAPISVC.INF anew".to_owned(), *time, vec![at.clone()])))
            }
            _ => update.clone(),
        };
        let (elsewhere, file, at) = elsewhere(cx, install);
        let record = Record::default()
            .with("outlook_bitness", install.bitness.clone())
            .with("office_kind", install.kind.word())
            .with("inf", own.path)
            .with("registered", own.registered)
            .with("registered_elsewhere", elsewhere)
            .with("elsewhere", file)
            .with("connector_expected", expected.clone())
            .with("installed_at", cx.connector.installed_at.and_then(super::super::model::connector::Installed::time))
            .seen(own.at)
            .seen(at);
        match &update {
            Ok(Some((name, time, at))) => record
                .with("updated_after_install", true)
                .with("update", name.as_str())
                .with("updated_at", *time)
                .seen(at.iter().cloned()),
            Ok(None) => record.with("updated_after_install", false),
            Err(why) => record.with("updated_after_install", why.clone()),
        }
        .seen(install.at.iter().cloned())
    });
    table(records.collect(), cx.offices.gaps.clone())
}

struct Look {
    path: Datum,
    /// When Click-to-Run wrote a file without the connector after the connector was installed. The file belongs to its
    /// package: nobody but an update and the connector's own installer writes it.
    written_anew: Option<(Timestamp, Evidence)>,
    registered: Result<bool, Unknown>,
    at: Vec<Evidence>,
}

/// The file that the Outlook of `install` reads, and whether the connector is registered in it.
fn look_up(cx: &Context<'_>, install: &Install) -> Look {
    let Some(folder) = folder_of(install, &cx.windows.common) else {
        let why = match &install.bitness {
            Err(why) => why.clone(),
            Ok(_) => Unknown::new(State::NotCollected, "which MAPISVC.INF this Outlook reads"),
        };
        return Look { path: why.clone().into(), written_anew: None, registered: Err(why), at: Vec::new() };
    };
    let files = cx.infs.read_by(&folder);
    let usual = folder.join(r"1033\MAPISVC.INF");
    let own: Vec<&Inf> = cx.infs.files.iter().filter(|inf| inf.user.is_some()).collect();
    let whole = files.iter().chain(&own).find(|inf| inf.registration().is_ok());
    if let Some(inf) = whole {
        let at = inf.registration().unwrap_or_default();
        return Look { path: inf.path.as_str().into(), written_anew: None, registered: Ok(true), at };
    }
    let path = files.first().map_or(usual, |inf| inf.path.clone());
    let registered = match (files.first(), cx.infs.gap_below(&folder)) {
        (_, Some(why)) => Err(why.clone()),
        (Some(inf), None) => inf.registers(),
        (None, None) => absent(cx, install, &folder),
    };
    let at = files.iter().map(|inf| inf.at.clone()).chain(cx.infs.absent_below(&folder).cloned());
    let written_anew = files.first().filter(|_| install.kind == OfficeKind::ClickToRun).and_then(|inf| {
        let (time, installed) = (inf.modified?, cx.connector.installed_at?);
        (installed.before(time) == Some(true)).then(|| (time, inf.at.clone()))
    });
    Look { path: path.as_str().into(), written_anew, registered, at: at.collect() }
}

/// No file lies where this Outlook should read one.
fn absent(cx: &Context<'_>, install: &Install, folder: &koff_bundle::path::WinPath) -> Result<bool, Unknown> {
    if cx.infs.absent_below(folder).is_none() {
        return Err(Unknown::new(State::NotCollected, folder.join(r"1033\MAPISVC.INF").as_str()));
    }
    let any = cx.infs.files.iter().any(|inf| inf.registration().is_ok());
    // Click-to-Run's own place is not documented: while another file knows the connector, that one may be read.
    if any && install.kind == OfficeKind::ClickToRun {
        return Err(Unknown::new(State::Absent, folder.join(r"1033\MAPISVC.INF").as_str()));
    }
    cx.infs.gaps.first().map_or(Ok(false), |(_, why)| Err(why.clone()))
}

/// Whether another Office's file has the connector. The files of Windows itself belong to no Office.
fn elsewhere(cx: &Context<'_>, install: &Install) -> (Result<bool, Unknown>, Option<String>, Vec<Evidence>) {
    let own = folder_of(install, &cx.windows.common);
    let others = cx.infs.files.iter().filter(|inf| {
        let msmapi = inf.path.parts().any(|part| part.eq_ignore_ascii_case("msmapi"));
        msmapi && own.as_ref().is_some_and(|own| !inf.path.is_under(own))
    });
    for inf in others {
        if let Ok(at) = inf.registration() {
            return (Ok(true), Some(inf.path.to_string()), at);
        }
    }
    let gap = cx.infs.gaps.first().map(|(_, why)| why.clone());
    let gap = gap.or_else(|| (!cx.infs.planned).then(|| Unknown::new(State::NotCollected, "MAPISVC.INF")));
    (gap.map_or(Ok(false), Err), None, Vec::new())
}
