#!/usr/bin/env bash
# How fast large logs are collected and diagnosed, against programs that everybody has, in one run. Figures are ratios,
# since machines differ; hyperfine takes the times, GNU time the peaks.
#   W1: a bundle with ten logs of 21 MB, with 10, 100 and 1,000 more log rules, against inflating the same logs with
#       libdeflate on one core, and against unzip | ripgrep with the same patterns
#   W2: one log of 1 GiB (SIZE in bytes as first argument, at most 1 GiB) and one of a quarter of it, in bundles that hold them
#       whole; and four of them in one file of a zip that zip itself made: memory must not grow
#   W4: collecting the 1 GiB from a disk, redacted, against zip -6 of the same folder
#   start: a small bundle with 500 rules, those built in among them
# usage: tests/bench/logs.sh [SIZE]   (builds release binaries; needs hyperfine, jq, rg, unzip, zip, libdeflate-gunzip, time)
set -euo pipefail
cd "$(dirname "$0")/../.."
big=${1:-1073741824}
for tool in hyperfine jq rg unzip zip gzip libdeflate-gunzip /usr/bin/time; do
    command -v "$tool" >/dev/null || {
        echo "$tool: expected this program, found none (apt-get install hyperfine jq ripgrep unzip zip libdeflate-tools time)"
        exit 2
    }
done
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
cargo build --quiet --package koff-fixtures
cargo build --quiet --release --package koff-analyze --package koff-collect
fixtures=$target/debug/koff-fixtures collect=$target/release/koff-collect analyze=$target/release/koff-analyze
work=$target/bench/logs
mkdir -p "$work"

bundle() { # NAME FILES SIZE: a disk with such logs, and its bundle, which holds them whole
    [ -e "$work/$1.zip" ] && return
    "$fixtures" logs "$work/$1" --files "$2" --size "$3"
    "$collect" --root "$work/$1" --output "$work/$1.zip" --yes --quiet "${whole[@]}" >/dev/null
}
# The most that the collector takes of one file: by itself it would keep head and tail only.
whole=(--max-file-size 1GB --deadline 1800s)
bundle w1 10 21000000
bundle quarter 1 $((big / 4))
bundle w2 1 "$big"
builtin=$("$analyze" rules list | wc -l)
start=$((500 - builtin))
for count in 10 100 "$start" 1000; do
    [ -e "$work/p$count" ] || "$fixtures" patterns "$work/p$count" --count "$count"
done
[ -e "$work/small" ] || "$fixtures" build fixtures/hosts/severed-by-update "$work/small"
[ -e "$work/small.zip" ] || "$collect" --root "$work/small" --output "$work/small.zip" --yes --quiet >/dev/null
if [ ! -e "$work/loose.zip" ]; then
    log=$(find "$work/w2" -name 'debug.log.*')
    mkdir -p "$work/loose"
    cat "$log" "$log" "$log" "$log" >"$work/loose/debug.log"
    (cd "$work/loose" && zip -1 -q ../loose.new.zip debug.log)
    rm -r "$work/loose"
    mv "$work/loose.new.zip" "$work/loose.zip"
fi
if [ ! -e "$work/gz" ]; then
    mkdir "$work/gz.new"
    for log in $(unzip -Z1 "$work/w1.zip" | grep 'debug\.log\.'); do
        unzip -p "$work/w1.zip" "$log" | gzip -6 >"$work/gz.new/$(basename "$log").gz"
    done
    mv "$work/gz.new" "$work/gz"
fi

timed() { # NAME COMMAND: its median in seconds into NAME.json
    hyperfine --style none --warmup 1 --runs "${RUNS:-5}" --ignore-failure --export-json "$work/$1.json" "$2" >/dev/null
}
ratio() { # WHAT A B: wall time of A to that of B
    local a b
    a=$(jq .results[0].median "$work/$2.json") b=$(jq .results[0].median "$work/$3.json")
    awk -v what="$1" -v a="$a" -v b="$b" 'BEGIN { printf "%-74s %6.2f (%.3f s, %.3f s)\n", what, a / b, a, b }'
}
peak() { # WHAT COMMAND...: its peak memory
    local what=$1
    shift
    /usr/bin/time -f %M -o "$work/peak" "$@" >/dev/null 2>&1 || true
    awk -v what="$what" 'END { printf "%-74s %6d MiB\n", what, $1 / 1024 }' "$work/peak"
}
report="$analyze report --fail-on never --format json --output $work/out.json"
timed none "$report $work/w1.zip"
for count in 10 100 1000; do timed "p$count" "$report $work/w1.zip --rules $work/p$count/rules"; done
timed libdeflate "for log in $work/gz/*; do taskset 1 libdeflate-gunzip -c \$log >/dev/null; done"
timed rg "unzip -p $work/w1.zip | rg -c -f $work/p100/patterns.txt"
timed start "$report $work/small.zip --rules $work/p$start/rules"
timed zip "rm -f $work/z.zip; zip -6 -q -r $work/z.zip $work/w2"
timed collect "rm -f $work/c.zip $work/c.names.json; $collect --root $work/w2 --output $work/c.zip --yes --quiet ${whole[*]}"
ratio "W1: report with 100 more log rules to inflating with libdeflate on one core" p100 libdeflate
ratio "W1: unzip | rg with the same patterns to the report" rg p100
ratio "W1: report with 1,000 more log rules to that with 10" p1000 p10
ratio "W4: zip -6 of the folder to collecting it" zip collect
echo "start-up with 500 rules and a small bundle: $(jq '.results[0].median * 1000 | floor' "$work/start.json") ms"
peak "W1: peak of the report with 100 more log rules" $report "$work/w1.zip" --rules "$work/p100/rules"
peak "W2: peak of the report on a quarter of the log" $report "$work/quarter.zip"
peak "W2: peak of the report on the whole log" $report "$work/w2.zip"
peak "W2: peak of the report on four times the log, in a zip made by zip" $report "$work/loose.zip"
rm -f "$work/c.zip" "$work/c.names.json"
peak "W4: peak of collecting it" "$collect" --root "$work/w2" --output "$work/c.zip" --yes --quiet "${whole[@]}"
