//! What travels as its vendor made it: programs, in a zip with the password `infected` as laboratories exchange them, so
//! that mail scanners let them pass and nobody runs one by a double click; and signed lists of digests. Owns the zip's
//! making and how such members are known; decides nothing about what is collected.

use std::io::Write;

use flate2::{Compression, Crc, write::DeflateEncoder};
use sha2::{Digest, Sha256};

/// The password of every locked zip: it keeps scanners out, not people.
pub(super) const PASSWORD: &[u8] = b"infected";
/// Bytes at the start of a member that say what it is.
pub(super) const HEAD: u64 = 32;

/// Bytes of the encryption header.
const SALT: usize = 12;
/// How a PNG file begins.
pub(super) const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// DOS date of 1980-01-01: the same file gives the same zip.
const DATE: u16 = 0x21;
/// Deflated, encrypted, needs version 2.0.
const VERSION: u16 = 20;
const ENCRYPTED: u16 = 1;
const DEFLATED: u16 = 8;

/// Whether the member called `name` that begins with `head` is a vendor's, or a picture that somebody agreed to, and no
/// mask may touch it.
pub(super) fn travels_as_it_is(name: &str, head: &[u8]) -> bool {
    let locked = head.starts_with(b"PK\x03\x04") && head.get(6) == Some(&1);
    head.starts_with(b"MZ")
        || (name.starts_with("files/connector-dlls/") && locked)
        || (name.starts_with("files/catalogues/") && is_signed_list(head))
        || is_picture(name, head)
}

/// Whether it is a picture of the screen, in which nothing can be masked.
pub(super) fn is_picture(name: &str, head: &[u8]) -> bool {
    name.starts_with("pictures/") && head.starts_with(PNG)
}

/// Whether `bytes` begin like PKCS#7 signed data: a sequence whose first element is that object identifier.
pub(super) fn is_signed_list(bytes: &[u8]) -> bool {
    const SIGNED_DATA: [u8; 11] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
    let header = match bytes {
        [0x30, length, ..] if *length <= 0x80 => 2,
        [0x30, length @ 0x81..=0x84, ..] => 2 + usize::from(length & 0x7f),
        _ => return false,
    };
    bytes.get(header..).is_some_and(|rest| rest.starts_with(&SIGNED_DATA))
}

/// A zip that holds `bytes` as `name`, encrypted the traditional way, which every unzip program opens.
pub(super) fn lock(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut crc = Crc::new();
    crc.update(bytes);
    let sum = crc.sum();
    let mut plain: Vec<u8> = Sha256::digest(bytes).iter().copied().take(SALT - 1).collect();
    plain.push((sum >> 24) as u8);
    let mut deflate = DeflateEncoder::new(plain, Compression::default());
    // Memory takes everything; what it did not take would show as a wrong checksum.
    let _ = deflate.write_all(bytes);
    let mut data = deflate.finish().unwrap_or_default();
    Cipher::new().encrypt(&mut data);
    let name = name.as_bytes().get(..name.len().min(255)).unwrap_or_default();
    let mut fields = Vec::new();
    for field in [VERSION, ENCRYPTED, DEFLATED, 0, DATE] {
        fields.extend(field.to_le_bytes());
    }
    for field in [sum, data.len() as u32, bytes.len() as u32] {
        fields.extend(field.to_le_bytes());
    }
    fields.extend((name.len() as u16).to_le_bytes());
    fields.extend([0, 0]);
    let mut zip = [b"PK\x03\x04", fields.as_slice(), name, &data].concat();
    let directory = zip.len() as u32;
    zip.extend([b"PK\x01\x02", VERSION.to_le_bytes().as_slice(), &fields, &[0; 14], name].concat());
    let size = zip.len() as u32 - directory;
    zip.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    zip.extend([size.to_le_bytes(), directory.to_le_bytes()].concat());
    zip.extend([0, 0]);
    zip
}

/// The traditional cipher of PKWARE's application note, chapter 6.1.
struct Cipher([u32; 3]);

impl Cipher {
    fn new() -> Self {
        let mut cipher = Self([0x1234_5678, 0x2345_6789, 0x3456_7890]);
        PASSWORD.iter().for_each(|byte| cipher.stir(*byte));
        cipher
    }

    fn stir(&mut self, byte: u8) {
        let [one, two, three] = &mut self.0;
        *one = crc_step(*one, byte);
        *two = two.wrapping_add(*one & 0xff).wrapping_mul(134_775_813).wrapping_add(1);
        *three = crc_step(*three, (*two >> 24) as u8);
    }

    fn encrypt(&mut self, data: &mut [u8]) {
        for byte in data {
            let seed = (self.0[2] | 2) & 0xffff;
            let plain = *byte;
            *byte ^= (seed.wrapping_mul(seed ^ 1) >> 8) as u8;
            self.stir(plain);
        }
    }
}

/// One byte into a CRC-32 without its final complement.
fn crc_step(crc: u32, byte: u8) -> u32 {
    let mut value = (crc ^ u32::from(byte)) & 0xff;
    for _ in 0..8 {
        value = if value & 1 == 1 { 0xedb8_8320 ^ (value >> 1) } else { value >> 1 };
    }
    value ^ (crc >> 8)
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read};

    use super::*;

    #[test]
    fn a_locked_program_opens_with_the_password_alone() {
        let program: Vec<u8> = b"MZ".iter().copied().chain((0..50_000_u32).map(|n| (n / 7) as u8)).collect();
        let locked = lock("kofmsp32.dll", &program);
        assert_eq!(locked, lock("kofmsp32.dll", &program));
        assert!(locked.len() < program.len());
        assert!(memchr::memmem::find(&locked, &program[..64]).is_none());
        let mut archive = zip::ZipArchive::new(Cursor::new(locked)).unwrap();
        assert!(archive.by_index(0).is_err());
        let mut member = archive.by_index_decrypt(0, PASSWORD).unwrap();
        let mut content = Vec::new();
        member.read_to_end(&mut content).unwrap();
        assert!(content == program);
    }

    #[test]
    fn only_what_lies_in_its_place_and_looks_like_it_travels_as_it_is() {
        let locked = lock("a.dll", b"MZ");
        let list = [&[0x30, 0x82, 1, 2, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2][..], &[0; 20]].concat();
        assert!(travels_as_it_is("files/connector-dlls/01-a.dll.zip", &locked));
        assert!(travels_as_it_is("files/catalogues/01.cat", &list));
        assert!(travels_as_it_is("pictures/outlook.png", &[PNG, &[0; 20]].concat()));
        assert!(!travels_as_it_is("logs/a.log", PNG));
        assert!(!travels_as_it_is("logs/a.log", &locked));
        assert!(!travels_as_it_is("logs/a.log", &list));
        assert!(!travels_as_it_is("files/catalogues/01.cat", b"plain text"));
        assert!(!travels_as_it_is("files/connector-dlls/01-a.dll.zip", b"plain text"));
    }
}
