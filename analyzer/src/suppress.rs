//! Suppressions: findings that someone accepted, with reason and expiry. Owns the file `koff-diag.toml` and what it
//! matches; a suppressed finding is never lost, it is counted and listed apart.

use std::path::{Path, PathBuf};

use jiff::{Timestamp, civil::Date};
use serde::Deserialize;

use crate::{
    error::{Error, Result},
    finding::Finding,
};

/// Name of the file that is looked for in the working folder.
pub const FILE_NAME: &str = "koff-diag.toml";

/// The configuration file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Accepted findings.
    #[serde(default)]
    pub suppress: Vec<Suppression>,
    /// How the bundles of the folder that the file stands in are checked.
    #[serde(default)]
    pub check: Check,
}

/// What `koff-analyze check DIR` takes from `DIR/koff-diag.toml`; paths are relative to `DIR`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Folder of the bundles, where only the expected files are in `DIR`.
    #[serde(default)]
    pub bundles: Option<PathBuf>,
    /// Command that makes the bundles, for whoever has none yet.
    #[serde(default)]
    pub made_by: Option<String>,
    /// Moment to judge every bundle at.
    #[serde(default)]
    pub at: Option<Timestamp>,
    /// Folders of rules that add to the built-in ones.
    #[serde(default)]
    pub rules: Vec<PathBuf>,
    /// PEM files with further trust anchors.
    #[serde(default)]
    pub trust_anchors: Vec<PathBuf>,
}

/// One accepted fault.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suppression {
    /// Rule id.
    pub rule: String,
    /// Text that the finding's message must contain (case aside); every finding of the rule where left out.
    #[serde(default, rename = "match")]
    pub contains: Option<String>,
    /// Why it is accepted.
    pub reason: String,
    /// Last day on which it holds, `2027-01-31`. Compared with the day of collection, so that a report never depends on
    /// the day on which it is made.
    pub expires: String,
}

/// A finding that was accepted.
#[derive(Debug, Clone, PartialEq, serde::Serialize, Deserialize, schemars::JsonSchema)]
pub struct Suppressed {
    /// The finding.
    pub finding: Finding,
    /// Why it is accepted.
    pub reason: String,
    /// Last day on which that holds.
    pub expires: String,
}

/// Findings sorted into open and accepted ones.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sorted {
    /// What nobody accepted.
    pub open: Vec<Finding>,
    /// What somebody accepted.
    pub suppressed: Vec<Suppressed>,
    /// Suppressions that matched nothing or are past their day.
    pub warnings: Vec<String>,
}

impl Config {
    /// Reads the configuration at `path`.
    ///
    /// # Errors
    /// An unreadable file, a key or date that is not of its shape; with line and column.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|error| Error::io(path.display().to_string(), error))?;
        Self::parse(&text).map_err(|error| Error::Usage(format!("{}: {error}", path.display())))
    }

    fn parse(text: &str) -> std::result::Result<Self, String> {
        let config: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        for suppression in &config.suppress {
            if suppression.reason.trim().is_empty() {
                return Err(format!("suppression of {}: expected a reason, found none", suppression.rule));
            }
            suppression.day()?;
        }
        Ok(config)
    }

    /// Sorts `findings` of a bundle collected on `day` (unknown for loose evidence: nothing has expired then).
    #[must_use]
    pub fn sort(&self, findings: Vec<Finding>, day: Option<Date>) -> Sorted {
        let mut sorted = Sorted::default();
        let mut used = vec![false; self.suppress.len()];
        let holds: Vec<bool> =
            self.suppress.iter().map(|s| s.day().is_ok_and(|last| day.is_none_or(|day| day <= last))).collect();
        for finding in findings {
            let hit = self.suppress.iter().zip(&holds).position(|(s, holds)| *holds && s.matches(&finding));
            match hit {
                None => sorted.open.push(finding),
                Some(place) => {
                    used[place] = true;
                    let Suppression { reason, expires, .. } = &self.suppress[place];
                    sorted.suppressed.push(Suppressed { finding, reason: reason.clone(), expires: expires.clone() });
                }
            }
        }
        for ((suppression, used), holds) in self.suppress.iter().zip(used).zip(holds) {
            let Suppression { rule, expires, .. } = suppression;
            if !holds {
                sorted.warnings.push(format!("the suppression of {rule} ended on {expires}"));
            } else if !used {
                sorted.warnings.push(format!("the suppression of {rule} matches no finding"));
            }
        }
        sorted
    }
}

impl Suppression {
    fn day(&self) -> std::result::Result<Date, String> {
        self.expires.parse().map_err(|_| {
            format!(
                "suppression of {}: expires: expected a day such as 2027-01-31, found {:?}",
                self.rule, self.expires
            )
        })
    }

    fn matches(&self, finding: &Finding) -> bool {
        let contains = self.contains.as_ref().map(|text| text.to_lowercase());
        self.rule == finding.rule && contains.is_none_or(|text| finding.message.to_lowercase().contains(&text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Confidence, Level};

    fn finding(rule: &str, message: &str) -> Finding {
        Finding {
            rule: rule.into(),
            title: "t".into(),
            level: Level::Low,
            confidence: Confidence::High,
            class: None,
            message: message.into(),
            evidence: Vec::new(),
            remediation: Vec::new(),
            user: None,
            explained_by: Vec::new(),
            notes: Vec::new(),
            matched: Vec::new(),
        }
    }

    const CONFIG: &str = "[[suppress]]\nrule = \"a\"\nmatch = \"D:\"\nreason = \"known\"\nexpires = \"2026-12-31\"\n\
        [[suppress]]\nrule = \"b\"\nreason = \"known\"\nexpires = \"2026-01-31\"\n";

    #[test]
    fn only_what_matches_before_its_last_day_is_suppressed() {
        let config = Config::parse(CONFIG).unwrap();
        let sorted = config.sort(
            vec![finding("a", "on d:\\x"), finding("a", "on c:"), finding("b", "x")],
            Some("2026-06-01".parse().unwrap()),
        );
        assert_eq!(sorted.suppressed.len(), 1);
        assert_eq!(sorted.open.iter().map(|f| f.rule.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(sorted.warnings, ["the suppression of b ended on 2026-01-31"]);
        let nothing = config.sort(Vec::new(), None);
        assert_eq!(nothing.warnings.len(), 2, "a suppression that matches nothing warns");
    }

    #[test]
    fn a_folder_of_cases_says_how_it_is_checked() {
        let text = "[check]\nbundles = \"../kept\"\nat = \"2026-11-23T08:00:00Z\"\n";
        let check = Config::parse(text).unwrap().check;
        assert_eq!(check.bundles.as_deref(), Some(Path::new("../kept")));
        assert_eq!(check.at.map(|at| at.to_string()).as_deref(), Some("2026-11-23T08:00:00Z"));
        assert!(Config::parse("[check]\nbundle = \"x\"\n").unwrap_err().contains("bundle"));
    }

    #[test]
    fn a_misspelt_key_or_date_names_its_place() {
        assert!(Config::parse("[[suppress]]\nrul = \"a\"\n").unwrap_err().contains("rul"));
        let error = Config::parse(&CONFIG.replace("2026-12-31", "soon")).unwrap_err();
        assert!(error.contains("expected a day") && error.contains("soon"), "{error}");
        assert!(Config::parse(&CONFIG.replace("known", " ")).unwrap_err().contains("reason"));
    }
}
