#![expect(unsafe_code, reason = "Win32 process query functions")]
//! One process from outside: modules, program, architecture, times, transfers, memory. Reads only.

use std::{
    io,
    os::windows::io::{AsRawHandle, OwnedHandle},
    ptr::null_mut,
    time::Duration,
};

use jiff::Timestamp;
use koff_bundle::path::WinPath;
use windows_sys::Win32::{
    Foundation::{ERROR_INVALID_HANDLE, FILETIME, HMODULE},
    System::{
        ProcessStatus::{
            K32EnumProcessModulesEx, K32GetModuleFileNameExW, K32GetProcessMemoryInfo, LIST_MODULES_ALL,
            PROCESS_MEMORY_COUNTERS,
        },
        Threading::{
            GetProcessIoCounters, GetProcessTimes, IO_COUNTERS, IsWow64Process, PROCESS_NAME_WIN32,
            PROCESS_QUERY_INFORMATION, PROCESS_QUERY_LIMITED_INFORMATION, PROCESS_VM_READ, QueryFullProcessImageNameW,
        },
    },
};

use super::{
    super::{
        super::Answer,
        identity::open_process,
        info::{self, machine_name},
        refusal::{io_refusal, last_refusal},
        wide::{joined, narrow, timestamp},
    },
    Listed,
};

/// No process has more modules than this.
const MOST_MODULES: usize = 16_384;

/// What a process has used up so far.
#[derive(Debug, Clone, Copy)]
pub(super) struct Usage {
    pub(super) started: Option<Timestamp>,
    /// Processor time, kernel and user.
    pub(super) busy: Duration,
    /// Bytes read and written.
    pub(super) transferred: u64,
    /// Working set in bytes.
    pub(super) memory: u64,
}

/// Opens a process for queries that need next to no rights.
pub(super) fn open(pid: u32) -> Answer<OwnedHandle> {
    open_process(pid, PROCESS_QUERY_LIMITED_INFORMATION).map_err(|error| io_refusal(&error, format!("process {pid}")))
}

/// Whether it is one of the kernel's own processes, which hold no modules.
pub(super) fn is_kernel(listed: &Listed) -> bool {
    matches!(listed.pid, 0 | 4) || matches!(listed.name.as_str(), "Registry" | "Memory Compression" | "Secure System")
}

/// Full paths of all modules, 32-bit ones too.
pub(super) fn modules(pid: u32) -> Answer<Vec<WinPath>> {
    let place = format!("modules of process {pid}");
    let process =
        open_process(pid, PROCESS_QUERY_INFORMATION | PROCESS_VM_READ).map_err(|error| io_refusal(&error, &place))?;
    let mut handles: Vec<HMODULE> = vec![null_mut(); 512];
    loop {
        let mut needed = 0;
        let size = (handles.len() * size_of::<HMODULE>()) as u32;
        // SAFETY: the process is open with the rights asked for, the buffer is as long as said.
        let done = unsafe {
            let process = process.as_raw_handle();
            K32EnumProcessModulesEx(process, handles.as_mut_ptr(), size, &raw mut needed, LIST_MODULES_ALL)
        };
        if done == 0 {
            return Err(last_refusal(place));
        }
        let count = needed as usize / size_of::<HMODULE>();
        if count <= handles.len() || handles.len() >= MOST_MODULES {
            handles.truncate(count);
            break;
        }
        handles.resize(count.saturating_add(64).min(MOST_MODULES), null_mut());
    }
    Ok(handles.into_iter().filter_map(|module| module_path(&process, module)).collect())
}

fn module_path(process: &OwnedHandle, module: HMODULE) -> Option<WinPath> {
    let mut name = vec![0_u16; 32_768];
    // SAFETY: the process is open, the buffer as long as said; an unloaded module gives 0.
    let length =
        unsafe { K32GetModuleFileNameExW(process.as_raw_handle(), module, name.as_mut_ptr(), name.len() as u32) };
    (length > 0).then(|| WinPath::new(narrow(&name)))
}

/// Full path of the program.
pub(super) fn path(process: &OwnedHandle) -> Answer<WinPath> {
    let mut name = vec![0_u16; 32_768];
    let mut length = name.len() as u32;
    // SAFETY: the process is open, the buffer as long as said.
    let done = unsafe {
        let process = process.as_raw_handle();
        QueryFullProcessImageNameW(process, PROCESS_NAME_WIN32, name.as_mut_ptr(), &raw mut length)
    };
    if done == 0 { Err(last_refusal("path of the program")) } else { Ok(WinPath::new(narrow(&name))) }
}

/// `x86`, `x64` or `arm64`.
pub(super) fn architecture(process: &OwnedHandle) -> Answer<String> {
    let process = process.as_raw_handle();
    match info::wow64(process) {
        Some(Ok((0, native))) => return Ok(named(native)),
        Some(Ok((own, _))) => return Ok(named(own)),
        Some(Err(error)) if error.raw_os_error() == Some(ERROR_INVALID_HANDLE.cast_signed()) => {
            return Err(io_refusal(&error, "architecture of the process"));
        }
        _ => {}
    }
    let mut wow64 = 0;
    // SAFETY: the process is open, the number valid for writing.
    if unsafe { IsWow64Process(process, &raw mut wow64) } == 0 {
        return Err(last_refusal("architecture of the process"));
    }
    if wow64 != 0 { Ok("x86".to_owned()) } else { info::architecture() }
}

fn named(machine: u16) -> String {
    machine_name(machine).map_or_else(|| format!("0x{machine:04x}"), str::to_owned)
}

/// What it has used up until now.
pub(super) fn usage(process: &OwnedHandle) -> Answer<Usage> {
    let handle = process.as_raw_handle();
    let [mut created, mut ended, mut kernel, mut user] = [FILETIME::default(); 4];
    let mut io = IO_COUNTERS::default();
    let mut memory = PROCESS_MEMORY_COUNTERS { cb: size_of::<PROCESS_MEMORY_COUNTERS>() as u32, ..Default::default() };
    // SAFETY: the process is open, the structures are valid for writing and say their size where asked.
    unsafe {
        if GetProcessTimes(handle, &raw mut created, &raw mut ended, &raw mut kernel, &raw mut user) == 0 {
            return Err(io_refusal(&io::Error::last_os_error(), "times of the process"));
        }
        if GetProcessIoCounters(handle, &raw mut io) == 0 {
            return Err(last_refusal("transfers of the process"));
        }
        if K32GetProcessMemoryInfo(handle, &raw mut memory, memory.cb) == 0 {
            return Err(last_refusal("memory of the process"));
        }
    }
    let ticks = |time: FILETIME| joined(time.dwHighDateTime, time.dwLowDateTime);
    Ok(Usage {
        started: timestamp(ticks(created)),
        busy: Duration::from_nanos(ticks(kernel).saturating_add(ticks(user)).saturating_mul(100)),
        transferred: io.ReadTransferCount.saturating_add(io.WriteTransferCount),
        memory: memory.WorkingSetSize as u64,
    })
}
