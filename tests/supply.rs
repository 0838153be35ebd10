//! What the programs are made of: every crate comes from the public registry with its checksum, under a licence that lets
//! anybody pass the programs on, and none of them can reach a network. Reads `Cargo.lock` and what Cargo says of it.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing it cannot read")]
#![expect(clippy::disallowed_methods, reason = "Cargo itself is asked")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::Command,
};

/// Crates that open connections, or bring a runtime that does.
const NETWORK: [&str; 22] = [
    "async-std",
    "attohttpc",
    "curl",
    "curl-sys",
    "h2",
    "hickory-proto",
    "hickory-resolver",
    "hyper",
    "isahc",
    "minreq",
    "mio",
    "native-tls",
    "openssl",
    "quinn",
    "reqwest",
    "rustls",
    "smol",
    "socket2",
    "surf",
    "tokio",
    "tungstenite",
    "ureq",
];

/// What koff-collect may have of them: it looks at the server's certificate where the user consents.
const CONSENTED: [&str; 1] = ["rustls"];

/// Licences that ask for nothing but their text; one of each choice, all of each list.
const LICENCES: [&str; 13] = [
    "MIT",
    "MIT-0",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "CC0-1.0",
    "Unlicense",
    "Unicode-3.0",
    "CDLA-Permissive-2.0",
    "BSL-1.0",
];

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// What is locked of a package.
#[derive(Default)]
struct Locked {
    source: Option<String>,
    checksum: Option<String>,
    dependencies: BTreeSet<String>,
}

/// The locked packages by name.
fn locked() -> BTreeMap<String, Locked> {
    let lock: toml::Table = fs::read_to_string(root().join("Cargo.lock")).unwrap().parse().unwrap();
    let mut packages: BTreeMap<String, Locked> = BTreeMap::new();
    for package in lock["package"].as_array().unwrap() {
        let text = |key: &str| package.get(key).and_then(toml::Value::as_str).map(str::to_owned);
        let dependencies = package.get("dependencies").and_then(toml::Value::as_array).into_iter().flatten();
        let names = dependencies.filter_map(|one| Some(one.as_str()?.split(' ').next()?.to_owned()));
        let own = packages.entry(text("name").unwrap()).or_default();
        (own.source, own.checksum) = (text("source"), text("checksum"));
        own.dependencies.extend(names);
    }
    packages
}

/// Everything that may be built into `program`; what only its tests need is among it, so this is the stricter question.
fn reachable(program: &str) -> BTreeSet<String> {
    let (packages, mut seen, mut open) = (locked(), BTreeSet::new(), vec![program.to_owned()]);
    while let Some(name) = open.pop() {
        if let Some(package) = packages.get(&name)
            && seen.insert(name)
        {
            open.extend(package.dependencies.iter().cloned());
        }
    }
    seen
}

#[test]
fn every_crate_is_the_public_registrys() {
    let own = ["koff-analyze", "koff-bundle", "koff-collect", "koff-fixtures"];
    for (name, package) in locked() {
        if !own.contains(&name.as_str()) {
            let source = package.source.unwrap_or_default();
            assert_eq!(source, "registry+https://github.com/rust-lang/crates.io-index", "{name}");
            assert!(package.checksum.is_some(), "{name} has no checksum");
        }
    }
}

#[test]
fn no_crate_can_reach_a_network() {
    for (program, allowed) in [("koff-analyze", &[][..]), ("koff-collect", &CONSENTED[..])] {
        let made_of = reachable(program);
        assert!(made_of.len() > 50 && made_of.contains("koff-bundle"), "{program}: {} crates", made_of.len());
        // The analyzer's tests drive the collector, which is the only way to what that may have.
        let tests_alone = program == "koff-analyze";
        let found: Vec<&&str> = NETWORK
            .iter()
            .filter(|name| made_of.contains(**name) && !allowed.contains(name))
            .filter(|name| !(tests_alone && CONSENTED.contains(name)))
            .collect();
        assert!(found.is_empty(), "{program} is made of {found:?}");
    }
    let normal = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "--edges", "normal", "--prefix", "none", "--package", "koff-analyze"])
        .current_dir(root())
        .output()
        .unwrap();
    let tree = String::from_utf8(normal.stdout).unwrap();
    let built_in: BTreeSet<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(built_in.contains("koff-bundle"), "{}", String::from_utf8_lossy(&normal.stderr));
    assert!(NETWORK.iter().all(|name| !built_in.contains(name)), "koff-analyze itself reaches a network");
}

#[test]
fn every_licence_lets_the_programs_be_passed_on() {
    let target = if cfg!(windows) { "x86_64-pc-windows-gnu" } else { "x86_64-unknown-linux-gnu" };
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--offline", "--locked", "--format-version", "1", "--filter-platform", target])
        .current_dir(root())
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() > 100, "{}", String::from_utf8_lossy(&output.stderr));
    for package in packages {
        let licence = package["license"].as_str().unwrap_or_default();
        assert!(is_free(licence), "{}: {licence:?}", package["name"]);
    }
    for (licence, free) in [
        ("MIT/Apache-2.0", true),
        ("GPL-3.0 OR MIT", true),
        ("(MIT OR Apache-2.0) AND Unicode-3.0", true),
        ("MIT AND GPL-3.0", false),
        ("GPL-2.0", false),
        ("", false),
    ] {
        assert_eq!(is_free(licence), free, "{licence}");
    }
}

/// Whether of each part joined by AND one choice is among [`LICENCES`].
fn is_free(licence: &str) -> bool {
    let plain = licence.replace('/', " OR ").replace(['(', ')'], "");
    plain.split(" AND ").all(|part| part.split(" OR ").any(|choice| LICENCES.contains(&choice.trim())))
}
