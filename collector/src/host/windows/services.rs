#![expect(unsafe_code, reason = "Win32 service control functions")]
//! Run states of services. Connects and queries; never starts or stops anything.

use std::ptr::null;

use windows_sys::Win32::System::Services::{
    CloseServiceHandle, OpenSCManagerW, OpenServiceW, QueryServiceStatusEx, SC_HANDLE, SC_MANAGER_CONNECT,
    SC_STATUS_PROCESS_INFO, SERVICE_QUERY_STATUS, SERVICE_STATUS_PROCESS,
};

use super::{super::Answer, refusal::last_refusal, wide::wide};

struct Open(SC_HANDLE);

impl Drop for Open {
    fn drop(&mut self) {
        // SAFETY: opened by us and closed once.
        unsafe { CloseServiceHandle(self.0) };
    }
}

pub(super) fn state(name: &str) -> Answer<String> {
    let place = format!("service {name}");
    let wanted = wide(name);
    // SAFETY: names are NUL-terminated or null for "this machine".
    let manager = unsafe { OpenSCManagerW(null(), null(), SC_MANAGER_CONNECT) };
    if manager.is_null() {
        return Err(last_refusal("service control manager"));
    }
    let manager = Open(manager);
    // SAFETY: the manager is open, the name is NUL-terminated.
    let service = unsafe { OpenServiceW(manager.0, wanted.as_ptr(), SERVICE_QUERY_STATUS) };
    if service.is_null() {
        return Err(last_refusal(place));
    }
    let service = Open(service);
    let mut status = SERVICE_STATUS_PROCESS::default();
    let mut used = 0;
    let size = size_of::<SERVICE_STATUS_PROCESS>() as u32;
    // SAFETY: the buffer is of the type and size that the level asks for.
    let done = unsafe {
        QueryServiceStatusEx(service.0, SC_STATUS_PROCESS_INFO, (&raw mut status).cast(), size, &raw mut used)
    };
    drop(service);
    if done == 0 {
        return Err(last_refusal(place));
    }
    Ok(match status.dwCurrentState {
        1 => "stopped".to_owned(),
        2 => "start_pending".to_owned(),
        3 => "stop_pending".to_owned(),
        4 => "running".to_owned(),
        5 => "continue_pending".to_owned(),
        6 => "pause_pending".to_owned(),
        7 => "paused".to_owned(),
        other => format!("state {other}"),
    })
}
