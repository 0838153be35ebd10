//! The reverse map: which pseudonym stands for which name. Stays beside the bundle on the PC, readable by its owner
//! only; never enters the bundle.

use std::{
    collections::BTreeMap,
    fs::OpenOptions,
    io::{self, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

/// What a reverse map says of itself, so that another file is not taken for one.
const SCHEMA: &str = "koff-names/1";

#[derive(Serialize, Deserialize)]
struct File {
    schema: String,
    /// For whoever opens it.
    note: String,
    names: BTreeMap<String, String>,
}

/// Where the map of `bundle` goes: beside it, `….names.json`.
#[must_use]
pub fn beside(bundle: &Path) -> PathBuf {
    bundle.with_extension("names.json")
}

/// Writes the map for its owner. A map that already stands there is replaced.
///
/// # Errors
/// What the operating system says.
pub fn save(file: &Path, names: &BTreeMap<String, String>) -> io::Result<()> {
    let note = "Which name each stand-in of the bundle beside this file means. Keep it; do not send it.".to_owned();
    let content = File { schema: SCHEMA.to_owned(), note, names: names.clone() };
    let mut bytes = serde_json::to_vec_pretty(&content)?;
    bytes.push(b'\n');
    // Under a temporary name first: another run may write the same map, and a kill must not leave half of one. Only its
    // owner may read a temporary file.
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut temporary = tempfile::Builder::new().prefix(".koff-names-").suffix(".part").tempfile_in(folder)?;
    temporary.write_all(&bytes)?;
    temporary.as_file().sync_all()?;
    temporary.persist(file).map_err(|error| error.error)?;
    Ok(())
}

/// What `stand_in` means according to the map in `file`; `None` where the map does not know it. Case does not matter, and
/// neither do parts around it: a path or address is answered with every stand-in in it replaced.
///
/// # Errors
/// Where the file cannot be read or is no map.
pub fn unmask(file: &Path, text: &str) -> io::Result<Option<String>> {
    let content: File = serde_json::from_slice(&std::fs::read(file)?).map_err(|error| {
        let why = format!("expected a map of names that koff-collect wrote, found other content ({error})");
        io::Error::new(io::ErrorKind::InvalidData, why)
    })?;
    if content.schema != SCHEMA {
        let why = format!("expected schema {SCHEMA}, found {}", content.schema);
        return Err(io::Error::new(io::ErrorKind::InvalidData, why));
    }
    let mut names: Vec<(&String, &String)> = content.names.iter().collect();
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
    out.write_all(bytes)?;
    out.sync_all()
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
        save(&file, &names).unwrap();
        save(&file, &names).unwrap();
        assert_eq!(unmask(&file, "user-K3F9AB12").unwrap().unwrap(), "anna");
        let path = r"C:\Users\USER-k3f9ab12 on server-22222222.domain-00000011.example";
        assert_eq!(unmask(&file, path).unwrap().unwrap(), r"C:\Users\anna on srv7.firma.de");
        assert_eq!(unmask(&file, "USER-unknown").unwrap(), None);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        }
        std::fs::write(&file, "{}").unwrap();
        assert!(unmask(&file, "x").unwrap_err().to_string().contains("expected a map of names"));
    }
}
