//! Whole files, opened shared. A file above the cap keeps its head and its tail, with a line that marks the cut between
//! them. Decodes nothing.

use std::io::SeekFrom;

use koff_bundle::{
    acquisition::{Acquisition, State},
    path::WinPath,
};

use super::{Budget, Content, Raw};
use crate::host::{Answer, Bytes, Host};

/// Bytes read between two looks at the clock.
const STEP: usize = 1 << 20;

/// The bytes of `path`, at most about `cap` of them.
///
/// # Errors
/// As the host says; a read error in the middle keeps what came before it.
pub fn read(host: &dyn Host, path: &WinPath, cap: u64, budget: &Budget) -> Answer<Raw> {
    let stat = host.stat(path)?;
    if stat.folder {
        return Err(Acquisition::ended(State::Failed, "expected a file, found a folder"));
    }
    let mut bytes = host.open(path)?;
    // The size that counts is the open file's: a listing may lie, and a log grows.
    let size = bytes.seek(SeekFrom::End(0)).map_err(|error| refused(&error))?;
    bytes.seek(SeekFrom::Start(0)).map_err(|error| refused(&error))?;
    let mut raw = if size <= cap {
        let (kept, cut) = take(bytes.as_mut(), size, budget);
        Raw { cut, ..Raw::whole(Content::Bytes(kept?)) }
    } else {
        head_and_tail(bytes.as_mut(), size, cap, budget)?
    };
    if let Content::Bytes(kept) = &raw.content {
        raw.bytes_read = kept.len() as u64;
    }
    raw.modified = stat.modified;
    Ok(raw)
}

/// Head, mark and tail. The cut falls on line ends where there are some nearby, so that no record is halved, and on even
/// offsets, so that UTF-16 text stays in step.
fn head_and_tail(bytes: &mut dyn Bytes, size: u64, cap: u64, budget: &Budget) -> Answer<Raw> {
    let half = (cap / 2) & !1;
    let (head, cut) = take(bytes, half, budget);
    let mut kept = head?;
    if cut.is_some() {
        return Ok(Raw { cut, ..Raw::whole(Content::Bytes(kept)) });
    }
    let wide = is_utf16(&kept);
    let from = size.saturating_sub(half) & !1;
    bytes.seek(SeekFrom::Start(from)).map_err(|error| refused(&error))?;
    let (tail, short) = take(bytes, half, budget);
    let tail = tail?;
    kept.truncate(end_of_last_line(&kept, wide));
    let start = start_of_first_line(&tail, wide);
    let tail = tail.get(start..).unwrap_or_default();
    let left_out = from.saturating_add(start as u64).saturating_sub(kept.len() as u64);
    let mark = format!("[... {left_out} bytes left out here ...]\r\n");
    if wide {
        kept.extend(mark.encode_utf16().flat_map(u16::to_le_bytes));
    } else {
        kept.extend(mark.as_bytes());
    }
    kept.extend_from_slice(tail);
    let cut = short.unwrap_or_else(|| format!("{size} bytes, {left_out} of them in the middle left out"));
    Ok(Raw { cut: Some(cut), ..Raw::whole(Content::Bytes(kept)) })
}

/// At most `count` bytes, and why there are fewer if an error or the clock ended it.
fn take(bytes: &mut dyn Bytes, count: u64, budget: &Budget) -> (Answer<Vec<u8>>, Option<String>) {
    let mut kept = Vec::new();
    let mut left = count;
    let mut block = vec![0_u8; STEP];
    while left > 0 {
        if budget.spent() {
            return (Ok(kept), Some("out of time while reading".to_owned()));
        }
        let want = usize::try_from(left).unwrap_or(STEP).min(STEP);
        let Some(room) = block.get_mut(..want) else { break };
        match bytes.read(room) {
            Ok(0) => return (Ok(kept), (left > 0).then(|| format!("ended {left} bytes before its size"))),
            Ok(got) => {
                kept.extend_from_slice(room.get(..got).unwrap_or_default());
                left = left.saturating_sub(got as u64);
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) if kept.is_empty() => return (Err(refused(&error)), None),
            Err(error) => {
                let place = kept.len();
                return (Ok(kept), Some(format!("reading failed at byte {place}: {error}")));
            }
        }
    }
    (Ok(kept), None)
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
pub(super) fn refused(error: &std::io::Error) -> Acquisition {
    let state = match error.kind() {
        std::io::ErrorKind::PermissionDenied => State::Denied,
        std::io::ErrorKind::NotFound => State::Absent,
        std::io::ErrorKind::TimedOut => State::TimedOut,
        _ => State::Failed,
    };
    Acquisition { state, reason: error.to_string(), os_error: error.raw_os_error().map(i64::from) }
}

#[cfg(test)]
mod tests {
    use std::{io::Cursor, time::Duration};

    use super::*;

    fn cut(text: &[u8], cap: u64) -> Raw {
        let size = text.len() as u64;
        head_and_tail(&mut Cursor::new(text.to_vec()), size, cap, &Budget::of(Duration::from_secs(5))).unwrap()
    }

    #[test]
    fn a_long_log_keeps_whole_lines_at_both_ends_and_counts_what_is_missing() {
        let lines: Vec<String> = (0..1000).map(|n| format!("line number {n:04}\r\n")).collect();
        let raw = cut(lines.concat().as_bytes(), 200);
        let Content::Bytes(kept) = &raw.content else { panic!("bytes") };
        let text = String::from_utf8(kept.clone()).unwrap();
        let kept: Vec<&str> = text.lines().collect();
        assert_eq!(kept[0], "line number 0000");
        assert_eq!(*kept.last().unwrap(), "line number 0999");
        let mark = kept.iter().position(|line| line.starts_with("[...")).unwrap();
        assert!(kept.iter().enumerate().all(|(n, line)| n == mark || line.len() == 16), "{text}");
        let missing: u64 = kept[mark].split(' ').nth(1).unwrap().parse().unwrap();
        assert_eq!(missing, 18 * 1000 - 18 * (kept.len() as u64 - 1));
        assert!(raw.cut.is_some());
    }

    #[test]
    fn utf16_stays_in_step_across_the_cut() {
        let text: String = (0..500).map(|n| format!("Zeile {n}\n")).collect();
        let bytes: Vec<u8> = "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        let raw = cut(&bytes, 401);
        let Content::Bytes(kept) = raw.content else { panic!("bytes") };
        let units: Vec<u16> = kept.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
        let text = String::from_utf16(&units).unwrap();
        assert!(text.starts_with("\u{feff}Zeile 0\n") && text.ends_with("Zeile 499\n"), "{text}");
        assert!(text.contains("bytes left out here"));
    }

    #[test]
    fn a_file_shorter_than_its_size_says_so() {
        let (kept, cut) = take(&mut Cursor::new(vec![1, 2, 3]), 10, &Budget::of(Duration::from_secs(5)));
        assert_eq!(kept.unwrap(), [1, 2, 3]);
        assert_eq!(cut.unwrap(), "ended 7 bytes before its size");
    }
}
