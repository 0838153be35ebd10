//! Who wants which records of a log, told while the log is read, so that a rule is asked about the few records that may
//! concern it and not about all that concern anybody. Owns the lists; what a need is stands beside it.

use std::collections::BTreeMap;

use super::needs::Needs;

/// Indices of records by who wants them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wanted {
    by_need: BTreeMap<Needs, Vec<usize>>,
    /// What everybody has to look at: records that may say anything.
    by_all: Vec<usize>,
}

impl Wanted {
    /// Lists for `needs`, empty yet.
    #[must_use]
    pub fn new(needs: &[Needs]) -> Self {
        Self { by_need: needs.iter().map(|need| (need.clone(), Vec::new())).collect(), by_all: Vec::new() }
    }

    /// Record `index`, which is higher than all before, is wanted by those who have one of `needs`.
    pub fn add<'a>(&mut self, index: usize, needs: impl IntoIterator<Item = &'a Needs>) {
        for need in needs {
            self.by_need.entry(need.clone()).or_default().push(index);
        }
    }

    /// Everybody has to look at record `index`, which is higher than all before.
    pub fn add_for_all(&mut self, index: usize) {
        self.by_all.push(index);
    }

    /// What those have to look at who have the need, ascending; `None` where nobody looked for it.
    #[must_use]
    pub fn of(&self, need: &Needs) -> Option<Vec<usize>> {
        let mut found = [&self.by_need.get(need)?[..], &self.by_all[..]].concat();
        found.sort_unstable();
        found.dedup();
        Some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_looks_at_what_it_wants_and_at_what_may_say_anything() {
        let [a, b, c] = ["a", "b", "c"].map(|one| Needs::one_of(vec![one.to_owned()]));
        let mut wanted = Wanted::new(&[a.clone(), b.clone()]);
        wanted.add(0, [&a]);
        wanted.add_for_all(1);
        wanted.add(2, [&a, &b]);
        assert_eq!(wanted.of(&a), Some(vec![0, 1, 2]));
        assert_eq!(wanted.of(&b), Some(vec![1, 2]));
        assert_eq!(wanted.of(&c), None, "nobody looked for it");
    }
}
