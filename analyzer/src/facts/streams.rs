//! Logs and events of a bundle as facts. Owns which members are logs, which are events, and what their absence means:
//! a log or channel that is not there leaves a record whose every field is unknown but where it comes from, so that only
//! rules that could have found something in it become unknown.

use jiff::Timestamp;
use koff_bundle::{acquisition::State, artifact::Artifact, manifest::Entry, path::WinPath, reader::Bundle};
use rayon::prelude::*;

use super::{
    Datum, Record, Table,
    kind::{EVENT, Kind, LOG},
    log::{
        layout::Layout,
        needs::Needs,
        read::{LogRead, MOST_OF_ONE, MOST_RECORDS, Origin, line, read},
        scan::Patterns,
        wanted::Wanted,
    },
    model::locale::Locale,
};
use crate::verdict::Unknown;

pub mod events;

/// Logs by artifact, with the source that rules know them under.
const LOGS: &[(Artifact, &str)] = &[
    (Artifact::ConnectorLogs, "connector"),
    (Artifact::IndexerLogs, "indexer"),
    (Artifact::FirebirdLogs, "firebird"),
    (Artifact::UpdaterLogs, "updater"),
    (Artifact::InstallerLogs, "installer"),
];

/// Event channels by artifact.
const CHANNELS: &[(Artifact, &str)] = &[
    (Artifact::EventsApplication, "Application"),
    (Artifact::EventsSystem, "System"),
    (Artifact::EventsDefender, "Microsoft-Windows-Windows Defender/Operational"),
    (Artifact::EventsOutlookAlerts, "OAlerts"),
    (Artifact::ErrorReports, "wer"),
];

/// What logs and events say, as tables and in sum.
#[derive(Debug, Default)]
pub struct Streams {
    /// Kind `log`.
    pub log: Table,
    /// Kind `event`.
    pub event: Table,
    /// Lines of the connector's own logs.
    pub debug_lines: u64,
    /// First and last stamp of the connector's own logs.
    pub debug_span: Option<(Timestamp, Timestamp)>,
    /// Why the connector's own logs may not be all there.
    pub debug_gaps: Vec<Unknown>,
}

/// Reads the logs and events of `bundle`, whose PC writes in `locale`.
#[must_use]
pub fn streams(bundle: &Bundle, locale: &Locale, layouts: &[Layout], patterns: &Patterns) -> Streams {
    let mut streams = Streams::default();
    streams.log.wanted = Some(Wanted::new(patterns.needs()));
    logs(bundle, layouts, patterns, locale, &mut streams);
    events(bundle, &mut streams);
    streams
}

fn logs(bundle: &Bundle, layouts: &[Layout], patterns: &Patterns, locale: &Locale, streams: &mut Streams) {
    let planned: Vec<(&Entry, Artifact, &str)> = bundle
        .manifest()
        .entries
        .iter()
        .filter_map(|entry| {
            let (artifact, source) = LOGS.iter().find(|(artifact, _)| artifact.id() == entry.artifact)?;
            Some((entry, *artifact, *source))
        })
        .collect();
    // Members side by side, each for whoever has nothing to do; their order in the table is the manifest's, whatever
    // finishes first.
    let read: Vec<_> = planned
        .par_iter()
        .with_max_len(1)
        .map(|(entry, _, source)| {
            let readable = entry.acquisition.state.has_content() && bundle.member(&entry.name).is_some();
            readable.then(|| read_log(bundle, entry, source, locale, layouts, patterns))
        })
        .collect();
    for ((entry, artifact, source), read) in planned.iter().zip(read) {
        let gap = match read {
            Some(Ok(log)) => {
                let own = *artifact == Artifact::ConnectorLogs && source_of(entry, source) == "connector";
                let cut: Vec<&Needs> = log.cut.iter().filter_map(|need| patterns.needs().get(*need as usize)).collect();
                if !cut.is_empty() {
                    let why = format!(
                        "expected at most {MOST_RECORDS} records that a rule asks for, {MOST_OF_ONE} of them for one reason, \
                         found more"
                    );
                    let why = gap(State::Truncated, entry, &why);
                    missing(&mut streams.log, &LOG, ("source", source), &why, Some(&cut));
                }
                take(log, own, patterns, streams);
                shortfall(entry)
            }
            Some(Err(why)) => Some(gap(State::Failed, entry, &why)),
            None => shortfall(entry),
        };
        if let Some(why) = gap {
            missing(&mut streams.log, &LOG, ("source", source), &why, None);
            if *artifact == Artifact::ConnectorLogs {
                streams.debug_gaps.push(why);
            }
        }
    }
    // No log at all of the connector's own is no proof that nothing went wrong.
    let has_own = streams.debug_lines > 0;
    if !has_own && streams.debug_gaps.is_empty() {
        let planned = planned.iter().any(|(_, artifact, _)| *artifact == Artifact::ConnectorLogs);
        let state = if planned { State::Absent } else { State::NotCollected };
        missing(
            &mut streams.log,
            &LOG,
            ("source", "connector"),
            &Unknown::new(state, "a debug log of the connector"),
            None,
        );
    }
}

/// Adds what a log says; `own` where it is the connector's own.
fn take(log: LogRead, own: bool, patterns: &Patterns, streams: &mut Streams) {
    if own {
        streams.debug_lines += log.lines;
        if let (Some(from), Some(to)) = (log.from, log.to) {
            let span = streams.debug_span.map_or((from, to), |(a, b)| (a.min(from), b.max(to)));
            streams.debug_span = Some(span);
        }
    }
    for (record, numbers) in log.records.into_iter().zip(log.wanted_by) {
        let needs = numbers.iter().filter_map(|number| patterns.needs().get(*number as usize));
        if let Some(wanted) = &mut streams.log.wanted {
            wanted.add(streams.log.records.len(), needs);
        }
        streams.log.records.push(record);
    }
}

fn read_log(
    bundle: &Bundle,
    entry: &Entry,
    source: &str,
    locale: &Locale,
    layouts: &[Layout],
    patterns: &Patterns,
) -> Result<LogRead, String> {
    let source = source_of(entry, source);
    let origin = Origin { member: &entry.name, sha256: "", source, user: entry.user.as_deref(), locale };
    let mut stream = bundle.stream(&entry.name).map_err(|error| error.to_string())?;
    let mut log = read(origin, &mut stream, layouts, patterns).map_err(|error| error.to_string())?;
    let sha256 = stream.finish().map_err(|error| error.to_string())?;
    for evidence in log.records.iter_mut().flat_map(|record| &mut record.evidence) {
        evidence.sha256.clone_from(&sha256);
    }
    Ok(log)
}

/// The record that line `number` (from 1) of the log `member` belongs to.
///
/// # Errors
/// What was expected of `member` and what was found, in words.
pub fn log_line(bundle: &Bundle, member: &str, number: u64, layouts: &[Layout]) -> Result<Record, String> {
    let entry = bundle.manifest().entries.iter().find(|entry| entry.name == member);
    let entry = entry.ok_or_else(|| format!("{member}: expected a member of the bundle, found none of that name"))?;
    let source = LOGS.iter().find(|(artifact, _)| artifact.id() == entry.artifact).map(|(_, source)| *source);
    let source = source.ok_or_else(|| format!("{member}: expected a log, found {}", entry.artifact))?;
    let locale = &Locale::of(bundle);
    let origin = Origin { member, sha256: "", source: source_of(entry, source), user: None, locale };
    let stream = bundle.stream(member).map_err(|error| error.to_string())?;
    let found = line(origin, stream, layouts, number).map_err(|error| error.to_string())?;
    found.ok_or_else(|| format!("{member}: expected at least {number} lines, found fewer"))
}

/// Whose log it is: loose evidence may hold logs of the server, whose names are the vendor's own \[K15\]. `debug.log` and
/// `error.log` are not among them: a client may call its own so.
fn source_of<'a>(entry: &Entry, source: &'a str) -> &'a str {
    const SERVER: [&str; 7] = ["audit", "config", "mail", "operations", "security", "spam", "warning"];
    let name = WinPath::new(&entry.origin).file_name().to_lowercase();
    let stem = name.split('.').next().unwrap_or_default();
    if source == "connector" && SERVER.contains(&stem) { "server" } else { source }
}

fn events(bundle: &Bundle, streams: &mut Streams) {
    let mut seen: Vec<&str> = Vec::new();
    for entry in &bundle.manifest().entries {
        let channel = CHANNELS.iter().find(|(artifact, _)| artifact.id() == entry.artifact).map(|(_, name)| *name);
        let loose = events::Loose::of(&entry.artifact);
        if channel.is_none() && loose.is_none() {
            continue;
        }
        let has_content = entry.acquisition.state.has_content() && bundle.member(&entry.name).is_some();
        let found = has_content.then(|| events::read(bundle, entry, loose));
        // What was sent by hand may hold events of any channel.
        let mut channels: Vec<&str> = channel.into_iter().collect();
        let why = match found {
            Some(Ok(found)) => {
                if channel.is_none() {
                    channels
                        .extend(CHANNELS.iter().map(|(_, name)| *name).filter(|name| found.channels.contains(*name)));
                }
                seen.extend(CHANNELS.iter().map(|(_, name)| *name).filter(|name| found.channels.contains(*name)));
                streams.event.records.extend(found.records);
                found.damaged.first().map(|damage| gap(State::Truncated, entry, damage)).or_else(|| shortfall(entry))
            }
            Some(Err(why)) => Some(gap(State::Failed, entry, &why)),
            None if entry.acquisition.state == State::Absent => {
                Some(gap(State::Absent, entry, &entry.acquisition.reason))
            }
            None => shortfall(entry),
        };
        seen.extend(channel);
        // Error reports are extra witnesses of what the Application channel says: their absence proves nothing new.
        for (why, channel) in why.iter().flat_map(|why| channels.iter().map(move |channel| (why, *channel))) {
            if channel != "wer" {
                missing(&mut streams.event, &EVENT, ("channel", channel), why, None);
            }
        }
    }
    for (_, channel) in CHANNELS.iter().filter(|(_, name)| *name != "wer" && !seen.contains(name)) {
        let why = Unknown::new(State::NotCollected, format!("event log {channel}"));
        missing(&mut streams.event, &EVENT, ("channel", channel), &why, None);
    }
    streams.event.records.sort_by_key(|record| match record.get("time") {
        Datum::Time(time) => Some(*time),
        _ => None,
    });
}

/// A record that may exist: only where it would come from is known, and what needs it would meet, if not any.
fn missing(
    table: &mut Table,
    kind: &'static Kind,
    known: (&'static str, &str),
    why: &Unknown,
    needs: Option<&[&Needs]>,
) {
    let mut record = Record::default();
    for field in kind.fields {
        record.fields.insert(field.name, Datum::Unknown(vec![why.clone()]));
    }
    record.fields.insert(known.0, Datum::Text(known.1.to_owned()));
    if table.records.contains(&record) {
        return;
    }
    if let Some(wanted) = &mut table.wanted {
        match needs {
            Some(needs) => wanted.add(table.records.len(), needs.iter().copied()),
            None => wanted.add_for_all(table.records.len()),
        }
    }
    table.records.push(record);
}

/// Why `entry` is not all there; a thing that certainly does not exist is all there.
fn shortfall(entry: &Entry) -> Option<Unknown> {
    match entry.acquisition.state {
        State::Complete | State::Absent => entry
            .gaps
            .first()
            .map(|part| gap(part.acquisition.state, entry, &format!("{}: {}", part.place, part.acquisition.reason))),
        state => Some(gap(state, entry, &entry.acquisition.reason)),
    }
}

fn gap(state: State, entry: &Entry, why: &str) -> Unknown {
    let what = if why.is_empty() { entry.origin.clone() } else { format!("{} ({why})", entry.origin) };
    Unknown { artifact: Some(entry.name.clone()), ..Unknown::new(state, what) }
}
