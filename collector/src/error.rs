//! Errors that leave no bundle at all; trouble with one artifact is an acquisition, not an error.
