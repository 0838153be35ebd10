//! Puts every rule, table and log layout of `rules/` into the program: found by walking, so that a rule is one file and nothing
//! else. Rules and tables are put there as JSON as well, which is read at every start in a quarter of the instructions.

use std::{env, fmt::Write as _, fs, io, path::Path};

fn main() -> io::Result<()> {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules").canonicalize()?;
    println!("cargo::rerun-if-changed={}", rules.display());
    let (mut found_rules, mut found_tables, mut found_layouts) = (Vec::new(), Vec::new(), Vec::new());
    for area in sorted(&rules)? {
        let folder = rules.join(&area);
        if !folder.is_dir() {
            if area.ends_with(".yml") {
                found_tables.push(area);
            }
            continue;
        }
        for file in sorted(&folder)?.into_iter().filter(|file| file.ends_with(".yml")) {
            let list = match area.as_str() {
                "tables" => &mut found_tables,
                "layouts" => &mut found_layouts,
                _ => &mut found_rules,
            };
            list.push(format!("{area}/{file}"));
        }
    }
    let mut out = String::new();
    for (name, files) in [("RULES", found_rules), ("TABLES", found_tables), ("LAYOUTS", found_layouts)] {
        let _ = writeln!(out, "pub(super) const {name}: &[File] = &[");
        for path in files {
            let source = rules.join(&path);
            let json = as_json(&fs::read_to_string(&source)?);
            let text = source.display().to_string();
            let _ = writeln!(out, "    File {{ path: {path:?}, text: include_str!({text:?}), json: {json:?} }},");
        }
        out.push_str("];\n");
    }
    let target = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("cargo sets OUT_DIR"))?;
    fs::write(Path::new(&target).join("embedded.rs"), out)
}

/// The same as JSON; nothing where it is no YAML, which the program then says with the place.
fn as_json(yaml: &str) -> String {
    // As `yaml.rs` reads it: `off` is a word.
    let options = serde_saphyr::options! { strict_booleans: true };
    let value: Result<serde_json::Value, _> = serde_saphyr::from_str_with_options(yaml, options);
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn sorted(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}
