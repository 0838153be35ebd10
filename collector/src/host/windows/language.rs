#![expect(unsafe_code, reason = "Win32 language functions")]
//! The language in which Windows speaks to this user.

use windows_sys::Win32::Globalization::{GetUserDefaultUILanguage, LCIDToLocaleName};

use super::wide::narrow;

/// Longest name of a locale, with the NUL (`LOCALE_NAME_MAX_LENGTH`).
const LONGEST: usize = 85;

/// As a language tag, e.g. `de-DE`; empty where Windows has no name for it.
#[must_use]
pub fn language() -> String {
    let mut name = [0_u16; LONGEST];
    // SAFETY: the buffer is as long as the call is told.
    let length =
        unsafe { LCIDToLocaleName(u32::from(GetUserDefaultUILanguage()), name.as_mut_ptr(), LONGEST as i32, 0) };
    if length > 0 { narrow(&name) } else { String::new() }
}
