#!/usr/bin/env bash
# Reads registry hives with an independent program and compares every key, value, type, byte and time with what our disk host
# reads: the hives of all stories, and one of 11 MB that Windows itself wrote (from the source package of dissect.regf).
# Needs python3 with venv, and a package index; says so and ends with 77 where there is none.
# usage: tests/oracle/proof.sh [WORK_FOLDER]
set -eu
here=$(cd "$(dirname "$0")/../.." && pwd)
work=${1:-$here/target/oracle}
mkdir -p "$work"

if [ ! -x "$work/venv/bin/python" ] || ! "$work/venv/bin/python" -c 'import dissect.regf' 2>/dev/null; then
    python3 -m venv "$work/venv" || { echo "proof.sh: python3 with venv is missing"; exit 77; }
    "$work/venv/bin/pip" -q install 'dissect.regf==3.14' || { echo "proof.sh: no package index"; exit 77; }
fi
if [ ! -s "$work/system/Windows/System32/config/SYSTEM" ]; then
    "$work/venv/bin/pip" -q download --no-deps --no-binary :all: -d "$work/sdist" 'dissect.regf==3.14' || { echo "proof.sh: no package index"; exit 77; }
    mkdir -p "$work/system/Windows/System32/config"
    "$work/venv/bin/python" - "$work" <<'PYTHON'
import glob, gzip, sys, tarfile
work = sys.argv[1]
(sdist,) = glob.glob(work + "/sdist/*.tar.gz")
with tarfile.open(sdist) as tar:
    name = next(n for n in tar.getnames() if n.endswith("tests/_data/SYSTEM.gz"))
    data = gzip.decompress(tar.extractfile(name).read())
open(work + "/system/Windows/System32/config/SYSTEM", "wb").write(data)
PYTHON
fi

cd "$here"
. tests/support/programs.sh
cargo test --quiet --workspace --no-run # the example, too
compared=0
declare -A seen
compare() { # hive file, root folder of the disk, hive name for our reader
    # A story may have lost a hive, and many have the same one.
    [ -e "$1" ] || return 0
    local digest
    digest=$(sha256sum <"$1")
    [ -z "${seen[$digest]:-}" ] || return 0
    seen[$digest]=1
    "$work/venv/bin/python" tests/oracle/hives.py "$1" "$work/links.txt" >"$work/theirs.txt"
    "$bin"/examples/hive-dump "$2" "$3" "$work/links.txt" >"$work/ours.txt"
    if ! cmp -s "$work/theirs.txt" "$work/ours.txt"; then
        echo "$1: the readers disagree"
        diff "$work/theirs.txt" "$work/ours.txt" | head -20
        exit 1
    fi
    [ -s "$work/ours.txt" ] || { echo "$1: nothing was read"; exit 1; }
    compared=$((compared + 1))
}
compare "$work/system/Windows/System32/config/SYSTEM" "$work/system" SYSTEM
echo "proof.sh: $(wc -l <"$work/ours.txt") lines of Windows' own SYSTEM hive agree"
for story in fixtures/hosts/*/; do
    name=$(basename "$story")
    case $name in hive-damaged | hive-not-written-out) continue ;; esac # their own tests say what becomes of them
    rm -rf "$work/disk"
    "$bin"/koff-fixtures build "$story" "$work/disk"
    for hive in SOFTWARE SYSTEM; do compare "$work/disk/Windows/System32/config/$hive" "$work/disk" "$hive"; done
    for hive in "$work"/disk/Users/*/NTUSER.DAT; do
        user=$(basename "$(dirname "$hive")")
        compare "$hive" "$work/disk" "user:$user"
    done
done
echo "proof.sh: $compared hives agree"
