//! What logs, and the server in person, tell of it: its version, and its clock beside this PC's. Owns the texts that tell it; what no log
//! says stays unknown. The client's own wording is not published, so only names and forms that speak for themselves count:
//! the vendor's installer name \[R4\], which carries the version and build that the server hands out \[K9\]\[K10\], the
//! product's name before a version, and the `Date` header of HTTP (RFC 9110).

use std::sync::LazyLock;

use jiff::{Timestamp, fmt::rfc2822};
use koff_bundle::{acquisition::State, record::ReachRecord};
use regex::Regex;

use super::{
    Datum, Record, Table,
    log::needs::Needs,
    raw::{Seen, rows::Rows},
    version::Version,
};
use crate::verdict::Unknown;

/// What a log line must hold to be looked at here.
const PATTERNS: [&str; 3] = [
    r"\b(?:kerio-connect-koff-|Kerio Connect(?: server)?[ /]v?)\d+\.\d+\.\d+",
    r"\bserver(?:'s)? version[ \t:=]{1,5}\d+\.\d+\.\d+",
    r"\bDate: \w{3}, \d{1,2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT",
];

/// A difference so near to a full hour may come from summer time: the log does not tell its zone.
const SUMMER_TIME: std::ops::RangeInclusive<i64> = 3_510..=3_690;

/// What a log record must hold to tell something of the server.
#[must_use]
pub fn needs() -> Needs {
    Needs::one_of(PATTERNS.map(str::to_owned).to_vec())
}

/// What was seen of the server.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Server {
    /// The version seen last.
    pub version: Option<Seen<Version>>,
    /// Largest difference between a line's own time and the server's time in it, in seconds without sign; absent where
    /// no line has both.
    pub skew: Option<Seen<i64>>,
    /// Why lines may be missing or cannot be compared.
    pub gap: Option<Unknown>,
}

impl Server {
    /// Looks through the log records of a bundle.
    #[must_use]
    pub fn read(log: &Table) -> Self {
        let mut found = Self { gap: log.gaps.first().cloned(), ..Self::default() };
        let mut seen_at: Option<Timestamp> = None;
        for (_, record) in log.records_for(Some(&needs())) {
            match record.get("text") {
                Datum::Text(text) => {
                    found.version(record, text, &mut seen_at);
                    found.clock(record, text);
                }
                // Only what a client of the server writes could have told it.
                Datum::Unknown(why) if *record.get("source") == Datum::from("connector") => {
                    found.gap = found.gap.take().or_else(|| why.first().cloned());
                }
                _ => {}
            }
        }
        found
    }

    /// Takes over the version that a server gave in person (`Server` line of its answer): newer than any log; and its
    /// clock (`Date` line), compared with the PC's at that moment.
    #[must_use]
    pub fn met(mut self, contacts: &Rows<ReachRecord>) -> Self {
        for seen in contacts.iter() {
            if let Some(value) = seen.value.banner.value().and_then(|banner| version_in(banner)) {
                self.version = Some(Seen { value, at: seen.at.clone() });
            }
            let ahead = seen.value.clock_ahead_seconds.value().map(|seconds| seconds.saturating_abs());
            if let Some(value) = ahead.filter(|value| self.skew.as_ref().is_none_or(|known| known.value < *value)) {
                self.skew = Some(Seen { value, at: seen.at.clone() });
            }
        }
        self
    }

    /// Whether a line pairs the two clocks.
    ///
    /// # Errors
    /// Why it cannot be told.
    pub fn paired(&self) -> Result<bool, Unknown> {
        match (&self.skew, &self.gap) {
            (Some(_), _) => Ok(true),
            (None, Some(why)) => Err(why.clone()),
            (None, None) => Ok(false),
        }
    }

    /// The largest difference in seconds; absent where certainly no line has both times.
    ///
    /// # Errors
    /// Why it cannot be told.
    pub fn seconds(&self) -> Result<Option<i64>, Unknown> {
        Ok(self.paired()?.then(|| self.skew.as_ref().map_or(0, |seen| seen.value)))
    }

    fn version(&mut self, record: &Record, text: &str, seen_at: &mut Option<Timestamp>) {
        // An installer's log speaks of what is installed, not of the server.
        if *record.get("source") == Datum::from("installer") {
            return;
        }
        let time = moment(record);
        if time < *seen_at {
            return;
        }
        let Some(value) = version_in(text) else { return };
        let Some(at) = record.evidence.first().cloned() else { return };
        *seen_at = time;
        self.version = Some(Seen { value, at });
    }

    fn clock(&mut self, record: &Record, text: &str) {
        let (Some(own), Some(server), Some(at)) = (moment(record), date_in(text), record.evidence.first()) else {
            return;
        };
        let seconds = own.as_second().abs_diff(server.as_second());
        let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
        let sure = ["exact", "local"].iter().any(|word| *record.get("time_confidence") == Datum::from(*word));
        if SUMMER_TIME.contains(&seconds) && !sure {
            let why = Unknown::new(State::NotCollected, "whether the log's times are summer time");
            self.gap.get_or_insert(why);
            return;
        }
        if self.skew.as_ref().is_none_or(|known| known.value < seconds) {
            self.skew = Some(Seen { value: seconds, at: at.clone() });
        }
    }
}

fn moment(record: &Record) -> Option<Timestamp> {
    match record.get("time") {
        Datum::Time(time) => Some(*time),
        _ => None,
    }
}

/// The version that `text` says the server has.
fn version_in(text: &str) -> Option<Version> {
    static TELLS: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let [product, version, _] = PATTERNS;
        // Letters beyond ASCII are no part of a version, and their classes take long to compile.
        Regex::new(&format!(r"(?i){product}[0-9a-z_ .()-]{{0,20}}|{version}[0-9a-z_ .()-]{{0,20}}")).ok()
    });
    Version::parse(TELLS.as_ref()?.find(text)?.as_str())
}

/// The moment of an HTTP `Date` header in `text`.
fn date_in(text: &str) -> Option<Timestamp> {
    static DATE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(&format!("(?i){}", PATTERNS[2])).ok());
    let header = DATE.as_ref()?.find(text)?.as_str();
    let (_, date) = header.split_once(": ")?;
    rfc2822::parse(date).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::{Evidence, Place};

    fn line(source: &str, time: &str, text: &str) -> Record {
        let place = Place::Line { line: 1, offset: 0, length: 1 };
        let at = Evidence { artifact: "a.log".into(), sha256: String::new(), place, excerpt: text.into() };
        Record::default()
            .with("source", source)
            .with("time", time.parse::<Timestamp>().unwrap())
            .with("time_confidence", "offset")
            .with("text", text)
            .seen([at])
    }

    fn read(records: Vec<Record>) -> Server {
        Server::read(&Table { records, gaps: Vec::new(), ..Table::default() })
    }

    #[test]
    fn the_version_seen_last_counts_and_an_installer_tells_nothing_of_the_server() {
        for (text, expected) in [
            ("update http://mail.firma.example/kerio-connect-koff-9.4.1-6445-p1-win.exe", "9.4.1.6445"),
            ("Server: Kerio Connect 9.4.0 (6153)", "9.4.0.6153"),
            ("Kerio Connect/10.0.6", "10.0.6"),
            ("server version: 9.3.1 build 5492", "9.3.1.5492"),
        ] {
            let server = read(vec![line("connector", "2026-05-04T08:00:00Z", text)]);
            assert_eq!(server.version.unwrap().value.to_string(), expected, "{text}");
        }
        let server = read(vec![
            line("updater", "2026-05-04T08:00:00Z", "Kerio Connect 10.0.6"),
            line("updater", "2026-05-01T08:00:00Z", "Kerio Connect 9.4.0"),
            line("installer", "2026-05-05T08:00:00Z", "kerio-connect-koff-11.0.0-9999-win.exe"),
        ]);
        assert_eq!(server.version.unwrap().value.text(), "10.0.6");
        assert!(read(vec![line("connector", "2026-05-04T08:00:00Z", "version 9.4.0 of the add-in")]).version.is_none());
    }

    #[test]
    fn a_server_that_answered_pairs_the_clocks_without_a_log() {
        let contact = serde_json::json!([{"server": "s", "port": 443, "clock_ahead_seconds": -600, "banner": "Kerio Connect 9.4.0"}]);
        let bench = crate::facts::raw::bench::Bench::new(koff_bundle::manifest::HostKind::Live);
        let bench = bench.records(koff_bundle::artifact::Artifact::Reachability, &contact);
        let system = bench.one("system");
        assert_eq!(system.get("clock_paired"), &true.into());
        assert_eq!(system.get("clock_skew_seconds"), &600_i64.into());
        assert_eq!(bench.one("server-contact").get("clock_ahead_seconds"), &(-600_i64).into());
    }

    #[test]
    fn a_line_with_the_servers_date_pairs_the_clocks() {
        let server = read(vec![
            line("connector", "2026-05-04T08:00:00Z", "< Date: Mon, 04 May 2026 07:59:58 GMT"),
            line("connector", "2026-05-04T08:10:00Z", "Date: Mon, 04 May 2026 08:20:00 GMT"),
        ]);
        assert_eq!((server.paired(), server.skew.unwrap().value), (Ok(true), 600));
        let hour = read(vec![line("connector", "2026-05-04T08:00:00Z", "Date: Mon, 04 May 2026 07:00:05 GMT")]);
        assert!(hour.paired().is_err(), "an hour may be summer time");
        assert_eq!(read(vec![line("connector", "2026-05-04T08:00:00Z", "start")]).paired(), Ok(false));
    }
}
