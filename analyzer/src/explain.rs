//! Why a rule came to its verdict: the evaluation tree.
