//! What is to be collected: options, limits, which artifacts. Owns the plan, never executes it.
