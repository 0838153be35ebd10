#![expect(unsafe_code, reason = "Win32 token and SID functions")]
//! Whose process this is: SIDs out of process tokens, elevation, the backup privilege. Never looks a SID up over the
//! network.

use std::{
    ffi::c_void,
    io,
    os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle},
    ptr::{null, null_mut},
};

use windows_sys::Win32::{
    Foundation::{HANDLE, LUID, LocalFree},
    Security::{
        AdjustTokenPrivileges, Authorization::ConvertSidToStringSidW, GetTokenInformation, LUID_AND_ATTRIBUTES,
        LookupPrivilegeValueW, PSID, SE_PRIVILEGE_ENABLED, TOKEN_ADJUST_PRIVILEGES, TOKEN_ELEVATION, TOKEN_PRIVILEGES,
        TOKEN_QUERY, TOKEN_USER, TokenElevation, TokenUser,
    },
    System::Threading::{GetCurrentProcess, OpenProcess, OpenProcessToken, PROCESS_QUERY_LIMITED_INFORMATION},
    UI::WindowsAndMessaging::{GetShellWindow, GetWindowThreadProcessId},
};

use super::wide::wide;

/// `S-1-…` for a SID.
pub(super) fn sid_text(sid: PSID) -> Option<String> {
    let mut text: *mut u16 = null_mut();
    // SAFETY: the caller hands over a valid SID; on success `text` is NUL-terminated and freed once.
    unsafe {
        if ConvertSidToStringSidW(sid, &raw mut text) == 0 {
            return None;
        }
        let length = (0..256).take_while(|place| *text.add(*place) != 0).count();
        let found = String::from_utf16_lossy(std::slice::from_raw_parts(text, length));
        LocalFree(text.cast());
        Some(found)
    }
}

/// Opens a process for reading as much as `access` says.
pub(super) fn open_process(pid: u32, access: u32) -> io::Result<OwnedHandle> {
    // SAFETY: plain call; a non-null handle is ours to close.
    unsafe {
        let handle = OpenProcess(access, 0, pid);
        if handle.is_null() { Err(io::Error::last_os_error()) } else { Ok(OwnedHandle::from_raw_handle(handle)) }
    }
}

fn token(process: HANDLE, access: u32) -> io::Result<OwnedHandle> {
    let mut handle: HANDLE = null_mut();
    // SAFETY: the process handle is valid; the token handle is written on success and ours to close.
    unsafe {
        if OpenProcessToken(process, access, &raw mut handle) == 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(OwnedHandle::from_raw_handle(handle))
    }
}

fn user_of(token: &OwnedHandle) -> Option<String> {
    // A SID has at most 68 bytes; the buffer is aligned for the pointer in front of it.
    let mut buffer = [0_u64; 32];
    let mut used = 0;
    // SAFETY: the buffer is as long as said, and aligned for TOKEN_USER.
    unsafe {
        let size = size_of_val(&buffer) as u32;
        let data: *mut c_void = buffer.as_mut_ptr().cast();
        if GetTokenInformation(token.as_raw_handle(), TokenUser, data, size, &raw mut used) == 0 {
            return None;
        }
        sid_text((*data.cast::<TOKEN_USER>()).User.Sid)
    }
}

/// SID of the account that this process runs as.
pub(super) fn own_sid() -> Option<String> {
    // SAFETY: the pseudo handle is always valid and needs no closing.
    let process = unsafe { GetCurrentProcess() };
    user_of(&token(process, TOKEN_QUERY).ok()?)
}

/// SID of the account that owns the desktop of this session (the shell's process).
pub(super) fn screen_sid() -> Option<String> {
    let mut pid = 0;
    // SAFETY: plain calls; a null window is refused below by the process id staying 0.
    unsafe { GetWindowThreadProcessId(GetShellWindow(), &raw mut pid) };
    if pid == 0 {
        return None;
    }
    let process = open_process(pid, PROCESS_QUERY_LIMITED_INFORMATION).ok()?;
    user_of(&token(process.as_raw_handle(), TOKEN_QUERY).ok()?)
}

/// Whether this process is elevated.
pub(super) fn elevated() -> io::Result<bool> {
    // SAFETY: the pseudo handle is always valid and needs no closing.
    let token = token(unsafe { GetCurrentProcess() }, TOKEN_QUERY)?;
    let mut elevation = TOKEN_ELEVATION::default();
    let mut used = 0;
    let size = size_of::<TOKEN_ELEVATION>() as u32;
    let data: *mut c_void = (&raw mut elevation).cast();
    // SAFETY: the data is of the type and size that the class asks for.
    if unsafe { GetTokenInformation(token.as_raw_handle(), TokenElevation, data, size, &raw mut used) } == 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(elevation.TokenIsElevated != 0)
}

/// Enables a privilege that this process' token already carries, e.g. `SeBackupPrivilege`; does nothing where it does
/// not. Ends with the process.
pub(super) fn enable_privilege(name: &str) {
    let name = wide(name);
    let mut luid = LUID::default();
    // SAFETY: names are NUL-terminated, structures are valid for the calls.
    unsafe {
        let Ok(token) = token(GetCurrentProcess(), TOKEN_QUERY | TOKEN_ADJUST_PRIVILEGES) else { return };
        if LookupPrivilegeValueW(null(), name.as_ptr(), &raw mut luid) == 0 {
            return;
        }
        let wanted = TOKEN_PRIVILEGES {
            PrivilegeCount: 1,
            Privileges: [LUID_AND_ATTRIBUTES { Luid: luid, Attributes: SE_PRIVILEGE_ENABLED }],
        };
        AdjustTokenPrivileges(token.as_raw_handle(), 0, &raw const wanted, 0, null_mut(), null_mut());
    }
}
