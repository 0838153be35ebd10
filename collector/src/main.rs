//! Entry point of `koff-collect`: hands over, nothing else.

fn main() {}
