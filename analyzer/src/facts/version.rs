//! Versions as the vendor writes them: `9.4.0.6153`, `9.4.0-6153-p1`, `10.0.6 build 8504`. Owns parsing and order.

use std::{cmp::Ordering, fmt};

/// A connector or server version with its build, where known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The three leading numbers.
    pub release: [u64; 3],
    /// Build number.
    pub build: Option<u64>,
}

impl Version {
    /// The first version in `text`; `None` where there is none. Needs at least `a.b`; a fourth number, or one after `-`
    /// or the word `build`, is the build.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let start = text.find(|c: char| c.is_ascii_digit())?;
        let text = text.get(start..)?;
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (numbers, rest) = text.split_at(end);
        let numbers: Vec<u64> = numbers.trim_matches('.').split('.').map(|n| n.parse().ok()).collect::<Option<_>>()?;
        let [a, b, ..] = numbers.as_slice() else { return None };
        let release = [*a, *b, numbers.get(2).copied().unwrap_or(0)];
        let build = numbers.get(3).copied().or_else(|| build_after(rest)).filter(|build| *build != 0);
        Some(Self { release, build })
    }

    /// `a.b.c`
    #[must_use]
    pub fn text(&self) -> String {
        let [a, b, c] = self.release;
        format!("{a}.{b}.{c}")
    }

    /// Order by release alone.
    #[must_use]
    pub fn cmp_release(&self, other: &Self) -> Ordering {
        self.release.cmp(&other.release)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.build {
            Some(build) => write!(f, "{}.{build}", self.text()),
            None => f.write_str(&self.text()),
        }
    }
}

/// The build number right after a release: `-6153`, ` build 6153`, ` (6153)`.
fn build_after(rest: &str) -> Option<u64> {
    let rest = rest.to_lowercase();
    let rest = rest.trim_start_matches([' ', '-', '(', ',']);
    let rest = rest.strip_prefix("build").unwrap_or(rest).trim_start_matches([' ', ':', '-']);
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    (3..=6).contains(&digits.len()).then(|| digits.parse().ok()).flatten()
}

/// Numbers of a dotted version, for comparison of versions of any length.
#[must_use]
pub fn numbers(text: &str) -> Option<Vec<u64>> {
    let parts: Option<Vec<u64>> = text.trim().split('.').map(|part| part.parse().ok()).collect();
    parts.filter(|parts| parts.len() > 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_spellings_give_release_and_build() {
        for (text, release, build) in [
            ("9.4.0.6153", [9, 4, 0], Some(6153)),
            ("9.4.1-6445-p1", [9, 4, 1], Some(6445)),
            ("Kerio Outlook Connector 10.0.6 build 8504", [10, 0, 6], Some(8504)),
            ("8.5.3 (5082)", [8, 5, 3], Some(5082)),
            ("7.3", [7, 3, 0], None),
            ("9.4.0.0", [9, 4, 0], None),
        ] {
            assert_eq!(Version::parse(text), Some(Version { release, build }), "{text}");
        }
        assert_eq!(Version::parse("none"), None);
        assert_eq!(Version::parse("7"), None);
        assert_eq!(Version::parse("99999999999999999999.1.1"), None);
    }
}
