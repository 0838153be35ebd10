//! Bytes that only the person who wrote them can read back, by the operating system's own means. Owns which systems have
//! such a means; where there is none, a file's rights have to do.

use std::io;

/// `bytes` in a form that only this person on this PC can open again; `None` where the system has no such means.
///
/// # Errors
/// What the operating system says.
pub fn protect(bytes: &[u8]) -> io::Result<Option<Vec<u8>>> {
    #[cfg(windows)]
    return super::windows::protect(bytes).map(Some);
    #[cfg(not(windows))]
    {
        let _ = bytes;
        Ok(None)
    }
}

/// What [`protect`] was given.
///
/// # Errors
/// For everybody else, on every other PC, and where the bytes are damaged.
pub fn unprotect(bytes: &[u8]) -> io::Result<Vec<u8>> {
    #[cfg(windows)]
    return super::windows::unprotect(bytes);
    #[cfg(not(windows))]
    {
        let _ = bytes;
        Err(io::Error::new(io::ErrorKind::Unsupported, "this system is no Windows"))
    }
}
