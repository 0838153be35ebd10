#![expect(unsafe_code, reason = "COM interfaces by their function tables")]
//! As much of COM as reading needs: starting it on a thread, interface pointers that release themselves, BSTR text.

use std::{ffi::c_void, marker::PhantomData, ptr::null_mut};

use windows_sys::{
    Win32::{
        Foundation::{SysAllocStringLen, SysFreeString, SysStringLen},
        System::Com::{CLSCTX_INPROC_SERVER, COINIT_MULTITHREADED, CoCreateInstance, CoInitializeEx, CoUninitialize},
    },
    core::{BSTR, GUID},
};

use super::{
    super::{Refusal, unsupported},
    refusal::failed,
};

/// `WBEM_E_INVALID_NAMESPACE`: servers keep no list of security products.
const NO_NAMESPACE: u32 = 0x8004_100E;

/// COM on the calling thread until dropped. Not for other threads.
pub(super) struct Apartment {
    started: bool,
    _thread: PhantomData<*const ()>,
}

impl Apartment {
    pub(super) fn enter() -> Self {
        // SAFETY: plain call; balanced by the drop where it succeeded.
        let code = unsafe { CoInitializeEx(null_mut(), COINIT_MULTITHREADED as u32) };
        Self { started: code >= 0, _thread: PhantomData }
    }
}

impl Drop for Apartment {
    fn drop(&mut self) {
        if self.started {
            // SAFETY: balances a successful CoInitializeEx on this thread.
            unsafe { CoUninitialize() };
        }
    }
}

/// An owned pointer to a COM object; its function table is a list of addresses.
pub(super) struct Object(*mut c_void);

impl Object {
    /// Takes over one reference.
    pub(super) fn new(pointer: *mut c_void) -> Option<Self> {
        (!pointer.is_null()).then_some(Self(pointer))
    }

    /// Makes an object of `class` out of a DLL.
    pub(super) fn create(class: &GUID, interface: &GUID, place: &str) -> Result<Self, Refusal> {
        let mut pointer = null_mut();
        // SAFETY: the identifiers outlive the call, the pointer is valid for writing.
        let code = unsafe { CoCreateInstance(class, null_mut(), CLSCTX_INPROC_SERVER, interface, &raw mut pointer) };
        checked(code, place)?;
        Self::new(pointer).ok_or_else(|| failed(format!("{place}: no object")))
    }

    pub(super) fn pointer(&self) -> *mut c_void {
        self.0
    }

    /// The function at `slot` of the object's table.
    ///
    /// # Safety
    /// `F` must be the function pointer type of that slot in the object's interface.
    pub(super) unsafe fn method<F: Copy>(&self, slot: usize) -> F {
        const { assert!(size_of::<F>() == size_of::<*const c_void>()) };
        // SAFETY: an object starts with the address of its table; the caller vouches for slot and type.
        unsafe {
            let table: *const *const c_void = *self.0.cast::<*const *const c_void>();
            table.add(slot).cast::<F>().read()
        }
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        type Release = unsafe extern "system" fn(*mut c_void) -> u32;
        // SAFETY: slot 2 of every interface is IUnknown::Release; the reference is ours.
        unsafe { self.method::<Release>(2)(self.0) };
    }
}

/// An HRESULT at `place`.
pub(super) fn checked(code: i32, place: &str) -> Result<(), Refusal> {
    if code >= 0 {
        return Ok(());
    }
    let number = code.cast_unsigned();
    if number == NO_NAMESPACE {
        let mut refusal = unsupported(format!("{place}: this Windows keeps no such list"));
        refusal.os_error = Some(i64::from(number));
        return Err(refusal);
    }
    // HRESULTs of the form 0x8007xxxx carry a Win32 code.
    if number >> 16 == 0x8007 {
        return Err(super::refusal::refusal(number & 0xFFFF, place));
    }
    let mut refusal = failed(format!("{place}: COM error 0x{number:08X}"));
    refusal.os_error = Some(i64::from(number));
    Err(refusal)
}

/// Text as COM passes it.
pub(super) struct Text(BSTR);

impl Text {
    pub(super) fn new(text: &str) -> Self {
        let units: Vec<u16> = text.encode_utf16().collect();
        // SAFETY: copies as many units as said.
        Self(unsafe { SysAllocStringLen(units.as_ptr(), units.len() as u32) })
    }

    /// Takes over a BSTR.
    pub(super) fn from_raw(text: BSTR) -> Self {
        Self(text)
    }

    pub(super) fn raw(&self) -> BSTR {
        self.0
    }

    pub(super) fn read(&self) -> String {
        if self.0.is_null() {
            return String::new();
        }
        // SAFETY: a BSTR knows its length in units.
        String::from_utf16_lossy(unsafe { std::slice::from_raw_parts(self.0, SysStringLen(self.0) as usize) })
    }
}

impl Drop for Text {
    fn drop(&mut self) {
        // SAFETY: allocated as BSTR and freed once; null is allowed.
        unsafe { SysFreeString(self.0) };
    }
}
