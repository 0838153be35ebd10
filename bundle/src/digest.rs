//! SHA-256 while bytes pass by, and digests as lower-case hex.
