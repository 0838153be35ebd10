//! Recognises loose evidence by its bytes, never by its name, and gives it a manifest of its own.
