//! Text that Windows expands before it is a path: `%NAME%` references, command lines of services. Resolves through the
//! host's own variables; an unknown reference stays as written.

use koff_bundle::path::WinPath;

use crate::host::Host;

/// `text` with every `%NAME%` that the host knows replaced, as seen by `user` (an account key).
#[must_use]
pub fn expand(host: &dyn Host, text: &str, user: Option<&str>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        match after.split_once('%') {
            Some((name, tail)) if is_name(name) => {
                match host.variable(name, user) {
                    Ok(value) => out.push_str(&value),
                    Err(_) => out.push_str(&format!("%{name}%")),
                }
                rest = tail;
            }
            _ => {
                out.push('%');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "_()-. ".contains(c))
}

/// The folders of a `PATH`-like list, expanded, in order, each once.
#[must_use]
pub fn folders(host: &dyn Host, list: &str, user: Option<&str>) -> Vec<WinPath> {
    let mut found: Vec<WinPath> = Vec::new();
    for part in expand(host, list, user).split(';').map(str::trim).filter(|part| !part.is_empty()) {
        let path = WinPath::new(part);
        if path.is_absolute() && !found.iter().any(|known| known.key() == path.key()) {
            found.push(path);
        }
    }
    found
}

/// The program of a command line or a service's `ImagePath`: quotes and arguments removed, `\SystemRoot\` and paths
/// relative to it resolved. An unquoted path with blanks ends at the first `.exe`, `.dll` or `.sys`.
#[must_use]
pub fn program(host: &dyn Host, command: &str) -> Option<WinPath> {
    let command = expand(host, command.trim(), None);
    let path = match command.strip_prefix('"') {
        Some(rest) => rest.split('"').next().unwrap_or_default().to_owned(),
        None => {
            let lower = command.to_ascii_lowercase();
            let end = [".exe", ".dll", ".sys"]
                .iter()
                .filter_map(|ending| {
                    lower
                        .match_indices(ending)
                        .map(|(place, _)| place + ending.len())
                        .find(|end| matches!(lower.as_bytes().get(*end), None | Some(b' ' | b'\t' | b'"' | b',')))
                })
                .min();
            let whole = command.get(..end.unwrap_or(command.len())).unwrap_or(&command);
            if end.is_some() { whole.to_owned() } else { whole.split(' ').next().unwrap_or_default().to_owned() }
        }
    };
    if path.is_empty() {
        return None;
    }
    let system_root = || host.variable("SystemRoot", None).unwrap_or_else(|_| r"C:\Windows".to_owned());
    let path = WinPath::new(path);
    if path.is_absolute() {
        return Some(path);
    }
    let text = path.as_str();
    let below = text
        .get(..12)
        .filter(|head| head.eq_ignore_ascii_case(r"\systemroot\"))
        .and_then(|_| text.get(12..))
        .or_else(|| text.get(..9).filter(|head| head.eq_ignore_ascii_case(r"system32\")).map(|_| text))?;
    Some(WinPath::new(system_root()).join(below))
}
