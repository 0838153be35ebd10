#!/usr/bin/env bash
# What the analyzer asks of the operating system, seen from outside: whatever a bundle holds, it opens no socket, starts no
# program, and writes nothing but the outputs that it was told to write.
set -euo pipefail
cd "$(dirname "$0")/../.."

. tests/support/programs.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$bin"/koff-fixtures build fixtures/hosts/severed-by-update "$work/disk"
"$bin"/koff-collect --root "$work/disk" --output "$work/bundle.zip" --quiet --yes

# The exit code belongs to what is expected: 1 says "suspicious" or "refuted", which is no failure of the program.
trace() { # exit code, name, then the analyzer's arguments
    local expected=$1 name=$2 found=0
    shift 2
    strace -f -qq -s 4096 -e trace=%network,%process,%file -o "$work/$name.trace" "$bin"/koff-analyze "$@" >/dev/null || found=$?
    [ "$found" = "$expected" ] || { echo "koff-analyze $*: expected exit code $expected, found $found"; exit 1; }
    python3 tests/confinement/check.py "$work/$name.trace" "$work/out"
}

mkdir "$work/out"
trace 0 report report "$work/bundle.zip" --fail-on never --format html --output "$work/out/report.html" \
    --format json --output "$work/out/report.json" --format sarif --output "$work/out/report.sarif"
[ -s "$work/out/report.html" ] && [ -s "$work/out/report.json" ] && [ -s "$work/out/report.sarif" ]
trace 0 explain explain connector-bitness-mismatch "$work/bundle.zip"
trace 0 verify verify "$work/out/report.json" "$work/bundle.zip"
trace 1 dll dll fixtures/parts/connector-x64/files/KofMsp32.dll

# The check itself must be able to fail.
printf '1 socket(AF_INET, SOCK_STREAM, 0) = 3\n' >"$work/bad.trace"
if python3 tests/confinement/check.py "$work/bad.trace" "$work/out" >/dev/null; then
    echo "expected the check to refuse a socket, found it content"
    exit 1
fi
