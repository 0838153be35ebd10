//! Canaries of every kind, in every form and at every border: none survives. The numbers are printed with `--nocapture`.

#![expect(clippy::print_stdout, reason = "how much was looked at belongs to the proof")]

use super::*;

/// What stands before and after a canary.
const AROUND: &[(&str, &str)] = &[
    (" ", " "),
    ("\"", "\""),
    ("=", "\r\n"),
    ("\\", "\\"),
    ("/", "/"),
    ("<", ">"),
    ("(", ")"),
    ("[", "]"),
    (":", ","),
    ("_", "_"),
    ("-", "-x"),
    ("'", "'"),
    ("|", ";"),
];

#[test]
fn no_canary_survives_in_any_form_or_surrounding() {
    let redactor = redactor(Mode::Mask);
    let mut checked = 0;
    for (_, name) in CANARIES {
        for (form, planted) in forms(name) {
            for (before, after) in AROUND {
                // Wide text stands among bytes, not inside a word of them.
                let mut input = b"first line of a log\r\n2024-05-06 07:08:09 value".to_vec();
                input.extend(before.as_bytes());
                input.extend(&planted);
                input.extend(after.as_bytes());
                input.extend(b"tail\r\nlast line");
                let out = redact(&redactor, &input);
                assert!(
                    !survives(&out, form, &planted, name),
                    "{name} as {form} between {before:?} and {after:?}: {}",
                    String::from_utf8_lossy(&out)
                );
                assert!(
                    out.ends_with(b"tail\r\nlast line")
                        && out.starts_with(b"first line of a log\r\n2024-05-06 07:08:09 ")
                );
                checked += 1;
            }
        }
    }
    println!("{checked} canaries planted, none survived");
    assert!(checked > 3500, "{checked} plantings");
}

/// Read at one go in the test below; what is decided at each border lies 16 KiB before it.
const CHUNK: usize = 18 * 1024;

#[test]
fn no_canary_survives_on_the_border_of_two_chunks() {
    let redactor = redactor(Mode::Mask);
    let mut checked = 0;
    for (_, name) in CANARIES {
        for (form, planted) in forms(name) {
            // The border in the middle of the canary, and its first and last bytes on the border.
            for before in [1, planted.len() / 3, planted.len() / 2, planted.len().saturating_sub(1)] {
                let border = CHUNK - 16 * 1024;
                let mut input = b"a line of ordinary log text\r\n".repeat(border / 29 + 1);
                input.truncate(border - before - 1);
                input.push(b' ');
                input.extend(&planted);
                input.extend(b" tail\r\n");
                input.extend(b"the rest of the log\r\n".repeat(1000));
                let mut out = Vec::new();
                redactor.text_by(CHUNK, io::Cursor::new(input)).read_to_end(&mut out).unwrap();
                assert!(!survives(&out, form, &planted, name), "{name} as {form}, {before} bytes before the border");
                checked += 1;
            }
        }
    }
    println!("{checked} canaries planted on borders, none survived");
    assert!(checked > 1000, "{checked} plantings");
}

#[test]
fn the_result_does_not_depend_on_how_the_text_arrives() {
    let redactor = redactor(Mode::Mask);
    let mut text = String::new();
    for line in 0..5000 {
        let (_, name) = CANARIES[line % CANARIES.len()];
        text += &format!(
            "[07/Aug/2008 11:07:{:02}] {name} 192.168.{}.7 C:\\Users\\{name}\\x \"{name}\"\r\n",
            line % 60,
            line % 200
        );
    }
    let whole = redact(&redactor, text.as_bytes());
    for size in [65_537, 262_145] {
        let mut out = Vec::new();
        redactor.text(Dribble(text.clone().into_bytes(), size)).read_to_end(&mut out).unwrap();
        assert!(out == whole, "pieces of {size}");
    }
    for chunk in [17 * 1024 + 1, 65_537, 1 << 20] {
        let mut out = Vec::new();
        redactor.text_by(chunk, io::Cursor::new(text.clone())).read_to_end(&mut out).unwrap();
        assert!(out == whole, "{chunk} bytes at one go");
    }
}

#[test]
fn whole_files_in_utf_16_lose_every_canary() {
    let redactor = redactor(Mode::Mask);
    let mut checked = 0;
    for (_, name) in CANARIES {
        for big in [false, true] {
            let text = format!("\u{FEFF}Windows text, user {name}, C:\\Users\\{name}\\AppData, ende\r\n").repeat(700);
            let input: Vec<u8> = text
                .encode_utf16()
                .flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() })
                .collect();
            let out = redact(&redactor, &input);
            let units: Vec<u16> =
                out.chunks_exact(2)
                    .map(|pair| {
                        if big {
                            u16::from_be_bytes([pair[0], pair[1]])
                        } else {
                            u16::from_le_bytes([pair[0], pair[1]])
                        }
                    })
                    .collect();
            let out = String::from_utf16(&units).unwrap();
            assert!(!out.to_lowercase().contains(&name.to_lowercase()), "{name}");
            assert!(out.ends_with("\\AppData, ende\r\n"));
            checked += 2 * 700;
        }
    }
    println!("{checked} canaries planted in UTF-16 files, none survived");
    assert!(checked > 30_000, "{checked} plantings");
}

#[test]
fn a_log_of_two_encodings_loses_canaries_in_both() {
    let redactor = redactor(Mode::Mask);
    for mark in [&b"\xFF\xFE"[..], b""] {
        for shift in ["", "x"] {
            let mut input = mark.to_vec();
            input.extend(wide("PowerShell wrote this for annabella on KONTOR-PC17\r\n"));
            input.extend(format!("{shift}and cmd appended that for annabella on KONTOR-PC17\r\n").bytes());
            input.extend(wide("and again annabella\r\n"));
            let out = redact(&redactor, &input);
            let narrow: Vec<u8> = out.iter().copied().filter(|byte| *byte != 0).collect();
            let narrow = String::from_utf8_lossy(&narrow);
            assert!(!narrow.contains("annabella") && !narrow.contains("KONTOR"), "{narrow}");
            assert!(narrow.contains("and cmd appended that for "), "{narrow}");
        }
    }
}
