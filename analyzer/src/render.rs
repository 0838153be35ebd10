//! The report in one format each; renderers decide nothing.
