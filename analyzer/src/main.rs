//! Entry point of `koff-analyze`: hands over, nothing else.

fn main() {}
