//! Checked reading of little-endian numbers and strings by file offset and by RVA. Owns the mapping from RVA to file
//! offset; every access answers `None` outside the bytes.

use super::{MAX_NAME, headers::Headers};

/// A file and its section map.
pub(super) struct View<'a> {
    pub(super) bytes: &'a [u8],
    headers: &'a Headers,
}

/// `len` bytes at `offset`.
pub(super) fn slice(bytes: &[u8], offset: usize, len: usize) -> Option<&[u8]> {
    bytes.get(offset..offset.checked_add(len)?)
}

/// The number of two bytes at `offset`.
pub(super) fn u16_at(bytes: &[u8], offset: usize) -> Option<u16> {
    slice(bytes, offset, 2)?.try_into().ok().map(u16::from_le_bytes)
}

/// The number of four bytes at `offset`.
pub(super) fn u32_at(bytes: &[u8], offset: usize) -> Option<u32> {
    slice(bytes, offset, 4)?.try_into().ok().map(u32::from_le_bytes)
}

/// The number of eight bytes at `offset`.
pub(super) fn u64_at(bytes: &[u8], offset: usize) -> Option<u64> {
    slice(bytes, offset, 8)?.try_into().ok().map(u64::from_le_bytes)
}

impl<'a> View<'a> {
    pub(super) fn new(bytes: &'a [u8], headers: &'a Headers) -> Self {
        Self { bytes, headers }
    }

    /// File offset of the byte that is loaded at `rva`.
    pub(super) fn offset(&self, rva: u32) -> Option<usize> {
        for section in &self.headers.sections {
            let extent = section.virtual_size.max(section.size);
            let Some(delta) = rva.checked_sub(section.address).filter(|delta| *delta < extent) else { continue };
            let start = self.headers.loaded_offset(section.offset);
            return (delta < section.size).then_some(()).and(start.checked_add(delta)).map(|offset| offset as usize);
        }
        (rva < self.headers.headers_size).then_some(rva as usize)
    }

    /// `len` bytes loaded at `rva`.
    pub(super) fn at(&self, rva: u32, len: usize) -> Option<&'a [u8]> {
        slice(self.bytes, self.offset(rva)?, len)
    }

    /// The number at `rva`.
    pub(super) fn u32(&self, rva: u32) -> Option<u32> {
        u32_at(self.at(rva, 4)?, 0)
    }

    /// The NUL-terminated name at `rva`, non-ASCII replaced; none that is longer than [`MAX_NAME`].
    pub(super) fn name(&self, rva: u32) -> Option<String> {
        let rest = self.bytes.get(self.offset(rva)?..)?;
        let rest = rest.get(..=MAX_NAME).unwrap_or(rest);
        let end = memchr::memchr(0, rest)?;
        Some(String::from_utf8_lossy(rest.get(..end)?).into_owned())
    }
}
