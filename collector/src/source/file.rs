//! Files, opened shared and read block by block. A file above the cap keeps its head and its tail, with a line that marks
//! the cut between them. Decodes nothing, holds no more than two blocks.

use std::{
    fmt,
    io::{self, Read, SeekFrom},
};

use jiff::Timestamp;
use koff_bundle::{
    acquisition::{Acquisition, State},
    path::WinPath,
};

use super::Budget;
use crate::host::{Answer, Bytes, Host};

/// Bytes of one block; a line end is looked for within one.
const STEP: usize = 1 << 20;

/// A file on the host, opened and not yet read. What it gives is bounded by a cap; what it holds in memory by two blocks.
pub struct Stream {
    bytes: Box<dyn Bytes>,
    size: u64,
    cap: u64,
    /// Why it is not the file as it is now, where it is not.
    older: Option<String>,
    /// Last write time of the file.
    pub modified: Option<Timestamp>,
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a file of {} bytes, at most {} of them", self.size, self.cap)
    }
}

/// How reading a [`Stream`] ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// All of it was given, or head and tail with the reason.
    Read(Option<String>),
    /// It broke off after so many bytes.
    Broken(u64, Acquisition),
    /// Nobody wanted more.
    Unwanted,
}

/// Opens `path`, of which at most about `cap` bytes are wanted.
///
/// # Errors
/// As the host says.
pub fn open(host: &dyn Host, path: &WinPath, cap: u64) -> Answer<Stream> {
    let stat = host.stat(path)?;
    if stat.folder {
        return Err(Acquisition::ended(State::Failed, "expected a file, found a folder"));
    }
    let (mut bytes, older) = shared(host, path)?;
    // The size that counts is the open file's: a listing may lie, and a log grows.
    let size = bytes.seek(SeekFrom::End(0)).map_err(|error| refused(&error))?;
    bytes.seek(SeekFrom::Start(0)).map_err(|error| refused(&error))?;
    Ok(Stream { bytes, size, cap, older, modified: stat.modified })
}

/// The file as it is, else, where another program keeps it to itself, as a shadow copy has it, and which one.
fn shared(host: &dyn Host, path: &WinPath) -> Answer<(Box<dyn Bytes>, Option<String>)> {
    match host.open(path) {
        Ok(bytes) => Ok((bytes, None)),
        Err(end) if end.state == State::Locked => match host.shadowed(path) {
            Ok((bytes, copy)) => {
                let why = format!("{}; as it was in {copy}, what was written since is missing", end.reason);
                Ok((bytes, Some(why)))
            }
            // Why there is no second way belongs to the answer, where it is more than "not here".
            Err(none) if matches!(none.state, State::Denied | State::Absent) => {
                Err(Acquisition { reason: format!("{}; {}", end.reason, none.reason), ..end })
            }
            Err(_) => Err(end),
        },
        Err(end) => Err(end),
    }
}

/// The first bytes of `path`, at most `cap` of them, for a look of the collector's own.
///
/// # Errors
/// As the host says.
pub fn head(host: &dyn Host, path: &WinPath, cap: u64) -> Answer<Vec<u8>> {
    let mut kept = Vec::new();
    shared(host, path)?.0.take(cap).read_to_end(&mut kept).map_err(|error| refused(&error))?;
    Ok(kept)
}

/// All bytes of `path`, or none where there are more than `cap`, where reading fails or time runs out.
///
/// # Errors
/// As the host says, or why it is not all of it.
pub fn whole(host: &dyn Host, path: &WinPath, cap: u64, budget: &Budget) -> Answer<Vec<u8>> {
    let stream = open(host, path, cap)?;
    if stream.size > cap {
        return Err(Acquisition::ended(State::Skipped, format!("larger than {cap} bytes")));
    }
    let mut kept = Vec::new();
    let ending = stream.give(&mut |block| {
        kept.extend_from_slice(&block);
        !budget.spent()
    });
    match ending {
        Ending::Read(None) => Ok(kept),
        Ending::Read(Some(why)) => Err(Acquisition::ended(State::Truncated, why)),
        Ending::Broken(_, end) => Err(end),
        Ending::Unwanted => Err(Acquisition::ended(State::TimedOut, "out of time while reading")),
    }
}

impl Stream {
    /// Gives the bytes in blocks for as long as `give` wants more.
    pub fn give(mut self, give: &mut dyn FnMut(Vec<u8>) -> bool) -> Ending {
        let ending = if self.size <= self.cap { self.part(self.size, give) } else { self.head_and_tail(give) };
        match (ending, self.older) {
            (Ending::Read(why), Some(older)) => {
                Ending::Read(Some([Some(older), why].into_iter().flatten().collect::<Vec<_>>().join("; ")))
            }
            (ending, _) => ending,
        }
    }

    /// `count` bytes from where the file stands.
    fn part(&mut self, count: u64, give: &mut dyn FnMut(Vec<u8>) -> bool) -> Ending {
        let mut left = count;
        while left > 0 {
            match self.block(left) {
                Ok(block) if block.is_empty() => {
                    return Ending::Read(Some(format!("ended {left} bytes before its size")));
                }
                Ok(block) => {
                    left = left.saturating_sub(block.len() as u64);
                    if !give(block) {
                        return Ending::Unwanted;
                    }
                }
                Err(error) => return Ending::Broken(count.saturating_sub(left), refused(&error)),
            }
        }
        Ending::Read(None)
    }

    /// At most `left` bytes, one block of them; empty at the end.
    fn block(&mut self, left: u64) -> io::Result<Vec<u8>> {
        let want = usize::try_from(left).unwrap_or(STEP).min(STEP);
        let mut block = vec![0_u8; want];
        loop {
            match self.bytes.read(&mut block) {
                Ok(got) => {
                    block.truncate(got);
                    return Ok(block);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Head, mark and tail. The cut falls on line ends where there are some nearby, so that no record is halved, and on
    /// even offsets, so that UTF-16 text stays in step.
    fn head_and_tail(&mut self, give: &mut dyn FnMut(Vec<u8>) -> bool) -> Ending {
        let half = (self.cap / 2) & !1;
        // The last of the head is held back until it is known where its last line ends.
        let (mut held, mut given, mut wide) = (Vec::new(), 0_u64, None);
        let ending = self.part(half, &mut |block| {
            wide.get_or_insert_with(|| is_utf16(&block));
            held.extend_from_slice(&block);
            let ready = held.len().saturating_sub(STEP) & !1;
            let wanted = ready == 0 || give(held.drain(..ready).collect());
            given += ready as u64;
            wanted
        });
        if ending != Ending::Read(None) {
            return if held.is_empty() || give(held) { ending } else { Ending::Unwanted };
        }
        let wide = wide.unwrap_or_default();
        held.truncate(end_of_last_line(&held, wide));
        let until = given + held.len() as u64;
        let from = self.size.saturating_sub(half) & !1;
        let start = self.bytes.seek(SeekFrom::Start(from)).and_then(|_| self.block(half));
        let tail = match start {
            Ok(tail) => tail,
            Err(error) => return if give(held) { Ending::Broken(until, refused(&error)) } else { Ending::Unwanted },
        };
        let start = start_of_first_line(&tail, wide);
        let left_out = from.saturating_add(start as u64).saturating_sub(until);
        let mark = format!("[... {left_out} bytes left out here ...]\r\n");
        held.extend(if wide { mark.encode_utf16().flat_map(u16::to_le_bytes).collect() } else { mark.into_bytes() });
        let rest = half.saturating_sub(tail.len() as u64);
        if !(give(held) && give(tail.get(start..).unwrap_or_default().to_vec())) {
            return Ending::Unwanted;
        }
        match self.part(rest, give) {
            Ending::Read(short) => Ending::Read(Some(
                short.unwrap_or_else(|| format!("{} bytes, {left_out} of them in the middle left out", self.size)),
            )),
            Ending::Broken(at, end) => Ending::Broken(until.saturating_add(at), end),
            Ending::Unwanted => Ending::Unwanted,
        }
    }
}

/// UTF-16LE by its byte order mark.
fn is_utf16(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xff, 0xfe])
}

/// Where the last whole line ends; the whole length where no line end is near.
fn end_of_last_line(bytes: &[u8], wide: bool) -> usize {
    let near = bytes.len().saturating_sub(STEP);
    let tail = bytes.get(near..).unwrap_or_default();
    if wide {
        let ends = tail.chunks_exact(2).rposition(|pair| pair == [b'\n', 0]);
        return ends.map_or(bytes.len() & !1, |place| near + 2 * place + 2);
    }
    memchr::memrchr(b'\n', tail).map_or(bytes.len(), |place| near + place + 1)
}

/// Where the first whole line starts; 0 where no line end is near.
fn start_of_first_line(bytes: &[u8], wide: bool) -> usize {
    let head = bytes.get(..STEP.min(bytes.len())).unwrap_or_default();
    if wide {
        return head.chunks_exact(2).position(|pair| pair == [b'\n', 0]).map_or(0, |place| 2 * place + 2);
    }
    memchr::memchr(b'\n', head).map_or(0, |place| place + 1)
}

/// An I/O error while reading, as an end of the acquisition.
pub(super) fn refused(error: &io::Error) -> Acquisition {
    // Windows: another program has locked the file, or the part that was read.
    let locked = cfg!(windows) && matches!(error.raw_os_error(), Some(32 | 33));
    let state = match error.kind() {
        _ if locked => State::Locked,
        io::ErrorKind::PermissionDenied => State::Denied,
        io::ErrorKind::NotFound => State::Absent,
        io::ErrorKind::TimedOut => State::TimedOut,
        _ => State::Failed,
    };
    Acquisition { state, reason: error.to_string(), os_error: error.raw_os_error().map(i64::from) }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    /// What is given of a file with this content, and how it ended.
    fn given(content: &[u8], cap: u64, size: Option<u64>) -> (Vec<u8>, Ending) {
        let size = size.unwrap_or(content.len() as u64);
        let mut kept = Vec::new();
        let stream = Stream { bytes: Box::new(Cursor::new(content.to_vec())), size, cap, older: None, modified: None };
        let ending = stream.give(&mut |block| {
            kept.extend(block);
            true
        });
        (kept, ending)
    }

    #[test]
    fn a_long_log_keeps_whole_lines_at_both_ends_and_counts_what_is_missing() {
        // Below one block, and across several.
        for (count, cap) in [(1000, 200), (1_000_000, 5 << 20), (1_000_000, 1 << 20)] {
            let lines: Vec<String> = (0..count).map(|n| format!("line number {n:07}\r\n")).collect();
            let (kept, ending) = given(lines.concat().as_bytes(), cap, None);
            let text = String::from_utf8(kept).unwrap();
            assert!(text.len() as u64 <= cap + 60);
            let kept: Vec<&str> = text.lines().collect();
            assert_eq!(kept[0], "line number 0000000");
            assert_eq!(*kept.last().unwrap(), format!("line number {:07}", count - 1));
            let mark = kept.iter().position(|line| line.starts_with("[...")).unwrap();
            assert!(kept.iter().enumerate().all(|(n, line)| n == mark || line.len() == 19));
            let missing: u64 = kept[mark].split(' ').nth(1).unwrap().parse().unwrap();
            assert_eq!(missing, 21 * count - 21 * (kept.len() as u64 - 1));
            assert!(matches!(ending, Ending::Read(Some(why)) if why.contains(&missing.to_string())));
        }
    }

    #[test]
    fn utf16_stays_in_step_across_the_cut() {
        let text: String = (0..500).map(|n| format!("Zeile {n}\n")).collect();
        let bytes: Vec<u8> = "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        let (kept, _) = given(&bytes, 401, None);
        let units: Vec<u16> = kept.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
        let text = String::from_utf16(&units).unwrap();
        assert!(text.starts_with("\u{feff}Zeile 0\n") && text.ends_with("Zeile 499\n"), "{text}");
        assert!(text.contains("bytes left out here"));
    }

    #[test]
    fn a_file_shorter_than_its_size_says_so() {
        let (kept, ending) = given(&[1, 2, 3], 100, Some(10));
        assert_eq!(kept, [1, 2, 3]);
        assert_eq!(ending, Ending::Read(Some("ended 7 bytes before its size".to_owned())));
    }

    #[test]
    fn a_reader_that_wants_no_more_ends_it() {
        let stream = Stream {
            bytes: Box::new(Cursor::new(vec![7; 3 * STEP])),
            size: 3 * STEP as u64,
            cap: u64::MAX,
            older: None,
            modified: None,
        };
        let mut blocks = 0;
        let ending = stream.give(&mut |_| {
            blocks += 1;
            false
        });
        assert_eq!((blocks, ending), (1, Ending::Unwanted));
    }
}
