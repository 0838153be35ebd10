//! Summarises a PE file into `record::PeSummary`. Observes, judges nothing.
