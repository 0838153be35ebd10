//! Arbitrary bytes: no name comes out, nothing grows without bound, cuts do not matter.

use proptest::prelude::*;

use super::*;

/// Pieces that arbitrary texts are made of: names, what announces a structure, what opens and closes a wrapping.
const PIECES: &[&str] = &[
    "annabella",
    "kim",
    "KONTOR-PC17",
    "Jürgen Mustermann",
    "zwickelwerke.de",
    "j.mustermann@",
    "@",
    "password=",
    "\"",
    "\\",
    "/",
    "\\Users\\",
    "\\\\",
    "://",
    ":",
    ".",
    "-",
    "%",
    "%20",
    "\\u00fc",
    "&#252;",
    "hex:",
    "61,00,",
    ",\\\r\n  ",
    "S-1-5-21-",
    "1",
    "192.168.1.2",
    "fe80::1",
    "00:1a:2b:3c:4d:5e",
    "Subject: ",
    "MATCH('",
    "User: ",
    "Cookie: ",
    "-----BEGIN PRIVATE KEY-----",
    "-----END PRIVATE KEY-----",
    "YW5uYWJlbGxh",
    "616e6e6162656c6c61",
    "eyJhbGciOiJIUzI1NiJ9",
    "\r\n",
    " ",
    "\0",
    "\u{FEFF}",
    "ü",
    "漢",
];

/// Bytes of any kind mixed with pieces that mean something.
fn texts() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => (0..PIECES.len()).prop_map(|at| PIECES[at].as_bytes().to_vec()),
        1 => (0..PIECES.len()).prop_map(|at| wide(PIECES[at])),
        1 => proptest::collection::vec(any::<u8>(), 0..12),
    ];
    proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// No panic, no growth beyond what stand-ins need, no name as a word of its own, and the same however it is cut.
    #[test]
    fn whatever_comes_in_no_name_comes_out(input in texts(), size in 1_usize..40) {
        let redactor = redactor(Mode::Mask);
        let out = redact(&redactor, &input);
        prop_assert!(out.len() <= input.len() * 24 + 64, "{} from {}", out.len(), input.len());
        for name in ["annabella", "KONTOR-PC17", "zwickelwerke.de"] {
            let folded = out.to_ascii_lowercase();
            let name = name.to_ascii_lowercase();
            for at in memchr::memmem::find_iter(&folded, name.as_bytes()) {
                let word = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte >= 0x80);
                let before = at.checked_sub(1).and_then(|before| folded.get(before));
                let alone = !word(before) && !word(folded.get(at + name.len()));
                prop_assert!(!alone, "{name} in {:?} from {:?}", String::from_utf8_lossy(&out), String::from_utf8_lossy(&input));
            }
        }
        let mut again = Vec::new();
        redactor.text(Dribble(input, size)).read_to_end(&mut again).unwrap();
        prop_assert_eq!(again, out);
    }
}
