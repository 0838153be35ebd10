//! Hives written by the fixtures' own writer, read here and by the `regf` crate; then damaged in every way.

use koff_fixtures::hive::{Node, Sequence, Value, hive_bytes, transaction_log};
use proptest::prelude::*;

use super::*;

const TIME: u64 = 133_500_000_000_000_000;

/// A tree with everything that has a layout of its own.
fn sample() -> Node {
    let mut root = Node::root("ROOT");
    for number in 0..1100 {
        root.key(&format!(r"Many\Key{number:04}"));
    }
    let value = |name: &str, kind: u32, data: &[u8]| Value { name: name.to_owned(), kind, data: data.to_vec() };
    let key = root.key(r"Software\Größe\日本語");
    key.written = Some(TIME + 10_000_000);
    key.set(value("", 1, &[65, 0, 0, 0]));
    key.set(value("Žluťoučký", 1, &[66, 0, 67, 0, 0, 0]));
    key.set(value("none", 3, &[]));
    key.set(value("four", 4, &[1, 2, 3, 4]));
    for length in [5, 16_344, 16_345, 50_000] {
        let data: Vec<u8> = (0..length).map(|index| (index * 7 % 251) as u8).collect();
        key.set(value(&format!("data{length}"), 3, &data));
    }
    root
}

fn open(bytes: Vec<u8>, logs: Vec<Vec<u8>>) -> Result<Hive, Acquisition> {
    let logs = logs.into_iter().map(|bytes| Part { place: ".LOG1", bytes }).collect();
    Hive::open(Part { place: r"C:\HIVE", bytes }, logs)
}

fn key(hive: &Hive, path: &str) -> Key {
    match hive.key(path).unwrap() {
        Found::Key(key) => key,
        _ => panic!("{path} is not there"),
    }
}

#[test]
fn every_layout_is_read_as_it_was_written() {
    let sample = sample();
    let hive = open(hive_bytes(&sample, "HIVE", TIME, Sequence::default()), Vec::new()).unwrap();
    let found = key(&hive, r"SOFTWARE\größe\日本語");
    let written = sample.children.values().flat_map(|child| child.children.values());
    let written = written.flat_map(|child| child.children.values()).find(|child| child.name == "日本語").unwrap();
    let pairs: Vec<_> = found.values.iter().map(|value| (&value.name, value.kind, &value.data)).collect();
    let expected: Vec<_> = written.values.iter().map(|value| (&value.name, value.kind, &value.data)).collect();
    assert_eq!(pairs, expected);
    assert_eq!(found.written, time(TIME + 10_000_000));
    assert_eq!(key(&hive, "Many").subkeys.len(), 1100);
    assert!(matches!(hive.key(r"Software\Nothing\Below").unwrap(), Found::Nothing(name) if name == "Nothing"));
}

#[test]
fn an_independent_reader_agrees() {
    let bytes = hive_bytes(&sample(), "HIVE", TIME, Sequence::default());
    let other = regf::RegistryHive::from_bytes(bytes.clone()).unwrap();
    let hive = open(bytes, Vec::new()).unwrap();
    let paths = other.enumerate_all_keys().unwrap();
    assert!(paths.len() > 1100);
    for path in paths {
        let path = path.strip_prefix("ROOT").unwrap().trim_start_matches('\\');
        let (theirs, ours) = (other.open_key(path).unwrap(), key(&hive, path));
        let names: Vec<String> = theirs.subkeys().unwrap().iter().map(regf::hive::RegistryKey::name).collect();
        assert_eq!(ours.subkeys, names);
        for (ours, theirs) in ours.values.iter().zip(theirs.values().unwrap()) {
            assert_eq!((&ours.name, ours.kind), (&theirs.name(), theirs.raw_data_type()));
            assert_eq!(ours.data, theirs.raw_data().unwrap());
        }
    }
}

#[test]
fn a_log_is_applied_and_a_foreign_one_is_not() {
    let before = sample();
    let mut after = before.clone();
    after.key(r"Software\Late").set(Value { name: "x".to_owned(), kind: 4, data: vec![9, 0, 0, 0] });
    let dirty = Sequence { primary: 43, secondary: 42 };
    let old = hive_bytes(&before, "HIVE", TIME, dirty);
    let new = hive_bytes(&after, "HIVE", TIME, dirty);
    let log = transaction_log(&old, &new, "HIVE", TIME, 42);
    assert_eq!(key(&open(old.clone(), vec![log.clone()]).unwrap(), r"Software\Late").values[0].data, [9, 0, 0, 0]);
    let stale = transaction_log(&old, &new, "HIVE", TIME, 41);
    assert!(matches!(open(old.clone(), vec![stale]).unwrap().key(r"Software\Late").unwrap(), Found::Nothing(_)));
    let clean = hive_bytes(&before, "HIVE", TIME, Sequence::default());
    assert!(matches!(open(clean, vec![log.clone()]).unwrap().key(r"Software\Late").unwrap(), Found::Nothing(_)));
    let mut torn = old;
    torn[508] ^= 1;
    assert_eq!(key(&open(torn, vec![log]).unwrap(), r"Software\Late").values.len(), 1);
}

/// Records may share a cell and lists may name one again and again: a small file that would unfold to the square of its
/// size.
#[test]
fn cells_that_are_used_again_are_damage() {
    let mut root = Node::root("ROOT");
    let long = "a".repeat(2000);
    root.key(&format!(r"Keys\{long}"));
    for number in 0..400 {
        root.key("Values").set(Value { name: format!("v{number:03}"), kind: 3, data: vec![1; 5] });
        root.key(&format!(r"Keys\k{number:03}"));
    }
    root.key("Values").set(Value { name: "v000".to_owned(), kind: 3, data: vec![2; 16_000] });
    let good = hive_bytes(&root, "HIVE", TIME, Sequence::default());
    let hive = open(good.clone(), Vec::new()).unwrap();
    assert_eq!((key(&hive, "Values").values.len(), key(&hive, "Keys").subkeys.len()), (400, 401));
    assert!(matches!(hive.key(r"Keys\K399").unwrap(), Found::Key(_)));
    let why = |bytes: Vec<u8>, path: &str| open(bytes, Vec::new()).unwrap().key(path).err().unwrap().reason;

    let mut shared = good.clone();
    let records = || memchr::memmem::find_iter(&good, b"vk").filter(|at| good[at + 20] == b'v');
    let large = records().find(|at| &good[at + 20..at + 24] == b"v000").unwrap();
    for at in records() {
        shared[at + 4..at + 12].copy_from_slice(&good[large + 4..large + 12]);
    }
    assert!(why(shared, "Values").contains("found cells that are used again"));

    let mut again = good.clone();
    let count = 401_u16.to_le_bytes();
    let list = memchr::memmem::find_iter(&good, &count).find(|at| matches!(&good[at - 2..*at], b"lf" | b"lh")).unwrap();
    for entry in 0..401 {
        again.copy_within(list + 2..list + 10, list + 2 + entry * 8);
    }
    assert!(why(again, "Keys").contains("found cells that are used again"));
}

#[test]
fn lists_that_are_too_long_are_damage() {
    let good = hive_bytes(&sample(), "HIVE", TIME, Sequence::default());
    let hive = open(good.clone(), Vec::new()).unwrap();
    let many = hive.child(hive.root, "Many").unwrap().unwrap();
    assert_eq!(hive.cells.subkeys(many, 1100).unwrap().len(), 1100);
    let over = hive.cells.subkeys(many, 1099).unwrap_err();
    assert_eq!((over.expected.as_str(), over.found.as_str()), ("at most 1099 sub-keys", "more"));

    // No list of values has so many: only the number in the key claims it.
    let name = "日本語".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let node = memchr::memmem::find_iter(&good, &name).map(|at| at - 76).find(|at| good[*at..].starts_with(b"nk"));
    let claiming = |count: usize| {
        let mut bytes = good.clone();
        let at = node.unwrap() + 36;
        bytes[at..at + 4].copy_from_slice(&u32::try_from(count).unwrap().to_le_bytes());
        let hive = open(bytes, Vec::new()).unwrap();
        assert_eq!(key(&hive, "Many").subkeys.len(), 1100, "the rest is still there");
        hive.key(r"Software\Größe\日本語").err().unwrap().reason
    };
    let at = claiming(MOST_ENTRIES);
    assert!(at.contains("expected a list of 1048576 values, found a cell with room for"), "{at}");
    let over = claiming(MOST_ENTRIES + 1);
    assert!(
        over.contains(r"C:\HIVE, byte ") && over.ends_with("expected at most 1048576 values, found 1048577"),
        "{over}"
    );
}

#[test]
fn damage_is_named_with_place_expectation_and_finding() {
    let good = hive_bytes(&sample(), "HIVE", TIME, Sequence::default());
    let reason = |bytes: Vec<u8>| match open(bytes, Vec::new()) {
        Ok(_) => panic!("opened"),
        Err(end) => (end.state, end.reason),
    };
    let (state, text) = reason(good[..good.len() - 4096].to_vec());
    assert_eq!(state, State::Failed);
    assert!(text.contains(&format!("expected a hive of {} bytes", good.len())), "{text}");
    let mut bad = good.clone();
    bad[508] ^= 0xff;
    assert!(reason(bad).1.contains("byte 508: expected the base block's checksum"));
    assert_eq!(reason(Vec::new()).1, r"C:\HIVE, byte 0: expected the signature regf, found an empty file");
    assert!(reason(b"PK\x03\x04".to_vec()).1.contains("found bytes 50 4b 03 04"));
    assert!(reason(good[..1000].to_vec()).1.contains("found the end of the file"));
}

#[test]
fn one_bad_cell_costs_its_keys_and_no_others() {
    let mut root = Node::root("ROOT");
    root.key("Good").set(Value { name: "x".to_owned(), kind: 4, data: vec![1, 0, 0, 0] });
    root.key("Bad").set(Value { name: "y".to_owned(), kind: 4, data: vec![2, 0, 0, 0] });
    let mut bytes = hive_bytes(&root, "HIVE", TIME, Sequence::default());
    let at = bytes.windows(21).position(|part| part.starts_with(b"vk") && part.ends_with(b"y")).unwrap();
    bytes[at] = b'?';
    let hive = open(bytes, Vec::new()).unwrap();
    assert_eq!(key(&hive, "Good").values.len(), 1);
    assert_eq!(hive.key("Bad").err().unwrap().state, State::Failed);
}

/// Walks everything that can be reached, at most `most` keys.
fn walk(hive: &Hive, path: &str, most: &mut usize) {
    if *most == 0 || path.len() > 400 {
        return;
    }
    *most -= 1;
    if let Ok(Found::Key(key)) = hive.key(path) {
        for name in key.subkeys {
            walk(hive, &format!("{path}\\{name}"), most);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn mutated_hives_and_logs_neither_panic_nor_hang(
        changes in prop::collection::vec((0_usize..24_000, any::<u8>()), 1..40),
        cut in prop::option::of(0_usize..24_000),
        dirty in any::<bool>(),
    ) {
        let mut root = Node::root("ROOT");
        root.key(r"A\B\C").set(Value { name: "big".to_owned(), kind: 3, data: vec![7; 17_000] });
        root.key(r"A\D");
        let sequence = Sequence { primary: 43, secondary: if dirty { 42 } else { 43 } };
        let mut bytes = hive_bytes(&root, "HIVE", TIME, sequence);
        let mut after = root.clone();
        after.key("E");
        let mut log = transaction_log(&bytes, &hive_bytes(&after, "HIVE", TIME, sequence), "HIVE", TIME, 42);
        for (at, byte) in changes {
            let target = if at % 3 == 0 { &mut log } else { &mut bytes };
            let length = target.len();
            // The base block's checksum would turn nearly all changes away: keep out of it half the time.
            let at = if at % 2 == 0 { at % length } else { 4096.min(length - 1) + at % length.saturating_sub(4096).max(1) };
            if let Some(place) = target.get_mut(at) {
                *place = byte;
            }
        }
        if let Some(cut) = cut {
            bytes.truncate(cut);
        }
        if let Ok(hive) = open(bytes, vec![log]) {
            walk(&hive, "", &mut 300);
        }
    }

    #[test]
    fn arbitrary_bytes_are_refused_quietly(bytes in prop::collection::vec(any::<u8>(), 0..9000)) {
        prop_assert!(open(bytes, Vec::new()).is_err());
    }
}
