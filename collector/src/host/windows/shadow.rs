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
    super::{Answer, absent},
    files::open_shared,
    identity,
    refusal::{failed, io_refusal, last_refusal},
    wide::{timestamp, wide},
};

/// What names of shadow copies begin with; a number follows.
const NAME: &str = "HarddiskVolumeShadowCopy";

/// Windows keeps at most 512 of a volume.
const MOST: usize = 512;

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
    let (root, rest) = match path.as_str().as_bytes() {
        [drive, b':', b'\\', ..] if drive.is_ascii_alphabetic() => path.as_str().split_at(3),
        _ => return Err(failed(format!("{path}: not on a drive of this PC"))),
    };
    let serial = serial(root).ok_or_else(|| last_refusal(root))?;
    let mut copies: Vec<(u64, u32, String)> = numbers()?
        .into_iter()
        .filter_map(|number| {
            let root = format!(r"\\?\GLOBALROOT\Device\{NAME}{number}\");
            let place = format!("{root}{rest}");
            // A copy has the serial number of the volume that it is of.
            let same = self::serial(&root) == Some(serial);
            let file = fs::metadata(&place).ok().filter(|file| same && file.is_file())?;
            Some((file.last_write_time(), number, place))
        })
        .collect();
    copies.sort_unstable();
    let (written, number, place) =
        copies.pop().ok_or_else(|| absent("no shadow copy of the volume holds it, and none is made"))?;
    let file = open_shared(&place).map_err(|error| io_refusal(&error, &place))?;
    let written = timestamp(written).map_or_else(String::new, |time| format!(", last written {time}"));
    Ok((file, format!("the shadow copy {number} of {root}{written}")))
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
fn numbers() -> Answer<Vec<u32>> {
    let mut names = vec![0_u16; NAMES];
    // SAFETY: null asks for every name; the buffer is as long as said.
    let length = unsafe { QueryDosDeviceW(null(), names.as_mut_ptr(), names.len() as u32) } as usize;
    if length == 0 {
        return Err(last_refusal("devices"));
    }
    let names = names.get(..length).unwrap_or_default().split(|unit| *unit == 0).map(String::from_utf16_lossy);
    Ok(names.filter_map(|name| name.strip_prefix(NAME)?.parse().ok()).take(MOST).collect())
}
