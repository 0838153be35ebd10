//! How an artifact is obtained: one source a family, written once over `&dyn Host`.
