//! The limits of the parsers of hostile input: the table of `bundle/README.md` against the source, and for each of its rows a
//! test that goes to the limit and one past it, here or beside the parser.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first thing it cannot read")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

#[path = "parser_limits/der.rs"]
mod der;
#[path = "support/forge.rs"]
mod forge;
#[path = "support/program.rs"]
mod program;
#[path = "parser_limits/programs.rs"]
mod programs;
#[path = "parser_limits/signed.rs"]
mod signed;
#[path = "parser_limits/texts.rs"]
mod texts;

const TEXTS: &str = "tests/parser_limits/texts.rs";
const PROGRAMS: &str = "tests/parser_limits/programs.rs";
const SIGNED: &str = "tests/parser_limits/signed.rs";
const HIVES: &str = "collector/src/host/disk/hive/tests.rs";
/// The file of the constant itself.
const BESIDE: &str = "";

/// Each limit of the table, with the file and the name of the test that holds it.
const HELD: &[(&str, &str, &str)] = &[
    ("bundle/src/registry/text.rs MAX_ITEMS", TEXTS, "keys_and_values_of_a_registry_file"),
    (
        "bundle/src/registry/text.rs MAX_DEPTH",
        "bundle/src/registry/text/reader.rs",
        "a_key_without_end_is_a_damaged_line",
    ),
    (
        "bundle/src/registry/text.rs MAX_PATH",
        "bundle/src/registry/text/reader.rs",
        "a_key_without_end_is_a_damaged_line",
    ),
    ("bundle/src/registry/text.rs MAX_PROBLEMS", TEXTS, "damaged_lines_of_a_registry_file"),
    ("bundle/src/evtx.rs MAX_DAMAGED", TEXTS, "damaged_records_of_an_event_log"),
    ("bundle/src/evtx/parse.rs DEPTH", BESIDE, "nesting_without_end_is_damage"),
    ("bundle/src/evtx/parse.rs MAX_ALIKE", BESIDE, "data_of_one_name_are_kept_as_far_as_they_are_numbered"),
    ("analyzer/src/facts/streams/events.rs MOST_EVENTS", TEXTS, "events_of_a_member"),
    ("analyzer/src/facts/streams/events.rs LONGEST_LINE", TEXTS, "a_line_of_events"),
    (
        "analyzer/src/facts/log/read.rs MOST_RECORDS",
        BESIDE,
        "what_is_kept_of_a_file_has_an_end_and_what_was_cut_is_known",
    ),
    ("analyzer/src/facts/log/read.rs MOST_OF_ONE", TEXTS, "records_of_a_log"),
    (
        "analyzer/src/facts/model/mapisvc.rs MOST_LINES",
        BESIDE,
        "a_file_with_too_many_lines_is_read_to_the_last_that_counts",
    ),
    ("analyzer/src/facts/model/firebird.rs NEEDED", BESIDE, "what_is_no_header_page_says_why"),
    ("bundle/src/pe.rs MAX_FILE", PROGRAMS, "bytes_of_a_file_and_of_its_certificate_table"),
    ("bundle/src/pe.rs MAX_TABLE", PROGRAMS, "bytes_of_a_file_and_of_its_certificate_table"),
    ("bundle/src/pe.rs MAX_SECTIONS", PROGRAMS, "sections_and_data_directories"),
    ("bundle/src/pe.rs MAX_DIRECTORIES", PROGRAMS, "sections_and_data_directories"),
    ("bundle/src/pe.rs MAX_LIBRARIES", PROGRAMS, "libraries_and_functions_of_an_import_table"),
    ("bundle/src/pe.rs MAX_SYMBOLS", PROGRAMS, "names_that_are_exported"),
    ("bundle/src/pe.rs MAX_NAME", PROGRAMS, "names_of_an_import_and_export_table"),
    ("bundle/src/pe.rs MAX_ENTRIES", PROGRAMS, "entries_and_strings_of_the_version_resource"),
    ("bundle/src/pe.rs MAX_STRINGS", PROGRAMS, "entries_and_strings_of_the_version_resource"),
    ("analyzer/src/dll_table/loose.rs MAX_FILE", BESIDE, "a_file_that_would_not_fit_into_memory_is_refused"),
    ("analyzer/src/signature/table.rs MAX_ENTRIES", SIGNED, "signatures_of_a_file"),
    ("analyzer/src/signature/judge.rs MAX_SIGNATURES", SIGNED, "signatures_of_a_file"),
    ("analyzer/src/signature/judge.rs MAX_NESTED", SIGNED, "signatures_of_a_file"),
    ("analyzer/src/signature/cms.rs MAX_CERTIFICATES", SIGNED, "certificates_signers_and_attributes_of_a_signature"),
    ("analyzer/src/signature/cms.rs MAX_SIGNERS", SIGNED, "certificates_signers_and_attributes_of_a_signature"),
    ("analyzer/src/signature/cms.rs MAX_ATTRIBUTES", SIGNED, "certificates_signers_and_attributes_of_a_signature"),
    ("analyzer/src/signature/cms.rs MAX_VALUES", SIGNED, "certificates_signers_and_attributes_of_a_signature"),
    ("analyzer/src/signature/cms.rs MAX_LISTS", SIGNED, "lists_and_timestamps_of_a_signature"),
    ("analyzer/src/signature/timestamp.rs MAX_TIMESTAMPS", SIGNED, "lists_and_timestamps_of_a_signature"),
    ("analyzer/src/signature/certificate.rs MAX_LENGTH", SIGNED, "bytes_and_bits_of_a_certificate"),
    ("analyzer/src/signature/key.rs MAX_RSA_BITS", SIGNED, "bytes_and_bits_of_a_certificate"),
    ("analyzer/src/signature/chain.rs MAX_DEPTH", SIGNED, "certificates_of_a_chain_and_checks_of_it"),
    ("analyzer/src/signature/chain.rs MAX_CHECKS", SIGNED, "certificates_of_a_chain_and_checks_of_it"),
    ("analyzer/src/signature/revocation.rs MAX_ENTRIES", SIGNED, "entries_of_a_revocation_list"),
    ("analyzer/src/signature/tlv.rs MAX_DEPTH", SIGNED, "what_is_nested_and_numbered_in_an_encoding"),
    ("analyzer/src/signature/tlv.rs MAX_ARCS", SIGNED, "what_is_nested_and_numbered_in_an_encoding"),
    ("analyzer/src/signature/catalogue.rs MAX_MEMBERS", SIGNED, "members_of_a_catalogue"),
    ("collector/src/source/dumps/minidump.rs STREAMS", BESIDE, "what_a_header_claims_has_bounds"),
    ("collector/src/source/dumps/minidump.rs MODULES", BESIDE, "what_a_header_claims_has_bounds"),
    ("collector/src/source/dumps/minidump.rs NAME", BESIDE, "what_a_header_claims_has_bounds"),
    ("collector/src/host/disk/registry.rs MOST_BYTES", BESIDE, "a_hive_that_would_not_fit_into_memory_is_refused"),
    ("collector/src/host/disk/hive.rs MOST_ENTRIES", HIVES, "lists_that_are_too_long_are_damage"),
    ("collector/src/host/disk/hive/recovery.rs MOST_BYTES", BESIDE, "no_log_makes_a_hive_longer_than_one_that_is_read"),
    ("analyzer/src/yaml.rs LONGEST_FILE", BESIDE, "a_file_is_read_up_to_its_limits_and_the_complaint_names_them"),
    ("analyzer/src/yaml.rs DEEPEST", BESIDE, "a_file_is_read_up_to_its_limits_and_the_complaint_names_them"),
    ("analyzer/src/yaml.rs MOST_NODES", BESIDE, "a_file_is_read_up_to_its_limits_and_the_complaint_names_them"),
    ("analyzer/src/yaml.rs MOST_ALIASES", BESIDE, "a_file_is_read_up_to_its_limits_and_the_complaint_names_them"),
    ("analyzer/src/detection/condition.rs DEEPEST", BESIDE, "a_condition_is_nested_up_to_its_limit"),
    ("analyzer/src/detection/pattern.rs MOST", BESIDE, "what_is_wrong_or_too_large_is_refused_when_it_is_loaded"),
    ("bundle/src/seal/header.rs LONGEST", BESIDE, "a_header_is_read_up_to_its_limit"),
    ("analyzer/src/cli/inspect.rs MOST_REPORT", TEXTS, "a_report_to_verify"),
];

/// Constants of the same parsers that are called like limits and leave nothing out.
const NO_LIMITS: &[(&str, &str)] = &[
    ("bundle/src/evtx/scan.rs LONGEST_ENTITY", "what is longer is no entity and stays as it stands"),
    ("analyzer/src/signature/checked.rs MOST", "a memory that begins anew"),
    ("collector/src/host/disk/hive/index.rs MOST_NAMES", "a memory that begins anew"),
    ("collector/src/host/disk/registry.rs MOST_LINKS", "a loop of links between keys, which is said"),
    ("analyzer/src/facts/log/read.rs LONGEST_TEXT", "a text is shown cut, and its place is told"),
];

/// A row of the table.
#[derive(Debug)]
struct Row {
    limit: String,
    said: String,
    constant: String,
}

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

fn source(path: &str) -> String {
    fs::read_to_string(top().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn table() -> Vec<Row> {
    let readme = source("bundle/README.md");
    let rows = readme.lines().skip_while(|line| !line.starts_with("| parser |")).skip(2);
    let rows = rows.take_while(|line| line.starts_with('|')).map(|line| {
        let cells: Vec<String> = line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
        let [_, limit, said, constant] = cells.try_into().unwrap_or_else(|cells| panic!("{line}: {cells:?}"));
        Row { limit, said, constant: constant.replace('`', "") }
    });
    rows.collect()
}

/// The first number of a cell, with its unit.
fn number(cell: &str) -> u64 {
    let mut words = cell.split_whitespace();
    let word = words.find(|word| word.starts_with(|c: char| c.is_ascii_digit())).unwrap_or("0");
    let number: u64 = word.replace(',', "").parse().unwrap();
    match words.next() {
        Some("GiB") => number << 30,
        Some("MiB") => number << 20,
        Some("KiB") => number << 10,
        _ => number,
    }
}

/// The constants of a source file that are numbers, by name.
fn constants(path: &str) -> BTreeMap<String, u64> {
    let text = source(path);
    let found = text.lines().filter_map(|line| {
        let (_, rest) = line.split_once("const ")?;
        let (name, rest) = rest.split_once(": ")?;
        let (_, value) = rest.split_once(" = ")?;
        let mut terms = value.trim_end_matches(';').split(" << ").map(|term| term.replace('_', "").parse::<u64>().ok());
        let number = terms.next()??;
        let shift = terms.next().map_or(Some(0), |shift| shift)?;
        Some((name.to_owned(), number << shift))
    });
    found.collect()
}

#[test]
fn the_table_is_what_the_code_does() {
    let table = table();
    for row in &table {
        let (path, name) = row.constant.split_once(' ').unwrap();
        let found = constants(path).get(name).copied();
        assert_eq!(found, Some(number(&row.limit)), "{row:?}");
        // What is said names the number in full, or at what it was given up.
        let plain = found.unwrap().to_string();
        assert!(row.said.contains(&plain) || row.said.starts_with("nothing"), "{plain}: {row:?}");
    }
    let rows: Vec<&str> = table.iter().map(|row| row.constant.as_str()).collect();
    let held: BTreeSet<&str> = HELD.iter().map(|(constant, ..)| *constant).collect();
    assert_eq!(rows.iter().copied().collect::<BTreeSet<_>>(), held, "each row has a test and each test a row");
    assert_eq!((rows.len(), HELD.len()), (held.len(), held.len()), "each once");
}

#[test]
fn each_limit_has_its_test() {
    for (constant, path, test) in HELD {
        let path = if *path == BESIDE { constant.split_once(' ').unwrap().0 } else { path };
        let text = source(path);
        let (before, body) = text.split_once(&format!("fn {test}() {{")).unwrap_or_else(|| panic!("{path}: {test}"));
        assert!(before.trim_end().ends_with("#[test]"), "{path}: {test}");
        let body = body.split("\n#[test]").next().unwrap();
        let body = body.split("\n    #[test]").next().unwrap();
        assert!(body.contains("assert"), "{constant}: {path}: {test}");
    }
}

/// What is called like a limit in the folders of these parsers has a row, or a reason why not.
#[test]
fn no_limit_is_left_out_of_the_table() {
    let told: BTreeSet<&str> =
        HELD.iter().map(|(constant, ..)| *constant).chain(NO_LIMITS.iter().map(|(constant, _)| *constant)).collect();
    let folders = [
        "bundle/src/registry",
        "bundle/src/evtx",
        "bundle/src/pe",
        "analyzer/src/signature",
        "analyzer/src/facts/streams",
        "collector/src/host/disk/hive",
    ];
    let below = folders.iter().flat_map(|folder| walkdir::WalkDir::new(top().join(folder)));
    let below =
        below.map(|entry| entry.unwrap().into_path()).filter(|path| path.extension().is_some_and(|ext| ext == "rs"));
    let beside = told.iter().map(|constant| top().join(constant.split_once(' ').unwrap().0));
    let named = |name: &str| ["MAX", "MOST", "DEEPEST", "LONGEST", "DEPTH"].iter().any(|word| name.starts_with(word));
    let mut seen = BTreeSet::new();
    for path in below.chain(beside).collect::<BTreeSet<_>>() {
        let path = path.strip_prefix(top()).unwrap().to_str().unwrap().to_owned();
        seen.extend(constants(&path).into_keys().filter(|name| named(name)).map(|name| format!("{path} {name}")));
    }
    let missing: Vec<&String> = seen.iter().filter(|constant| !told.contains(constant.as_str())).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
