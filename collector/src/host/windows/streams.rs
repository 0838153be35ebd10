#![expect(unsafe_code, reason = "Win32 functions for alternate data streams")]
//! Alternate data streams of a file, e.g. `Zone.Identifier`, which tells where it was downloaded from.

use std::{
    fs::OpenOptions,
    io::{self, Read},
    os::windows::fs::OpenOptionsExt,
};

use koff_bundle::{path::WinPath, record::Stream};
use windows_sys::Win32::{
    Foundation::{ERROR_HANDLE_EOF, HANDLE, INVALID_HANDLE_VALUE},
    Storage::FileSystem::{
        FindClose, FindFirstStreamW, FindNextStreamW, FindStreamInfoStandard, WIN32_FIND_STREAM_DATA,
    },
};

use super::{
    super::Answer,
    files::checked,
    refusal::io_refusal,
    wide::{narrow, wide},
};

/// Bytes of a stream's text that are read.
const TEXT: u64 = 4096;

/// Streams of one file that are listed.
const MOST: usize = 256;

struct Search(HANDLE);

impl Drop for Search {
    fn drop(&mut self) {
        // SAFETY: the handle came from FindFirstStreamW and is closed once.
        unsafe { FindClose(self.0) };
    }
}

/// Streams of `path` besides its content, in stored order.
pub(super) fn streams(path: &WinPath) -> Answer<Vec<Stream>> {
    let place = checked(path)?;
    let name = wide(&place);
    let mut data = WIN32_FIND_STREAM_DATA::default();
    // SAFETY: the name is NUL-terminated, the data is of the type that the level asks for.
    let handle = unsafe { FindFirstStreamW(name.as_ptr(), FindStreamInfoStandard, (&raw mut data).cast(), 0) };
    if handle == INVALID_HANDLE_VALUE {
        let error = io::Error::last_os_error();
        let none = error.raw_os_error() == Some(ERROR_HANDLE_EOF.cast_signed());
        return if none { Ok(Vec::new()) } else { Err(io_refusal(&error, path.as_str())) };
    }
    let search = Search(handle);
    let mut found = Vec::new();
    while found.len() < MOST {
        if let Some(stream) = named(&place, &data) {
            found.push(stream);
        }
        // SAFETY: the handle is open, the data is of the type that the level asked for.
        if unsafe { FindNextStreamW(search.0, (&raw mut data).cast()) } == 0 {
            break;
        }
    }
    Ok(found)
}

/// The stream without `:` and `:$DATA`; `None` for the file's own content.
fn named(place: &str, data: &WIN32_FIND_STREAM_DATA) -> Option<Stream> {
    let full = narrow(&data.cStreamName);
    let name = full.strip_prefix(':')?;
    let name = name.strip_suffix(":$DATA").unwrap_or(name);
    if name.is_empty() {
        return None;
    }
    let size = u64::try_from(data.StreamSize).unwrap_or(0);
    Some(Stream { name: name.to_owned(), size, text: text(&format!("{place}:{name}")).ok() })
}

fn text(place: &str) -> io::Result<String> {
    let mut bytes = Vec::new();
    OpenOptions::new().read(true).share_mode(7).open(place)?.take(TEXT).read_to_end(&mut bytes)?;
    Ok(match bytes.strip_prefix(&[0xFF, 0xFE]) {
        Some(rest) => {
            let units: Vec<u16> = rest.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
            String::from_utf16_lossy(&units)
        }
        None => String::from_utf8_lossy(&bytes).into_owned(),
    })
}
