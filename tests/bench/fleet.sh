#!/usr/bin/env bash
# How fast many small bundles are read, and whether memory depends on their number: the stories' own bundles, copied to 100 and
# to 1,000, in text and in every format at once. Of each run it prints bundles a second and the peak memory, and the ratio of
# both runs' peaks; the time is set against unpacking the same bundles with unzip, so that figures of two machines compare.
# usage: tests/bench/fleet.sh   (builds a release binary; needs time and unzip)
set -euo pipefail
cd "$(dirname "$0")/../.."
for tool in /usr/bin/time unzip; do
    command -v "$tool" >/dev/null || { echo "$tool: expected this program, found none (apt-get install time unzip)"; exit 2; }
done
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
cargo build --quiet --package koff-fixtures
cargo build --quiet --release --package koff-analyze
work=$target/bench/fleet
if [ ! -e "$work/1000" ]; then
    rm -rf "$work"
    "$target/debug/koff-fixtures" bundles fixtures/hosts "$work/stories"
    mkdir -p "$work/100" "$work/1000"
    all=("$work"/stories/*.zip)
    for number in $(seq 0 999); do
        name=$(printf '%04d.zip' "$number")
        cp "${all[number % ${#all[@]}]}" "$work/1000/$name"
        [ "$number" -ge 100 ] || cp "$work/1000/$name" "$work/100/$name"
    done
fi
measured() { # NAME COMMAND...: seconds and peak KiB into $work/NAME
    local name=$1
    shift
    /usr/bin/time -f '%e %M %U %S' -o "$work/$name" "$@" >/dev/null 2>&1 || [ $? -le 2 ]
    # Where the command fails, time says so in a line of its own.
    sed -i '/^Command exited/d' "$work/$name"
}
formats=()
for format in html markdown json ndjson sarif junit; do formats+=(--format "$format" --output "$work/out.$format"); done
for count in 100 1000; do
    measured "text-$count" "$target/release/koff-analyze" report "$work/$count" --fail-on never
    measured "all-$count" "$target/release/koff-analyze" report "$work/$count" --fail-on never "${formats[@]}" \
        --findings "$work/findings.parquet" --facts "$work/facts.parquet"
done
measured unzip bash -c 'for zip in "$1"/1000/*.zip; do unzip -p "$zip" >/dev/null; done' bash "$work"
awk -v cores="$(nproc)" '
    { seconds[FILENAME] = $1; peak[FILENAME] = $2; cpu[FILENAME] = $3 + $4 }
    END {
        for (name in seconds) { n = name; sub(/.*\//, "", n); s[n] = seconds[name]; p[n] = peak[name]; c[n] = cpu[name] }
        split("text all", kinds)
        for (k = 1; k in kinds; k++) for (i = 100; i <= 1000; i *= 10) {
            n = kinds[k] "-" i
            printf "%-10s %6.0f bundles/s on %d cores (%.1f ms of one core each), peak %d MiB\n", n, i / s[n], cores, 1000 * c[n] / i, p[n] / 1024
        }
        printf "memory, 1,000 to 100 bundles: text %.2f, all formats %.2f\n", p["text-1000"] / p["text-100"], p["all-1000"] / p["all-100"]
        printf "processor time against unzip -p of the same bundles: %.2f\n", c["text-1000"] / c["unzip"]
    }' "$work"/text-100 "$work"/text-1000 "$work"/all-100 "$work"/all-1000 "$work"/unzip
