//! The bundle being written: the only place that hands bytes to the bundle writer, and takes nothing but `Redacted`.
