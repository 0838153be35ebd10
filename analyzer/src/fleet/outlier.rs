//! What sets the bundles apart on which a rule failed: one trait that they share and the others lack, where that is no
//! likely accident; or that it is one bundle among many.

use serde::{Deserialize, Serialize};

use super::Tally;

/// An accident with this chance or above is not named.
const ACCIDENT: f64 = 0.05;
/// A single failing bundle is named among at least so many.
const MANY: usize = 5;

/// What the failing bundles of a rule have in common, and no other has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outlier {
    /// The trait: `connector`, `Office`, `Windows`, …; `bundle` for a single one.
    pub by: String,
    /// Its value.
    pub value: String,
    /// On how many of these bundles the rule failed.
    pub failed: usize,
    /// How many of these bundles there are on which the rule was decided.
    pub among: usize,
    /// How many others passed.
    pub others: usize,
}

impl Outlier {
    /// "only on PCs with connector 9.4.0 (3 of 3; none of 40 others)".
    #[must_use]
    pub fn words(&self) -> String {
        let Self { by, value, failed, among, others } = self;
        if by == "bundle" {
            return format!("only on {value} (1 of {})", among + others);
        }
        format!("only on PCs with {by} {value} ({failed} of {among}; none of {others} others)")
    }
}

/// The trait that tells failing from passing bundles best, if one does.
pub(super) fn find(tally: &Tally) -> Option<Outlier> {
    let [failed, passed, ..] = tally.verdicts;
    if failed == 1 && passed + 1 >= MANY {
        let value = tally.first.clone()?;
        return Some(Outlier { by: "bundle".to_owned(), value, failed, among: 1, others: passed });
    }
    let mut best: Option<(f64, Outlier)> = None;
    for (by, values) in &tally.traits {
        let all: usize = values.values().map(|(_, decided)| decided).sum();
        let hits: usize = values.values().map(|(hits, _)| hits).sum();
        for (value, (hit, among)) in values {
            // Every failing bundle must tell the trait, and all of them must have this value.
            if *hit != failed || hits != failed || failed < 2 {
                continue;
            }
            let others = all - among;
            let chance = accident(failed, *among, all);
            let better = best.as_ref().is_none_or(|(known, _)| chance < *known);
            if others > 0 && chance < ACCIDENT && better {
                let (by, value) = (by.clone(), value.clone());
                best = Some((chance, Outlier { by, value, failed, among: *among, others }));
            }
        }
    }
    best.map(|(_, outlier)| outlier)
}

/// The chance that `failed` of `all` bundles, drawn blindly, all lie among these `among`.
fn accident(failed: usize, among: usize, all: usize) -> f64 {
    (0..failed).map(|drawn| among.saturating_sub(drawn) as f64 / (all - drawn).max(1) as f64).product()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::finding::Level;

    fn tally(verdicts: [usize; 4], values: &[(&str, usize, usize)]) -> Tally {
        let values: BTreeMap<String, (usize, usize)> =
            values.iter().map(|(value, failed, decided)| ((*value).to_owned(), (*failed, *decided))).collect();
        Tally {
            title: String::new(),
            area: String::new(),
            level: Level::High,
            verdicts,
            first: Some("a.zip".to_owned()),
            traits: BTreeMap::from([("connector".to_owned(), values)]),
            outlier: None,
        }
    }

    #[test]
    fn a_trait_is_named_where_it_tells_failing_from_passing() {
        let outlier = find(&tally([3, 40, 0, 0], &[("9.4.0", 3, 3), ("10.0.6", 0, 40)])).unwrap();
        assert_eq!(outlier.words(), "only on PCs with connector 9.4.0 (3 of 3; none of 40 others)");
    }

    #[test]
    fn what_may_be_an_accident_is_not_named() {
        for values in [
            [("9.4.0", 2, 3), ("10.0.6", 0, 1)],  // 2 of 4: half a chance
            [("9.4.0", 2, 2), ("10.0.6", 1, 40)], // elsewhere too
            [("9.4.0", 3, 20), ("10.0.6", 0, 1)], // nearly all have it
        ] {
            let failed = values.iter().map(|value| value.1).sum();
            assert_eq!(find(&tally([failed, 9, 0, 0], &values)), None, "{values:?}");
        }
    }

    #[test]
    fn one_bundle_among_many_is_named_itself() {
        let outlier = find(&tally([1, 9, 0, 0], &[])).unwrap();
        assert_eq!(outlier.words(), "only on a.zip (1 of 10)");
        assert_eq!(find(&tally([1, 1, 0, 0], &[])), None);
    }
}
