//! Log layouts: how a line splits into time, thread, severity and text. A layout is a data file with sample lines that
//! are its tests; nothing here knows a product. The connector's own layout is not published, so none is assumed.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use regex::bytes::{Regex, RegexBuilder};
use serde::Deserialize;

use crate::yaml;

/// Lines of a file's head that are asked which layout they have.
const HEAD_LINES: usize = 200;

/// A layout file, `rules/layouts/<name>.yml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct LayoutFile {
    name: String,
    #[expect(dead_code, reason = "for the reader of the file")]
    title: String,
    #[serde(default)]
    #[expect(dead_code, reason = "for the reader of the file")]
    references: Vec<String>,
    line: String,
    #[serde(default)]
    time: Option<String>,
    #[serde(default)]
    zone: Zone,
    #[serde(default)]
    source: Option<String>,
    #[serde(default)]
    block: bool,
    #[serde(default)]
    samples: Vec<Sample>,
}

/// Where a stamp's zone comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Zone {
    /// Local time of the PC, by the rules of its time zone.
    #[default]
    Local,
    /// UTC.
    Utc,
    /// The stamp says it itself, or is local where it does not.
    Stamp,
}

/// A sample line and what it must split into.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// The line.
    pub line: String,
    /// Its time, ISO 8601; without zone where the layout has local time.
    #[serde(default)]
    pub time: Option<String>,
    /// Its thread.
    #[serde(default)]
    pub thread: Option<String>,
    /// Its severity.
    #[serde(default)]
    pub severity: Option<String>,
    /// Its text.
    #[serde(default)]
    pub text: String,
}

/// One log layout.
#[derive(Debug, Clone)]
pub struct Layout {
    /// Name, as `log.layout` shows it.
    pub name: String,
    /// Kind of log that alone has this layout, e.g. `indexer`.
    pub source: Option<String>,
    /// Whether indented lines below a head belong to its record.
    pub block: bool,
    /// The lines that prove it.
    pub samples: Vec<Sample>,
    line: Regex,
    time: Option<String>,
    zone: Zone,
}

/// A line taken apart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Split {
    /// When, and how sure: see [`Stamp`].
    pub time: Option<Stamp>,
    /// Thread or process id.
    pub thread: Option<String>,
    /// `fatal`, `error`, `warning`, `info` or `debug`.
    pub severity: Option<&'static str>,
    /// The rest.
    pub text: String,
}

/// A line's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stamp {
    /// The line says the zone.
    Exact(Timestamp),
    /// Local time of the PC.
    Local(DateTime),
}

impl Layout {
    /// Parses a layout file; the text of the error says what is wrong.
    ///
    /// # Errors
    /// Unknown keys, a pattern that does not compile or lacks the `text` group.
    pub fn parse(text: &str) -> Result<Self, String> {
        let file: LayoutFile =
            serde_saphyr::from_str_with_options(text, yaml::options()).map_err(|error| yaml::words(&error))?;
        // Stamps are ASCII, and the rest may be of any code page; Unicode's classes alone take long to compile.
        let bytes = RegexBuilder::new(&file.line).unicode(false).build();
        let line =
            bytes.or_else(|_| Regex::new(&file.line)).map_err(|error| format!("{}: line: {error}", file.name))?;
        let names: Vec<_> = line.capture_names().flatten().collect();
        if !names.contains(&"text") && !file.block {
            return Err(format!("{}: line: expected a group called text, found {names:?}", file.name));
        }
        Ok(Self {
            name: file.name,
            source: file.source,
            block: file.block,
            samples: file.samples,
            line,
            time: file.time,
            zone: file.zone,
        })
    }

    /// Takes `line` apart; `None` where it is not of this layout.
    #[must_use]
    pub fn split(&self, line: &[u8]) -> Option<Split> {
        let found = self.line.captures(line)?;
        let group = |name: &str| found.name(name).map(|m| String::from_utf8_lossy(m.as_bytes()).into_owned());
        Some(Split {
            time: group("time").and_then(|text| self.stamp(&text)),
            thread: group("thread"),
            severity: group("severity").and_then(|word| severity(&word)),
            text: group("text").unwrap_or_default(),
        })
    }

    /// Whether `line` is of this layout.
    #[must_use]
    pub fn fits(&self, line: &[u8]) -> bool {
        self.line.is_match(line)
    }

    fn stamp(&self, text: &str) -> Option<Stamp> {
        let Some(format) = &self.time else {
            let text = text.replace(',', ".");
            return match text.parse::<Timestamp>() {
                Ok(time) => Some(Stamp::Exact(time)),
                Err(_) => text.parse::<DateTime>().ok().map(Stamp::Local),
            };
        };
        let local = DateTime::strptime(format, text).ok()?;
        match self.zone {
            Zone::Utc => local.to_zoned(TimeZone::UTC).ok().map(|zoned| Stamp::Exact(zoned.timestamp())),
            Zone::Local | Zone::Stamp => Some(Stamp::Local(local)),
        }
    }
}

/// The layout that most lines of a file's head have; `None` where fewer than a third of the unindented ones agree.
pub fn detect<'a, 'l>(layouts: &'a [Layout], head: impl Iterator<Item = &'l [u8]>) -> Option<&'a Layout> {
    let lines: Vec<&[u8]> =
        head.filter(|line| !line.is_empty() && !line[0].is_ascii_whitespace()).take(HEAD_LINES).collect();
    let (votes, best) = layouts
        .iter()
        .map(|layout| (lines.iter().filter(|line| layout.fits(line)).count(), layout))
        .rev()
        .max_by_key(|(votes, _)| *votes)?;
    (votes > 0 && votes * 3 >= lines.len()).then_some(best)
}

/// A severity word in the five words of the `log` kind.
fn severity(word: &str) -> Option<&'static str> {
    Some(match word.to_ascii_lowercase().as_str() {
        "fatal" | "critical" => "fatal",
        "error" | "err" => "error",
        "warning" | "warn" => "warning",
        "info" | "notice" => "info",
        "debug" | "trace" => "debug",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shipped() -> Vec<Layout> {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules/layouts");
        let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files
            .iter()
            .map(|file| {
                let layout = Layout::parse(&std::fs::read_to_string(file).unwrap()).unwrap();
                assert_eq!(file.file_stem().unwrap().to_str().unwrap(), layout.name);
                layout
            })
            .collect()
    }

    #[test]
    fn every_sample_splits_as_its_layout_says() {
        for layout in shipped() {
            assert!(!layout.samples.is_empty(), "{}: no sample, so nothing proves it", layout.name);
            for sample in &layout.samples {
                let split =
                    layout.split(sample.line.as_bytes()).unwrap_or_else(|| panic!("{}: {}", layout.name, sample.line));
                let time = split.time.map(|stamp| match stamp {
                    Stamp::Exact(time) => time.to_string(),
                    Stamp::Local(local) => local.to_string(),
                });
                assert_eq!(time, sample.time, "{}", sample.line);
                assert_eq!(
                    (split.thread, split.severity.map(str::to_owned)),
                    (sample.thread.clone(), sample.severity.clone())
                );
                assert_eq!(split.text, sample.text);
            }
        }
    }

    #[test]
    fn a_sample_is_recognised_as_its_own_layout_among_all() {
        let layouts = shipped();
        for layout in &layouts {
            let found = detect(&layouts, layout.samples.iter().map(|sample| sample.line.as_bytes()));
            assert_eq!(found.map(|l| l.name.as_str()), Some(layout.name.as_str()));
        }
    }

    #[test]
    fn prose_has_no_layout() {
        let layouts = shipped();
        let head =
            ["Kerio Outlook Connector", "started", "2024-01-01 00:00:00 one stamped line", "and more", "and more"];
        assert!(detect(&layouts, head.iter().map(|line| line.as_bytes())).is_none());
    }
}
