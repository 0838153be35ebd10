//! PE files at the limits of their reader and one past them. Owns the forging of small programs, byte by byte.

use koff_analyze::facts::raw::input::{Input, Loose};
use koff_bundle::{
    acquisition::State,
    limits::Limits,
    pe::{
        MAX_DIRECTORIES, MAX_ENTRIES, MAX_FILE, MAX_LIBRARIES, MAX_NAME, MAX_SECTIONS, MAX_STRINGS, MAX_SYMBOLS,
        MAX_TABLE, summarise,
    },
    reader::Bundle,
    record::{PeFormat, PeSummary},
};

use super::forge::{File, zip_of};

/// Where the one section lies: in memory, and in the file behind room for more section headers than are read.
const MEMORY: u32 = 0x10000;
const FILE: u32 = 0x2000;

const EXPORT: usize = 0;
const IMPORT: usize = 1;
const RESOURCE: usize = 2;
const SECURITY: usize = 4;
const DELAYED: usize = 13;

/// A 32-bit program whose section holds `body`, with one data directory.
fn program(body: &[u8], directory: usize, place: u32, size: usize) -> Vec<u8> {
    let mut file = vec![0_u8; FILE as usize];
    let mut put = |at: usize, bytes: &[u8]| file[at..at + bytes.len()].copy_from_slice(bytes);
    let length = u32::try_from(body.len()).unwrap();
    put(0, b"MZ");
    put(0x3c, &0x80_u32.to_le_bytes());
    put(0x80, b"PE\0\0\x4c\x01\x01\0");
    put(0x94, &[0xe0, 0, 0x02, 0x21]);
    put(0x98, &[0x0b, 0x01]);
    for (at, value) in [(36, 0x200_u32), (60, FILE), (68, 2), (92, 16)] {
        put(0x98 + at, &value.to_le_bytes());
    }
    put(0xf8 + directory * 8, &place.to_le_bytes());
    put(0xfc + directory * 8, &u32::try_from(size).unwrap().to_le_bytes());
    put(0x178, b".text");
    for (at, value) in [length, MEMORY, length, FILE].into_iter().enumerate() {
        put(0x180 + at * 4, &value.to_le_bytes());
    }
    file.extend(body);
    file
}

/// Such a program whose directory is the start of its section.
fn with(directory: usize, body: &[u8]) -> PeSummary {
    summarise(&program(body, directory, MEMORY, body.len()))
}

fn format(summary: &PeSummary) -> &PeFormat {
    summary.format.value().unwrap()
}

fn words(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

/// An import table of so many libraries with so many functions by ordinal each, all of one name.
fn imports(libraries: usize, functions: usize, name: &[u8]) -> PeSummary {
    let table = (libraries + 1) * 20;
    let thunks = MEMORY + u32::try_from(table).unwrap();
    let names = thunks + u32::try_from((functions + 1) * 4).unwrap();
    let mut body = words(&[thunks, 0, 0, names, thunks].repeat(libraries));
    body.resize(table, 0);
    body.extend(words(&vec![0x8000_0009; functions]));
    body.extend([&[0; 4], name, &[0]].concat());
    with(IMPORT, &body)
}

#[test]
fn libraries_and_functions_of_an_import_table() {
    let (at, past) = (imports(MAX_LIBRARIES, 1, b"a.dll"), imports(MAX_LIBRARIES + 1, 1, b"a.dll"));
    assert_eq!((format(&at).imports.len(), format(&at).problems.len()), (MAX_LIBRARIES, 0));
    assert_eq!(format(&past).imports.len(), MAX_LIBRARIES);
    assert_eq!(format(&past).problems, ["import table: more than 1024 libraries; the rest is left out"]);

    let (at, past) = (imports(1, MAX_SYMBOLS, b"a.dll"), imports(2, MAX_SYMBOLS, b"a.dll"));
    assert_eq!((format(&at).imports.len(), format(&at).problems.len()), (MAX_SYMBOLS, 0));
    assert_eq!(format(&past).imports.len(), MAX_SYMBOLS);
    assert_eq!(format(&past).problems, ["more than 20000 imports; the rest is left out"], "said once");
}

#[test]
fn libraries_of_a_delay_import_table() {
    let delayed = |libraries: usize| {
        let table = (libraries + 1) * 32;
        let thunks = MEMORY + u32::try_from(table).unwrap();
        let mut body = words(&[1, thunks + 8, 0, 0, thunks, 0, 0, 0].repeat(libraries));
        body.resize(table, 0);
        body.extend([&words(&[0x8000_0009, 0])[..], b"a.dll\0"].concat());
        with(DELAYED, &body)
    };
    let (at, past) = (delayed(MAX_LIBRARIES), delayed(MAX_LIBRARIES + 1));
    assert_eq!((format(&at).imports.len(), format(&at).problems.len()), (MAX_LIBRARIES, 0));
    assert_eq!(format(&past).imports.len(), MAX_LIBRARIES);
    assert_eq!(format(&past).problems, ["delay-import table: more than 1024 libraries; the rest is left out"]);
}

#[test]
fn names_of_an_import_and_export_table() {
    let (at, past) = (imports(1, 1, &[b'a'; MAX_NAME]), imports(1, 1, &[b'a'; MAX_NAME + 1]));
    assert_eq!((format(&at).imports.len(), format(&at).problems.len()), (1, 0));
    assert_eq!(
        format(&past).problems,
        ["import table: entry 0 has no library name of at most 512 bytes inside the file"]
    );
    let (at, past) = (exports(1, &[b'a'; MAX_NAME]), exports(1, &[b'a'; MAX_NAME + 1]));
    assert_eq!((format(&at).exports.len(), format(&at).problems.len()), (1, 0));
    assert_eq!(format(&past).problems, ["export table: name 0 is not inside the file or longer than 512 bytes"]);
}

/// An export table of so many functions, all of one name.
fn exports(count: usize, name: &[u8]) -> PeSummary {
    let number = u32::try_from(count).unwrap();
    let name_at = MEMORY + 40 + number * 4;
    let mut body = words(&[0, 0, 0, 0, 0, 0, number, 0, MEMORY + 40, 0]);
    body.extend(words(&vec![name_at; count]));
    body.extend([name, &[0]].concat());
    with(EXPORT, &body)
}

#[test]
fn names_that_are_exported() {
    let (at, past) = (exports(MAX_SYMBOLS, b"f"), exports(MAX_SYMBOLS + 1, b"f"));
    assert_eq!((format(&at).exports.len(), format(&at).problems.len()), (MAX_SYMBOLS, 0));
    assert_eq!(format(&past).exports.len(), MAX_SYMBOLS);
    assert_eq!(format(&past).problems, ["20001 exported names are announced; 20000 are read"]);
}

#[test]
fn sections_and_data_directories() {
    let claiming = |at: usize, count: usize| {
        let mut file = program(b"body", EXPORT, 0, 0);
        file[at..at + 2].copy_from_slice(&u16::try_from(count).unwrap().to_le_bytes());
        summarise(&file)
    };
    let (at, past) = (claiming(0x86, MAX_SECTIONS), claiming(0x86, MAX_SECTIONS + 1));
    assert_eq!((format(&at).sections.len(), format(&at).problems.len()), (MAX_SECTIONS, 0));
    assert_eq!(format(&past).sections.len(), MAX_SECTIONS);
    assert_eq!(format(&past).problems, ["97 sections are announced; 96 are read"]);
    let (at, past) = (claiming(0xf4, MAX_DIRECTORIES), claiming(0xf4, MAX_DIRECTORIES + 1));
    assert!(format(&at).problems.is_empty());
    assert_eq!(format(&past).problems, ["17 data directories are announced; 16 are read"]);
}

/// One block of a version resource, padded.
fn block(key: &str, value: &[u8], text: bool, children: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; 6];
    bytes.extend(key.encode_utf16().chain([0]).flat_map(u16::to_le_bytes));
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes.extend([value, children].concat());
    let units = value.len() / if text { 2 } else { 1 };
    for (at, number) in [bytes.len(), units, usize::from(text)].into_iter().enumerate() {
        bytes[at * 2..at * 2 + 2].copy_from_slice(&u16::try_from(number).unwrap().to_le_bytes());
    }
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// Resources of so many kinds, the last of which is a version with so many strings.
fn version(kinds: usize, strings: usize) -> PeSummary {
    let table = block("t", &[], true, &block("k", &[b'v', 0, 0, 0], true, &[]).repeat(strings));
    let info = block("VS_VERSION_INFO", &[], false, &block("StringFileInfo", &[], true, &table));
    let folder = |entries: &[(u32, u32)]| {
        let count = u32::try_from(entries.len()).unwrap();
        let pairs: Vec<u32> = entries.iter().flat_map(|(id, target)| [*id, *target]).collect();
        [words(&[0, 0, 0, count << 16]), words(&pairs)].concat()
    };
    let below = u32::try_from(16 + kinds * 8).unwrap();
    let mut all = vec![(1000, 0); kinds - 1];
    all.push((16, 1 << 31 | below));
    let mut body = folder(&all);
    body.extend(folder(&[(1, 1 << 31 | (below + 24))]));
    body.extend(folder(&[(1, below + 48)]));
    body.extend(words(&[MEMORY + below + 64, u32::try_from(info.len()).unwrap(), 0, 0]));
    body.extend(info);
    with(RESOURCE, &body)
}

#[test]
fn entries_and_strings_of_the_version_resource() {
    let (at, past) = (version(MAX_ENTRIES, 1), version(MAX_ENTRIES + 1, 1));
    assert_eq!(at.version.value().unwrap().strings, [("k".to_owned(), "v".to_owned())]);
    let missing = past.version.why_missing().unwrap();
    assert_eq!(missing.missing, State::Skipped, "what was not looked at is not absent");
    assert_eq!(missing.reason, "the folder of resources announces 4097 entries; 4096 are read");
    assert_eq!((&format(&at).problems, &format(&past).problems[0]), (&vec![], &missing.reason));

    let (at, past) = (version(1, MAX_STRINGS), version(1, MAX_STRINGS + 1));
    assert_eq!((at.version.value().unwrap().strings.len(), format(&at).problems.len()), (MAX_STRINGS, 0));
    assert_eq!(past.version.value().unwrap().strings.len(), MAX_STRINGS);
    assert_eq!(format(&past).problems, ["version resource: more than 256 strings; the rest is left out"]);
}

#[test]
fn bytes_of_a_file_and_of_its_certificate_table() {
    let mut file = program(b"body", EXPORT, 0, 0);
    file.resize(MAX_FILE, 0);
    assert_eq!(format(&summarise(&file)).sections.len(), 1);
    file.push(0);
    let past = summarise(&file);
    let missing = past.format.why_missing().unwrap();
    assert_eq!(missing.missing, State::Skipped);
    assert_eq!(missing.reason, "the file has 67108865 bytes; files over 67108864 bytes are not parsed");
    assert!(past.sha256.len() == 64 && past.version.why_missing().unwrap().reason == missing.reason);
    // The same among loose evidence.
    let zip = zip_of(&[File::new("a.dll", &file)]);
    let input = Input::read(&Bundle::from_bytes("test.zip", zip, Limits::default()).unwrap());
    let Some(Loose::Program { sha256, pe }) = input.loose.get("a.dll") else { panic!("{:?}", input.loose.keys()) };
    assert_eq!((sha256, &pe.format), (&past.sha256, &past.format));
    drop(file);

    let signed = |bytes: usize| {
        let summary = summarise(&program(&vec![1; bytes], SECURITY, FILE, bytes));
        summary.signing.value().unwrap().table_bytes.clone()
    };
    assert!(signed(MAX_TABLE).value().is_some());
    let past = signed(MAX_TABLE + 1);
    assert_eq!(past.why_missing().unwrap().reason, "the certificate table has 4194305 bytes; the limit is 4194304");
}
