//! Seams: what stands directly beside a secret may become a word of its own once the secret is gone, and the last letter of a
//! secret may stand where one encoding ends and another begins.

use super::*;

fn big(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

/// Where `name` stands in `text` in any of its widths, letters of either case.
fn holds(text: &[u8], name: &str) -> bool {
    let folded = text.to_ascii_lowercase();
    let name = name.to_lowercase();
    [name.clone().into_bytes(), wide(&name), big(&name)]
        .iter()
        .any(|form| memchr::memmem::find(&folded, form).is_some())
}

#[test]
fn a_name_glued_to_a_removed_secret_is_masked_with_it() {
    let redactor = redactor(Mode::Mask);
    for text in [
        "Sommer-2024!xkontor-pc17",
        "kontor-pc17Sommer-2024!x",
        "annabella01Sommer-2024!xannabella",
        "Sommer-2024!xSommer-2024!xannabella and Jürgen MustermannSommer-2024!x",
        "ZWICKELSommer-2024!xKONTOR-PC17Sommer-2024!xannabella",
    ] {
        for (form, input) in [("UTF-8", text.into()), ("UTF-16LE", wide(text)), ("UTF-16BE", big(text))] {
            let out = redact(&redactor, &input);
            for name in ["kontor-pc17", "annabella", "Mustermann", "zwickel", "Sommer"] {
                assert!(!holds(&out, name), "{name} of {text} as {form}: {:?}", String::from_utf8_lossy(&out));
            }
        }
        let inner = unbase64(&String::from_utf8(redact(&redactor, base64(text.as_bytes()).as_bytes())).unwrap());
        assert!(!holds(&inner, "annabella") && !holds(&inner, "kontor-pc17"), "{text} in Base64");
    }
}

/// Found by fuzzing: the zero bytes of a wide text are also those of the same letters in the other byte order, and the
/// removal of the secret took a letter of the 8-bit text behind it along.
#[test]
fn a_wide_secret_before_narrow_text_uncovers_no_name_and_leaves_no_letter() {
    let redactor = redactor(Mode::Mask);
    let alone = |out: &[u8]| {
        let text = String::from_utf8_lossy(out).to_lowercase().replace('\0', "");
        text.match_indices("kontor-pc17").any(|(at, _)| !text[..at].ends_with('x'))
    };
    for before in [&b""[..], b"a", b"ab", b"\xff\xfe", b"\xfe\xff", b"a\xff\xfe"] {
        for secret in
            [wide("password=Sommer-2024!"), big("password=Sommer-2024!"), wide("password=Qx7Z"), big("password=Qx7Z")]
        {
            for tail in ["xkontor-pc17", "kontor-pc17", " kontor-pc17", ",kontor-pc17"] {
                let input = [before, &secret, tail.as_bytes()].concat();
                let out = redact(&redactor, &input);
                let shown = String::from_utf8_lossy(&out).into_owned();
                assert!(!alone(&out), "{shown:?} from {:?}", String::from_utf8_lossy(&input));
                assert!(!holds(&out, "Sommer") && !holds(&out, "Qx7Z"), "{shown:?}");
                assert!(!["]!", "]Z"].iter().any(|rest| shown.replace('\0', "").contains(rest)), "{shown:?}");
                let (line, _) = redactor.line(&String::from_utf8_lossy(&input));
                assert!(!alone(line.as_bytes()), "{line:?}");
            }
        }
    }
}

/// A second look at many seams stays in proportion to the text.
#[test]
fn a_text_of_seams_alone_is_searched_in_time() {
    let redactor = redactor(Mode::Mask);
    let text = "Sommer-2024!xannabella".repeat(20_000);
    let begun = std::time::Instant::now();
    let out = redact(&redactor, text.as_bytes());
    assert!(!holds(&out, "annabella") && begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
}

/// Found by fuzzing: in a file of UTF-16 an odd number of 8-bit letters leaves one of them with a zero of its neighbour.
#[test]
fn narrow_text_of_any_length_inside_a_wide_file_is_searched() {
    let redactor = redactor(Mode::Mask);
    let around = "; a line of the log, in which somebody else wrote as well ".repeat(4);
    for name in ["zwickel", "annabella", "kontor-pc17", "KONTOR-PC17 "] {
        for (before, after) in
            [(&b""[..], &b"\0"[..]), (b"\0", b""), (b"", b""), (b"\0", b"\0"), (b" ", b"\0"), (b"\0", b" ")]
        {
            for form in [wide as fn(&str) -> Vec<u8>, big] {
                let input = [&form(&around)[..], before, name.as_bytes(), after, &form(&around)].concat();
                let out = redact(&redactor, &input);
                assert!(!holds(&out, name.trim()), "{name:?} after {before:?}: {:?}", String::from_utf8_lossy(&out));
            }
        }
    }
}
