//! The `database` kind: one record a Firebird database.

use koff_bundle::reading::Reading;

use super::table;
use crate::{
    facts::{
        Datum, Record, Table,
        context::Context,
        model::firebird::{header, unhex},
        raw::rows::{answer, unknown},
    },
    verdict::Unknown,
};

/// The smallest header page that Firebird has.
const SMALLEST_PAGE: u64 = 1024;

/// One record a database that exists.
#[must_use]
pub fn derive(cx: &Context<'_>) -> Table {
    let mut records = Vec::new();
    for seen in cx.files.databases.iter() {
        let (record, at) = (&seen.value, &seen.at);
        let size = answer(&record.stat, record.path.as_str(), at).map(|stat| stat.map(|stat| stat.size));
        if size == Ok(None) {
            continue;
        }
        let base = Record::default()
            .with("user", record.user.clone())
            .with("path", record.path.as_str())
            .with("size", size.clone())
            .seen([at.clone()]);
        records.push(judged(base, size, &record.header, record.path.as_str(), at));
    }
    let own = |gap: &Unknown| gap.clone();
    table(records, cx.files.databases.gaps.iter().map(own).collect())
}

fn judged(
    record: Record,
    size: Result<Option<u64>, Unknown>,
    bytes: &Reading<String>,
    path: &str,
    at: &crate::evidence::Evidence,
) -> Record {
    let parsed = match bytes {
        Reading::Value(hex) => Ok(unhex(hex).ok_or_else(|| "not hex digits".to_owned()).and_then(|b| header(&b))),
        Reading::Missing(missing) => Err(unknown(missing, &format!("header page of {path}"), at)),
    };
    let needed = parsed.as_ref().ok().and_then(|read| read.as_ref().ok()).map_or(SMALLEST_PAGE, |h| h.page_size.into());
    let empty: Datum = match &size {
        Ok(Some(size)) => (*size < needed).into(),
        Ok(None) => Datum::Absent,
        Err(why) => why.clone().into(),
    };
    if matches!(size, Ok(Some(0))) {
        return record.with("empty", true).with("header_valid", false).with("header_why", "0 bytes");
    }
    let record = record.with("empty", empty);
    match parsed {
        Err(why) => record.with("header_valid", why),
        Ok(Err(wrong)) => record.with("header_valid", false).with("header_why", wrong),
        Ok(Ok(header)) => record
            .with("header_valid", true)
            .with("page_size", i64::from(header.page_size))
            .with("ods", format!("{}.{}", header.ods_major, header.ods_minor)),
    }
}
