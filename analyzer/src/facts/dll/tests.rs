//! Derivation over whole records.
