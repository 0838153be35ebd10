//! A member's bytes on their way to a parser, with size, checksum and digest taken as they pass. Owns the comparison with
//! what container and manifest say; what follows from a difference is the bundle's list of problems.

use std::io::{self, Read};

use flate2::Crc;

use super::{Bundle, Member};
use crate::{
    digest::Running,
    limits::{Problem, What},
};

/// Reads one member from front to back. Once its end was reached the digest is known to the [`Bundle`].
pub struct Stream<'a> {
    bundle: &'a Bundle,
    member: &'a Member,
    inner: Box<dyn Read + Send>,
    sha256: Running,
    crc: Crc,
    size: u64,
    ended: bool,
}

impl<'a> Stream<'a> {
    pub(super) fn new(bundle: &'a Bundle, member: &'a Member, inner: Box<dyn Read + Send>) -> Self {
        Self { bundle, member, inner, sha256: Running::default(), crc: Crc::new(), size: 0, ended: false }
    }

    /// Reads what is left and gives the SHA-256 of the whole member, lower-case hex.
    ///
    /// # Errors
    /// As reading does.
    pub fn finish(mut self) -> io::Result<String> {
        io::copy(&mut self, &mut io::sink())?;
        Ok(self.bundle.digest(&self.member.name).unwrap_or_default())
    }

    fn broken(&mut self, what: What, expected: &str, found: String) -> io::Error {
        self.ended = true;
        let problem = Problem::new(&self.member.name, what, expected, found);
        let message = problem.to_string();
        self.bundle.report(problem);
        io::Error::new(io::ErrorKind::InvalidData, message)
    }

    fn end(&mut self) {
        self.ended = true;
        let name = &self.member.name;
        if self.size != self.member.size {
            let (expected, found) = (format!("{} bytes", self.member.size), format!("{} bytes", self.size));
            self.bundle.report(Problem::new(name, What::WrongSize, expected, found));
        }
        if let Some(crc) = self.member.crc()
            && crc != self.crc.sum()
        {
            let (expected, found) = (format!("CRC-32 {crc:08x}"), format!("{:08x}", self.crc.sum()));
            self.bundle.report(Problem::new(name, What::WrongChecksum, expected, found));
        }
        self.bundle.learn(name, std::mem::take(&mut self.sha256).finish());
    }
}

impl Read for Stream<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.ended || buffer.is_empty() {
            return Ok(0);
        }
        let read = match self.inner.read(buffer) {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
            Err(error) => {
                let found = format!("{error} after {} bytes", self.size);
                return Err(self.broken(What::Damaged, "data that can be read to the end", found));
            }
        };
        if read == 0 {
            self.end();
            return Ok(0);
        }
        let bytes = buffer.get(..read).unwrap_or_default();
        self.size += read as u64;
        if self.size > self.member.size {
            let (expected, found) = (format!("{} bytes", self.member.size), format!("at least {}", self.size));
            return Err(self.broken(What::WrongSize, &expected, found));
        }
        self.sha256.update(bytes);
        self.crc.update(bytes);
        Ok(read)
    }
}
