#!/usr/bin/env bash
# Instructions of the hot paths, counted by callgrind on one core: the same in every run, whatever else the machine does.
# figures.txt keeps them; more than 10 % above one of them fails, and so a change that makes a path dearer has to say so by
# writing the figures anew (KOFF_UPDATE=1). Another compiler makes other instructions: then the counts are only shown.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/support/programs.sh
cargo build --quiet --release -p koff-analyze
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
analyze=$target/release/koff-analyze figures=tests/instructions/figures.txt
"$bin/koff-fixtures" build fixtures/hosts/severed-by-update "$work/small"
"$bin/koff-fixtures" logs "$work/logs" --files 2 --size 2000000
"$bin/koff-fixtures" patterns "$work/patterns" --count 200
for disk in small logs; do
    "$bin/koff-collect" --root "$work/$disk" --output "$work/$disk.zip" --quiet --yes >/dev/null
done

count() { # NAME ARGUMENTS...: a line of NAME and instructions in thousands
    local name=$1 code=0
    shift
    # One core: how threads share the work would change the count.
    taskset 1 valgrind --tool=callgrind --callgrind-out-file=/dev/null --log-file="$work/log" "$analyze" "$@" >/dev/null || code=$?
    [ "$code" -le 1 ] || { cat "$work/log"; echo "koff-analyze $*: expected exit code 0 or 1, found $code"; exit 1; }
    awk -v name="$name" '/Collected/ { printf "%s %d\n", name, $NF / 1000 }' "$work/log"
}
{
    echo "compiler $(rustc --version | cut -d' ' -f2)"
    count small report "$work/small.zip" --format json --output "$work/out.json"
    count formats report "$work/small.zip" --format html --output "$work/o.html" --format sarif --output "$work/o.sarif"
    count logs report "$work/logs.zip" --format json --output "$work/out.json"
    count patterns report "$work/logs.zip" --rules "$work/patterns/rules" --format json --output "$work/out.json"
    count dll dll fixtures/parts/connector-x64/files/KofMsp32.dll
} >"$work/found"
[ -z "${KOFF_UPDATE:-}" ] || cp "$work/found" "$figures"
awk '
    NR == FNR { kept[$1] = $2; next }
    $1 == "compiler" { same = kept[$1] == $2; next }
    {
        printf "%-10s %9d thousand instructions, %+.1f %%\n", $1, $2, 100 * ($2 / kept[$1] - 1)
        if (same && $2 > kept[$1] * 1.1) dearer = dearer " " $1
    }
    END { if (dearer) { print "dearer by more than 10 %:" dearer; exit 1 } }
' "$figures" "$work/found"
