#![expect(unsafe_code, reason = "Win32 volume functions")]
//! Drives with kind, file system and space. A drive that leads to a network or holds no medium is asked on a thread that
//! can be abandoned.

use std::{
    fs::OpenOptions,
    os::windows::{fs::OpenOptionsExt, io::AsRawHandle},
    ptr::null_mut,
    sync::mpsc,
    thread,
    time::Duration,
};

use koff_bundle::{
    acquisition::{Acquisition, State},
    path::WinPath,
    reading::Reading,
    record::{Medium, VolumeKind, VolumeRecord},
};
use windows_sys::Win32::{
    NetworkManagement::WNet::WNetGetConnectionW,
    Storage::FileSystem::{
        FILE_SHARE_READ, FILE_SHARE_WRITE, GetDiskFreeSpaceExW, GetDriveTypeW, GetLogicalDrives, GetVolumeInformationW,
    },
    System::{
        IO::DeviceIoControl,
        Ioctl::{
            DEVICE_SEEK_PENALTY_DESCRIPTOR, IOCTL_STORAGE_QUERY_PROPERTY, PropertyStandardQuery,
            STORAGE_PROPERTY_QUERY, StorageDeviceSeekPenaltyProperty,
        },
    },
};

use super::{
    super::{Account, Answer},
    refusal::{failed, io_refusal, last_refusal},
    registry::{Hive, read},
    wide::{narrow, wide},
};

/// How long a drive may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// Why such a drive has no readings.
const UNSHOWN: &str = "a mapped drive that this session does not show";

struct Space {
    file_system: Answer<String>,
    bytes: Answer<(u64, u64)>,
}

/// Every drive letter of this session, then the mapped drives of `accounts` that this session does not show (an elevated
/// session sees none).
pub(super) fn volumes(accounts: &[Account]) -> Answer<Vec<VolumeRecord>> {
    // SAFETY: plain call.
    let mask = unsafe { GetLogicalDrives() };
    if mask == 0 {
        return Err(last_refusal("drives"));
    }
    let letters = ('A'..='Z').enumerate().filter(|(bit, _)| mask & (1 << bit) != 0).map(|(_, letter)| letter);
    let mut volumes: Vec<VolumeRecord> = letters.map(volume).collect();
    for account in accounts {
        for mapped in mapped(account) {
            match volumes.iter_mut().find(|volume| volume.root == mapped.root && volume.remote == mapped.remote) {
                Some(seen) if account.current => seen.user = mapped.user,
                Some(_) => {}
                None => volumes.push(mapped),
            }
        }
    }
    Ok(volumes)
}

fn volume(letter: char) -> VolumeRecord {
    let root = format!("{letter}:\\");
    let kind = kind(&root);
    let remote = if kind.as_ref().is_ok_and(|kind| *kind == VolumeKind::Remote) { remote(letter) } else { None };
    let space = space(&root);
    VolumeRecord {
        root: WinPath::new(&root),
        medium: match kind {
            Ok(VolumeKind::Fixed) => medium(letter).into(),
            _ => Reading::missing(State::Unsupported, "asked of built-in disks only"),
        },
        kind: kind.into(),
        remote,
        user: None,
        file_system: space.file_system.into(),
        total: space.bytes.clone().map(|(total, _)| total).into(),
        free: space.bytes.map(|(_, free)| free).into(),
    }
}

fn kind(root: &str) -> Answer<VolumeKind> {
    let name = wide(root);
    // SAFETY: the name is NUL-terminated.
    match unsafe { GetDriveTypeW(name.as_ptr()) } {
        2 => Ok(VolumeKind::Removable),
        3 => Ok(VolumeKind::Fixed),
        4 => Ok(VolumeKind::Remote),
        5 => Ok(VolumeKind::Optical),
        6 => Ok(VolumeKind::Ram),
        1 => Err(failed(format!("{root}: has no root folder"))),
        _ => Err(failed(format!("{root}: Windows does not know its kind"))),
    }
}

/// Whether the disk below a volume has to seek. The volume is opened without any right to its content, which needs no
/// administrator.
fn medium(letter: char) -> Answer<Medium> {
    let place = format!(r"\\.\{letter}:");
    let options = OpenOptions::new().access_mode(0).share_mode(FILE_SHARE_READ | FILE_SHARE_WRITE).open(&place);
    let volume = options.map_err(|error| io_refusal(&error, &place))?;
    let query = STORAGE_PROPERTY_QUERY {
        PropertyId: StorageDeviceSeekPenaltyProperty,
        QueryType: PropertyStandardQuery,
        AdditionalParameters: [0],
    };
    // `DEVICE_SEEK_PENALTY_DESCRIPTOR` as plain bytes: version, size, and at 8 whether there is a penalty.
    let mut found = [0_u8; size_of::<DEVICE_SEEK_PENALTY_DESCRIPTOR>()];
    let mut length = 0;
    // SAFETY: the handle is open, both structures are as long as said and live through the call.
    let done = unsafe {
        DeviceIoControl(
            volume.as_raw_handle(),
            IOCTL_STORAGE_QUERY_PROPERTY,
            (&raw const query).cast(),
            size_of_val(&query) as u32,
            found.as_mut_ptr().cast(),
            found.len() as u32,
            &raw mut length,
            null_mut(),
        )
    };
    match done {
        0 => Err(last_refusal(&place)),
        _ if found.get(8).is_some_and(|penalty| *penalty != 0) => Ok(Medium::Rotating),
        _ => Ok(Medium::Solid),
    }
}

fn remote(letter: char) -> Option<WinPath> {
    let name = wide(format!("{letter}:"));
    let mut target = vec![0_u16; 32_768];
    let mut length = target.len() as u32;
    // SAFETY: the name is NUL-terminated, the buffer is as long as said.
    let code = unsafe { WNetGetConnectionW(name.as_ptr(), target.as_mut_ptr(), &raw mut length) };
    (code == 0).then(|| WinPath::new(narrow(&target)))
}

/// Asks on a thread of its own: a server that is gone can take half a minute to say so.
fn space(root: &str) -> Space {
    let (answer, wait) = mpsc::channel();
    let place = root.to_owned();
    thread::spawn(move || answer.send(Space { file_system: file_system(&place), bytes: bytes(&place) }));
    wait.recv_timeout(PATIENCE).unwrap_or_else(|_| {
        let late = Acquisition::ended(State::TimedOut, format!("{root}: no answer in {} s", PATIENCE.as_secs()));
        Space { file_system: Err(late.clone()), bytes: Err(late) }
    })
}

fn file_system(root: &str) -> Answer<String> {
    let root_name = wide(root);
    let mut name = [0_u16; 64];
    // SAFETY: the root is NUL-terminated, the buffer as long as said, the rest not wanted.
    let done = unsafe {
        GetVolumeInformationW(
            root_name.as_ptr(),
            null_mut(),
            0,
            null_mut(),
            null_mut(),
            null_mut(),
            name.as_mut_ptr(),
            name.len() as u32,
        )
    };
    if done == 0 { Err(last_refusal(root)) } else { Ok(narrow(&name)) }
}

/// Capacity, and what is free for this account.
fn bytes(root: &str) -> Answer<(u64, u64)> {
    let name = wide(root);
    let (mut free, mut total) = (0, 0);
    // SAFETY: the root is NUL-terminated, both numbers are valid for writing.
    let done = unsafe { GetDiskFreeSpaceExW(name.as_ptr(), &raw mut free, &raw mut total, null_mut()) };
    if done == 0 { Err(last_refusal(root)) } else { Ok((total, free)) }
}

/// Mapped drives of an account whose hive is loaded: `HKEY_USERS\<SID>\Network\<letter>`, value `RemotePath`.
fn mapped(account: &Account) -> Vec<VolumeRecord> {
    let Some(sid) = &account.sid else { return Vec::new() };
    let network = format!(r"{sid}\Network");
    let letters = read(Hive::Users, &network).map(|key| key.subkeys).unwrap_or_default();
    letters
        .into_iter()
        .filter(|letter| letter.len() == 1)
        .filter_map(|letter| {
            let key = read(Hive::Users, &format!(r"{network}\{letter}")).ok()?;
            let remote = key.value("RemotePath")?.text()?;
            Some(VolumeRecord {
                root: WinPath::new(format!("{}:\\", letter.to_uppercase())),
                kind: Reading::Value(VolumeKind::Remote),
                medium: Reading::missing(State::Unsupported, UNSHOWN),
                remote: Some(WinPath::new(remote)),
                user: Some(account.key.clone()),
                file_system: Reading::missing(State::Unsupported, UNSHOWN),
                total: Reading::missing(State::Unsupported, UNSHOWN),
                free: Reading::missing(State::Unsupported, UNSHOWN),
            })
        })
        .collect()
}
