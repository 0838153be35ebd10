#![expect(unsafe_code, reason = "Win32 system information functions")]
//! Which Windows this is, its language, time zone, memory and start. Readings that fail are missing, never guessed.

use std::io;

use jiff::{SignedDuration, Timestamp};
use koff_bundle::{
    manifest::{HostInfo, HostKind},
    reading::Reading,
    registry::{Key, value_type},
};
use windows_sys::Win32::{
    Foundation::HANDLE,
    Globalization::GetUserDefaultLocaleName,
    System::{
        SystemInformation::{
            ComputerNameNetBIOS, GetComputerNameExW, GetNativeSystemInfo, GetPhysicallyInstalledSystemMemory,
            GetTickCount64, GlobalMemoryStatusEx, MEMORYSTATUSEX, SYSTEM_INFO,
        },
        Threading::GetCurrentProcess,
        Time::{DYNAMIC_TIME_ZONE_INFORMATION, GetDynamicTimeZoneInformation},
    },
};

use super::{
    super::{Answer, absent},
    identity,
    library::function,
    refusal::{failed, io_refusal, last_refusal},
    registry::{Hive, read},
    wide::narrow,
};

const CURRENT_VERSION: &str = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion";

pub(super) fn info() -> HostInfo {
    let key = read(Hive::Machine, CURRENT_VERSION);
    let text = |name: &str| Reading::from(key.clone().and_then(|key| string(&key, name)));
    let zone = time_zone();
    HostInfo {
        kind: HostKind::Live,
        windows: text("ProductName"),
        edition: text("EditionID"),
        display_version: key
            .clone()
            .and_then(|key| string(&key, "DisplayVersion").or_else(|_| string(&key, "ReleaseId")))
            .into(),
        build: key.clone().and_then(|key| build(&key)).into(),
        ubr: key.clone().and_then(|key| number(&key, "UBR")).into(),
        architecture: architecture().into(),
        locale: locale().into(),
        time_zone: zone.clone().map(|(name, _)| name).into(),
        utc_offset_minutes: zone.map(|(_, offset)| offset).into(),
        elevated: identity::elevated().map_err(|error| io_refusal(&error, "own token")).into(),
        computer: computer().into(),
    }
}

fn string(key: &Key, name: &str) -> Answer<String> {
    let value = key.value(name).filter(|value| value.kind == value_type::SZ).and_then(|value| value.text());
    value
        .filter(|text| !text.is_empty())
        .ok_or_else(|| absent(format!("HKEY_LOCAL_MACHINE\\{CURRENT_VERSION}: no {name}")))
}

fn number(key: &Key, name: &str) -> Answer<u32> {
    let value = key.value(name).and_then(|value| value.number()).and_then(|number| u32::try_from(number).ok());
    value.ok_or_else(|| absent(format!("HKEY_LOCAL_MACHINE\\{CURRENT_VERSION}: no {name}")))
}

fn build(key: &Key) -> Answer<u32> {
    let text = string(key, "CurrentBuildNumber").or_else(|_| string(key, "CurrentBuild"))?;
    text.parse().map_err(|_| failed(format!("CurrentBuildNumber: expected a number, found {text:?}")))
}

fn locale() -> Answer<String> {
    let mut name = [0_u16; 85];
    // SAFETY: the buffer is as long as said.
    let length = unsafe { GetUserDefaultLocaleName(name.as_mut_ptr(), name.len() as i32) };
    if length == 0 { Err(last_refusal("user locale")) } else { Ok(narrow(&name)) }
}

fn computer() -> Answer<String> {
    let mut name = [0_u16; 256];
    let mut length = name.len() as u32;
    // SAFETY: the buffer is as long as said.
    let done = unsafe { GetComputerNameExW(ComputerNameNetBIOS, name.as_mut_ptr(), &raw mut length) };
    if done == 0 { Err(last_refusal("computer name")) } else { Ok(narrow(&name)) }
}

/// Name of the time zone and the present offset of local time from UTC in minutes, east positive.
fn time_zone() -> Answer<(String, i32)> {
    const STANDARD: u32 = 1;
    const DAYLIGHT: u32 = 2;
    let mut zone = DYNAMIC_TIME_ZONE_INFORMATION::default();
    // SAFETY: the structure is valid for writing.
    let season = unsafe { GetDynamicTimeZoneInformation(&raw mut zone) };
    if season == u32::MAX {
        return Err(last_refusal("time zone"));
    }
    let season_bias = match season {
        STANDARD => zone.StandardBias,
        DAYLIGHT => zone.DaylightBias,
        _ => 0,
    };
    let key_name = narrow(&zone.TimeZoneKeyName);
    let name = if key_name.is_empty() { narrow(&zone.StandardName) } else { key_name };
    Ok((name, zone.Bias.saturating_add(season_bias).saturating_neg()))
}

/// `x86`, `x64` or `arm64` for a machine number of a PE header.
pub(super) fn machine_name(machine: u16) -> Option<&'static str> {
    match machine {
        0x014C => Some("x86"),
        0x8664 => Some("x64"),
        0xAA64 => Some("arm64"),
        _ => None,
    }
}

/// The machine of a process and of Windows itself as PE machine numbers; `None` before Windows 10 1511.
pub(super) fn wow64(process: HANDLE) -> Option<io::Result<(u16, u16)>> {
    type IsWow64Process2 = unsafe extern "system" fn(HANDLE, *mut u16, *mut u16) -> i32;
    let address = function("kernel32.dll", "IsWow64Process2")?;
    let (mut own, mut native) = (0, 0);
    // SAFETY: the function of this name has this signature; both numbers are valid for writing.
    let done = unsafe {
        let is_wow64_process2: IsWow64Process2 = std::mem::transmute(address);
        is_wow64_process2(process, &raw mut own, &raw mut native)
    };
    Some(if done == 0 { Err(io::Error::last_os_error()) } else { Ok((own, native)) })
}

/// Processor architecture of Windows.
pub(super) fn architecture() -> Answer<String> {
    // SAFETY: the pseudo handle is always valid.
    if let Some(Ok((_, native))) = wow64(unsafe { GetCurrentProcess() }) {
        return Ok(machine_name(native).map_or_else(|| format!("0x{native:04x}"), str::to_owned));
    }
    let mut system = SYSTEM_INFO::default();
    // SAFETY: the structure is valid for writing; the union holds plain numbers.
    let number = unsafe {
        GetNativeSystemInfo(&raw mut system);
        system.Anonymous.Anonymous.wProcessorArchitecture
    };
    Ok(match number {
        0 => "x86".to_owned(),
        9 => "x64".to_owned(),
        12 => "arm64".to_owned(),
        other => format!("processor architecture {other}"),
    })
}

/// Installed memory: what is plugged in where the firmware tells, else what Windows can use.
pub(super) fn memory() -> Answer<u64> {
    let mut kilobytes = 0;
    let mut status = MEMORYSTATUSEX { dwLength: size_of::<MEMORYSTATUSEX>() as u32, ..Default::default() };
    // SAFETY: both are valid for writing, the structure says its size.
    unsafe {
        if GetPhysicallyInstalledSystemMemory(&raw mut kilobytes) != 0 && kilobytes > 0 {
            return Ok(kilobytes.saturating_mul(1024));
        }
        if GlobalMemoryStatusEx(&raw mut status) == 0 {
            return Err(last_refusal("memory status"));
        }
    }
    Ok(status.ullTotalPhys)
}

/// When Windows started, to the second.
pub(super) fn booted(now: Timestamp) -> Answer<Timestamp> {
    // SAFETY: plain call.
    let up = unsafe { GetTickCount64() };
    let seconds = i64::try_from(up / 1000).unwrap_or(i64::MAX);
    let started = now.checked_sub(SignedDuration::from_secs(seconds)).map_err(|error| failed(error.to_string()))?;
    Timestamp::from_second(started.as_second()).map_err(|error| failed(error.to_string()))
}
