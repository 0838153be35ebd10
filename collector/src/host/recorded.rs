//! A host played back from a fixture.
