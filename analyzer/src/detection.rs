//! Selections, conditions and modifiers over records, in three-valued logic. Knows no file and no rule.
