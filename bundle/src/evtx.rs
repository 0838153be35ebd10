//! Windows event log files into event records; a damaged record never loses the rest.
