#![expect(unsafe_code, reason = "Win32 registry functions")]
//! The live registry: one key with its values as raw bytes. Opens for reading only, never loads a hive.

use std::ptr::{null, null_mut};

use koff_bundle::registry::{Key, Value};
use windows_sys::Win32::{
    Foundation::{ERROR_MORE_DATA, ERROR_NO_MORE_ITEMS, FILETIME},
    System::Registry::{
        HKEY, HKEY_LOCAL_MACHINE, HKEY_USERS, KEY_READ, KEY_WOW64_64KEY, RegCloseKey, RegEnumKeyExW, RegEnumValueW,
        RegOpenKeyExW, RegQueryInfoKeyW,
    },
};

use super::{
    super::Answer,
    refusal::refusal,
    wide::{joined, narrow, timestamp, wide},
};

/// Names are at most 255 (keys) and 16,383 (values) characters long.
const LONGEST_NAME: usize = 16_384;

/// No value larger than this is read; real ones are below one mebibyte.
const LARGEST_VALUE: u32 = 64 << 20;

/// A root of the live registry.
#[derive(Debug, Clone, Copy)]
pub(super) enum Hive {
    /// `HKEY_LOCAL_MACHINE`
    Machine,
    /// `HKEY_USERS`
    Users,
}

impl Hive {
    fn handle(self) -> HKEY {
        match self {
            Self::Machine => HKEY_LOCAL_MACHINE,
            Self::Users => HKEY_USERS,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Machine => "HKEY_LOCAL_MACHINE",
            Self::Users => "HKEY_USERS",
        }
    }
}

/// An open key, closed on drop.
struct Open(HKEY);

impl Drop for Open {
    fn drop(&mut self) {
        // SAFETY: the handle came from RegOpenKeyExW and is closed once.
        unsafe { RegCloseKey(self.0) };
    }
}

/// Reads one key: values, names of sub-keys, time of last write. The 64-bit view on every Windows.
pub(super) fn read(hive: Hive, path: &str) -> Answer<Key> {
    let place = format!(r"{}\{path}", hive.name());
    let key = open(hive, path, &place)?;
    let (written, longest_value) = describe(&key, &place)?;
    Ok(Key { values: values(&key, longest_value, &place)?, subkeys: subkeys(&key, &place)?, written })
}

fn open(hive: Hive, path: &str, place: &str) -> Answer<Open> {
    let path = wide(path);
    let mut handle: HKEY = null_mut();
    // SAFETY: the path is NUL-terminated; the handle is written on success only.
    let code = unsafe { RegOpenKeyExW(hive.handle(), path.as_ptr(), 0, KEY_READ | KEY_WOW64_64KEY, &raw mut handle) };
    if code == 0 { Ok(Open(handle)) } else { Err(refusal(code, place)) }
}

fn describe(key: &Open, place: &str) -> Answer<(Option<jiff::Timestamp>, u32)> {
    let mut written = FILETIME::default();
    let mut longest_value = 0;
    // SAFETY: every pointer is either null (not wanted) or valid for writing.
    let code = unsafe {
        RegQueryInfoKeyW(
            key.0,
            null_mut(),
            null_mut(),
            null(),
            null_mut(),
            null_mut(),
            null_mut(),
            null_mut(),
            null_mut(),
            &raw mut longest_value,
            null_mut(),
            &raw mut written,
        )
    };
    if code != 0 {
        return Err(refusal(code, place));
    }
    Ok((timestamp(joined(written.dwHighDateTime, written.dwLowDateTime)), longest_value))
}

fn values(key: &Open, longest: u32, place: &str) -> Answer<Vec<Value>> {
    let mut found = Vec::new();
    let mut name = vec![0_u16; LONGEST_NAME];
    let mut data = vec![0_u8; longest.clamp(64, LARGEST_VALUE) as usize];
    let mut index = 0;
    loop {
        let mut name_length = name.len() as u32;
        let mut data_length = data.len() as u32;
        let mut kind = 0;
        // SAFETY: name and data are valid for the lengths given.
        let code = unsafe {
            RegEnumValueW(
                key.0,
                index,
                name.as_mut_ptr(),
                &raw mut name_length,
                null(),
                &raw mut kind,
                data.as_mut_ptr(),
                &raw mut data_length,
            )
        };
        match code {
            0 => {
                let text = name.get(..name_length as usize).unwrap_or_default();
                let bytes = data.get(..data_length as usize).unwrap_or_default();
                found.push(Value { name: String::from_utf16_lossy(text), kind, data: bytes.to_vec() });
                index += 1;
            }
            // The value grew since the key was described.
            ERROR_MORE_DATA if data.len() < LARGEST_VALUE as usize => {
                let grown = data.len().saturating_mul(2).max(data_length as usize);
                data.resize(grown.min(LARGEST_VALUE as usize), 0);
            }
            ERROR_NO_MORE_ITEMS => return Ok(found),
            code => return Err(refusal(code, format!("{place}, value {index}"))),
        }
    }
}

fn subkeys(key: &Open, place: &str) -> Answer<Vec<String>> {
    let mut found = Vec::new();
    let mut name = vec![0_u16; 512];
    loop {
        let mut length = name.len() as u32;
        // SAFETY: the name is valid for the length given; class and time are not wanted.
        let code = unsafe {
            RegEnumKeyExW(
                key.0,
                found.len() as u32,
                name.as_mut_ptr(),
                &raw mut length,
                null(),
                null_mut(),
                null_mut(),
                null_mut(),
            )
        };
        match code {
            0 => found.push(narrow(&name)),
            ERROR_NO_MORE_ITEMS => return Ok(found),
            code => return Err(refusal(code, format!("{place}, sub-key {}", found.len()))),
        }
    }
}
