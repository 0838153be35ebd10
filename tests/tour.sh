#!/usr/bin/env bash
# The main job on a fixture machine: builds a Windows disk out of a readable story, collects from it with the real
# collector, analyses the bundle with the real analyzer, prints the report and says where the files are.
# usage: tests/tour.sh [STORY]   (a folder name under fixtures/hosts)
set -euo pipefail
cd "$(dirname "$0")/.."
story=${1:-severed-by-update}
[ -d "fixtures/hosts/$story" ] || { echo "fixtures/hosts/$story: expected a story, found none; there are: $(ls fixtures/hosts | tr '\n' ' ')"; exit 2; }
if ! command -v cc >/dev/null; then
    echo "Rust needs a linker: installing gcc"
    (apt-get update -qq && apt-get install -y -qq --no-install-recommends gcc libc6-dev) >/dev/null ||
        { echo "please install gcc and libc6-dev, then run this again"; exit 2; }
fi
# In CI the tests were built before: with them the features stay the same, and nothing is built anew.
cargo build --quiet --workspace --bins ${CI:+--tests}
bin=${CARGO_TARGET_DIR:-target}/debug
work=${CARGO_TARGET_DIR:-target}/tour/$story
rm -rf "$work"
mkdir -p "$work"

"$bin/koff-fixtures" build "fixtures/hosts/$story" "$work/disk"
"$bin/koff-collect" --root "$work/disk" --output "$work/bundle.zip" --yes
"$bin/koff-analyze" report "$work/bundle.zip" --format json --output "$work/report.json" --fail-on never
"$bin/koff-analyze" report "$work/bundle.zip" --fail-on never

echo
echo "The machine   $work/disk (from fixtures/hosts/$story)"
echo "The bundle    $work/bundle.zip"
echo "The report    $work/report.json"
