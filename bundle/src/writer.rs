//! Writes a bundle: members as deflate streams with full-flush points, the manifest, the central directory.
