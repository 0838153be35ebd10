//! A sealed file as plain bytes at any offset: only the chunk asked for is opened, in memory. Owns the few chunks kept; never
//! writes, and never gives out a byte that was not authenticated.

use std::{
    collections::VecDeque,
    io,
    sync::{Arc, Mutex, PoisonError},
};

use super::source::Source;
use crate::{
    error::{Error, Result},
    seal::{CHUNK, Identity, LONGEST, MAGIC, NONCE, Payload, TAG, unlock},
};

/// Chunks kept open: readers on several threads stay within a few.
const KEPT: usize = 16;

/// A chunk as it stands in the file.
const STEP: u64 = (CHUNK + TAG) as u64;

/// The plain view of a sealed file.
#[derive(Debug)]
pub(crate) struct Sealed {
    source: Source,
    /// Where the chunks begin, and how many there are.
    begin: u64,
    chunks: u64,
    length: u64,
    payload: Payload,
    kept: Mutex<VecDeque<(u64, Arc<[u8]>)>>,
}

/// `source`, or what is sealed in it.
///
/// # Errors
/// A sealed file that none of `identities` opens, or that is damaged or cut off.
pub(crate) fn unsealed(place: &str, source: Source, identities: &[Identity]) -> Result<Source> {
    const ARMOR: &[u8] = b"-----BEGIN AGE ENCRYPTED FILE-----";
    let io = |error| Error::io(place, error);
    let head = source.range(0, LONGEST + NONCE as u64).map_err(io)?;
    if head.starts_with(ARMOR) {
        return Err(Error::format(place, "a sealed file as bytes", "one as text (armor): open it with age first"));
    }
    if !head.starts_with(MAGIC) {
        return Ok(source);
    }
    if identities.is_empty() {
        return Err(Error::format(place, "a key to open it with (--identity FILE)", "a sealed file and no key"));
    }
    let (key, length) = unlock(place, &head, identities)?;
    let begin = (length + NONCE) as u64;
    let nonce = head.get(length..length + NONCE).ok_or_else(|| cut(place))?;
    let sealed = source.length().checked_sub(begin).filter(|rest| *rest >= TAG as u64).ok_or_else(|| cut(place))?;
    let chunks = sealed.div_ceil(STEP);
    let length = sealed.checked_sub(chunks * TAG as u64).ok_or_else(|| cut(place))?;
    let payload = key.payload(nonce);
    let opened = Sealed { source, begin, chunks, length, payload, kept: Mutex::default() };
    // Only the true last chunk opens as the last: a file that was cut off says so now.
    opened.chunk(chunks - 1).map_err(|_| cut(place))?;
    Ok(Source::Sealed(Arc::new(opened)))
}

fn cut(place: &str) -> Error {
    Error::format(place, "a sealed file with its end", "one that is cut off or damaged at its end")
}

impl Sealed {
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    pub(crate) fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        if offset >= self.length {
            return Ok(0);
        }
        let (index, within) = (offset / CHUNK as u64, offset % CHUNK as u64);
        let chunk = self.chunk(index)?;
        let rest = usize::try_from(within).ok().and_then(|within| chunk.get(within..)).unwrap_or_default();
        let length = rest.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..length), rest.get(..length)) {
            to.copy_from_slice(from);
        }
        Ok(length)
    }

    fn chunk(&self, index: u64) -> io::Result<Arc<[u8]>> {
        let kept = || self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, chunk)) = kept().iter().find(|(known, _)| *known == index) {
            return Ok(Arc::clone(chunk));
        }
        let sealed = self.source.range(self.begin + index * STEP, STEP)?;
        let plain = self.payload.open(index, index + 1 == self.chunks, &sealed);
        let wrong = || {
            let place =
                format!("sealed stretch {} of {}: expected what was sealed, found other bytes", index + 1, self.chunks);
            io::Error::new(io::ErrorKind::InvalidData, place)
        };
        let chunk: Arc<[u8]> = plain.ok_or_else(wrong)?.into();
        let mut kept = kept();
        if kept.len() >= KEPT {
            kept.pop_front();
        }
        kept.push_back((index, Arc::clone(&chunk)));
        Ok(chunk)
    }
}
