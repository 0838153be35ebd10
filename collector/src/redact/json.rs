//! Redaction of JSON values: keys stay, text in values is masked, secrets under a telling key go.

use serde_json::Value;

use super::{
    REMOVED,
    kind::Kind,
    scan::{Engine, Scratch},
    words::{self, Strength},
};

/// Masks every text in `value`.
pub(crate) fn redact(engine: &Engine, value: &mut Value, scratch: &mut Scratch) {
    labelled(engine, value, "", scratch);
}

/// The same for a value that stands under `label`.
fn labelled(engine: &Engine, value: &mut Value, label: &str, scratch: &mut Scratch) {
    match value {
        Value::String(text) => {
            if let Some(masked) = whole(engine, text, label, scratch) {
                *text = masked;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| labelled(engine, item, label, scratch)),
        Value::Object(fields) => {
            let mut changed = Vec::new();
            for (key, field) in fields.iter_mut() {
                if is_secret_name(key) {
                    remove(field, scratch);
                } else if !is_digest(key) {
                    labelled(engine, field, key, scratch);
                }
                // Keys of our own records are words that no name is hunted by; names of other people's data may be.
                if let Some(masked) = mask(engine, key, scratch) {
                    changed.push((key.clone(), masked));
                }
            }
            for (old, new) in changed {
                if let Some(field) = fields.remove(&old) {
                    fields.insert(new, field);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A text that stands by itself: it may be a name as a whole, even one that is an ordinary word elsewhere; digits only where
/// its `label` says that they are a name.
pub(crate) fn whole(engine: &Engine, text: &str, label: &str, scratch: &mut Scratch) -> Option<String> {
    if let Some((stand_in, kind)) = engine.names.whole(text)
        && !words::is_choice(text)
        && match words::strength(text) {
            // A share called `Profiles` must not rename a key of that name.
            Strength::Vocabulary => false,
            Strength::Number => words::tells_who(label),
            Strength::Public | Strength::Placed | Strength::Everywhere => true,
        }
    {
        *scratch.masks.entry(kind.id()).or_default() += 1;
        return Some(stand_in.to_owned());
    }
    mask(engine, text, scratch)
}

fn mask(engine: &Engine, text: &str, scratch: &mut Scratch) -> Option<String> {
    engine.mask(text.as_bytes(), scratch).map(|masked| String::from_utf8_lossy(&masked).into_owned())
}

/// Whether a field or registry value of this name holds a secret, whatever stands in it.
pub(crate) fn is_secret_name(name: &str) -> bool {
    const PARTS: &[&str] = &[
        "password",
        "passwort",
        "passwd",
        "passphrase",
        "kennwort",
        "secret",
        "credential",
        "privatekey",
        "private_key",
        "private key",
        "cookie",
        "apikey",
        "api_key",
        "authorization",
        "digitalproductid",
        "productkey",
    ];
    let folded = name.to_lowercase();
    let token = folded.ends_with("token") && !folded.ends_with("publickeytoken");
    // 67f1 is the MAPI property of stored passwords.
    let property = folded.len() == 8 && folded.ends_with("67f1") && folded.bytes().all(|byte| byte.is_ascii_hexdigit());
    token || property || folded == "pwd" || PARTS.iter().any(|part| folded.contains(part))
}

fn remove(field: &mut Value, scratch: &mut Scratch) {
    if !matches!(field, Value::Null | Value::Bool(_)) && field.as_str() != Some("") {
        *field = Value::String(REMOVED.to_owned());
        *scratch.masks.entry(Kind::Secret.id()).or_default() += 1;
    }
}

/// Fields that hold nothing but digits of a digest or a certificate table.
fn is_digest(key: &str) -> bool {
    matches!(key, "sha256" | "sha1" | "md5" | "imphash" | "table_bytes" | "digests" | "header")
}
