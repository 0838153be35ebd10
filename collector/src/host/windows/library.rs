#![expect(unsafe_code, reason = "looks up functions that older Windows versions lack")]
//! Functions that not every Windows has, looked up at run time in DLLs of the system folder.

use windows_sys::Win32::System::LibraryLoader::{GetProcAddress, LOAD_LIBRARY_SEARCH_SYSTEM32, LoadLibraryExW};

use super::wide::wide;

/// The address of a function.
pub(crate) type Address = unsafe extern "system" fn() -> isize;

/// Address of `function` in the system DLL `library`; `None` where this Windows has none. The library stays loaded.
pub(crate) fn function(library: &str, function: &str) -> Option<Address> {
    let library = wide(library);
    let name: Vec<u8> = function.bytes().chain([0]).collect();
    // SAFETY: both names are NUL-terminated and outlive the calls; only the system folder is searched.
    unsafe {
        let module = LoadLibraryExW(library.as_ptr(), std::ptr::null_mut(), LOAD_LIBRARY_SEARCH_SYSTEM32);
        if module.is_null() {
            return None;
        }
        GetProcAddress(module, name.as_ptr())
    }
}
