//! The `.reg` text form: what regedit writes and imports, read and written byte for byte.
