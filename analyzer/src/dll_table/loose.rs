//! `koff-analyze dll FILE…`: the table for files that were handed over by themselves. Owns reading them; their place is
//! unknown, and so is what loads them.

use std::{io::Write, path::PathBuf};

use jiff::Timestamp;
use koff_bundle::{
    acquisition::State,
    path::WinPath,
    pe,
    reading::Reading,
    record::{FileStat, FoundBy, ProgramRecord},
};
use serde::Serialize;

use super::row;
use crate::{
    error::{Error, Result},
    facts::{Table, dll},
    render::render_dll,
    report::{DllRow, Indicator},
    rule::RuleSet,
    signature::{Signature, Trust},
    verdict::Unknown,
};

/// Largest file read.
const MAX_FILE: u64 = 1 << 30;

/// What was asked for.
#[derive(Debug, Clone, Default)]
pub struct Loose {
    /// Files to judge; those called `*.cat` are taken as catalogues that may sign the others.
    pub files: Vec<PathBuf>,
    /// PEM files with further trust anchors.
    pub trust_anchors: Vec<PathBuf>,
    /// The moment for signatures whose time nothing proves. Without it each file is judged at its own last write time or
    /// at the date of the rule pack, whichever is later: this program asks no clock.
    pub at: Option<Timestamp>,
}

/// How the tables are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum DllFormat {
    /// For people.
    #[default]
    Text,
    /// An array with one object a file.
    Json,
}

/// One file in the JSON array.
#[derive(Serialize)]
struct Judged<'a> {
    path: &'a str,
    sha256: &'a str,
    signature: Option<&'a Signature>,
    indicators: &'a [Indicator],
    overall: &'a str,
}

/// Judges the files and writes their tables in the order given. Returns the overall word of each.
///
/// # Errors
/// A file that cannot be read, a trust anchor or catalogue that is none, or what `out` reports; nothing is written then.
pub fn run_dll(loose: &Loose, rules: &RuleSet, format: DllFormat, out: &mut dyn Write) -> Result<Vec<String>> {
    let mut trust = Trust::of_pack(&rules.pack);
    for path in &loose.trust_anchors {
        let bytes = read(path)?;
        trust.add_file(&bytes).map_err(|why| Error::Usage(format!("--trust-anchor {}: {why}", path.display())))?;
    }
    let is_catalogue = |path: &PathBuf| path.extension().is_some_and(|ext| ext.eq_ignore_ascii_case("cat"));
    let (catalogues, files): (Vec<&PathBuf>, Vec<&PathBuf>) = loose.files.iter().partition(|path| is_catalogue(path));
    for path in catalogues {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let bytes = read(path)?;
        trust.add_catalogue(&name, &bytes).map_err(|why| Error::Usage(format!("{}: {why}", path.display())))?;
    }
    let judged: Vec<(DllRow, Option<Signature>)> =
        files.into_iter().map(|path| judge_file(path, &trust, loose.at, rules)).collect::<Result<_>>()?;
    write(&judged, format, out).map_err(|why| Error::io("output", why))?;
    Ok(judged.into_iter().map(|(row, _)| row.overall).collect())
}

fn read(path: &PathBuf) -> Result<Vec<u8>> {
    let place = || path.display().to_string();
    let stat = std::fs::metadata(path).map_err(|why| Error::io(place(), why))?;
    fits(&place(), stat.len())?;
    std::fs::read(path).map_err(|why| Error::io(place(), why))
}

/// Whether a file of this length is read.
fn fits(place: &str, length: u64) -> Result<()> {
    if length > MAX_FILE {
        return Err(Error::Usage(format!("{place}: {length} bytes are over the limit of {MAX_FILE}")));
    }
    Ok(())
}

fn judge_file(
    path: &PathBuf,
    trust: &Trust,
    at: Option<Timestamp>,
    rules: &RuleSet,
) -> Result<(DllRow, Option<Signature>)> {
    let bytes = read(path)?;
    let modified =
        std::fs::metadata(path).and_then(|stat| stat.modified()).ok().and_then(|time| Timestamp::try_from(time).ok());
    let program = ProgramRecord {
        path: WinPath::new(path.to_string_lossy()),
        found_by: vec![FoundBy::Loose],
        user: None,
        stat: Reading::Value(FileStat {
            size: bytes.len() as u64,
            folder: false,
            reparse: false,
            created: None,
            modified,
        }),
        pe: Reading::Value(pe::summarise(&bytes)),
        streams: Reading::missing(State::NotCollected, "a file handed over by itself"),
        owner: Reading::default(),
        writers: Reading::default(),
        windows_verdict: Reading::default(),
    };
    let at = at.or_else(|| modified.max(pack_day(rules))).unwrap_or(Timestamp::UNIX_EPOCH);
    let (record, signature) = dll::program(&program, trust, at, &rules.pack);
    let loads = Table {
        records: Vec::new(),
        gaps: vec![Unknown::new(State::NotCollected, "running programs")],
        ..Table::default()
    };
    let mut row = row(&record, Some(&loads), rules, Some(at));
    // As typed: on this machine it need not be a Windows path.
    row.path = path.display().to_string();
    if let (Some(signature), Some(first)) = (&signature, row.indicators.first_mut())
        && first.class == "unknown"
    {
        first.seen = format!("{}; {}", signature.verdict.as_str(), signature.reason);
    }
    Ok((row, signature))
}

/// Midnight of the pack's date, UTC.
fn pack_day(rules: &RuleSet) -> Option<Timestamp> {
    rules.pack.date.0.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|day| day.timestamp())
}

fn write(judged: &[(DllRow, Option<Signature>)], format: DllFormat, out: &mut dyn Write) -> std::io::Result<()> {
    match format {
        DllFormat::Text => judged.iter().enumerate().try_for_each(|(index, (row, _))| {
            if index > 0 {
                writeln!(out)?;
            }
            render_dll(row, out)
        }),
        DllFormat::Json => {
            let array: Vec<Judged<'_>> = judged
                .iter()
                .map(|(row, signature)| Judged {
                    path: &row.path,
                    sha256: row.sha256.as_deref().unwrap_or_default(),
                    signature: signature.as_ref(),
                    indicators: &row.indicators,
                    overall: &row.overall,
                })
                .collect();
            serde_json::to_writer_pretty(&mut *out, &array)?;
            writeln!(out)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_would_not_fit_into_memory_is_refused() {
        assert!(fits("a.dll", MAX_FILE).is_ok());
        let error = fits("a.dll", MAX_FILE + 1).unwrap_err().to_string();
        assert!(error.contains("a.dll: 1073741825 bytes are over the limit of 1073741824"), "{error}");
    }
}
