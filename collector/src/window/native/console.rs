#![expect(unsafe_code, reason = "Win32 console and desktop functions")]
//! Whether somebody started the program with a double click, and leaving the console that Windows opens for it then.

use windows_sys::Win32::{
    Foundation::INVALID_HANDLE_VALUE,
    System::{
        Console::{FreeConsole, GetConsoleMode, GetConsoleProcessList, GetStdHandle, STD_OUTPUT_HANDLE},
        StationsAndDesktops::{GetProcessWindowStation, GetUserObjectInformationW, UOI_FLAGS, USEROBJECTFLAGS},
    },
};

/// `WSF_VISIBLE`
const VISIBLE: u32 = 1;

/// Whether this process has a screen to itself and nobody reads what it prints: its console, if there is one, was made
/// for it alone, its output goes nowhere else, and its desktop is one that somebody can see.
pub(in super::super) fn is_double_click() -> bool {
    is_alone() && !is_redirected() && is_visible()
}

/// Gives up a console that holds nobody else.
pub(in super::super) fn leave() {
    if is_alone() {
        // SAFETY: plain call.
        unsafe { FreeConsole() };
    }
}

fn is_alone() -> bool {
    let mut processes = [0_u32; 2];
    // SAFETY: the buffer is as long as the call is told; 0 without a console.
    unsafe { GetConsoleProcessList(processes.as_mut_ptr(), 2) <= 1 }
}

fn is_redirected() -> bool {
    let mut mode = 0;
    // SAFETY: plain calls; a handle that is no console is refused.
    unsafe {
        let handle = GetStdHandle(STD_OUTPUT_HANDLE);
        !handle.is_null() && handle != INVALID_HANDLE_VALUE && GetConsoleMode(handle, &raw mut mode) == 0
    }
}

fn is_visible() -> bool {
    let mut flags = USEROBJECTFLAGS { fInherit: 0, fReserved: 0, dwFlags: 0 };
    // SAFETY: the structure is as large as the call is told and outlives it.
    let known = unsafe {
        let (size, nothing) = (size_of::<USEROBJECTFLAGS>() as u32, std::ptr::null_mut());
        GetUserObjectInformationW(GetProcessWindowStation(), UOI_FLAGS, (&raw mut flags).cast(), size, nothing)
    };
    known != 0 && flags.dwFlags & VISIBLE != 0
}
