//! What was typed, what it means, a short run.
