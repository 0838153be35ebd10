//! Reads a bundle or loose evidence without unpacking it to disk, within the published limits.
