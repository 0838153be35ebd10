//! Offline Authenticode verdicts over a PE summary: digest, PKCS#7, chain, timestamp, each with its reason.
