//! How fast redaction is on log text with 200 learned names, next to `gzip -6` on the same bytes in the same run. Prints
//! megabytes a second of one core; run with `cargo bench -p koff-collect --bench redaction`.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and stops where it cannot measure")]

use std::{
    io::{self, Write},
    time::Instant,
};

use koff_collect::redact::{Key, Kind, Learned, Mode, Redactor};

const MEGABYTE: usize = 1_000_000;

/// Two hundred names of every kind, and log lines in which every tenth mentions one.
fn story() -> (Learned, Vec<u8>) {
    let mut learned = Learned::new();
    let mut names = Vec::new();
    // Names as different from each other as names are.
    let parts =
        ["ba", "ke", "lu", "mo", "ri", "sche", "tan", "vo", "wei", "zo", "dra", "fel", "gor", "hin", "jes", "nau"];
    let word =
        |seed: usize| -> String { [seed % 16, seed / 16 % 16 + 3, seed * 7 + 5].map(|at| parts[at % 16]).concat() };
    for index in 0..25 {
        let (one, two) = (word(index * 2), word(index * 2 + 1));
        for (kind, name) in [
            (Kind::User, format!("{one}{index}")),
            (Kind::Person, format!("{one} {two}")),
            (Kind::Server, format!("{two}srv.{one}.de")),
            (Kind::Profile, format!("Postfach {two}")),
            (Kind::Host, format!("{}-PC{index}", two.to_uppercase())),
        ] {
            learned.add(kind, &name);
            names.push(name);
        }
    }
    let lines = [
        "[07/Aug/2008 11:07:02] {DELETE} Protocol: HTTP/KOFF, Folder: INBOX/Projects, Delivered: 07/Aug/2008 11:05:27, Size: 1320",
        "[Fri Aug  2 05:36:25.575 2024] [2468156] rt: table idx_pages_9007: ramchunk saved ok (mode=periodic, ram=108.753 Mb)",
        r"2024-08-02 05:36:25.575 INFO  [KoffBackend] C:\Program Files (x86)\Kerio\Outlook Connector (Offline Edition)\kofmsp32.dll",
        "[07/Aug/2008 11:07:02] synchronisation of folder 0x80040115 finished in 0.431 s, 1205 items, 12 changed, 0 failed",
        "MSI (s) (A4:5C) [05:36:25:575]: Executing op: ComponentRegister(ComponentId={1FE2F6A0-9B0C-4A2D-A2E1-9E0B5D0C1A2B})",
    ];
    let mut text = Vec::new();
    for line in 0_usize.. {
        // Digits that differ, as times and sizes do: gzip would show off on a text that repeats.
        let noise = line.wrapping_mul(2_654_435_761) % 99_999_989;
        text.extend_from_slice(format!("{noise} ").as_bytes());
        text.extend_from_slice(lines[noise % lines.len()].as_bytes());
        if line % 10 == 0 {
            text.extend_from_slice(
                format!(" user {} from 192.168.{}.7", names[line / 10 % names.len()], line % 200).as_bytes(),
            );
        }
        text.extend_from_slice(b"\r\n");
        if text.len() > 64 * MEGABYTE {
            break;
        }
    }
    (learned, text)
}

/// Seconds that this thread had a processor, so that other programs do not count; wall time where that cannot be told.
fn clock(begun: Instant) -> f64 {
    let on_cpu = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = on_cpu.and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    nanoseconds.map_or_else(|| begun.elapsed().as_secs_f64(), |nanoseconds| nanoseconds / 1e9)
}

fn measure(name: &str, length: usize, mut run: impl FnMut() -> u64) {
    // A word on the command line measures only what bears it.
    if std::env::args().skip(1).any(|word| !word.starts_with('-') && !name.contains(&word)) {
        return;
    }
    let mut best = f64::MAX;
    let mut result = 0;
    for _ in 0..5 {
        let begun = Instant::now();
        let before = clock(begun);
        result = run();
        best = best.min(clock(begun) - before);
    }
    println!("{name:<28} {:>8.0} MB/s   ({result} bytes out)", length as f64 / MEGABYTE as f64 / best);
}

fn main() {
    let (learned, text) = story();
    let names = learned.len();
    println!("{} MB of log text, {names} names learned", text.len() / MEGABYTE);
    let redactor = Redactor::new(learned, Key::random().unwrap(), Mode::Mask);
    let shared: std::sync::Arc<[u8]> = text.clone().into();
    measure("redact, names masked", text.len(), || {
        io::copy(&mut redactor.text(io::Cursor::new(shared.clone())), &mut io::sink()).unwrap()
    });
    let keep = Redactor::new(Learned::new(), Key::random().unwrap(), Mode::Keep);
    measure("redact, secrets only", text.len(), || {
        io::copy(&mut keep.text(io::Cursor::new(shared.clone())), &mut io::sink()).unwrap()
    });
    measure("gzip -6", text.len(), || {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
        out.write_all(&text).unwrap();
        out.finish().unwrap().len() as u64
    });
}
