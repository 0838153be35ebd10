//! The certificate table of a PE file: WIN_CERTIFICATE entries one after another, each aligned to eight bytes. Owns the
//! split and what lies between the signatures.

/// `WIN_CERT_TYPE_PKCS_SIGNED_DATA`
const PKCS7: u16 = 2;
/// Most entries looked at.
const MAX_ENTRIES: usize = 16;

/// The table, taken apart.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Split<'a> {
    /// Content of each PKCS#7 entry, padding included.
    pub(super) signatures: Vec<&'a [u8]>,
    /// What else is there, in words.
    pub(super) notes: Vec<String>,
}

/// Takes `table` apart; an error says at which byte it is broken.
pub(super) fn split(table: &[u8]) -> Result<Split<'_>, String> {
    let mut split = Split::default();
    let mut at = 0usize;
    for index in 0.. {
        let rest = table.get(at..).unwrap_or(&[]);
        if rest.iter().all(|byte| *byte == 0) {
            break;
        }
        if index == MAX_ENTRIES {
            return Err(format!("more than {MAX_ENTRIES} entries"));
        }
        let Some((length, kind, content)) = entry(rest) else {
            if split.signatures.is_empty() {
                return Err(format!("entry {index} at byte {at} of the table has a length that does not fit"));
            }
            split.notes.push(format!("{} bytes behind the last signature at byte {at} of the table", rest.len()));
            break;
        };
        match kind {
            PKCS7 => split.signatures.push(content),
            other => split.notes.push(format!("an entry of type {other} with {length} bytes")),
        }
        at = at.saturating_add(length.next_multiple_of(8));
    }
    Ok(split)
}

/// Length, type and content of the entry at the start of `bytes`: `{length u32, revision u16, type u16, content}`.
fn entry(bytes: &[u8]) -> Option<(usize, u16, &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (_revision, rest) = rest.split_first_chunk::<2>()?;
    let (kind, _) = rest.split_first_chunk::<2>()?;
    let length = u32::from_le_bytes(*length) as usize;
    Some((length, u16::from_le_bytes(*kind), bytes.get(8..length).filter(|content| !content.is_empty())?))
}

/// Words for bytes behind the PKCS#7 structure of `length` bytes within its entry: no signature covers them.
pub(super) fn padding(content: &[u8], length: usize) -> Option<String> {
    let behind = content.get(length..).unwrap_or(&[]);
    let zeros = behind.iter().all(|byte| *byte == 0);
    match (behind.len(), zeros) {
        (0..=7, true) => None,
        (count, true) => {
            Some(format!("{count} zero bytes of padding behind the signature inside the certificate table"))
        }
        (count, false) => Some(format!("{count} bytes of data behind the signature inside the certificate table")),
    }
}

#[cfg(test)]
mod tests {
    use koff_fixtures::pe::certificate_entry as entry_of;

    use super::*;

    #[test]
    fn entries_are_split_and_foreign_ones_named() {
        let table = [entry_of(2, b"first"), entry_of(1, b"x509"), entry_of(2, b"second")].concat();
        let split = split(&table).unwrap();
        assert_eq!(split.signatures, [b"first".as_slice(), b"second"]);
        assert_eq!(split.notes, ["an entry of type 1 with 12 bytes"]);
    }

    #[test]
    fn lengths_that_do_not_fit_are_errors_or_notes() {
        assert!(split(&[0xff; 8]).unwrap_err().contains("byte 0"));
        let mut table = entry_of(2, b"first");
        table.extend([0xff; 9]);
        assert_eq!(split(&table).unwrap().notes.len(), 1);
        assert_eq!(padding(b"abc\0\0", 3), None);
        assert!(padding(b"abcdef", 3).unwrap().contains("3 bytes of data"));
    }
}
