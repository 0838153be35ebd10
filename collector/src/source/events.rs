//! Event logs, filtered at the source to the providers that rules read and to the plan's time window.

use koff_bundle::{
    acquisition::{Acquisition, State},
    manifest::HostKind,
};

use super::{Content, Context, Raw, gap};
use crate::host::{Answer, EventQuery};

/// A channel with the providers that matter in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Channel {
    /// The channel's name in Windows.
    pub name: &'static str,
    /// Providers; empty for all.
    pub providers: &'static [&'static str],
}

/// Crashes, hangs, Outlook's own events, installations.
pub const APPLICATION: Channel = Channel {
    name: "Application",
    providers: &[
        "Application Error",
        "Application Hang",
        "Windows Error Reporting",
        "Outlook",
        "MsiInstaller",
        "SideBySide",
        ".NET Runtime",
        "Microsoft Office 16",
        "Microsoft Office 16 Alerts",
    ],
};

/// Services, disks, installed updates.
pub const SYSTEM: Channel = Channel {
    name: "System",
    providers: &[
        "Service Control Manager",
        "disk",
        "Disk",
        "Ntfs",
        "Microsoft-Windows-Ntfs",
        "Microsoft-Windows-WindowsUpdateClient",
        "Microsoft-Windows-Time-Service",
        "srv",
    ],
};

/// What Microsoft Defender did.
pub const DEFENDER: Channel = Channel { name: "Microsoft-Windows-Windows Defender/Operational", providers: &[] };

/// Messages that Office showed.
pub const ALERTS: Channel = Channel { name: "OAlerts", providers: &[] };

/// Event ids of Defender that tell of signature updates and healthy scans only: many, and no rule reads them.
const NOISE: &[u32] = &[1000, 1001, 1002, 1013, 1150, 1151, 2000, 2002, 2010, 2014, 2030];

/// Events of one channel, newest within the limit, in order of time.
///
/// # Errors
/// As the host says.
pub fn read(context: &Context, channel: &Channel) -> Answer<Raw> {
    let window = jiff::SignedDuration::try_from(context.plan.since).unwrap_or(jiff::SignedDuration::MAX);
    // A disk may have been taken out of its PC long ago: there the window ends with the newest event.
    let live = context.survey.info.as_ref().is_none_or(|info| info.kind == HostKind::Live);
    let since = live.then(|| context.host.now().checked_sub(window).ok()).flatten();
    let query = EventQuery {
        channel: channel.name.to_owned(),
        providers: channel.providers.iter().map(|name| (*name).to_owned()).collect(),
        since,
        limit: context.plan.caps.events,
    };
    let mut events = context.host.events(&query)?;
    let newest = events.records.iter().map(|record| record.time).max();
    if let Some(from) = newest.and_then(|newest| newest.checked_sub(window).ok()) {
        events.records.retain(|record| record.time >= from);
    }
    if *channel == DEFENDER {
        events.records.retain(|record| !NOISE.contains(&record.id));
    }
    let damaged = |why: String| gap(channel.name, Acquisition::ended(State::Failed, why));
    Ok(Raw {
        gaps: events.damaged.into_iter().map(damaged).collect(),
        cut: events.cut.then(|| format!("the newest {} events only", query.limit)),
        modified: events.records.last().map(|record| record.time),
        ..Raw::whole(Content::Events(events.records))
    })
}

/// Member name of a channel, e.g. `events/application.ndjson`.
#[must_use]
pub fn member(channel: &Channel) -> String {
    let name = channel.name.to_lowercase().replace([' ', '/'], "-");
    format!("events/{name}.ndjson")
}
