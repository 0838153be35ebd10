//! Signature checks that were made already. The same connector lies on every PC of a company, and one authority's certificate
//! in every chain: what key, text and signature came to once, they come to again. Owns no arithmetic and knows no file.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use sha2::{Digest, Sha256};

use super::key::{Algorithm, Bad, Hash, PublicKey};

/// So many are remembered, then all are forgotten: a bundle made for it must not fill the memory.
const MOST: usize = 10_000;

/// What checks came to, by the digest of everything that they depend on.
#[derive(Debug, Default)]
pub(super) struct Checked(Mutex<HashMap<[u8; 32], Result<(), Bad>>>);

impl Checked {
    /// As [`PublicKey::verify`].
    pub(super) fn verify(
        &self,
        key: &PublicKey,
        algorithm: &Algorithm,
        fallback: Option<Hash>,
        parts: &[&[u8]],
        signature: &[u8],
    ) -> Result<(), Bad> {
        let mut digest = Sha256::new();
        let (kind, numbers): (String, [&[u8]; 2]) = match key {
            PublicKey::Rsa { modulus, exponent } => ("rsa".to_owned(), [modulus, exponent]),
            PublicKey::Ec { curve, point } => (format!("{curve:?}"), [point, &[]]),
            PublicKey::Other(_) => return key.verify(algorithm, fallback, parts, signature),
        };
        let hash = fallback.map_or("", Hash::name);
        let named = [kind.as_bytes(), algorithm.oid.as_bytes(), &algorithm.parameters, hash.as_bytes(), signature];
        // Each with its length, so that no two sets of them read alike.
        for field in named.into_iter().chain(numbers).chain(parts.iter().copied()) {
            digest.update((field.len() as u64).to_le_bytes());
            digest.update(field);
        }
        let digest: [u8; 32] = digest.finalize().into();
        let known = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known().get(&digest) {
            return known.clone();
        }
        let found = key.verify(algorithm, fallback, parts, signature);
        let mut known = known();
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(digest, found.clone());
        found
    }
}
