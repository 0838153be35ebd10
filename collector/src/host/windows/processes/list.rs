#![expect(unsafe_code, reason = "Win32 process snapshots")]
//! The list of all processes, with parents and sessions.

use std::{
    io,
    os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle},
};

use windows_sys::Win32::{
    Foundation::INVALID_HANDLE_VALUE,
    System::{
        Diagnostics::ToolHelp::{
            CreateToolhelp32Snapshot, PROCESSENTRY32W, Process32FirstW, Process32NextW, TH32CS_SNAPPROCESS,
        },
        RemoteDesktop::ProcessIdToSessionId,
    },
};

use super::super::{
    super::Answer,
    refusal::{io_refusal, last_refusal},
    wide::narrow,
};

/// One process of the list.
#[derive(Debug, Clone)]
pub(super) struct Listed {
    pub(super) pid: u32,
    pub(super) parent: u32,
    /// Image name, e.g. `OUTLOOK.EXE`.
    pub(super) name: String,
}

/// All processes, by process id.
pub(super) fn processes() -> Answer<Vec<Listed>> {
    // SAFETY: plain call; a valid handle is ours to close.
    let snapshot = unsafe {
        let handle = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
        if handle == INVALID_HANDLE_VALUE {
            return Err(last_refusal("process list"));
        }
        OwnedHandle::from_raw_handle(handle)
    };
    let mut entry = PROCESSENTRY32W { dwSize: size_of::<PROCESSENTRY32W>() as u32, ..Default::default() };
    let mut found = Vec::new();
    // SAFETY: the snapshot is open, the entry says its size.
    let mut more = unsafe { Process32FirstW(snapshot.as_raw_handle(), &raw mut entry) };
    if more == 0 {
        return Err(io_refusal(&io::Error::last_os_error(), "process list"));
    }
    while more != 0 {
        found.push(Listed {
            pid: entry.th32ProcessID,
            parent: entry.th32ParentProcessID,
            name: narrow(&entry.szExeFile),
        });
        // SAFETY: as above.
        more = unsafe { Process32NextW(snapshot.as_raw_handle(), &raw mut entry) };
    }
    found.sort_by_key(|process| process.pid);
    Ok(found)
}

/// Terminal session of a process.
pub(super) fn session(pid: u32) -> Answer<u32> {
    let mut session = 0;
    // SAFETY: the number is valid for writing.
    if unsafe { ProcessIdToSessionId(pid, &raw mut session) } == 0 {
        return Err(last_refusal(format!("session of process {pid}")));
    }
    Ok(session)
}
