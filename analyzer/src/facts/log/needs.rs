//! What a log record must hold to matter to somebody. Owns how such needs combine; who has which need, and looking for
//! it, stand elsewhere.

/// What a record must hold to matter to a rule: of each group one pattern, each with its own case flag. A group without
/// patterns is never met; without a group every record matters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Needs {
    /// The groups, sorted.
    pub groups: Vec<Vec<String>>,
}

/// Groups kept of one rule: what is left out lets more records through, and the rule itself judges them.
const MOST_GROUPS: usize = 8;

impl Needs {
    /// One group.
    #[must_use]
    pub fn one_of(patterns: Vec<String>) -> Self {
        Self { groups: vec![patterns] }
    }

    /// What no record has.
    #[must_use]
    pub fn never() -> Self {
        Self::one_of(Vec::new())
    }

    /// What a record must hold to meet one of two needs.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let pairs = self.groups.iter().flat_map(|a| other.groups.iter().map(move |b| [&a[..], &b[..]].concat()));
        Self { groups: pairs.collect() }.tidy()
    }

    /// What a record must hold to meet both.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.groups.extend(other.groups);
        self.tidy()
    }

    /// The same needs, each group and pattern once, the most telling groups where there are many.
    fn tidy(mut self) -> Self {
        for group in &mut self.groups {
            group.sort();
            group.dedup();
        }
        self.groups.sort();
        self.groups.dedup();
        if self.groups.len() > MOST_GROUPS {
            self.groups.sort_by_key(|group| std::cmp::Reverse(weight(group)));
            self.groups.truncate(MOST_GROUPS);
            self.groups.sort();
        }
        self
    }
}

/// Length of the shortest pattern: the longer, the fewer lines it lets through.
fn weight(patterns: &[String]) -> usize {
    patterns.iter().map(String::len).min().unwrap_or(usize::MAX)
}
