#!/usr/bin/env bash
# Nothing is quadratic: every parser gets an input that hurts it, then twice and four times as much (tests/doubling/cases.rs),
# and the instructions of each are counted by callgrind, the same in every run however busy the machine is. From the first
# to the second step the work may grow by 2.2 at most: what is made ready once falls out of the difference.
# A first size at which a table just grows or a limit is just reached would show growth that there is none of.
# usage: tests/doubling/proof.sh [TEXT]   only the cases whose name holds TEXT; KOFF_VERBOSE=1 shows every count, KOFF_LARGER=4
# takes each input four times as large, to tell growth from a first size that was chosen badly
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/support/programs.sh
program=$(test_program fuzz)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$bin/koff-fixtures" build fixtures/hosts/severed-by-update "$work/disk"
"$bin/koff-collect" --root "$work/disk" --output "$work/bundle.zip" --quiet --yes >/dev/null
export KOFF_DOUBLING=${1:-} KOFF_BUNDLE=$work/bundle.zip

count() { # ODD: instructions of the three sizes and name of each case of one half
    local half=$work/$1
    mkdir "$half"
    (cd analyzer && KOFF_ODD=$1 valgrind --tool=callgrind --collect-atstart=no --toggle-collect='*cases::measured*' \
        --dump-after='*::measured' --callgrind-out-file="$half/count" --log-file="$half/log" \
        "$program" --ignored --exact inputs_of_doubled_size --nocapture --test-threads 1) >"$half/said" 2>&1 ||
        { cat "$half/said" "$half/log"; return 1; }
    sed -n 's/^.*case //p' "$half/said" >"$half/names"
    for at in $(seq $((3 * $(wc -l <"$half/names")))); do sed -n 's/^summary: //p' "$half/count.$at"; done |
        paste - - - | paste -d '\t' - "$half/names" >"$half/counts"
}
count 0 &
even=$!
count 1
wait "$even"
failed=0
cat "$work"/[01]/counts | awk -F '\t' -v least="${1:+1}" -v above="$work/above" '
    NF == 4 {
        first = $2 - $1; second = $3 - $2; cases++
        # A difference this small is no growth: a limit was reached, or the input is refused at its start.
        growth = second < 20000 ? 0 : second / (first > 1 ? first : 1)
        if (growth > worst) { worst = growth; name = $4 }
        if (ENVIRON["KOFF_VERBOSE"]) printf "%7.1f million, %.2f: %s\n", ($1 + $2 + $3) / 1e6, growth, $4
        if (growth > 2.2) { printf "%s: %d, %d, %d instructions: grows by %.2f\n", $4, $1, $2, $3, growth; print $4 >above; failed = 1 }
        sum += $1 + $2 + $3
    }
    END {
        printf "%d inputs, %d million instructions; at most %.2f times the work for twice the input (%s)\n", cases, sum / 1e6, worst, name
        if (cases < (least ? least : 80)) { print "expected at least 80 inputs"; failed = 2 }
        exit failed
    }' || failed=$?
if [ "$failed" != 1 ] || [ -n "${1:-}" ]; then exit "$failed"; fi
# A table that grows at just this size costs that once: what grows faster than its input does so at four times the size, too.
while read -r name; do
    echo "once more, four times as large: $name"
    KOFF_LARGER=4 tests/doubling/proof.sh "$name" </dev/null
done <"$work/above"
