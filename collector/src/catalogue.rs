//! Which source obtains which artifact: the exhaustive map.
