//! Ends of support and compatibility: which release this is, and whether it had ended on a day. Says "cannot tell" where
//! the tables do not, and never guesses.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::Deserialize;

use super::{Day, Pack};

/// One Windows release.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WindowsRelease {
    /// Build number.
    pub build: u32,
    /// Whether it is a server.
    #[serde(default)]
    pub server: bool,
    /// Name as people know it, e.g. `Windows 11 23H2`.
    pub name: String,
    /// Ends of support by edition.
    pub ends: Vec<WindowsEnd>,
}

/// End of support of some editions of a Windows release.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WindowsEnd {
    /// `EditionID` values of `HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion`; empty for all.
    #[serde(default)]
    pub editions: Vec<String>,
    /// Last day with updates.
    pub date: Day,
    /// Where the day was read, if not on a page of the vendor's own.
    #[serde(default)]
    pub unconfirmed: Option<String>,
}

/// One Office release.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfficeRelease {
    /// Name as people know it, e.g. `Office 2019`.
    pub name: String,
    /// First part of the version: 12, 14, 15 or 16.
    pub major: u32,
    /// Click-to-Run, MSI, or either where absent.
    #[serde(default)]
    pub click_to_run: Option<bool>,
    /// Texts one of which a Click-to-Run product release id of it contains, e.g. `2019`; empty for any.
    #[serde(default)]
    pub products: Vec<String>,
    /// Last day with updates; absent for a subscription, which has none.
    #[serde(default)]
    pub end: Option<Day>,
    /// Where the day was read, if not on a page of the vendor's own.
    #[serde(default)]
    pub unconfirmed: Option<String>,
}

/// What the vendor has said that a connector version runs on.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConnectorRelease {
    /// `major.minor` of the connector.
    pub version: String,
    /// Names of Windows releases, as prefixes of the names in the Windows table or of older names.
    pub windows: Vec<String>,
    /// Names of Office releases.
    pub outlook: Vec<String>,
    /// Whether the vendor's list was complete when published, so that what it lacks is excluded.
    pub complete: bool,
    /// Where that is said.
    pub source: String,
}

/// A release and its end of support.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lifetime {
    /// Name of the release.
    pub name: String,
    /// Last day with updates, where it has one and the edition is known well enough to say.
    pub end: Option<Day>,
    /// Whether that day had passed; `None` where it cannot be told.
    pub ended: Option<bool>,
    /// Where the day was read, if not on a page of the vendor's own.
    pub unconfirmed: Option<String>,
}

/// A last day with updates, and where it was read if not on a page of the vendor's own.
type End = (Day, Option<String>);

/// Whether a pair is supported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Supported {
    /// The table lists it.
    Yes,
    /// The table is complete for this version and does not list it.
    No,
    /// No table of the vendor says.
    Unknown,
}

impl Pack {
    /// The Windows release with this `build`, and whether its support had ended `at` the time of collection for
    /// `edition` (an `EditionID`). `None` for a build that the table does not know.
    #[must_use]
    pub fn windows_life(
        &self,
        build: u32,
        server: bool,
        edition: Option<&str>,
        at: Option<Timestamp>,
    ) -> Option<Lifetime> {
        let release = self.windows.entries.iter().find(|row| row.build == build && row.server == server)?;
        let own = edition.and_then(|edition| {
            release.ends.iter().find(|end| {
                end.editions.is_empty() || end.editions.iter().any(|name| name.eq_ignore_ascii_case(edition))
            })
        });
        let end = |end: &WindowsEnd| (end.date, end.unconfirmed.clone());
        let candidates: Vec<End> = match own {
            Some(own) => vec![end(own)],
            None => release.ends.iter().map(end).collect(),
        };
        Some(lifetime(&release.name, &candidates, at))
    }

    /// The Office release with this version and these product release ids, and whether its support had ended `at` the
    /// time of collection. `None` for one that the table does not know.
    #[must_use]
    pub fn office_life(
        &self,
        click_to_run: bool,
        version: &str,
        products: &[String],
        at: Option<Timestamp>,
    ) -> Option<Lifetime> {
        let major: u32 = version.split('.').next()?.trim().parse().ok()?;
        let named = |row: &OfficeRelease| {
            row.products.is_empty()
                || row
                    .products
                    .iter()
                    .any(|part| products.iter().any(|product| product.to_lowercase().contains(&part.to_lowercase())))
        };
        let release = self.office.entries.iter().find(|row| {
            row.major == major && row.click_to_run.is_none_or(|wanted| wanted == click_to_run) && named(row)
        })?;
        Some(match release.end {
            Some(end) => lifetime(&release.name, &[(end, release.unconfirmed.clone())], at),
            None => Lifetime { name: release.name.clone(), end: None, ended: Some(false), unconfirmed: None },
        })
    }

    /// Whether connector `version` runs on the Windows called `windows` (a name as in the Windows table).
    #[must_use]
    pub fn connector_on_windows(&self, version: &str, windows: &str) -> Supported {
        self.connector_on(version, windows, |row| &row.windows)
    }

    /// Whether connector `version` runs with the Office called `office` (a name as in the Office table).
    #[must_use]
    pub fn connector_with_office(&self, version: &str, office: &str) -> Supported {
        self.connector_on(version, office, |row| &row.outlook)
    }

    fn connector_on(&self, version: &str, name: &str, listed: fn(&ConnectorRelease) -> &Vec<String>) -> Supported {
        let mut parts = version.split('.');
        let (Some(major), Some(minor)) = (parts.next(), parts.next()) else { return Supported::Unknown };
        let Some(row) = self.connector.entries.iter().find(|row| row.version == format!("{major}.{minor}")) else {
            return Supported::Unknown;
        };
        let begins = |prefix: &String| {
            let rest = name.to_lowercase();
            rest.strip_prefix(&prefix.to_lowercase()).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        };
        match (listed(row).iter().any(begins), row.complete) {
            (true, _) => Supported::Yes,
            (false, true) => Supported::No,
            (false, false) => Supported::Unknown,
        }
    }
}

/// Whether all, none or some of the candidate days had passed.
fn lifetime(name: &str, candidates: &[End], at: Option<Timestamp>) -> Lifetime {
    let today: Option<Date> = at.map(|at| at.to_zoned(TimeZone::UTC).date());
    let end = match candidates {
        [(one, _)] => Some(*one),
        _ => None,
    };
    let ended = today.and_then(|today| {
        let passed = candidates.iter().filter(|(day, _)| day.0 < today).count();
        match passed {
            0 => Some(false),
            all if all == candidates.len() => Some(true),
            _ => None,
        }
    });
    // Where all have ended, the last of them is what a reader wants to know.
    let end = end.or_else(|| candidates.iter().map(|(day, _)| *day).max().filter(|_| ended == Some(true)));
    let unconfirmed = candidates.iter().find_map(|(_, place)| place.clone());
    Lifetime { name: name.to_owned(), end, ended, unconfirmed }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: &str) -> Option<Timestamp> {
        Some(format!("{day}T12:00:00Z").parse().unwrap())
    }

    #[test]
    fn an_unknown_edition_is_told_only_where_all_editions_agree() {
        let pack = Pack::embedded().unwrap();
        let ended = |edition, day| pack.windows_life(22631, false, edition, at(day)).unwrap().ended;
        assert_eq!(ended(Some("Professional"), "2026-01-01"), Some(true));
        assert_eq!(ended(Some("Enterprise"), "2026-01-01"), Some(false));
        assert_eq!(ended(None, "2026-01-01"), None);
        assert_eq!(ended(None, "2025-01-01"), Some(false));
        assert_eq!(ended(None, "2027-01-01"), Some(true));
        assert_eq!(pack.windows_life(22631, false, None, None).unwrap().ended, None);
        assert_eq!(pack.windows_life(1, false, None, at("2026-01-01")), None);
    }

    #[test]
    fn a_day_that_the_vendor_was_not_seen_to_name_says_so() {
        let pack = Pack::embedded().unwrap();
        let place = |build, edition| pack.windows_life(build, false, edition, at("2026-11-22")).unwrap().unconfirmed;
        assert!(place(28000, Some("Core")).is_some_and(|place| place.starts_with("https://")));
        assert_eq!(place(26200, Some("Core")), None);
        assert!(place(28000, None).is_some(), "one of several that may be meant");
    }

    #[test]
    fn office_is_told_by_product_and_major() {
        let pack = Pack::embedded().unwrap();
        let name = |c2r, version: &str, products: &[&str]| {
            let products: Vec<String> = products.iter().map(|&p| p.to_owned()).collect();
            pack.office_life(c2r, version, &products, at("2026-06-01")).map(|life| (life.name, life.ended))
        };
        assert_eq!(name(true, "16.0.1.2", &["ProPlus2019Volume"]), Some(("Office 2019".to_owned(), Some(true))));
        assert_eq!(name(true, "16.0.1.2", &["O365BusinessRetail"]), Some(("Microsoft 365".to_owned(), Some(false))));
        assert_eq!(name(true, "16.0.1.2", &["ProPlus2024Retail"]), Some(("Office 2024".to_owned(), Some(false))));
        assert_eq!(name(false, "15.0.4420.1017", &[]), Some(("Office 2013".to_owned(), Some(true))));
        assert_eq!(name(false, "99.0", &[]), None);
    }

    #[test]
    fn what_no_vendor_said_is_unknown() {
        let pack = Pack::embedded().unwrap();
        assert_eq!(pack.connector_on_windows("10.0.6", "Windows 11 24H2"), Supported::Unknown);
        assert_eq!(pack.connector_on_windows("6.7.3", "Windows 11 24H2"), Supported::No);
        assert_eq!(pack.connector_on_windows("6.7.3", "Windows 7 SP1"), Supported::Yes);
        assert_eq!(pack.connector_on_windows("8.5.0", "Windows 11 24H2"), Supported::Unknown);
        assert_eq!(pack.connector_with_office("6.5.0", "Office 2013"), Supported::No);
    }
}
