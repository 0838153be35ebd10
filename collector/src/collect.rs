//! Runs a plan against a host: every source under its own time limit, one deadline for all.
