//! When things first went wrong: the earliest record of an event log or log that is a failure by itself. Owns what counts
//! as one before any rule is asked; a failure of the connector counts before one of Outlook that may be anything's.

use jiff::Timestamp;

use super::{Datum, Record, Table, names};
use crate::verdict::Unknown;

/// The first failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// When.
    pub time: Timestamp,
    /// What, in words that follow "the first", e.g. "MAPI error".
    pub what: String,
}

/// Texts with which a log line of any layout tells a failure that keeps a profile from loading: of MAPI \[M1\], of the
/// database \[K3\] and its engine.
const TEXTS: [(&str, &str); 6] = [
    ("mapi was unable to load the information service", "MAPI error"),
    ("was not enough disk space to proceed with the upgrade of the database", "failed upgrade of the database"),
    ("database file appears corrupt", "error of the database"),
    ("internal gds software consistency check", "error of the database"),
    ("is confused in table", "error of the database"),
    ("unknown database i/o error", "error of the database"),
];

/// The earliest failure among the records of `tables` that `relevant` picks: of the connector, else of Outlook. Unknown
/// where none is there and some of the relevant records could not be read.
pub(crate) fn first(tables: &[&Table], relevant: impl Fn(&Record) -> bool) -> Result<Option<Failure>, Unknown> {
    let records = || tables.iter().flat_map(|table| &table.records).filter(|record| relevant(record));
    let mut found: Vec<(bool, Failure)> = records()
        .filter_map(|record| {
            let Datum::Time(time) = record.get("time") else { return None };
            let (what, ours) = failing(record)?;
            Some((!ours, Failure { time: *time, what }))
        })
        .collect();
    found.sort_by(|a, b| (a.0, a.1.time, &a.1.what).cmp(&(b.0, b.1.time, &b.1.what)));
    if let Some((_, failure)) = found.into_iter().next() {
        return Ok(Some(failure));
    }
    let unread = records().find_map(|record| match record.get("time") {
        Datum::Unknown(why) => why.first().cloned(),
        _ => None,
    });
    unread.or_else(|| tables.iter().find_map(|table| table.gaps.first().cloned())).map_or(Ok(None), Err)
}

/// What a record fails with, and whether that is certainly about the connector; `None` for anything that is no failure.
pub(crate) fn failing(record: &Record) -> Option<(String, bool)> {
    event(record).or_else(|| line(record))
}

fn lower(record: &Record, field: &str) -> String {
    match record.get(field) {
        Datum::Text(text) => text.to_lowercase(),
        _ => String::new(),
    }
}

/// A crash or hang of Outlook or the backend, anywhere a fault in a Kerio module, or an error of Outlook's own.
fn event(record: &Record) -> Option<(String, bool)> {
    let (program, provider) = (lower(record, "program"), lower(record, "provider"));
    let kerio = record.get("kerio_module") == &Datum::Bool(true) || program == names::BACKEND;
    let named = lower(record, "text").contains(names::PROVIDER);
    let error = matches!(record.get("level"), Datum::Number(1 | 2));
    match provider.as_str() {
        "application error" | "windows error reporting" if kerio || program == "outlook.exe" => {
            Some((format!("crash of {program}"), kerio))
        }
        "application hang" if kerio || program == "outlook.exe" => Some((format!("hang of {program}"), kerio)),
        "outlook" if error && named => Some(("MAPI error".to_owned(), true)),
        "outlook" if error => Some(("error of Outlook".to_owned(), false)),
        alerts if alerts.ends_with(" alerts") && named => Some(("MAPI error".to_owned(), true)),
        _ => None,
    }
}

/// A line that its own log calls an error, or that says a failure in known words. The server's log is another machine's.
fn line(record: &Record) -> Option<(String, bool)> {
    let source = lower(record, "source");
    if source.is_empty() || source == "server" {
        return None;
    }
    let text = lower(record, "text");
    if let Some((_, what)) = TEXTS.iter().find(|(known, _)| text.contains(known)) {
        return Some(((*what).to_owned(), true));
    }
    let severity = lower(record, "severity");
    let kind = match source.as_str() {
        "indexer" => "error of the search index",
        "installer" => "error of an installation",
        "updater" => "error of the updater",
        "firebird" => "error of the database",
        "connector" => "error of the connector",
        _ => "logged error",
    };
    matches!(severity.as_str(), "fatal" | "error").then(|| (kind.to_owned(), source == "connector"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(time: &str, provider: &str, program: &str, text: &str) -> Record {
        let program: Option<&str> = Some(program).filter(|name| !name.is_empty());
        Record::default()
            .with("time", time.parse::<Timestamp>().unwrap())
            .with("provider", provider)
            .with("program", program)
            .with("level", 2_i64)
            .with("text", text)
    }

    fn table(records: Vec<Record>) -> Table {
        Table { records, gaps: Vec::new(), ..Table::default() }
    }

    #[test]
    fn an_old_crash_of_outlook_is_not_the_first_failure_of_the_connector() {
        let events = table(vec![
            event("2026-03-01T08:00:00Z", "Application Error", "outlook.exe", ""),
            event("2026-05-04T08:00:00Z", "Outlook", "", r"blocked C:\K\KofMsp32.dll"),
            event("2026-05-04T09:00:00Z", "Application Hang", "outlook.exe", ""),
        ]);
        let failure = first(&[&events], |_| true).unwrap().unwrap();
        assert_eq!((failure.time.to_string().as_str(), failure.what.as_str()), ("2026-05-04T08:00:00Z", "MAPI error"));
        let other = table(events.records.into_iter().filter(|record| failing(record).is_some_and(|f| !f.1)).collect());
        assert_eq!(first(&[&other], |_| true).unwrap().unwrap().what, "crash of outlook.exe");
    }

    #[test]
    fn no_failure_is_certain_only_where_everything_was_read() {
        let why = Unknown::new(koff_bundle::acquisition::State::Denied, "event log Application");
        let quiet = table(vec![event("2026-03-01T08:00:00Z", "MsiInstaller", "", "done")]);
        assert_eq!(first(&[&quiet], |_| true), Ok(None));
        let hidden = Record::default().with("time", why.clone());
        let unread = table(vec![hidden]);
        assert_eq!(first(&[&quiet, &unread], |_| true), Err(why));
    }
}
