//! Bytes that can be read at any offset from several threads: a file, its volumes, a sealed file, or memory. Owns positional
//! reading; never writes.

use std::{
    fs::File,
    io::{self, Read},
    sync::Arc,
};

use super::sealed::Sealed;

/// Where bytes are. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    File(Arc<File>, u64),
    /// Files that follow each other: where each one ends.
    Volumes(Arc<[(File, u64)]>),
    Sealed(Arc<Sealed>),
    Memory(Arc<[u8]>),
}

impl Source {
    /// `file`, as long as it is now.
    pub(crate) fn file(file: File) -> io::Result<Self> {
        let length = file.metadata()?.len();
        Ok(Self::File(Arc::new(file), length))
    }

    /// `files` joined.
    pub(crate) fn volumes(files: Vec<File>) -> io::Result<Self> {
        let mut end = 0_u64;
        let volumes = files.into_iter().map(|file| {
            end = end.saturating_add(file.metadata()?.len());
            Ok((file, end))
        });
        Ok(Self::Volumes(volumes.collect::<io::Result<Vec<_>>>()?.into()))
    }

    pub(crate) fn length(&self) -> u64 {
        match self {
            Self::File(_, length) => *length,
            Self::Volumes(volumes) => volumes.last().map_or(0, |(_, end)| *end),
            Self::Sealed(sealed) => sealed.length(),
            Self::Memory(bytes) => bytes.len() as u64,
        }
    }

    /// Reads some bytes at `offset`; 0 at the end.
    pub(crate) fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::File(file, _) => read_at(file, buffer, offset),
            Self::Volumes(volumes) => {
                let at = volumes.partition_point(|(_, end)| *end <= offset);
                let begin = at.checked_sub(1).and_then(|before| volumes.get(before)).map_or(0, |(_, end)| *end);
                volumes.get(at).map_or(Ok(0), |(file, _)| read_at(file, buffer, offset - begin))
            }
            Self::Sealed(sealed) => sealed.read_at(offset, buffer),
            Self::Memory(bytes) => {
                let rest = usize::try_from(offset).ok().and_then(|at| bytes.get(at..)).unwrap_or_default();
                let length = rest.len().min(buffer.len());
                let (Some(to), Some(from)) = (buffer.get_mut(..length), rest.get(..length)) else { return Ok(0) };
                to.copy_from_slice(from);
                Ok(length)
            }
        }
    }

    /// The bytes of a range, fewer where the source ends before. The caller bounds `length`.
    pub(crate) fn range(&self, offset: u64, length: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.read_range(offset, length, &mut bytes)?;
        Ok(bytes)
    }

    /// The same, into `bytes` instead of what they hold.
    pub(crate) fn read_range(&self, offset: u64, length: u64, bytes: &mut Vec<u8>) -> io::Result<()> {
        let length = length.min(self.length().saturating_sub(offset));
        // What the bytes were before is written over as it is: only what they lack is set to zero.
        bytes.resize(usize::try_from(length).map_err(io::Error::other)?, 0);
        let mut read = 0;
        while let Some(rest) = bytes.get_mut(read..).filter(|rest| !rest.is_empty()) {
            match self.read_at(offset.saturating_add(read as u64), rest) {
                Ok(0) => break,
                Ok(some) => read += some,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        bytes.truncate(read);
        Ok(())
    }

    /// A reader over a range.
    pub(crate) fn window(&self, offset: u64, length: u64) -> Window {
        Window { source: self.clone(), at: offset, end: offset.saturating_add(length).min(self.length()) }
    }
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, offset)
}

#[cfg(windows)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, offset)
}

/// Reads a range of a [`Source`] from front to back.
#[derive(Debug)]
pub(crate) struct Window {
    source: Source,
    at: u64,
    end: u64,
}

impl Read for Window {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let rest = usize::try_from(self.end.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let wanted = rest.min(buffer.len());
        let Some(buffer) = buffer.get_mut(..wanted) else { return Ok(0) };
        if buffer.is_empty() {
            return Ok(0);
        }
        let read = self.source.read_at(self.at, buffer)?;
        self.at += read as u64;
        Ok(read)
    }
}
