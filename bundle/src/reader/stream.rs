//! A member's bytes on their way to a parser, with size, checksum and digest taken as they pass. Owns the comparison with
//! what container and manifest say; what follows from a difference is the bundle's list of problems.

use std::io::{self, Read};

use flate2::Crc;

use super::{Bundle, Member, member::Opened};
use crate::{
    digest::Running,
    limits::{Problem, What},
};

/// The SHA-256 of a member, lower-case hex.
#[derive(Debug, Clone)]
pub(super) struct Digest {
    pub(super) sha256: String,
    /// Whether its raw bytes were hashed; otherwise the flush points' digest vouches for it.
    pub(super) hashed: bool,
}

/// Reads one member from front to back. Once its end was reached the digest is known to the [`Bundle`].
pub struct Stream<'a> {
    bundle: &'a Bundle,
    member: &'a Member,
    inner: Opened,
    /// Of the raw bytes; left out where the flush points' digest is to vouch for them, which costs a fifth with logs.
    checks: Option<(Running, Crc)>,
    size: u64,
    ended: bool,
}

impl<'a> Stream<'a> {
    pub(super) fn new(bundle: &'a Bundle, member: &'a Member, inner: Opened) -> Self {
        let vouched = matches!(&inner, Opened::Stretched(stretches) if stretches.can_prove());
        let checks = (!vouched).then(Default::default);
        Self { bundle, member, inner, checks, size: 0, ended: false }
    }

    /// The same with the raw bytes hashed in any case. To be said before the first byte is read.
    pub(super) fn hashed(mut self) -> Self {
        self.checks.get_or_insert_default();
        self
    }

    /// Reads what is left and gives the SHA-256 of the whole member, lower-case hex.
    ///
    /// # Errors
    /// As reading does.
    pub fn finish(mut self) -> io::Result<String> {
        io::copy(&mut self, &mut io::sink())?;
        Ok(self.bundle.known(&self.member.name))
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
        if let (Some(crc), Some((_, summed))) = (self.member.crc(), &self.checks)
            && crc != summed.sum()
        {
            let (expected, found) = (format!("CRC-32 {crc:08x}"), format!("{:08x}", summed.sum()));
            self.bundle.report(Problem::new(name, What::WrongChecksum, expected, found));
        }
        if let Some(digest) = self.digest() {
            self.bundle.learn(name, digest);
        }
    }

    /// The digest of what was read; `None` where it could not be had, which is told.
    fn digest(&mut self) -> Option<Digest> {
        if let Some((running, _)) = self.checks.take() {
            return Some(Digest { sha256: running.finish(), hashed: true });
        }
        let said = self.bundle.entry(&self.member.name).and_then(|entry| entry.sha256.as_ref());
        match (&self.inner, said) {
            (Opened::Stretched(stretches), Some(said)) if stretches.prove(said) => {
                Some(Digest { sha256: said.to_ascii_lowercase(), hashed: false })
            }
            // Nobody vouches for it: altered, or compressed anew by another program. The bytes themselves tell, of the checksum
            // as well.
            _ => {
                let again = self.bundle.stream_of(self.member).ok()?.hashed();
                again.finish().ok()?;
                self.bundle.digest(&self.member.name)
            }
        }
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
        if let Some((sha256, crc)) = &mut self.checks {
            sha256.update(bytes);
            crc.update(bytes);
        }
        Ok(read)
    }
}
