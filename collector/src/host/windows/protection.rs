#![expect(unsafe_code, reason = "Win32 data protection")]
//! DPAPI: bytes encrypted with a key that Windows keeps for this account. Asks nobody, shows nothing.

use std::{io, ptr::null, slice};

use windows_sys::Win32::{
    Foundation::{HLOCAL, LocalFree},
    Security::Cryptography::{CRYPT_INTEGER_BLOB, CRYPTPROTECT_UI_FORBIDDEN, CryptProtectData, CryptUnprotectData},
};

use super::wide::wide;

/// What Windows keeps beside the bytes, in the clear.
const DESCRIPTION: &str = "koff-collect";

/// A blob as Windows allocated it, freed on drop.
struct Blob(CRYPT_INTEGER_BLOB);

impl Blob {
    fn empty() -> Self {
        Self(CRYPT_INTEGER_BLOB { cbData: 0, pbData: std::ptr::null_mut() })
    }

    fn bytes(&self) -> Vec<u8> {
        if self.0.pbData.is_null() {
            return Vec::new();
        }
        // SAFETY: filled by a call that succeeded: the pointer is good for that many bytes.
        unsafe { slice::from_raw_parts(self.0.pbData, self.0.cbData as usize) }.to_vec()
    }
}

impl Drop for Blob {
    fn drop(&mut self) {
        // SAFETY: null, or allocated by the call that filled it, and freed once.
        unsafe { LocalFree(self.0.pbData as HLOCAL) };
    }
}

/// `bytes` as a blob that calls only read.
fn lent(bytes: &[u8]) -> io::Result<CRYPT_INTEGER_BLOB> {
    let length = u32::try_from(bytes.len()).map_err(|_| io::Error::other("expected less than 4 GB to protect"))?;
    Ok(CRYPT_INTEGER_BLOB { cbData: length, pbData: bytes.as_ptr().cast_mut() })
}

/// `bytes` encrypted for this account.
///
/// # Errors
/// What Windows says, e.g. where the account has no profile to keep a key in.
pub(in crate::host) fn protect(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let (input, mut output, description) = (lent(bytes)?, Blob::empty(), wide(DESCRIPTION));
    // SAFETY: input and description outlive the call, which only reads them; it fills the output or fails.
    let done = unsafe {
        CryptProtectData(
            &raw const input,
            description.as_ptr(),
            null(),
            null(),
            null(),
            CRYPTPROTECT_UI_FORBIDDEN,
            &raw mut output.0,
        )
    };
    if done == 0 { Err(io::Error::last_os_error()) } else { Ok(output.bytes()) }
}

/// What [`protect`] was given.
///
/// # Errors
/// What Windows says to other accounts and of damaged bytes.
pub(in crate::host) fn unprotect(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let (input, mut output) = (lent(bytes)?, Blob::empty());
    // SAFETY: the input outlives the call, which only reads it; it fills the output or fails; no description is asked for.
    let done = unsafe {
        CryptUnprotectData(
            &raw const input,
            std::ptr::null_mut(),
            null(),
            null(),
            null(),
            CRYPTPROTECT_UI_FORBIDDEN,
            &raw mut output.0,
        )
    };
    if done == 0 { Err(io::Error::last_os_error()) } else { Ok(output.bytes()) }
}
