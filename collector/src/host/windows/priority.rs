#![expect(unsafe_code, reason = "Win32 process priority functions")]
//! Manners of this process: below everybody else in processor time and disk, no system message boxes.

use windows_sys::Win32::{
    Foundation::HANDLE,
    System::{
        Diagnostics::Debug::{SEM_FAILCRITICALERRORS, SEM_NOOPENFILEERRORBOX, SetErrorMode},
        Threading::{BELOW_NORMAL_PRIORITY_CLASS, GetCurrentProcess, SetPriorityClass},
    },
};

use super::library::function;

/// Asks for little. Not `PROCESS_MODE_BACKGROUND_BEGIN`: that also squeezes the process' memory until it crawls.
pub(super) fn be_modest() {
    type NtSetInformationProcess = unsafe extern "system" fn(HANDLE, i32, *const u32, u32) -> i32;
    const IO_PRIORITY: i32 = 33;
    let low = 1_u32;
    // SAFETY: plain calls on this process; the looked-up function has this signature and reads one number.
    unsafe {
        SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOOPENFILEERRORBOX);
        SetPriorityClass(GetCurrentProcess(), BELOW_NORMAL_PRIORITY_CLASS);
        if let Some(address) = function("ntdll.dll", "NtSetInformationProcess") {
            let set: NtSetInformationProcess = std::mem::transmute(address);
            set(GetCurrentProcess(), IO_PRIORITY, &raw const low, size_of::<u32>() as u32);
        }
    }
}
