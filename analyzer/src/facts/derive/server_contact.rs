//! The `server-contact` kind: what one contact with the mail server said, where somebody agreed to it. No contact is no
//! record and no gap: nobody asked, so that there is nothing to miss. Compares dates with the day of collection.

use koff_bundle::{
    acquisition::State,
    artifact::Artifact,
    reading::Reading,
    record::{ReachRecord, TlsRecord},
};

use super::table;
use crate::{
    facts::{
        Datum, Record, Table,
        context::Context,
        raw::{Seen, rows::Rows},
    },
    verdict::Unknown,
};

/// One record a contact.
#[must_use]
pub fn derive(cx: &Context<'_>) -> Table {
    let asked: Rows<ReachRecord> = cx.input.rows(Artifact::Reachability);
    let records = asked.iter().map(|seen| record(cx, seen)).collect();
    // Where nobody agreed, or there is nobody to ask, nothing is missing: the logs tell what they tell without it.
    let asked_for = |why: &Unknown| matches!(why.state, State::TimedOut | State::Failed | State::Truncated);
    table(records, asked.gaps.into_iter().filter(asked_for).collect())
}

fn record(cx: &Context<'_>, seen: &Seen<ReachRecord>) -> Record {
    let contact = &seen.value;
    let resolved = contact.families.value().is_some_and(|families| !families.is_empty());
    let reached = contact.connect_ms.value().is_some();
    let why = match (resolved, reached) {
        (_, true) => None,
        (false, _) => contact.families.why_missing(),
        _ => contact.connect_ms.why_missing(),
    };
    let record = Record::default()
        .with("server", contact.server.as_str())
        .with("port", i64::from(contact.port))
        .with("resolved", resolved)
        .with("reached", reached)
        .with("why", why.map(|why| why.reason.clone()))
        .with("connect_ms", contact.connect_ms.value().copied())
        .with("families", contact.families.value().cloned())
        .with("answer", contact.http.value().cloned())
        .with("status", contact.http.value().and_then(|line| status(line)))
        .with("banner", contact.banner.value().cloned())
        .with("clock_ahead_seconds", contact.clock_ahead_seconds.value().copied());
    let record = match &contact.tls {
        Reading::Value(tls) => certificate(cx, tls, record),
        Reading::Missing(_) => record,
    };
    record.seen([seen.at.clone()])
}

/// What the server's own certificate says.
fn certificate(cx: &Context<'_>, tls: &TlsRecord, record: Record) -> Record {
    let own = tls.chain.first();
    let ends = own.and_then(|own| own.not_after.value()).copied();
    let begins = own.and_then(|own| own.not_before.value()).copied();
    let day = cx.windows.collected.unwrap_or(cx.input.manifest.started);
    let expired: Datum = match ends {
        Some(ends) => (ends < day).into(),
        None => unread("end of the server's certificate", own.map(|own| &own.not_after)),
    };
    let early: Datum = match begins {
        Some(begins) => (begins > day).into(),
        None => unread("begin of the server's certificate", own.map(|own| &own.not_before)),
    };
    record
        .with("tls", tls.version.value().cloned())
        .with("certificates", i64::try_from(tls.chain.len()).unwrap_or(i64::MAX))
        .with("valid_until", ends)
        .with("expired", expired)
        .with("not_yet_valid", early)
        .with("self_issued", own.and_then(|own| own.self_issued.value()).copied())
        .with("name_matches", tls.name_matches.value().copied())
}

fn unread<T>(what: &str, reading: Option<&Reading<T>>) -> Datum {
    let missing = reading.and_then(Reading::why_missing);
    missing.map_or(Datum::Absent, |why| Unknown::new(why.missing, format!("{what}: {}", why.reason)).into())
}

/// The number in a status line, e.g. 503 in `HTTP/1.1 503 Service Unavailable`.
fn status(line: &str) -> Option<i64> {
    line.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_line_has_a_number() {
        assert_eq!(status("HTTP/1.1 503 Service Unavailable"), Some(503));
        assert_eq!(status("HTTP/1.1"), None);
    }
}
