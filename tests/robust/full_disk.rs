//! The disk is full, at any moment: no room for the next byte of a file from any size on, or one single write, flush or
//! renaming that fails. A good bundle or none, an exit code and a sentence that say which, and nothing left behind.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use super::{Pc, SECRET, good, inflated, refused};

/// A key nobody has, and a person whose bundles are sealed for it.
const RECIPIENT: &str = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";

/// How a bundle is sent, and the name of its first file.
const WAYS: [(&[&str], &str); 3] =
    [(&[], "b.zip"), (&["--encrypt-to", RECIPIENT], "b.zip.age"), (&["--split-size", "20KB"], "b.zip.001")];

/// Numbers that look random and are the same in every run (xorshift64*).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) % bound.max(1)
    }
}

/// The same bundle in every run: its size is known before.
fn same(mut command: Command, pc: &Pc, way: &[&str]) -> Output {
    command.args(way).arg("--key-file").arg(pc.folder.path().join("key")).env("SOURCE_DATE_EPOCH", "1780000000");
    command.output().unwrap()
}

fn largest(pc: &Pc) -> u64 {
    pc.names().iter().map(|name| fs::metadata(pc.out().join(name)).unwrap().len()).max().unwrap()
}

fn empty(pc: &Pc) {
    pc.names().iter().for_each(|name| fs::remove_file(pc.out().join(name)).unwrap());
}

/// Nothing is left; if ever something is, it must at least hold no name and no secret.
fn nothing_left(pc: &Pc, when: &str) {
    for name in pc.names() {
        let bytes = fs::read(pc.out().join(&name)).unwrap();
        let text = [bytes.clone(), inflated(&bytes)].concat();
        for planted in [SECRET, "anna"] {
            assert!(memchr::memmem::find(&text, planted.as_bytes()).is_none(), "{when}: {planted} is left in {name}");
        }
    }
    assert_eq!(pc.names(), Vec::<String>::new(), "{when}");
}

/// What stands there after a run that ended well is whole.
fn all_there(pc: &Pc, first: &str, when: &str) {
    let names = pc.names();
    assert!(names.iter().any(|name| name == first), "{when}: {names:?}");
    assert!(names.iter().any(|name| name == "b.names.json"), "{when}: {names:?}");
    assert!(!names.iter().any(|name| name.ends_with(".part")), "{when}: {names:?}");
    match first {
        "b.zip.age" => assert!(fs::read(pc.out().join(first)).unwrap().starts_with(b"age-encryption.org/v1")),
        first => good(&pc.out().join(first)),
    }
}

#[test]
fn a_disk_that_is_full_from_any_byte_on_is_a_sentence_and_leaves_nothing() {
    let pc = Pc::build(1_000);
    let zip = pc.out().join("b.zip");
    let mut dice = Dice(0x6b6f_6666);
    let (mut whole, mut none) = (0, 0);
    for (way, first) in WAYS {
        let plain = same(pc.command("", &zip), &pc, &[]);
        assert_eq!(plain.status.code(), Some(0), "{}", String::from_utf8_lossy(&plain.stderr));
        let mut needed = largest(&pc);
        empty(&pc);
        assert_eq!(same(pc.command("", &zip), &pc, way).status.code(), Some(0));
        all_there(&pc, first, "without a limit");
        needed = needed.max(largest(&pc));
        empty(&pc);
        let random = (0..16).map(|_| dice.below(needed * 9 / 8));
        for size in [0, 1, needed - 1, needed].into_iter().chain(random.collect::<Vec<_>>()) {
            let when = format!("{first}, room for {size} of {needed} bytes");
            let limit = format!("trap '' XFSZ; prlimit --pid $$ --fsize={size};");
            let output = same(pc.command(&limit, &zip), &pc, way);
            if size < needed {
                refused(&output, "b.zip");
                nothing_left(&pc, &when);
                none += 1;
            } else {
                assert_eq!(output.status.code(), Some(0), "{when}: {}", String::from_utf8_lossy(&output.stderr));
                all_there(&pc, first, &when);
                empty(&pc);
                whole += 1;
            }
        }
    }
    assert!(whole > 4 && none > 40, "{whole} bundles, {none} refusals");
}

#[test]
fn a_list_of_names_that_cannot_get_its_name_costs_no_lie() {
    let pc = Pc::build(10);
    let zip = pc.out().join("b.zip");
    let map = pc.out().join("b.names.json");
    fs::create_dir(&map).unwrap();
    refused(&pc.command("", &zip).output().unwrap(), "b.names.json");
    assert_eq!(pc.names(), ["b.names.json"], "no bundle, as the exit code says");
}

/// The program under `strace`, which lets a call of the system fail. A tracee is a thread, and counts for itself.
fn injected(pc: &Pc, way: &[&str], zip: &Path, trace: &[&str]) -> Output {
    let mut command = Command::new("strace");
    command.args(["-f", "--seccomp-bpf", "-qq"]).args(trace).arg(env!("CARGO_BIN_EXE_koff-collect"));
    same(pc.arguments(command, zip), pc, way)
}

/// Slow: a hundred runs under `strace`. `tests/robust/proof.sh` asks for it.
#[test]
#[ignore = "a hundred runs under strace"]
#[expect(clippy::print_stdout, reason = "what was measured belongs to the proof")]
fn a_write_a_flush_or_a_renaming_that_fails_is_a_sentence_and_leaves_nothing() {
    const CALLS: [&str; 3] = ["write,pwrite64,writev", "fsync,fdatasync", "rename,renameat,renameat2,link,linkat"];
    let pc = Pc::build(1_000);
    let zip = pc.out().join("b.zip");
    let log: PathBuf = pc.folder.path().join("trace");
    let mut dice = Dice(0x6b6f_6666);
    let (mut whole, mut none) = (0, 0);
    for (way, first) in WAYS {
        for calls in CALLS {
            let trace = ["-o", log.to_str().unwrap(), "-e", &format!("trace={calls}")];
            assert_eq!(injected(&pc, way, &zip, &trace).status.code(), Some(0));
            empty(&pc);
            let count = fs::read_to_string(&log).unwrap().lines().count() as u64;
            // Every flush and renaming, and of the writes a choice that has the last ones in it.
            let mut times: Vec<u64> = (1..=count.min(8)).map(|back| count + 1 - back).collect();
            times.extend((8..count.min(28)).map(|_| 1 + dice.below(count)));
            for time in times {
                let inject = format!("inject={calls}:error=ENOSPC:when={time}");
                let output =
                    injected(&pc, way, &zip, &["-o", "/dev/null", "-e", &format!("trace={calls}"), "-e", &inject]);
                let said = String::from_utf8_lossy(&output.stderr).into_owned();
                let when = format!("{first}, {inject}: {said}");
                if output.status.code() == Some(0) {
                    all_there(&pc, first, &when);
                    empty(&pc);
                    whole += 1;
                } else {
                    assert_eq!(output.status.code(), Some(2), "{when}");
                    assert!(said.lines().count() == 1 && said.contains("b."), "{when}");
                    assert!(!said.contains(".part"), "a name that nobody asked for: {when}");
                    nothing_left(&pc, &when);
                    none += 1;
                }
            }
        }
    }
    println!("{none} runs ended with a sentence and nothing left, {whole} with a whole bundle");
    assert!(none > 60, "{none} refusals, {whole} bundles");
}
