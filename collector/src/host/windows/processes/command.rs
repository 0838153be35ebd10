#![expect(unsafe_code, reason = "reads a process' command line")]
//! Command line of another process: asked of the kernel, and before Windows 8.1 read out of the process.

use std::{
    ffi::c_void,
    os::windows::io::{AsRawHandle, OwnedHandle},
};

use windows_sys::Win32::{
    Foundation::{HANDLE, UNICODE_STRING},
    System::{
        Diagnostics::Debug::ReadProcessMemory,
        Threading::{PROCESS_QUERY_INFORMATION, PROCESS_VM_READ},
    },
};

use super::super::{
    super::Answer,
    identity::open_process,
    library::function,
    refusal::{failed, io_refusal, last_refusal},
};

type NtQueryInformationProcess = unsafe extern "system" fn(HANDLE, i32, *mut c_void, u32, *mut u32) -> i32;

/// `ProcessBasicInformation` and `ProcessCommandLineInformation` (Windows 8.1 and later).
const BASIC: i32 = 0;
const COMMAND_LINE: i32 = 60;

/// A UNICODE_STRING has at most 65,534 bytes of text.
const LONGEST: usize = 65_536 + size_of::<UNICODE_STRING>();

/// Offsets in the 64-bit process environment block and its parameters, stable since Windows XP x64.
const PEB_PARAMETERS: usize = 0x20;
const PARAMETERS_COMMAND_LINE: usize = 0x70;

/// The command line of `process`, whose id is `pid`.
pub(super) fn line(process: &OwnedHandle, pid: u32) -> Answer<String> {
    let address = function("ntdll.dll", "NtQueryInformationProcess");
    let address = address.ok_or_else(|| failed("ntdll.dll: no NtQueryInformationProcess"))?;
    // SAFETY: the function of this name has this signature.
    let query: NtQueryInformationProcess = unsafe { std::mem::transmute(address) };
    match told(query, process) {
        Some(line) => Ok(line),
        None => read_out(query, pid),
    }
}

fn told(query: NtQueryInformationProcess, process: &OwnedHandle) -> Option<String> {
    let mut buffer = vec![0_u64; LONGEST / size_of::<u64>()];
    let mut used = 0;
    let size = u32::try_from(buffer.len() * size_of::<u64>()).ok()?;
    // SAFETY: the buffer is as long as said and aligned for the structure at its begin.
    let status =
        unsafe { query(process.as_raw_handle(), COMMAND_LINE, buffer.as_mut_ptr().cast(), size, &raw mut used) };
    if status != 0 {
        return None;
    }
    // SAFETY: on success a UNICODE_STRING stands at the begin, its text behind it in the same buffer; the length is
    // checked against the buffer before the text is read.
    unsafe {
        let string: UNICODE_STRING = buffer.as_ptr().cast::<UNICODE_STRING>().read();
        let begin = buffer.as_ptr() as usize;
        let text = string.Buffer as usize;
        let inside = text >= begin && text.checked_add(usize::from(string.Length))? <= begin + size as usize;
        let units = inside.then(|| std::slice::from_raw_parts(string.Buffer, usize::from(string.Length) / 2))?;
        Some(String::from_utf16_lossy(units))
    }
}

fn read_out(query: NtQueryInformationProcess, pid: u32) -> Answer<String> {
    let place = format!("command line of process {pid}");
    let process =
        open_process(pid, PROCESS_QUERY_INFORMATION | PROCESS_VM_READ).map_err(|error| io_refusal(&error, &place))?;
    // ExitStatus, PebBaseAddress, AffinityMask, BasePriority, UniqueProcessId, InheritedFromUniqueProcessId.
    let mut basic = [0_usize; 6];
    let size = size_of_val(&basic) as u32;
    let mut used = 0;
    // SAFETY: the buffer is of the size of PROCESS_BASIC_INFORMATION.
    let status = unsafe { query(process.as_raw_handle(), BASIC, basic.as_mut_ptr().cast(), size, &raw mut used) };
    if status != 0 {
        return Err(failed(format!("{place}: NtQueryInformationProcess gave status 0x{status:08x}")));
    }
    let mut pointer = [0_u8; 8];
    copy(&process, basic[1].saturating_add(PEB_PARAMETERS), &mut pointer, &place)?;
    let parameters = usize::from_le_bytes(pointer);
    let mut string = [0_u8; 16];
    copy(&process, parameters.saturating_add(PARAMETERS_COMMAND_LINE), &mut string, &place)?;
    let [low, high, _, _, _, _, _, _, text @ ..] = string;
    let mut line = vec![0_u8; usize::from(u16::from_le_bytes([low, high]))];
    copy(&process, usize::from_le_bytes(text), &mut line, &place)?;
    let units: Vec<u16> = line.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    Ok(String::from_utf16_lossy(&units))
}

fn copy(process: &OwnedHandle, address: usize, target: &mut [u8], place: &str) -> Answer<()> {
    let mut got = 0;
    // SAFETY: the target is as long as said; the address is only read, in the other process.
    let done = unsafe {
        let source = address as *const c_void;
        ReadProcessMemory(process.as_raw_handle(), source, target.as_mut_ptr().cast(), target.len(), &raw mut got)
    };
    if done == 0 || got != target.len() { Err(last_refusal(place)) } else { Ok(()) }
}
