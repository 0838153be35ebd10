//! Findings and facts as flat tables, for a data warehouse: columns and rows out of one analysis. Owns the columns; how a
//! table is written is the business of its files.

use std::{
    fs::File,
    io::{self, BufWriter},
    path::Path,
};

use crate::{
    error::{Error, Result},
    facts::{Datum, Facts},
    report::Report,
    verdict::Unknown,
};

mod ndjson;
#[cfg(feature = "parquet")]
mod parquet;

/// A value of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Text.
    Text(String),
    /// A whole number.
    Number(i64),
    /// Nothing.
    Empty,
}

/// A column: name, and whether it holds numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Name, snake_case.
    pub name: &'static str,
    /// Whether it holds numbers; texts otherwise.
    pub number: bool,
}

const fn text(name: &'static str) -> Column {
    Column { name, number: false }
}

/// Columns of the findings.
pub const FINDINGS: &[Column] = &[
    text("bundle"),
    text("bundle_sha256"),
    text("collected"),
    text("host"),
    text("rule"),
    text("title"),
    text("level"),
    text("confidence"),
    text("class"),
    text("message"),
    text("user"),
    text("explained_by"),
    text("remediation"),
    text("artifact"),
    text("excerpt"),
];

/// Columns of the facts: a row per field of a record.
pub const FACTS: &[Column] = &[
    text("bundle"),
    text("bundle_sha256"),
    text("kind"),
    Column { name: "record", number: true },
    text("field"),
    text("type"),
    text("value"),
];

/// One row, a cell per column.
pub type Row = Vec<Cell>;

/// A table that is written as it grows.
pub trait Table {
    /// Adds rows.
    ///
    /// # Errors
    /// What the file reports.
    fn add(&mut self, rows: Vec<Row>) -> io::Result<()>;

    /// Writes what is left.
    ///
    /// # Errors
    /// What the file reports.
    fn finish(self: Box<Self>) -> io::Result<()>;
}

/// A table with `columns` in the file `path`, in the format that its name says: `.ndjson` or `.parquet`.
///
/// # Errors
/// Another name, a file that cannot be made.
pub fn create(path: &Path, columns: &'static [Column]) -> Result<Box<dyn Table>> {
    let place = path.display().to_string();
    let ending = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    if ending == "parquet" && cfg!(not(feature = "parquet")) {
        return Err(Error::Usage(format!("{place}: this program was built without Parquet; a name in .ndjson works")));
    }
    if ending != "parquet" && ending != "ndjson" {
        return Err(Error::Usage(format!("{place}: expected a name in .ndjson or .parquet")));
    }
    let file = BufWriter::new(File::create(path).map_err(|error| Error::io(&place, error))?);
    #[cfg(feature = "parquet")]
    if ending == "parquet" {
        let table = parquet::Parquet::new(file, columns).map_err(|error| Error::io(&place, error))?;
        return Ok(Box::new(table));
    }
    Ok(Box::new(ndjson::Ndjson::new(file, columns)))
}

/// The findings of `report` on the bundle called `name`.
#[must_use]
pub fn findings(name: &str, report: &Report) -> Vec<Row> {
    let some = |text: &Option<String>| text.clone().map_or(Cell::Empty, Cell::Text);
    let word = |value: serde_json::Result<serde_json::Value>| match value {
        Ok(serde_json::Value::String(word)) => Cell::Text(word),
        _ => Cell::Empty,
    };
    report
        .findings
        .iter()
        .map(|finding| {
            let first = finding.evidence.first();
            vec![
                Cell::Text(name.to_owned()),
                some(&report.bundle.sha256),
                some(&report.bundle.collected),
                Cell::Text(report.bundle.host.clone()),
                Cell::Text(finding.rule.clone()),
                Cell::Text(finding.title.clone()),
                word(serde_json::to_value(finding.level)),
                word(serde_json::to_value(finding.confidence)),
                word(serde_json::to_value(finding.class)),
                Cell::Text(finding.message.clone()),
                some(&finding.user),
                Cell::Text(finding.explained_by.join(" ")),
                Cell::Text(finding.remediation.join(" ")),
                first.map_or(Cell::Empty, |evidence| Cell::Text(evidence.artifact.clone())),
                first.map_or(Cell::Empty, |evidence| Cell::Text(evidence.excerpt.clone())),
            ]
        })
        .collect()
}

/// The facts of the bundle called `name`, whose file has this digest; fields without a value are left out.
#[must_use]
pub fn facts(name: &str, sha256: Option<&str>, facts: &Facts) -> Vec<Row> {
    let mut rows = Vec::new();
    for (kind, table) in &facts.tables {
        for (number, record) in table.records.iter().enumerate() {
            for (field, datum) in &record.fields {
                let Some((ty, value)) = typed(datum) else { continue };
                rows.push(vec![
                    Cell::Text(name.to_owned()),
                    sha256.map_or(Cell::Empty, |sha256| Cell::Text(sha256.to_owned())),
                    Cell::Text((*kind).to_owned()),
                    Cell::Number(i64::try_from(number).unwrap_or(i64::MAX)),
                    Cell::Text((*field).to_owned()),
                    Cell::Text(ty.to_owned()),
                    Cell::Text(value),
                ]);
            }
        }
    }
    rows
}

fn typed(datum: &Datum) -> Option<(&'static str, String)> {
    Some(match datum {
        Datum::Text(text) => ("text", text.clone()),
        Datum::Number(number) => ("number", number.to_string()),
        Datum::Bool(value) => ("bool", value.to_string()),
        Datum::Time(time) => ("time", time.to_string()),
        Datum::List(list) => ("list", serde_json::to_string(list).unwrap_or_default()),
        Datum::Unknown(why) => ("unknown", why.iter().map(Unknown::words).collect::<Vec<_>>().join("; ")),
        Datum::Absent => return None,
    })
}
