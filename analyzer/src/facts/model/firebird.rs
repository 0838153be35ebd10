//! The fixed part of a Firebird database's header page. Owns its layout (Firebird's own documentation of the on-disk
//! structure, ODS 8 to 14); never looks further than 128 bytes.

/// What a header page says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Bytes a page.
    pub page_size: u16,
    /// Major on-disk structure.
    pub ods_major: u16,
    /// Minor on-disk structure.
    pub ods_minor: u16,
}

/// Bytes that must be there to tell.
const NEEDED: usize = 68;
const HEADER_PAGE: u8 = 1;
const CHECKSUM: u16 = 12345;
const FIREBIRD_FLAG: u16 = 0x8000;

/// Reads the first bytes of a database.
///
/// # Errors
/// What is wrong, in words: the file is then no Firebird database, or its first page is damaged or encrypted.
pub fn header(bytes: &[u8]) -> Result<Header, String> {
    if bytes.len() < NEEDED {
        return Err(format!("{} bytes where a header page has at least {NEEDED}", bytes.len()));
    }
    if bytes.iter().all(|byte| *byte == 0) {
        return Err("nothing but zero bytes".to_owned());
    }
    let short =
        |at: usize| u16::from_le_bytes([bytes.get(at).copied().unwrap_or(0), bytes.get(at + 1).copied().unwrap_or(0)]);
    let page_type = bytes.first().copied().unwrap_or(0);
    if page_type != HEADER_PAGE {
        return Err(format!("page type {page_type} where a header page has {HEADER_PAGE}"));
    }
    let page_size = short(16);
    if !page_size.is_power_of_two() || page_size < 1024 {
        return Err(format!("page size {page_size}, which is no power of two from 1024 to 32768"));
    }
    let stored = short(18);
    let ods_major = stored & !FIREBIRD_FLAG;
    if !(8..=14).contains(&ods_major) {
        return Err(format!("on-disk structure {ods_major}, which no Firebird from 1.0 to 6 writes"));
    }
    // Firebird 1.x wrote ODS 10 without the flag; later versions set it to be told from InterBase.
    if ods_major > 10 && stored & FIREBIRD_FLAG == 0 {
        return Err(format!("on-disk structure {ods_major} without Firebird's flag"));
    }
    if (9..=11).contains(&ods_major) && short(2) != CHECKSUM {
        return Err(format!("page checksum {} where this structure always has {CHECKSUM}", short(2)));
    }
    let ods_minor = match ods_major {
        14 => short(20),
        12 | 13 => short(64),
        _ => short(62),
    };
    Ok(Header { page_size, ods_major, ods_minor })
}

/// Bytes out of hex digits; `None` where it is not hex.
#[must_use]
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = text.trim().chars().map(|c| c.to_digit(16)).collect();
    let digits = digits.filter(|digits| digits.len().is_multiple_of(2))?;
    digits.chunks_exact(2).map(|pair| u8::try_from(pair.first()? * 16 + pair.get(1)?).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(ods: u16, size: u16) -> Vec<u8> {
        let mut bytes = vec![0_u8; 128];
        bytes[0] = 1;
        bytes[2..4].copy_from_slice(&CHECKSUM.to_le_bytes());
        bytes[16..18].copy_from_slice(&size.to_le_bytes());
        bytes[18..20].copy_from_slice(&ods.to_le_bytes());
        bytes[62] = 2;
        bytes
    }

    #[test]
    fn header_pages_of_every_generation_are_known() {
        let read = header(&page(0x800b, 8192)).unwrap();
        assert_eq!((read.page_size, read.ods_major, read.ods_minor), (8192, 11, 2));
        assert!(header(&page(10, 4096)).is_ok());
        assert!(header(&page(0x800d, 32768)).is_ok());
    }

    #[test]
    fn what_is_no_header_page_says_why() {
        for (bytes, word) in [
            (vec![0_u8; 128], "zero"),
            (vec![7_u8; 128], "page type 7"),
            (vec![1_u8; 10], "10 bytes"),
            (page(0x800b, 5000), "page size"),
            (page(0x8020, 8192), "on-disk structure 32"),
            (page(11, 8192), "flag"),
        ] {
            assert!(header(&bytes).unwrap_err().contains(word), "{word}");
        }
        let cut = |length: usize| header(&page(0x800b, 8192)[..length]);
        assert!(cut(NEEDED).is_ok());
        assert_eq!(cut(NEEDED - 1).unwrap_err(), "67 bytes where a header page has at least 68");
        let mut rotten = page(0x800b, 8192);
        rotten[2] = 0;
        assert!(header(&rotten).unwrap_err().contains("checksum"));
    }
}
