#![expect(unsafe_code, reason = "Win32 security descriptors")]
//! Owner of a file and who may write it. SIDs get a name only where it needs no look-up: a domain controller is never
//! asked.

use std::ptr::null_mut;

use koff_bundle::path::WinPath;
use windows_sys::Win32::{
    Foundation::LocalFree,
    Security::{
        ACCESS_ALLOWED_ACE, ACE_HEADER, ACL,
        Authorization::{GetNamedSecurityInfoW, SE_FILE_OBJECT},
        DACL_SECURITY_INFORMATION, GetAce, INHERIT_ONLY_ACE, OWNER_SECURITY_INFORMATION, PSECURITY_DESCRIPTOR, PSID,
    },
};

use super::{
    super::{Account, Answer},
    files::checked,
    identity::sid_text,
    refusal::{failed, refusal},
    wide::wide,
};

/// Rights that let somebody change the file: write and append data, delete, change the ACL, take ownership, and the
/// generic ones (winnt.h).
const WRITE: u32 = 0x2 | 0x4 | 0x1_0000 | 0x4_0000 | 0x8_0000 | 0x1000_0000 | 0x4000_0000;

/// `ACCESS_ALLOWED_ACE_TYPE`
const ALLOWED: u8 = 0;

/// Accounts that own the machine anyway.
const SYSTEM: &[&str] =
    &["S-1-5-18", "S-1-5-32-544", "S-1-3-0", "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"];

/// Well-known SIDs in English, whatever the language of Windows.
const NAMES: &[(&str, &str)] = &[
    ("S-1-1-0", "Everyone"),
    ("S-1-2-0", "Local"),
    ("S-1-3-0", "Creator Owner"),
    ("S-1-5-2", "Network"),
    ("S-1-5-4", "Interactive"),
    ("S-1-5-7", "Anonymous"),
    ("S-1-5-11", "Authenticated Users"),
    ("S-1-5-18", "SYSTEM"),
    ("S-1-5-19", "Local Service"),
    ("S-1-5-20", "Network Service"),
    ("S-1-5-32-544", "Administrators"),
    ("S-1-5-32-545", "Users"),
    ("S-1-5-32-546", "Guests"),
    ("S-1-5-32-547", "Power Users"),
    ("S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464", "TrustedInstaller"),
    ("S-1-15-2-1", "All Application Packages"),
    ("S-1-15-2-2", "All Restricted Application Packages"),
];

/// A security descriptor as GetNamedSecurityInfoW returned it, freed on drop.
struct Descriptor(PSECURITY_DESCRIPTOR);

impl Drop for Descriptor {
    fn drop(&mut self) {
        // SAFETY: allocated by GetNamedSecurityInfoW and freed once.
        unsafe { LocalFree(self.0) };
    }
}

/// Owner, and the accounts beyond [`SYSTEM`] that may write, sorted. `accounts` gives names to people's SIDs.
pub(super) fn security(path: &WinPath, accounts: &[Account]) -> Answer<(String, Vec<String>)> {
    let name = wide(checked(path)?);
    let (mut owner, mut dacl, mut descriptor): (PSID, *mut ACL, PSECURITY_DESCRIPTOR) =
        (null_mut(), null_mut(), null_mut());
    // SAFETY: the name is NUL-terminated; owner and DACL point into the descriptor, which lives as long as they are used.
    let code = unsafe {
        GetNamedSecurityInfoW(
            name.as_ptr(),
            SE_FILE_OBJECT,
            OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION,
            &raw mut owner,
            null_mut(),
            &raw mut dacl,
            null_mut(),
            &raw mut descriptor,
        )
    };
    if code != 0 {
        return Err(refusal(code, path.as_str()));
    }
    let _descriptor = Descriptor(descriptor);
    let owner = (!owner.is_null()).then(|| sid_text(owner)).flatten();
    let owner = owner.ok_or_else(|| failed(format!("{path}: has no owner")))?;
    let mut writers: Vec<String> = writers(dacl).iter().map(|sid| named(sid, accounts)).collect();
    writers.sort();
    writers.dedup();
    Ok((named(&owner, accounts), writers))
}

/// SIDs that an allowing entry of the list lets write. No list at all lets everyone.
fn writers(dacl: *const ACL) -> Vec<String> {
    if dacl.is_null() {
        return vec!["S-1-1-0".to_owned()];
    }
    let mut found = Vec::new();
    // SAFETY: the list came from Windows with its length; GetAce hands out pointers into it only for entries it has.
    unsafe {
        for index in 0..u32::from((*dacl).AceCount) {
            let mut entry = null_mut();
            if GetAce(dacl, index, &raw mut entry) == 0 {
                break;
            }
            let header = *entry.cast::<ACE_HEADER>();
            if header.AceType != ALLOWED || u32::from(header.AceFlags) & INHERIT_ONLY_ACE != 0 {
                continue;
            }
            let entry = entry.cast::<ACCESS_ALLOWED_ACE>();
            if (*entry).Mask & WRITE != 0 {
                found.extend(sid_text((&raw mut (*entry).SidStart).cast()));
            }
        }
    }
    found.retain(|sid| !SYSTEM.contains(&sid.as_str()));
    found
}

fn named(sid: &str, accounts: &[Account]) -> String {
    let known = NAMES.iter().find(|(known, _)| *known == sid).map(|(_, name)| (*name).to_owned());
    let person = || accounts.iter().find(|account| account.sid.as_deref() == Some(sid))?.name.clone();
    known.or_else(person).unwrap_or_else(|| sid.to_owned())
}
