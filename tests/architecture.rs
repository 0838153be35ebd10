//! The house keeps its shape: imports go one way, files stay small and say what they own, only one place writes bundles.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing it cannot read")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Modules of each crate, left to right: a module imports only what stands left of it.
const ORDER: &[(&str, &[&str])] = &[
    (
        "bundle",
        &[
            "error",
            "base64",
            "encoding",
            "acquisition",
            "reading",
            "path",
            "registry",
            "artifact",
            "limits",
            "digest",
            "offer",
            "record",
            "manifest",
            "seal",
            "volumes",
            "container",
            "evtx",
            "pe",
            "loose",
            "reader",
            "writer",
        ],
    ),
    (
        "collector",
        &["error", "messages", "plan", "host", "source", "catalogue", "redact", "export", "collect", "window", "cli"],
    ),
    (
        "analyzer",
        &[
            "error",
            "yaml",
            "evidence",
            "verdict",
            "yaml",
            "pack",
            "signature",
            "facts",
            "detection",
            "finding",
            "rule",
            "evaluate",
            "explain",
            "suppress",
            "proof",
            "report",
            "compare",
            "expect",
            "fleet",
            "tables",
            "verify",
            "render",
            "dll_table",
            "analysis",
            "cli",
        ],
    ),
];

/// What may stand at the top, besides dotfiles.
const TOP: &[&str] = &[
    "Cargo.toml",
    "Cargo.lock",
    "bundle",
    "collector",
    "analyzer",
    "rules",
    "fixtures",
    "tests",
    "README.md",
    "LICENSE-MIT",
    "LICENSE-APACHE",
    "CHANGELOG.md",
    "clippy.toml",
    "rustfmt.toml",
    "deny.toml",
    "target",
];

const LONGEST_FILE: usize = 400;

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    let mut found = Vec::new();
    for path in names {
        if path.is_dir() {
            if !path.ends_with("target") {
                found.extend(rust_files(&path));
            }
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            found.push(path);
        }
    }
    found
}

/// Top-level modules that a file names as `crate::module` or in a `crate::{…}` group; its own tests left out.
fn imports(source: &str) -> BTreeSet<String> {
    let code: String = source
        .split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap()
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join(" ");
    let mut named = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        match rest.strip_prefix('{') {
            None => {
                named.insert(first_word(rest));
            }
            Some(group) => named.extend(group_heads(group).into_iter().filter(|head| !head.is_empty())),
        }
    }
    named
}

fn first_word(text: &str) -> String {
    text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// The first word of each comma-separated part of `{…}`, nested groups skipped.
fn group_heads(group: &str) -> Vec<String> {
    let (mut depth, mut start, mut heads) = (0_usize, 0_usize, Vec::new());
    for (place, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                heads.push(first_word(&group[start..place]));
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                heads.push(first_word(&group[start..place]));
                start = place + 1;
            }
            _ => {}
        }
    }
    heads
}

#[test]
fn the_reader_of_imports_sees_every_form() {
    let source = "use crate::{\n    a::{b, c},\n    d,\n};\nfn f() { crate::e::f(); }\n    //! crate::no";
    let found = imports(source);
    assert_eq!(found.into_iter().collect::<Vec<_>>(), ["a", "d", "e"]);
}

#[test]
fn imports_go_one_way() {
    let mut wrong = Vec::new();
    for (name, order) in ORDER {
        let src = top().join(name).join("src");
        for file in rust_files(&src) {
            let relative = file.strip_prefix(&src).unwrap();
            let module = relative.components().next().unwrap().as_os_str().to_string_lossy().replace(".rs", "");
            if module == "lib" || module == "main" {
                continue;
            }
            let Some(own) = order.iter().position(|m| *m == module) else {
                wrong.push(format!("{name}: module {module} has no place in the order of tests/architecture.rs"));
                continue;
            };
            for import in imports(&fs::read_to_string(&file).unwrap()) {
                if order.iter().position(|m| *m == import).is_some_and(|place| place > own) {
                    wrong.push(format!(
                        "{name}: {} imports {import}, which stands right of {module}",
                        relative.display()
                    ));
                }
            }
        }
    }
    wrong.dedup();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_are_small_and_say_what_they_own() {
    let mut wrong = Vec::new();
    for part in ["bundle", "collector", "analyzer", "fixtures", "tests"] {
        for file in rust_files(&top().join(part)) {
            let source = fs::read_to_string(&file).unwrap();
            let lines = source.lines().count();
            let shown = file.strip_prefix(top()).unwrap().display();
            if lines > LONGEST_FILE {
                wrong.push(format!("{shown}: {lines} lines, {LONGEST_FILE} at most"));
            }
            if !source.lines().find(|line| !line.starts_with("#!")).is_some_and(|line| line.starts_with("//!")) {
                wrong.push(format!("{shown}: does not open with a //! line that says what it owns"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_the_export_hands_bytes_to_the_bundle_writer() {
    let src = top().join("collector/src");
    let strays: Vec<_> = rust_files(&src)
        .into_iter()
        .filter(|file| fs::read_to_string(file).unwrap().contains("koff_bundle::writer"))
        .map(|file| file.strip_prefix(&src).unwrap().display().to_string())
        .filter(|file| file != "export.rs" && !file.starts_with("export/"))
        .collect();
    assert!(strays.is_empty(), "what reaches the bundle writer must have passed redaction: {strays:?}");
}

#[test]
fn the_top_level_is_the_documented_one() {
    for entry in fs::read_dir(top()).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        assert!(name.starts_with('.') || TOP.contains(&name.as_str()), "{name} has no place at the top level");
    }
}
