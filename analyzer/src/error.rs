//! Errors that leave no report.
