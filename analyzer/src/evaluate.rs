//! Every rule over the facts of one bundle: exactly one verdict each.

use std::collections::BTreeMap;

use crate::{finding::Finding, verdict::Verdict};

/// What the rules say of one bundle.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Evaluation {
    /// One verdict per rule, by rule id.
    pub verdicts: BTreeMap<String, Verdict>,
    /// One finding per failing record.
    pub findings: Vec<Finding>,
}
