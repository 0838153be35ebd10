#![expect(unsafe_code, reason = "Win32 device and volume functions")]
//! Files out of shadow copies that are there already (restore points, backups): the second way to what another program
//! keeps to itself. Looks only where the run is elevated, as Windows asks for it, and never makes a copy: that would
//! start services, take space and may throw away an older copy, all of which changes the PC.

use std::{
    fs::{self, File},
    os::windows::fs::MetadataExt,
    ptr::{null, null_mut},
};

use koff_bundle::{
    acquisition::{Acquisition, State},
    path::WinPath,
};
use windows_sys::Win32::Storage::FileSystem::{GetVolumeInformationW, QueryDosDeviceW};

use super::{
    super::{
        Answer, absent,
        shadow::{Kept, newest, numbers, root, words},
    },
    files::open_shared,
    identity,
    refusal::{failed, io_refusal, last_refusal},
    wide::{timestamp, wide},
};

/// UTF-16 units of all device names together; real PCs have some ten thousand.
const NAMES: usize = 1 << 20;

/// `path` as the newest copy of its volume has it, and which copy that is.
pub(super) fn open(path: &WinPath) -> Answer<(File, String)> {
    if !identity::elevated().unwrap_or(false) {
        return Err(Acquisition::ended(
            State::Denied,
            "a shadow copy may hold it, which only an administrator may read",
        ));
    }
    let (volume, rest) = match path.as_str().as_bytes() {
        [drive, b':', b'\\', ..] if drive.is_ascii_alphabetic() => path.as_str().split_at(3),
        _ => return Err(failed(format!("{path}: not on a drive of this PC"))),
    };
    let own = serial(volume).ok_or_else(|| last_refusal(volume))?;
    let copies = devices()?.into_iter().filter_map(|number| {
        let top = root(number);
        // A copy has the serial number of the volume that it is of.
        let same = serial(&top) == Some(own);
        let file = fs::metadata(format!("{top}{rest}")).ok().filter(|file| same && file.is_file())?;
        Some(Kept { number, written: file.last_write_time() })
    });
    let Kept { number, written } =
        newest(copies).ok_or_else(|| absent("no shadow copy of the volume holds it, and none is made"))?;
    let place = format!("{}{rest}", root(number));
    let file = open_shared(&place).map_err(|error| io_refusal(&error, &place))?;
    Ok((file, words(number, volume, timestamp(written))))
}

/// Serial number of the volume whose root is `root` (with a `\` at its end).
fn serial(root: &str) -> Option<u32> {
    let name = wide(root);
    let mut serial = 0;
    // SAFETY: the root is NUL-terminated, the number is written in place, the rest is not wanted.
    let done = unsafe {
        GetVolumeInformationW(name.as_ptr(), null_mut(), 0, &raw mut serial, null_mut(), null_mut(), null_mut(), 0)
    };
    (done != 0).then_some(serial)
}

/// Numbers of all shadow copies, out of the names of all devices.
fn devices() -> Answer<Vec<u32>> {
    let mut names = vec![0_u16; NAMES];
    // SAFETY: null asks for every name; the buffer is as long as said.
    let length = unsafe { QueryDosDeviceW(null(), names.as_mut_ptr(), names.len() as u32) } as usize;
    if length == 0 {
        return Err(last_refusal("devices"));
    }
    Ok(numbers(names.get(..length).unwrap_or_default()))
}
