//! The reverse map: which pseudonym stands for which name. Stays beside the bundle on the PC, readable by its owner
//! only (encrypted for the account on Windows, by the file's rights elsewhere); never enters the bundle.

use std::{
    collections::BTreeMap,
    fs::OpenOptions,
    io::{self, Write},
    path::{Path, PathBuf},
};

use koff_bundle::base64;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use crate::host::protection;

/// What a reverse map says of itself, so that another file is not taken for one.
const SCHEMA: &str = "koff-names/1";

#[derive(Serialize, Deserialize)]
struct File {
    schema: String,
    /// For whoever opens it.
    note: String,
    #[serde(flatten)]
    content: Content,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Content {
    /// As they are: where nothing but the file's rights keeps others out.
    Names(Names),
    /// [`Names`] as JSON, encrypted for whoever wrote them, in Base64.
    Protected(String),
}

/// Stand-in → original.
type Names = BTreeMap<String, String>;

impl Content {
    fn closed(names: &Names) -> io::Result<Self> {
        let protected = protection::protect(&serde_json::to_vec(names)?)?;
        Ok(protected.map_or_else(|| Self::Names(names.clone()), |bytes| Self::Protected(base64::encode(&bytes))))
    }

    fn opened(self) -> io::Result<Names> {
        match self {
            Self::Names(names) => Ok(names),
            Self::Protected(text) => {
                let bytes = base64::decode(&text).ok_or_else(|| invalid("expected Base64, found something else"))?;
                let plain = protection::unprotect(&bytes).map_err(|error| {
                    let why = "only the person who collected can open this map, on the PC where it was written";
                    io::Error::new(io::ErrorKind::PermissionDenied, format!("{why} ({error})"))
                })?;
                serde_json::from_slice(&plain).map_err(|error| invalid(&format!("expected names, found {error}")))
            }
        }
    }
}

fn invalid(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

/// A map that is written, under a temporary name.
pub struct Written {
    temporary: NamedTempFile,
}

impl Written {
    /// Gives the map its name in the folder where it was written. One that already stands there is replaced.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn keep(self, file: &Path) -> io::Result<()> {
        self.temporary.persist(file).map(|_| ()).map_err(|error| error.error)
    }
}

/// Where the map of `bundle` goes: beside it, `….names.json`.
#[must_use]
pub fn beside(bundle: &Path) -> PathBuf {
    bundle.with_extension("names.json")
}

/// Writes the map for its owner, under a temporary name: another run may write the same map, and a kill must not leave half
/// of one.
///
/// # Errors
/// What the operating system says.
pub fn write(file: &Path, names: &Names) -> io::Result<Written> {
    let note = "Which name each stand-in of the bundle beside this file means. Keep it; do not send it. \
                koff-collect unmask reads it.";
    let content = File { schema: SCHEMA.to_owned(), note: note.to_owned(), content: Content::closed(names)? };
    let mut bytes = serde_json::to_vec_pretty(&content)?;
    bytes.push(b'\n');
    // Only its owner may read a temporary file.
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let temporary = tempfile::Builder::new().prefix(".koff-names-").suffix(".part").tempfile_in(folder)?;
    // The file itself, not its guard, whose errors speak of a name that nobody asked for.
    let mut out = temporary.as_file();
    out.write_all(&bytes)?;
    out.sync_all()?;
    Ok(Written { temporary })
}

/// What `stand_in` means according to the map in `file`; `None` where the map does not know it. Case does not matter, and
/// neither do parts around it: a path or address is answered with every stand-in in it replaced.
///
/// # Errors
/// Where the file cannot be read or is no map.
pub fn unmask(file: &Path, text: &str) -> io::Result<Option<String>> {
    let content: File = serde_json::from_slice(&std::fs::read(file)?).map_err(|error| {
        let why = format!("expected a map of names that koff-collect wrote, found other content ({error})");
        invalid(&why)
    })?;
    if content.schema != SCHEMA {
        return Err(invalid(&format!("expected schema {SCHEMA}, found {}", content.schema)));
    }
    let known = content.content.opened()?;
    let mut names: Vec<(&String, &String)> = known.iter().collect();
    // The longest first: a host name holds its domain's stand-in.
    names.sort_by_key(|(stand_in, _)| (std::cmp::Reverse(stand_in.len()), *stand_in));
    let mut out = text.to_owned();
    for (stand_in, original) in names {
        let mut from = 0;
        while let Some(found) = find(&out, stand_in, from) {
            out.replace_range(found..found + stand_in.len(), original);
            from = found + original.len();
        }
    }
    Ok((out != text).then_some(out))
}

/// `stand_in` in `text` from `from` on, ASCII case ignored.
fn find(text: &str, stand_in: &str, from: usize) -> Option<usize> {
    if stand_in.is_empty() {
        return None;
    }
    let rest = text.as_bytes().get(from..)?;
    rest.windows(stand_in.len()).position(|piece| piece.eq_ignore_ascii_case(stand_in.as_bytes())).map(|at| from + at)
}

/// Writes `bytes` to a new file that only its owner may read. On Windows the file takes the rights of its folder, which
/// is the user's own.
pub(crate) fn write_private(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut out = options.open(file)?;
    let written = out.write_all(bytes).and_then(|()| out.sync_all());
    if written.is_err() {
        // Half a file would be taken for a damaged one by the next run.
        drop(out);
        let _ = std::fs::remove_file(file);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_reads_names_back_and_nobody_else_may() {
        let folder = tempfile::tempdir().unwrap();
        let file = beside(&folder.path().join("koff-bundle.zip"));
        assert!(file.ends_with("koff-bundle.names.json"));
        let names = BTreeMap::from([
            ("USER-k3f9ab12".to_owned(), "anna".to_owned()),
            ("domain-00000011.example".to_owned(), "firma.de".to_owned()),
            ("server-22222222.domain-00000011.example".to_owned(), "srv7.firma.de".to_owned()),
        ]);
        for _ in 0..2 {
            write(&file, &names).unwrap().keep(&file).unwrap();
        }
        assert_eq!(unmask(&file, "user-K3F9AB12").unwrap().unwrap(), "anna");
        let path = r"C:\Users\USER-k3f9ab12 on server-22222222.domain-00000011.example";
        assert_eq!(unmask(&file, path).unwrap().unwrap(), r"C:\Users\anna on srv7.firma.de");
        assert_eq!(unmask(&file, "USER-unknown").unwrap(), None);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let said = |text: &str| {
            std::fs::write(&file, text).unwrap();
            unmask(&file, "x").unwrap_err().to_string()
        };
        assert!(said("{}").contains("expected a map of names"));
        let foreign = r#"{"schema": "koff-names/1", "note": "", "protected": "AQID"}"#;
        assert!(said(foreign).contains("only the person who collected can open this map"), "{}", said(foreign));
        assert!(said(&foreign.replace("AQID", "?")).contains("expected Base64"));
    }
}
