//! What the headers of a DLL show: packing, MAPI provider exports, import sets of hostile behaviour. Observations with
//! the place each rests on; how bad they are is the rules' business.

use koff_bundle::record::{PeFormat, PeSection};

use crate::pack::Pack;

/// Entropy in bits a byte from which a code section counts as packed or encrypted; compiled code stays near 6.5.
const PACKED_ENTROPY: f64 = 7.2;
/// Sections smaller than this many bytes are too short for their entropy to mean anything.
const ENTROPY_FLOOR: u32 = 4_096;
/// An import table of at most so many functions is what packers leave.
const TINY_IMPORTS: usize = 5;

/// Entry points that MAPI calls in a provider or message service, as the MAPI documentation names them.
const PROVIDER_EXPORTS: [&str; 5] =
    ["MSProviderInit", "XPProviderInit", "ABProviderInit", "ServiceEntry", "MSGServiceEntry"];

/// Import sets: what they serve, and functions of which one of each group must be there (without A and W).
const SETS: [(&str, &[&[&str]]); 9] = [
    (
        "injection",
        &[
            &["WriteProcessMemory", "NtWriteVirtualMemory"],
            &[
                "CreateRemoteThread",
                "CreateRemoteThreadEx",
                "NtCreateThreadEx",
                "RtlCreateUserThread",
                "QueueUserAPC",
                "SetThreadContext",
                "VirtualAllocEx",
            ],
        ],
    ),
    (
        "injection",
        &[
            &["NtUnmapViewOfSection", "ZwUnmapViewOfSection"],
            &["SetThreadContext", "NtMapViewOfSection", "WriteProcessMemory"],
        ],
    ),
    (
        "injection",
        &[
            &["VirtualAllocEx"],
            &["CreateRemoteThread", "CreateRemoteThreadEx", "NtCreateThreadEx", "RtlCreateUserThread"],
        ],
    ),
    ("hooking", &[&["SetWindowsHookEx"]]),
    ("hooking", &[&["GetAsyncKeyState"], &["GetForegroundWindow"]]),
    ("download", &[&["URLDownloadToFile", "URLDownloadToCacheFile", "URLOpenBlockingStream"]]),
    (
        "download",
        &[
            &["InternetOpen", "WinHttpOpen"],
            &["InternetOpenUrl", "InternetReadFile", "InternetReadFileEx", "WinHttpReadData"],
            &["WinExec", "ShellExecute", "ShellExecuteEx", "CreateProcess", "WriteFile"],
        ],
    ),
    ("persistence", &[&["OpenSCManager"], &["CreateService"]]),
    // A copy of itself, and a value that starts it.
    (
        "persistence",
        &[&["GetModuleFileName"], &["CopyFile", "CopyFileEx"], &["RegSetValueEx", "RegSetKeyValue", "SHSetValue"]],
    ),
];

/// Signs of packing; empty for none.
pub(super) fn packed(format: &PeFormat, pack: &Pack) -> Vec<String> {
    let mut signs = Vec::new();
    for section in &format.sections {
        let place = format!("section {} at offset {:#x}", section.name, section.offset);
        if !section.name.is_empty() && pack.lists("packers", &section.name) {
            signs.push(format!("{place} is named as a packer names it"));
        }
        let executable = section.code || section.access.ends_with('x');
        if executable && section.size >= ENTROPY_FLOOR && section.entropy >= PACKED_ENTROPY {
            signs.push(format!("{place} holds code with an entropy of {:.2} bits a byte", section.entropy));
        }
        if section.access.ends_with("wx") {
            signs.push(format!("{place} is both writable and executable"));
        }
    }
    if format.entry_point != 0 && !format.sections.iter().any(|s| executable_at(s, format.entry_point)) {
        signs.push(format!("the entry point {:#x} lies in no executable section", format.entry_point));
    }
    let count = format.imports.len();
    if !signs.is_empty() && count <= TINY_IMPORTS {
        signs.push(format!("only {count} functions are imported"));
    }
    signs
}

fn executable_at(section: &PeSection, rva: u32) -> bool {
    let extent = section.virtual_size.max(section.size);
    let inside = rva.checked_sub(section.address).is_some_and(|delta| delta < extent);
    inside && (section.code || section.access.ends_with('x'))
}

/// Whether an export makes it a MAPI provider or message service. Decorated names (`_MSProviderInit@…`) count.
pub(super) fn mapi_provider(format: &PeFormat) -> bool {
    format.exports.iter().any(|export| {
        let name = export.trim_start_matches('_').split('@').next().unwrap_or("");
        PROVIDER_EXPORTS.contains(&name)
    })
}

/// What makes a file that is no MAPI provider look hostile; empty for a provider or where there is nothing.
pub(super) fn behaviour(format: &PeFormat) -> Vec<String> {
    if mapi_provider(format) {
        return Vec::new();
    }
    let mut seen = Vec::new();
    if !format.dll {
        seen.push("it is a program, not a library".to_owned());
    }
    for (purpose, groups) in SETS {
        let found: Option<Vec<&str>> = groups.iter().map(|group| imported(format, group)).collect();
        if let Some(found) = found {
            seen.push(format!("imports for {purpose}: {}", found.join(", ")));
        }
    }
    if !seen.is_empty() {
        seen.push(format!("exports none of {}", PROVIDER_EXPORTS.join(", ")));
    }
    seen
}

/// The first import whose function is one of `names`, A and W variants too.
fn imported<'f>(format: &'f PeFormat, names: &[&str]) -> Option<&'f str> {
    let function = |import: &'f str| import.split_once('!').map_or(import, |(_, function)| function);
    let plain = |function: &'f str| function.strip_suffix(['A', 'W']).unwrap_or(function);
    format.imports.iter().map(String::as_str).find(|import| {
        let function = function(import);
        names.contains(&function) || names.contains(&plain(function))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(name: &str, access: &str, entropy: f64) -> PeSection {
        PeSection {
            name: name.to_owned(),
            address: 0x1000,
            virtual_size: 0x2000,
            offset: 0x400,
            size: 0x2000,
            entropy,
            access: access.to_owned(),
            code: access.ends_with('x'),
        }
    }

    fn format(sections: Vec<PeSection>, imports: &[&str], exports: &[&str]) -> PeFormat {
        PeFormat {
            machine: "x86".to_owned(),
            dll: true,
            time_stamp: 0,
            entry_point: 0x1000,
            subsystem: 2,
            sections,
            imports: imports.iter().map(|s| (*s).to_owned()).collect(),
            exports: exports.iter().map(|s| (*s).to_owned()).collect(),
            imphash: None,
            rich: None,
            dotnet: false,
            overlay: 0,
            problems: Vec::new(),
        }
    }

    #[test]
    fn a_plain_library_is_not_packed_and_each_sign_names_its_place() {
        let pack = Pack::embedded().unwrap();
        assert!(packed(&format(vec![section(".text", "r-x", 6.4)], &[], &[]), &pack).is_empty());
        let upx = packed(&format(vec![section("UPX1", "rwx", 7.9)], &["a!b"], &[]), &pack);
        assert_eq!(upx.len(), 4, "{upx:?}");
        assert!(upx.iter().take(3).all(|sign| sign.contains("UPX1 at offset 0x400")));
        let data = packed(&format(vec![section(".text", "r-x", 6.0), section(".rsrc", "r--", 7.9)], &[], &[]), &pack);
        assert!(data.is_empty(), "compressed resources are no packed code: {data:?}");
    }

    #[test]
    fn hostile_imports_count_only_in_what_is_no_provider() {
        let hostile = ["kernel32.dll!WriteProcessMemory", "kernel32.dll!CreateRemoteThread"];
        assert_eq!(behaviour(&format(Vec::new(), &hostile, &[])).len(), 2);
        assert!(behaviour(&format(Vec::new(), &hostile, &["MSProviderInit"])).is_empty());
        assert!(behaviour(&format(Vec::new(), &hostile[..1], &["x"])).is_empty());
        assert!(!behaviour(&format(Vec::new(), &["urlmon.dll!URLDownloadToFileW"], &[])).is_empty());
        let service = ["advapi32.dll!OpenSCManagerW", "advapi32.dll!CreateServiceW"];
        assert!(behaviour(&format(Vec::new(), &service, &[]))[0].contains("persistence"));
        assert!(behaviour(&format(Vec::new(), &service[..1], &[])).is_empty(), "asking for a service is none");
        let run = ["kernel32.dll!GetModuleFileNameW", "kernel32.dll!CopyFileW", "advapi32.dll!RegSetValueExW"];
        assert!(behaviour(&format(Vec::new(), &run, &[]))[0].contains("persistence"));
        assert!(behaviour(&format(Vec::new(), &[run[0], run[2]], &[])).is_empty());
        let mut program = format(Vec::new(), &[], &[]);
        program.dll = false;
        assert!(behaviour(&program)[0].contains("not a library"));
        assert!(mapi_provider(&format(Vec::new(), &[], &["_MSGServiceEntry@36"])));
    }
}
