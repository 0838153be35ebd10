//! The header of a sealed file: the file's key, wrapped for each recipient, and a code that shows whether anybody changed
//! it. Stanzas of other kinds are passed over, as the format asks.

use std::io;

use chacha20poly1305::{ChaCha20Poly1305, KeyInit, Nonce, aead::Aead};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use x25519_dalek::{PublicKey, StaticSecret};

use super::{FileKey, Identity, Recipient, derive, random};
use crate::{
    base64,
    error::{Error, Result},
};

/// The first line.
pub const MAGIC: &[u8] = b"age-encryption.org/v1\n";

/// A longer header is refused: a few hundred recipients.
pub(crate) const LONGEST: u64 = 64 << 10;

const PURPOSE: &[u8] = b"age-encryption.org/v1/X25519";

/// The header that gives `key` to `recipients`.
pub(super) fn write(key: &FileKey, recipients: &[Recipient]) -> io::Result<Vec<u8>> {
    if recipients.is_empty() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "expected a recipient to seal for, found none"));
    }
    let mut text = MAGIC.to_vec();
    for recipient in recipients {
        let secret = StaticSecret::from(random::<32>()?);
        let share = PublicKey::from(&secret);
        let wrapped =
            wrap(&secret, &share, recipient).and_then(|cipher| cipher.encrypt(&Nonce::default(), &key.0[..]).ok());
        let wrapped =
            wrapped.ok_or_else(|| io::Error::other(format!("{recipient} is no key that can be sealed for")))?;
        text.extend(format!("-> X25519 {}\n{}\n", unpadded(share.as_bytes()), unpadded(&wrapped)).bytes());
    }
    text.extend(b"---");
    let code = code(key, &text).ok_or_else(|| io::Error::other("sealing failed"))?.finalize().into_bytes();
    text.extend(format!(" {}\n", unpadded(&code)).bytes());
    if text.len() as u64 > LONGEST {
        let (most, found) = (LONGEST, text.len());
        let why = format!("expected recipients for a header of at most {most} bytes, found {found}: name fewer");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
    }
    Ok(text)
}

/// The cipher that wraps a file's key for `recipient`; `None` for the keys that would make it the same for everybody.
fn wrap(secret: &StaticSecret, share: &PublicKey, recipient: &Recipient) -> Option<ChaCha20Poly1305> {
    let shared = secret.diffie_hellman(&PublicKey::from(recipient.0));
    cipher(shared.was_contributory().then_some(shared.as_bytes())?, share.as_bytes(), &recipient.0)
}

fn cipher(shared: &[u8; 32], share: &[u8; 32], recipient: &[u8; 32]) -> Option<ChaCha20Poly1305> {
    let salt = [share.as_slice(), recipient].concat();
    Some(ChaCha20Poly1305::new(&derive(shared, &salt, PURPOSE).into()))
}

/// The code over the header's text; never `None`, since a code takes keys of any length.
fn code(key: &FileKey, text: &[u8]) -> Option<Hmac<Sha256>> {
    let mut code = <Hmac<Sha256> as Mac>::new_from_slice(&derive(&key.0, &[], b"header")).ok()?;
    code.update(text);
    Some(code)
}

/// The file's key and the length of the header that `head` begins with.
///
/// # Errors
/// A header that is damaged or too long, one that holds nothing for `identities`, or one that was changed.
pub(crate) fn unlock(place: &str, head: &[u8], identities: &[Identity]) -> Result<(FileKey, usize)> {
    let damaged = |found: &str| Error::format(place, "the header of a sealed file", found);
    let head = usize::try_from(LONGEST).ok().and_then(|longest| head.get(..longest)).unwrap_or(head);
    let unended = || damaged(&format!("no end of it within {LONGEST} bytes"));
    let body = head.strip_prefix(MAGIC).ok_or_else(|| damaged("another beginning"))?;
    let end = memchr::memmem::find(body, b"\n--- ").ok_or_else(unended)?;
    let stanzas = body.get(..end).and_then(|text| std::str::from_utf8(text).ok()).ok_or_else(|| damaged("no text"))?;
    let signed = MAGIC.len() + end + b"\n---".len();
    let rest = head.get(signed + 1..).unwrap_or_default();
    let line = rest.split(|byte| *byte == b'\n').next().filter(|line| line.len() < rest.len());
    let line = line.ok_or_else(unended)?;
    let given = Some(line)
        .and_then(|line| decode(std::str::from_utf8(line).ok()?))
        .ok_or_else(|| damaged("no code at its end"))?;
    let length = signed + 2 + line.len();
    let key = stanzas
        .split("\n-> ")
        .map(|stanza| stanza.strip_prefix("-> ").unwrap_or(stanza))
        .find_map(|stanza| identities.iter().find_map(|identity| unwrap(stanza, identity)))
        .ok_or_else(|| {
            Error::format(place, "a file sealed for one of the identities given", "one sealed for others")
        })?;
    let text = head.get(..signed).unwrap_or_default();
    let holds = code(&key, text).is_some_and(|code| code.verify_slice(&given).is_ok());
    if !holds {
        return Err(damaged("one that was changed after sealing"));
    }
    Ok((key, length))
}

/// The file's key, where `stanza` (without its arrow) holds it for `identity`.
fn unwrap(stanza: &str, identity: &Identity) -> Option<FileKey> {
    let (first, body) = stanza.split_once('\n')?;
    let share = <[u8; 32]>::try_from(decode(first.strip_prefix("X25519 ")?)?).ok()?;
    let wrapped = decode(body.trim_end_matches('\n')).filter(|wrapped| wrapped.len() == 32)?;
    let shared = identity.0.diffie_hellman(&PublicKey::from(share));
    let shared = shared.was_contributory().then_some(shared.as_bytes())?;
    let key = cipher(shared, &share, &identity.recipient().0)?.decrypt(&Nonce::default(), &wrapped[..]).ok()?;
    Some(FileKey(<[u8; 16]>::try_from(key).ok()?))
}

fn unpadded(bytes: &[u8]) -> String {
    base64::encode(bytes).trim_end_matches('=').to_owned()
}

/// Base64 without padding, in the only spelling that these bytes have.
fn decode(text: &str) -> Option<Vec<u8>> {
    let bytes = base64::decode(&format!("{text}{}", "=".repeat(text.len().next_multiple_of(4) - text.len())))?;
    (unpadded(&bytes) == text).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(byte: u8) -> Identity {
        Identity(StaticSecret::from([byte; 32]))
    }

    #[test]
    fn each_recipient_opens_it_and_nobody_else() {
        let key = FileKey([9; 16]);
        let head = write(&key, &[identity(1).recipient(), identity(2).recipient()]).unwrap();
        for own in [1, 2] {
            let (found, length) = unlock("x", &head, &[identity(7), identity(own)]).unwrap();
            assert_eq!((found.0, length), (key.0, head.len()));
        }
        let message = unlock("x", &head, &[identity(3)]).map(|_| ()).unwrap_err().to_string();
        assert!(message.ends_with("found one sealed for others"), "{message}");
        assert!(write(&key, &[]).is_err());
    }

    #[test]
    fn any_change_is_noticed_and_any_cut() {
        let head = write(&FileKey([9; 16]), &[identity(1).recipient()]).unwrap();
        for at in 0..head.len() {
            let mut changed = head.clone();
            changed[at] ^= 1;
            assert!(unlock("x", &changed, &[identity(1)]).is_err(), "byte {at}");
            assert!(unlock("x", &head[..at], &[identity(1)]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn a_header_is_read_up_to_its_limit() {
        let key = FileKey([9; 16]);
        let plain = write(&key, &[identity(1).recipient()]).unwrap();
        let stanzas = plain.windows(5).position(|five| five == b"\n--- ").unwrap();
        // A stanza of a kind that nobody knows fills it up to so many bytes.
        let filled = |length: usize| {
            let front = b"\n-> x\n";
            let fill = vec![b'a'; length - plain.len() - front.len()];
            let text = [&plain[..stanzas], front, &fill, b"\n---"].concat();
            let code = code(&key, &text).unwrap().finalize().into_bytes();
            [text, format!(" {}\n", unpadded(&code)).into_bytes()].concat()
        };
        let longest = LONGEST as usize;
        let (at, past) = (filled(longest), filled(longest + 1));
        assert_eq!((at.len(), past.len()), (longest, longest + 1));
        assert_eq!(unlock("x", &at, &[identity(1)]).unwrap().1, longest);
        let message = unlock("x", &past, &[identity(1)]).map(|_| ()).unwrap_err().to_string();
        assert!(message.ends_with("found no end of it within 65536 bytes"), "{message}");
        let many = vec![identity(1).recipient(); longest / 90];
        assert!(write(&key, &many).unwrap_err().to_string().contains("at most 65536 bytes"));
    }

    #[test]
    fn a_public_key_of_small_order_is_refused() {
        assert!(write(&FileKey([9; 16]), &[Recipient([0; 32])]).is_err());
    }
}
