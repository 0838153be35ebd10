#![expect(unsafe_code, reason = "UI Automation interfaces by their function tables")]
//! Hover texts in the notification area, as a screen reader hears them (UI Automation). Clicks nothing, moves nothing.

use std::{ffi::c_void, ptr::null_mut};

use windows_sys::{
    Win32::{Foundation::HWND, UI::WindowsAndMessaging::FindWindowW},
    core::{BSTR, GUID},
};

use super::{
    super::{Answer, Refusal, absent, tray::connector},
    com::{Apartment, Object, Text, checked},
    refusal::failed,
    wide::wide,
};

const AUTOMATION: GUID = GUID::from_u128(0xff48dba4_60ef_4201_aa87_54103eef594e);
const AUTOMATION_INTERFACE: GUID = GUID::from_u128(0x30cbe57d_d9d0_452a_ab13_7ac5ac4825ee);

/// Windows that hold notification icons: the task bar, and what opens behind its arrow (Windows 7 to 10; 11).
const AREAS: &[&str] = &["Shell_TrayWnd", "NotifyIconOverflowWindow", "TopLevelWindowForOverflowXamlIsland"];

/// `TreeScope_Descendants`
const DESCENDANTS: i32 = 4;

/// More elements than any task bar has.
const MOST: i32 = 4096;

const PLACE: &str = "UI Automation";

type FromHandle = unsafe extern "system" fn(*mut c_void, HWND, *mut *mut c_void) -> i32;
type TrueCondition = unsafe extern "system" fn(*mut c_void, *mut *mut c_void) -> i32;
type FindAll = unsafe extern "system" fn(*mut c_void, i32, *mut c_void, *mut *mut c_void) -> i32;
type Length = unsafe extern "system" fn(*mut c_void, *mut i32) -> i32;
type Element = unsafe extern "system" fn(*mut c_void, i32, *mut *mut c_void) -> i32;
type Name = unsafe extern "system" fn(*mut c_void, *mut BSTR) -> i32;

/// Hover texts of the connector's icons.
pub(super) fn tray() -> Answer<Vec<String>> {
    let windows: Vec<HWND> = AREAS.iter().filter_map(|class| window(class)).collect();
    if windows.is_empty() {
        return Err(absent("this session has no task bar"));
    }
    let _apartment = Apartment::enter();
    let automation = Object::create(&AUTOMATION, &AUTOMATION_INTERFACE, PLACE)?;
    let mut texts: Vec<String> = Vec::new();
    for window in windows {
        texts.extend(names(&automation, window)?);
    }
    connector(texts)
}

fn window(class: &str) -> Option<HWND> {
    let class = wide(class);
    // SAFETY: the class name is NUL-terminated; null stands for any title.
    let window = unsafe { FindWindowW(class.as_ptr(), null_mut()) };
    (!window.is_null()).then_some(window)
}

/// Names of all elements below `window`.
fn names(automation: &Object, window: HWND) -> Result<Vec<String>, Refusal> {
    // SAFETY: slots 6 and 21 of IUIAutomation are ElementFromHandle and CreateTrueCondition, slot 6 of
    // IUIAutomationElement is FindAll.
    let found = unsafe {
        let from_handle: FromHandle = automation.method(6);
        let root = object(|target| from_handle(automation.pointer(), window, target))?;
        let all: TrueCondition = automation.method(21);
        let condition = object(|target| all(automation.pointer(), target))?;
        let find: FindAll = root.method(6);
        object(|target| find(root.pointer(), DESCENDANTS, condition.pointer(), target))?
    };
    let mut count = 0;
    // SAFETY: slot 3 of IUIAutomationElementArray is get_Length.
    checked(unsafe { found.method::<Length>(3)(found.pointer(), &raw mut count) }, PLACE)?;
    let mut names = Vec::new();
    for place in 0..count.min(MOST) {
        let mut name: BSTR = null_mut::<u16>().cast_const();
        // SAFETY: slot 4 of IUIAutomationElementArray is GetElement, slot 23 of IUIAutomationElement get_CurrentName;
        // the text is ours to free.
        unsafe {
            let element: Element = found.method(4);
            let element = object(|target| element(found.pointer(), place, target))?;
            // An element that has vanished meanwhile has no name.
            if element.method::<Name>(23)(element.pointer(), &raw mut name) >= 0 {
                names.push(Text::from_raw(name).read());
            }
        }
    }
    Ok(names)
}

fn object(call: impl FnOnce(*mut *mut c_void) -> i32) -> Result<Object, Refusal> {
    let mut pointer = null_mut();
    checked(call(&raw mut pointer), PLACE)?;
    Object::new(pointer).ok_or_else(|| failed(format!("{PLACE}: no object")))
}
