#![expect(unsafe_code, reason = "Win32 catalogue functions")]
//! Security catalogues: whether one lists a file's digest, and whether Windows trusts that catalogue. SHA-256 where this
//! Windows can (8 and later), else SHA-1.

use std::{
    ffi::c_void,
    fs::File,
    os::windows::io::AsRawHandle,
    path::Path,
    ptr::{from_mut, null, null_mut},
};

use koff_bundle::path::WinPath;
use windows_sys::{
    Win32::{
        Foundation::HANDLE,
        Security::{
            Cryptography::Catalog::{
                CATALOG_INFO, CryptCATAdminAcquireContext, CryptCATAdminCalcHashFromFileHandle,
                CryptCATAdminEnumCatalogFromHash, CryptCATAdminReleaseCatalogContext, CryptCATAdminReleaseContext,
                CryptCATCatalogInfoFromContext,
            },
            WinTrust::{WINTRUST_CATALOG_INFO, WINTRUST_DATA_0, WTD_CHOICE_CATALOG},
        },
    },
    core::GUID,
};

use super::{
    super::{
        files,
        library::function,
        wide::{extended, narrow, wide},
    },
    ask,
};

/// `DRIVER_ACTION_VERIFY`: the system's own catalogues.
const SYSTEM_CATALOGUES: GUID = GUID::from_u128(0xf750e6c3_38ee_11d1_85e5_00c04fc295ee);

/// The folder of these catalogues below `System32\CatRoot`.
const SYSTEM_FOLDER: &str = "{F750E6C3-38EE-11D1-85E5-00C04FC295EE}";

type AcquireContext2 = unsafe extern "system" fn(*mut isize, *const GUID, *const u16, *const c_void, u32) -> i32;
type CalcHash2 = unsafe extern "system" fn(isize, HANDLE, *mut u32, *mut u8, u32) -> i32;

/// The catalogue database, released on drop.
struct Database {
    handle: isize,
    hash: Option<CalcHash2>,
}

impl Drop for Database {
    fn drop(&mut self) {
        // SAFETY: acquired by us and released once.
        unsafe { CryptCATAdminReleaseContext(self.handle, 0) };
    }
}

/// Windows' verdict by catalogue, and the catalogue; `None` where none lists the file.
pub(super) fn verify(path: &WinPath) -> Option<(i32, WinPath)> {
    let place = files::checked(path).ok()?;
    // Asking for a database that is not there would make it; nothing is changed on this PC.
    let root = std::env::var_os("SystemRoot")?;
    if !Path::new(&root).join(r"System32\CatRoot").join(SYSTEM_FOLDER).is_dir() {
        return None;
    }
    let file = File::open(&place).ok()?;
    [Database::sha256(), Database::sha1()].into_iter().flatten().find_map(|database| {
        let digest = database.digest(&file)?;
        let catalogue = database.catalogue(&digest)?;
        Some((database.verify(&catalogue, &place, &digest), catalogue))
    })
}

impl Database {
    fn sha256() -> Option<Self> {
        let acquire = function("wintrust.dll", "CryptCATAdminAcquireContext2")?;
        let hash = function("wintrust.dll", "CryptCATAdminCalcHashFromFileHandle2")?;
        let algorithm = wide("SHA256");
        let (mut handle, subsystem) = (0, SYSTEM_CATALOGUES);
        // SAFETY: the functions of these names have these signatures; the name is NUL-terminated.
        unsafe {
            let acquire: AcquireContext2 = std::mem::transmute(acquire);
            let hash: CalcHash2 = std::mem::transmute(hash);
            let done = acquire(&raw mut handle, &raw const subsystem, algorithm.as_ptr(), null(), 0);
            (done != 0).then_some(Self { handle, hash: Some(hash) })
        }
    }

    fn sha1() -> Option<Self> {
        let (mut handle, subsystem) = (0, SYSTEM_CATALOGUES);
        // SAFETY: the handle is valid for writing.
        let done = unsafe { CryptCATAdminAcquireContext(&raw mut handle, &raw const subsystem, 0) };
        (done != 0).then_some(Self { handle, hash: None })
    }

    fn digest(&self, file: &File) -> Option<Vec<u8>> {
        let mut digest = vec![0_u8; 64];
        let mut length = digest.len() as u32;
        // SAFETY: the file is open, the buffer as long as said.
        let done = unsafe {
            match self.hash {
                Some(hash) => hash(self.handle, file.as_raw_handle(), &raw mut length, digest.as_mut_ptr(), 0),
                None => {
                    let file = file.as_raw_handle();
                    CryptCATAdminCalcHashFromFileHandle(file, &raw mut length, digest.as_mut_ptr(), 0)
                }
            }
        };
        digest.truncate(length as usize);
        (done != 0 && !digest.is_empty()).then_some(digest)
    }

    /// The first catalogue that lists `digest`.
    fn catalogue(&self, digest: &[u8]) -> Option<WinPath> {
        let mut info = CATALOG_INFO { cbStruct: size_of::<CATALOG_INFO>() as u32, ..Default::default() };
        // SAFETY: the digest is as long as said; the found context is released once.
        let done = unsafe {
            let length = digest.len() as u32;
            let found = CryptCATAdminEnumCatalogFromHash(self.handle, digest.as_ptr(), length, 0, null_mut());
            if found == 0 {
                return None;
            }
            let done = CryptCATCatalogInfoFromContext(found, &raw mut info, 0);
            CryptCATAdminReleaseCatalogContext(self.handle, found, 0);
            done
        };
        (done != 0).then(|| WinPath::new(narrow(&info.wszCatalogFile)))
    }

    fn verify(&self, catalogue: &WinPath, member: &str, digest: &[u8]) -> i32 {
        let catalogue = wide(extended(catalogue));
        let member = wide(member);
        let tag = wide(digest.iter().map(|byte| format!("{byte:02X}")).collect::<String>());
        let mut digest = digest.to_vec();
        let mut info = WINTRUST_CATALOG_INFO {
            cbStruct: size_of::<WINTRUST_CATALOG_INFO>() as u32,
            pcwszCatalogFilePath: catalogue.as_ptr(),
            pcwszMemberTag: tag.as_ptr(),
            pcwszMemberFilePath: member.as_ptr(),
            pbCalculatedFileHash: digest.as_mut_ptr(),
            cbCalculatedFileHash: digest.len() as u32,
            hCatAdmin: self.handle,
            ..Default::default()
        };
        ask(WTD_CHOICE_CATALOG, WINTRUST_DATA_0 { pCatalog: from_mut(&mut info) }, |_| ()).0
    }
}
