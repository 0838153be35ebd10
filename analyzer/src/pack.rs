//! The rule pack's fact tables: versions, publishers, known programs, limits, remediation texts, each with source and date.
