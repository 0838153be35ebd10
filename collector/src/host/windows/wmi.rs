#![expect(unsafe_code, reason = "WMI interfaces by their function tables")]
//! Questions to WMI: a namespace, a query, rows with their properties. Reads; calls no method of any object.

use std::{
    ffi::c_void,
    ptr::{null, null_mut},
};

use koff_bundle::acquisition::{Acquisition, State};
use windows_sys::{
    Win32::System::{
        Com::{CoSetProxyBlanket, EOAC_NONE, RPC_C_AUTHN_LEVEL_CALL, RPC_C_IMP_LEVEL_IMPERSONATE},
        Rpc::{RPC_C_AUTHN_WINNT, RPC_C_AUTHZ_NONE},
        Variant::{VARIANT, VT_BSTR, VT_I4, VariantClear},
    },
    core::{BSTR, GUID},
};

use super::{
    super::Refusal,
    com::{Apartment, Object, Text, checked},
    refusal::failed,
    wide::wide,
};

const LOCATOR: GUID = GUID::from_u128(0x4590f811_1d3a_11d0_891f_00aa004b2e24);
const LOCATOR_INTERFACE: GUID = GUID::from_u128(0xdc12a687_737f_11cf_884d_00aa004b2e24);

/// `WBEM_FLAG_RETURN_IMMEDIATELY | WBEM_FLAG_FORWARD_ONLY`
const FORWARD: i32 = 0x10 | 0x20;

/// How long WMI may take for one row, in milliseconds.
const PATIENCE: i32 = 5000;

/// More rows than anything asked for has.
const MOST: usize = 64;

type ConnectServer =
    unsafe extern "system" fn(*mut c_void, BSTR, BSTR, BSTR, BSTR, i32, BSTR, *mut c_void, *mut *mut c_void) -> i32;
type ExecQuery = unsafe extern "system" fn(*mut c_void, BSTR, BSTR, i32, *mut c_void, *mut *mut c_void) -> i32;
type Next = unsafe extern "system" fn(*mut c_void, i32, u32, *mut *mut c_void, *mut u32) -> i32;
type Get = unsafe extern "system" fn(*mut c_void, *const u16, i32, *mut VARIANT, *mut i32, *mut i32) -> i32;

/// One row of an answer.
pub(super) struct Row(Object);

/// What `read` makes of each row of the answer to `query`, in WMI's order.
///
/// # Errors
/// As WMI says, and where it takes too long for a row.
pub(super) fn rows<T>(namespace: &str, query: &str, read: impl Fn(&Row) -> T) -> Result<Vec<T>, Refusal> {
    let _apartment = Apartment::enter();
    let services = connect(namespace)?;
    let rows = ask(&services, namespace, query)?;
    let mut found = Vec::new();
    while found.len() < MOST {
        let Some(row) = next(&rows, namespace)? else { break };
        found.push(read(&row));
    }
    Ok(found)
}

fn connect(namespace: &str) -> Result<Object, Refusal> {
    let locator = Object::create(&LOCATOR, &LOCATOR_INTERFACE, "WMI")?;
    let name = Text::new(namespace);
    let mut services = null_mut();
    // SAFETY: slot 3 of IWbemLocator is ConnectServer; null stands for "the caller's own" throughout.
    let code = unsafe {
        let connect: ConnectServer = locator.method(3);
        let own = null_mut::<u16>().cast_const();
        connect(locator.pointer(), name.raw(), own, own, own, 0, own, null_mut(), &raw mut services)
    };
    checked(code, namespace)?;
    let services = Object::new(services).ok_or_else(|| failed(format!("{namespace}: no object")))?;
    // SAFETY: the proxy is alive; null stands for the default principal and the caller's own identity.
    let code = unsafe {
        CoSetProxyBlanket(
            services.pointer(),
            RPC_C_AUTHN_WINNT,
            RPC_C_AUTHZ_NONE,
            null(),
            RPC_C_AUTHN_LEVEL_CALL,
            RPC_C_IMP_LEVEL_IMPERSONATE,
            null(),
            EOAC_NONE as u32,
        )
    };
    checked(code, namespace)?;
    Ok(services)
}

fn ask(services: &Object, namespace: &str, query: &str) -> Result<Object, Refusal> {
    let (language, query) = (Text::new("WQL"), Text::new(query));
    let mut rows = null_mut();
    // SAFETY: slot 20 of IWbemServices is ExecQuery.
    let code = unsafe {
        let exec: ExecQuery = services.method(20);
        exec(services.pointer(), language.raw(), query.raw(), FORWARD, null_mut(), &raw mut rows)
    };
    checked(code, namespace)?;
    Object::new(rows).ok_or_else(|| failed(format!("{namespace}: no object")))
}

/// The next row; `None` at the end.
fn next(rows: &Object, namespace: &str) -> Result<Option<Row>, Refusal> {
    const TIMED_OUT: i32 = 0x0004_0004;
    let (mut row, mut count) = (null_mut(), 0);
    // SAFETY: slot 4 of IEnumWbemClassObject is Next; it writes at most the one pointer asked for.
    let code = unsafe {
        let next: Next = rows.method(4);
        next(rows.pointer(), PATIENCE, 1, &raw mut row, &raw mut count)
    };
    checked(code, namespace)?;
    if code == TIMED_OUT {
        let reason = format!("{namespace}: no answer in {} s", PATIENCE / 1000);
        return Err(Acquisition::ended(State::TimedOut, reason));
    }
    Ok(Object::new(row).map(Row))
}

impl Row {
    /// A property as `read` takes it out of the variant.
    fn property<T>(&self, name: &str, read: impl FnOnce(&VARIANT) -> Option<T>) -> Option<T> {
        let name = wide(name);
        let mut value = VARIANT::default();
        // SAFETY: slot 4 of IWbemClassObject is Get; the variant is cleared once, after it was read.
        unsafe {
            let get: Get = self.0.method(4);
            let code = get(self.0.pointer(), name.as_ptr(), 0, &raw mut value, null_mut(), null_mut());
            let found = if code >= 0 { read(&value) } else { None };
            VariantClear(&raw mut value);
            found
        }
    }

    /// A property that is text and not empty.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.property(name, |value| {
            // SAFETY: the type number says which member of the union is set; the text is copied, not owned.
            unsafe {
                let value = value.Anonymous.Anonymous;
                if value.vt != VT_BSTR {
                    return None;
                }
                let text = std::mem::ManuallyDrop::new(Text::from_raw(value.Anonymous.bstrVal));
                Some(text.read()).filter(|text| !text.is_empty())
            }
        })
    }

    /// A property that is a number of 32 bits.
    pub(super) fn number(&self, name: &str) -> Option<u32> {
        self.property(name, |value| {
            // SAFETY: the type number says which member of the union is set.
            unsafe {
                let value = value.Anonymous.Anonymous;
                (value.vt == VT_I4).then(|| value.Anonymous.lVal.cast_unsigned())
            }
        })
    }
}
