//! A rule as its YAML file says it, parsed and validated.
