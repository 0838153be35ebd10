//! Blocks of every encoding: the same lines, and each one's own place in the original.

use super::*;

fn western<R: Read>(input: R) -> Lines<R> {
    Lines::new(input, CodePage::default())
}

fn utf16(text: &str, mark: bool) -> Vec<u8> {
    let mark: &[u8] = if mark { &[0xff, 0xfe] } else { &[] };
    mark.iter().copied().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
}

#[test]
fn every_encoding_gives_the_same_lines_and_its_own_offsets() {
    let text = "erste Zeile\r\nzweite mit ü\r\ndritte";
    let latin: Vec<u8> = text.chars().map(|c| c as u8).collect();
    for (bytes, unit, mark) in
        [(text.as_bytes().to_vec(), 1, 0), (latin, 1, 0), (utf16(text, true), 2, 2), (utf16(text, false), 2, 0)]
    {
        let block = western(&bytes[..]).next_block(&|_| false).unwrap().unwrap().clone();
        assert_eq!(String::from_utf8(block.text.clone()).unwrap(), text);
        let second = text.find("zweite").unwrap();
        let place = block.places(&[0, second])[1];
        assert_eq!((place.line, place.offset), (2, (mark + 13 * unit) as u64));
        let quoted = &bytes[place.offset as usize..(place.offset + place.length) as usize];
        assert!(quoted.starts_with(b"z") && !quoted.contains(&b'\n') && !quoted.contains(&b'\r'));
    }
}

#[test]
fn a_file_that_mixes_encodings_is_read_line_by_line() {
    let bytes = b"gr\xfc\xdfe eins\ngr\xc3\xbc\xc3\x9fe zwei\nplain\n";
    let block = western(&bytes[..]).next_block(&|_| false).unwrap().unwrap().clone();
    assert_eq!(String::from_utf8(block.text.clone()).unwrap(), "gr\u{fc}\u{df}e eins\ngr\u{fc}\u{df}e zwei\nplain\n");
    let plain = block.text.len() - 6;
    assert_eq!(block.places(&[plain])[0].offset, bytes.len() as u64 - 6);
}

#[test]
fn what_is_no_unicode_is_read_by_the_code_page_of_the_pc() {
    let text = |bytes: &[u8], page: u32| {
        let mut lines = Lines::new(bytes, CodePage::of(page).unwrap());
        String::from_utf8(lines.next_block(&|_| false).unwrap().unwrap().text.clone()).unwrap()
    };
    let czech = b"p\xf8ipojen\xed\np\xc5\x99ipojen\xc3\xad\nplain\n";
    assert_eq!(text(czech, 1250), "připojení\npřipojení\nplain\n", "UTF-8 among the lines stays what it is");
    assert_eq!(text(b"\xce\xf8\xe8\xe1\xea\xe0\n", 1251), "Ошибка\n");
    // The second byte of a Japanese character may look like a backslash; none looks like a line feed.
    assert_eq!(text(b"C:\\\x95\x5c\\a\r\nb\n", 932), "C:\\表\\a\r\nb\n");
}

#[test]
fn utf16_appended_to_another_text_is_read_with_true_lines_and_offsets() {
    let mut bytes = b"gr\xfc\xdfe\n".repeat(100);
    bytes.extend(utf16("zwei Zeilen\r\nmit Umlaut ü\r\n", true));
    bytes.extend(b"danach\n");
    let block = western(&bytes[..]).next_block(&|_| false).unwrap().unwrap().clone();
    let text = String::from_utf8(block.text.clone()).unwrap();
    assert!(text.ends_with("grüße\nzwei Zeilen\r\nmit Umlaut ü\r\ndanach\n"), "{text:?}");
    let second = text.find("mit Umlaut").unwrap();
    assert_eq!(block.places(&[second])[0].line, 102);
    assert_eq!(block.places(&[text.find("danach").unwrap()])[0].line, 103);
}

/// A reader that makes one line of `left` bytes with a text near its end.
struct OneLine {
    left: u64,
}

impl Read for OneLine {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        const TAIL: &[u8] = b"NEEDLE near the end\n";
        let take = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        buffer[..take].fill(b'x');
        self.left -= take as u64;
        // What of the tail lies in this stretch.
        let (left, tail) = (usize::try_from(self.left).unwrap(), TAIL.len());
        for from_end in left + 1..=(left + take).min(tail) {
            buffer[left + take - from_end] = TAIL[tail - from_end];
        }
        Ok(take)
    }
}

fn needles_in_one_line(bytes: u64) -> (usize, u64) {
    let mut lines = western(OneLine { left: bytes });
    let (mut seen, mut number) = (0, 0);
    while let Some(block) = lines.next_block(&|_| false).unwrap() {
        assert!(block.text.len() <= BLOCK, "memory is bounded by the block, not by the line");
        seen += usize::from(memchr::memmem::find(&block.text, b"NEEDLE").is_some());
        number = block.first_line;
        assert!(lines.pending.capacity() <= 2 * BLOCK + OVERLAP, "{}", lines.pending.capacity());
    }
    (seen, number)
}

#[test]
fn a_line_of_a_gigabyte_is_read_in_bounded_memory() {
    assert_eq!(needles_in_one_line(1 << 30), (1, 1));
}

#[test]
fn a_line_longer_than_a_block_is_cut_with_overlap_and_keeps_its_number() {
    let mut bytes = b"first\n".to_vec();
    bytes.extend(std::iter::repeat_n(b'x', BLOCK - 3));
    bytes.extend(b"NEEDLE");
    bytes.extend(std::iter::repeat_n(b'x', BLOCK));
    bytes.extend(b"\nlast");
    let mut lines = western(&bytes[..]);
    let (mut seen, mut last) = (0, 0);
    while let Some(block) = lines.next_block(&|_| false).unwrap() {
        assert!(block.text.len() <= BLOCK);
        if memchr::memmem::find(&block.text, b"NEEDLE").is_some() {
            seen += 1;
            assert_eq!(block.first_line, 2);
        }
        last = block.first_line + memchr::memchr_iter(b'\n', &block.text).count() as u64;
    }
    assert!(seen >= 1, "the text across the cut was lost");
    assert_eq!(last, 3);
}
