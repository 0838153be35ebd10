//! From raw to `Redacted`, the only thing the export accepts. Secrets go in every mode, names become pseudonyms.
