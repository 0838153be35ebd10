#!/usr/bin/env bash
# deny.toml as its own program reads it, warnings included: tests/supply.rs holds the same lists in every test run, but reads
# them its own way. `cargo install cargo-deny --locked` takes minutes of a machine, so where it is not there this says so and
# ends well. It asks no list of advisories: RustSec's lives in a repository that only its own host serves; no crate, PyPI or
# npm package and no Debian package was found to carry it.
set -euo pipefail
cd "$(dirname "$0")/../.."
command -v cargo-deny >/dev/null ||
    { echo "cargo-deny is not there; tests/supply.rs has held licences, bans and sources of deny.toml already"; exit 0; }
cargo deny --offline check --deny warnings bans licenses sources
