#![expect(unsafe_code, reason = "the clipboard")]
//! What goes out of the window: a text to the clipboard, a file shown in its folder.

use std::{os::windows::process::CommandExt, path::Path, process::Command};

use windows_sys::Win32::{
    Foundation::{GlobalFree, HWND},
    System::{
        DataExchange::{CloseClipboard, EmptyClipboard, OpenClipboard, SetClipboardData},
        Memory::{GMEM_MOVEABLE, GlobalAlloc, GlobalLock, GlobalUnlock},
        Ole::CF_UNICODETEXT,
    },
};

use crate::host::windows::wide;

/// Opens the folder of `path` with the file marked. Where that fails, the path is still on the window.
pub(super) fn show(path: &Path) {
    let windows = std::env::var("SystemRoot").unwrap_or_else(|_| r"C:\Windows".to_owned());
    // Explorer reads this one argument by itself, quotes and all.
    let argument = format!("/select,\"{}\"", path.display());
    let _ = Command::new(Path::new(&windows).join("explorer.exe")).raw_arg(argument).spawn();
}

/// Puts `text` into the clipboard.
pub(super) fn copy(window: HWND, text: &str) {
    let text = wide(text);
    // SAFETY: the memory is as large as what is copied into it, and belongs to the clipboard once that took it.
    unsafe {
        if OpenClipboard(window) == 0 {
            return;
        }
        EmptyClipboard();
        let memory = GlobalAlloc(GMEM_MOVEABLE, size_of_val(text.as_slice()));
        let target: *mut u16 = GlobalLock(memory).cast();
        if !target.is_null() {
            target.copy_from_nonoverlapping(text.as_ptr(), text.len());
            GlobalUnlock(memory);
            if SetClipboardData(u32::from(CF_UNICODETEXT), memory).is_null() {
                GlobalFree(memory);
            }
        }
        CloseClipboard();
    }
}
