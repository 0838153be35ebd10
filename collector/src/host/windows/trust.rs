#![expect(unsafe_code, reason = "Win32 trust functions")]
//! What Windows itself says of a file's signature: embedded, else by security catalogue. Asks no network: nothing that
//! is not in the PC's cache is fetched, and no revocation is checked.

mod catalogue;

use std::ptr::{from_mut, null_mut};

use koff_bundle::{path::WinPath, record::WindowsVerdict};
use windows_sys::{
    Win32::{
        Foundation::{HANDLE, INVALID_HANDLE_VALUE},
        Security::{
            Cryptography::{CERT_NAME_SIMPLE_DISPLAY_TYPE, CertGetNameStringW},
            WinTrust::{
                WINTRUST_DATA, WINTRUST_DATA_0, WINTRUST_FILE_INFO, WTD_CACHE_ONLY_URL_RETRIEVAL, WTD_CHOICE_FILE,
                WTD_REVOCATION_CHECK_NONE, WTD_REVOKE_NONE, WTD_STATEACTION_CLOSE, WTD_STATEACTION_VERIFY, WTD_UI_NONE,
                WTHelperGetProvCertFromChain, WTHelperGetProvSignerFromChain, WTHelperProvDataFromStateData,
                WinVerifyTrust,
            },
        },
    },
    core::GUID,
};

use super::{
    super::{Answer, absent},
    files,
    wide::{narrow, wide},
};

/// `WINTRUST_ACTION_GENERIC_VERIFY_V2`
const GENERIC_VERIFY: GUID = GUID::from_u128(0x00aac56b_cd44_11d0_8cc2_00c04fc295ee);

/// `TRUST_E_NOSIGNATURE`
const NO_SIGNATURE: i32 = 0x800B_0100_u32.cast_signed();

/// HRESULTs by name (winerror.h).
const NAMES: &[(u32, &str)] = &[
    (0, "S_OK"),
    (0x800B_0001, "TRUST_E_PROVIDER_UNKNOWN"),
    (0x800B_0003, "TRUST_E_SUBJECT_FORM_UNKNOWN"),
    (0x800B_0004, "TRUST_E_SUBJECT_NOT_TRUSTED"),
    (0x800B_0100, "TRUST_E_NOSIGNATURE"),
    (0x800B_0101, "CERT_E_EXPIRED"),
    (0x800B_0109, "CERT_E_UNTRUSTEDROOT"),
    (0x800B_010A, "CERT_E_CHAINING"),
    (0x800B_010C, "CERT_E_REVOKED"),
    (0x800B_010D, "CERT_E_UNTRUSTEDTESTROOT"),
    (0x800B_0110, "CERT_E_WRONG_USAGE"),
    (0x800B_0111, "TRUST_E_EXPLICIT_DISTRUST"),
    (0x8009_6001, "TRUST_E_SYSTEM_ERROR"),
    (0x8009_6003, "TRUST_E_COUNTER_SIGNER"),
    (0x8009_6004, "TRUST_E_CERT_SIGNATURE"),
    (0x8009_6005, "TRUST_E_TIME_STAMP"),
    (0x8009_6010, "TRUST_E_BAD_DIGEST"),
    (0x8009_2003, "CRYPT_E_FILE_ERROR"),
    (0x8009_2026, "CRYPT_E_SECURITY_SETTINGS"),
];

/// Windows' verdict on the file at `path`.
pub(super) fn verdict(path: &WinPath) -> Answer<WindowsVerdict> {
    let place = wide(files::checked(path)?);
    files::stat(path)?;
    let code = embedded(&place, |_| ());
    let listed = catalogue::verify(path).filter(|_| code.0 == NO_SIGNATURE);
    let (code, catalogue) = match listed {
        Some((code, catalogue)) => (code, Some(catalogue)),
        None => (code.0, None),
    };
    let name = NAMES.iter().find(|(known, _)| *known == code.cast_unsigned());
    let name = name.map_or_else(|| format!("0x{code:08X}"), |(_, name)| (*name).to_owned());
    // As the unsigned number that people know it by, 0x8….
    Ok(WindowsVerdict { code: i64::from(code.cast_unsigned()), name, catalogue })
}

/// Subject of the certificate that signed the program at `path`, if Windows trusts the embedded signature.
pub(super) fn signer(path: &WinPath) -> Answer<String> {
    let place = wide(files::checked(path)?);
    match embedded(&place, signer_name) {
        (0, Some(name)) => Ok(name),
        (NO_SIGNATURE, _) => Err(absent(format!("{path}: no embedded signature"))),
        (code, _) => {
            Err(super::refusal::failed(format!("{path}: Windows does not trust the signature (0x{code:08X})")))
        }
    }
}

/// Verifies the embedded signature; `inspect` sees the state of a successful verification.
fn embedded<T>(place: &[u16], inspect: impl FnOnce(HANDLE) -> T) -> (i32, T)
where
    T: Default,
{
    let mut file = WINTRUST_FILE_INFO {
        cbStruct: size_of::<WINTRUST_FILE_INFO>() as u32,
        pcwszFilePath: place.as_ptr(),
        ..Default::default()
    };
    ask(WTD_CHOICE_FILE, WINTRUST_DATA_0 { pFile: from_mut(&mut file) }, inspect)
}

fn ask<T: Default>(choice: u32, subject: WINTRUST_DATA_0, inspect: impl FnOnce(HANDLE) -> T) -> (i32, T) {
    let mut action = GENERIC_VERIFY;
    let mut data = WINTRUST_DATA {
        cbStruct: size_of::<WINTRUST_DATA>() as u32,
        dwUIChoice: WTD_UI_NONE,
        fdwRevocationChecks: WTD_REVOKE_NONE,
        dwUnionChoice: choice,
        Anonymous: subject,
        dwStateAction: WTD_STATEACTION_VERIFY,
        dwProvFlags: WTD_CACHE_ONLY_URL_RETRIEVAL | WTD_REVOCATION_CHECK_NONE,
        ..Default::default()
    };
    let window: HANDLE = INVALID_HANDLE_VALUE; // no window at all
    // SAFETY: the structures say their size, the subject outlives both calls, the state is closed once.
    unsafe {
        let code = WinVerifyTrust(window, &raw mut action, (&raw mut data).cast());
        let seen = if code == 0 { inspect(data.hWVTStateData) } else { T::default() };
        data.dwStateAction = WTD_STATEACTION_CLOSE;
        WinVerifyTrust(window, &raw mut action, (&raw mut data).cast());
        (code, seen)
    }
}

fn signer_name(state: HANDLE) -> Option<String> {
    let mut name = [0_u16; 512];
    // SAFETY: the state is that of a verification not yet closed; each pointer is checked before it is followed.
    unsafe {
        let provider = WTHelperProvDataFromStateData(state);
        if provider.is_null() {
            return None;
        }
        let signer = WTHelperGetProvSignerFromChain(provider, 0, 0, 0);
        if signer.is_null() {
            return None;
        }
        let certificate = WTHelperGetProvCertFromChain(signer, 0);
        if certificate.is_null() || (*certificate).pCert.is_null() {
            return None;
        }
        let kind = CERT_NAME_SIMPLE_DISPLAY_TYPE;
        CertGetNameStringW((*certificate).pCert, kind, 0, null_mut(), name.as_mut_ptr(), name.len() as u32);
    }
    Some(narrow(&name)).filter(|name| !name.is_empty())
}
