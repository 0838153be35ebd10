//! Published limits for bundles that may be hostile. Owns the numbers and their names; enforced by `reader`.
