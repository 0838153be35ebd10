//! The `system` kind: Windows, memory, pending restart, security products.

use koff_bundle::{acquisition::State, path::WinPath};

use super::{mib, table, text};
use crate::{
    evidence::Evidence,
    facts::{
        Datum, Record, Table,
        context::Context,
        model::office::OfficeKind,
        names::is_kerio,
        raw::{Answer, registry::Scope, rows::answer},
        server::Server,
    },
    verdict::Unknown,
};

const SESSION: &str = r"SYSTEM\CurrentControlSet\Control\Session Manager";
const FLAGS: [(&str, &str); 2] = [
    (
        r"SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending",
        "Windows servicing waits for a restart",
    ),
    (
        r"SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired",
        "Windows Update waits for a restart",
    ),
];

/// Exactly one record.
#[must_use]
pub fn derive(cx: &Context<'_>, server: &Server) -> Table {
    let windows = &cx.windows;
    let memory: Answer<u64> =
        cx.system.single().and_then(|seen| answer(&seen.value.memory, "installed memory", &seen.at));
    let floor = cx.pack.limits.memory_floor_mb;
    let life = windows.life.as_ref();
    let unsupported: Datum = match (life.and_then(|life| life.ended), &windows.build) {
        (Some(ended), _) => ended.into(),
        (None, Err(why)) => why.clone().into(),
        (None, Ok(_)) => Unknown::new(State::Absent, "end of support of this Windows edition").into(),
    };
    let (pending, why, at) = reboot(cx);
    let (side_by_side, ones) = side_by_side(cx);
    let record = Record::default()
        .with("windows", windows.name())
        .with("build", windows.build.clone().map(|found| found.map(|seen| i64::from(seen.value))))
        .with("ubr", windows.ubr.clone().map(|found| found.map(|seen| i64::from(seen.value))))
        .with("architecture", text(&windows.architecture))
        .with("memory_mb", memory.clone().map(|bytes| bytes.map(mib)))
        .with("memory_below_minimum", memory.map(|bytes| bytes.map(|bytes| mib(bytes) < floor)))
        .with("windows_unsupported", unsupported)
        .with("end_of_support", life.and_then(|life| life.end).map(|day| day.to_string()))
        .with("end_unconfirmed", life.and_then(|life| life.unconfirmed.clone()))
        .with("reboot_pending", pending)
        .with("reboot_why", why)
        .with("office_side_by_side", side_by_side)
        .with("office_side_by_side_why", ones)
        .with("elevated", super::bundle::elevated(cx))
        .with("clock_paired", server.paired())
        .with("clock_skew_seconds", server.seconds())
        .seen(windows.evidence())
        .seen(cx.system.iter().map(|seen| seen.at.clone()))
        .seen(at)
        .seen(server.skew.iter().map(|seen| seen.at.clone()));
    table(vec![beside(cx, products(cx, record))], Vec::new())
}

fn products(cx: &Context<'_>, record: Record) -> Record {
    let names = super::antivirus::products(cx);
    let all = names.clone().map(|list| list.iter().map(|product| product.name.clone()).collect::<Vec<_>>());
    let others = names.map(|list| {
        list.iter().filter(|product| product.third_party).map(|product| product.name.clone()).collect::<Vec<_>>()
    });
    record.with("antivirus", all).with("third_party_antivirus", others)
}

/// What a running PC alone tells: registered firewalls, and what stands beside the clock.
fn beside(cx: &Context<'_>, record: Record) -> Record {
    let seen = cx.system.single();
    let firewalls: Answer<Vec<String>> = seen.clone().and_then(|seen| {
        let found = answer(&seen.value.firewalls, "registered firewalls", &seen.at)?.unwrap_or_default();
        Ok(Some(found.into_iter().map(|product| product.name).collect()))
    });
    let tray: Answer<Vec<String>> = seen.and_then(|seen| answer(&seen.value.tray_text, "tray icon", &seen.at));
    record.with("firewalls", firewalls).with("tray_text", tray)
}

/// Whether a restart is pending, why, and where that stands. Renames count only where they concern Office or Kerio.
fn reboot(cx: &Context<'_>) -> (Result<bool, Unknown>, Vec<String>, Vec<Evidence>) {
    let (mut why, mut at, mut gap) = (Vec::new(), Vec::new(), None);
    for (path, words) in FLAGS {
        match cx.registry.key(&Scope::Machine, path) {
            Ok(Some(key)) => {
                why.push(words.to_owned());
                at.extend(key.at());
            }
            Ok(None) => {}
            Err(unknown) => gap = gap.or(Some(unknown)),
        }
    }
    for name in ["PendingFileRenameOperations", "PendingFileRenameOperations2"] {
        match cx.registry.value(&Scope::Machine, SESSION, name) {
            Ok(Some(seen)) => {
                let paths = seen.value.strings();
                let ours = paths.iter().map(|path| path.trim_start_matches('!')).find(|path| concerns(path));
                if let Some(path) = ours {
                    why.push(format!("file to be replaced at the next start: {}", WinPath::new(path)));
                    at.push(seen.at);
                }
            }
            Ok(None) => {}
            Err(unknown) => gap = gap.or(Some(unknown)),
        }
    }
    let pending = match (why.is_empty(), gap) {
        (false, _) => Ok(true),
        (true, Some(unknown)) => Err(unknown),
        (true, None) => Ok(false),
    };
    (pending, why, at)
}

fn concerns(path: &str) -> bool {
    let path = WinPath::new(path);
    let office = |part: &str| {
        let part = part.to_lowercase();
        part == "microsoft office" || part == "clicktorun" || part == "msmapi"
    };
    is_kerio(path.as_str()) || path.parts().any(office)
}

/// Click-to-Run and MSI at once, or two bitnesses.
fn side_by_side(cx: &Context<'_>) -> (Datum, Option<String>) {
    let installs: Vec<_> = cx.offices.with_outlook().filter(|install| install.kind != OfficeKind::Store).collect();
    let kinds =
        installs.iter().any(|i| i.kind == OfficeKind::Msi) && installs.iter().any(|i| i.kind == OfficeKind::ClickToRun);
    let mut bits: Vec<&str> = installs.iter().filter_map(|i| i.bitness.as_ref().ok()?.as_deref()).collect();
    bits.sort_unstable();
    bits.dedup();
    let words = installs.iter().map(|install| {
        let bitness = install.bitness.as_ref().ok().and_then(Option::as_deref).unwrap_or("unknown bitness");
        format!("{} {} ({bitness})", install.kind.word(), install.version.as_deref().unwrap_or("?"))
    });
    if kinds || bits.len() > 1 {
        return (true.into(), Some(words.collect::<Vec<_>>().join(", ")));
    }
    let certain = cx.offices.gaps.is_empty() || installs.is_empty();
    match (certain, cx.offices.gaps.first()) {
        (false, Some(why)) => (why.clone().into(), None),
        _ if installs.is_empty() && !cx.offices.gaps.is_empty() => (Datum::Unknown(cx.offices.gaps.clone()), None),
        _ => (false.into(), None),
    }
}
