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

use serde_json::json;

/// What `deny.toml` says, which `cargo deny` reads as well.
struct Deny {
    /// Crates that open connections, each with those that may have it.
    network: BTreeMap<String, Vec<String>>,
    /// Licences that ask for nothing but their text.
    licences: Vec<String>,
}

fn deny() -> Deny {
    let table: toml::Table = fs::read_to_string(root().join("deny.toml")).unwrap().parse().unwrap();
    let texts = |value: &toml::Value| -> Vec<String> {
        value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
    };
    let network = table["bans"]["deny"].as_array().unwrap().iter().map(|one| {
        let name = one["name"].as_str().unwrap().to_owned();
        (name, one.get("wrappers").map(texts).unwrap_or_default())
    });
    let licences = texts(&table["licenses"]["allow"]);
    let deny = Deny { network: network.collect(), licences };
    assert!(deny.network.len() > 20 && deny.licences.len() > 5);
    deny
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// A locked package.
struct Locked {
    name: String,
    version: String,
    source: Option<String>,
    checksum: Option<String>,
    /// Names, with the version where there are several.
    dependencies: Vec<String>,
}

/// The locked packages in the order of the file.
fn locked() -> Vec<Locked> {
    let lock: toml::Table = fs::read_to_string(root().join("Cargo.lock")).unwrap().parse().unwrap();
    let packages = lock["package"].as_array().unwrap().iter().map(|package| {
        let text = |key: &str| package.get(key).and_then(toml::Value::as_str).map(str::to_owned);
        let dependencies = package.get("dependencies").and_then(toml::Value::as_array).into_iter().flatten();
        Locked {
            name: text("name").unwrap(),
            version: text("version").unwrap(),
            source: text("source"),
            checksum: text("checksum"),
            dependencies: dependencies.map(|one| one.as_str().unwrap().to_owned()).collect(),
        }
    });
    packages.collect()
}

/// Everything that may be built into `program`; what only its tests need is among it, so this is the stricter question.
fn reachable(program: &str) -> BTreeSet<String> {
    let mut packages: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in locked() {
        let names = package.dependencies.iter().filter_map(|one| Some(one.split(' ').next()?.to_owned()));
        packages.entry(package.name).or_default().extend(names);
    }
    let (mut seen, mut open) = (BTreeSet::new(), vec![program.to_owned()]);
    while let Some(name) = open.pop() {
        if let Some(dependencies) = packages.get(&name)
            && seen.insert(name)
        {
            open.extend(dependencies.iter().cloned());
        }
    }
    seen
}

#[test]
fn every_crate_is_the_public_registrys() {
    let own = ["koff-analyze", "koff-bundle", "koff-collect", "koff-fixtures"];
    for Locked { name, source, checksum, .. } in locked() {
        if !own.contains(&name.as_str()) {
            assert_eq!(source.as_deref(), Some("registry+https://github.com/rust-lang/crates.io-index"), "{name}");
            assert!(checksum.is_some(), "{name} has no checksum");
        }
    }
}

#[test]
fn no_crate_can_reach_a_network() {
    let network = deny().network;
    for program in ["koff-analyze", "koff-collect"] {
        let made_of = reachable(program);
        assert!(made_of.len() > 50 && made_of.contains("koff-bundle"), "{program}: {} crates", made_of.len());
        // The analyzer's tests drive the collector, which is the only way to what that may have.
        let allowed = |wrappers: &[String]| wrappers.iter().any(|name| name == "koff-collect");
        let found: Vec<&String> = network
            .iter()
            .filter(|(name, wrappers)| made_of.contains(*name) && !allowed(wrappers))
            .map(|(name, _)| name)
            .collect();
        assert!(found.is_empty(), "{program} is made of {found:?}");
    }
    let wrapped = |name: &str| locked().iter().filter(|one| one.dependencies.iter().any(|own| own == name)).count();
    assert_eq!(wrapped("rustls"), 1, "only koff-collect itself has it");
    let normal = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "--edges", "normal", "--prefix", "none", "--package", "koff-analyze"])
        .current_dir(root())
        .output()
        .unwrap();
    let tree = String::from_utf8(normal.stdout).unwrap();
    let built_in: BTreeSet<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(built_in.contains("koff-bundle"), "{}", String::from_utf8_lossy(&normal.stderr));
    assert!(network.keys().all(|name| !built_in.contains(name.as_str())), "koff-analyze itself reaches a network");
}

/// What a release promises, in the words that Cargo and the build script read.
#[test]
fn a_release_checks_its_arithmetic_and_says_nothing_of_the_builder() {
    let table: toml::Table = fs::read_to_string(root().join("Cargo.toml")).unwrap().parse().unwrap();
    let release = &table["profile"]["release"];
    assert_eq!(release["overflow-checks"].as_bool(), Some(true));
    assert_eq!(release["strip"].as_str(), Some("symbols"));
    assert_eq!(release["codegen-units"].as_integer(), Some(1));
    let script = fs::read_to_string(root().join("tests/windows/build.sh")).unwrap();
    for words in ["--locked", "--remap-path-prefix", "--no-insert-timestamp"] {
        assert!(script.contains(words), "tests/windows/build.sh: {words}");
    }
}

/// The list of everything locked, for those who ask what a release is made of (CycloneDX 1.5): name, version, digest of the
/// source, licence where this system has the package, and who needs whom.
#[test]
fn the_bill_of_materials_is_what_is_locked() {
    let licences = licences();
    let packages = locked();
    let reference = |name: &str, version: &str| format!("pkg:cargo/{name}@{version}");
    let resolve = |wanted: &String| {
        let (name, version) = wanted.split_once(' ').unwrap_or((wanted, ""));
        let found = packages.iter().find(|one| one.name == name && (version.is_empty() || one.version == version));
        found.map(|one| reference(&one.name, &one.version)).unwrap()
    };
    let components = packages.iter().map(|package| {
        let Locked { name, version, checksum, .. } = package;
        let own = checksum.is_none();
        let mut component = json!({
            "type": if own { "application" } else { "library" }, "bom-ref": reference(name, version),
            "name": name, "version": version, "purl": reference(name, version),
        });
        if let Some(checksum) = checksum {
            component["hashes"] = json!([{"alg": "SHA-256", "content": checksum}]);
        }
        if let Some(licence) = licences.get(&(name.clone(), version.clone())) {
            component["licenses"] = json!([{"expression": licence.replace('/', " OR ")}]);
        }
        component
    });
    let dependencies = packages.iter().map(|package| {
        let on: Vec<String> = package.dependencies.iter().map(resolve).collect();
        json!({"ref": reference(&package.name, &package.version), "dependsOn": on})
    });
    let document = json!({
        "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
        "metadata": {"component": {"type": "application", "bom-ref": "koff-diag", "name": "koff-diag"}},
        "components": components.collect::<Vec<_>>(), "dependencies": dependencies.collect::<Vec<_>>(),
    });
    let text = format!("{document:#}\n");
    let place = root().join("tests/supply/koff-diag.cdx.json");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&place, &text).unwrap();
    }
    let kept = fs::read_to_string(&place).unwrap_or_default();
    assert!(kept == text, "tests/supply/koff-diag.cdx.json: UPDATE=1 cargo test -p koff-analyze --test supply");
}

/// Licence by name and version of every package that is built on this system.
fn licences() -> BTreeMap<(String, String), String> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--offline", "--locked", "--format-version", "1"])
        .args(["--filter-platform", "x86_64-unknown-linux-gnu"])
        .current_dir(root())
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() > 100, "{}", String::from_utf8_lossy(&output.stderr));
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    packages.iter().map(|one| ((text(&one["name"]), text(&one["version"])), text(&one["license"]))).collect()
}

#[test]
fn every_licence_lets_the_programs_be_passed_on() {
    let allowed = deny().licences;
    for ((name, _), licence) in licences() {
        assert!(is_free(&licence, &allowed), "{name}: {licence:?}");
    }
    for (licence, free) in [
        ("MIT/Apache-2.0", true),
        ("GPL-3.0 OR MIT", true),
        ("(MIT OR Apache-2.0) AND Unicode-3.0", true),
        ("MIT AND GPL-3.0", false),
        ("GPL-2.0", false),
        ("", false),
    ] {
        assert_eq!(is_free(licence, &allowed), free, "{licence}");
    }
}

/// Whether of each part joined by AND one choice is `allowed`.
fn is_free(licence: &str, allowed: &[String]) -> bool {
    let plain = licence.replace('/', " OR ").replace(['(', ')'], "");
    plain.split(" AND ").all(|part| part.split(" OR ").any(|choice| allowed.iter().any(|free| free == choice.trim())))
}
