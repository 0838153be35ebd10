//! The PE reader on a file built here, byte by byte, and on damaged copies of it.

use proptest::prelude::*;

use super::*;

/// A PE32 DLL: headers up to 0x200, one code section from 0x200 to 0x400 at RVA 0x1000 with an import table (one name
/// of kernel32, ordinal 9 of ws2_32), an export, no resources; `table` appended as certificate table.
fn tiny(table: &[u8]) -> Vec<u8> {
    let mut file = vec![0u8; 0x400];
    let mut put = |at: usize, bytes: &[u8]| file[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, b"MZ");
    put(0x3c, &0x80u32.to_le_bytes());
    put(0x80, b"PE\0\0");
    put(0x84, &[0x4c, 0x01, 1, 0]); // x86, one section
    put(0x88, &0x5000_0000u32.to_le_bytes());
    put(0x94, &[0xe0, 0, 0x02, 0x21]); // optional header of 224 bytes; a DLL
    put(0x98, &[0x0b, 0x01]);
    put(0x98 + 16, &0x1000u32.to_le_bytes());
    put(0x98 + 36, &0x200u32.to_le_bytes());
    put(0x98 + 60, &0x200u32.to_le_bytes());
    put(0x98 + 68, &2u32.to_le_bytes());
    put(0x98 + 92, &16u32.to_le_bytes());
    for (index, place, size) in [(0usize, 0x1150u32, 40u32), (1, 0x1000, 60)] {
        put(0x98 + 96 + index * 8, &place.to_le_bytes());
        put(0x98 + 100 + index * 8, &size.to_le_bytes());
    }
    if !table.is_empty() {
        put(0x98 + 96 + 32, &0x400u32.to_le_bytes());
        put(0x98 + 100 + 32, &u32::try_from(table.len()).unwrap().to_le_bytes());
    }
    put(0x178, b".text\0\0\0");
    for (index, value) in [0x200u32, 0x1000, 0x200, 0x200].iter().enumerate() {
        put(0x180 + index * 4, &value.to_le_bytes());
    }
    put(0x178 + 36, &(CODE_READ_EXECUTE).to_le_bytes());
    for (at, lookup, name) in [(0x200usize, 0x1080u32, 0x10a0u32), (0x214, 0x1090, 0x10b0)] {
        put(at, &lookup.to_le_bytes());
        put(at + 12, &name.to_le_bytes());
        put(at + 16, &lookup.to_le_bytes());
    }
    put(0x280, &0x10c0u32.to_le_bytes());
    put(0x290, &0x8000_0009u32.to_le_bytes());
    put(0x2a0, b"KERNEL32.dll");
    put(0x2b0, b"WS2_32.dll");
    put(0x2c2, b"LoadLibraryA");
    put(0x350 + 24, &1u32.to_le_bytes());
    put(0x350 + 32, &0x1180u32.to_le_bytes());
    put(0x380, &0x1190u32.to_le_bytes());
    put(0x390, b"MSProviderInit");
    file.extend_from_slice(table);
    file
}

const CODE_READ_EXECUTE: u32 = headers::CODE | headers::READ | headers::EXECUTE;

#[test]
fn headers_imports_and_exports_are_read() {
    let format = summarise(&tiny(&[])).format.value().cloned().unwrap();
    assert_eq!((format.machine.as_str(), format.dll, format.entry_point, format.subsystem), ("x86", true, 0x1000, 2));
    assert_eq!(format.imports, ["kernel32.dll!LoadLibraryA", "ws2_32.dll!#9"]);
    assert_eq!(format.exports, ["MSProviderInit"]);
    // MD5 of "kernel32.loadlibrarya,ws2_32.htons": pefile knows ordinal 9 of ws2_32 by name.
    assert_eq!(format.imphash.as_deref(), Some("033a730f04d3c5b244436b7c2d02424f"));
    assert_eq!((format.sections[0].access.as_str(), format.sections[0].code, format.overlay), ("r-x", true, 0));
    assert!(format.problems.is_empty(), "{:?}", format.problems);
}

#[test]
fn the_authenticode_digest_ignores_checksum_and_table_and_nothing_else() {
    let digest = |file: &[u8]| summarise(file).signing.value().unwrap().digests.clone();
    let plain = tiny(&[7; 16]);
    let mut other = tiny(&[9; 24]);
    other[0x98 + 64] = 1;
    assert_eq!(digest(&plain), digest(&other));
    other[0x3f0] = 1;
    assert_ne!(digest(&plain), digest(&other));
    // An unsigned file hashes as its signed twin does: padded to 8 bytes.
    let mut unaligned = tiny(&[]);
    let aligned = digest(&unaligned);
    unaligned.push(0);
    let padded = digest(&unaligned);
    unaligned.extend([0; 7]);
    assert_eq!(digest(&unaligned), padded);
    assert_ne!(aligned, padded);
}

#[test]
fn a_table_beyond_the_end_is_missing_with_the_place() {
    let mut file = tiny(&[1; 64]);
    file.truncate(0x400 + 10);
    let signing = summarise(&file).signing.value().cloned().unwrap();
    assert_eq!(signing.table, Some((0x400, 64)));
    assert!(signing.table_bytes.why_missing().unwrap().reason.contains("1088"));
    assert!(
        matches!(summarise(&tiny(&[])).signing.value().unwrap().table_bytes.why_missing(), Some(m) if m.missing == State::Absent)
    );
}

#[test]
fn what_is_no_pe_file_still_has_its_digests() {
    for bytes in [b"".as_slice(), b"MZ", b"not a program", &[0x4d; 100]] {
        let summary = summarise(bytes);
        assert_eq!(summary.size, bytes.len() as u64);
        assert!(!summary.format.why_missing().unwrap().reason.is_empty());
        assert_eq!(summary.sha256, hex(&Sha256::digest(bytes)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn damage_never_stops_the_reader(changes in prop::collection::vec((0usize..0x440, any::<u8>()), 1..24), cut in 0usize..0x440) {
        let mut file = tiny(&[0; 0x40]);
        for (at, byte) in changes {
            file[at] = byte;
        }
        let whole = summarise(&file);
        prop_assert_eq!(whole.size, 0x440);
        file.truncate(cut);
        prop_assert_eq!(summarise(&file).size, cut as u64);
    }
}
